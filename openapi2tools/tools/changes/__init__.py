"""What changed between two sets of tools, for a model that knew the first."""
