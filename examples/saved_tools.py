"""A curated toolset, saved once and loaded where it is used: `python -m examples.saved_tools`.

Choosing, fixing and describing tools needs the document; calling them needs the file alone. A
program that starts often, or runs where the document cannot be fetched, loads the file.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from examples.bookshop.shop import Shop, open_shop
from openapi2tools import build_tools, connect, load, load_tools, save


def curate(shop: Shop, path: Path) -> None:
    """Choose what a clerk at the desk needs, and keep it."""
    tools = build_tools(load(shop.document)).only("search_books", "get_book", "create_order")
    tools = tools.fixed("search_books", {"limit": 3}).hidden("search_books", "offset", "max_price")
    tools = tools.described({"get_book": "Look up one book, with its stock, before you sell it."})
    save(tools, path)


def use(shop: Shop, path: Path) -> str:
    """Call the tools of the file: no document is read."""
    with connect(load_tools(path), credentials={"bearerAuth": shop.token}) as client:
        found = client.call("search_books", {"q": "le guin"})
        return "; ".join(book["title"] for book in found.data["items"])


def main() -> None:
    with open_shop() as shop, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "desk.tools.json"
        curate(shop, path)
        print(f"{path.name}: {path.stat().st_size:,} bytes")
        print(use(shop, path))


if __name__ == "__main__":
    main()
