"""Three tools instead of a thousand: find tools, describe one, call one.

`ToolFinder` holds the tools of a client and answers for them. The two kinds of call are told apart
by `real_call`: `call_tool` becomes the call of the tool that it names, which is then checked,
approved and sent like any other; `find_tools` and `describe_tool` are answered from the index.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools.agent.caller import LocalCaller
from openapi2tools.agent.record.entries import Question, Turn
from openapi2tools.agent.tool_search.index_cache import index_of
from openapi2tools.agent.tool_search.overview import overview
from openapi2tools.errors import UnknownTool
from openapi2tools.formats.export import export
from openapi2tools.formats.reading import read_call
from openapi2tools.model import Api, Call, Effect, Operation, Result, Tool, Toolset
from openapi2tools.tools.resources.names import identified_resource, resource_of_tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from openapi2tools.agent.record.entries import Entry
    from openapi2tools.model import JsonObject
    from openapi2tools.tools.search.search import SearchIndex

FIND: Final = "find_tools"
DESCRIBE: Final = "describe_tool"
CALL: Final = "call_tool"
MAX_HITS: Final = 10
MAX_OFFERED: Final = 20
"""More tools than these are found instead of offered."""
MAX_OFFERED_CHARS: Final = 80_000  # of their JSON: about 20,000 tokens
_DEFAULT_HITS: Final = 5
_MAX_TOOL_TOKENS: Final = 800  # of one found tool; `describe_tool` shows more of it
_MAX_DESCRIBED_TOKENS: Final = 8_000
_HOW_TO_SEARCH: Final = (
    "The API has more operations than you are given as tools. Find those that you need with "
    "{find}, one search for each step, and call them with {call}. Search again, in other words, "
    "before you say that something cannot be done."
)
FIND_DESCRIPTION: Final = (
    "Find the tools of this API for one step of a task. Search once for each step; search again, "
    "in other words, when nothing fits. Returns names, purposes and argument schemas."
)
QUERY: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "query": {
            "type": "string",
            "description": "What one step does, in a few words: the action and its object.",
        },
        "count": {
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_HITS,
            "default": _DEFAULT_HITS,
            "description": "How many tools to return.",
        },
    },
    "required": ["query"],
    "additionalProperties": False,
}
_NAME: Final[JsonObject] = {
    "type": "object",
    "properties": {"name": {"type": "string", "description": "The tool's name, as it was found."}},
    "required": ["name"],
    "additionalProperties": False,
}
_NAME_AND_ARGUMENTS: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "description": "The tool's name, as it was found."},
        "arguments": {
            "type": "object",
            "additionalProperties": True,
            "description": "What the tool's schema asks for.",
        },
    },
    "required": ["name", "arguments"],
    "additionalProperties": False,
}


class ToolFinder:
    """The tools of a client, found by words.

    Args:
        tools: Everything that may be found.
        index: An index of these tools, unless it shall be made here.
        beside: Tools that a model gets beside those that it finds, after them.
    """

    def __init__(
        self, tools: Toolset, index: SearchIndex | None = None, beside: Toolset | None = None
    ) -> None:
        self.tools = tools
        self.beside = Toolset() if beside is None else beside
        self._given_index = index

    def with_tools_beside(self, beside: Toolset) -> ToolFinder:
        """Return the same finder for a model that gets other tools, too."""
        return ToolFinder(self.tools, self.index, beside)

    @cached_property
    def index(self) -> SearchIndex:
        """The index, which is made when it is needed first."""
        return self._given_index or index_of(self.tools)

    @cached_property
    def search_tools(self) -> Toolset:
        """The tools that a model gets instead of all the others."""
        return Toolset(
            [
                local_tool(
                    self._own_name(FIND),
                    FIND_DESCRIPTION,
                    QUERY,
                ),
                local_tool(
                    self._own_name(DESCRIBE),
                    "Show everything about one tool: use it when its arguments were shortened.",
                    _NAME,
                ),
                local_tool(
                    self._own_name(CALL),
                    "Call a tool that was found, with arguments that fit its schema.",
                    _NAME_AND_ARGUMENTS,
                    Effect.DESTROY,
                ),
                *self.beside.values(),
            ]
        )

    @property
    def caller(self) -> LocalCaller:
        """What answers the calls of a model that are about tools, without any request."""
        names = (self._own_name(FIND), self._own_name(DESCRIBE))
        return LocalCaller(Toolset(self.search_tools[name] for name in names), self.answer)

    @property
    def find_name(self) -> str:
        """What `find_tools` is called here."""
        return self._own_name(FIND)

    def instructions(self, instructions: str) -> str:
        """Return the instructions with how to search, and an overview of what there is."""
        how = _HOW_TO_SEARCH.format(find=self.find_name, call=self._own_name(CALL))
        return f"{instructions}\n\n{how}\n\n{overview(self.tools, told=instructions)}"

    def find(self, query: str, count: int = _DEFAULT_HITS) -> Toolset:
        """Return the tools that fit a step of a task, the best first."""
        hits = self.index.search(query, max(1, min(count, MAX_HITS)))
        return Toolset(self.tools[hit.tool] for hit in hits)

    def fitting(self, record: Sequence[Entry]) -> Toolset:
        """Return the few tools that the next step may take, for a model that does not search.

        They fit the last question and the last step, were called before, or find what these need
        an identifier of. Those of the question come first at each step: what a prompt begins with
        is not read again.
        """
        questions = [entry.text for entry in record if isinstance(entry, Question)]
        calls = [call.tool for entry in record if isinstance(entry, Turn) for call in entry.calls]
        called = [name for name in calls if name in self.tools]
        names: list[str] = []
        if questions:
            names += self._with_lookups(self._found_names(questions[-1], MAX_HITS))
        names += called
        if called:
            purpose = self.tools[called[-1]].description.partition("\n")[0]
            names += self._with_lookups(self._found_names(purpose, _DEFAULT_HITS))
        fitting = [self.tools[name] for name in dict.fromkeys(names)]
        return Toolset([*fitting, *self.beside.values()])

    def _with_lookups(self, names: Sequence[str]) -> list[str]:
        """Return tools, and those that find the things of which they require an identifier."""
        lookups = [
            lookup
            for tool in map(self.tools.__getitem__, names)
            for argument in tool.schema.get("required", ())
            for lookup in self._lookups.get((tool.api.title, identified_resource(argument)), ())
        ]
        return [*names, *lookups]

    @cached_property
    def _lookups(self) -> Mapping[tuple[str, str | None], list[str]]:
        """The tools that need no identifier, by their API and by what they find."""
        lookups: dict[tuple[str, str | None], list[str]] = {}
        for tool in self.tools.values():
            if tool.effect is Effect.READ and "{" not in tool.operation.path:
                found = (tool.api.title, resource_of_tool(tool))
                lookups.setdefault(found, []).append(tool.name)
        return lookups

    def _found_names(self, text: str, count: int) -> list[str]:
        return [hit.tool for hit in self.index.search(text, count)]

    def real_turn(self, turn: Turn) -> Turn:
        """Return a turn whose calls are the ones that the model means."""
        return replace(turn, calls=tuple(self.real_call(call) for call in turn.calls))

    def real_call(self, call: Call) -> Call:
        """Return the call that a model means: `call_tool` is one of the tool that it names."""
        if call.tool != self._own_name(CALL) or call.fault:
            return call
        name, arguments = call.arguments.get("name"), call.arguments.get("arguments")
        if not isinstance(name, str):
            return replace(
                call, fault=f"{call.tool} takes a name (a text) and arguments (an object)."
            )
        return read_call(self.tools, name, arguments, id=call.id, caller=call.caller)

    def answers(self, call: Call) -> bool:
        """Return whether a call is one that is answered here, without any request."""
        return call.tool in (self._own_name(FIND), self._own_name(DESCRIBE))

    def answer(self, call: Call) -> Result:
        """Answer `find_tools` or `describe_tool`; the tools that it names are `data["tools"]`."""
        if call.fault:
            return Result.failed(call, "arguments", call.fault)
        if call.tool == self._own_name(FIND):
            return self._answer_find(call)
        return self._answer_describe(call)

    def _answer_find(self, call: Call) -> Result:
        query, count = call.arguments.get("query"), call.arguments.get("count")
        if not isinstance(query, str) or not query.strip():
            return Result.failed(call, "arguments", "Give a query: what one step does, in words.")
        found = self.find(query, count if isinstance(count, int) else _DEFAULT_HITS)
        if not found:
            return _result(call, "Nothing fits: search in other words.", tools=[])
        text = "\n".join(_described(found.values(), _MAX_TOOL_TOKENS))
        return _result(call, text, tools=list(found))

    def _answer_describe(self, call: Call) -> Result:
        try:
            tool = self.tools[str(call.arguments.get("name"))]
        except UnknownTool as error:
            return Result.failed(call, error)
        (text,) = _described([tool], _MAX_DESCRIBED_TOKENS)
        return _result(call, text, tools=[tool.name])

    def _own_name(self, name: str) -> str:
        """Return the name of one of our tools, which no tool of the API may have."""
        while name in self.tools:
            name += "_"
        return name


def should_search(tools: Mapping[str, Tool]) -> bool:
    """Return whether tools are too many, or too long, to be offered all at once."""
    if len(tools) > MAX_OFFERED:
        return True
    length = sum(len(orjson.dumps(tool.schema)) + len(tool.description) for tool in tools.values())
    return length > MAX_OFFERED_CHARS


def _described(tools: Iterable[Tool], max_tool_tokens: int) -> list[str]:
    """Return a line of JSON for each tool, its schema shortened to a number of tokens."""
    definitions = export(
        {tool.name: tool for tool in tools}, "mcp", max_tool_tokens=max_tool_tokens
    )
    return [
        orjson.dumps(
            {
                "name": each["name"],
                "purpose": each["description"],
                "arguments": each["inputSchema"],
            }
        ).decode()
        for each in definitions
    ]


def _result(call: Call, text: str, tools: list[str]) -> Result:
    return Result(call.id, call.tool, text, data={"tools": tools}, caller=call.caller)


_LOCAL_API: Final = Api("openapi2tools", "3.1", (), {})


def local_tool(
    name: str, description: str, schema: JsonObject, effect: Effect = Effect.READ
) -> Tool:
    """Return a tool that this program answers itself; what it calls may do `effect`."""
    operation = Operation("GET", f"/{name}")
    return Tool(name, description, schema, (), effect, operation, _LOCAL_API)
