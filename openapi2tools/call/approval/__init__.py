"""Bind a yes to one exact request: what it is, who agreed to it, and what differs since."""
