"""Argument values to the text and bytes of a request."""
