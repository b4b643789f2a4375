"""Log a person in, show who is logged in, and log out."""
