"""Write a `Toolset` as one vendor's JSON, read its calls and write results: pure, without SDKs."""
