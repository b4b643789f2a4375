"""What `auth` asks for and shows."""
