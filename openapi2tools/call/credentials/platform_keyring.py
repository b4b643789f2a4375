"""The platform's keyring: which backend may be asked, and its entries by name."""

from __future__ import annotations

import os
import sys
from contextlib import closing, suppress
from typing import Any, Final

from openapi2tools.errors import MissingCredential

SERVICE: Final = "openapi2tools"
"""Whose entries they are, in the keyring's words, unless a name says otherwise."""
_DBUS_BACKEND: Final = "keyring.backends.SecretService"
_DESKTOP_BACKENDS: Final = (
    _DBUS_BACKEND,
    "keyring.backends.libsecret",
    "keyring.backends.kwallet",
)
"""The backends of Linux that open a dialog when they are locked."""
_DEFAULT_COLLECTION: Final = "/org/freedesktop/secrets/aliases/default"


def find_backend() -> Any:
    """Return the keyring backend of this user, else None.

    The ones of `keyrings.alt` are files, and some ask for a password on the terminal.
    """
    import keyring  # noqa: PLC0415 -- loads slowly
    from keyring.backends import chainer, fail, null  # noqa: PLC0415 -- loads slowly

    chosen = keyring.get_keyring()
    backends = list(chosen.backends) if isinstance(chosen, chainer.ChainerBackend) else [chosen]
    usable = [
        backend
        for backend in backends
        if not isinstance(backend, fail.Keyring | null.Keyring)
        and not type(backend).__module__.startswith("keyrings.")
    ]
    return usable[0] if usable else None


def why_closed(backend: Any) -> str:
    """Return why a backend is not to be asked; empty where it is.

    The desktop's keyrings on Linux show a dialog when they are locked, and wait for it, even where
    there is no display to show it on.
    """
    module = type(backend).__module__
    if _has_desktop() or module not in _DESKTOP_BACKENDS:
        return ""
    if module != _DBUS_BACKEND:
        return "may be locked, and there is no display to unlock it at"
    return "is locked, and there is no display to unlock it at" if _is_locked(backend) else ""


def read_entry(name: str, option: str) -> str:
    """Return the text of an entry, `NAME` of this program or `SERVICE/NAME`.

    Raises:
        MissingCredential: There is no such entry, or no keyring to ask. It names the option.
    """
    service, entry = _service_and_entry(name)
    text: str | None = _ask("get_password", option, service, entry)
    if not text:
        raise MissingCredential(
            f"{option}: the keyring has no entry {entry!r} of {service}; "
            f"`keyring set {service} {entry}` makes one."
        )
    return text


def write_entry(name: str, text: str, option: str) -> None:
    """Keep a text under a name; raises MissingCredential where no keyring takes it."""
    _ask("set_password", option, *_service_and_entry(name), text)


def delete_entry(name: str) -> None:
    """Forget an entry, which need not be there."""
    with suppress(MissingCredential):
        _ask("delete_password", "", *_service_and_entry(name))


def keyring_state() -> tuple[str, str]:
    """Return the keyring's name, and why it cannot be asked; each may be empty."""
    try:
        backend = find_backend()
    except Exception as error:  # noqa: BLE001 -- whatever somebody else's backend raises
        return "", f"cannot be used ({type(error).__name__})"
    return ("", "there is none") if backend is None else (str(backend.name), why_closed(backend))


def _service_and_entry(name: str) -> tuple[str, str]:
    service, _, entry = name.rpartition("/")
    return service or SERVICE, entry


def _ask(method: str, option: str, *arguments: str) -> Any:
    name, reason = keyring_state()
    if reason:
        raise MissingCredential(
            f"{option}: the keyring{f' ({name})' if name else ''}: {reason}. Give the secret as "
            "env:NAME, file:PATH or cmd:COMMAND."
        )
    try:
        return getattr(find_backend(), method)(*arguments)
    except Exception as error:
        raise MissingCredential(
            f"{option}: the keyring ({name}) fails ({type(error).__name__})."
        ) from error


def _is_locked(backend: Any) -> bool:
    """Return whether the Secret Service is locked, without asking it to unlock itself."""
    import secretstorage  # noqa: PLC0415 -- only on Linux, with such a keyring

    path = getattr(backend, "preferred_collection", _DEFAULT_COLLECTION)
    try:
        with closing(secretstorage.dbus_init()) as bus:
            return bool(secretstorage.Collection(bus, path).is_locked())
    except Exception:  # noqa: BLE001 -- of D-Bus: what cannot be asked may ask somebody
        return True


def _has_desktop() -> bool:
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
