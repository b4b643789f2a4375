"""`openapi2tools diff`, and what is told when the document of a saved API changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.config.edit import add_api
from openapi2tools.config.files import user_file
from tests.support.apis import document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Done


def pets(*choices: str, **more: Any) -> str:
    schema = {"type": "string", "enum": list(choices)}
    parameter = {"name": "kind", "in": "query", "schema": schema, **more}
    return json.dumps(
        document({"/pets": {"get": {"operationId": "list_pets", "parameters": [parameter]}}})
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "pets.json"
    path.write_text(pets("cat", "dog"), encoding="utf-8")
    add_api(user_file(), "pets", {"source": str(path)})
    return path


def test_what_changed_for_a_model_is_told_once_and_shown_when_asked(
    cli: Callable[..., Done], source: Path
) -> None:
    assert "has changed" not in cli("inspect", "pets").err
    source.write_text(pets("cat"), encoding="utf-8")
    told = cli("inspect", "pets").err
    assert (
        "Note: the document of pets has changed: 1 argument narrowed; 1 change may break calls. "
        "`openapi2tools diff pets` shows them."
    ) in told
    assert "has changed" not in cli("search", "pets", "pets").err
    shown = cli("diff", "pets")
    assert "breaking: no longer takes 'dog'" in shown.out
    assert (shown.code, cli("diff", "pets", "--fail-on", "breaking").code) == (0, 1)


def test_other_words_in_the_document_that_no_model_reads_are_not_told(
    cli: Callable[..., Done], source: Path
) -> None:
    cli("inspect", "pets")
    changed = json.loads(source.read_text(encoding="utf-8"))
    changed["info"]["version"] = "2"
    source.write_text(json.dumps(changed), encoding="utf-8")
    assert "has changed" not in cli("inspect", "pets").err


def test_what_the_file_leaves_out_is_no_news(cli: Callable[..., Done], source: Path) -> None:
    both = json.loads(source.read_text(encoding="utf-8"))
    both["paths"]["/pets"]["post"] = {"operationId": "add_pet"}
    source.write_text(json.dumps(both), encoding="utf-8")
    add_api(user_file(), "reads", {"source": str(source), "tools.read_only": True})
    assert "has changed" not in cli("inspect", "reads").err
    del both["paths"]["/pets"]["post"]
    source.write_text(json.dumps(both), encoding="utf-8")
    assert "has changed" not in cli("inspect", "reads").err
    assert "For a model nothing has changed." in cli("diff", "reads").err


def test_what_add_saw_is_what_is_known(cli: Callable[..., Done], source: Path) -> None:
    assert cli("add", "other", str(source), "--no-try").code == 0
    source.write_text(pets("cat"), encoding="utf-8")
    assert "the document of other has changed" in cli("inspect", "other").err


def test_other_options_do_not_count_as_a_change(cli: Callable[..., Done], source: Path) -> None:
    cli("inspect", "pets")
    assert "has changed" not in cli("inspect", "pets", "--prefix", "x_").err


def test_two_documents_are_compared_and_the_exit_code_tells(
    cli: Callable[..., Done], source: Path, tmp_path: Path
) -> None:
    later = tmp_path / "later.json"
    later.write_text(pets("cat", "dog", "cow"), encoding="utf-8")
    done = cli("diff", str(source), str(later), "--json", "--fail-on", "breaking")
    assert done.code == 0
    assert json.loads(done.out) == [
        {
            "kind": "argument-widened",
            "tool": "list_pets",
            "message": "takes 'cow', too",
            "argument": "kind",
            "is_breaking": False,
        }
    ]
    assert cli("diff", str(source), str(later), "--fail-on", "any").code == 1
    assert "For a model nothing has changed." in cli("diff", "pets", str(source)).err
    assert cli("diff", str(later), "pets", "--fail-on", "breaking").code == 1


def test_nothing_is_known_of_an_api_that_was_never_used(
    cli: Callable[..., Done], source: Path
) -> None:
    done = cli("diff", "pets")
    assert (done.code, "nothing is known of pets from before" in done.err) == (2, True)
    assert cli("diff", "nobody").code == 2
