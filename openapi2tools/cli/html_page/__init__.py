"""What `inspect --html` writes: an API on one page, its tools and how they lead to each other."""
