"""Your own loop around a vendor's SDK: openapi2tools makes the tools and calls them.

`OPENAI_API_KEY=... python -m examples.your_own_loop`. OPENAI_BASE_URL leads to another server that
speaks like OpenAI's.
"""

from __future__ import annotations

import os
from typing import Any

from openai import OpenAI

from examples.bookshop.shop import Shop, open_shop
from openapi2tools import build_tools, connect, export, load
from openapi2tools.formats import openai_chat

QUESTION = "Which of Octavia Butler's books is cheaper, and by how much?"


def answer(question: str, shop: Shop) -> str:
    tools = build_tools(load(shop.document)).only(read_only=True)
    described: Any = export(tools, "openai-chat")
    messages: list[Any] = [{"role": "user", "content": question}]
    with connect(tools, credentials={"bearerAuth": shop.token}) as client, OpenAI() as openai:
        while True:
            completion = openai.chat.completions.create(
                model=os.environ.get("OPENAI_MODEL", "gpt-5.5"), messages=messages, tools=described
            )
            message = completion.choices[0].message.model_dump(
                include={"role", "content", "tool_calls"}, exclude_none=True
            )
            messages.append(message)
            calls = openai_chat.read_calls(message, tools)
            if not calls:
                return str(message["content"])
            messages += [openai_chat.write_result(client.call(call)) for call in calls]


def main() -> None:
    with open_shop() as shop:
        print(answer(QUESTION, shop))


if __name__ == "__main__":
    main()
