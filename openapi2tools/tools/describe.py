"""Text of a document in; lean plain text for a model out, and what in that text deserves a warning.

Descriptions are untrusted input: whoever wrote the document wrote them. Invisible and bidirectional characters are always removed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape
from typing import TYPE_CHECKING, Final
from unicodedata import category
from unicodedata import name as character_name

if TYPE_CHECKING:
    from openapi2tools.model import Json, Operation, Response

LONGEST: Final = 4096  # characters of one description: more is a manual, and no hint
_CONTROL: Final = "".join(map(chr, (*range(9), 11, 12, *range(14, 32), *range(127, 160))))
_HIDDEN: Final = re.compile(
    f"[{_CONTROL}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_BREAKS: Final = re.compile(r"\r\n?|[\u2028\u2029\x85]")

# --- Markdown and HTML out ----------------------------------------------------------------------------------------

_MARKS: Final = re.compile(r"[<\[\]*_`#&~|\\>]|\n|  |\t|---|===|^[ +-]|\s$")
_TAGS: Final = (
    "a abbr address area article aside b big blockquote br button caption center cite code col colgroup dd del details dfn div dl dt em"
    " figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav nobr ol p pre q s samp section"
    " small span strike strong sub summary sup table tbody td tfoot th thead tr tt u ul var wbr"
)
_TAG: Final = re.compile(rf"</?(?:{'|'.join(sorted(_TAGS.split(), key=len, reverse=True))})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BLOCK_TAG: Final = re.compile(r"</?(?:p|div|br|ul|ol|table|tr|h[1-6]|blockquote|pre|dl|dt|dd|section)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_ITEM_TAG: Final = re.compile(r"\s*<li(?:\s[^<>]*)?>\s*", re.IGNORECASE)
_COMMENT: Final = re.compile(r"<!--.*?-->|<(script|style)\b[^>]*>.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_LINK_TO: Final = r"\[[^\[\]\n]*\](?:\([^()\s]*(?:\([^()]*\)[^()\s]*)*(?:\s+[\"'][^\"'\n]*[\"'])?\)|\[[^\[\]\n]*\])"
_SEE: Final = re.compile(  # with its target gone, a sentence that only sends the reader elsewhere says nothing
    rf"(?<![^\s.(])(?:For (?:more|further|additional) (?:information|details|info)|(?:Please )?[Ss]ee(?: also)?|Learn more|Read more"
    rf"|(?:Please )?[Rr]efer to)\b[^.\n\[]{{0,80}}{_LINK_TO}(?:(?:,|,? and|,? or)? [\"'“]?{_LINK_TO})*[\"'”]*"
    rf"(?: (?:for|in) (?:more |further )?(?:information|details|info|the docs|our docs)[^.\n\[]{{0,40}})?[\"'”]*(?:\.[\"'”]?(?=\s|$)|(?=\n|$))"
)
_IMAGE: Final = re.compile(r"!\[([^\]\n]*)\](?:\([^()\n]*\)|\[[^\]\n]*\])")
_LINK: Final = re.compile(rf"{_LINK_TO}")
_DEFINITION: Final = re.compile(r"^ {0,3}\[[^\]\n]+\]:\s+\S+.*$", re.MULTILINE)
_RULE: Final = re.compile(r"^[ \t]*(?:[-=*_][ \t]*){3,}$|^[ \t]*[|:-][|: \t-]*$", re.MULTILINE)
_FENCE: Final = re.compile(r"^[ \t]*(?:```+|~~~+).*$", re.MULTILINE)
_HEADING: Final = re.compile(r"^[ \t]*#{1,6}[ \t]+(.*?)[ \t#]*$", re.MULTILINE)
_QUOTE: Final = re.compile(r"^[ \t]*>[ \t]?(?:\[![A-Z]+\][ \t]*)?", re.MULTILINE)
_ROW: Final = re.compile(r"^[ \t]*\|(.*?)\|?[ \t]*$", re.MULTILINE)
_STRONG: Final = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", re.DOTALL)
_EMPHASIS: Final = re.compile(
    r"(?<![\w*\\])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])|(?<![\w\\])_(?=[^\s_])([^_\n]+?)(?<=[^\s_])_(?!\w)"
)
_STRUCK: Final = re.compile(r"~~(.+?)~~")
_CODE: Final = re.compile(r"(`+)(?!`)\s?(.+?)\s?(?<!`)\1(?!`)")
_ESCAPED: Final = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~])")
_BULLET: Final = re.compile(r"\n[ \t]*(?:[*+\-•]|(\d{1,2}[.)]))[ \t]+")
_PARAGRAPH: Final = re.compile(r"[ \t]*\n(?:[ \t]*\n)+[ \t]*")
_NEWLINE: Final = re.compile(r"[ \t]*\n(?!- |\d{1,2}[.)] |\n)[ \t]*")
_SPACES: Final = re.compile(r"[ \t\u00a0]{2,}|\t|\u00a0")


@lru_cache(maxsize=8192)  # documents say the same of each `page` and `pretty`
def clean(text: str, limit: int = LONGEST) -> str:
    """Give the words of a description: no HTML, no Markdown, no link targets, no invisible characters; at most `limit` characters."""
    text = text[: 4 * LONGEST]  # what is longer is cut anyway, and hostile text must not cost more
    if not text.isascii() or not text.isprintable():
        text = _HIDDEN.sub("", _BREAKS.sub("\n", text))
    if _MARKS.search(text):
        text = _plain(text)
    return shortened(text, limit)


def _plain(text: str) -> str:
    if "<" in text:
        text = _without_html(text)
    if "[" in text:
        text = _without_links(text)
    if "\n" in text or "#" in text or ">" in text:
        text = _without_blocks(text)
    text = _without_marks(text)
    if "&" in text:
        text = _HIDDEN.sub("", unescape(text))
    return _flowing(text)


def _without_html(text: str) -> str:
    text = _COMMENT.sub("", text)
    text = _ITEM_TAG.sub("\n- ", text)
    text = _BLOCK_TAG.sub("\n\n", text)
    return _TAG.sub("", text)


def _without_links(text: str) -> str:
    text = _IMAGE.sub("", text)
    if "](" in text or "][" in text:
        text = _SEE.sub("", text)
        text = _LINK.sub(lambda found: found[0][1 : found[0].index("]")], text)
    return _DEFINITION.sub("", text) if "]:" in text else text


def _without_blocks(text: str) -> str:
    for mark, pattern, instead in (
        ("```", _FENCE, ""),
        ("~~~", _FENCE, ""),
        ("--", _RULE, ""),
        ("==", _RULE, ""),
        ("**", _RULE, ""),
        ("#", _HEADING, r"\1"),
        (">", _QUOTE, ""),
        ("|", _ROW, r"\1"),
    ):
        if mark in text:
            text = pattern.sub(instead, text)
    return text


def _without_marks(text: str) -> str:
    """Drop emphasis; what stands in backticks is code, and left as it is."""
    if "`" not in text:
        return _without_emphasis(text)
    pieces = []
    end = 0
    for code in _CODE.finditer(text):
        pieces += [_without_emphasis(text[end : code.start()]), code[2]]
        end = code.end()
    return "".join(pieces) + _without_emphasis(text[end:])


def _without_emphasis(text: str) -> str:
    if "**" in text or "__" in text:
        text = _STRONG.sub(r"\2", text)
    if "*" in text or "_" in text:
        text = _EMPHASIS.sub(lambda found: found[1] or found[2], text)
    if "~~" in text:
        text = _STRUCK.sub(r"\1", text)
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def _flowing(text: str) -> str:
    """Let lines flow into paragraphs; paragraphs and list items keep a line of their own."""
    text = text.strip()
    if "\n" in text:
        text = _BULLET.sub(lambda found: f"\n{found[1] or '-'} ", "\n" + text)
        text = _PARAGRAPH.sub("\n\n", text)
        text = _NEWLINE.sub(" ", text.replace("\n\n", "\0")).replace("\0", "\n").strip()
    return _SPACES.sub(" ", text)


_SENTENCE_END: Final = re.compile(r"[.!?](?=\s)|\n")


def shortened(text: str, limit: int) -> str:
    """Cut a text after the last sentence, else the last word, that `limit` characters hold, and say so with an ellipsis."""
    if len(text) <= limit:
        return text
    room = text[: limit - 2]
    ends = [found.end() for found in _SENTENCE_END.finditer(room)]
    cut = ends[-1] if ends and ends[-1] > limit // 2 else room.rfind(" ")
    return room[: cut if cut > 0 else len(room)].rstrip() + " …"


# --- what a tool says ---------------------------------------------------------------------------------------------

_PUNCTUATION: Final = re.compile(r"[\W_]+")
_NOISE: Final = re.compile(
    r"(?:an? |the )?(?:http )?(?:\d\d\d|2xx)?[\s:.-]*(?:(?:default|empty|expected|generic|normal|success|successful|successfully|valid)[\s.]*)?"
    r"(?:accepted|completed|created|deleted|done|no content|null|ok|okay|operation|processed|query|request|response|result|returned|success"
    r"|successful|succeeded|updated|execution|api|call|\s)*[\s.!]*",
    re.IGNORECASE,
)


def same(one: str, other: str) -> bool:
    """Tell whether two texts say the same, but for case, punctuation and spaces."""
    return one == other or _letters(one) == _letters(other)


def _letters(text: str) -> str:
    return _PUNCTUATION.sub("", text).lower()


def describe(operation: Operation) -> str:
    """Say what an operation does, what it asks for and what it gives: the description of its tool. Never empty."""
    told = operation.hints.get("description")
    text = clean(told) if isinstance(told, str) else joined(clean(operation.summary), clean(operation.description))
    parts = [_sentence(text or _spoken(operation))]
    if operation.deprecated:
        parts.append("Deprecated.")
    if scopes := needed_scopes(operation):
        parts.append(f"Needs scope {scopes}.")
    if gives := returns(operation.responses):
        parts.append(f"Returns: {gives}")
    return "\n".join(parts) if len(parts) > 1 else parts[0]


def joined(first: str, second: str) -> str:
    """Join two texts about one thing, and keep only one of them where it says the other's words too."""
    if not second:
        return first
    one, two = _letters(first), _letters(second)
    if two in one:
        return first
    if two.startswith(one):
        return second
    return f"{_sentence(first)}\n{second}"


def _sentence(text: str) -> str:
    return text if not text or not text[-1].isalnum() else text + "."


def _spoken(operation: Operation) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", " ", clean(operation.id or "")).strip()
    return f"{words} ({operation.key})" if words else operation.key


def needed_scopes(operation: Operation) -> str:
    """Name the OAuth scopes of an operation: alternatives are joined by `or`; empty when there is a way without."""
    ways = {" and ".join(dict.fromkeys(scope for scopes in need.values() for scope in scopes)): None for need in operation.security}
    return "" if "" in ways else " or ".join(map(clean, ways))


def returns(responses: tuple[Response, ...]) -> str:
    """Say in one line what a call gives when it goes well; empty when the document only says that it went well."""
    response = success(responses)
    if response is None:
        return ""
    text = clean(response.description, 300).replace("\n", " ")
    if text and not _NOISE.fullmatch(text):
        return _sentence(text)
    return _sentence(_kind(next((media.schema for media in response.content if media.schema), None)))


def success(responses: tuple[Response, ...]) -> Response | None:
    """Find the response of a call that goes well: the lowest 2xx that has content, else the lowest 2xx, else `default`."""
    good = sorted((r for r in responses if r.status[:1] == "2"), key=lambda r: (not r.content, r.status.upper()))
    return next(iter(good), None) or next((r for r in responses if r.status == "default" and r.content), None)


def _kind(schema: Json) -> str:
    """Name the component that a response is made of, from its reference alone: following it would cost more than it tells."""
    if not isinstance(schema, dict):
        return ""
    if isinstance(schema.get("$ref"), str):
        return re.sub(r"[^\w.\- ]", "", schema["$ref"].rpartition("/")[2])
    items = _kind(schema.get("items"))
    return f"list of {items}" if items else ""


# --- what deserves a warning --------------------------------------------------------------------------------------


def hidden_characters(text: str) -> tuple[str, ...]:
    """Name the characters that a reader cannot see, or that turn the order of what he sees: `U+202E RIGHT-TO-LEFT OVERRIDE`."""
    if text.isascii() and text.isprintable():
        return ()
    return tuple(f"U+{ord(c):04X} {character_name(c, category(c))}" for c in dict.fromkeys(_HIDDEN.findall(text)))


_SPEAKS: Final = re.compile(
    r"""
    \b(?:ignore|disregard|forget|override|bypass)\s+(?:\w+\s+){0,3}?(?:previous|prior|above|earlier|preceding|other|existing|system|your)\s+
        (?:\w+\s+){0,2}?(?:instructions?|prompts?|messages?|rules?|context|directions?|guidelines?|commands?|tools?)
  | \b(?:new|real|actual|updated|secret|hidden)\s+(?:system\s+)?instructions?\s*:
  | \byou\s+are\s+(?:now\s+)?(?:an?\s+|the\s+)?(?:\w+\s+){0,2}?(?:ai|assistant|agent|chatbot|language\s+model|llm|chatgpt|gpt|claude|gemini)\b
  | \b(?:system|developer)\s+prompt\b
  | \b(?:do\s+not|don't|never|without)\s+(?:tell|telling|inform|informing|mention|mentioning|reveal|revealing|notify|notifying|alert|ask|asking)
        \s+(?:\w+\s+){0,4}?(?:the\s+)?user\b
  | \b(?:always|first|must|immediately)\s+(?:call|use|invoke|run)\s+(?:this|the)\s+(?:\w+\s+)?(?:tool|function)\b
  | \bbefore\s+(?:calling|using|invoking)\s+(?:any\s+)?(?:other\s+)?(?:tools?|functions?)\b
  | \b(?:dear|attention|note\s+to|hey|hello|hi)[\s,]+(?:ai|llm|assistant|model|agent|chatgpt|claude)\b
  | \bas\s+an\s+(?:ai|llm)\b | \bai\s+(?:assistants?|agents?|models?)\s+(?:must|should|shall|need)\b
  | \b(?:send|post|forward|upload|exfiltrate|leak)\s+(?:\w+\s+){0,5}?(?:secrets?|credentials?|passwords?|api\s*keys?|conversation|chat\s+history|system\s+prompt)
        \s+(?:\w+\s+){0,3}?(?:to|at)\b
  | <\|[a-z_]{2,30}\|> | \[/?INST\] | <</?SYS>> | </?(?:system|assistant|instructions?|important|tool_call|function_call|think)>
  | ^\s*\#{2,}\s*(?:system|instruction|assistant)s?\s*:?\s*$ | ^\s*(?:system|assistant)\s*:\s
    """,
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)


def addresses_model(text: str) -> tuple[str, ...]:
    """Quote the phrases that speak to a model rather than to a reader (`ignore previous instructions`), hidden characters aside."""
    return tuple(dict.fromkeys(" ".join(found[0].split())[:120] for found in _SPEAKS.finditer(_HIDDEN.sub("", text))))
