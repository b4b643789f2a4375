"""`--record` and `--replay`: calls and runs that are kept, and played back offline."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.support.openai_server import OpenAIServer, calls, says
from tests.support.pets import DOCUMENT, Pets
from tests.support.server import LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_call_is_recorded_and_replayed(cli: Callable[..., Any], tmp_path: Path) -> None:
    document, file = tmp_path / "pets.json", str(tmp_path / "kept.jsonl")
    document.write_text(json.dumps({**DOCUMENT, "servers": [{"url": "http://127.0.0.1:9"}]}))
    call = ("call", str(document), "get_pet", "--args")
    with LoopbackServer(Pets().answer) as server:
        for number in (1, 2):
            arguments = json.dumps({"pet_id": number})
            done = cli(*call, arguments, "--server", server.url, "--record", file)
            assert done.code == 0, done.err
    done = cli(*call, '{"pet_id": 1}', "--replay", file)
    assert json.loads(done.out) == {"id": 1, "name": "Rex"}
    done = cli(*call, '{"pet_id": 3}', "--replay", file)
    assert done.code == 1
    assert "its path.pet_id is 1, not 3. Record it with --record FILE." in done.err
    done = cli(*call, "{}", "--replay", file, "--record", file)
    assert done.code == 2
    assert "give one of them" in done.err


def test_a_run_is_recorded_and_replayed(cli: Callable[..., Any], tmp_path: Path) -> None:
    document, file = tmp_path / "pets.json", str(tmp_path / "kept.jsonl")
    document.write_text(json.dumps({**DOCUMENT, "servers": [{"url": "http://127.0.0.1:9"}]}))

    def run(*options: str) -> Any:
        with OpenAIServer(calls(("get_pet", {"pet_id": 2})), says("It is Tom.")) as model:
            options = ("--base-url", model.url, "--model", "x", *options)
            return cli("run", str(document), "Who is pet 2?", *options)

    with LoopbackServer(Pets().answer) as server:
        recorded = run("--server", server.url, "--record", file)
    assert (recorded.code, recorded.out) == (0, "It is Tom.\n"), recorded.err
    replayed = run("--replay", file)
    assert (replayed.code, replayed.out) == (0, "It is Tom.\n"), replayed.err
    assert '"name":"Tom"' in replayed.err.replace(" ", "")
