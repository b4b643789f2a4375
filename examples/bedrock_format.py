"""A format of your own: Amazon Bedrock's Converse, in the three methods of `Format`.

`python -m examples.bedrock_format` shows what would go to Bedrock for the bookshop, and answers a
call as Bedrock would make it. With boto3 the loop is:

    bedrock = boto3.client("bedrock-runtime")
    config = {"tools": export(tools, CONVERSE)}
    response = bedrock.converse(modelId=..., messages=messages, toolConfig=config)
    message = response["output"]["message"]
    calls = CONVERSE.read_calls(message, tools)
    results = [CONVERSE.write_result(client.call(call)) for call in calls]
    messages += [message, {"role": "user", "content": results}]
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from examples.bookshop.shop import open_shop
from openapi2tools import Call, Format, Result, Tool, build_tools, connect, export, load
from openapi2tools.formats import (
    LegalKeys,
    full_text,
    only_objects,
    read_call,
    viewable_kind,
    viewable_parts,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

# What Claude on Bedrock takes as the name of an argument.
LEGAL_KEY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
MAX_IMAGE_BYTES = 3_750_000


class ConverseFormat:
    """The shapes of Bedrock's Converse: `toolSpec`, `toolUse` and `toolResult`."""

    # Converse knows no strict schemas, and so `strict` is without effect

    def describe(self, tool: Tool, *, strict: bool = False) -> dict[str, Any]:  # noqa: ARG002
        """Return an entry of `toolConfig.tools`; its schemas are never strict."""
        schema = LegalKeys(tool.schema, LEGAL_KEY).rename()
        return {
            "toolSpec": {
                "name": tool.name,
                # an empty text is refused
                "description": tool.description or tool.name,
                "inputSchema": {"json": schema},
            }
        }

    def read_calls(
        self,
        message: Any,
        tools: Mapping[str, Tool],
        *,
        strict: bool = False,  # noqa: ARG002
    ) -> list[Call]:
        """Return the calls in the `toolUse` blocks of a message."""
        calls: list[Call] = []
        for block in only_objects(message.get("content")):
            use = block.get("toolUse")
            if use is None:
                continue
            name, arguments = use["name"], use.get("input") or {}
            if name in tools:
                arguments = LegalKeys(tools[name].schema, LEGAL_KEY).restore(arguments)
            calls.append(read_call(tools, name, arguments, id=use["toolUseId"]))
        return calls

    def write_result(self, result: Result) -> dict[str, Any]:
        """Return the `toolResult` block that answers a call, with the images it came with."""
        content: list[dict[str, Any]] = [{"text": full_text(result).strip() or "(empty)"}]
        for part in viewable_parts(result, MAX_IMAGE_BYTES):
            if viewable_kind(part) == "image":
                kind = part.media_type.removeprefix("image/")
                content.append({"image": {"format": kind, "source": {"bytes": part.data}}})
        status = "error" if result.is_error else "success"
        return {"toolResult": {"toolUseId": result.call_id, "content": content, "status": status}}


CONVERSE: Format = ConverseFormat()


def main() -> None:
    message = {
        "role": "assistant",
        "content": [
            {"text": "I look it up."},
            {"toolUse": {"toolUseId": "use_1", "name": "get_book", "input": {"book_id": 101}}},
        ],
    }
    with open_shop() as shop:
        tools = build_tools(load(shop.document)).only(read_only=True)
        print(json.dumps(export(tools.only("get_book"), CONVERSE), indent=2))
        with connect(tools, credentials={"bearerAuth": shop.token}) as client:
            for call in CONVERSE.read_calls(message, tools, strict=False):
                print(json.dumps(CONVERSE.write_result(client.call(call)), indent=2))


if __name__ == "__main__":
    main()
