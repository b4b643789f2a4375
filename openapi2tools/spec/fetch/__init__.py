"""From an address to bytes, and where these came from."""
