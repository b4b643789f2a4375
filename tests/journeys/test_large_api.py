"""GitHub's whole document and a scripted model: found, called, answered, in each way."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from openapi2tools import Agent, OpenAIModel, Session, Toolset, build_tools, connect, load
from openapi2tools.tools.text.tokens import count_tokens
from tests.support.openai_server import OpenAIServer, calls, says, searches
from tests.support.server import Answer, LoopbackServer, Received

CORPUS = Path(
    os.environ.get("OPENAPI2TOOLS_CORPUS", Path(__file__).parents[2] / "../shared/corpus")
)
GITHUB = CORPUS / "specs/vendor/octokit-npm/api.github.com.json"
REVIEWS = "pulls_list-reviews"
ARGUMENTS = {"owner": "acme", "repo": "app", "pull_number": 5}
QUESTION = "Who reviewed pull request 5 of acme/app?"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not GITHUB.is_file(), reason=f"no document of GitHub's below {CORPUS}"),
]


@pytest.fixture(scope="module")
def github() -> Toolset:
    return build_tools(load(GITHUB))


def api(request: Received) -> Answer:
    assert request.target.startswith("/repos/acme/app/pulls/5/reviews")
    return Answer(200, [{"id": 1, "user": {"login": "mei"}, "state": "APPROVED"}])


def play(github: Toolset, wire: Any, offer: Any, *script: Any, **options: Any) -> list[Any]:
    """Ask the question, and return the requests to the model."""
    session = Session()
    with LoopbackServer(api) as server, OpenAIServer(*script) as openai:
        model = OpenAIModel("scripted", api=wire, base_url=openai.url, api_key="key", **options)
        with connect(github, server=server.url + "/") as client:
            answer = Agent(client, model, offer=offer).run(QUESTION, session=session)
    assert answer.text == "mei"
    (result,) = [e for e in session if getattr(e, "status", None) == 200]
    assert result.tool == REVIEWS
    assert len(server.received) == 1
    return openai.requests


QUERY = {"query": "list the reviews of a pull request", "count": 5}
CALL = calls((REVIEWS, ARGUMENTS))


@pytest.mark.parametrize("wire", ["chat", "responses"])
def test_by_finding_and_calling(github: Toolset, wire: str) -> None:
    script = (
        calls(("find_tools", QUERY)),
        calls(("call_tool", {"name": REVIEWS, "arguments": json.dumps(ARGUMENTS)})),
        says("mei"),
    )
    first, second, _ = play(github, wire, "auto", *script)
    assert count_tokens(json.dumps(first)) < 5_000
    assert REVIEWS in json.dumps(second)


def test_by_openais_tool_search_answered_here(github: Toolset) -> None:
    first, second, _ = play(
        github, "responses", "auto", searches(QUERY), CALL, says("mei"), tool_search=True
    )
    assert count_tokens(json.dumps(first)) < 5_000
    assert [item["type"] for item in second["input"][1:]] == [
        "tool_search_call",
        "tool_search_output",
    ]
    assert REVIEWS in [tool["name"] for tool in second["input"][2]["tools"]]


def test_by_openais_hosted_search(github: Toolset) -> None:
    first, _ = play(github, "responses", "hosted", CALL, says("mei"))
    *namespaces, search = first["tools"]
    assert search == {"type": "tool_search"}
    assert sum(len(each["tools"]) for each in namespaces) == len(github)


def test_by_constrained_decoding_with_the_few_that_fit(github: Toolset) -> None:
    script = (
        says(json.dumps({"name": REVIEWS, "arguments": ARGUMENTS})),
        says(json.dumps({"name": "finish"})),
        says("mei"),
    )
    first, *_ = play(github, "chat", "auto", *script, tool_calls="constrained")
    assert count_tokens(json.dumps(first)) < 12_000
