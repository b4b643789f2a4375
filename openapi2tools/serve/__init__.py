"""Other faces in front of the two journeys."""
