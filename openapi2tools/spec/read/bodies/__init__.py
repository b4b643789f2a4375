"""Request bodies, as OpenAPI 3 and as 2.0 has them."""
