"""Schemas in any dialect to JSON Schema 2020-12."""
