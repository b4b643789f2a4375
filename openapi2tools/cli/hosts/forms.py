"""How each host writes a server that it starts, and where its file is.

The forms are those of the hosts' documentation: Claude Desktop and Claude Code (`mcpServers`),
Cursor (`mcpServers`), Visual Studio Code (`servers`) and Codex (`[mcp_servers.NAME]`). The value of
a credential is never written: a host that can pass a variable on is told its name.
"""

from __future__ import annotations

import json
import os
import sys
import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Host(StrEnum):
    """The hosts whose configuration is known."""

    CLAUDE = "claude"
    CLAUDE_CODE = "claude-code"
    CURSOR = "cursor"
    VSCODE = "vscode"
    CODEX = "codex"


TITLES: Final = {
    Host.CLAUDE: "Claude Desktop",
    Host.CLAUDE_CODE: "Claude Code",
    Host.CURSOR: "Cursor",
    Host.VSCODE: "Visual Studio Code",
    Host.CODEX: "Codex",
}
_VARIABLE: Final = {
    Host.CLAUDE_CODE: "${{{}}}",
    Host.CURSOR: "${{env:{}}}",
    Host.VSCODE: "${{env:{}}}",
}
"""How a host names a variable of its own environment in `env`; Claude Desktop cannot."""


class Unmergeable(ValueError):
    """A configuration file cannot be added to; the message says why."""


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """A server as a host starts it.

    Attributes:
        name: What the host calls it.
        command: The program.
        args: Its arguments.
        variables: The names of the variables that it needs of the environment.
        settings: Variables whose values are no secret.
    """

    name: str
    command: str
    args: Sequence[str]
    variables: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)


def passes_variables(host: Host) -> bool:
    """Return whether a host can pass a variable of its own environment on."""
    return host is Host.CODEX or host in _VARIABLE


def file_of(host: Host) -> Path:
    """Return the configuration file of a host: of Claude Code and VS Code, that of this folder."""
    match host:
        case Host.CLAUDE:
            return _claude_folder() / "claude_desktop_config.json"
        case Host.CLAUDE_CODE:
            return Path.cwd() / ".mcp.json"
        case Host.CURSOR:
            return Path.home() / ".cursor" / "mcp.json"
        case Host.VSCODE:
            return Path.cwd() / ".vscode" / "mcp.json"
        case Host.CODEX:
            return Path(os.environ.get("CODEX_HOME") or Path.home() / ".codex") / "config.toml"


def text_of(host: Host, entry: ServerEntry) -> str:
    """Return a configuration file with this server alone."""
    return merged(host, entry, "")


def merged(host: Host, entry: ServerEntry, before: str) -> str:
    """Return the text of a configuration file with a server added, or replaced by its name.

    Raises:
        Unmergeable: The file is not what the host reads, or has comments that would be lost.
    """
    return _merged_toml(entry, before) if host is Host.CODEX else _merged_json(host, entry, before)


def _claude_folder() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Claude"
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming") / "Claude"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "Claude"


def _merged_json(host: Host, entry: ServerEntry, before: str) -> str:
    try:
        whole: Any = json.loads(before) if before.strip() else {}
    except ValueError:
        raise Unmergeable("it is no JSON, or JSON with comments") from None
    key = "servers" if host is Host.VSCODE else "mcpServers"
    servers = whole.get(key, {}) if isinstance(whole, dict) else None
    if not isinstance(servers, dict):
        raise Unmergeable(f"it has no object of {key}")
    return json.dumps(
        {**whole, key: {**servers, entry.name: _json_entry(host, entry)}},
        indent=2,
        ensure_ascii=False,
    )


def _json_entry(host: Host, entry: ServerEntry) -> dict[str, Any]:
    form = _VARIABLE.get(host)
    passed = {name: form.format(name) for name in entry.variables} if form else {}
    environment = {**entry.settings, **passed}
    kind = {} if host is Host.CLAUDE else {"type": "stdio"}
    written = {**kind, "command": entry.command, "args": list(entry.args)}
    return {**written, "env": environment} if environment else written


def _merged_toml(entry: ServerEntry, before: str) -> str:
    from openapi2tools.config.toml_lines import without  # noqa: PLC0415 -- only for this host

    try:
        tomllib.loads(before)
    except tomllib.TOMLDecodeError as error:
        raise Unmergeable(f"it is no TOML: {error}") from None
    others = without(before, ("mcp_servers", entry.name)).rstrip("\n")
    # JSON's texts and lists of texts are TOML's, too.
    lines = [
        f"[mcp_servers.{json.dumps(entry.name)}]",
        f"command = {json.dumps(entry.command)}",
        f"args = {json.dumps(list(entry.args))}",
    ]
    if entry.variables:
        lines.append(f"env_vars = {json.dumps(list(entry.variables))}")
    if entry.settings:
        pairs = (
            f"{json.dumps(name)} = {json.dumps(text)}" for name, text in entry.settings.items()
        )
        lines.append(f"env = {{ {', '.join(pairs)} }}")
    return "\n".join([*([others, ""] if others else []), *lines, ""])
