"""Text of a document in; what in it deserves a warning, for a model will read it, out: what nobody sees, and what speaks to a model."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import category
from unicodedata import name as character_name

_CONTROL: Final = "".join(map(chr, (*range(9), 11, 12, *range(14, 32), *range(127, 160))))
HIDDEN: Final = re.compile(
    f"[{_CONTROL}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufe00-\ufe0e\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ufe0f](?<!\ufe0f(?!\ufe0f))"
)
"""One U+FE0F makes an emoji of a sign; every other variation selector, and a row of them, only carries what nobody sees."""


def hidden_characters(text: str) -> tuple[str, ...]:
    """Name the characters that a reader cannot see, or that turn the order of what he sees: `U+202E RIGHT-TO-LEFT OVERRIDE`."""
    if text.isascii() and text.isprintable():
        return ()
    return tuple(f"U+{ord(c):04X} {character_name(c, category(c))}" for c in dict.fromkeys(HIDDEN.findall(text)))


_SPEAKS: Final = re.compile(
    r"""
    \b(?:ignore|disregard|forget|override|bypass)\s+(?:\w+\s+){0,3}?(?:previous|prior|above|earlier|preceding|other|existing|system|your)\s+
        (?:\w+\s+){0,2}?(?:instructions?|prompts?|messages?|rules?|context|directions?|guidelines?|tools?)
  | \b(?:new|real|actual|updated|secret|hidden)\s+(?:system\s+)?instructions?\s*:
  | \byou\s+are\s+(?:now\s+)?(?:an?\s+|the\s+)?(?:\w+\s+){0,2}?(?:ai|assistant|agent|chatbot|language\s+model|llm|chatgpt|claude|gemini)\b
  | \b(?:system|developer)\s+prompt\b
  | \b(?:do\s+not|don't|never|without)\s+(?:tell|inform|mention|reveal|notify|alert|ask)(?:ing)?
        \s+(?:\w+\s+){0,4}?(?:the\s+)?user\b
  | \b(?:always|first|must|immediately)\s+(?:call|use|invoke|run)\s+(?:this|the)\s+(?:\w+\s+)?(?:tool|function)\b
  | \bbefore\s+(?:calling|using|invoking)\s+(?:any\s+)?(?:other\s+)?(?:tools?|functions?)\b
  | \b(?:dear|attention|note\s+to|hey|hello|hi)[\s,]+(?:ai|llm|assistant|model|agent|chatgpt|claude)\b
  | \bas\s+an\s+(?:ai|llm)\b | \bai\s+(?:assistants?|agents?|models?)\s+(?:must|should|shall|need)\b
  | \b(?:send|post|forward|upload|exfiltrate|leak)\s+(?:\w+\s+){0,5}?(?:secrets?|credentials?|passwords?|keys?|conversation|history|prompt)
        \s+(?:\w+\s+){0,3}?(?:to|at)\b
  | <\|[a-z_]{2,30}\|> | \[/?INST\] | <</?SYS>> | </?(?:system|assistant|instructions?|important|tool_call|function_call|think)>
  | ^[ \t]*\#{2,}[ \t]*(?:system|instruction|assistant)s?[ \t]*:?[ \t]*$ | ^[ \t]*(?:system|assistant)[ \t]*:\s
    """,
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)


def addresses_model(text: str) -> tuple[str, ...]:
    """Quote the phrases that speak to a model rather than to a reader (`ignore previous instructions`), hidden characters aside."""
    return tuple(dict.fromkeys(" ".join(found[0].split())[:120] for found in _SPEAKS.finditer(HIDDEN.sub("", text))))
