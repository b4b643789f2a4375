"""The text of a document to plain values."""
