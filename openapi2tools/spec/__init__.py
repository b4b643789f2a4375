"""A place to an `Api`: fetch, parse, overlay, bundle, read."""
