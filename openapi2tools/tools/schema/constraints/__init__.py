"""Which values fit a schema, and which constraints cannot be meant."""
