"""A `Call` to a `Result`: one HTTP request and back."""
