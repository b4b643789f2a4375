"""Make values that fit a schema."""
