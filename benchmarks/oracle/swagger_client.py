"""Compare the requests that swagger-client (npm) builds of real documents with ours.

Each difference is told with the standard's section.

    python benchmarks/oracle/swagger_client.py specs/real/*.json specs/real/*.yaml
                                               [--values N] [--install FOLDER] [-v]

Every parameter and every body is sent alone, so that a difference has one cause. Needs node and
npm, and the network once.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from openapi2tools import build_tools, load
from openapi2tools.call.request import build_request
from openapi2tools.errors import InvalidArguments, OpenAPI2ToolsError
from openapi2tools.model import ABSENT, HttpArguments, Tool
from tests.support.drawing import instance

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from openapi2tools.model import Parameter

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """One request, ours and how to ask for theirs."""

    tool: Tool
    request: httpx.Request
    question: dict[str, Any]
    parameter: Parameter | None
    value: Any


def cases(tool: Tool, random: Random, values: int) -> Iterator[Case]:
    """Draw values for each parameter and for the body, sent alone but for those of the path."""
    for _ in range(values):
        drawn = tool.spread(instance(random, tool.schema))
        path = dict.fromkeys(drawn.path, "x")
        for parameter in tool.operation.parameters:
            value = (
                getattr(drawn, parameter.location, {}).get(parameter.name, ABSENT)
                if parameter.location != "querystring"
                else ABSENT
            )
            if value is not ABSENT:
                own = {parameter.location: {parameter.name: value}}
                yield from _case(
                    tool,
                    HttpArguments(
                        **{
                            "path": path,
                            **own,
                            **({"path": {**path, **own["path"]}} if "path" in own else {}),
                        }
                    ),
                    parameter,
                    value,
                )
        if drawn.body is not ABSENT:
            yield from _case(tool, HttpArguments(path=path, body=drawn.body), None, drawn.body)


def _case(
    tool: Tool, sent: HttpArguments, parameter: Parameter | None, value: Any
) -> Iterator[Case]:
    try:
        request = build_request(tool, sent, "http://api.test/base")
    except InvalidArguments:
        return  # refused: the tests say which and why
    given = {
        f"{place}.{name}": each
        for place in ("path", "query", "header", "cookie")
        for name, each in getattr(sent, place).items()
    }
    question: dict[str, Any] = {"spec": _document(tool, sent.body), "parameters": given}
    if sent.body is not ABSENT and tool.media_type is not None:
        question |= {"requestBody": sent.body, "requestContentType": tool.media_type.name}
    yield Case(tool, request, question, parameter, value)


def _document(tool: Tool, body: Any) -> dict[str, Any]:
    """Write a document of one operation, as the dialect's reader understood it."""
    operation: dict[str, Any] = {
        "operationId": "t",
        "responses": {},
        "parameters": [_parameter(p) for p in tool.operation.parameters],
    }
    if (media := tool.media_type) is not None:
        encoding = {
            name: {
                key: said
                for key, said in (
                    ("contentType", e.content_type),
                    ("style", e.style),
                    ("explode", e.explode),
                    ("allowReserved", e.allow_reserved),
                )
                if said is not None
            }
            for name, e in media.encoding.items()
        }
        operation["requestBody"] = {
            "content": {
                media.name: {
                    "schema": {"type": "array" if isinstance(body, list) else "object"},
                    "encoding": encoding,
                }
            }
        }
    path = tool.operation.path.partition("#")[0]
    return {
        "openapi": "3.0.4",
        "info": {"title": "", "version": ""},
        "servers": [{"url": "http://api.test/base"}],
        "paths": {path: {tool.operation.method.lower(): operation}},
    }


def _parameter(p: Parameter) -> dict[str, Any]:
    said: dict[str, Any] = {"name": p.name, "in": p.location, "required": p.location == "path"}
    if p.media_type is not None:
        return {**said, "content": {p.media_type: {"schema": {}}}}
    return {
        **said,
        "style": p.style,
        "explode": p.explode,
        "allowReserved": p.allow_reserved,
        "allowEmptyValue": p.allow_empty,
        "schema": {},
    }


# --- comparing ---


def difference(case: Case, theirs: dict[str, Any]) -> tuple[str, str, str] | None:
    """Say why two requests differ, and show both; None when they do not."""
    if "error" in theirs:
        return "swagger-client fails", "", theirs["error"]
    ours = case.request
    pairs = [("url", str(ours.url), theirs["url"])]
    wanted = {name.lower(): str(text) for name, text in theirs["headers"].items()}
    if case.parameter is not None and case.parameter.location in ("header", "cookie"):
        name = "cookie" if case.parameter.location == "cookie" else case.parameter.name.lower()
        pairs.append((name, ours.headers.get(name, ""), wanted.get(name, "")))
    if case.parameter is None:
        pairs += _bodies(case, theirs, wanted)
    for place, one, other in pairs:
        if one != other:
            return _why(case, place), one, other
    return None


def _bodies(
    case: Case, theirs: dict[str, Any], headers: dict[str, str]
) -> list[tuple[str, str, str]]:
    kind = case.request.headers.get("content-type", "").partition(";")[0]
    if kind.startswith("multipart/"):
        return []  # their FormData has no text before node sends it
    content = case.request.read().decode("utf-8", "replace")
    other = (
        theirs["body"]
        if isinstance(theirs["body"], str)
        else json.dumps(theirs["body"], separators=(",", ":"), ensure_ascii=False)
    )
    if kind.endswith("json"):
        return [
            (
                "json",
                json.dumps(json.loads(content), sort_keys=True),
                json.dumps(json.loads(other), sort_keys=True),
            )
        ]
    return [
        ("form", content, other),
        ("content-type", kind, headers.get("content-type", "").partition(";")[0]),
    ]


def _nested(value: Any) -> bool:
    members = (
        value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
    )
    return any(isinstance(each, list | dict) for each in members)


def _hollow(value: Any) -> bool:
    members = (
        value if isinstance(value, list) else value.values() if isinstance(value, dict) else [value]
    )
    return value in ([], {}) or any(each is None for each in members)


def _why(case: Case, place: str) -> str:
    """Name the cause of a difference, and where the standard speaks of it (OpenAPI 3.1.1)."""
    parameter, value = case.parameter, case.value
    if value == "" and parameter is not None:
        return "an empty string is sent, `name=` (4.8.12.2.3, style examples, column `empty`)"
    if parameter is None:
        return _why_form(value) if place == "form" else f"the body's {place}"
    if parameter.media_type is not None:
        return "content: a parameter's JSON (4.8.12.2.2)"
    if parameter.style == "deepObject" and (_nested(value) or isinstance(value, list)):
        return "deepObject with nesting or arrays: undefined (4.8.12.2, style values)"
    if _nested(value):
        return "nesting inside another style: undefined (appendix C, RFC 6570 knows one level)"
    if _hollow(value):
        return (
            "null and empty values: undefined variables are left out "
            "(RFC 6570, section 2.3; appendix B)"
        )
    if parameter.allow_reserved:
        return "allowReserved: what ends a value is encoded all the same (appendix E)"
    return (
        f"{parameter.location} {parameter.style} explode={parameter.explode} {type(value).__name__}"
    )


def _why_form(value: Any) -> str:
    if isinstance(value, dict) and any(_nested(each) for each in value.values()):
        return (
            "form: each item of an array is written by itself, in the type of the items "
            "(4.8.15.1, default values)"
        )
    if isinstance(value, dict) and any(_hollow(each) for each in value.values()):
        return "form: null and empty values are left out (RFC 6570, section 2.3; appendix B)"
    return (
        "form: !'()* are encoded, which reads the same "
        "(appendix E, percent-encoding and form-urlencoded)"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("documents", nargs="+", type=Path)
    options.add_argument("--values", type=int, default=3)
    options.add_argument("--install", type=Path)
    options.add_argument("-v", "--verbose", action="store_true")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        _run(chosen, chosen.install or Path(scratch))


def _run(chosen: argparse.Namespace, folder: Path) -> None:
    if not (folder / "node_modules/swagger-client").exists():
        subprocess.run(
            ["npm", "install", "--silent", "--prefix", folder, "swagger-client"], check=True
        )
    command = ["node", HERE / "swagger_client.mjs", folder / "node_modules"]
    same, differing, examples = 0, Counter[str](), defaultdict[str, list[str]](list)
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as node:
        ask = partial(_ask, node)
        for document in chosen.documents:
            for case in _all(document, chosen.values):
                found = difference(case, ask(case.question))
                if found is None:
                    same += 1
                    continue
                differing[found[0]] += 1
                examples[found[0]].append(
                    f"    {case.tool.operation.key} {case.value!r:.100}\n"
                    f"      ours   {found[1]:.200}\n      theirs {found[2]:.200}"
                )
    print(f"{same} requests are the same, {sum(differing.values())} differ")
    for why, count in differing.most_common():
        print(f"{count:6} {why}")
        print("\n".join(examples[why][: 5 if chosen.verbose else 1]))


def _ask(node: subprocess.Popen[str], question: dict[str, Any]) -> dict[str, Any]:
    print(json.dumps(question), file=node.stdin, flush=True)
    answer: dict[str, Any] = json.loads((node.stdout or sys.stdin).readline())
    return answer


def _all(document: Path, values: int) -> Iterator[Case]:
    try:
        tools = build_tools(load(document, cache=False))
    except OpenAPI2ToolsError as error:
        print(f"{document}: {error}", file=sys.stderr)
        return
    random = Random(0)  # noqa: S311 -- draws examples
    for tool in tools.values():
        yield from cases(replace(tool, constants=()), random, values)


if __name__ == "__main__":
    main()
