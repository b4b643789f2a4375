"""Read a credential from where the operator says it is.

On the command line, and in the environment, a text may say so:

- `env:NAME`: an environment variable;
- `file:PATH`: a file, read anew for each call;
- `cmd:COMMAND`: what a command prints, such as `cmd:gcloud auth print-access-token`. It is kept for
  as long as it lives, by the `exp` of a JSON web token (RFC 7519), else for some minutes;
- `keyring:NAME` or `keyring:SERVICE/NAME`: an entry of the platform's keyring, which is this
  program's own where no service is named;
- `plain:TEXT`: the text itself, for a file in which a secret has to be meant;
- `-`: a line of standard input, or what is typed at the terminal, unseen.

Texts that a program gives, perhaps in the name of its users, run no command and read no file.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass, field
from getpass import getpass
from pathlib import Path
from threading import Lock
from typing import Final

from openapi2tools._core.token_claims import token_claims
from openapi2tools.call.credentials import platform_keyring
from openapi2tools.errors import MissingCredential

REFERENCE_FORMS: Final = "env:NAME, file:PATH, keyring:NAME, cmd:COMMAND or - (standard input)"
"""The ways to say where a credential is, for messages."""
_PREFIXES: Final = ("env:", "file:", "keyring:", "cmd:", "plain:")
_COMMAND_TIMEOUT_SECONDS: Final = 60.0
_UNKNOWN_LIFETIME_SECONDS: Final = 300.0
"""How long the output of a command is kept that does not say when it ends."""
_EXPIRY_LEEWAY_SECONDS: Final = 30.0


def is_reference(text: str) -> bool:
    """Return whether a text says where a credential is, and is none itself."""
    return text == "-" or text.startswith(_PREFIXES)


def read_value(value: str, option: str) -> str:
    """Return a value, or what it refers to.

    Raises:
        MissingCredential: There is nothing where it says. It names the option, and no secret.
    """
    kind, colon, rest = value.partition(":")
    match kind:
        case "-" if not colon:
            return _from_input(option)
        case "env" if colon:
            return read_variable(rest, option)
        case "file" if colon:
            return _from_file(rest, option)
        case "cmd" if colon:
            return _COMMANDS.run(rest, option)
        case "keyring" if colon:
            return platform_keyring.read_entry(rest, option)
        case "plain" if colon:
            return rest
    return value


def read_variable(name: str, option: str) -> str:
    """Return the text of an environment variable."""
    text = os.environ.get(name, "").strip()
    if not text:
        raise MissingCredential(f"{option}: the environment variable {name} is not set, or empty.")
    return text


def _from_file(path: str, option: str) -> str:
    file = Path(os.path.expanduser(path))  # noqa: PTH111 -- `Path` raises for an unknown user
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise MissingCredential(f"{option}: {path} cannot be read ({reason}).") from None
    if not text:
        raise MissingCredential(f"{option}: {path} is empty.")
    return text


def _from_input(option: str) -> str:
    """Read one line: each `-` of a command line has its own."""
    if sys.stdin.isatty() and sys.stderr.isatty():
        text = getpass(f"{option}: ")
    else:
        text = sys.stdin.readline()
    if not text.strip():
        raise MissingCredential(f"{option}: standard input has no line for it.")
    return text.strip("\r\n")


@dataclass(slots=True)
class _Commands:
    """What commands have printed, for as long as it lives; one of them runs at a time."""

    outputs: dict[str, tuple[str, float]] = field(default_factory=dict, repr=False)
    lock: Lock = field(default_factory=Lock, repr=False)

    def run(self, command: str, option: str) -> str:
        with self.lock:
            text, ends_at = self.outputs.get(command, ("", 0.0))
            if time.time() >= ends_at:
                text = _output_of(command, option)
                self.outputs[command] = text, _end_of(text)
        return text


_COMMANDS: Final = _Commands()


def _output_of(command: str, option: str) -> str:
    """Run a command without a shell; what it says of itself goes to standard error."""
    try:
        words = shlex.split(command, posix=os.name != "nt")
        done = subprocess.run(  # noqa: S603 -- the operator's own words
            words,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=_COMMAND_TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        reason = f"did not end within {_COMMAND_TIMEOUT_SECONDS:g} seconds"
        raise _useless(option, command, reason) from None
    except (OSError, ValueError, IndexError) as error:
        reason = f"cannot be run ({getattr(error, 'strerror', None) or 'it is no command'})"
        raise _useless(option, command, reason) from None
    if done.returncode:
        raise _useless(option, command, f"failed with exit code {done.returncode}")
    text = done.stdout.decode("utf-8", "replace").strip()
    if not text:
        raise _useless(option, command, "printed nothing")
    return text


def _useless(option: str, command: str, reason: str) -> MissingCredential:
    program = (command.split() or [""])[0]  # what follows may hold a secret
    return MissingCredential(f"{option}: the command {program!r} {reason}.")


def _end_of(text: str) -> float:
    """Return until when a command's output is kept, in seconds since 1970."""
    try:
        return float(token_claims(text)["exp"]) - _EXPIRY_LEEWAY_SECONDS
    except (ValueError, TypeError, KeyError):
        return time.time() + _UNKNOWN_LIFETIME_SECONDS
