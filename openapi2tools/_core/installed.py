"""How this copy was installed: its version, and how its extras are installed."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit

if TYPE_CHECKING:
    from importlib.metadata import Distribution

DISTRIBUTION: Final = "oas2tools"
"""What an installer calls this package, whose modules are `openapi2tools`."""
_PROJECT: Final = Path(__file__).resolve().parents[2]


def own_version() -> str:
    """Return the version of this copy; `0+unknown` for a folder that was never installed."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "0+unknown"


def install_command(extra: str) -> str:
    """Return the command that installs an extra of this very copy.

    From where it came is recorded in `direct_url.json` (PEP 610), unless that is an index.
    """
    try:
        found = distribution(DISTRIBUTION)
    except PackageNotFoundError:  # it is run from its folder
        return f"pip install -e '{_PROJECT}[{extra}]'"
    installer = (found.read_text("INSTALLER") or "pip").strip()
    pip = "uv pip" if installer == "uv" else "pip"
    return f"{pip} install {_requirement(_direct_url(found), extra)}"


def _direct_url(found: Distribution) -> dict[str, Any]:
    recorded: dict[str, Any] = json.loads(found.read_text("direct_url.json") or "{}")
    return recorded


def _requirement(direct_url: dict[str, Any], extra: str) -> str:
    """Return the requirement that a record of an installation stands for; `{}` is an index."""
    if not direct_url:
        return f"'{DISTRIBUTION}[{extra}]'"
    url = _without_secrets(direct_url["url"])
    if "dir_info" in direct_url:
        folder = unquote(urlsplit(url).path)
        editable = "-e " if direct_url["dir_info"].get("editable") else ""
        return f"{editable}'{folder}[{extra}]'"
    if "vcs_info" in direct_url:
        vcs = direct_url["vcs_info"]
        url = f"{vcs['vcs']}+{url}@{vcs.get('requested_revision') or vcs['commit_id']}"
    if direct_url.get("subdirectory"):
        url += f"#subdirectory={direct_url['subdirectory']}"
    return f"'{DISTRIBUTION}[{extra}] @ {url}'"


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))
