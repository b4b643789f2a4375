"""Fit a value into a number of tokens, and read on in what was left out."""
