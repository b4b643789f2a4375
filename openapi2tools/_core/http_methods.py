"""What HTTP says of its methods (RFC 9110, section 9.2); QUERY by its own specification."""

from __future__ import annotations

from typing import Final

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
"""Methods that ask for no change."""
IDEMPOTENT_METHODS: Final = SAFE_METHODS | {"PUT", "DELETE"}
"""Methods of which several equal requests mean the same as one."""
