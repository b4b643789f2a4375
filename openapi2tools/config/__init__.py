"""APIs that are kept under a name in `openapi2tools.toml`: found, checked, and used."""

from openapi2tools.config.saved_api import SavedApi, saved_api, saved_apis

__all__ = ["SavedApi", "saved_api", "saved_apis"]
