"""Give a write a key that the API knows it by, where the document has a header for one.

An API that gets a key a second time does not act a second time: it answers as it did before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from openapi2tools.model import Effect

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from openapi2tools.model import Call, Tool


def is_idempotency_header(name: str) -> bool:
    """Return whether a header, by its name, holds such a key: `Idempotency-Key` and its kin."""
    letters = name.lower().replace("-", "").replace("_", "").removeprefix("x")
    return letters in ("idempotencykey", "idempotencyid", "idempotenttoken", "idempotencytoken")


def new_idempotency_key() -> str:
    """Return a key that no other write has."""
    return str(uuid4())


def idempotency_key_of(request: httpx.Request) -> str:
    """Return the key of a request; empty where it has none."""
    keys = (text for name, text in request.headers.items() if is_idempotency_header(name))
    return next(keys, "")


def idempotency_key_in(facts: Mapping[str, str]) -> str:
    """Return the key in the facts of a request (see `facts`); empty where it has none."""
    headers = {name.removeprefix("header "): text for name, text in facts.items()}
    return next((text for name, text in headers.items() if is_idempotency_header(name)), "")


def with_idempotency_key(call: Call, tool: Tool, key: str) -> Call | None:
    """Return a call that has a key, whatever it had before; None where its tool takes none.

    What the operator fixes stays.
    """
    if tool.effect is Effect.READ:
        return None
    for binding in tool.bindings:
        if binding.location == "header" and is_idempotency_header(binding.name):
            if len(binding.argument) > 1 or binding.argument[0] in tool.fixed_arguments:
                return None
            return replace(call, arguments={**call.arguments, binding.argument[0]: key})
    return None
