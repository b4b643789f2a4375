"""Find phrases that speak to a model, and not to a reader: descriptions are untrusted input.

A table pairs each pattern with the word it begins with. Most texts hold none of these words, and
then no pattern is even compiled.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from unicodedata import normalize

from openapi2tools.tools.text.invisible import remove_invisible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAX_QUOTED_CHARS: Final = 120

_ORDERS: Final = "(?:instructions?|prompts?|directions?|guidelines?|directives?)"
_EARLIER: Final = (
    "(?:previous|prior|above|earlier|preceding|foregoing|existing|system|developer|your)"
)
_EARLIER_TEXT: Final = (
    # "your previous instructions"
    rf"(?:\w+ ){{0,3}}?{_EARLIER} (?:\w+ ){{0,2}}?(?:{_ORDERS}|messages?|rules|context)"
    # "all of the instructions"
    rf"|(?:\w+ ){{0,2}}?(?:all|any|these|those) (?:the |other |of ){{0,3}}{_ORDERS}"
    # "the instructions above"
    rf"|(?:\w+ ){{0,2}}?{_ORDERS} (?:\w+ ){{0,2}}?(?:above|before|so far)"
    # "everything you were told": whatever came before
    r"|(?:everything|anything|all) (?:that )?"
    r"(?:above|before|earlier|previous|prior|you (?:were|have been|know|ve been))"
)
_MODEL: Final = (
    "(?:ai(?: assistant| agent| model)?|llm|(?:large )?language model"
    "|chat ?gpt|chatbot|claude|gemini)"
)
_COMMAND_WORD: Final = (
    "(?:always|never|please|you|must|should|shall|call|use|invoke|ignore|do|don t"
    "|before|when|first|pass|set|send)"
)
_ADDRESSED: Final = f"s?(?: ?[:,] ?{_COMMAND_WORD}| (?:must|should|shall|need))"
_CONFIDENTIAL: Final = (
    "(?:secrets?|credentials?|passwords?|keys?|tokens?|conversation|history|prompt|context)"
)
_PHRASES_BY_FIRST_WORDS: Final = (
    # (the words that a phrase may begin with, the pattern of its rest)
    ("ignore disregard forget", f" (?:{_EARLIER_TEXT})"),
    ("override bypass", rf" (?:\w+ ){{0,3}}?{_EARLIER} (?:\w+ ){{0,2}}?{_ORDERS}"),
    ("new real actual updated secret hidden", r" (?:system )?instructions? ?: ?\w+"),
    ("you", rf" are (?:now (?:\w+ ){{0,3}}?(?:assistant|agent|{_MODEL})|(?:an? )?{_MODEL})"),
    ("reveal print repeat", " (?:the |your )?(?:system|developer) prompt"),
    (
        "do don never",
        (
            r"(?: not| t)? (?:tell|inform|mention|reveal|notify|alert|ask)"
            r" (?:\w+ ){0,4}?(?:the|your) user"
        ),
    ),
    ("without", " (?:telling|informing|asking) (?:the|your) user"),
    (
        "always first must immediately",
        r" (?:call|use|invoke|run) (?:this|the) (?:\w+ )?(?:tool|function)",
    ),
    ("call use invoke run", " this (?:tool|function) (?:first|before)"),
    ("before", " (?:calling|using|invoking) (?:any |this )?(?:other )?(?:tools?|functions?)"),
    ("dear attention hey hello hi note", f"(?: to)?[ ,:]{{1,3}}(?:the )?{_MODEL}s?"),
    ("as", f" an? {_MODEL} ?,? {_COMMAND_WORD}"),
    ("llm chatgpt chatbot claude gemini", _ADDRESSED),
    ("language", f" model{_ADDRESSED}"),
    ("ai", f"(?: assistant| agent| model)?{_ADDRESSED}"),
    (
        "send forward upload exfiltrate leak",
        rf" (?:\w+ ){{0,6}}?{_CONFIDENTIAL} (?:\w+ ){{0,3}}?(?:to|at) (?:https?|\S+@)",
    ),
)
_PHRASES: Final = tuple(
    (f" {word}", rf" {word}(?:{rest})\b")
    for words, rest in _PHRASES_BY_FIRST_WORDS
    for word in words.split()
)
"""The patterns of phrases, each behind the text that must be there for it to match."""
_CONVERSATION_MARKS: Final = (
    ("<|", r"<\|(?:im_start|start_header_id|begin_of_text|start|system|user|assistant)\|>"),
    ("inst]", r"\[/?inst\]"),
    ("sys>>", "<</?sys>>"),
    (">", "</?(?:system|assistant|instructions?|tool_call|function_call|think)>"),
    ("system", r"(?m)^[ \t]*(?:\#{2,}[ \t]*system[ \t]*:?[ \t]*$|system[ \t]*:\s)"),
    ("assistant", r"(?m)^[ \t]*(?:\#{2,}[ \t]*assistant[ \t]*:?[ \t]*$|assistant[ \t]*:\s)"),
    ("instruction", r"(?m)^[ \t]*\#{2,}[ \t]*instructions?[ \t]*:?[ \t]*$"),
)
"""The marks of a conversation, which have no part in a description."""
_BETWEEN_WORDS: Final = re.compile(r"(?:[^\w.:,;!?/@+-]|_)+")
_CAMEL_CASE_BOUNDARY: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def phrases_for_models(text: str) -> tuple[str, ...]:
    """Quote, in lower case, what in a text or a name speaks to a model rather than to a reader.

    An example is `ignore previous instructions`.
    """
    if not text.isascii():
        text = normalize("NFKC", remove_invisible(text))
    if " " not in text:  # a name
        text = _CAMEL_CASE_BOUNDARY.sub(" ", text).replace("-", " ")
    has_important_tag = "<IMPORTANT>" in text  # in lower case it is a tag of AWS's documents
    text = text.lower()
    words = " " + _BETWEEN_WORDS.sub(" ", text)
    found = [*_search(words, _PHRASES), *_search(text, _CONVERSATION_MARKS)]
    if has_important_tag:
        found.append("<important>")
    quoted = (" ".join(phrase.split())[:_MAX_QUOTED_CHARS] for phrase in found)
    return tuple(dict.fromkeys(quoted))


def _search(text: str, patterns: Iterable[tuple[str, str]]) -> Iterator[str]:
    for needle, pattern in patterns:
        if needle in text:
            for match in re.finditer(pattern, text):
                yield match[0]
