"""The words that a model reads, and what they cost in tokens."""
