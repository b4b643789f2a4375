"""The public names, and the type checkers that read a user's code."""

import inspect
from importlib import import_module

import openapi2tools

VERBS = {
    "aload": "source",
    "load": "source",
    "build_tools": "api",
    "export": "tools",
    "connect": "tools",
    "lint": "api",
    "search": "tools",
}


def test_every_public_name_is_there_and_in_order():
    names = openapi2tools.__all__
    assert names == sorted(set(names))
    assert all(hasattr(openapi2tools, name) for name in names)


def test_the_public_names_are_these():
    assert set(openapi2tools.__all__) == {
        *("ABSENT", "Agent", "AgentError", "Answer", "Api", "ApprovalNeeded", "Binding"),
        *(
            "BlockedAddress",
            "BuildError",
            "Call",
            "CallError",
            "Client",
            "Constant",
            "Decision",
            "Declined",
        ),
        *(
            "Effect",
            "FetchError",
            "HTTPStatusError",
            "Hit",
            "HttpArguments",
            "InvalidArguments",
            "InvalidOption",
            "Limits",
        ),
        *("LocalModel", "MediaType", "MissingCredential", "Model", "NetworkError", "NotSent"),
        *("OpenAIModel", "OpenAPI2ToolsError", "Operation", "Parameter", "ParseError", "Part"),
        *("Policy", "Prepared", "Problem", "Progress", "Refused", "RequestBody", "Response"),
        *(
            "Result",
            "SearchIndex",
            "SecurityScheme",
            "Server",
            "Session",
            "SpecError",
            "TimedOut",
            "Tool",
        ),
        *("Toolset", "UnknownTool", "UnsupportedVersion", "aload", "build_tools", "connect"),
        *("export", "lint", "load", "search"),
    }


def test_each_verb_takes_its_noun_first_and_options_by_name():
    for verb, noun in VERBS.items():
        first, *others = inspect.signature(getattr(openapi2tools, verb)).parameters.values()
        assert first.name == noun
        positional = [p.name for p in others if p.kind is p.POSITIONAL_OR_KEYWORD]
        assert positional in ([], ["format"], ["query"])


def test_lint_is_the_function_and_linting_the_package():
    assert inspect.isfunction(openapi2tools.lint)
    assert inspect.ismodule(import_module("openapi2tools.linting"))
