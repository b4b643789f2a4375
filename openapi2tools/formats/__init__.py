"""A `Toolset` to one vendor's JSON and back: pure, no SDK."""
