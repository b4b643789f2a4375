"""Runs that are kept in a database: with which options, and who acts on them."""
