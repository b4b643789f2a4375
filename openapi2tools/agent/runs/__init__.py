"""Runs that outlive the program that began them: their sessions are kept in a database."""
