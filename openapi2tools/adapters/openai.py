"""The calls of one message of a model, run: for a loop of your own around OpenAI's SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openapi2tools.formats import openai_chat, openai_responses
from openapi2tools.formats.reading import to_plain_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.call.client import Client
    from openapi2tools.formats.format import Format
    from openapi2tools.model import Call


def run_calls(message: Any, client: Client, *, strict: bool = True) -> list[Any]:
    """Run the calls of a model's message, and return the messages that answer them.

    Each call has its answer, whatever the model said: an unknown tool, arguments that do not fit,
    a call that the policy refuses or that nobody agreed to, and a missing credential are told to
    the model. Somebody is asked by the client's `approve`. Calls are made in the model's order.

    Args:
        message: A message of Chat Completions, or a response of the Responses API; as the SDK's
            object (the whole completion will do), or as JSON.
        client: Makes the calls.
        strict: How the tools were exported.

    Returns:
        The messages to append after the model's own; none where it made no call.

    Raises:
        BlockedAddress: The address is one that the document may not name.

    Example:
        while answers := run_calls(message, client):
            messages += [message, *answers]
            message = openai.chat.completions.create(messages=messages, ...).choices[0].message
    """
    format_, calls = _read(message, client, strict=strict)
    return [format_.write_result(client.call_model(call)) for call in calls]


async def arun_calls(message: Any, client: Client, *, strict: bool = True) -> list[Any]:
    """Run the calls of a model's message, as `run_calls` does, in an event loop.

    Args:
        message: As in `run_calls`.
        client: As in `run_calls`.
        strict: As in `run_calls`.

    Example:
        input += [*response.output, *await arun_calls(response, client)]
    """
    format_, calls = _read(message, client, strict=strict)
    return [format_.write_result(await client.acall_model(call)) for call in calls]


def _read(message: Any, client: Client, *, strict: bool) -> tuple[Format, Sequence[Call]]:
    """Return the calls of a message, and the API whose message it is."""
    plain = to_plain_json(message)
    is_object = isinstance(plain, dict)
    if is_object and plain.get("choices"):  # the whole completion
        plain = plain["choices"][0]["message"]
    is_chat = is_object and ("tool_calls" in plain or "role" in plain) and "output" not in plain
    format_: Format = openai_chat if is_chat else openai_responses
    return format_, format_.read_calls(plain, client.tools, strict=strict)
