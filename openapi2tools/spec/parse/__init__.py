"""From the text of a document to plain values, and back to lines."""
