"""What makes a release: build it, try it, and find out what it runs with."""
