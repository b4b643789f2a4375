"""Decide which writes go out: `python -m examples.approve_writes`.

Reading needs nobody's approval; an order of many copies gets none.
"""

from __future__ import annotations

from examples.bookshop.shop import open_shop
from openapi2tools import Declined, Policy, Prepared, build_tools, connect, load


def approve(prepared: Prepared) -> bool:
    print(f"\nMay this go out?\n{prepared.curl()}")
    return bool(prepared.call.arguments["quantity"] <= 3)


def main() -> None:
    with open_shop() as shop:
        tools = build_tools(load(shop.document))
        with connect(
            tools,
            credentials={"bearerAuth": shop.token},
            policy=Policy(confirm="writes"),
            approve=approve,
        ) as client:
            (book,) = client.call("search_books", {"q": "hobbit"}).data["items"]
            for quantity in (2, 12):
                try:
                    result = client.call(
                        "create_order",
                        {"book_id": book["id"], "customer_id": 203, "quantity": quantity},
                    )
                    print(f"Yes. {result.status}: {result.text}")
                except Declined:
                    print("No, and so it was not sent.")


if __name__ == "__main__":
    main()
