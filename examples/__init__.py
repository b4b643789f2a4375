"""Small programs that show openapi2tools at work; each runs offline, against an API of ours."""
