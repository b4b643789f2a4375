"""Overlays, to the letter of OpenAPI Overlay 1.0, 1.1 and 1.2."""

from __future__ import annotations

import copy
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openapi2tools.errors import SpecError
from openapi2tools.spec.overlay import apply, is_overlay
from openapi2tools.spec.parse.parse import parse

REAL = Path(__file__).parents[2] / "specs" / "real"


def overlay(*actions, version="1.1.0", **more):
    return {
        "overlay": version,
        "info": {"title": "t", "version": "1"},
        "actions": list(actions),
        **more,
    }


def applied(document, *actions):
    result, problems = apply(document, overlay(*actions))
    assert problems == []
    return result


# --- update ---


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {"a": None}, {"a": None}),
        ({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}),
        ({"a": [1]}, {"a": [2, 1]}, {"a": [1, 2, 1]}),
        ({"a": [[1]]}, {"a": [[2]]}, {"a": [[1], [2]]}),
        ({"a": {"b": 1}}, {"a": None}, {"a": {"b": 1}}),
    ],
)
def test_an_update_is_merged_into_an_object(old, new, expected):
    assert applied(old, {"target": "$", "update": new}) == expected


@pytest.mark.parametrize(
    ("new", "expected"),
    [([2, 3], [1, 2, 3]), ({"b": 2}, [1, {"b": 2}]), ("x", [1, "x"]), (None, [1, None])],
)
def test_an_array_takes_in_an_arrays_items_and_everything_else_as_one(new, expected):
    assert applied({"a": [1]}, {"target": "$.a", "update": new}) == {"a": expected}


def test_a_primitive_value_is_replaced():
    assert applied({"a": "old"}, {"target": "$.a", "update": "new"}) == {"a": "new"}


def test_every_selected_node_is_updated():
    document = {"paths": {"/a": {"get": {}}, "/b": {"get": {"x": 1}, "post": {}}}}
    changed = applied(document, {"target": "$.paths.*.get", "update": {"x": 2}})
    assert changed == {"paths": {"/a": {"get": {"x": 2}}, "/b": {"get": {"x": 2}, "post": {}}}}


def test_actions_are_applied_to_what_the_one_before_left():
    actions = [
        {"target": "$.a", "remove": True},
        {"target": "$", "update": {"a": {"new": 1}}},
        {"target": "$.a", "update": {"more": 2}},
    ]
    assert applied({"a": {"old": 0}}, *actions) == {"a": {"new": 1, "more": 2}}


@pytest.mark.parametrize(
    ("document", "target", "new"),
    [
        ({"a": {"b": 1}}, "$", {"a": [1]}),
        ({"a": [1]}, "$", {"a": 1}),
        ({"a": 1}, "$", {"a": {}}),
        ({"a": {}}, "$.a", "text"),
        ({"a": 1}, "$.a", [1]),
        ({"a": 1, "b": {}}, "$.*", 1),
    ],
)
def test_values_that_do_not_fit_each_other_are_an_error(document, target, new):
    with pytest.raises(SpecError, match="at /actions/0"):
        apply(document, overlay({"target": target, "update": new}))


# --- remove ---


def test_members_and_items_are_removed_whatever_their_kind():
    document = {
        "paths": {"/a": {"get": {"tags": ["x", "bad", "y", "bad"]}}, "/internal": {"get": {}}}
    }
    changed = applied(
        document,
        {"target": "$.paths.*.get.tags[?@ == 'bad']", "remove": True},
        {"target": "$.paths['/internal']", "remove": True},
    )
    assert changed == {"paths": {"/a": {"get": {"tags": ["x", "y"]}}}}


def test_nodes_within_removed_nodes_are_no_trouble():
    document = {"x": {"x": 1, "y": [{"x": 2}, {"x": 3, "z": 4}]}, "z": 5}
    assert applied(document, {"target": "$..x", "remove": True}) == {"z": 5}


def test_remove_counts_more_than_update():
    assert applied({"a": 1, "b": 2}, {"target": "$.a", "update": 3, "remove": True}) == {"b": 2}


def test_the_root_cannot_be_removed():
    with pytest.raises(SpecError, match="root cannot be removed"):
        apply({}, overlay({"target": "$", "remove": True}))


# --- copy (1.1) ---


def test_a_path_is_moved_by_update_copy_and_remove():
    document = {"paths": {"/old": {"get": {"summary": "s"}}}}
    actions = [
        {"target": "$.paths", "update": {"/new": {"post": {}}}},
        {"target": "$.paths['/new']", "copy": "$.paths['/old']"},
        {"target": "$.paths['/old']", "remove": True},
    ]
    assert applied(document, *actions) == {"paths": {"/new": {"post": {}, "get": {"summary": "s"}}}}


def test_a_copy_is_not_tied_to_its_source():
    actions = [{"target": "$.b", "copy": "$.a"}, {"target": "$.b.list", "update": [2]}]
    assert applied({"a": {"list": [1]}, "b": {}}, *actions) == {
        "a": {"list": [1]},
        "b": {"list": [1, 2]},
    }


@pytest.mark.parametrize("source", ["$.none", "$.*", 7])
def test_a_copy_must_select_one_node(source):
    with pytest.raises(SpecError, match="must select one node"):
        apply({"a": {}, "b": {}}, overlay({"target": "$.a", "copy": source}))


# --- reusable actions (1.2) ---


def test_a_reusable_action_is_applied_where_it_is_referred_to():
    components = {"actions": {"a/b": {"fields": {"update": {"x": 1}, "description": "d"}}}}
    actions = [
        {"$ref": "#/components/actions/a~1b", "target": "$.p"},
        {"$ref": "#/components/actions/a~1b", "target": "$.q", "update": {"x": 2}},
    ]
    result, _ = apply({"p": {}, "q": {}}, overlay(*actions, version="1.2.0", components=components))
    assert result == {"p": {"x": 1}, "q": {"x": 2}}


def test_a_reference_to_no_action_is_an_error():
    fields = {"actions": {"r": {"fields": ["update"]}}}
    reference = {"$ref": "#/components/actions/r", "target": "$"}
    with pytest.raises(SpecError, match="`fields` of '#/components/actions/r' should be an obj"):
        apply({}, overlay(reference, version="1.2.0", components=fields))
    with pytest.raises(SpecError, match="leads to no reusable action"):
        apply({}, overlay({"$ref": "#/components/actions/none", "target": "$"}, version="1.2.0"))


# --- faults ---


def test_an_action_that_matches_nothing_is_a_problem_and_the_others_are_applied():
    actions = [{"target": "$.paths['/typo']", "remove": True}, {"target": "$", "update": {"a": 1}}]
    result, (problem,) = apply({}, overlay(*actions), address="fix.overlay.yaml")
    assert result == {"a": 1}
    assert (problem.kind, problem.pointer, problem.address) == (
        "overlay-no-match",
        "/actions/0",
        "fix.overlay.yaml",
    )
    assert "/typo" in problem.message


@pytest.mark.parametrize(
    "target",
    ["paths", "$.paths./a", "$.a[", "", "$.a b", "$[?@.a=='b'", "$" + ".a" * 3000],
    ids=lambda t: t[:20],
)
def test_a_target_that_is_no_jsonpath_is_an_error_with_its_place(target):
    with pytest.raises(SpecError, match=r"overlay.yaml at /actions/0: .*RFC 9535"):
        apply({}, overlay({"target": target, "remove": True}), address="overlay.yaml")


@pytest.mark.parametrize(
    "value",
    [None, [], {}, {"openapi": "3.1.0"}, {"overlay": "1.0.0"}, {"overlay": "2.0.0", "actions": []}],
)
def test_what_is_no_overlay_is_refused(value):
    with pytest.raises(SpecError, match=r"no Overlay|this is Overlay 2\.0\.0"):
        apply({}, value)


@pytest.mark.parametrize("action", [None, "x", {}, {"target": 1}, {"target": "$"}])
def test_what_is_no_action_is_refused(action):
    with pytest.raises(SpecError, match="at /actions/0"):
        apply({}, overlay(action))


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0", "1.2.0", 1.0, "1.0.7"])
def test_every_published_version_is_applied(version):
    assert apply({}, overlay({"target": "$", "update": {"a": 1}}, version=version))[0] == {"a": 1}
    assert is_overlay(overlay())


# --- laws ---

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=12,
)
ACTIONS = st.builds(
    lambda target, rest: {"target": target, **rest},
    st.sampled_from(["$.a", "$.*", "$..b", "$.a[0]", "$.c.*", "$..*"]),
    st.sampled_from([{"remove": True}, {"copy": "$.a"}])
    | VALUES.map(lambda value: {"update": value}),
)


@given(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3), st.lists(ACTIONS, max_size=4))
def test_no_overlay_edits_what_it_is_given(document, actions):
    before, given_overlay = copy.deepcopy(document), overlay(*actions)
    overlay_before = copy.deepcopy(given_overlay)
    with suppress(SpecError):
        apply(document, given_overlay)
    assert (document, given_overlay) == (before, overlay_before)


@given(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3))
def test_removing_everything_leaves_nothing_and_an_update_brings_it_back(document):
    emptied, _ = apply(document, overlay({"target": "$.*", "remove": True}))
    assert emptied == {}
    assert apply(emptied, overlay({"target": "$", "update": document}))[0] == document


def test_a_real_document_keeps_what_an_overlay_does_not_touch():
    document = parse((REAL / "petstore-3.0.yaml").read_bytes()).value
    changed, problems = apply(
        document,
        overlay(
            {"target": "$.paths.*[?@.deprecated == true]", "remove": True},
            {"target": "$.info", "update": {"x": 1}},
        ),
    )
    assert changed["components"] is document["components"]
    assert [problem.kind for problem in problems] == ["overlay-no-match"]


@pytest.mark.parametrize("function", ["search", "match"])
@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a|aa)+", "(a*)*"])
def test_a_pattern_of_a_target_never_goes_back_in_a_text(function, pattern):
    document = {"x": ["a" * 60 + "!", "a" * 60]}
    target = f"$.x[?{function}(@, '{pattern}')]"
    result, _ = apply(document, overlay({"target": target, "remove": True}))
    expected = [] if function == "search" and "^" not in pattern else ["a" * 60 + "!"]
    assert result == {"x": expected}


def test_a_pattern_of_a_target_matches_the_whole_text_or_a_part_of_it():
    document = {"x": ["ab", "b"]}
    assert applied(document, {"target": "$.x[?match(@, 'a|b')]", "remove": True}) == {"x": ["ab"]}
    assert applied(document, {"target": "$.x[?search(@, 'a')]", "remove": True}) == {"x": ["b"]}
    unreadable = overlay({"target": "$.x[?search(@, '(')]", "remove": True})
    assert apply(document, unreadable)[0] == document


def test_an_overlay_that_doubles_a_document_with_each_action_is_refused(monkeypatch):
    monkeypatch.setattr("openapi2tools.spec.overlay._MAX_SELECTED", 10_000)
    twice = {"target": "$..x", "update": {"x": {}, "y": {"x": {}}}}
    with pytest.raises(SpecError, match=r"at /actions/1\d: .* selects more than"):
        apply({"x": {}}, overlay(*[twice] * 26))


def test_a_target_that_meets_the_same_nodes_again_and_again_is_refused(monkeypatch):
    monkeypatch.setattr("openapi2tools.spec.overlay._MAX_VISITS", 1_000)
    document = {"a": {str(i): {str(j): {"x": 1} for j in range(10)} for i in range(10)}}
    apply(document, overlay({"target": "$..x", "remove": True}))
    with pytest.raises(SpecError, match="name the way to them"):
        apply(document, overlay({"target": "$..*..*..*..none", "remove": True}))
