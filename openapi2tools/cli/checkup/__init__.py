"""What `openapi2tools doctor` looks at: this installation, and one saved API."""
