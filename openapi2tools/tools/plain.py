"""Text of a document, with its Markdown and HTML, in; lean plain text for a model out.

Descriptions are untrusted input: whoever wrote the document wrote them. Invisible and bidirectional characters are always removed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape
from typing import Final

from openapi2tools.tools.suspicion import HIDDEN

LONGEST: Final = 4096  # characters of one description: more is a manual, and no hint
_BREAKS: Final = re.compile(r"\r\n?|[\u2028\u2029\x85]")

# --- Markdown and HTML out ----------------------------------------------------------------------------------------

_MARKS: Final = re.compile(r"[<\[\]*_`#&~|\\>\n\t]")
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
    rf"(?:(?<![^\n])|(?<=[.!?:] )|(?<=\())(?:For (?:more|further|additional) (?:information|details|info)|(?:Please )?[Ss]ee(?: also)?"
    rf"|Learn more|Read more|(?:Please )?[Rr]efer to)\b[^.\n\[]{{0,80}}{_LINK_TO}(?:(?:,|,? and|,? or)? [\"'“]?{_LINK_TO})*[\"'”]*"
    rf"(?: (?:for|in) (?:more |further )?(?:information|details|info|the docs|our docs)[^.\n\[]{{0,40}})?[\"'”]*"
    rf"(?:\.[\"'”]?(?=\s|$)|(?=\n|$))"
)
_SENDS: Final = ("For ", "See ", "see ", "earn more", "ead more", "efer to")  # every `_SEE` holds one: it is slow, and they are rare
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
    r"\*(?<![\w*\\]\*)(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])|_(?<![\w\\]_)(?=[^\s_])([^_\n]+?)(?<=[^\s_])_(?!\w)"
)
_STRUCK: Final = re.compile(r"~~(.+?)~~")
_CODE: Final = re.compile(r"(``*)(?!`)\s?(.+?)\s?(?<!`)\1(?!`)")
_ESCAPED: Final = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~])")
_BULLET: Final = re.compile(r"\n[ \t]*(?:[*+\-•]|(\d{1,2}[.)]))[ \t]+")
_PARAGRAPH: Final = re.compile(r"\n\n+")  # a literal beginning is found at once, `\n{2,}` is not; likewise for code
_NEWLINE: Final = re.compile(r"\n(?!- |\d{1,2}[.)] )")
_SPACES: Final = re.compile(r"[ \t\u00a0]{2,}|\t|\u00a0")


@lru_cache(maxsize=8192)  # documents say the same of each `page` and `pretty`
def clean(text: str, limit: int = LONGEST) -> str:
    """Give the words of a description: no HTML, no Markdown, no link targets, no invisible characters; at most `limit` characters."""
    text = text[: 4 * LONGEST]  # what is longer is cut anyway, and hostile text must not cost more
    if not text.isascii() or not text.replace("\n", "").isprintable():
        text = HIDDEN.sub("", _BREAKS.sub("\n", text) if "\r" in text or not text.isascii() else text)
    if _MARKS.search(text) or "  " in text or "---" in text or "===" in text or text[:1] in ("+", "-") or text != text.strip():
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
        text = HIDDEN.sub("", unescape(text))
    return _flowing(text)


def _without_html(text: str) -> str:
    text = _COMMENT.sub("", text)
    text = _ITEM_TAG.sub("\n- ", text)
    text = _BLOCK_TAG.sub("\n\n", text)
    return _TAG.sub("", text)


def _without_links(text: str) -> str:
    text = _IMAGE.sub("", text)
    if "](" in text or "][" in text:
        text = _SEE.sub("", text) if any(words in text for words in _SENDS) else text
        text = _LINK.sub(lambda found: found[0][1 : found[0].index("]")], text)
    return _DEFINITION.sub("", text) if "]:" in text else text


def _without_blocks(text: str) -> str:
    if "```" in text or "~~~" in text:
        text = _FENCE.sub("", text)
    if "--" in text or "==" in text or "**" in text:
        text = _RULE.sub("", text)
    for mark, pattern, instead in (
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
        text = "\n".join([line.strip(" \t") for line in text.split("\n")])
        text = _NEWLINE.sub(" ", _PARAGRAPH.sub("\0", text)).replace("\0", "\n").strip()
    return _SPACES.sub(" ", text) if "  " in text or "\t" in text or "\u00a0" in text else text


_SENTENCE_END: Final = re.compile(r"[.!?](?=\s)|\n")


def shortened(text: str, limit: int) -> str:
    """Cut a text after the last sentence, else the last word, that `limit` characters hold, and say so with an ellipsis."""
    if len(text) <= limit:
        return text
    room = text[: limit - 2]
    ends = [found.end() for found in _SENTENCE_END.finditer(room)]
    cut = ends[-1] if ends and ends[-1] > limit // 2 else room.rfind(" ")
    return room[: cut if cut > 0 else len(room)].rstrip() + " …"
