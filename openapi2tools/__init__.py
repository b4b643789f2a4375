"""Point it at an OpenAPI document, and a model can use that API."""
