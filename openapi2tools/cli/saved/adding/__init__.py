"""What `openapi2tools add` asks, keeps and tries."""
