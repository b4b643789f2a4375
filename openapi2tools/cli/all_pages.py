"""`call --all-pages`: the items of all pages of an answer, as one list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from openapi2tools.call.response.items import items_at, list_path
from openapi2tools.cli.console import counted, say, write_json
from openapi2tools.cli.usage import UsageError
from openapi2tools.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from openapi2tools.call.client import Client
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import Json, Result


def check_options(*, all_pages: bool, output: Path | None, max_items: int | None) -> None:
    """Refuse options that do not go together."""
    if all_pages and output is not None:
        raise UsageError("--all-pages writes one list to standard output: give > FILE for -o FILE.")
    if max_items is not None and not all_pages:
        raise typer.BadParameter("goes with --all-pages.", param_hint="--max-items")


@dataclass
class AllPages:
    """Collects the items of pages.

    Attributes:
        client: Makes the calls.
        send: Sends a prepared call, after the yes that it may need.
        max_items: How many items are wanted; all of them where it is None.
    """

    client: Client
    send: Callable[[Prepared], Result]
    max_items: int | None = None
    items: list[Json] = field(default_factory=list)
    _path: tuple[str, ...] | None = None

    def write(self, prepared: Prepared) -> None:
        """Make a call and those of the next pages, and write their items as one list.

        Raises:
            CallError: The answer holds no list; or a page failed, after what came is written.
        """
        seen = [prepared.call.arguments]
        result = self.send(prepared)
        self._add(result, 1)
        while result.ok and result.next is not None and not self._has_enough:
            if result.next.arguments in seen:
                break
            seen.append(result.next.arguments)
            result = self.send(self.client.prepare(result.next))
            self._add(result, len(seen))
        if self.max_items is not None:
            self.items = self.items[: self.max_items]
        if self._path is not None:
            write_json(self.items)
        if result.is_error:
            where = f"page {len(seen)}: " if len(seen) > 1 else ""
            raise CallError(f"{where}{result.text}")
        if result.next is not None:
            say(f"There is more: these are the first {counted(len(self.items), 'item')}.")

    @property
    def _has_enough(self) -> bool:
        return self.max_items is not None and len(self.items) >= self.max_items

    def _add(self, result: Result, number: int) -> None:
        """Add the items of a page, and say how far it is."""
        if result.is_error:
            return
        if self._path is None:
            self._path = list_path(result.shown)
        if self._path is None:
            raise CallError(
                "this answer holds no list that could have pages: leave --all-pages out, or choose "
                "a list of it with --fields."
            )
        self.items += items_at(result.shown, self._path)
        say(f"Page {number}: {counted(len(self.items), 'item')}.")
