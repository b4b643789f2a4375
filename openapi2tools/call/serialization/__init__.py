"""Write argument values as the text and bytes of a request."""
