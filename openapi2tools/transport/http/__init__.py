"""The client that sends every request: paced, retried, with our errors, and no secret in a log."""
