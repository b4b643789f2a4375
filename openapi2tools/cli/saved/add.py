"""`openapi2tools add`: keep an API under a name, with what its document leaves open."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from openapi2tools._core.urls import is_url
from openapi2tools.call.credentials.schemes import TOKEN_SCHEME_TYPES
from openapi2tools.call.policy import Policy
from openapi2tools.call.servers import expand, server_url
from openapi2tools.cli.by_name.agreement import require_agreement
from openapi2tools.cli.console import ask_line, counted, on_terminal, printable, say
from openapi2tools.cli.conversation.model_options import ModelOptions
from openapi2tools.cli.options.calling import CallOptions
from openapi2tools.cli.options.reading import ReadingOptions
from openapi2tools.cli.options.selection import SelectionOptions
from openapi2tools.cli.saved.adding.secrets import Place, ask_for_reference, with_references
from openapi2tools.cli.saved.adding.trial import harmless_read, try_read
from openapi2tools.cli.saved.adding.typed_settings import typed_settings
from openapi2tools.cli.steps import read_tools
from openapi2tools.config.edit import add_api, toml_of
from openapi2tools.config.files import FILE_NAME, ConfigFile, project_file, user_file
from openapi2tools.config.known import KnownTools
from openapi2tools.config.saved_api import apis_of
from openapi2tools.config.settings import NAME_PATTERN
from openapi2tools.errors import CallError, ConfigError, InvalidOption, OpenAPI2ToolsError
from openapi2tools.model import Effect

if TYPE_CHECKING:
    from openapi2tools.call.client import Client
    from openapi2tools.config.saved_api import SavedApi
    from openapi2tools.model import JsonObject, Tool, Toolset

EXAMPLES: Final = (
    "openapi2tools add shop https://shop.example/openapi.json",
    "openapi2tools add shop shop.yaml --auth bearerAuth=env:TOKEN --read-only",
    "openapi2tools add shop shop.yaml --project --no-try",
)
_FIRST_STEPS = ("inspect {}", "call {} TOOL", "run {} 'QUESTION'", "serve {}")


def command(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What to call it.", show_default=False)
    ],
    document: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="Its OpenAPI document, or saved tools: a URL or a path.",
            show_default=False,
        ),
    ],
    *,
    project: Annotated[
        bool,
        typer.Option(
            "--project", help=f"Keep it in the project's {FILE_NAME}, not among your settings."
        ),
    ] = False,
    no_try: Annotated[bool, typer.Option("--no-try", help="Send nothing to the API.")] = False,
    reading: ReadingOptions,
    selection: SelectionOptions,
    call_options: CallOptions,
    model_options: ModelOptions,
) -> None:
    """Keep an API under a name, which every command takes in place of its document.

    The other options are kept with it. At a terminal you are asked for what the document leaves
    open: the server, and where the credentials are. Then one harmless read is tried.
    """
    path = _target(name, project=project)
    place = Place(name, path, is_project=project)
    if document == "-":
        raise typer.BadParameter(
            "a saved API is read again and again: give a URL or a path.", param_hint="SOURCE"
        )
    address = document if is_url(document) else str(Path(document).absolute())
    settings: JsonObject = {
        "source": address,
        **typed_settings([reading, selection, call_options, model_options]),
    }
    if _is_saved(place, settings):
        say(f"{name} is saved just so in {path} already.")
        _say_what_is_next(name)
        return
    tools = read_tools(document, reading, selection, call_options)
    _say_what_it_is(tools)
    settings["credentials"] = with_references(place, settings.get("credentials"))
    _check(place, settings, tools)
    if on_terminal() and tools:
        settings |= _ask_for_server(tools, call_options)
        settings["credentials"] |= _ask_for_credentials(place, settings, tools)
    api = apis_of(add_api(path, name, _without_empty(settings)))[name]
    say(f"Saved as {name} in {path}.")
    if not selection.open_body:  # with it the tools have an argument more than those of the file
        KnownTools(api).update(tools)
    if not no_try and tools:
        _try(tools, api, reading)
    _say_what_is_next(name)


def _say_what_is_next(name: str) -> None:
    say("Next: " + "; ".join(f"openapi2tools {step.format(name)}" for step in _FIRST_STEPS) + ".")


def _target(name: str, *, project: bool) -> Path:
    """Return the file to write to.

    Raises:
        BadParameter: The name cannot be one.
        ConfigError: Nobody agreed to the file.
    """
    if not re.fullmatch(NAME_PATTERN, name):
        raise typer.BadParameter(
            "write letters, digits, - and _, beginning with a letter or a digit.",
            param_hint="NAME",
        )
    path = (project_file() or Path.cwd() / FILE_NAME) if project else user_file()
    if path.is_file():
        require_agreement(ConfigFile.read(path))
    return path


def _is_saved(place: Place, settings: JsonObject) -> bool:
    """Whether the file has this API with these very settings.

    Raises:
        ConfigError: It has another one of that name.
    """
    if not place.path.is_file():
        return False
    name = place.name
    saved = ConfigFile.read(place.path).apis.get(name)
    if saved is None:
        return False
    text = toml_of(name, _without_empty(settings))
    if ConfigFile.of_text(place.path, text).apis[name] != saved:
        fault = (
            f"an API is saved as {name} already, and not like this: `openapi2tools edit {name}` "
            f"changes it, `openapi2tools remove {name}` forgets it."
        )
        raise ConfigError(place.path, [fault])
    return True


def _draft(place: Place, settings: JsonObject) -> SavedApi:
    """Return the API as it would be saved."""
    text = toml_of(place.name, _without_empty(settings))
    return apis_of(ConfigFile.of_text(place.path, text))[place.name]


def _check(place: Place, settings: JsonObject, tools: Toolset) -> None:
    """Refuse what was typed and could never be used; no credential is read."""
    try:
        _draft(place, settings).connect(tools)
    except InvalidOption as error:
        raise typer.BadParameter(str(error)) from None


def _without_empty(settings: JsonObject) -> JsonObject:
    return {key: value for key, value in settings.items() if value != {}}


def _say_what_it_is(tools: Toolset) -> None:
    api = next((tool.api for tool in tools.values()), None)
    title = f"{api.title} {api.version}".strip() if api else "It"
    read_count = sum(tool.effect is Effect.READ for tool in tools.values())
    verb = "reads" if read_count == 1 else "read"
    say(f"{printable(title)}: {counted(len(tools), 'tool')}, {read_count:,} of which only {verb}.")


def _ask_for_server(tools: Toolset, call_options: CallOptions) -> JsonObject:
    """Ask where the API answers, where the document names no server, or several."""
    if call_options.server is not None:
        return {}
    tool = next(iter(tools.values()))
    variables = call_options.variables()
    servers = tool.operation.servers
    try:
        first = server_url(tool, None, variables)
    except CallError as error:
        say(f"{error} Where does it answer? A URL; empty to leave it open.")
    else:
        if len(servers) < 2:
            return {}
        for index, server in enumerate(servers):
            about = f" ({printable(server.description)})" if server.description else ""
            say(f"  {index}: {printable(expand(server, variables))}{about}")
        say(f"Which server? Its number, or another URL; empty for {first}.")
    answer = ask_line().strip()
    return {"server": answer} if answer else {}


def _ask_for_credentials(place: Place, settings: JsonObject, tools: Toolset) -> JsonObject:
    """Ask for each credential that the tools need and nobody gave."""
    found: JsonObject = {}
    schemes = next(iter(tools.values())).api.schemes
    asked: set[str] = set()
    while True:
        credentials = {**settings["credentials"], **found}
        with _draft(place, {**settings, "credentials": credentials}).connect(tools) as client:
            open_keys = [key for key in _missing_schemes(client) if key not in asked]
        if not open_keys:
            return found
        key = open_keys[0]
        asked.add(key)
        if schemes[key].type in TOKEN_SCHEME_TYPES:
            say(f"{printable(key)} is for a login: `openapi2tools auth login {place.name}`, once.")
            continue
        reference = ask_for_reference(place, schemes[key])
        if reference:
            found[key] = reference


def _missing_schemes(client: Client) -> list[str]:
    """Return the schemes of the first alternative of each tool that lacks a credential."""
    missing = client.wait(client.missing_credentials)
    found: dict[str, None] = {}
    for tool_name in missing:
        tool: Tool = client.tools[tool_name]
        first = next((each for each in tool.operation.security if each), {})
        found |= {key: None for key in first if key in tool.api.schemes}
    return list(found)


def _try(tools: Toolset, api: SavedApi, reading: ReadingOptions) -> None:
    tool = harmless_read(tools)
    if tool is None:
        say("There is no read without arguments to try: nothing was sent.")
        return
    try:
        with api.connect(tools, policy=Policy(), **reading.connection()) as client:
            say(try_read(client, tool).text)
    except OpenAPI2ToolsError as error:
        say(f"Nothing could be tried: {error}")
