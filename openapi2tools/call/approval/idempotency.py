"""Give a write a key that the API knows it by, where the document has a place for one.

An API that gets a key a second time does not act a second time: it answers as it did before. The
place is a header, or a field at the top of a JSON body.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from openapi2tools._core import pointer
from openapi2tools.call.serialization.media import is_json
from openapi2tools.call.serialization.streams import BodyStream
from openapi2tools.model import Effect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import Binding, Call, Json, Tool

KEY_FACT: Final = "idempotency key"
"""The fact of a request (see `facts`) that is its key, where that is in the body."""
_LETTERS: Final = ("idempotencykey", "idempotencyid", "idempotenttoken", "idempotencytoken")


def is_idempotency_name(name: str) -> bool:
    """Return whether a header or a field, by its name, holds such a key.

    That is `Idempotency-Key` and its kin. Others say so in words alone (`clientToken`), and may
    mean something else.
    """
    return name.lower().replace("-", "").replace("_", "").removeprefix("x") in _LETTERS


def new_idempotency_key() -> str:
    """Return a key that no other write has."""
    return str(uuid4())


def key_field(tool: Tool) -> str:
    """Return the field of a tool's body that holds such a key; empty where none does."""
    binding = _key_binding(tool)
    return "" if binding is None or binding.location != "body" else _field_of(binding)


def without_key(body: Json, tool: Tool) -> Json:
    """Return a body without its key, as JSON has it."""
    field = key_field(tool)
    if not field or not isinstance(body, dict):
        return body
    return {name: value for name, value in body.items() if name != field}


def idempotency_key_of(prepared: Prepared) -> str:
    """Return the key of a prepared write; empty where it has none."""
    for name, text in prepared.request.headers.items():
        if is_idempotency_name(name):
            return text
    return key_in_body(prepared)


def key_in_body(prepared: Prepared) -> str:
    """Return the key in the body of a prepared write; empty where it has none there."""
    field = key_field(prepared.tool)
    content = BodyStream.of(prepared.request).in_memory() if field else None
    try:
        body = json.loads(content or b"null")
    except (ValueError, RecursionError):
        return ""
    key = body.get(field) if isinstance(body, dict) else None
    return key if isinstance(key, str) else ""


def idempotency_key_in(facts: Mapping[str, str]) -> str:
    """Return the key in the facts of a request (see `facts`); empty where it has none."""
    headers = {name.removeprefix("header "): text for name, text in facts.items()}
    in_header = (text for name, text in headers.items() if is_idempotency_name(name))
    return next(in_header, facts.get(KEY_FACT, ""))


def with_idempotency_key(call: Call, tool: Tool, key: str) -> Call | None:
    """Return a call that has a key, whatever it had before; None where its tool takes none.

    What the operator fixes stays.
    """
    binding = _key_binding(tool)
    if binding is None or len(binding.argument) > 1:
        return None
    if binding.argument[0] in tool.fixed_arguments:
        return None
    return replace(call, arguments={**call.arguments, binding.argument[0]: key})


def _key_binding(tool: Tool) -> Binding | None:
    """Return the argument of a write that is its key: a header before a field of the body."""
    if tool.effect is Effect.READ:
        return None
    for binding in tool.bindings:
        if binding.location == "header" and is_idempotency_name(binding.name):
            return binding
    if tool.media_type is None or not is_json(tool.media_type.name):
        return None
    for binding in tool.bindings:
        is_field = binding.location == "body" and is_idempotency_name(_field_of(binding))
        if is_field and not _names_another_write(tool, binding):
            return binding
    return None


def _field_of(binding: Binding) -> str:
    """Return the field at the top of the body that a binding fills; empty where it is deeper."""
    steps = pointer.split(binding.name)
    return steps[0] if len(steps) == 1 else ""


def _names_another_write(tool: Tool, key: Binding) -> bool:
    """Return whether a key is not the call's own: it says which earlier write the call is about.

    It is where the operation is named after the key (`POST /payments/cancel-by-idempotency-key`),
    and where there is nothing else that could say what the call is about.
    """
    operation = tool.operation
    if "idempot" in f"{operation.id} {operation.path}".lower():
        return True
    others = (each for each in tool.bindings if each is not key)
    return all(each.location in ("header", "cookie") for each in others)
