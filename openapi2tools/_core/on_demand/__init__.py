"""Values that are made when somebody looks at them."""
