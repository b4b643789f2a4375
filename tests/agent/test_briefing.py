"""What a model is told before the question."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from openapi2tools.agent.briefing import briefing
from openapi2tools.agent.loop import Agent
from openapi2tools.agent.turns.clock import Clock
from openapi2tools.call.connect import connect
from openapi2tools.model import Toolset
from openapi2tools.spec.load import load
from openapi2tools.testing import ScriptedModel
from openapi2tools.tools.build import build_tools
from tests.support.pets import DOCUMENT, open_pets

NEW_YEAR = datetime(2027, 1, 1, 23, 59, tzinfo=UTC)


def test_a_model_is_told_the_date_the_api_and_whose_request_it_is() -> None:
    model = ScriptedModel("Yes")
    with open_pets() as (_, client):
        agent = Agent(client, model, context="Ada asks; she is customer 7.")
        agent._clock = Clock(local_time=lambda: NEW_YEAR)
        agent.run("?")
        title = next(iter(client.tools.values())).api.title
    assert "Today is Friday, 2027-01-01; the time zone is UTC" in model.instructions
    assert f"The API: {title}" in model.instructions
    assert model.instructions.endswith("About this request: Ada asks; she is customer 7.")


def test_own_instructions_stand_first_and_the_facts_stay() -> None:
    model = ScriptedModel("Yes")
    with open_pets() as (_, client):
        Agent(client, model, instructions="Rhyme.").run("?")
    assert model.instructions.startswith("Rhyme.\n\nToday is ")
    assert "About this request" not in model.instructions


def test_the_time_zone_has_its_name_and_its_offset() -> None:
    india = NEW_YEAR.astimezone(timezone(timedelta(hours=5, minutes=30), "IST"))
    text = briefing("", "", Toolset(), india)
    assert text == "Today is Saturday, 2027-01-02; the time zone is IST (UTC+05:30)."


def test_where_tools_are_searched_the_api_says_once_what_it_is_for() -> None:
    model = ScriptedModel("Yes")
    document = {**DOCUMENT, "info": {**DOCUMENT["info"], "description": "Pets of all kinds."}}
    with connect(build_tools(load(document)), server="http://127.0.0.1:1") as client:
        Agent(client, model, offer="search").run("?")
    assert model.instructions.count("Pets of all kinds.") == 1
    assert "Pets: 4 operations." in model.instructions
