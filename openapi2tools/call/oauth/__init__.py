"""OAuth2 and OpenID Connect: getting, keeping and refreshing tokens."""
