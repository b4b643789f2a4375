"""Read typed arguments, `name=value` words and `--name value` flags, by a tool's schema.

`=` gives a text, which is read by the schema's type; `:=` gives JSON; `@` names a file: one to send
where the schema speaks of a file, or else one that holds the value. A name that is repeated makes a
list. `write_words` is the inverse.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from openapi2tools._core.json import exact_json
from openapi2tools._core.slips import did_you_mean, nearest
from openapi2tools.cli.typed.facts import SchemaFacts
from openapi2tools.cli.typed.paths import Step, Word, path_text, read_word
from openapi2tools.cli.typed.values import BOOLEANS, file_at, read_text
from openapi2tools.model import ABSENT
from openapi2tools.tools.text.sentences import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from openapi2tools.model import Json, JsonObject, Tool

_FORMS: Final = "name=text, name:=JSON or name@FILE"
_MAX_LISTED: Final = 12


class WrongWord(ValueError):
    """A typed argument cannot be read; the message says why, and what to write."""


def read_words(
    tool: Tool,
    words: Sequence[str],
    *,
    given: Mapping[str, Json] | None = None,
    options: Collection[str] = (),
    read_file: Callable[[str], bytes] | None = None,
) -> JsonObject:
    """Return the arguments that are typed, beside those that are given already.

    Args:
        tool: The tool whose schema says what a text means.
        words: `name=value` words and `--name value` flags, as a shell splits them.
        given: Arguments from elsewhere; what is typed goes before them.
        options: The options of the command, of which one may have been meant.
        read_file: What reads a file; the disk, unless another is given.

    Raises:
        WrongWord: A word is no argument, is given twice, or cannot be read.

    Example:
        read_words(tool, ["city=Paris", "limit=5", "--tag", "a", "--tag", "b"])
    """
    reader = _WordReader(tool, options, read_file or _read_disk)
    for word, value in reader.read(words):
        reader.put(word, value)
    return _merged(given or {}, reader.arguments)


def names_of(tool: Tool) -> dict[str, tuple[str, ...]]:
    """Return the path of each name that an argument has: its own, or that on the wire.

    The fields of a body that is an argument of its own are there, too.
    """
    facts = SchemaFacts.of(tool)
    names: dict[str, tuple[str, ...]] = {
        name: ("body", name) for name in facts.member("body").properties
    }
    for binding in tool.bindings:
        wire_name = binding.name.removeprefix("/") if binding.location == "body" else binding.name
        if wire_name and binding.argument[0] in facts.properties:
            names[wire_name] = (binding.argument[0],)
    return names | {name: (name,) for name in facts.properties}


class _WordReader:
    """Reads words of one tool, and puts their values together."""

    def __init__(
        self, tool: Tool, options: Collection[str], read_file: Callable[[str], bytes]
    ) -> None:
        self.arguments: JsonObject = {}
        self._tool = tool
        self._facts = SchemaFacts.of(tool)
        self._names = names_of(tool)
        self._options = options
        self._read_file = read_file

    def read(self, words: Sequence[str]) -> list[tuple[Word, Json]]:
        """Return the words, with the value of each."""
        read: list[tuple[Word, Json]] = []
        waiting = list(words)
        while waiting:
            text = waiting.pop(0)
            if text.startswith("--"):
                word, value = self._flag(text[2:], waiting)
            else:
                word = self._word(text, len(words) - len(waiting))
                value = self._value(word)
            read.append((word, value))
        return read

    def _word(self, text: str, number: int) -> Word:
        word = read_word(text, self._facts, self._names)
        if word is None or not word.operator:  # it is not repeated: it may be a secret
            raise WrongWord(f"word {number} of the arguments has no name: write {_FORMS}.")
        self._require_known(word, number)
        return word

    def _require_known(self, word: Word, number: int) -> None:
        """Refuse a name that no argument has, unless fields may be added."""
        name = str(word.path[0])
        if self._is_known(name) or self._tool.body_open:
            return
        unused = [other for other in self._names if other not in self.arguments]
        advice = did_you_mean(name, unused) or self._list_of(unused)
        is_secret = not advice.startswith(" Did") and not word.text.strip("=")  # a token in base64
        shown = f"word {number}" if is_secret else name
        raise WrongWord(f"{shown}: there is no such argument.{advice}")

    def _is_known(self, name: str) -> bool:
        return name in self._facts.properties or name in self._names

    def _list_of(self, names: Sequence[str]) -> str:
        if not names:
            return f" {self._tool.name} takes none."
        return f" There {'is' if len(names) == 1 else 'are'} {listed(names, _MAX_LISTED)}."

    def _flag(self, text: str, waiting: list[str]) -> tuple[Word, Json]:
        """Read `name`, `name=value` or `no-name` after two dashes; its value may be the next."""
        word = read_word(text, self._facts, self._names)
        name = str(word.path[0]) if word else text.partition("=")[0]
        if word is None or not (self._is_known(name) or self._tool.body_open):
            positive = self._negated(text)
            if positive is not None:
                return positive, False
            raise self._unknown_flag(name)
        if word.operator:
            return word, self._value(word)
        facts = self._facts.at(word.path)
        if "boolean" in facts.types and not facts.takes_text:
            is_given = bool(waiting) and waiting[0].lower() in BOOLEANS
            return word, BOOLEANS[waiting.pop(0).lower()] if is_given else True
        if not waiting:
            raise WrongWord(f"--{text} needs a value: --{text} VALUE, or {text}=VALUE.")
        word = Word(word.path, "=", waiting.pop(0))
        return word, self._value(word)

    def _negated(self, text: str) -> Word | None:
        """Return the boolean argument that `no-name` says no to."""
        if not text.startswith("no-"):
            return None
        word = read_word(text[3:], self._facts, self._names)
        is_flag = word is not None and not word.operator and self._is_known(str(word.path[0]))
        return word if word and is_flag and "boolean" in self._facts.at(word.path).types else None

    def _unknown_flag(self, name: str) -> WrongWord:
        known = [*self._options, *(f"--{other}" for other in self._names)]
        meant = nearest(f"--{name}", known)
        advice = f" Did you mean {meant}?" if meant else self._list_of(list(self._names))
        return WrongWord(
            f"--{name}: there is no such option, and no such argument of {self._tool.name}.{advice}"
        )

    def _value(self, word: Word) -> Json:
        facts = self._facts.at(word.path)
        if word.operator == ":=":
            return _read_json(word)
        if word.operator == "@":
            return self._file(word, facts)
        return read_text(word.text, facts)

    def _file(self, word: Word, facts: SchemaFacts) -> Json:
        """Return the file to send, or the value that a file holds."""
        if facts.is_file:
            return file_at(word.text)
        if facts.is_list and facts.member(0).is_file:
            return [file_at(word.text)]
        shown = f"{path_text(word.path)}@{word.text}"
        try:
            text = self._read_file(word.text).decode("utf-8-sig")
        except OSError as error:
            raise WrongWord(f"{shown}: the file cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise WrongWord(f"{shown}: the file is no text in UTF-8.") from None
        return read_text(text, facts)

    def put(self, word: Word, value: Json) -> None:
        """Put a value where its word says."""
        holder: Json = self.arguments
        for index, step in enumerate(word.path[:-1]):
            inner = _get(holder, step)
            if inner is ABSENT:
                inner = [] if isinstance(word.path[index + 1], int) else {}
                _set(holder, step, inner, word.path[: index + 1])
            holder = inner
        before = _get(holder, word.path[-1])
        if before is not ABSENT:
            value = self._together(word.path, before, value)
        _set(holder, word.path[-1], value, word.path)

    def _together(self, path: tuple[Step, ...], before: Json, value: Json) -> Json:
        """Return the values of an argument that is repeated."""
        facts = self._facts.at(path)
        if facts.types and not facts.is_list:
            raise WrongWord(f"{path_text(path)}: is given twice, and takes one value.")
        return _as_list(before) + _as_list(value)


def _read_disk(path: str) -> bytes:
    return Path(path).expanduser().read_bytes()


def _read_json(word: Word) -> Json:
    try:
        return exact_json.loads(word.text)
    except ValueError:
        name = path_text(word.path)
        raise WrongWord(f"{name}:= takes JSON, and this is none; a text is {name}=TEXT.") from None
    except RecursionError:
        raise WrongWord(f"{path_text(word.path)}:= is nested too deeply.") from None


def _as_list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _get(holder: Json, step: Step) -> Json:
    if isinstance(holder, dict) and step in holder:
        return holder[step]
    is_there = isinstance(holder, list) and isinstance(step, int) and step < len(holder)
    return holder[step] if is_there else ABSENT


def _set(holder: Json, step: Step, value: Json, path: tuple[Step, ...]) -> None:
    if isinstance(holder, dict) and isinstance(step, str):
        holder[step] = value
    elif isinstance(holder, list) and isinstance(step, int) and step <= len(holder):
        holder[step : step + 1] = [value]
    elif isinstance(holder, list) and isinstance(step, int):
        text = path_text((*path[:-1], len(holder)))
        raise WrongWord(f"{path_text(path)}: {text} comes first.")
    else:
        whole, kinds = path_text(path[:-1]), "a name" if isinstance(step, str) else "an index"
        raise WrongWord(f"{path_text(path)}: {whole} has another value, without {kinds} in it.")


def _merged(first: Mapping[str, Json], second: Mapping[str, Json]) -> JsonObject:
    """Return both objects as one, the second before the first, at every level."""
    merged = dict(first)
    for name, value in second.items():
        inner = merged.get(name)
        if isinstance(inner, dict) and isinstance(value, dict):
            merged[name] = _merged(inner, value)
        else:
            merged[name] = value
    return merged
