"""What became of a write that no answer came to: the read that shows it, and what that proves."""
