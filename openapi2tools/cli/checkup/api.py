"""Look at one saved API: does its document answer, do its credentials, does its server."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from openapi2tools.call.credentials.sources import as_fields
from openapi2tools.call.policy import Policy
from openapi2tools.cli.checkup.finding import Finding
from openapi2tools.cli.console import brief, counted
from openapi2tools.cli.saved.adding.trial import harmless_read, try_read
from openapi2tools.config.known import KnownTools
from openapi2tools.errors import MissingCredential, OpenAPI2ToolsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.config.saved_api import SavedApi
    from openapi2tools.model import Toolset


def look_at_api(api: SavedApi) -> Iterator[Finding]:
    """Yield what there is of a saved API; its document is read, and one harmless read is made."""
    began = monotonic()
    try:
        tools = api.tools()
    except OpenAPI2ToolsError as error:
        remedy = f"Correct the source or the address: `openapi2tools edit {api.name}`."
        yield Finding("document", "fault", str(error), remedy)
        return
    lost = sum(problem.lost is not None for problem in tools.problems)
    text = f"{api.source}: {counted(len(tools), 'tool')} in {monotonic() - began:.1f} s"
    remedy = f"{counted(lost, 'operation')} lost: `openapi2tools lint {api.name}`." if lost else ""
    yield Finding("document", "ok", text, remedy)
    yield _changes(api, tools)
    faults = list(_credentials(api))
    yield from faults
    yield from _server(api, tools)


def _changes(api: SavedApi, tools: Toolset) -> Finding:
    known = KnownTools(api)
    changes = known.update(tools)
    if not changes:
        return Finding("changes", "ok", "none for a model since it was last used")
    breaking = sum(change.is_breaking for change in changes)
    text = f"{counted(len(changes), 'change')}, {breaking:,} of them breaking"
    return Finding("changes", "open", text, f"See `openapi2tools diff {api.name}`.")


def _credentials(api: SavedApi) -> Iterator[Finding]:
    """Yield whether each credential is where the file says; none is shown."""
    for scheme, credential in api.credentials().items():
        what = f"credential {scheme}"
        try:
            if as_fields(credential, scheme) is None:
                credential.resolved(what)
        except MissingCredential as error:
            yield Finding(what, "fault", str(error), _where_to_give(api))
        else:
            yield Finding(what, "ok", "is where the file says")


def _server(api: SavedApi, tools: Toolset) -> Iterator[Finding]:
    """Yield what lacks for calls, and how the server answers one harmless read."""
    try:
        with api.connect(tools, policy=Policy()) as client:
            missing = client.wait(client.missing_credentials)
            for text in dict.fromkeys(missing.values()):
                count = sum(each == text for each in missing.values())
                what = f"{counted(count, 'tool')} cannot be called yet: {text}"
                yield Finding("credentials", "open", what, _where_to_give(api))
            callable_tools = tools.where(lambda tool: tool.name not in missing)
            tool = harmless_read(callable_tools)
            if tool is None:
                text = "there is no read without arguments to try, so nothing was sent"
                yield Finding("server", "open", text)
                return
            trial = try_read(client, tool)
    except OpenAPI2ToolsError as error:
        yield Finding("server", "fault", brief(str(error), 400), _how_to_correct(api))
        return
    remedy = "" if trial.went_well else _how_to_correct(api)
    yield Finding("server", "ok" if trial.went_well else "fault", trial.text, remedy)


def _where_to_give(api: SavedApi) -> str:
    return f"Say where it is: `openapi2tools edit {api.name}`, or log in with `auth login`."


def _how_to_correct(api: SavedApi) -> str:
    return f"Correct the server or the credentials: `openapi2tools edit {api.name}`."
