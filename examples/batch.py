"""Many calls in a batch that goes on where it was stopped: `python -m examples.batch`.

Each result is a line of a file as soon as it is there. Whoever starts the batch anew makes the
calls that have no line yet, and those that did not go out.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from examples.bookshop.shop import open_shop
from openapi2tools import Client, Result, build_tools, connect, load

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Row = dict[str, Any]


def read_done(path: Path) -> dict[int, Row]:
    """Return the results of an earlier run, by the number of their row."""
    done = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            result = json.loads(line)
        except ValueError:  # the last line, which was cut off
            continue
        may_be_repeated = (
            result["is_error"] and not result["sent"] and result["error"] != "arguments"
        )
        if not may_be_repeated:
            done[result["row"]] = result
    return done


def run(
    client: Client,
    tool: str,
    rows: Sequence[Row],
    path: Path,
    *,
    concurrency: int = 8,
    on_progress: Callable[[int, int], None] = lambda *_: None,
) -> list[Row]:
    """Call a tool for each row, and return all results; those of earlier runs are in the file."""
    done = read_done(path)
    todo = [number for number in range(len(rows)) if number not in done]
    with path.open("a") as file:
        if file.tell():
            file.write("\n")  # ends a line that was cut off

        def keep(index: int, result: Result) -> None:
            number = todo[index]
            done[number] = {"row": number, **result.to_dict()}
            file.write(json.dumps(done[number]) + "\n")
            file.flush()
            on_progress(len(done), len(rows))

        waiting = (rows[number] for number in todo)
        client.map(tool, waiting, concurrency=concurrency, on_result=keep)
    return [done[number] for number in range(len(rows))]


def main() -> None:
    rows = [{"book_id": number} for number in range(95, 125)]
    with (
        open_shop() as shop,
        tempfile.TemporaryDirectory() as folder,
        connect(build_tools(load(shop.document))) as client,
    ):
        results = run(client, "get_book", rows, Path(folder) / "results.jsonl")
    found = [result["data"]["title"] for result in results if not result["is_error"]]
    missing = [result["row"] for result in results if result["status"] == 404]
    print(f"{len(found)} books, {len(missing)} numbers without one; the first is {found[0]}.")


if __name__ == "__main__":
    main()
