"""What makes the pictures and the generated pages of the documentation."""
