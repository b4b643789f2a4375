"""The commands about saved APIs: to add one, look at it, change it, and agree to a file."""
