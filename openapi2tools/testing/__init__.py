"""What tests of your own program need: a scripted model, your app or a mock as the API, recordings.

No test framework is needed, and nothing of this reaches a network.

Example:
    def test_the_agent_looks_the_pet_up():
        shop = Recorder(app)
        model = ScriptedModel(("get_pet", {"petId": 7}), "It is Rex.")
        with connect_app(shop) as client:
            answer = Agent(client, model).run("Who is pet 7?")
        assert answer.text == "It is Rex."
        assert_request(shop.requests[-1], method="GET", path="/pets/7")
"""

from openapi2tools.call.response.recorded import Recording, Replay, record, replay
from openapi2tools.mock.app import Mock
from openapi2tools.mock.server import RunningMock, open_mock
from openapi2tools.testing.app import connect_app
from openapi2tools.testing.recorder import App, RecordedRequest, Recorder
from openapi2tools.testing.requests import assert_request
from openapi2tools.testing.scripted_model import Line, ScriptedModel

__all__ = [
    "App",
    "Line",
    "Mock",
    "RecordedRequest",
    "Recorder",
    "Recording",
    "Replay",
    "RunningMock",
    "ScriptedModel",
    "assert_request",
    "connect_app",
    "open_mock",
    "record",
    "replay",
]
