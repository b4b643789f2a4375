"""An address to an `Api`: fetch, parse, overlay, bundle, read."""
