"""A tool's description says what a model needs, in plain words.

Text that is not for readers is found.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openapi2tools import load
from openapi2tools.model import MediaType, Operation, Response
from openapi2tools.tools.text.describe import describe_operation, describe_result
from openapi2tools.tools.text.invisible import invisible_characters
from openapi2tools.tools.text.markdown_to_text import clean_text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Plain text stays.", "Plain text stays."),
        (
            "<p>Adds <code>x</code> &amp; <b>y</b>.</p><ul><li>a</li><li>b</li></ul>",
            "Adds x & y.\n- a\n- b",
        ),
        ("Lists **all** _new_ `repo_names`, see a_b_c.", "Lists all new repo_names, see a_b_c."),
        ('Gets it. For more information, see "[Docs](https://x.y/z#a)."', "Gets it."),
        ('Gets it. See "[A](https://x.y/a)"\nand "[B](https://x.y/b)."', "Gets it."),
        (
            "Gets it. See [A](https://x.y/a),\n[B](https://x.y/b), or [C](https://x.y/c).",
            "Gets it.",
        ),
        (
            'Gets it. See "[A](https://x.y/a)"\n\n[B](https://x.y/b) is gone.',
            "Gets it.\nB is gone.",
        ),
        (
            "To add one, see [Add](https://x.y) or [Put](https://x.y) instead.",
            "To add one, see Add or Put instead.",
        ),
        ("Needs [scopes](https://x.y) first.", "Needs scopes first."),
        ("From [0,1](inclusive) on", "From [0,1](inclusive) on"),
        (
            "Matches [a-z]([a-z0-9-]{0,61}[a-z0-9])? only",
            "Matches [a-z]([a-z0-9-]{0,61}[a-z0-9])? only",
        ),
        ("By [id](getById), [a](b/c[d]), [b](?x[y]=1)", "By id, a, b"),
        ("![logo](https://x.y/a.png)Done", "Done"),
        ("# Title\n\nOne\nline.\n\n* a\n* b", "Title\nOne line.\n- a\n- b"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a | b\n1 | 2"),
        ("```json\n{}\n```", "{}"),
        ("Keep <id> and List<String> and a < b.", "Keep <id> and List<String> and a < b."),
        ("2 * 3 * 4 and snake_case_word", "2 * 3 * 4 and snake_case_word"),
        ("`**kept**` is code", "**kept** is code"),
        ("a <!-- hidden --> b", "a b"),
        ("in\u200bvis\u202eible\ufeff", "invisible"),
        ("e\u200bvil &#8203;x", "evil x"),
        ("a\ufe00b\ufe0f\ufe0f \u2764\ufe0f", "ab\ufe0f \u2764\ufe0f"),
        ("tab\tand\u00a0space  ", "tab and space"),
        ("A `map[string][]string` or `<br>` or ` `", "A map[string][]string or <br> or  "),
        (
            "Matches `[a-z]([a-z0-9-]{0,61}[a-z0-9])?` only",
            "Matches [a-z]([a-z0-9-]{0,61}[a-z0-9])? only",
        ),
        ("Run:\n```sh\n# a_b\n  ls *.py *.c\n```\nDone", "Run:\n# a_b\nls *.py *.c\nDone"),
        ("created__gte or created__lte, __bold__", "created__gte or created__lte, bold"),
        ("`a[0][1]` as [told][1]\n\n[1]: https://x.y", "a[0][1] as told"),
        ('Any of "*", "*/foo" and "a/*"', 'Any of "*", "*/foo" and "a/*"'),
        ("_Over two\nlines_ and **so\nis this**", "Over two lines and so is this"),
        ("<tr><th>a</th><th>b</th></tr><tr><td>c</td><td>d</td></tr>", "a b\nc d"),
        ("If a<b and c>d then", "If a<b and c>d then"),
        ("<fullname>X</fullname><note><p>Y</p></note> <title>", "X\nY\n<title>"),
        ("<ul><li> <p>a</p> </li><li class='x'><p>b</p></li></ul>", "- a\n- b"),
        (
            "[[More info]](https://x.y), [t]( https://x.y ), [u](<https://x.y>), [v\nw](https://x.y)",
            "More info, t, u, v w",
        ),
        (" * a\n\n *  b\n\n   ![c](d)", "- a\n- b"),
        (
            "Gets *it*.\n\n See [Docs](https://x.y) for details.\n\nA [lone\n\nbracket](x).",
            "Gets it.\nA [lone\nbracket](x).",
        ),
        ("> ### End-of-life\n> Use v2.", "End-of-life\nUse v2."),
        ("Above:\n> 5 or\n>= 6", "Above: > 5 or >= 6"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |", "a | b\n1 | 2\n3 | 4"),
    ],
)
def test_markup_goes_and_words_stay(text: str, plain: str) -> None:
    assert clean_text(text) == plain


def test_a_long_text_ends_at_a_sentence_and_says_so() -> None:
    text = clean_text("One sentence here. " * 400, 200)
    assert len(text) <= 200
    assert text.endswith("here. …")


def test_hostile_markup_costs_no_time() -> None:
    pieces = (
        "[",
        "**a",
        "**a ",
        "<",
        "`",
        "``",
        "- ",
        "[a](",
        "_a",
        "|-",
        "&lt;",
        "<!--",
        "<script>",
        "![",
        "~~",
        "See [a](b) ",
        "#",
    )
    begun = ("", '<a href="\n', "[a](", "[a](<")
    for text in [begin + piece * 8000 for piece in (*pieces, " ", "\n") for begin in begun]:
        assert len(clean_text(text)) <= 4096


MARKUP = re.findall(
    r"\S+|\n",
    "` `` ``` ~~~ ** * __ _ [ ]( ) ![ < > <b> </td> <li> <!-- --> # - | \\ & &amp; &#8203; "
    "\n \ufe0f \0 a . See",
)
CODE = st.from_regex(r"[^`\s]( ?[^`\s])*", fullmatch=True).filter(
    lambda code: not invisible_characters(code)
)


@given(st.lists(st.sampled_from(MARKUP)).map("".join) | st.text(), CODE)
def test_law_code_is_kept_whole_and_nothing_hidden_remains(text: str, code: str) -> None:
    plain = clean_text(text)
    assert not invisible_characters(plain)
    assert len(clean_text(plain)) <= len(plain)
    assert code in clean_text(f"{text.replace('`', '').replace('~', '')}\n\n`{code}`", 10_000)


def operation(**values: Any) -> Operation:
    return Operation(**{"method": "GET", "path": "/pets", **values})


def test_summary_and_description_are_not_said_twice() -> None:
    assert (
        describe_operation(operation(summary="List pets", description="List pets.")) == "List pets."
    )
    assert (
        describe_operation(operation(summary="List pets", description="List pets of all kinds."))
        == "List pets of all kinds."
    )
    assert (
        describe_operation(operation(summary="List pets", description="All kinds."))
        == "List pets.\nAll kinds."
    )


def test_a_summary_that_fastapi_made_gives_way_to_what_somebody_wrote() -> None:
    from fastapi import FastAPI

    app = FastAPI()

    @app.patch("/tasks/{task_id}/owner")
    def move_task(task_id: int) -> int:
        """Give a task to somebody else."""
        return task_id

    @app.get("/tasks")
    def list_tasks() -> int:
        return 0

    @app.get("/all_tasks", summary="All of them")
    def every_task() -> int:
        """In no order."""
        return 0

    moved, listed, every = load(app.openapi()).operations
    assert describe_operation(moved) == "Give a task to somebody else."
    assert describe_operation(listed) == "List Tasks."
    assert describe_operation(every) == "All of them.\nIn no order."


def test_an_operation_that_says_nothing_is_described_by_its_name() -> None:
    assert describe_operation(operation(id="listAllPets")) == "list All Pets (GET /pets)"
    assert describe_operation(operation()) == "GET /pets"


def test_deprecation_scopes_and_results_are_told() -> None:
    ok = Response("200", "A page of pets")
    text = describe_operation(
        operation(
            summary="List",
            deprecated=True,
            security=({"oauth": ("read", "list")}, {"key": ("admin",)}),
            responses=(ok,),
        )
    )
    assert (
        text == "List.\nDeprecated.\nNeeds scope read and list or admin.\nReturns: A page of pets."
    )
    assert "scope" not in describe_operation(operation(security=({"oauth": ("read",)}, {})))


@pytest.mark.parametrize(
    "said",
    [
        "OK",
        "Success",
        "successful operation",
        "200 response",
        "Successful Response",
        "",
        "No Content",
        "Created.",
        "Returned if the request is successful.",
        "no error",
    ],
)
def test_a_response_that_only_says_that_it_went_well_says_nothing(said: str) -> None:
    assert describe_result((Response("200", said),)) == ""


def test_without_words_the_schema_names_what_is_returned() -> None:
    pets = MediaType(
        "application/json", {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}
    )
    assert (
        describe_result((Response("200", "OK", (pets,)), Response("404", "Not found")))
        == "list of Pet."
    )


def test_a_hint_replaces_the_description() -> None:
    assert (
        describe_operation(operation(summary="x", hints={"description": "Find *pets*."}))
        == "Find pets."
    )
