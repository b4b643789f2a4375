"""The record of a run: its entries, the session that they make, and the file it is kept in."""
