"""The values that the text of an answer shows, where that is no JSON by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools._core.json import exact_json
from openapi2tools.call.response.xml_values import xml_values
from openapi2tools.call.serialization import media
from openapi2tools.model import essence

if TYPE_CHECKING:
    from openapi2tools.call.response.decode import Content
    from openapi2tools.model import Json

_MAX_CHARS: Final = 5_000_000
_EVENT_STREAM: Final = "text/event-stream"


def values_of(content_type: str, content: Content) -> Json:
    """Return what fields are chosen from, and what is cut where it is too long.

    That is the data of an answer, but the elements of an XML document, the events of an event
    stream, and the words of a page.
    """
    if not isinstance(content.data, str) or len(content.data) > _MAX_CHARS:
        return content.data
    if media.is_xml(content_type):
        values = xml_values(content.data)
        return content.data if values is None else values
    if essence(content_type) == _EVENT_STREAM:
        return _events(content.data) or content.data
    return content.text


def _events(text: str) -> list[Json]:
    """Return the events of a stream (WHATWG HTML, section 9.2.6), with data that is JSON read."""
    events: list[Json] = []
    for block in text.replace("\r\n", "\n").replace("\r", "\n").split("\n\n"):
        event = _event(block)
        if event:
            events.append(event)
    return events


def _event(block: str) -> dict[str, Json]:
    fields: dict[str, list[str]] = {}
    for line in block.split("\n"):
        name, _, value = line.partition(":")
        if name in ("event", "data", "id"):
            fields.setdefault(name, []).append(value.removeprefix(" "))
    event: dict[str, Json] = {name: values[-1] for name, values in fields.items()}
    if "data" in fields:
        event["data"] = _parsed("\n".join(fields["data"]))
    return event


def _parsed(text: str) -> Json:
    try:
        return exact_json.loads(text)
    except (ValueError, RecursionError):
        return text
