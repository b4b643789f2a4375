"""Read an HTTP response as a `Result`: text for the model, data for the program, files as parts."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import anyio
import anyio.to_thread
import httpx

from openapi2tools import transport
from openapi2tools._core.files.atomic_write import open_atomically
from openapi2tools.call.credentials.challenges import bearer_challenge
from openapi2tools.call.credentials.masking import MASK, Masker
from openapi2tools.call.oauth.config import how_to_log_in_for
from openapi2tools.call.response.advice import (
    advice,
    credential_line,
    guessed_server_advice,
    repetition_note,
    status_line,
)
from openapi2tools.call.response.decode import Content, decode
from openapi2tools.call.response.fitting.cut import json_text
from openapi2tools.call.response.headers import telling_headers
from openapi2tools.call.response.model_text import model_text
from openapi2tools.call.response.pages.next_page import next_page_call
from openapi2tools.call.response.redirect import redirect_notes
from openapi2tools.call.response.validate import validation_findings
from openapi2tools.call.response.values import values_of
from openapi2tools.call.serialization import media
from openapi2tools.model import Part, Result, essence

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from openapi2tools.call.prepared import Prepared
    from openapi2tools.call.response.recorded import Recording
    from openapi2tools.model import Tool

T = TypeVar("T")
MAX_BODY_BYTES: Final = 64 * 1024 * 1024
_MASKED_NOTE: Final = (
    f"The answer repeats a credential that was sent: it stands as {MASK} in text and data."
)
_MAX_BYTES_AT_ONCE: Final = 1024 * 1024  # that are decoded in the event loop


async def read_response(
    response: httpx.Response,
    prepared: Prepared,
    secrets: Collection[str] = (),
    *,
    limit_tokens: int,
    validate: bool,
    stream_deadline: float,
    sent_credential: str = "",
    save_to: Path | None = None,
    recording: Recording | None = None,
) -> Result:
    """Read a response to its end, and return it as a `Result`.

    Args:
        response: The response, its body still to be read.
        prepared: The call that it answers.
        secrets: What is masked wherever the response repeats it.
        limit_tokens: How many tokens of the answer the text of the result may have.
        validate: Whether to check a successful answer against the document.
        stream_deadline: When to stop reading what has no end, on the event loop's clock.
        sent_credential: The scheme and the source of the credential that was sent, in words.
        save_to: A file that gets the body, piece by piece, where the answer is no error.
        recording: Keeps the exchange, without secrets.

    Raises:
        NetworkError, TimeoutError: The answer broke off, or nothing of it came in time.
    """
    status = response.status_code
    masker = Masker(secrets)
    if save_to is not None and 200 <= status < 300:
        return await _saved_response(response, prepared, masker, save_to, recording)
    body, is_complete = await _read_body(response, stream_deadline)
    # From here on nothing is made of what still holds a secret.
    received, response = response, _masked(response, masker)
    if recording is not None:
        recording.keep(prepared, status, response.headers, body, masker)
    decode_body = partial(
        _masked_content,
        masker,
        response.headers,
        body,
        is_complete=is_complete,
        expects_json=_expects_json(prepared.tool, status),
    )
    content, masked_note = await _run(decode_body, takes_long=len(body) > _MAX_BYTES_AT_ONCE)
    is_error = not (200 <= status < 300 or status == 304)

    write_text = partial(
        model_text,
        content.data,
        content.values,
        content.text,
        tool=prepared.tool,
        selection=None if is_error else prepared.selection,
        limit_tokens=limit_tokens,
    )
    # A token has a character at least; to count them takes time.
    told = await _run(write_text, takes_long=len(content.text) > limit_tokens)
    went_on = "" if is_complete else "\n(The answer went on: this is its first part.)"
    headers = dict(response.headers)
    of_headers = telling_headers(prepared.tool, status, headers, is_empty=not body)
    text = _told_text(
        told.text + went_on,
        response,
        prepared,
        is_error=is_error,
        of_headers=of_headers,
        sent_credential=sent_credential,
    )

    findings: tuple[str, ...] = ()
    if validate and not is_error:
        check = partial(validation_findings, prepared.tool, received, body)
        findings = await _run(check, takes_long=True)
    notes = (
        *redirect_notes(response),
        repetition_note(response),
        content.note,
        masked_note,
        *told.notes,
        *findings,
    )
    return Result(
        call_id=prepared.call.id,
        tool=prepared.tool.name,
        text=text,
        data=content.data,
        selected=told.selected,
        status=status,
        is_error=is_error,
        truncated=told.truncated or not is_complete,
        parts=content.parts,
        notes=prepared.notes + tuple(masker.text(note) for note in notes if note),
        headers=headers,
        next=next_page_call(prepared, response, content.data),
        caller=prepared.call.caller,
    )


async def _run(work: Callable[[], T], *, takes_long: bool) -> T:
    """Do some work; what takes long must not keep other calls waiting."""
    return await anyio.to_thread.run_sync(work, abandon_on_cancel=True) if takes_long else work()


def _told_text(
    text: str,
    response: httpx.Response,
    prepared: Prepared,
    *,
    is_error: bool,
    of_headers: str,
    sent_credential: str,
) -> str:
    """Return the text of an answer with what its status and its headers tell."""
    status = response.status_code
    if is_error:
        about_status = advice(response, text)
        about_credential = _about_credential(response, sent_credential, prepared)
        about_server = guessed_server_advice(prepared, status)
        lines = (f"{status_line(status)}. {about_status}", about_credential, text, about_server)
        text = "\n".join(filter(None, lines))
    elif not text:
        text = f"{status_line(status)}, without content." if of_headers else _done(status)
    return f"{text}\n(Headers: {of_headers})" if of_headers else text


def _done(status: int) -> str:
    return f"{status_line(status)}: done, without content."


def _about_credential(response: httpx.Response, sent: str, prepared: Prepared) -> str:
    """Return what a 401 or a 403 says about the credential, and which login the API asks for."""
    line = credential_line(response, sent, prepared.plan.schemes)
    if not line:
        return ""
    tool = prepared.tool
    schemes = [name for requirement in tool.operation.security for name in requirement]
    needed = how_to_log_in_for(tool.api, schemes or tool.api.schemes, bearer_challenge(response))
    return f"{line} {needed}".rstrip()


async def _saved_response(
    response: httpx.Response,
    prepared: Prepared,
    masker: Masker,
    save_to: Path,
    recording: Recording | None,
) -> Result:
    """Write a body to a file as it comes, and return a result that names the file."""
    length = 0
    with open_atomically(save_to) as file:
        async for chunk in transport.iter_unpacked(response):
            length += file.write(chunk)
    headers = masker.headers(response.headers)
    if recording is not None:
        saved = await anyio.Path(save_to).read_bytes()
        recording.keep(prepared, response.status_code, headers, saved, masker)
    media_type = essence(response.headers.get("content-type", "")) or "application/octet-stream"
    notes = (*redirect_notes(response), repetition_note(response))
    return Result(
        call_id=prepared.call.id,
        tool=prepared.tool.name,
        text=f"({media_type}, {length} bytes, saved to {save_to}.)",
        status=response.status_code,
        parts=(Part(media_type, name=save_to.name, path=str(save_to)),),
        notes=prepared.notes + tuple(masker.text(note) for note in notes if note),
        headers=dict(headers),
        caller=prepared.call.caller,
    )


def _masked(response: httpx.Response, masker: Masker) -> httpx.Response:
    """Return a response without secrets in its headers, for its body was read already."""
    if not masker.has_secrets:
        return response
    masked = httpx.Response(
        response.status_code,
        headers=masker.headers(response.headers),
        request=response.request,
        extensions=response.extensions,
    )
    masked.history = response.history
    return masked


def _masked_content(
    masker: Masker, headers: httpx.Headers, body: bytes, *, is_complete: bool, expects_json: bool
) -> tuple[Content, str]:
    """Decode a body, and return it without secrets; and a note where it had some."""
    content = decode(headers, body, is_complete=is_complete, expects_json=expects_json)
    text = masker.text(content.text)
    data = content.data
    # What is no text, such as JSON, holds no secret that its text does not.
    if isinstance(data, str) or text != content.text:
        data = masker.value(data)
    parts = tuple(replace(part, data=masker.data(part.data)) for part in content.parts)
    masked = replace(content, text=text, data=data, parts=parts)
    content_type = headers.get("content-type", "")
    values = values_of(content_type, masked)
    masked = replace(masked, values=values)
    if media.is_xml(content_type) and isinstance(values, dict):
        masked = replace(masked, text=min(text, json_text(values), key=len))
    is_same = (text, data, parts) == (content.text, content.data, content.parts)
    return masked, "" if is_same else _MASKED_NOTE


def _expects_json(tool: Tool, status: int) -> bool:
    """Whether the document promises JSON for a status, and nothing else."""
    responses = {each.status.upper(): each for each in tool.operation.responses}
    keys = (str(status), f"{status // 100}XX", "DEFAULT")
    response = next((responses[key] for key in keys if key in responses), None)
    content = response.content if response else ()
    return bool(content) and all(media.is_json(each.name) for each in content)


async def _read_body(response: httpx.Response, stream_deadline: float) -> tuple[bytes, bool]:
    """Read a body, and say whether it is complete.

    An answer that does not say how long it is may have no end, whatever its type: what came of it
    until the deadline counts. Raises TimeoutError where nothing came.
    """
    body = bytearray()
    deadline = stream_deadline if _may_be_endless(response) else math.inf
    with anyio.CancelScope(deadline=deadline) as scope:
        async for chunk in transport.iter_unpacked(response):
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                return bytes(body[:MAX_BODY_BYTES]), False
    if scope.cancelled_caught and not body:
        raise TimeoutError
    return bytes(body), not scope.cancelled_caught


def _may_be_endless(response: httpx.Response) -> bool:
    """Whether an answer is of texts and values that count though more should follow."""
    content_type = response.headers.get("content-type", "")
    is_text = essence(content_type).startswith("text/") or media.is_json(content_type)
    is_sequence = media.is_json_lines(content_type) or media.is_json_sequence(content_type)
    return "content-length" not in response.headers and (is_text or is_sequence)
