"""Many documents, names and pointers to one document with local references."""
