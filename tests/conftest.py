"""What every test may ask for: the bookshop on a real port, the command line, and
`--update-golden`."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from examples.bookshop.shop import Shop


# A busy machine is no fault of what is tested.
settings.register_profile("any-speed", deadline=None)
settings.load_profile("any-speed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite tests/golden/ with what comes out now; read the diff",
    )


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


@pytest.fixture(scope="session")
def folders_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield names of folders that do not exist yet.

    `tmp_path_factory` numbers its folders by looking at all of them: with one for each test, it
    would look at millions.
    """
    root = tmp_path_factory.mktemp("own")
    return (root / str(number) for number in count())


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch, folders_of_tests: Iterator[Path]) -> None:
    """Keep each test's fetched documents, sessions, runs and saved APIs to itself, out of the
    folders of whoever runs the tests."""
    folder = next(folders_of_tests)
    for name in ("cache", "sessions", "config"):
        (folder / name).mkdir(parents=True)
        monkeypatch.setenv(f"OPENAPI2TOOLS_{name.upper()}", str(folder / name))
    monkeypatch.setenv("OPENAPI2TOOLS_DATABASE", f"sqlite:///{folder / 'runs.sqlite'}")


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Callable[..., Done]:
    """Run `openapi2tools` with these arguments, in this process and without a terminal."""
    from openapi2tools.cli.main import main

    def run(*arguments: str, stdin: str | bytes = b"") -> Done:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(data), encoding="utf-8"))
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as end:
            main(arguments)
        out, err = capfdbinary.readouterr()
        return Done(end.value.code or 0, out.decode(), err.decode())

    return run
