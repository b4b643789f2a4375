"""Fixtures for pytest: a mock of an API, and exchanges that are recorded once and then replayed.

Name the module in your `conftest.py`:

    pytest_plugins = ["openapi2tools.testing.fixtures"]
"""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import pytest

from openapi2tools.call.response.recorded import Recording, Replay, record, replay
from openapi2tools.mock.server import RunningMock, open_mock
from openapi2tools.model import Api
from openapi2tools.spec.load import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RECORD_VARIABLE: Final = "OPENAPI2TOOLS_RECORD"
_FOLDER: Final = "recordings"


@pytest.fixture
def mock_api() -> Iterator[Callable[..., RunningMock]]:
    """Open mocks of APIs, which are closed when the test ends.

    Example:
        def test_a_pet_is_found(mock_api):
            mock = mock_api("petstore.yaml", auth=False)
            with connect(build_tools(load(mock.document))) as client:
                assert client.call("getPetById", {"petId": 7}).ok
    """
    with ExitStack() as opened:

        def start(source: Any, **options: Any) -> RunningMock:
            api = source if isinstance(source, Api) else load(source)
            return opened.enter_context(open_mock(api, **options))

        yield start


@pytest.fixture
def exchanges(request: pytest.FixtureRequest) -> Recording | Replay:
    """Answer the calls of a test from its own file, or record that file.

    The file is `recordings/MODULE/TEST.jsonl` beside the test's module. With the environment
    variable OPENAPI2TOOLS_RECORD=1 the calls go out, and the file is made anew.

    Example:
        def test_a_pet_is_found(exchanges):
            with connect(tools, recording=exchanges) as client:
                assert Agent(client, model).run("Who is pet 7?").text == "It is Rex."
    """
    name = re.sub(r"[^\w.-]+", "_", request.node.name).strip("_")
    path = request.path.parent / _FOLDER / request.path.stem / f"{name}.jsonl"
    if os.environ.get(RECORD_VARIABLE, "") not in ("", "0"):
        path.parent.mkdir(parents=True, exist_ok=True)
        return record(path)
    if not path.is_file():
        pytest.fail(
            f"There is no recording {path}: run this test once with {RECORD_VARIABLE}=1.",
            pytrace=False,
        )
    return replay(path)
