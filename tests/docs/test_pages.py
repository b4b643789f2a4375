"""What the README and the documentation show runs as it is shown."""

from __future__ import annotations

import json
import os
import re
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.openai_server import OpenAIServer, calls, says
from tests.support.pages import ROOT, Reader, bin_folder, blocks_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from examples.bookshop.shop import Shop

NAV = re.findall(r"([\w./-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
GENERATED = "reference/"  # has tests of its own
PAGES = ["README.md"] + [f"docs/{page}" for page in NAV if not page.startswith(GENERATED)]

ORDER = [
    calls(("search_books", {"q": "Dispossessed"}), ("search_customers", {"name": "Mei Tanaka"})),
    calls(("create_order", {"book_id": 102, "customer_id": 203, "quantity": 2})),
    says("Ordered."),
]
LOOK = [calls(("search_books", {"q": "tolkien"})), says("The Hobbit costs 11.00.")]
SCRIPTS: dict[str, list[Any]] = {
    "README.md": [says("Emma."), says("None."), says("You."), *ORDER, *ORDER[1:]],
    "docs/index.md": [*LOOK, says("22.00")],
    "docs/guides/github.md": [
        says("I can look at repositories and their issues."),
        says("Three."),
    ],
    "docs/guides/large-apis.md": [
        calls(("find_tools", {"query": "find a book"})),
        calls(("call_tool", {"name": "search_books", "arguments": {"q": "tolkien"}})),
        says("The Hobbit costs 11.00."),
    ],
    "docs/command-line.md": [says("Many.")],
    "docs/config.md": [says("One.")],
    "docs/testing.md": [says("Many."), *LOOK, *LOOK],
    "docs/conversations.md": [*LOOK, says("22.00"), *ORDER],
    "docs/runs.md": ORDER,
    "docs/guides/frameworks.md": LOOK if find_spec("agents") else [],
    "docs/guides/own-loop.md": [*LOOK, *LOOK],
}
GITHUB = (
    (
        "https://raw.githubusercontent.com/github/rest-api-description/main/descriptions/"
        "api.github.com/api.github.com.json"
    ),
    "https://unpkg.com/@octokit/openapi/generated/api.github.com.json",
)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks_of(ROOT / page)])
def test_every_block_of_a_page_runs(
    page: str,
    bookshop: Shop,
    cli: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    document = api_document(bookshop)
    (folder / "shop.yaml").write_text(json.dumps(document), encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    # a host is told of each variable that is set; the home below is the test's own
    monkeypatch.delenv("OPENAPI2TOOLS_DATABASE", raising=False)
    monkeypatch.delitem(sys.modules, "main", raising=False)
    script = SCRIPTS.get(page, [])
    with OpenAIServer(*script) as model:
        environment = {
            "OPENAI_API_KEY": "sk-key",
            "OPENAI_BASE_URL": model.url,
            "OPENAI_MODEL": "gpt-5.5",
            "GITHUB_TOKEN": "github_pat",
            "SHOP_TOKEN": bookshop.token,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}",
            "PATH": f"{bin_folder(tmp_path)}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "COLUMNS": "160",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        addresses = {
            "127.0.0.1:8000": bookshop.url.removeprefix("http://"),
            "https://petstore.swagger.io/v2/swagger.json": f"{ROOT}/specs/real/petstore-2.0.json",
            **dict.fromkeys(GITHUB, f"{ROOT}/tests/docs/github.json"),
        }
        reader = Reader(folder, cli, environment, monkeypatch.setenv, addresses)
        try:
            for block in blocks_of(ROOT / page):
                reader.follow(block)
        finally:
            reader.close()
    assert model.count == len(script), "the page asks a model less often than its script says"


def api_document(shop: Shop) -> dict[str, Any]:
    from openapi2tools import load

    return {**load(shop.document).document, "servers": [{"url": shop.url}]}


def test_every_block_says_in_which_language_it_is() -> None:
    blocks = [block for page in PAGES for block in blocks_of(ROOT / page)]
    assert not [str(block) for block in blocks if not block.language]
