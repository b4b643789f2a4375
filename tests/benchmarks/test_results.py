"""The page of results keeps what a run did not measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.results import Section, keep, known_sections, run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_run_replaces_its_own_sections_only(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    keep("calls", "## Calls\n\nfirst \\1", page)
    keep("peers", "## Peers\n\nkept", page)
    page.write_text(page.read_text().replace("# What", "By hand.\n\n# What") + "\nThe end.\n")
    before = page.read_text()
    keep("calls", "## Calls\n\nsecond \\1", page)
    assert page.read_text() == before.replace("first", "second")


def test_each_section_says_when_where_and_by_which_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = tmp_path / "api.github.com.json"
    program = tmp_path / "benchmarks" / "calls.py"
    program.parent.mkdir()
    program.write_text("import sys; print('ratio 1.0', len(sys.argv))")
    monkeypatch.setattr("benchmarks.results.ROOT", tmp_path)
    text = run(Section("Calls", ["calls.py", str(document), "--runs", "2"]))
    assert text.startswith("## Calls\n\n20")
    assert "python benchmarks/calls.py api.github.com.json --runs 2" in text
    assert "httpx 0." in text
    assert "```\nratio 1.0 4\n```" in text


def test_what_needs_another_environment_is_left_out_without_it(tmp_path: Path) -> None:
    documents = [tmp_path / "api.github.com.json"]
    assert "peers" not in known_sections(documents, None)
    sections = known_sections(documents, tmp_path)
    assert {"start", "calls", "speed", "tokens", "peers", "fields", "cases"} == sections.keys()
    assert "--tool" in sections["start"].arguments
