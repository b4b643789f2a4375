"""What a model reads of the examples' answers: whole, and with the fields that an operator chose.

    python benchmarks/fields.py

The calls are those that a run of the demo's question and of the three cases takes. Columns: the
tokens of all their results before and after; the fields of each tool stand below.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from examples.bookshop.shop import open_shop
from examples.stock.case import CASE as STOCK
from examples.trip.case import CASE as TRIP
from examples.trip.case import DAY
from examples.weather.case import CASE as WEATHER
from openapi2tools import build_tools, connect, load
from openapi2tools.tools.text.tokens import count_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from examples.case import Case
    from openapi2tools import Client
    from openapi2tools.model import Json


class Way(NamedTuple):
    """The calls of a run, and the fields that are enough for it."""

    calls: Sequence[tuple[str, Mapping[str, Json]]]
    fields: Mapping[str, str]


DEMO = Way(
    [
        ("search_books", {"q": "The Dispossessed"}),
        ("search_customers", {"name": "Mei Tanaka"}),
        ("create_order", {"book_id": 102, "customer_id": 201, "quantity": 2}),
    ],
    {
        "search_books": "items.id,items.title,items.stock",
        "search_customers": "items.id,items.name",
        "create_order": "id,status",
    },
)
CASES: Mapping[str, tuple[Case, Way]] = {
    "weather": (WEATHER, Way([("get_weather", {"city": "北京"})], {"get_weather": "sky,high"})),
    "stock": (
        STOCK,
        Way(
            [("search_stocks", {"name": "Moutai"}), ("get_quote", {"code": "600519"})],
            {"search_stocks": "code", "get_quote": "close,date"},
        ),
    ),
    "trip": (
        TRIP,
        Way(
            [
                ("get_weather", {"city": "成都", "date": str(DAY)}),
                (
                    "search_flights",
                    {"origin": "Shanghai", "destination": "Chengdu", "date": str(DAY)},
                ),
                ("search_hotels", {"city": "Chengdu"}),
                ("book_hotel", {"hotel_id": 42, "check_in": str(DAY), "nights": 2}),
            ],
            {
                "get_weather": "sky,high",
                "search_flights": "flight,price",
                "search_hotels": "id,price",
                "book_hotel": "id",
            },
        ),
    ),
}


def main() -> None:
    """Measure and print."""
    print(f"{'run':10}{'before':>8}{'after':>8}{'share':>8}")
    with ExitStack() as stack:
        shop = stack.enter_context(open_shop())
        tools = build_tools(load(shop.document))
        client = connect(tools, credentials={"bearerAuth": shop.token}, approve=lambda _: True)
        show("demo", stack.enter_context(client), DEMO)
        for name, (case, way) in CASES.items():
            opened = case.opened(case.tasks[0], lambda _: True)
            show(name, stack.enter_context(opened)[0], way)
    for name, way in {"demo": DEMO, **{name: way for name, (_, way) in CASES.items()}}.items():
        print(f"{name}: " + "; ".join(f"{tool}={fields}" for tool, fields in way.fields.items()))


def show(name: str, client: Client, way: Way) -> None:
    """Make the calls with and without the fields, and print a row."""
    before = after = 0
    for tool, arguments in way.calls:
        whole = client.call(tool, arguments)
        chosen = client.call(tool, arguments, fields=way.fields[tool])
        if not (whole.ok and chosen.ok) or chosen.notes != whole.notes:
            raise SystemExit(f"{tool}: {whole.text}\n{chosen.text}\n{chosen.notes}")
        before += count_tokens(whole.text)
        after += count_tokens(chosen.text)
    print(f"{name:10}{before:8}{after:8}{after / before:8.0%}")


if __name__ == "__main__":
    main()
