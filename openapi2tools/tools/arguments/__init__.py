"""Parameters and request body to one object of arguments, and back."""
