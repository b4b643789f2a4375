"""Convert plain schemas to the strict subset of a vendor, and values back."""
