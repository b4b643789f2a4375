"""Send prepared calls: get the yes that each needs, sign, exchange, and read what came of it."""
