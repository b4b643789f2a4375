"""Which credential a request carries, where it may go, and how it is written."""
