"""Small parts that every room may use: pointers, names, hints, caches, JSON types."""
