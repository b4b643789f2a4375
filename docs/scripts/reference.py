"""Write the pages of the reference from the code: library, commands, events and errors.

`python -m docs.scripts.reference` writes docs/reference/*.md; a test holds them to what it writes.
"""

from __future__ import annotations

import importlib
import inspect
import io
import json
import os
import re
from contextlib import redirect_stderr, redirect_stdout
from enum import EnumType
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docs.scripts.remedies import REMEDIES
from openapi2tools import errors
from openapi2tools.agent import events

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

DOCS = Path(__file__).parents[1]
MAX_DEFAULT_CHARS = 60
MADE = "<!-- made by docs/scripts/reference.py -->\n"
SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Example|Examples):$", re.MULTILINE)


def reference() -> dict[Path, str]:
    """Return the text of each page."""
    folder = DOCS / "reference"
    return {
        folder / "library.md": library(),
        folder / "commands.md": commands(),
        folder / "events.md": events_page(),
        folder / "errors.md": errors_page(),
        folder / "config.md": config_page(),
    }


def library() -> str:
    """Return the page of the library: each public name with its docstring."""
    page = (DOCS / "public-api.md").read_text("utf-8")
    parts = [
        "# The library\n",
        MADE,
        "[What is public](../public-api.md) has the same names on one page.\n",
    ]
    for section in page.split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        module = importlib.import_module(title.strip("`"))
        parts.append(f"## {title}\n")
        for names, about in re.findall(r"^- ((?:`\w+`,?\s*)+): (.+)$", text, re.MULTILINE):
            parts += [_entry(module, name, about) for name in re.findall(r"\w+", names)]
    return "\n".join(parts)


def _entry(module: ModuleType, name: str, about: str) -> str:
    value = getattr(module, name)
    heading = f"### {name} {{ #{module.__name__}.{name} }}\n"
    own = getattr(value, "__module__", "").startswith("openapi2tools")
    if isinstance(value, type) and issubclass(value, errors.OpenAPI2ToolsError):
        return (
            f"{heading}\n{_first_line(value)} [Errors](errors.md#{name.lower()}) has its remedy.\n"
        )
    if inspect.ismodule(value):
        return f"{heading}\n{_first_line(value)}\n"
    if not own or not callable(value) or not value.__doc__:
        return f"{heading}\n{about[0].upper()}{about[1:]}.\n"
    parts = [heading, f"```text\n{_signature(name, value)}\n```\n", docstring(value)]
    if isinstance(value, type):
        parts += [_method(value, method) for method in _methods(value)]
    return "\n".join(parts)


def _method(owner: type, name: str) -> str:
    method = inspect.getattr_static(owner, name)
    function = getattr(method, "__func__", getattr(method, "fget", method))
    lead = f"**`{_signature(f'.{name}', function, method)}`**"
    return f"{lead}\n\n{docstring(function)}"


def _methods(owner: type) -> list[str]:
    found = []
    for name, value in inspect.getmembers_static(owner):
        function = getattr(value, "__func__", getattr(value, "fget", value))
        ours = getattr(function, "__module__", "") or ""
        if (
            not name.startswith("_")
            and inspect.isfunction(function)
            and ours.startswith("openapi2")
        ):
            found.append(name)
    return [name for name in found if getattr(owner, name).__doc__]


def _signature(name: str, value: Any, method: Any = None) -> str:
    """Return a call without annotations, wrapped."""
    if isinstance(method, property):
        return name.removeprefix(".")
    if isinstance(value, EnumType):
        return f"{name}(value)"  # what Python says here is another thing in each version
    try:
        parameters = list(inspect.signature(value).parameters.values())
    except (TypeError, ValueError):
        return name
    if method is not None:
        parameters = parameters[1:]
    texts: list[str] = []
    starred = False
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            starred = True
            texts.append("*")
        starred = starred or parameter.kind is parameter.VAR_POSITIONAL
        texts.append(_parameter(parameter))
    line = f"{name}({', '.join(texts)})"
    if len(line) <= 96 or method is not None:
        return line
    return f"{name}(\n    " + ",\n    ".join(texts) + ",\n)"


def _parameter(parameter: inspect.Parameter) -> str:
    stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    if parameter.default is parameter.empty or stars:
        return f"{stars}{parameter.name}"
    default = re.sub(r"<.*>", "…", repr(parameter.default))
    return f"{parameter.name}={default if len(default) <= MAX_DEFAULT_CHARS else '…'}"


def docstring(value: object) -> str:
    """Return a docstring as Markdown."""
    text = inspect.getdoc(value) or ""
    parts = SECTION.split(text)
    lines = [_paragraphs(parts[0].strip())]
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        inner, rest = _section(body)
        if title.startswith("Example"):
            lines.append(f"```pycon\n{inner}\n```" if ">>>" in inner else f"```py\n{inner}\n```")
        elif title == "Returns":
            lines.append(f"Returns: {' '.join(inner.split())}")
        else:
            lines.append(f"{title}:\n\n{_items(inner)}")
        if rest:
            lines.append(_paragraphs(rest))
    return "\n\n".join(lines) + "\n"


def _paragraphs(text: str) -> str:
    """Return text as it is; a block that is indented stays code."""
    return text


def _section(body: str) -> tuple[str, str]:
    """Part the indented lines of a section from the text below it."""
    lines = body.strip("\n").splitlines()
    inside = list(takewhile(lambda line: not line or line.startswith(" "), lines))
    rest = "\n".join(lines[len(inside) :]).strip()
    return inspect.cleandoc("\n" + "\n".join(inside)).strip(), rest


def _items(text: str) -> str:
    """Return `name: what it is` lines as a list."""
    items: list[str] = []
    for line in text.splitlines():
        found = re.match(r"([\w*, ]+):\s+(.*)", line)
        if found:
            items.append(f"- `{found[1]}`: {found[2]}")
        elif items:
            items[-1] += f" {line.strip()}"
        else:
            items.append(f"- {line}")
    return "\n".join(items)


def _first_line(value: object) -> str:
    return (inspect.getdoc(value) or "").splitlines()[0]


def commands() -> str:
    """Return the page of the commands: the help of each."""
    parts = [
        "# The commands\n",
        MADE,
        "What `--help` shows. [The command line](../command-line.md) says what is the same everywhere.\n",
    ]
    program = help_of()
    parts.append(f"```text\n{program}\n```\n")
    for command in re.findall(r"^  ([a-z][\w-]*) +[A-Z]", program, re.MULTILINE):
        shown = help_of(command)
        parts.append(f"## {command}\n\n```text\n{shown}\n```\n")
        parts += [
            f"### {command} {inner}\n\n```text\n{help_of(command, inner)}\n```\n"
            for inner in re.findall(r"^  (\w+) {2,}\S", _commands_part(shown), re.MULTILINE)
        ]
    return "\n".join(parts)


def _commands_part(text: str) -> str:
    found = re.search(r"^Commands\n(.*?)(\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def help_of(*words: str) -> str:
    """Return what `openapi2tools WORDS --help` shows on a terminal of 100 columns."""
    from openapi2tools.cli.main import main  # noqa: PLC0415 -- reads COLUMNS when it is imported

    shown = io.StringIO()
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "100"
    try:
        with redirect_stdout(shown), redirect_stderr(shown):
            main([*words, "--help"])
    except SystemExit:
        pass
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before
    return "\n".join(line.rstrip() for line in shown.getvalue().splitlines()).strip()


def events_page() -> str:
    """Return the page of the events."""
    parts = [
        "# Events\n",
        MADE,
        "What `Agent(...).stream(question)` gives, and `run --json` writes, one a line, with its name as `event`.\n",
    ]
    parts.append("`docs/schemas/events.v1.json` is their JSON Schema.\n")
    for name in _event_names():
        event = getattr(events, name)
        parts.append(f"## {name}\n\n{docstring(event)}")
        fields = inspect.signature(event).parameters
        if fields:
            rows = "\n".join(f"| `{key}` | `{_type(field)}` |" for key, field in fields.items())
            parts.append(f"| field | type |\n|---|---|\n{rows}\n")
    return "\n".join(parts)


def _event_names() -> list[str]:
    page = (DOCS / "public-api.md").read_text("utf-8")
    line = re.search(r"^- `Event`, ((?:`\w+`,?\s*)+):", page, re.MULTILINE)
    return re.findall(r"\w+", line[1]) if line else []


def _type(parameter: inspect.Parameter) -> str:
    return str(parameter.annotation).replace("|", "\\|")


def errors_page() -> str:
    """Return the page of the errors, each with its remedy."""
    tree = (errors.__doc__ or "").split("\n\n")[2]
    parts = [
        "# Errors and what to do\n",
        MADE,
        "One class catches all that this package raises on purpose. A model's or an API's fault is no exception but a `Result` with `is_error`.\n",
    ]
    parts.append(f"```text\n{tree}\n```\n")
    for name in re.findall(
        r"(\w+)(?: {2,}|$)", tree.replace("└── ", "").replace("├── ", ""), re.MULTILINE
    ):
        error = getattr(errors, name, None)
        if isinstance(error, type):
            parts.append(f"## {name}\n\n{docstring(error)}\n**What to do.** {REMEDIES[name]}\n")
    return "\n".join(parts)


def config_page() -> str:
    """Return the page of the keys of openapi2tools.toml, from its schema."""
    schema = json.loads((DOCS / "schemas/config.v1.json").read_text("utf-8"))
    (api,) = schema["properties"]["apis"]["patternProperties"].values()
    rows = "\n".join(_keys(api, ""))
    return (
        f"# `openapi2tools.toml`\n\n{MADE}\n"
        "What may stand below `[apis.NAME]`; [saved APIs](../config.md) says what it is for. "
        "`docs/schemas/config.v1.json` is the schema, which editors take.\n\n"
        f"| key | value | meaning |\n|---|---|---|\n{rows}\n"
    )


def _keys(schema: Any, before: str) -> Iterator[str]:
    for name, value in schema["properties"].items():
        if "properties" in value:
            yield from _keys(value, f"{before}{name}.")
        else:
            yield f"| `{before}{name}` | {_values(value)} | {value.get('description', '')} |"


def _values(schema: Any) -> str:
    """Return in words which values a schema takes."""
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    kinds = {"array": "a list", "object": "a table", "string": "a text", "boolean": "true or false"}
    kind = schema.get("type")
    if kind == "array":
        return f"a list of {_values(schema['items'])}s".replace("a list of a ", "a list of ")
    return kinds.get(str(kind), "a number" if kind else "a text or a table")


def main() -> None:
    for path, text in reference().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
