"""What people type, with exactly what they get at 80 columns: mistakes, and wishes.

`pytest --update-golden` writes both transcripts anew; read the diff. `2>` marks what goes to
standard error, and the exit code stands below it where it is not 0.
"""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from examples.bookshop.shop import Shop
    from tests.conftest import Done

GOLDEN: Final = Path(__file__).parents[1] / "golden" / "transcripts"
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?")
MISTAKES: Final = """
exprot shop
call
call shop
call shop serch_books
call shop "GET /books/{book_id}"
call shp search_books
call nowhere.yaml search_books
call shop search_books gnre=fiction
call shop search_books genre=ficton
call shop search_books limit=ten
call shop search_books limit=500
inspect shop --limit 5
call shop search_books --gnre fiction
call shop search_books --genre
call shop search_books tolkien
call shop search_books limit:=five
call shop search_books sort=title sort=year
call shop search_books --args '{q: tolkien}'
call shop search_books --args '["tolkien"]'
call shop search_books in_stock=maybe
call shop search_books --srver http://127.0.0.1:9
call --yess shop search_books
call shop get_book
call shop get_book 101
call shop get_book book_id=9999
call shop create_order book_id=102 customer=201
call shop create_order book_id=102 customer_id=201 quantity=2
call shop create_order book_id=102 customer_id=201 quantity=2 --yes
call shop create_order book_id=102 customer_id=201 quantity=2 --yes --auth sesame
call shop create_order book_id=102 customer_id=201 quantity=2 --yes --auth baerer=env:TOKEN
call shop create_order book_id=102 customer_id=201 quantity=2 --yes --auth bearer=env:NO_SUCH
call shop upload_cover book_id=102 picture@nowhere.png --yes --auth bearer=env:TOKEN
call shop search_books --ask
inspect shop --redonly
inspect shop --tag bok
inspect shop --schema
inspect shop create_ordr
export shop --format antropic
export shop --operation book
search shop
serve shop --config curser
serve shop --write
completion bsh
"""
WISHES: Final = """
inspect shop
inspect shop create_order
call shop search_books --help
call shop search_books q=dispossessed
call shop search_books genre=fantasy genre=mystery limit=1
call shop search_books genre=fantasy,mystery limit=1 sort=year
call shop search_books --genre poetry --in-stock --limit=1
call shop search_books --args '{"q": "emma"}' limit=1
call shop get_book book_id=102 --headers
call shop get_book book_id=102 -o book.json
call shop create_order book_id=102 customer_id=201 quantity=2 --dry-run
call shop create_order book_id=102 customer_id=201 quantity=2 --yes --auth bearer=env:TOKEN
call shop update_book book_id=102 discount_percent=null price=9.5 --dry-run
call shop upload_cover book_id=102 picture@cover.png caption='My own' -y --auth bearer=env:TOKEN
inspect shop cancel_order --schema --format anthropic
inspect shop get_order --json
search shop "cancel an order" -k 2
export shop --operation get_book --format openai-responses
serve shop --config cursor --read-only --auth bearerAuth=env:TOKEN
serve shop --config codex
--complete fish call shop create_
--complete fish call shop create_order book_id=1 ''
--complete fish call shop search_books genre=f
completion fish
"""


@pytest.fixture
def shop(bookshop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Save the bookshop as `shop`, in a home and a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "OPENAPI2TOOLS_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "CODEX_HOME", "NO_COLOR", "OPENAPI2TOOLS_BEARERAUTH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TOKEN", bookshop.token)
    (tmp_path / "openapi2tools.toml").write_text(
        f'[apis.shop]\nsource = "{bookshop.document}"\n', encoding="utf-8"
    )
    (tmp_path / "cover.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return bookshop


@pytest.mark.parametrize(("name", "lines"), [("mistakes", MISTAKES), ("wishes", WISHES)])
def test_what_is_typed_gets_this(
    name: str,
    lines: str,
    *,
    shop: Shop,
    cli: Callable[..., Done],
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    cli("inspect", "shop")  # so that the shell can complete its tools
    transcript = "\n".join(_transcript(lines.strip().splitlines(), cli))
    transcript = _without_chance(transcript, shop, tmp_path)
    golden = GOLDEN / f"{name}.txt"
    if request.config.getoption("--update-golden"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(transcript, encoding="utf-8")
    assert transcript == golden.read_text(encoding="utf-8")


def test_no_mistake_repeats_a_secret_or_shows_a_traceback() -> None:
    text = (GOLDEN / "mistakes.txt").read_text(encoding="utf-8")
    assert "sesame" not in "".join(line for line in text.splitlines() if line.startswith("2>"))
    assert "Traceback" not in text
    assert text.count("[exit code ") == len(MISTAKES.strip().splitlines())


def _transcript(lines: Sequence[str], cli: Callable[..., Done]) -> Iterator[str]:
    for line in lines:
        done = cli(*shlex.split(line))
        yield f"$ openapi2tools {line}"
        yield from done.out.splitlines()
        yield from (f"2> {each}".rstrip() for each in done.err.splitlines())
        if done.code:
            yield f"[exit code {done.code}]"
        yield ""


def _without_chance(text: str, shop: Shop, folder: Path) -> str:
    """Return a transcript without what differs from run to run; no line becomes longer for it."""
    port = shop.url.rpartition(":")[2]
    text = text.replace(f":{port}", f":{'80000'[: len(port)]}")
    text = text.replace(str(folder), "~")
    script = Path(sys.executable).with_name("openapi2tools")
    text = text.replace(f'"{script}"', '"/bin/openapi2tools"')
    text = re.sub(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?", "2026-01-31T12:00:00", text
    )
    return re.sub(r"date: .* GMT", "date: Sat, 31 Jan 2026 12:00:00 GMT", text)
