"""A program loads what it uses, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.loaded import loaded_modules, packages_of, rooms_of

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ["openai-responses", "openai-chat", "anthropic", "gemini", "mcp"]
PETSTORE = "specs/real/petstore-3.0.json"
SAVE = "from openapi2tools import build_tools, load, save; save(build_tools(load({!r})), {!r})"


def test_the_package_alone_loads_nothing() -> None:
    modules = loaded_modules("import openapi2tools")
    assert not packages_of(modules)
    assert not rooms_of(modules)


def test_a_document_on_disk_needs_no_http_client() -> None:
    modules = loaded_modules(f"from openapi2tools import load; load({PETSTORE!r})")
    assert packages_of(modules) <= {"orjson"}
    assert rooms_of(modules) == {"_core", "errors", "model", "spec"}


@pytest.mark.parametrize("format_", FORMATS)
def test_an_export_needs_no_caller_and_no_agent(format_: str) -> None:
    modules = loaded_modules(
        "from openapi2tools import build_tools, export, load;"
        f"export(build_tools(load({PETSTORE!r})), {format_!r})"
    )
    assert packages_of(modules) <= {"orjson"}
    assert rooms_of(modules) == {"_core", "errors", "formats", "model", "spec", "tools"}


def test_saved_tools_need_no_reader_of_documents(tmp_path: Path) -> None:
    file = str(tmp_path / "pets.tools.json")
    loaded_modules(SAVE.format(PETSTORE, file))
    modules = loaded_modules(f"from openapi2tools import load_tools; load_tools({file!r})")
    assert packages_of(modules) <= {"orjson"}
    assert rooms_of(modules) == {"_core", "errors", "model", "tools"}


def test_a_client_needs_no_agent() -> None:
    modules = loaded_modules("from openapi2tools import connect")
    assert not rooms_of(modules) & {"agent", "formats", "linting", "spec"}
    assert not packages_of(modules) & {"openai", "jsonschema_rs", "keyring", "openapi_core"}


def test_the_version_needs_no_command_line() -> None:
    modules = loaded_modules("from openapi2tools.cli.main import main; main(['--version'])")
    assert not packages_of(modules)
    assert rooms_of(modules) == {"_core", "cli", "errors"}


def test_the_help_text_imports_no_command() -> None:
    modules = loaded_modules("from openapi2tools.cli.main import main; main(['--help'])")
    assert not {one for one in modules if one.startswith("openapi2tools.cli.commands")}
    assert not packages_of(modules) & {"anyio", "httpx", "openai", "orjson"}
    assert rooms_of(modules) <= {"_core", "call", "cli", "errors", "model"}


def test_a_command_imports_its_own_module_alone() -> None:
    modules = loaded_modules("from openapi2tools.cli.main import main; main(['lint', '--help'])")
    commands = {one for one in modules if one.startswith("openapi2tools.cli.commands.")}
    assert commands == {"openapi2tools.cli.commands.lint"}


@pytest.mark.parametrize("command", [["export", PETSTORE], ["search", PETSTORE, "which pets?"]])
def test_a_command_that_calls_nobody_has_no_http_client(command: list[str]) -> None:
    modules = loaded_modules(f"from openapi2tools.cli.main import main; main({command})")
    assert not packages_of(modules) & {"anyio", "httpx", "jsonschema_rs", "openai"}
    assert not rooms_of(modules) & {"transport", "serve", "linting"}
