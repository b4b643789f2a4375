"""What every room may use: JSON Pointers, names, hints, identity, the bridge from synchronous code."""
