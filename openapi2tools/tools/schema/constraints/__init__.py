"""What the constraints of a schema mean, and which of them cannot be meant."""
