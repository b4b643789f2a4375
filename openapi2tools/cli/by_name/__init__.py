"""A name in place of a document: what is saved of an API stands for options not typed."""
