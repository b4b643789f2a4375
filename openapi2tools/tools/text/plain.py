"""Text of a document, with its Markdown and HTML, in; lean plain text for a model out.

Descriptions are untrusted input: whoever wrote the document wrote them. Invisible and bidirectional
characters are always removed, and no pattern may search far for a partner that is not there: it
stops where the next one like it could begin.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape
from typing import Final

from openapi2tools.tools.text.invisible import without_hidden

LONGEST: Final = 4096  # characters of one description: more is a manual, and no hint
_BREAKS: Final = re.compile(r"[\r\u2028\u2029\x85](?:(?<=\r)\n)?")

# --- Markdown and HTML out ---

_FENCE: Final = re.compile(
    r"^[ \t]*(`{3,}+|~{3,}+)[^`\n]*+\n(.*?)(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
_CODE: Final = re.compile(r"(`(?<!``)`*+)([^`\n]++(?:(?!\1(?!`))`++[^`\n]*+)*+)\1")
_COMMENT: Final = re.compile(
    r"<!--(?:(?!<!--|-->).)*+-->|<(script|style)\b[^<>]*>(?:[^<]++|<(?!/?(?:script|style)\b))*+</\1\s*>",
    re.DOTALL | re.IGNORECASE,
)
_TAG: Final = re.compile(r"<(/?[a-zA-Z][a-zA-Z0-9]*)(?:\s++[\w:.-]++\s*+=[^<>]*+|\s*+/?)>")
_SECTION_END: Final = re.compile(
    r"</(caution|danger|fullname|important|message|note|para|remarks|title|warning)>", re.IGNORECASE
)
_INSTEAD: Final = {
    slash + name: instead
    for names, instead in {
        "a abbr address area article aside b big button caption center cite code col colgroup del dfn em figcaption figure font footer"
        " header i img ins kbd li main mark nav nobr q s samp small span strike strong sub sup tt u var wbr": "",
        "summary tbody td tfoot th thead": " ",
        "blockquote br dd details div dl dt h1 h2 h3 h4 h5 h6 hr ol p pre section table tr ul": "\n\n",
    }.items()
    for name in names.split()
    for slash in ("", "/")
} | {"li": "\n- "}
_ITEM: Final = re.compile(r"\n-\s+")
_TEXT: Final = r"[^\[\]]*+(?:\[[^\[\]]*+\][^\[\]]*+)*+"
# a word and no place, `[0,1](inclusive)`, or a regular expression, `[a-z]([a-z]*)`
_NO_TARGET: Final = r"(?!(?:[a-z]++|[^()/.#:?\s\[{|*]*+[\[{|*][^()/.#:?]*+)\))"
# white space by its codes: a class with `\s` in it takes twice the time
_TARGET: Final = rf"\({_NO_TARGET}\s*+(?:<[^<>\n]*+>|[^()\t-\r ]*+(?:\([^()]*+\)[^()\t-\r ]*+)*+)\s*+(?:(?<=\s)[\"'][^\"'\n]*+[\"']\s*+)?\)"
_LINK_TO: Final = rf"\[{_TEXT}\](?:{_TARGET}|\[[^\[\]]*\])"
# with its target gone, a sentence that only sends the reader elsewhere says nothing
_SEE: Final = re.compile(
    # the letter comes before what must precede it: a pattern that begins with a lookbehind is tried
    # at every character
    r"[FLPRSrs](?=or |lease |e[aef])(?:(?<![^\n].)|(?<=[.!?:] .)|(?<=\(.))"
    r"(?:(?<=F)or (?:more|further|additional) (?:information|details|info)|(?<=P)lease (?:[Ss]ee(?: also)?|[Rr]efer to)"
    rf"|(?<=[Ss])ee(?: also)?|(?<=L)earn more|(?<=R)ead more|(?<=[Rr])efer to)\b"
    rf"[^.\n\[]{{0,80}}{_LINK_TO}(?:(?:,|,? and|,? or)? [\"'“]?{_LINK_TO})*[\"'”]*"
    rf"(?: (?:for|in) (?:more |further )?(?:information|details|info|the docs|our docs)[^.\n\[]{{0,40}})?[\"'”]*"
    rf"(?:\.[\"'”]?(?=\s|$)|(?=\n|$))"
)
_IMAGE: Final = re.compile(r"!\[[^\[\]\n]*\](?:\([^()\n]*\)|\[[^\[\]\n]*\])")
_LINK: Final = re.compile(rf"\[(?:\[([^\[\]]*)\]|({_TEXT}))\]{_TARGET}")
_REFERENCE: Final = re.compile(r"\[([^\[\]]*)\]\[[^\[\]]*\]")
_QUOTE: Final = re.compile(r"(?:>(?!=|[ \t]?\d)[ \t]*)+(?:\[![A-Z]+\][ \t]*)?")
_OPENERS: Final = frozenset("#>|-=*_:+•[\\0123456789")
_MARKUP: Final = b"`~<[&*_\\\n"  # what markup beyond the first character of a line has in it
_SILENT: Final = bytes(code for code in range(32, 127) if code not in _MARKUP)
_OPENING: Final = re.compile(
    r"(?P<rule>(?:(?:[-=*_][ \t]*){3,}|[|:-][|: \t-]*|\[[^\[\]]+\]:\s+\S.*)$)"
    r"|(?P<heading>#{1,6}[ \t]+)|(?P<row>\|)|(?P<number>\d{1,2}[.)][ \t])|(?P<item>\\?[*+\-•][ \t]+)"
)
# a pattern for each mark: one that may begin with either is tried at every character
_STRONG: Final = re.compile(r"\*\*(?!\s|\*\*)([^*\n]*+(?:\*(?!\*)[^*\n]*+)*+)(?<=\S)\*\*")
_STRONG_TOO: Final = re.compile(
    r"__(?<!\w__)(?!\s|__)([^_\n]*+(?:_(?!_)[^_\n]*+)*+)(?<=\S)__(?!\w)"
)
_EMPHASIS: Final = re.compile(r"\*(?<![\w*\\\"'/]\*)(?=[^\s*.,;:)/])([^*\n]++)(?<=\S)\*(?![\w*])")
_EMPHASIS_TOO: Final = re.compile(r"_(?<![\w\\\"']_)(?=[^\s_.,;:)])([^_\n]++)(?<=\S)_(?!\w)")
_STRUCK: Final = re.compile(r"~~([^~\n]++)~~")
_ESCAPED: Final = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~])")


@lru_cache(maxsize=8192)  # documents say the same of each `page` and `pretty`
def clean(text: str, limit: int = LONGEST) -> str:
    """Give the words of a description: no HTML, no Markdown, no link targets, no invisible characters; at most `limit` characters."""
    # what is longer is cut anyway, and hostile text must not cost more
    text = text[: 4 * LONGEST].strip()
    signs = _signs(text)
    if not signs and _is_lean(text):
        return shortened(text, limit)  # by far the most: words in one line
    if signs.translate(None, _MARKUP):
        text = without_hidden(
            _BREAKS.sub("\n", text) if "\r" in text or not text.isascii() else text
        )
    if (
        "\n\n" in text
        and "<" not in text
        and "```" not in text
        and "~~~" not in text
        and "]:" not in text
    ):
        said = "\n".join(filter(None, map(_paragraph, map(str.strip, text.split("\n\n")))))
    else:  # a tag, a fence and a definition reach beyond their paragraph
        said = _said(text)
    # what entities hid, and what came together
    return shortened(said if said.isascii() or said == text else without_hidden(said), limit)


@lru_cache(maxsize=8192)  # of operations and their parts many end on the same
def _paragraph(text: str) -> str:
    return text if _is_lean(text) and not _signs(text) else _said(text)


def _signs(text: str) -> bytes:
    """Give the characters of a text that may be markup, or invisible."""
    return text.encode("utf-8", "surrogatepass").translate(None, _SILENT)


def _is_lean(text: str) -> bool:
    return text[:1] not in _OPENERS and "  " not in text


def _said(text: str) -> str:
    return _plain(text) if "`" not in text and "~" not in text else _around_code(text)


def _around_code(text: str) -> str:
    """Make plain what stands around code: code is cut out first, and left as it is."""
    codes: list[str] = []
    if "```" in text or "~~~" in text:
        text = _FENCE.sub(lambda found: f"\n\n{_cut(_trimmed(found[2]), codes)}\n\n", text)
    pieces = _CODE.split(text)
    pieces[2::3] = [_cut(code, codes) for code in pieces[2::3]]
    del pieces[1::3]
    pieces = _plain("".join(pieces)).split("\0")
    pieces[1::2] = [codes[int(piece)] for piece in pieces[1::2]]
    return "".join(pieces)


def _cut(code: str, codes: list[str]) -> str:
    """Keep code for later, and give what stands for it: no step after this one takes a mark in it for markup."""
    codes.append(code.strip() or code)
    return f"\0{len(codes) - 1}\0"


def _trimmed(code: str) -> str:
    return "\n".join([line.strip() for line in code.split("\n") if line and not line.isspace()])


def _plain(text: str) -> str:
    if "<" in text:
        text = _without_html(text)
    if "[" in text:
        text = _without_links(text)
    text = _without_marks(_flowing(text) if "\n" in text or text[:1] in _OPENERS else text)
    if "&" in text:
        text = unescape(text)
    if "\t" in text or "\u00a0" in text:
        text = text.replace("\t", " ").replace("\u00a0", " ")
    if "  " in text:
        text = " ".join(filter(None, text.split(" ")))
    return text.strip()


def _without_html(text: str) -> str:
    if "<!" in text or "</s" in text or "</S" in text:
        text = _COMMENT.sub("", text)
    text = _TAG.sub(lambda found: _INSTEAD.get(found[1].lower(), found[0]), text)
    if "</" in text:  # `<title>` alone may be a place to fill in
        ended = set(map(str.lower, _SECTION_END.findall(text)))
        text = _TAG.sub(
            lambda found: "\n\n" if found[1].lower().lstrip("/") in ended else found[0], text
        )
    return _ITEM.sub("\n- ", text) if "\n-" in text else text


def _without_links(text: str) -> str:
    if "![" in text:
        text = _IMAGE.sub("", text)
    if "](" in text:
        if "ee " in text or "more" in text or "efer to" in text:
            text = _SEE.sub("", text)
        text = _unmarked(_LINK, text)
    return _unmarked(_REFERENCE, text) if "]:" in text else text


def _flowing(text: str) -> str:
    """Let lines flow into paragraphs; paragraphs, list items and rows of tables keep a line of their own."""
    flowing: list[str] = []
    apart = True
    for line in map(str.strip, text.split("\n")):
        kind, said = _opened(line) if line and line[0] in _OPENERS else ("", line)
        if said:
            flowing += ("\n" if apart or kind else " ", said)
        apart = not said or kind == "heading"
    return "".join(flowing[1:])


def _opened(line: str) -> tuple[str, str]:
    """Tell what kind of block a line begins, if any, and what the line says."""
    if line[0] == ">":
        line = _QUOTE.sub("", line, 1)
    found = _OPENING.match(line)
    if not found:
        return "", line
    kind, rest = found.lastgroup or "", line[found.end() :]
    if kind == "heading":
        return kind, rest.rstrip("# \t")
    if kind == "row":
        return kind, rest.removesuffix("|").strip()
    return kind, line if kind == "number" else f"- {rest}" if kind == "item" else ""


def _without_marks(text: str) -> str:
    if "*" in text:
        text = _unmarked(_EMPHASIS, _unmarked(_STRONG, text) if "**" in text else text)
    if "_" in text:
        text = _unmarked(_EMPHASIS_TOO, _unmarked(_STRONG_TOO, text) if "__" in text else text)
    if "~" in text:
        text = _unmarked(_STRUCK, text)
    return _unmarked(_ESCAPED, text) if "\\" in text else text


def _unmarked(pattern: re.Pattern[str], text: str) -> str:
    """Leave of all that a pattern finds only its groups."""
    return "".join(filter(None, pattern.split(text)))


_SENTENCE_END: Final = re.compile(r"[.!?](?=\s)|\n")


def shortened(text: str, limit: int) -> str:
    """Cut a text after the last sentence, else the last word, that `limit` characters hold, and say so with an ellipsis."""
    if len(text) <= limit:
        return text
    room = text[: limit - 2]
    ends = [found.end() for found in _SENTENCE_END.finditer(room)]
    cut = ends[-1] if ends and ends[-1] > limit // 2 else room.rfind(" ")
    return room[: cut if cut > 0 else len(room)].rstrip() + " …"
