"""`inspect --html` writes one page: whole, of its own, and with a document's words as words."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools import build_tools, load
from openapi2tools.cli.html_page.drawing import Node, draw
from openapi2tools.cli.html_page.markup import element
from openapi2tools.cli.html_page.page import html_page
from openapi2tools.formats import report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from examples.bookshop.shop import Shop
    from tests.conftest import Done

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default")]
SPECS = Path(__file__).parents[3] / "specs"
ATTACK = '"><script>window.evil = 1</script><img src=x onerror="window.evil = 1">'
EVIL: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": ATTACK, "version": ATTACK},
    "tags": [{"name": ATTACK, "description": f"\u202e{ATTACK}"}],
    "servers": [{"url": f"https://api.example/{ATTACK}"}],
    "components": {"securitySchemes": {ATTACK: {"type": "apiKey", "in": "header", "name": ATTACK}}},
    "paths": {
        f"/pets/{{pet_id}}/{ATTACK}": {
            "get": {
                "operationId": ATTACK,
                "tags": [ATTACK],
                "summary": ATTACK,
                "description": ATTACK,
                "deprecated": True,
                "security": [{ATTACK: []}],
                "parameters": [
                    {"name": "pet_id", "in": "path", "required": True, "schema": {"$ref": ATTACK}},
                    {"name": f"{ATTACK}_id", "in": "query", "required": True, "schema": {}},
                ],
                "responses": {"200": {"description": ATTACK}},
            }
        },
        "/pets": {"get": {"operationId": "list_pets", "responses": {}}},
    },
}


def page_of(document: Any) -> str:
    tools = build_tools(load(document))
    return html_page(tools, report(tools))


class _Reader(HTMLParser):
    """What a page is made of, and whether every element is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_shows_each_tool_with_what_it_costs(
    bookshop: Shop, cli: Callable[..., Done], tmp_path: Path
) -> None:
    file = tmp_path / "shop.html"
    done = cli("inspect", bookshop.document, "--html", str(file))
    assert (done.code, done.out) == (0, "")
    assert f"{file} has 13 tools" in done.err
    page = file.read_text(encoding="utf-8")
    rows = json.loads(cli("inspect", bookshop.document, "--json").out)
    for row in rows:
        shown = page.partition(f'id="tool-{row["name"]}"')[2].partition("</tr>")[0]
        assert f"{row['tokens']:,}" in shown
        assert f"{row['method']} {row['path']}" in shown
    assert page == page_of(bookshop.document)


def test_the_graph_leads_from_who_gives_an_id_to_who_takes_it(bookshop: Shop) -> None:
    page = page_of(bookshop.document)
    flows = re.findall(r'class="flow" id="[^"]*">(.*?)</div></div>', page)
    names = [re.findall(r">([a-z_]+)</", flow) for flow in flows]
    assert ["list_orders", "create_order", "order_id", "get_order", "cancel_order"] in names


@pytest.mark.parametrize("document", [EVIL, SPECS / "real/spotify-3.0.yaml"])
def test_a_page_is_whole_loads_nothing_and_runs_nothing(document: Any) -> None:
    reader = _Reader(page_of(document))
    assert reader.open == []
    assert reader.elements.isdisjoint({"script", "img", "link", "iframe", "object", "form"})
    names = {name for name, _ in reader.attributes}
    assert not {name for name in names if name.startswith("on")}
    addresses = {value for name, value in reader.attributes if name in ("href", "src")}
    assert all(address.startswith("#") for address in addresses)


def test_text_is_escaped_unless_it_is_markup() -> None:
    inner = element("b", "<i>&\u202e", title='"')
    assert inner == '<b title="&quot;">&lt;i&gt;&amp;\N{REPLACEMENT CHARACTER}</b>'
    assert element("p", inner, "<") == f"<p>{inner}&lt;</p>"


def test_a_circle_is_drawn_too() -> None:
    nodes = [Node(key, key, "id") for key in "abc"]
    drawn = draw(nodes, [("a", "b"), ("b", "c"), ("c", "a"), ("a", "a"), ("a", "gone")], "G")
    assert drawn.count("<path") == 3


@pytest.mark.parametrize("words", [("get_book",), ("--json",)])
def test_it_is_of_all_tools(bookshop: Shop, cli: Callable[..., Done], words: Any) -> None:
    done = cli("inspect", bookshop.document, *words, "--html", "x.html")
    assert done.code == 2
    assert "--html" in done.err


# --- in a browser --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pages(open_bookshop: Shop, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Write pages, and return their addresses."""
    folder = tmp_path_factory.mktemp("pages")
    documents: dict[str, Any] = {
        "bookshop": open_bookshop.document,
        "large": SPECS / "real/spotify-3.0.yaml",
        "evil": EVIL,
    }
    for name, document in documents.items():
        (folder / f"{name}.html").write_text(page_of(document), encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in documents}


@pytest.fixture(scope="module")
def chromium(pages: dict[str, str]) -> Iterator[Any]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if path is None:
        pytest.skip("a browser (Debian: chromium) is not installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="make test-logins installs it")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 400])
@pytest.mark.parametrize("name", ["bookshop", "large", "evil"])
def test_a_browser_shows_it_as_wide_as_it_is(
    chromium: Any, pages: dict[str, str], name: str, width: int, scheme: str
) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: said.append(request.url))
    page.goto(pages[name])
    page.wait_for_load_state()
    assert said == [pages[name]]  # it asks for nothing else, and breaks no rule of its own
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("window.evil") is None
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (colour == "rgb(255, 255, 255)") is (scheme == "light")
    page.close()


def test_who_follows_the_graph_comes_to_the_tool(chromium: Any, pages: dict[str, str]) -> None:
    page = chromium.new_page(viewport={"width": 1200, "height": 900})
    page.goto(pages["large"])
    page.click("details.ids > summary")
    link = page.locator("details.ids .takers a").last
    name = link.inner_text()
    link.click()
    row = page.locator(f"tr#tool-{name}")
    row.wait_for(state="visible")  # its tag opens
    assert row.evaluate("row => row.matches(':target')")
    page.close()
