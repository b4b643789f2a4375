"""The files of a run: handles that lead to them, what the user attaches, what is kept."""
