"""Tool calls from models that make none: held to a JSON Schema."""
