"""What an API keeps: collections and items, and the operations that make, show and change them."""
