"""The configuration of Model Context Protocol hosts: how each starts `openapi2tools serve`."""
