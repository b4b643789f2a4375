"""A parsed document to an `Api`."""
