"""A trip: three APIs with a document each, for the weather, flights and a hotel."""
