"""Every style vector reaches the wire as its source says; the bytes are those that a socket
received."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.call.connect import connect
from tests.support.calling import parameter, tool, tools
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.call.client import Client
    from openapi2tools.model import Tool

VECTORS = Path(__file__).parents[3] / "../shared/style_vectors.json"


def _rows() -> list[dict[str, Any]]:
    if not VECTORS.exists():
        return []
    rows = json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]
    return [row for row in rows if row["tier"] in ("normative", "conformant")]


ROWS = _rows()
pytestmark = pytest.mark.skipif(
    not ROWS, reason="no folder `shared` with style_vectors.json beside the project"
)


def _tool(server: str, row: dict[str, Any]) -> Tool:
    said = row["parameter"]
    more = {"explode": said["explode"]} if "explode" in said else {}
    subject = parameter(
        said["name"],
        said["in"],
        said.get("style"),
        allow_reserved=said.get("allowReserved", False),
        **more,
    )
    if said["in"] == "header":
        subject = parameter("X-Subject", "header", said.get("style"), **more)
    path = "/before-{" + subject.name + "}-after" if said["in"] == "path" else "/"
    return tool(server, subject, path=path, name=row["id"])


def _seen(received: Received, location: str) -> str:
    if location == "path":
        return received.target.removeprefix("/before-").removesuffix("-after")
    if location == "query":
        return received.query
    return received.headers["x-subject" if location == "header" else "cookie"]


@pytest.fixture(scope="module")
def wire() -> Iterator[tuple[Client, LoopbackServer]]:
    with (
        LoopbackServer(lambda _: Answer(204)) as server,
        connect(tools(*(_tool(server.url, row) for row in ROWS))) as client,
    ):
        yield client, server


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_the_wire_carries_what_the_source_says(
    row: dict[str, Any], wire: tuple[Client, LoopbackServer]
) -> None:
    client, server = wire
    name = "X-Subject" if row["parameter"]["in"] == "header" else row["parameter"]["name"]
    result = client.call(row["id"], {name: row["value"]})
    assert result.status == 204, result.text
    seen = {location: _seen(server.received[-1], location) for location in row["expected"]}
    assert seen == row["expected"], f"source: {row['source']}"
