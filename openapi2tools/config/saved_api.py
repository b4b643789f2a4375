"""A saved API: what `openapi2tools.toml` keeps under a name, and its ways to tools and calls."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from openapi2tools._core.slips import did_you_mean
from openapi2tools._core.urls import is_url
from openapi2tools.config.files import ConfigFile, config_files
from openapi2tools.config.settings import SETTINGS
from openapi2tools.config.trust import require_trust
from openapi2tools.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openapi2tools.call.client import Client
    from openapi2tools.call.credentials.sources import OperatorText
    from openapi2tools.model import Api, Json, JsonObject, Toolset

_PATH_KEYS: Final = ("source", "overlays", "allow_refs", "ca", "files")
"""Keys whose paths are meant from the folder of the file."""
_KEYS_OF_REFERENCES: Final = ("credentials", "headers", "source_headers")
_FILE_REFERENCE: Final = "file:"


_POLICY_FIELDS: Final = ("confirm", "reads", "unchecked", "snapshot", "pages")


@dataclass(frozen=True, slots=True)
class SavedApi:
    """What a configuration file keeps of one API.

    Attributes:
        name: What it is called.
        file: The file that it stands in.
        settings: Its settings by their full key (`tools.tags`); paths in it are absolute.
    """

    name: str
    file: ConfigFile
    settings: Mapping[str, Json] = field(repr=False)

    @property
    def source(self) -> str:
        """The address of its document, or of its saved tools."""
        return str(self.settings["source"])

    def load(self, **options: Any) -> Api:
        """Read its document.

        Args:
            options: Options of `openapi2tools.load`, which go before those of the file.
        """
        from openapi2tools.spec.load import load  # noqa: PLC0415 -- the package is read by those who read documents

        kept = self._options(overlays="overlays", address="address", allow_refs="allow_refs")
        headers = self._read_headers("source_headers")
        return load(
            self.source,
            **{"headers": headers, **kept, **self._verify(), **self._limits(), **options},
        )

    def tools(self) -> Toolset:
        """Return the tools that the file chooses of its document, or of its saved tools."""
        from openapi2tools.tools.build import build_tools  # noqa: PLC0415 -- as above
        from openapi2tools.tools.saved import holds_saved_tools, load_tools  # noqa: PLC0415 -- as above

        prefix = str(self.settings.get("tools.prefix", ""))
        if holds_saved_tools(self.source):
            tools = load_tools(self.source)
            return self.choose(tools.prefixed(prefix) if prefix else tools)
        names = self._options(**{"tools.name_length": "name_length"})
        return self.choose(build_tools(self.load(), prefix=prefix, **names))

    def choose(self, tools: Toolset) -> Toolset:
        """Return those of all its tools that the file chooses."""
        from openapi2tools.call.policy import Policy  # noqa: PLC0415 -- as above
        from openapi2tools.model import Effect  # noqa: PLC0415 -- as above

        conditions = {f"tools.{key}": key for key in ("tags", "operations", "paths", "methods")}
        with_deprecated = not self.settings.get("tools.no_deprecated")
        chosen = tools.only(**self._options(**conditions), deprecated=with_deprecated)
        if not self.settings.get("tools.read_only"):
            return chosen
        policy = Policy(**self._options(**{"policy.reads": "reads"}))
        return chosen.where(lambda tool: policy.effect(tool) is Effect.READ)

    def connect(self, tools: Toolset | None = None, **options: Any) -> Client:
        """Return a client that calls its tools, with what the file keeps for calls.

        Args:
            tools: The tools, if not all that the file chooses.
            options: Options of `openapi2tools.connect`, which go before those of the file.

        Example:
            with saved_api("bookshop").connect() as client:
                print(client.call("list_books").text)
        """
        from openapi2tools.call.connect import connect  # noqa: PLC0415 -- httpx is only for those who call
        from openapi2tools.call.policy import Policy  # noqa: PLC0415 -- likewise

        kept = self._options(
            server="server",
            server_variables="server_variables",
            timeout="timeout",
            account="account",
            arguments="arguments",
            files="files",
            cookies="cookies",
            **{
                "tools.open_body": "open_body",
                "results.max_tokens": "limit_tokens",
                "results.fields": "fields",
                "results.choose_fields": "choose_fields",
            },
        )
        policy = Policy(**self._options(**{f"policy.{key}": key for key in _POLICY_FIELDS}))
        return connect(
            self.tools() if tools is None else tools,
            **{
                "credentials": self.credentials(),
                "headers": self._read_headers("headers"),
                "policy": policy,
                **kept,
                **self._verify(),
                **options,
            },
        )

    def credentials(self) -> dict[str, OperatorText]:
        """Return its credentials, by scheme: where they are is read for each call."""
        from openapi2tools.call.credentials.sources import OperatorText  # noqa: PLC0415 -- httpx is only for those who call

        return {
            scheme: OperatorText(given if isinstance(given, str) else json.dumps(given))
            for scheme, given in self._table("credentials").items()
        }

    def _options(self, **names: str) -> dict[str, Any]:
        """Return the settings that there are, by the names of a verb's options."""
        return {option: self.settings[key] for key, option in names.items() if key in self.settings}

    def _read_headers(self, key: str) -> dict[str, str]:
        from openapi2tools.call.credentials.references import read_value  # noqa: PLC0415 -- httpx is only for those who call

        return {
            name: read_value(str(value), f"{self.name}: {key}.{name}")
            for name, value in self._table(key).items()
        }

    def _verify(self) -> dict[str, Any]:
        """Return whom to trust beside the usual authorities, where the file says so."""
        from openapi2tools.transport import trusting  # noqa: PLC0415 -- httpx is only for those who call

        authorities = self.settings.get("ca")
        return {"verify": trusting(str(authorities))} if authorities else {}

    def _limits(self) -> dict[str, Any]:
        from openapi2tools.spec.limits import Limits  # noqa: PLC0415 -- as above

        limits = {name.replace("-", "_"): value for name, value in self._table("limits").items()}
        return {"limits": Limits(**limits)} if limits else {}

    def _table(self, key: str) -> JsonObject:
        table = self.settings.get(key, {})
        return table if isinstance(table, dict) else {}


def saved_api(name: str, *, file: str | Path | None = None) -> SavedApi:
    """Return an API that was saved under a name.

    It is looked for in the project's `openapi2tools.toml`, which is the next one from the working
    directory upwards, and then in the user's own. A project's file is used once the user has agreed
    to it (`openapi2tools trust`), since it says which commands run and where credentials go.

    Args:
        name: The name.
        file: The file that it stands in, where the program knows it: what a program names is
            trusted as the program is.

    Raises:
        ConfigError: No API has that name, or its file has faults or is not trusted.

    Example:
        with saved_api("bookshop").connect() as client:
            print(client.call("list_books").text)
    """
    found = saved_apis() if file is None else apis_of(ConfigFile.read(Path(file).absolute()))
    if name not in found:
        raise ConfigError(Path(file or "openapi2tools.toml"), [_not_saved(name, list(found))])
    if file is None:
        require_trust(found[name].file)
    return found[name]


def saved_apis(folder: Path | None = None) -> dict[str, SavedApi]:
    """Return all saved APIs by name, those of the project before the user's.

    Args:
        folder: Where the project is, if not in the working directory.

    Raises:
        ConfigError: A file has faults.
    """
    found: dict[str, SavedApi] = {}
    for file in config_files(folder):
        for name, api in apis_of(file).items():
            found.setdefault(name, api)
    return found


def _not_saved(name: str, known: list[str]) -> str:
    hint = did_you_mean(name, known, min_similarity=0.5)
    hint = hint or f" Saved are: {', '.join(known) or 'none'}."
    return f"no API is saved as {name!r}.{hint}"


def apis_of(file: ConfigFile) -> dict[str, SavedApi]:
    """Return the saved APIs of a file, by name."""
    return {
        name: SavedApi(name, file, dict(_settings(api, file.path.parent)))
        for name, api in file.apis.items()
    }


def _settings(api: JsonObject, folder: Path) -> Iterator[tuple[str, Json]]:
    for setting in SETTINGS:
        value = _value_at(api, setting.path)
        if value is not None:
            yield setting.key, _as_meant_from(folder, setting.key, value)


def _value_at(api: Json, path: tuple[str, ...]) -> Json:
    for key in path:
        api = api.get(key) if isinstance(api, dict) else None
    return api


def _as_meant_from(folder: Path, key: str, value: Json) -> Json:
    """Return a value whose paths are meant from the folder of the file."""
    if key in _KEYS_OF_REFERENCES:
        return _with_absolute_references(value, folder)
    if key not in _PATH_KEYS:
        return value
    if isinstance(value, list):
        return [_absolute(each, folder) for each in value]
    return _absolute(value, folder)


def _absolute(address: str, folder: Path) -> str:
    """Return a path as it is meant from a folder; a URL is returned as it is."""
    if is_url(address):
        return address
    return str(folder / os.path.expanduser(address))  # noqa: PTH111 -- `Path` raises for an unknown user


def _with_absolute_references(value: Json, folder: Path) -> Json:
    if isinstance(value, dict):
        return {name: _with_absolute_references(each, folder) for name, each in value.items()}
    if isinstance(value, str) and value.startswith(_FILE_REFERENCE):
        return _FILE_REFERENCE + _absolute(value.removeprefix(_FILE_REFERENCE), folder)
    return value
