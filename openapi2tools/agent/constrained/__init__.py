"""Tool calls from models that make none of their own: a JSON Schema holds them to one step."""
