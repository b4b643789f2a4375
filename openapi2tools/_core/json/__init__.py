"""JSON values: which type one is, exact numbers, our own values as JSON and back."""
