"""The example cases, in English and in Chinese: the model is scripted, all the rest is real."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from examples import cases
from examples.stock import app as stock
from examples.trip import hotels
from examples.trip.case import DAY
from examples.weather import app as weather
from openapi2tools.model import Result
from openapi2tools.testing import ScriptedModel
from tests.support.openai_server import OpenAIServer, calls, says

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openapi2tools.agent.record.entries import Entry

STOCK = replace(cases.STOCK, apis=(partial(stock.create_app, pause=0),))
PRICE, WRONG_CODE, REPORT = STOCK.tasks
ANSWERS = {"en": "Here you are.", "zh": "查到了。"}
LOOK_UPS = [
    ("get_weather", {"city": "成都", "date": f"{DAY}"}),
    ("search_flights", {"origin": "上海", "destination": "成都", "date": f"{DAY}"}),
    ("search_hotels", {"city": "成都"}),
]


@pytest.fixture(params=cases.LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def done(case: Any, task: Any, language: str, model: ScriptedModel, wording: int = 0) -> bool:
    outcome = cases.run_task(case, task, task.wordings[language][wording], model)
    assert outcome.answer.text == ANSWERS[language]
    return outcome.is_done


def hinted(tool: str, argument: str, hint: str) -> Callable[[Sequence[Entry]], Any]:
    """A line of a script: the call again, with what the last result says."""

    def follow(record: Sequence[Entry]) -> Any:
        result = record[-1]
        assert isinstance(result, Result)
        found = re.search(hint, result.text)
        assert found, result.text
        return (tool, {argument: found[1]})

    return follow


def test_a_city_has_a_chinese_name_and_the_hint_says_which(
    language: str, capfd: pytest.CaptureFixture[str]
) -> None:
    model = ScriptedModel(
        ("get_weather", {"city": "Beijing"}),
        hinted("get_weather", "city", "中文名称：(..)。"),
        ANSWERS[language],
    )
    assert done(cases.WEATHER, cases.WEATHER.tasks[0], language, model)
    assert [result.status for result in model.results] == [404, 200]
    assert model.results[1].data["date"] == f"{weather.today()}"
    assert 'get_weather {"city": "北京"}: 200' in capfd.readouterr().err


def test_a_code_in_another_spelling_is_not_sent_and_the_date_is_filled_in(
    language: str, capfd: pytest.CaptureFixture[str]
) -> None:
    model = ScriptedModel(
        ("get_quote", {"code": "600519.SH"}),
        hinted("get_quote", "code", r'got "(\d{6})'),
        ANSWERS[language],
    )
    assert done(STOCK, PRICE, language, model)
    assert (model.results[0].sent, model.results[0].status) == (False, None)
    assert model.results[1].data == {
        "code": "600519",
        "name": "Kweichow Moutai",
        "date": f"{stock.last_trading_day()}",
        "close": 1432.5,
    }
    assert 'get_quote {"code": "600519.SH"}: not sent' in capfd.readouterr().err


def test_the_hint_after_a_wrong_code_leads_to_the_price(language: str) -> None:
    model = ScriptedModel(
        ("get_quote", {"code": "600591"}),
        hinted("get_quote", "code", r"Did you mean (\d{6})"),
        ANSWERS[language],
    )
    assert done(STOCK, WRONG_CODE, language, model)
    assert [result.status for result in model.results] == [404, 200]


def test_a_day_without_trading_is_answered_with_the_last_that_had_some() -> None:
    model = ScriptedModel(
        ("get_quote", {"code": "600519", "date": "2000-01-01"}),
        hinted("get_quote", "date", r"The last trading day is ([\d-]{10})"),
        ANSWERS["en"],
    )
    assert not done(STOCK, PRICE, "en", model)
    assert f"The last trading day is {stock.last_trading_day()}" in model.results[0].text


def test_a_report_that_does_not_come_is_told_in_words(
    language: str, capfd: pytest.CaptureFixture[str]
) -> None:
    model = ScriptedModel(("get_annual_report", {"code": "600519"}), ANSWERS[language])
    assert done(STOCK, replace(REPORT, timeout=0.3), language, model)
    (result,) = model.results
    assert (result.sent, result.status) == (True, None)
    assert result.text.startswith("No answer in time from GET http://127.0.0.1")
    assert "no answer in" in capfd.readouterr().err


def test_a_trip_looks_things_up_together_and_asks_before_it_books(
    language: str, capfd: pytest.CaptureFixture[str]
) -> None:
    def book(record: Sequence[Entry]) -> Any:
        (found,) = (each for each in record if getattr(each, "tool", "") == "search_hotels")
        assert isinstance(found, Result)
        return (
            "book_hotel",
            {"hotel_id": found.data[0]["id"], "check_in": f"{DAY}", "nights": 2},
        )

    model = ScriptedModel(LOOK_UPS, book, ANSWERS[language])
    assert done(cases.TRIP, cases.TRIP.tasks[0], language, model)
    assert [result.status for result in model.results] == [200, 200, 200, 201]
    shown = capfd.readouterr().err
    assert shown.index("POST /bookings HTTP/1.1") < shown.index("book_hotel {")


@pytest.mark.parametrize(
    "script",
    [
        (LOOK_UPS, "Booked!"),
        (
            LOOK_UPS,
            ("book_hotel", {"hotel_id": 41, "check_in": f"{DAY}", "nights": 2}),
            "Booked!",
        ),
        (("book_hotel", {"hotel_id": 42, "check_in": f"{DAY}", "nights": 2}), "Booked!"),
    ],
    ids=["nothing booked", "another hotel", "nothing looked up"],
)
def test_what_the_model_says_is_not_what_the_apis_hold(script: tuple[Any, ...]) -> None:
    task = cases.TRIP.tasks[0]
    outcome = cases.run_task(cases.TRIP, task, task.wordings["en"][0], ScriptedModel(*script))
    assert (outcome.is_done, outcome.answer.text) == (False, "Booked!")


def test_the_cheapest_hotel_is_found_first_and_is_the_one_to_book() -> None:
    prices = {hotel.id: hotel.price for hotel in hotels.HOTELS if hotel.city == "Chengdu"}
    assert min(prices, key=lambda key: prices[key]) == 42


@pytest.mark.parametrize("case", cases.CASES.values(), ids=cases.CASES)
def test_each_task_has_five_wordings_in_each_language(case: Any) -> None:
    for task in case.tasks:
        assert {name: len({*texts}) for name, texts in task.wordings.items()} == dict.fromkeys(
            cases.LANGUAGES, 5
        )


@pytest.mark.parametrize(
    ("script", "code", "verdict"),
    [
        ((calls(("get_weather", {"city": "北京"})), says("晴。")), 0, "Everything was done."),
        ((says("晴。"),), 1, "Not done: weather (zh): the weather in Beijing"),
    ],
    ids=["done", "only said"],
)
def test_the_exit_code_goes_by_the_state_of_the_api(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    script: tuple[Any, ...],
    code: int,
    verdict: str,
) -> None:
    with OpenAIServer(*script) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        monkeypatch.setenv("OPENAI_MODEL", "scripted")
        assert cases.main(["weather", "--language", "zh"]) == code
    shown = capfd.readouterr().err
    assert "[weather] 北京今天天气怎么样？" in shown
    assert verdict in shown
