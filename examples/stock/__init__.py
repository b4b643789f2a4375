"""A stock exchange's prices: arguments that are checked, hints, slow answers and a time-out."""
