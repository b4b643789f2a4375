"""Text of a document in; what in it speaks to a model, and not to a reader, out: descriptions are untrusted input."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import normalize

from openapi2tools.tools.text.invisible import remove_invisible

_ORDERS: Final = "(?:instructions?|prompts?|directions?|guidelines?|directives?)"
_EARLIER: Final = (
    "(?:previous|prior|above|earlier|preceding|foregoing|existing|system|developer|your)"
)
_FORGET: Final = (
    rf"(?:\w+ ){{0,3}}?{_EARLIER} (?:\w+ ){{0,2}}?(?:{_ORDERS}|messages?|rules|context)"
    rf"|(?:\w+ ){{0,2}}?(?:all|any|these|those) (?:the |other |of ){{0,3}}{_ORDERS}"
    rf"|(?:\w+ ){{0,2}}?{_ORDERS} (?:\w+ ){{0,2}}?(?:above|before|so far)"
    r"|(?:everything|anything|all) (?:that )?(?:above|before|earlier|previous|prior|you (?:were|have been|know|ve been))"
)
_MODEL: Final = "(?:ai(?: assistant| agent| model)?|llm|(?:large )?language model|chat ?gpt|chatbot|claude|gemini)"
_MUST: Final = "(?:always|never|please|you|must|should|shall|call|use|invoke|ignore|do|don t|before|when|first|pass|set|send)"
_CALLED: Final = f"s?(?: ?[:,] ?{_MUST}| (?:must|should|shall|need))"
_WITHHELD: Final = (
    "(?:secrets?|credentials?|passwords?|keys?|tokens?|conversation|history|prompt|context)"
)
_PHRASES: Final = tuple(
    (f" {word}", rf" {word}(?:{rest})\b")
    for words, rest in (
        ("ignore disregard forget", f" (?:{_FORGET})"),
        ("override bypass", rf" (?:\w+ ){{0,3}}?{_EARLIER} (?:\w+ ){{0,2}}?{_ORDERS}"),
        ("new real actual updated secret hidden", r" (?:system )?instructions? ?: ?\w+"),
        ("you", rf" are (?:now (?:\w+ ){{0,3}}?(?:assistant|agent|{_MODEL})|(?:an? )?{_MODEL})"),
        ("reveal print repeat", " (?:the |your )?(?:system|developer) prompt"),
        (
            "do don never",
            r"(?: not| t)? (?:tell|inform|mention|reveal|notify|alert|ask) (?:\w+ ){0,4}?(?:the|your) user",
        ),
        ("without", " (?:telling|informing|asking) (?:the|your) user"),
        (
            "always first must immediately",
            r" (?:call|use|invoke|run) (?:this|the) (?:\w+ )?(?:tool|function)",
        ),
        ("call use invoke run", " this (?:tool|function) (?:first|before)"),
        ("before", " (?:calling|using|invoking) (?:any |this )?(?:other )?(?:tools?|functions?)"),
        ("dear attention hey hello hi note", f"(?: to)?[ ,:]{{1,3}}(?:the )?{_MODEL}s?"),
        ("as", f" an? {_MODEL} ?,? {_MUST}"),
        ("llm chatgpt chatbot claude gemini", _CALLED),
        ("language", f" model{_CALLED}"),
        ("ai", f"(?: assistant| agent| model)?{_CALLED}"),
        (
            "send forward upload exfiltrate leak",
            rf" (?:\w+ ){{0,6}}?{_WITHHELD} (?:\w+ ){{0,3}}?(?:to|at) (?:https?|\S+@)",
        ),
    )
    for word in words.split()
)
"""What speaks to a model, each behind the word it begins with: most texts hold none of these, and then no pattern is even compiled."""
_MARKS: Final = (
    ("<|", r"<\|(?:im_start|start_header_id|begin_of_text|start|system|user|assistant)\|>"),
    ("inst]", r"\[/?inst\]"),
    ("sys>>", "<</?sys>>"),
    (">", "</?(?:system|assistant|instructions?|tool_call|function_call|think)>"),
    ("system", r"(?m)^[ \t]*(?:\#{2,}[ \t]*system[ \t]*:?[ \t]*$|system[ \t]*:\s)"),
    ("assistant", r"(?m)^[ \t]*(?:\#{2,}[ \t]*assistant[ \t]*:?[ \t]*$|assistant[ \t]*:\s)"),
    ("instruction", r"(?m)^[ \t]*\#{2,}[ \t]*instructions?[ \t]*:?[ \t]*$"),
)
"""The marks of a conversation, in which a description has no part."""
_BETWEEN: Final = re.compile(r"(?:[^\w.:,;!?/@+-]|_)+")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def addresses_model(text: str) -> tuple[str, ...]:
    """Quote, in lower case, what speaks to a model rather than to a reader (`ignore previous instructions`), also in a name."""
    text = text if text.isascii() else normalize("NFKC", remove_invisible(text))
    if " " not in text:
        text = _HUMP.sub(" ", text).replace("-", " ")
    shout = "<IMPORTANT>" in text  # in lower case it is a tag of AWS's documents
    text = text.lower()
    words = " " + _BETWEEN.sub(" ", text)
    found = [
        match[0]
        for needle, pattern in _PHRASES
        if needle in words
        for match in re.finditer(pattern, words)
    ]
    found += [
        match[0]
        for needle, pattern in _MARKS
        if needle in text
        for match in re.finditer(pattern, text)
    ]
    found += ["<important>"] if shout else []
    return tuple(dict.fromkeys(" ".join(quoted.split())[:120] for quoted in found))
