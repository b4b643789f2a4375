"""What the README shows runs as it is shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.openai_server import OpenAIServer, calls, says

if TYPE_CHECKING:
    import pytest

    from examples.bookshop.shop import Shop

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
SHOP = "http://127.0.0.1:8000"
ORDER = {"book_id": 102, "customer_id": 203, "quantity": 2}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_python_block_runs_as_it_is_pasted(
    bookshop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (block,) = blocks("python")
    script = calls(("create_order", ORDER)), says("Ordered.")
    with OpenAIServer(*script) as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-key")
        monkeypatch.setattr("builtins.input", lambda _: "y")
        address = bookshop.document.removesuffix("/openapi.json")
        program = block.replace(SHOP, address).replace('"sesame"', repr(bookshop.token))
        exec(compile(program, "README.md", "exec"), {"__name__": "readme"})
    assert capsys.readouterr().out.splitlines() == ["2", "Ordered."]
    assert len(bookshop.rows("SELECT * FROM orders")) == 6
