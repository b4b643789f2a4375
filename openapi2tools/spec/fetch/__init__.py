"""An address to bytes, and where they came from."""
