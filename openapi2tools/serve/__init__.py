"""Ways to offer the tools of a client to programs of others."""
