"""Plain schemas and values to the strict subset, and back."""
