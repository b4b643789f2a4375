"""The whole product at work: from the URL of an API's document to a model that used the API.

`make demo` runs this.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from io import TextIOWrapper
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from examples.bookshop.shop import open_shop
from openapi2tools import (
    Agent,
    Answered,
    ApprovalGiven,
    CallFinished,
    CallStarted,
    LocalModel,
    OpenAIModel,
    OpenAPI2ToolsError,
    Policy,
    RequestSent,
    TurnFinished,
    TurnStarted,
    build_tools,
    connect,
    export,
    load,
)
from openapi2tools.formats import report

if TYPE_CHECKING:
    from examples.bookshop.shop import Shop
    from openapi2tools import Event, Model, Prepared, Toolset

QUESTION = "Order two copies of The Dispossessed for our customer Mei Tanaka."
WANTED = {"title": "The Dispossessed", "name": "Mei Tanaka", "quantity": 2, "status": "placed"}
NEW_ORDERS = """
    SELECT title, name, quantity, status FROM orders
    JOIN books ON books.id = book_id JOIN customers ON customers.id = customer_id
    WHERE orders.id > 305"""
FILE = Path(".demo/tools.json")
NEXT = (
    ". .venv/bin/activate",
    "openapi2tools inspect https://YOUR.API/openapi.json",
    'openapi2tools run https://YOUR.API/openapi.json "YOUR QUESTION"',
    "docs/index.md goes on: five minutes.",
)

console = Console(highlight=False, markup=False, soft_wrap=True)
thinking = console.status("")


def main() -> int:
    """Give 0 when the order that was asked for stands in the shop's database, and no other."""
    with open_shop(token=token_urlsafe()) as shop:
        stage(1, f"A bookshop opens. Its OpenAPI document: {shop.document}")
        tools = build_tools(load(shop.document))

        stage(
            2, f"Its {len(tools)} operations become tools. Their JSON, as OpenAI takes it: {FILE}"
        )
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(json.dumps(export(tools, "openai-responses"), indent=2), encoding="utf-8")
        show_tools(tools)

        model = choose_model()
        stage(3, f"{model.name} gets the tools, and this: {QUESTION}")
        answer = asyncio.run(ask(model, tools, shop))
        console.print(f"\n  Answer: {answer}", style="bold")

        stage(4, "What the shop's database holds now")
        orders = shop.rows(NEW_ORDERS)
        for order in orders:
            console.print(
                f"  a new order: {order['quantity']} x {order['title']} for {order['name']}, "
                f"{order['status']}"
            )
        done = orders == [WANTED]
        console.print(
            "  This is what was asked for." if done else "  This is not what was asked for.",
            style="green" if done else "red",
        )
        if done:
            show_what_is_next()
        return 0 if done else 1


def choose_model() -> Model:
    """Use OpenAI (or the server of OPENAI_BASE_URL) with a key; the embedded model without."""
    if os.environ.get("OPENAI_API_KEY"):
        return OpenAIModel(
            os.environ.get("OPENAI_MODEL", "gpt-5.5"),
            api="chat" if os.environ.get("OPENAI_BASE_URL") else "responses",
        )
    return LocalModel(progress=show_joining)


async def ask(model: Model, tools: Toolset, shop: Shop) -> str:
    """Run the agent, and show each stage as it happens."""
    async with connect(
        tools, credentials={"bearerAuth": shop.token}, policy=Policy(confirm="writes")
    ) as client:
        async for event in Agent(client, model, approve=approve).stream(QUESTION):
            show(event)
            if isinstance(event, Answered):
                answer = event.answer.text
    return answer


def approve(prepared: Prepared) -> bool:
    """Stand in for the person who would be asked: an order is placed, and nothing else is done."""
    return prepared.tool.name == "create_order"


def show(event: Event) -> None:
    match event:
        case TurnStarted(number, name):
            console.print(f"\n  {number}. {name} thinks ...", style="bold")
            thinking.start()
        case TurnFinished():
            thinking.stop()
        case CallStarted(call):
            console.print(
                f"     calls {call.tool} {json.dumps(dict(call.arguments), ensure_ascii=False)}",
                style="cyan",
            )
        case ApprovalGiven(call, approved):
            console.print(
                f"     {call.tool} is a write: a person is asked; "
                f"the demo says {'yes' if approved else 'no'}",
                style="yellow",
            )
        case RequestSent(_, method, url):
            console.print(f"     {method} {url}")
        case CallFinished(_, result, seconds):
            came = f"{result.status} in {seconds:.2f} s" if result.status else "no answer"
            console.print(
                f"     {came}: {result.text[:250]}", style="red" if result.is_error else "dim"
            )


def show_tools(tools: Toolset) -> None:
    table = Table("tool", "method and path", box=None, pad_edge=False)
    table.add_column("tokens", justify="right")
    table.add_column("strict")
    for row in report(tools, "openai-responses"):
        strict = "yes" if row.strict else "; ".join(row.reasons)
        cells = (row.name, f"{row.method} {row.path}", str(row.tokens), strict)
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)


def show_what_is_next() -> None:
    console.print("\nNow your own API, from this folder:", style="bold")
    for line in NEXT:
        console.print(f"  {line}")


def show_joining(done: int, total: int, shown: set[int] = set()) -> None:  # noqa: B006 -- what was shown stays shown
    """Say at each tenth how far the embedded model is put together, once on a machine."""
    if (tenth := 10 * done // total) not in shown:
        shown.add(tenth)
        console.print(
            f"     putting the embedded model together: {10 * tenth} % of {total / 1e9:.1f} GB"
        )


def stage(number: int, text: str) -> None:
    console.print(f"\n[{number}] {text}", style="bold blue")


if __name__ == "__main__":
    if isinstance(sys.stdout, TextIOWrapper):
        # authors and models write in more letters than a platform may prefer
        sys.stdout.reconfigure(encoding="utf-8")
    try:
        sys.exit(main())
    except OpenAPI2ToolsError as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit("Stopped; nothing is left running.")
