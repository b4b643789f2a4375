"""What the README and the documentation show runs as it is shown."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.openai_server import OpenAIServer, calls, says
from tests.support.pages import (
    FRAMEWORKS,
    ROOT,
    Reader,
    bin_folder,
    blocks_of,
    commands_of,
    has_framework,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAV = re.findall(r"([\w./-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
GENERATED = "reference/"  # has tests of its own
PAGES = ["README.md", "examples/README.md"] + [
    f"docs/{page}" for page in NAV if not page.startswith(GENERATED)
]

ORDER = [
    calls(("search_books", {"q": "Dispossessed"}), ("search_customers", {"name": "Mei Tanaka"})),
    calls(("create_order", {"book_id": 102, "customer_id": 203, "quantity": 2})),
    says("Ordered."),
]
LOOK = [calls(("search_books", {"q": "tolkien"})), says("The Hobbit costs 11.00.")]
BUY = [
    calls(("create_order", {"book_id": 113, "customer_id": 201, "quantity": 1})),
    says("Ordered."),
]
SCRIPTS: dict[str, list[Any]] = {
    "README.md": [says("Emma."), says("None."), says("You."), *ORDER, *ORDER[1:]],
    "examples/README.md": [says("It closed at 1,432.50.")],
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
    "docs/models.md": LOOK,
    "docs/testing.md": [says("Many."), *LOOK, *LOOK],
    "docs/conversations.md": [*LOOK, says("22.00"), *ORDER],
    "docs/runs.md": [*ORDER, *ORDER],
    "docs/guides/fastapi.md": [says("Buy milk, and call Ann.")],
    "docs/guides/frameworks.md": BUY * sum(map(has_framework, FRAMEWORKS)),
    "docs/guides/own-loop.md": [*LOOK, *LOOK],
}
GITHUB = (
    (
        "https://raw.githubusercontent.com/github/rest-api-description/main/descriptions/"
        "api.github.com/api.github.com.json"
    ),
    "https://unpkg.com/@octokit/openapi/generated/api.github.com.json",
)
SPOTIFY = (
    "https://raw.githubusercontent.com/sonallux/spotify-web-api/main/fixed-spotify-open-api.yml"
)


@pytest.mark.filterwarnings("default")  # the frameworks' own
@pytest.mark.parametrize("page", [page for page in PAGES if blocks_of(ROOT / page)])
def test_every_block_of_a_page_runs(
    page: str,
    cli: Callable[..., Any],
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    # a host is told of each variable that is set; the home below is the test's own
    monkeypatch.delenv("OPENAPI2TOOLS_DATABASE", raising=False)
    for name in ("main", "tasks"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    script = SCRIPTS.get(page, [])
    with OpenAIServer(*script) as model:
        environment = {
            "OPENAI_API_KEY": "sk-key",
            "OPENAI_BASE_URL": model.url,
            "OPENAI_MODEL": "gpt-5.5",
            "GITHUB_TOKEN": "github_pat",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}",
            "PATH": f"{bin_folder(tmp_path)}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "COLUMNS": "160",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        addresses = {
            "http://127.0.0.1:11434/v1": model.url,
            "https://petstore.swagger.io/v2/swagger.json": f"{ROOT}/specs/real/petstore-2.0.json",
            SPOTIFY: f"{ROOT}/specs/real/spotify-3.0.yaml",
            **dict.fromkeys(GITHUB, f"{ROOT}/tests/docs/github.json"),
        }
        if page == "README.md":  # its first commands are for the reader's own API
            own = request.getfixturevalue("bookshop").url
            addresses["127.0.0.1:8000"] = own.removeprefix("http://")
        reader = Reader(folder, cli, environment, monkeypatch.setenv, addresses)
        try:
            for block in blocks_of(ROOT / page):
                reader.follow(block)
        finally:
            reader.close()
    assert model.count == len(script), "the page asks a model less often than its script says"


def test_every_block_says_in_which_language_it_is() -> None:
    blocks = [block for page in PAGES for block in blocks_of(ROOT / page)]
    assert not [str(block) for block in blocks if not block.language]


def test_commands_that_show_nothing_can_be_pasted_whole() -> None:
    blocks = [block for page in PAGES for block in blocks_of(ROOT / page)]
    assert not [
        f"{block}: this is `sh`, without $"
        for block in blocks
        if block.language == "console" and not any(command.shown for command in commands_of(block))
    ]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_how_the_api_that_it_calls_is_started(page: str) -> None:
    text = "\n".join(block.text for block in blocks_of(ROOT / page))
    started, saved = "python -m examples.bookshop --port 8000 &", "openapi2tools add shop "
    assert "http://127.0.0.1:8000" not in text or started in text
    assert not re.search(r"openapi2tools \w+ shop\s", text) or saved in text


def test_no_command_has_a_remark_behind_it() -> None:
    """The shell of macOS takes it for arguments."""
    commands = [
        (block, command)
        for page in PAGES
        for block in blocks_of(ROOT / page)
        if block.language in ("sh", "console")
        for command in commands_of(block)
    ]
    assert len(commands) > 100
    assert not [f"{block}: {each.typed}" for block, each in commands if " #" in each.typed]


def test_what_a_block_starts_is_used_in_a_later_one() -> None:
    """Whoever pastes a block whole calls what has not opened yet, or answers a question with it."""
    blocks = [block for page in PAGES for block in blocks_of(ROOT / page)]
    assert not [
        str(block)
        for block in blocks
        if block.language == "sh"
        and re.search(
            r"(?: &|^keyring set .*)\n(.*\n)*(openapi2tools|curl) ", block.text, re.MULTILINE
        )
    ]
