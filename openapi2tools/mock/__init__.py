"""A stand-in for an API: it answers by the document, and keeps what is made in it."""
