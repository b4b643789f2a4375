"""The examples do what they say. Where one asks a model, the model is scripted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.openai_server import OpenAIServer, calls, says

if TYPE_CHECKING:
    from examples.bookshop.shop import Shop

LOOK_UP = calls(
    ("search_books", {"q": "Dispossessed"}), ("search_customers", {"name": "Mei Tanaka"})
)
ORDER = calls(("create_order", {"book_id": 102, "customer_id": 201, "quantity": 2}))


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> object:
    """Let OpenAI's variables lead to a scripted server, and keep files out of the project."""
    monkeypatch.chdir(tmp_path)

    def lead_to(model: OpenAIServer) -> None:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        monkeypatch.setenv("OPENAI_API_KEY", "topsecret")
        monkeypatch.setenv("OPENAI_MODEL", "scripted")

    return lead_to


def test_the_demo_shows_every_stage_and_ends_with_the_order_in_the_database(
    use, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from examples import demo

    with OpenAIServer(LOOK_UP, ORDER, says("Two copies are on their way.")) as model:
        use(model)
        assert demo.main() == 0
    shown = capsys.readouterr().out
    stages = [
        "[1]",
        "openapi.json",
        "[2]",
        "POST /orders",
        "[3]",
        "scripted thinks",
        "calls search_books",
        "200 in",
        "a person is asked",
        "201 in",
        "Answer",
        "[4]",
        "what was asked for",
        "Now your own API",
        ". .venv/bin/activate",
    ]
    places = [shown.index(stage) for stage in stages]
    assert places == sorted(places)
    assert "2 x The Dispossessed for Mei Tanaka, placed" in shown
    assert len(json.loads((tmp_path / ".demo" / "tools.json").read_bytes())) == 13


def test_the_demo_is_shown_in_utf_8_whatever_the_platform_prefers(use) -> None:
    environment = {
        "PYTHONUTF8": "0",
        "PYTHONIOENCODING": "ascii",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    with OpenAIServer(ORDER, says("Two copies ☃")) as model:
        use(model)
        program = [sys.executable, "-m", "examples.demo"]
        done = subprocess.run(
            program, env={**os.environ, **environment}, capture_output=True, check=False
        )
    assert done.returncode == 0, done.stderr
    assert "Two copies ☃" in done.stdout.decode()


@pytest.mark.parametrize(
    "script",
    [
        [says("Done!")],
        [
            calls(("create_order", {"book_id": 101, "customer_id": 201, "quantity": 2})),
            says("Done!"),
        ],
    ],
)
def test_the_demo_fails_when_the_database_says_otherwise(
    use, script: list, capsys: pytest.CaptureFixture[str]
) -> None:
    from examples import demo

    with OpenAIServer(*script) as model:
        use(model)
        assert demo.main() == 1
    assert "not what was asked for" in capsys.readouterr().out


def test_approve_writes_lets_the_small_order_out_and_keeps_the_large_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from examples import approve_writes

    approve_writes.main()
    shown = capsys.readouterr().out
    assert shown.count("curl -X POST") == 2
    assert "Yes. 201" in shown
    assert "No, and so it was not sent." in shown


def test_your_own_loop_answers_with_what_the_api_said(use, bookshop: Shop) -> None:
    from examples import your_own_loop

    with OpenAIServer(
        calls(("search_books", {"q": "Butler"})), says("Kindred, by 0.80 euros.")
    ) as model:
        use(model)
        assert your_own_loop.answer(your_own_loop.QUESTION, bookshop) == "Kindred, by 0.80 euros."
    answered = model.requests[1]["messages"][-1]
    assert (answered["role"], answered["tool_call_id"]) == ("tool", "call_1_0")
    assert "Parable of the Sower" in answered["content"]


def test_saved_tools_are_called_from_the_file_alone(bookshop: Shop, tmp_path: Path) -> None:
    from examples import saved_tools

    path = tmp_path / "desk.tools.json"
    saved_tools.curate(bookshop, path)
    assert "A Wizard of Earthsea; The Dispossessed" in saved_tools.use(bookshop, path)


def test_bedrock_gets_its_tools_and_its_results(capsys: pytest.CaptureFixture[str]) -> None:
    from examples import bedrock_format

    bedrock_format.main()
    shown = capsys.readouterr().out
    assert '"toolSpec"' in shown
    assert '"toolUseId": "use_1"' in shown
    assert '"status": "success"' in shown


def test_a_model_of_your_own_reads_the_record_and_says_its_turns(bookshop: Shop) -> None:
    from examples import own_model

    answer = own_model.answer("Which books are by Octavia Butler?", bookshop)
    assert answer.text == "Kindred; Parable of the Sower"
    assert answer.turns == 2
