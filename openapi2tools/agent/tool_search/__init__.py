"""Tools that a model finds as it goes, for APIs with more of them than a request should hold."""
