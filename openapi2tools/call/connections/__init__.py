"""The open connections of a client, and the event loop that they live in."""
