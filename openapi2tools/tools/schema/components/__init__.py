"""The named schemas of a document: how references find them, and which build on which."""
