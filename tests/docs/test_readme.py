"""The README in Chinese shows what the English one shows, and links in both lead somewhere."""

from __future__ import annotations

import re

import pytest

from tests.support.pages import ROOT, blocks_of

ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"
SAME = {"Sixty seconds": "六十秒", "In a program": "在程序里"}
EXAMPLES = ROOT / "examples/README.md"
PAGES = [ENGLISH, CHINESE, EXAMPLES, *sorted((ROOT / "docs").rglob("*.md"))]


def headings(text: str) -> list[str]:
    outside = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^#+ (.+?)(?: \{.*\})?$", outside, re.MULTILINE)


def test_the_headings_of_the_chinese_readme_are_the_first_of_the_english_one() -> None:
    english = headings(ENGLISH.read_text("utf-8"))
    chinese = headings(CHINESE.read_text("utf-8"))
    assert [SAME.get(heading, heading) for heading in english[: len(chinese)]] == chinese


def test_the_code_blocks_of_the_chinese_readme_are_those_of_the_english_one() -> None:
    chinese = [(block.language, block.text) for block in blocks_of(CHINESE)]
    english = [(block.language, block.text) for block in blocks_of(ENGLISH)]
    assert len(chinese) == len(english)
    assert chinese == english


def test_the_readme_has_less_than_200_lines() -> None:
    assert len(ENGLISH.read_text("utf-8").splitlines()) < 200


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_within_the_project_lead_to_a_page_and_a_heading(page: object) -> None:
    from pathlib import Path

    assert isinstance(page, Path)
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"\w+:", target):
            continue
        path, _, anchor = target.partition("#")
        leads_to = (page.parent / path).resolve() if path else page
        assert leads_to.exists(), f"{target} leads nowhere"
        if anchor and leads_to.suffix == ".md":
            assert anchor in anchors(leads_to.read_text("utf-8")), f"{target}: no such heading"


def anchors(text: str) -> set[str]:
    named = re.findall(r"\{ #(\S+) \}", text)
    slugs = [re.sub(r"[^\w -]", "", heading.lower()).strip() for heading in headings(text)]
    return {*named, *(re.sub(r"[ -]+", "-", slug) for slug in slugs)}


def test_each_program_that_the_page_of_the_examples_names_is_there() -> None:
    named = re.findall(r"`([a-z_]+\.py)`", EXAMPLES.read_text("utf-8"))
    assert len(named) > 5
    assert [name for name in named if not (EXAMPLES.parent / name).exists()] == []


def test_what_the_map_names_is_there() -> None:
    table = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("| to change | go to |")[2]
    named = re.findall(r"`([a-z_]+(?:/[a-z_]+)*/?)`", table.partition("## 2.")[0])
    assert len(named) > 40
    package = ROOT / "openapi2tools"
    assert [
        name
        for name in named
        if not (package / name).exists()
        and not (package / f"{name}.py").exists()
        and not (ROOT / name).exists()
        and name not in {"dialect", "offer"}  # a module and a function, named beside their room
    ] == []


def commands_in_text(text: str) -> list[str]:
    """What a page names in a line, or shows indented, without running it."""
    outside = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    inline = re.findall(r"`openapi2tools ([a-z][^`]*)`", outside.replace("\n", " "))
    indented = re.findall(r"^ {4,}openapi2tools ([a-z][^#\n]*)", outside, re.MULTILINE)
    return inline + indented


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_command_that_a_page_names_has_these_options(page: object) -> None:
    from pathlib import Path

    assert isinstance(page, Path)
    reference = (ROOT / "docs/reference/commands.md").read_text("utf-8")
    known = dict(re.findall(r"^## ([a-z]+)\n(.*?)(?=^## |\Z)", reference, re.MULTILINE | re.DOTALL))
    for shown in commands_in_text(page.read_text("utf-8")):
        command = shown.split()[0].split("|")[0]
        assert command in known, f"{page.name}: openapi2tools {shown}"
        for option in re.findall(r"(?<!\S)--[a-z][\w-]*", shown):
            assert option in known[command], f"{page.name}: openapi2tools {shown}: {option}"
