"""What every test may ask for: the bookshop on a real port, and `--update-golden`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from examples.bookshop.shop import Shop


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden/ with what comes out now; read the diff")


@pytest.fixture(scope="session")
def open_bookshop() -> Iterator[Shop]:
    """Open the shop once for all tests; take `bookshop` instead, whose database is fresh."""
    from examples.bookshop.shop import open_shop  # FastAPI is only for the tests that need it

    with open_shop() as shop:
        yield shop


@pytest.fixture
def bookshop(open_bookshop: Shop) -> Shop:
    """Give the bookshop, on its first morning."""
    open_bookshop.reset()
    return open_bookshop
