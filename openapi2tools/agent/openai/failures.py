"""One error of ours for whatever the OpenAI SDK raises: what happened, where, and what to do."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from openapi2tools._core.reader import for_reader
from openapi2tools.errors import AgentError, ContextTooLong, ModelUnavailable
from openapi2tools.tools.text.sentences import shortened
from openapi2tools.transport.http.retries import retry_after

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
_PASSING_STATUSES: Final = (408, 409, 429)
# OpenAI says context_length_exceeded, llama.cpp exceed_context_size_error; the others use words.
_TOO_LONG: Final = re.compile(
    r"context.?(length|size|window|limit)|prompt is too long|too many (input )?tokens"
    r"|input (is )?too long|exceeds? the (maximum|max|limit)[^.]{0,40}tokens"
    r"|token count[^.]{0,60}exceeds|reduce the length",
    re.IGNORECASE,
)
# What asking again does not change.
_LASTING: Final = re.compile(r"invalid|insufficient_quota|authentication|permission|not_found")


def failure_of(error: openai.OpenAIError, model_name: str, address: str, key: str) -> AgentError:
    """Return what is raised for an error of the SDK; `key` is not in it.

    ContextTooLong where less may fit, ModelUnavailable where asking again may help.
    """
    import openai  # noqa: PLC0415 -- it is loaded when one of its errors is at hand

    message = describe_failure(error, model_name, address)
    if key:
        message = message.replace(key, "***")
    if isinstance(error, openai.APIError) and _is_too_long(error):
        return ContextTooLong(message)
    if _KNOWS_NO_TOOLS.search(vendor_words(error)):  # llama.cpp calls that an error of its own
        return AgentError(message)
    if isinstance(error, openai.APIStatusError):
        headers = error.response.headers
        if _is_passing(error.status_code, headers.get("x-should-retry", ""), str(error.code)):
            pause = retry_after(headers.get("retry-after", ""))
            return ModelUnavailable(message, retry_after=pause)
        return AgentError(message)
    if isinstance(error, openai.APIError) and is_passing_code(f"{error.code} {error.type}"):
        return ModelUnavailable(message)
    return AgentError(message)


def model_failed(code: str, reason: str) -> AgentError:
    """Return what is raised when an answer says that the model failed."""
    message = f"The model failed ({code or 'no code'}): {reason or 'no reason given'}"
    if is_too_long(f"{code} {reason}"):
        return ContextTooLong(message)
    return ModelUnavailable(message) if is_passing_code(code) else AgentError(message)


def _is_too_long(error: openai.APIError) -> bool:
    return is_too_long(f"{error.code} {error.type} {vendor_words(error)}")


def is_too_long(text: str) -> bool:
    """Return whether a vendor's code or sentence says that the conversation is too long."""
    return _TOO_LONG.search(text) is not None


def is_passing_code(code: str) -> bool:
    """Return whether a failure with this code may be gone when the model is asked again."""
    return _LASTING.search(code) is None


def _is_passing(status: int, should_retry: str, code: str) -> bool:
    """Return whether an answer with an error is worth another attempt."""
    if should_retry in ("true", "false"):
        return should_retry == "true"
    return is_passing_code(code) and (status in _PASSING_STATUSES or status >= 500)


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
            if _is_too_long(error):
                refusal = _describe_length(model_name)
            else:
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
    return f"did not take the request ({status})."


def _describe_length(model_name: str) -> str:
    return (
        f"finds the tools and the conversation too long for {model_name}: offer fewer tools "
        f"({for_reader('tools.only(tags=…)', '--tag, --operation, --path')})."
    )


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
    return shortened(vendor_words(error), _MAX_QUOTED_CHARS)
