"""Judge what became of a write by what a read shows after it, and showed before it.

Only clear evidence counts. *Took effect*: the API shows what the write was to bring about. *Did
not*: all is as it was before. Whatever else is shown, and whatever may have been so anyway, is
*unclear*.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from openapi2tools._core import pointer
from openapi2tools._core.json.json_types import is_number
from openapi2tools.call.response.pages.page_info import item_count
from openapi2tools.call.response.pages.words import limits_the_answer
from openapi2tools.tools.resources.values import find_item, find_items, identifier_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.call.settle.look import Look
    from openapi2tools.model import Json, JsonObject, Result

_GONE: Final = (404, 410)
_CREATED: Final = frozenset(
    {
        *("created", "createdat", "createdon", "createdtime", "createddate", "createddatetime"),
        *("createtime", "createdate", "creationdate", "creationtime", "creationtimestamp"),
        *("creationdatetime", "datecreated", "timecreated", "insertedat"),
    }
)
_CLOCK_ERROR: Final = timedelta(seconds=3)
"""How far a time of the API may be from ours, once its `Date` header is reckoned in."""
_USUAL_LIMITS: Final = (10, 15, 20, 25, 30, 50, 100, 200, 250, 500, 1000)
_MILLISECONDS_FROM: Final = 10**11

State: TypeAlias = "JsonObject"
"""What a read showed, as JSON for the record: `status`, and `item`, or `items` and `complete`."""


class Verdict(NamedTuple):
    """What became of a write, and what shows it, in a sentence."""

    outcome: Literal["took_effect", "did_not", "unclear"]
    how: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What a read shows.

    Attributes:
        status: The HTTP status.
        item: The item; None where there is none.
        items: Those of a list; None where none was found.
        complete: Whether the list has all of them.
        ahead: How far the API's clock is ahead of ours; None where it does not say.
    """

    status: int | None = None
    item: Json = None
    items: Sequence[Json] | None = None
    complete: bool = False
    ahead: timedelta | None = None

    def state(self, look: Look) -> State:
        """Return what is kept of it, to be held against what is shown later."""
        if not look.is_list:
            return {"status": self.status, "item": self.item}
        items = [_identity(item, look) for item in self.items or ()]
        return {"status": self.status, "items": items, "complete": self.complete}


def read_item(result: Result, look: Look) -> Shown:
    """Return what the read of one item shows."""
    if result.status is None or result.truncated:
        return Shown()
    at = find_item(result.data, look.resource) if result.ok else None
    item = None if at is None else pointer.lookup(result.data, at)
    return Shown(result.status, item if isinstance(item, dict) else None)


def read_list(pages: Sequence[Result], look: Look, *, complete: bool) -> Shown:
    """Return what the pages of a list show; `complete` says whether these are all."""
    items: list[Json] = []
    for page in pages:
        at = find_items(page.data, look.resource) if page.ok and not page.truncated else None
        found = None if at is None else pointer.lookup(page.data, at)
        if not isinstance(found, list):
            return Shown(page.status)
        items += found
    last = pages[-1]
    return Shown(last.status, None, items, complete, _clock_difference(last))


def is_whole_list(look: Look, pages: Sequence[Result]) -> bool:
    """Return whether pages are all that there is of a list.

    The last says that none follows, or the first that it has all. Where reads may be limited and
    nothing is said, a round number of items may be a limit that nobody told of.
    """
    if pages[-1].next is not None:
        return False
    count = len(read_list(pages, look, complete=False).items or ())
    total = item_count(pages[0].data)
    if total is not None:
        return total == count
    is_limited = any(limits_the_answer(each.name) for each in look.tool.operation.parameters)
    is_last_of_many = len(pages) > 1
    return count == 0 or is_last_of_many or not (is_limited or count in _USUAL_LIMITS)


def judge(
    look: Look, before: State | None, shown: Shown, sent_at: str, *, is_repeated: bool = False
) -> Verdict:
    """Return what became of a write.

    Args:
        look: The read, and the write.
        before: What the read showed before the write; None where nobody looked.
        shown: What it shows now.
        sent_at: When the write went out (ISO 8601).
        is_repeated: Whether the same request went out before, too: what that one made must not be
            taken for what this one made.
    """
    read = f"{look.tool.operation.method} {look.tool.operation.path}"
    if look.is_list:
        if is_repeated and not (before and before.get("complete")):
            return Verdict("unclear", f"{read} does not tell it from the same write before.")
        return _judge_list(look, before, shown, sent_at, read)
    if look.role == "delete":
        return _judge_delete(before, shown, read)
    if look.role == "create":
        return _judge_new_item(look, before, shown, read)
    return _judge_change(look, before, shown, read)


# --- items ---------------------------------------------------------------------------------------


def _judge_delete(before: State | None, shown: Shown, read: str) -> Verdict:
    was_there = before is None or before["status"] == 200
    if shown.status in _GONE and was_there:
        return Verdict("took_effect", f"{read} answers {shown.status}: it is gone.")
    if _is_as_before(before, shown):
        return Verdict("did_not", f"{read} shows it as it was before.")
    return Verdict("unclear", f"{read} answers {shown.status}, which proves nothing.")


def _judge_new_item(look: Look, before: State | None, shown: Shown, read: str) -> Verdict:
    """Judge a create by the item with the identifier that was sent."""
    was_absent = before is not None and before["status"] in _GONE
    if was_absent and shown.status in _GONE:
        return Verdict("did_not", f"{read} answers {shown.status}, as before.")
    if was_absent and shown.status == 200 and holds(shown.item, look.sent):
        return Verdict("took_effect", f"{read} shows what was sent, and did not before.")
    return Verdict("unclear", f"{read} answers {shown.status}, which proves nothing.")


def _judge_change(look: Look, before: State | None, shown: Shown, read: str) -> Verdict:
    item = shown.item if isinstance(shown.item, dict) else {}
    is_idempotent = look.resource.operations[look.role].method in ("PUT", "PATCH")
    if is_idempotent and holds(item, look.sent):
        return Verdict("took_effect", f"{read} shows what was sent.")
    visible = {name: value for name, value in look.sent.items() if name in item}
    was_there = before is not None and holds(before.get("item"), visible)
    if was_there or before is None:
        return Verdict("unclear", f"{read} does not show whether it took effect.")
    if holds(item, visible):
        return Verdict("took_effect", f"{read} shows what was sent, and did not before.")
    is_still_absent = before["status"] in _GONE and shown.status in _GONE
    would_show = isinstance(shown.item, dict) and _would_show([shown.item], look.sent)
    if is_still_absent or (would_show and _is_as_before(before, shown)):
        return Verdict("did_not", f"{read} shows all as it was before.")
    return Verdict("unclear", f"{read} shows something else than before and than was sent.")


def _is_as_before(before: State | None, shown: Shown) -> bool:
    if before is None or shown.status != 200 or before["status"] != 200:
        return False
    return isinstance(shown.item, dict) and bool(shown.item == before["item"])


# --- lists ---------------------------------------------------------------------------------------


def _judge_list(look: Look, before: State | None, shown: Shown, sent_at: str, read: str) -> Verdict:
    if shown.items is None:
        return Verdict("unclear", f"{read} shows no list.")
    new = _new_items(look, before, shown, sent_at)
    if new is None:
        return Verdict("unclear", f"{read} does not show which of the items are new.")
    own = [item for item in new if _is_shown(item, look.sent, shown.items)]
    if len(own) == 1:
        name = identifier_name(own[0], look.resource)
        which = f": {name} {own[0][name]}" if name else ""
        return Verdict("took_effect", f"{read} shows one new item with what was sent{which}.")
    if not new and shown.complete and _would_show(shown.items, look.sent):
        return Verdict("did_not", f"{read} shows no new item.")
    count = len(own) or "none"
    of_new = f", {count} with what was sent" if new else ""
    return Verdict("unclear", f"{read} shows {len(new)} new items{of_new}: that proves nothing.")


def _would_show(items: Sequence[JsonObject], sent: JsonObject) -> bool:
    """Return whether items show what was sent, so that one without it says something.

    That a list is empty, or of things of another kind, proves nothing.
    """
    shown = [name for name in sent if any(name in item for item in items)]
    return bool(shown) and len(shown) * 2 >= len(sent)


def _new_items(
    look: Look, before: State | None, shown: Shown, sent_at: str
) -> list[JsonObject] | None:
    """Return the items that were not there before the write; None where that cannot be told."""
    items = shown.items or ()
    if not all(isinstance(item, dict) for item in items):
        return None
    if before is not None and before.get("complete"):
        known = before["items"]
        return [item for item in items if _identity(item, look) not in known]
    created = [_created_at(item) for item in items]
    if shown.ahead is None or None in created:
        return [] if not items else None
    began = datetime.fromisoformat(sent_at) + shown.ahead - _CLOCK_ERROR
    return [item for item, at in zip(items, created, strict=True) if at and at >= began]


def _identity(item: Json, look: Look) -> Json:
    """Return what tells an item from the others."""
    name = identifier_name(item, look.resource)
    return item if name is None else item[name]


def _created_at(item: JsonObject) -> datetime | None:
    """Return when an item was made, by its own word and to the second; None where it says none."""
    for name, value in item.items():
        letters = "".join(filter(str.isalnum, name.lower()))
        if letters in _CREATED:
            return _moment(value)
    return None


def _moment(value: Json) -> datetime | None:
    """Return a time that has its zone; None for what has none."""
    try:
        if is_number(value):
            seconds = value / 1000 if value > _MILLISECONDS_FROM else value
            return datetime.fromtimestamp(seconds, UTC)
        moment = datetime.fromisoformat(value)
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo is not None else None


def _clock_difference(result: Result) -> timedelta | None:
    try:
        return parsedate_to_datetime(result.headers.get("date", "")) - datetime.now(UTC)
    except (ValueError, TypeError):
        return None


# --- fields --------------------------------------------------------------------------------------


def _is_shown(item: JsonObject, sent: JsonObject, items: Sequence[JsonObject]) -> bool:
    """Return whether an item holds all that was sent, but for what no item ever shows."""
    fields = {name: value for name, value in sent.items() if any(name in each for each in items)}
    return holds(item, fields)


def holds(item: Json, sent: JsonObject) -> bool:
    """Return whether an item has all the fields that were sent, with their values."""
    if not sent or not isinstance(item, dict):
        return False
    return any(value is not None for value in sent.values()) and all(
        _is_same(item.get(name), value) for name, value in sent.items()
    )


def _is_same(shown: Json, sent: Json) -> bool:
    """Return whether a value is the one that was sent, as APIs show it: null is not there."""
    if isinstance(sent, dict):
        return isinstance(shown, dict) and all(
            _is_same(shown.get(name), value) for name, value in sent.items()
        )
    if isinstance(sent, list):
        is_list = isinstance(shown, list) and len(shown) == len(sent)
        return is_list and all(map(_is_same, shown, sent))
    if isinstance(sent, bool) or isinstance(shown, bool):
        return shown is sent
    is_number_as_text = isinstance(sent, str | int) and isinstance(shown, str | int)
    if shown == sent or (is_number_as_text and str(shown) == str(sent)):
        return True
    at, other = _text_moment(shown), _text_moment(sent)
    return at is not None and at == other


def _text_moment(value: Json) -> datetime | None:
    return _moment(value) if isinstance(value, str) else None
