"""Files of ours: written whole or not at all, and kept until nobody uses them."""
