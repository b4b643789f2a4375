"""Run a model that uses an API: ask it, make the calls it wants, go on until it answers."""
