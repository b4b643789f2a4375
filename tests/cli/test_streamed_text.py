"""A text that arrives in pieces is shown once, in the parts that are finished."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from openapi2tools.cli.conversation.streamed_text import StreamedText

TEXT = "# Title\n\nOne *two*.\n\n```python\na = 1\n\nb = 2\n```\n\n1. first\n2. second\n"


def shown(parts: list[object]) -> str:
    console = Console(file=StringIO(), width=40, force_terminal=False)
    for part in parts:
        console.print(part)
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("is_markdown", [True, False])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_what_is_finished_and_what_is_left_are_the_whole(size: int, is_markdown: bool) -> None:
    text = StreamedText(is_markdown=is_markdown)
    parts: list[object] = []
    for start in range(0, len(TEXT), size):
        parts += text.add(TEXT[start : start + size])
    parts += text.end()
    words = shown(parts).split()
    wanted = ["first", "second", "a", "b"]
    assert [word for word in words if word in wanted] == ["a", "b", "first", "second"]
    assert not list(text.end())


def test_code_is_shown_in_one_piece() -> None:
    text = StreamedText(is_markdown=True)
    assert not list(text.add("```python\na = 1\n\nb"))
    assert len(list(text.add(" = 2\n```\n\nmore"))) == 1
    assert "more" in shown(list(text.unfinished()))


def test_a_line_is_shown_when_it_ends() -> None:
    text = StreamedText(is_markdown=False)
    assert not list(text.add("One "))
    assert shown(list(text.add("two\nthree"))) == "One two\n"
    assert shown(list(text.end())) == "three\n"


@pytest.mark.parametrize("is_markdown", [True, False])
def test_a_model_does_not_command_the_terminal(is_markdown: bool) -> None:
    text = StreamedText(is_markdown=is_markdown)
    assert "\x1b" not in shown([*text.add("\x1b[2Jgone\n\n"), *text.end()])
