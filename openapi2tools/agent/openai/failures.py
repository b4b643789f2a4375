"""One sentence for whatever the OpenAI SDK raises: what happened, where, and what to do."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from openapi2tools._core.reader import for_reader

if TYPE_CHECKING:
    import openai

_MAX_QUOTED_CHARS: Final = 300
# Ollama, llama.cpp, vLLM, OpenRouter.
_KNOWS_NO_TOOLS: Final = re.compile(
    r"does ?n[o']t support (?:tools|tool|function)|tools param requires|param: tools"
    r"|requires --enable-auto-tool-choice|endpoints found that support tool"
    r"|(?:tool use|tool calling|tools|function calling) (?:is|are) not (?:supported|enabled)",
    re.IGNORECASE,
)


def describe_failure(error: openai.OpenAIError, model_name: str, address: str) -> str:
    """Return the sentence for an error; a vendor's own words in it are cut to 300 characters."""
    import openai  # noqa: PLC0415 -- it is loaded when one of its errors is at hand

    match error:
        case openai.APITimeoutError():
            return (
                f"{address} did not answer in time: give a longer timeout, or ask for less at once."
            )
        case openai.APIConnectionError() if "Connect" in type(error.__cause__).__name__:
            return f"Nobody answers at {address}: is the address right, and the server running?"
        case openai.APIConnectionError():
            cause = type(error.__cause__).__name__
            return f"The connection to {address} broke off ({cause}): try again."
        case openai.APIError() if _KNOWS_NO_TOOLS.search(vendor_words(error)):
            option = for_reader("tool_calls='constrained'", "--tool-calls constrained")
            return (
                f"{address} makes no tool calls for {model_name}: choose {option}, which needs "
                f"none. It says: {_vendor_message(error)}"
            )
        case openai.APIStatusError():
            code = f"{error.code} {error.type}"
            refusal = _describe_status(error.status_code, code, model_name)
            return f"{address} {refusal} It says: {_vendor_message(error)}"
        case openai.APIError():
            return f"The model {model_name} at {address} failed: {_vendor_message(error)}"
    return f"The model {model_name} at {address} cannot be used: {error}"


def _describe_status(status: int, code: str, model_name: str) -> str:
    """Return the end of a sentence that begins with the server's address."""
    if status in (401, 403):
        return (
            f"does not accept the key for {model_name} ({status}): check OPENAI_API_KEY"
            f"{for_reader(' or api_key=', '')}."
        )
    if status == 404:
        return (
            f"knows no model {model_name!r}, or is no such API (404): check the model's name, "
            f"{for_reader('base_url and api=', '--base-url and --api')}."
        )
    if "insufficient_quota" in code:
        return "has no quota left for this account: check its plan and billing."
    if status == 429:
        return "asks to slow down (429): wait a while."
    # OpenAI says context_length_exceeded, llama.cpp says exceed_context_size_error.
    if "context" in code:
        return (
            f"finds the tools and the conversation too long for {model_name}: offer fewer tools "
            f"({for_reader('tools.only(tags=…)', '--tag, --operation, --path')})."
        )
    return f"did not take the request ({status})."


def vendor_words(error: openai.OpenAIError) -> str:
    """Return all that a server said of a failure, whichever shape it has for that."""
    body = getattr(error, "body", None)
    if isinstance(body, list) and body:  # Google's
        body = body[0]
    if isinstance(body, dict) and "error" in body:
        body = body["error"]
    if isinstance(body, dict) and isinstance(body.get("message"), str):
        return str(body["message"])
    if isinstance(body, dict | list) and body:
        return json.dumps(body, ensure_ascii=False)
    return str(body or error)


def _vendor_message(error: openai.APIError) -> str:
    message = vendor_words(error)
    if len(message) <= _MAX_QUOTED_CHARS:
        return message
    return message[:_MAX_QUOTED_CHARS] + "…"
