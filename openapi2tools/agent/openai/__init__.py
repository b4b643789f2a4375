"""Models behind every server that speaks like OpenAI."""
