"""The shop, open: a real server on a loopback port, with its database in a temporary folder."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from examples.bookshop.app import create_app
from examples.bookshop.store import Row, Store
from examples.serving import serve

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Shop:
    """Where the shop answers, what opens it, and a look into its database past the API."""

    url: str
    token: str
    database: Path

    @property
    def document(self) -> str:
        """The URL of the shop's OpenAPI document."""
        return f"{self.url}/openapi.json"

    def rows(self, sql: str) -> list[Row]:
        """Ask the database itself."""
        with Store(self.database) as store:
            return list(store.rows(sql))

    def reset(self) -> None:
        """Go back to the first morning."""
        with Store(self.database) as store:
            store.seed()


@contextmanager
def open_shop(*, port: int = 0, token: str = "sesame") -> Iterator[Shop]:  # noqa: S107 -- a shop with nothing to steal
    """Serve the shop until the end of the block; port 0 takes a free one."""
    with TemporaryDirectory(prefix="bookshop-") as folder:
        database = Path(folder) / "shop.sqlite"
        with serve(create_app(database, token), port=port) as url:
            yield Shop(url, token, database)
