"""Find the few tools that fit a question, among any number of them."""
