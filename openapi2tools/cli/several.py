"""Read and connect the APIs that a command names, one or several."""

from __future__ import annotations

from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import typer

from openapi2tools._core.naming import fit_name, to_legal_characters
from openapi2tools.call.apis import Apis
from openapi2tools.call.credentials.schemes import unknown_credentials
from openapi2tools.cli.connecting import connect_tools
from openapi2tools.cli.source_options import OfSource, SourceOptions
from openapi2tools.cli.steps import read_tools
from openapi2tools.errors import InvalidOption
from openapi2tools.model import Tool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from openapi2tools.agent.caller import Caller
    from openapi2tools.call.options import Approve
    from openapi2tools.model import Toolset

_MAX_LABEL_LENGTH: Final = 20


class Sources:
    """The APIs that a command names.

    Each keeps its own servers, credentials and policy: a saved API has a client with its own
    settings, and documents share one with what is typed. Tools whose names clash have the
    name of their API, or its title, before their own.

    Args:
        sources: The documents, or the names of saved APIs.
        of_source: Returns the options of each.
    """

    def __init__(self, sources: Sequence[str], of_source: OfSource) -> None:
        self._options = [of_source(source) for source in sources]
        if len(sources) > 1:
            _refuse_options_of_one_api(self._options)

    @cached_property
    def tools(self) -> Toolset:
        """The tools of all of them."""
        return _joined(self._toolsets)

    @cached_property
    def _toolsets(self) -> list[Toolset]:
        toolsets = [_read(options) for options in self._options]
        return _with_distinct_names(toolsets, [options.label for options in self._options])

    @property
    def timeout(self) -> float | None:
        """The value of `--timeout`."""
        return self._options[0].reading.timeout

    def refuse_standard_input(self) -> None:
        """Raise for a credential that standard input would have to give."""
        for options in self._options:
            options.call_options.refuse_standard_input()

    @asynccontextmanager
    async def connected(self, approve: Approve | None = None) -> AsyncIterator[Caller]:
        """Connect; `approve` is asked about the calls that need a yes."""
        from openapi2tools.agent.caller import JoinedCaller  # noqa: PLC0415 -- the help text must not wait for it

        groups = self._groups()
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(
                    connect_tools(
                        tools,
                        options.call_options,
                        options.reading,
                        approve=approve,
                        beside=self.tools if len(groups) > 1 else None,
                    )
                )
                for options, tools in groups
            ]
            yield JoinedCaller(*clients) if len(clients) > 1 else clients[0]

    def _groups(self) -> list[tuple[SourceOptions, Toolset]]:
        """Return the tools of each client, and the options that it goes by."""
        pairs = [*zip(self._options, self._toolsets, strict=True)]
        groups = [(options, tools) for options, tools in pairs if options.is_saved]
        documents = [(options, tools) for options, tools in pairs if not options.is_saved]
        if documents:
            groups.append((documents[0][0], _joined([tools for _, tools in documents])))
        if len(groups) < 2:
            return groups
        self._check_typed_credentials()
        return [(self._with_own_options(options, tools), tools) for options, tools in groups]

    def _check_typed_credentials(self) -> None:
        """Refuse a credential that several APIs may mean, or none."""
        names = _names(self._options[0].typed.auth)
        unknown, known = unknown_credentials(self.tools.values(), names)
        if unknown:
            raise typer.BadParameter(
                f"the security schemes here are: {known}.", param_hint="--auth"
            )
        try:
            Apis(self.tools.values(), {}).check(dict.fromkeys(names, "given"), None)
        except InvalidOption as error:
            raise typer.BadParameter(str(error), param_hint="--auth") from None

    def _with_own_options(self, options: SourceOptions, tools: Toolset) -> SourceOptions:
        """Return options without what was typed for the tools of other APIs alone."""
        unknown, _ = unknown_credentials(tools.values(), _names(options.typed.auth))
        given, typed = options.call_options, options.typed
        own = replace(
            given,
            auth=[
                text
                for text in given.auth
                if text not in typed.auth or _names([text])[0] not in unknown
            ],
            set=self._own(given.set, typed.set, tools, _has_argument),
            reads=self._own(given.reads, typed.reads, tools, Tool.is_called),
            fields=self._own(given.fields, typed.fields, tools, _is_for),
            unchecked=self._own(given.unchecked, typed.unchecked, tools, Tool.is_called),
        )
        return replace(options, call_options=own)

    def _own(
        self,
        given: Sequence[str],
        typed: Sequence[str],
        tools: Toolset,
        fits: Callable[[Tool, str], bool],
    ) -> list[str]:
        """Return the values but for those typed ones that fit the tools of other APIs alone."""
        others = [text for text in typed if not any(fits(tool, text) for tool in tools.values())]
        theirs = {text for text in others if any(fits(tool, text) for tool in self.tools.values())}
        return [text for text in given if text not in theirs]


def _has_argument(tool: Tool, text: str) -> bool:
    """Return whether NAME=VALUE, or TOOL.NAME=VALUE, is for a tool."""
    name = _names([text])[0]
    called, _, argument = name.rpartition(".")
    if tool.argument_named(name) is not None:
        return True
    return tool.is_called(called) and tool.argument_named(argument) is not None


def _is_for(tool: Tool, text: str) -> bool:
    """Return whether GLOB=FIELDS is for a tool."""
    return tool.is_called(text.partition("=")[0])


def _read(options: SourceOptions) -> Toolset:
    return read_tools(options.source, options.reading, options.selection, options.call_options)


def _names(auth: Sequence[str]) -> list[str]:
    return [text.partition("=")[0].strip() for text in auth]


def _refuse_options_of_one_api(options: Sequence[SourceOptions]) -> None:
    """Refuse what was typed and would go to every API, though it is for one."""
    typed = options[0].typed
    is_given = {"--server": bool(typed.server), "--header": bool(typed.header)}
    for option, given in is_given.items():
        if given:
            raise typer.BadParameter(
                f"this is for one API, and here are several: save it with `openapi2tools add NAME "
                f"SOURCE {option} …`, and give its name. (A credential goes to its own API with "
                "--auth HOST/NAME=VALUE.)",
                param_hint=option,
            )


# --- names ---------------------------------------------------------------------------------------


def _joined(toolsets: Sequence[Toolset]) -> Toolset:
    first, *others = toolsets
    for other in others:
        first = first | other
    return first


def _with_distinct_names(toolsets: Sequence[Toolset], names: Sequence[str]) -> list[Toolset]:
    """Return the tools with a prefix before each name that tools of several sources have."""
    counts = Counter(name for tools in toolsets for name in tools)
    clashing = [name for name, count in counts.items() if count > 1]
    if not clashing:
        return [*toolsets]
    renamed = []
    for tools, prefix in zip(toolsets, _prefixes(toolsets, names), strict=True):
        ambiguous = tools.where(lambda tool: tool.name in clashing)
        new_names = zip(ambiguous, ambiguous.prefixed(prefix), strict=True)
        renamed.append(tools.renamed(dict(new_names)))
    return renamed


def _prefixes(toolsets: Sequence[Toolset], names: Sequence[str]) -> list[str]:
    """Return a prefix for each set of tools: the name or the title of its API, else a number."""
    labels = [_label(tools, name) for tools, name in zip(toolsets, names, strict=True)]
    seen: Counter[str] = Counter()
    prefixes = []
    for label in labels:
        seen[label] += 1
        number = f"_{seen[label]}" if labels.count(label) > 1 else ""
        prefixes.append(f"{label}{number}_")
    return prefixes


def _label(tools: Toolset, name: str) -> str:
    title = name or next((tool.api.title for tool in tools.values()), "")
    return fit_name(to_legal_characters(title).lower(), _MAX_LABEL_LENGTH) or "api"
