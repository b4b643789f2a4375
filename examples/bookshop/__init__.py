"""A bookshop with an HTTP API: what the demo, the examples and the end-to-end tests talk to."""
