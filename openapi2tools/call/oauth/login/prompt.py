"""How a login talks with the person."""

from __future__ import annotations

import webbrowser
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import anyio

Show: TypeAlias = Callable[[str], None]
"""Shows the person a text."""
Ask: TypeAlias = Callable[[str], str]
"""Asks the person for a line."""

LOGIN_TIMEOUT_SECONDS: Final = 600.0
"""How long a person has for logging in."""


@dataclass(frozen=True, slots=True)
class LoginPrompt:
    """How this program talks with the person, and with a clock: what tests replace.

    Attributes:
        show: Shows the person a text.
        ask: Asks the person for a line.
        open_browser: Opens an address; None when the person copies addresses, with `ask`.
        read_line: Waits for a line that the person pastes while the browser is awaited, empty at
            the end of the input; None where nobody can paste.
        sleep: Waits for some seconds.
        timeout: How many seconds the person has.
    """

    show: Show
    ask: Ask
    open_browser: Callable[[str], object] | None = webbrowser.open
    read_line: Callable[[], Awaitable[str]] | None = None
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    timeout: float = LOGIN_TIMEOUT_SECONDS
