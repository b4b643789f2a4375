r"""Turn a description, with its Markdown and HTML, into lean plain text for a model.

A text goes through these stages. Each one is skipped when nothing in the text calls for it.

    stage           input                           output
    --------------  ------------------------------  ----------------------
    set code aside  Use `a_b_c`, *please*           Use \0 0 \0, *please*
    remove HTML     <b>One</b><br>two               One\n\ntwo
    remove links    The [docs](https://a.example)   The docs
    join lines      # Title\nOne\ntwo\n* item       Title\nOne two\n- item
    remove marks    a **bold** and ~~old~~ \_       a bold and old _
    read entities   &lt;id&gt;                      <id>
    join spaces     a   b                           a b
    restore code    Use \0 0 \0, please             Use a_b_c, please

Descriptions are untrusted input: whoever wrote the document wrote them. Invisible and
bidirectional characters are always removed. No pattern may search far for a partner that is not
there: it stops where the next one like it could begin.

Cleaning is a fifth of the work on large documents, so texts that hold no markup, which are most,
leave early, and results are cached.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape
from typing import Final

from openapi2tools.tools.text.invisible import remove_invisible

# More than this is a manual and does not help a model to choose.
MAX_DESCRIPTION_CHARS: Final = 4096

_LINE_BREAKS: Final = re.compile(r"[\r\u2028\u2029\x85](?:(?<=\r)\n)?")
_SENTENCE_END: Final = re.compile(r"[.!?](?=\s)|\n")

# Characters that may begin a line with a meaning of its own: a heading, an item, a row …
_LINE_OPENERS: Final = frozenset("#>|-=*_:+•[\\0123456789")
# Characters that markup has beyond the first character of a line.
_MARKUP: Final = b"`~<[&*_\\\n"
# Printable ASCII that is never markup: what is left of a text without it is worth a look.
_NEVER_MARKUP: Final = bytes(code for code in range(32, 127) if code not in _MARKUP)

# --- code ---

# A fenced code block (CommonMark 0.31, section 4.5). Group 2 is the code.
_CODE_FENCE: Final = re.compile(
    r"""
    ^[ \t]*
    (`{3,}+|~{3,}+)[^`\n]*+\n       # the opening fence and its info string
    (.*?)                           # the code
    (?:^[ \t]*\1[`~]*[ \t]*$|\Z)    # the closing fence, or the end of the text
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
# A code span in one line (CommonMark 0.31, section 6.1). Group 2 is the code.
_CODE_SPAN: Final = re.compile(
    r"""
    (`(?<!``)`*+)                               # a run of backticks
    ([^`\n]++(?:(?!\1(?!`))`++[^`\n]*+)*+)      # the code, with runs of another length
    \1
    """,
    re.VERBOSE,
)

# --- HTML ---

_HTML_COMMENT: Final = re.compile(
    r"""
    <!--(?:(?!<!--|-->).)*+-->
    |
    <(script|style)\b[^<>]*>
    (?:[^<]++|<(?!/?(?:script|style)\b))*+
    </\1\s*>
    """,
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
# A tag with or without attributes. Group 1 is its name, with the slash of a closing tag.
_HTML_TAG: Final = re.compile(
    r"<(/?[a-zA-Z][a-zA-Z0-9]*)(?:\s++[\w:.-]++\s*+=[^<>]*+|\s*+/?)>",
)
# Sections of documentation tools. Their opening tags look like placeholders such as `<title>`.
_SECTION_END: Final = re.compile(
    r"</(caution|danger|fullname|important|message|note|para|remarks|title|warning)>",
    re.IGNORECASE,
)
_LIST_ITEM: Final = re.compile(r"\n-\s+")
_INLINE_TAGS: Final = (
    "a abbr address area article aside b big button caption center cite code col colgroup del dfn"
    " em figcaption figure font footer header i img ins kbd li main mark nav nobr q s samp small"
    " span strike strong sub sup tt u var wbr"
)
_CELL_TAGS: Final = "summary tbody td tfoot th thead"
_BLOCK_TAGS: Final = (
    "blockquote br dd details div dl dt h1 h2 h3 h4 h5 h6 hr ol p pre section table tr ul"
)


def _tag_replacements() -> dict[str, str]:
    """Return what stands in place of each opening and closing tag."""
    replacements = {}
    for names, replacement in ((_INLINE_TAGS, ""), (_CELL_TAGS, " "), (_BLOCK_TAGS, "\n\n")):
        for name in names.split():
            replacements[name] = replacement
            replacements["/" + name] = replacement
    replacements["li"] = "\n- "
    return replacements


_TAG_REPLACEMENTS: Final = _tag_replacements()

# --- links: parts of verbose patterns ---

# The text of a link, which may hold one level of brackets.
_LINK_TEXT: Final = r"[^\[\]]*+ (?:\[[^\[\]]*+\][^\[\]]*+)*+"
# In parentheses behind brackets but no target: a word, as in `[0,1](inclusive)`, or a regular
# expression, as in `[a-z]([a-z]*)`.
_NO_TARGET: Final = r"(?! (?:[a-z]++ | [^()/.#:?\s\[{|*]*+ [\[{|*] [^()/.#:?]*+) \))"
# The target of a link and its title. White space is given by its codes: a class with `\s` in it
# takes twice the time.
_LINK_TARGET: Final = rf"""
    \( {_NO_TARGET} \s*+
    (?:
        <[^<>\n]*+>
        | [^()\t-\r ]*+ (?:\([^()]*+\)[^()\t-\r ]*+)*+
    )
    \s*+
    (?:(?<=\s) ["'][^"'\n]*+["'] \s*+)?
    \)
"""
_ANY_LINK: Final = rf"\[{_LINK_TEXT}\] (?:{_LINK_TARGET} | \[[^\[\]]*\])"

# A sentence that only sends the reader elsewhere says nothing once its target is gone: for more
# information, see [the guide](https://a.example).
# Its first letter comes before what must precede it, because a pattern that begins with a
# lookbehind is tried at every character.
_POINTER_ELSEWHERE: Final = re.compile(
    rf"""
    [FLPRSrs](?=or[ ] | lease[ ] | e[aef])
    (?:(?<![^\n].) | (?<=[.!?:][ ].) | (?<=\(.))            # at the start of a sentence
    (?:
        (?<=F)or[ ](?:more|further|additional)[ ](?:information|details|info)
        | (?<=P)lease[ ](?:[Ss]ee(?:[ ]also)?|[Rr]efer[ ]to)
        | (?<=[Ss])ee(?:[ ]also)?
        | (?<=L)earn[ ]more
        | (?<=R)ead[ ]more
        | (?<=[Rr])efer[ ]to
    )\b
    [^.\n\[]{{0,80}}
    {_ANY_LINK} (?:["'”]?(?:,|,?[ \n](?:and|or))?[ \n]["'“]?{_ANY_LINK})* ["'”]*
    (?:
        [ ](?:for|in)[ ](?:more[ ]|further[ ])?
        (?:information|details|info|the[ ]docs|our[ ]docs)[^.\n\[]{{0,40}}
    )?
    ["'”]*
    (?:\.["'”]?(?=\s|$) | (?=\n|$))                         # at the end of a sentence
    """,
    re.VERBOSE,
)
_IMAGE: Final = re.compile(r"!\[[^\[\]\n]*\](?:\([^()\n]*\)|\[[^\[\]\n]*\])")
# `[text](target)` or `[[text]](target)`. The groups are the text.
_LINK: Final = re.compile(
    rf"\[ (?:\[([^\[\]]*)\] | ({_LINK_TEXT})) \] {_LINK_TARGET}",
    re.VERBOSE,
)
# `[text][label]`. The group is the text.
_REFERENCE_LINK: Final = re.compile(r"\[([^\[\]]*)\]\[[^\[\]]*\]")

# --- lines ---

# The signs of a quotation, and an alert such as `[!NOTE]`; `> 5` and `>=` are comparisons.
_QUOTE: Final = re.compile(r"(?:>(?!=|[ \t]?\d)[ \t]*)+(?:\[![A-Z]+\][ \t]*)?")
_LINE_KIND: Final = re.compile(
    r"""
    (?P<rule>
        (?:
            (?:[-=*_][ \t]*){3,}            # a thematic break or an underline
            | [|:-][|: \t-]*                # the rule of a table
            | \[[^\[\]]+\]:\s+\S.*          # a link reference definition
        )$
    )
    | (?P<heading>\#{1,6}[ \t]+)
    | (?P<row>\|)
    | (?P<number>\d{1,2}[.)][ \t])
    | (?P<item>\\?[*+\-•][ \t]+)
    """,
    re.VERBOSE,
)

# --- marks: the groups are the text inside ---

# Each mark has a pattern of its own: one that may begin with either mark is tried at every
# character.
_STRONG_STARS: Final = re.compile(
    r"\*\*(?!\s|\*\*)  ([^*\n]*+(?:\*(?!\*)[^*\n]*+)*+)  (?<=\S)\*\*",
    re.VERBOSE,
)
_STRONG_UNDERSCORES: Final = re.compile(
    r"__(?<!\w__)(?!\s|__)  ([^_\n]*+(?:_(?!_)[^_\n]*+)*+)  (?<=\S)__(?!\w)",
    re.VERBOSE,
)
_EMPHASIS_STARS: Final = re.compile(
    r"""\*(?<![\w*\\"'/]\*)(?=[^\s*.,;:)/])  ([^*\n]++)  (?<=\S)\*(?![\w*])""",
    re.VERBOSE,
)
_EMPHASIS_UNDERSCORES: Final = re.compile(
    r"""_(?<![\w\\"']_)(?=[^\s_.,;:)])  ([^_\n]++)  (?<=\S)_(?!\w)""",
    re.VERBOSE,
)
_STRUCK_THROUGH: Final = re.compile(r"~~([^~\n]++)~~")
_ESCAPED_CHARACTER: Final = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~])")


@lru_cache(maxsize=8192)  # documents repeat the texts of parameters such as `page` and `pretty`
def clean_text(text: str, max_chars: int = MAX_DESCRIPTION_CHARS) -> str:
    """Return the words of a description, without markup, link targets or invisible characters.

    The result has at most `max_chars` characters.
    """
    # The rest would be truncated anyway, and hostile text must not cost more.
    text = text[: 4 * MAX_DESCRIPTION_CHARS].strip()
    suspects = _suspect_characters(text)
    if not suspects and _has_plain_layout(text):
        return truncate(text, max_chars)  # by far the most texts: words in one line

    if suspects.translate(None, _MARKUP):
        if "\r" in text or not text.isascii():
            text = _LINE_BREAKS.sub("\n", text)
        text = remove_invisible(text)
    if "\n\n" in text and not _spans_paragraphs(text):
        paragraphs = map(_clean_paragraph, map(str.strip, text.split("\n\n")))
        plain = "\n".join(filter(None, paragraphs))
    else:
        plain = _to_plain_text(text)
    # Entities may have hidden invisible characters.
    if not plain.isascii() and plain != text:
        plain = remove_invisible(plain)
    return truncate(plain, max_chars)


def truncate(text: str, max_chars: int) -> str:
    """Shorten a text to `max_chars` at the end of a sentence, or else of a word, and add "…"."""
    if len(text) <= max_chars:
        return text
    kept = text[: max_chars - 2]
    sentence_ends = [match.end() for match in _SENTENCE_END.finditer(kept)]
    if sentence_ends and sentence_ends[-1] > max_chars // 2:
        end = sentence_ends[-1]
    else:
        end = kept.rfind(" ")
    if end > 0:
        kept = kept[:end]
    return kept.rstrip() + " …"


@lru_cache(maxsize=8192)  # the texts of many operations end with the same paragraphs
def _clean_paragraph(text: str) -> str:
    if _has_plain_layout(text) and not _suspect_characters(text):
        return text
    return _to_plain_text(text)


def _suspect_characters(text: str) -> bytes:
    """Return the characters of a text that may be markup, or invisible."""
    return text.encode("utf-8", "surrogatepass").translate(None, _NEVER_MARKUP)


def _has_plain_layout(text: str) -> bool:
    """Return whether no line mark begins a text and no spaces are doubled."""
    return text[:1] not in _LINE_OPENERS and "  " not in text


def _spans_paragraphs(text: str) -> bool:
    """Return whether markup may reach beyond a paragraph: a tag, a fence, a link definition."""
    return "<" in text or "```" in text or "~~~" in text or "]:" in text


def _to_plain_text(text: str) -> str:
    if "`" in text or "~" in text:
        return _convert_around_code(text)
    return _convert(text)


def _convert_around_code(text: str) -> str:
    """Convert the text around code, and leave the code as it is.

    A placeholder, the index of the code between two NUL characters, stands for each piece of code
    meanwhile, so that no later stage takes a mark in it for markup.
    """
    codes: list[str] = []

    def set_aside(code: str) -> str:
        codes.append(code.strip() or code)
        return f"\0{len(codes) - 1}\0"

    if "```" in text or "~~~" in text:
        text = _CODE_FENCE.sub(
            lambda match: f"\n\n{set_aside(_without_indentation(match[2]))}\n\n", text
        )
    pieces = _CODE_SPAN.split(text)  # text, backticks, code, text, backticks, code, …, text
    pieces[2::3] = [set_aside(code) for code in pieces[2::3]]
    del pieces[1::3]
    pieces = _convert("".join(pieces)).split("\0")  # text, index of code, text, …, text
    pieces[1::2] = [codes[int(index)] for index in pieces[1::2]]
    return "".join(pieces)


def _without_indentation(code: str) -> str:
    """Return code without indentation and empty lines."""
    lines = [line.strip() for line in code.split("\n") if line and not line.isspace()]
    return "\n".join(lines)


def _convert(text: str) -> str:
    """Take a text without code through all stages."""
    if "<" in text:
        text = _remove_html(text)
    if "[" in text:
        text = _remove_links(text)
    if "\n" in text or text[:1] in _LINE_OPENERS:
        text = _join_lines(text)
    text = _remove_marks(text)
    if "&" in text:
        text = unescape(text)
    if "\t" in text or "\u00a0" in text:
        text = text.replace("\t", " ").replace("\u00a0", " ")
    if "  " in text:
        text = " ".join(filter(None, text.split(" ")))
    return text.strip()


def _remove_html(text: str) -> str:
    """Remove comments and scripts, and put line breaks and spaces in place of tags."""
    if "<!" in text or "</s" in text or "</S" in text:
        text = _HTML_COMMENT.sub("", text)
    text = _HTML_TAG.sub(lambda tag: _TAG_REPLACEMENTS.get(tag[1].lower(), tag[0]), text)
    if "</" in text:
        text = _remove_section_tags(text)
    if "\n-" in text:
        text = _LIST_ITEM.sub("\n- ", text)
    return text


def _remove_section_tags(text: str) -> str:
    """Remove the tags of sections that have an end: `<title>` alone may be a placeholder."""
    closed = {name.lower() for name in _SECTION_END.findall(text)}
    return _HTML_TAG.sub(
        lambda tag: "\n\n" if tag[1].lower().lstrip("/") in closed else tag[0], text
    )


def _remove_links(text: str) -> str:
    """Remove images, link targets, and sentences that only point elsewhere."""
    if "![" in text:
        text = _IMAGE.sub("", text)
    if "](" in text:
        # words that every such sentence has, much faster to find
        if "ee " in text or "more" in text or "efer to" in text:
            text = _POINTER_ELSEWHERE.sub("", text)
        text = _keep_groups(_LINK, text)
    if "]:" in text:
        text = _keep_groups(_REFERENCE_LINK, text)
    return text


def _join_lines(text: str) -> str:
    """Join the lines of a paragraph; paragraphs, list items and rows of tables keep a line each."""
    parts: list[str] = []
    ends_block = True
    for line in map(str.strip, text.split("\n")):
        kind = ""
        if line and line[0] in _LINE_OPENERS:
            kind, line = _read_line(line)  # noqa: PLW2901 -- the line without its mark
        if line:
            separator = "\n" if ends_block or kind else " "
            parts += (separator, line)
        ends_block = not line or kind == "heading"
    return "".join(parts[1:])


def _read_line(line: str) -> tuple[str, str]:
    """Return the kind of block that a line begins, if any, and the text of the line."""
    if line[0] == ">":
        line = _QUOTE.sub("", line, 1)
    match = _LINE_KIND.match(line)
    if match is None:
        return "", line
    rest = line[match.end() :]
    match match.lastgroup:
        case "heading":
            return "heading", rest.rstrip("# \t")
        case "row":
            return "row", rest.removesuffix("|").strip()
        case "number":
            return "number", line
        case "item":
            return "item", f"- {rest}"
        case _:
            return "rule", ""


def _remove_marks(text: str) -> str:
    """Remove the marks of emphasis, and the backslashes of escaped characters."""
    if "*" in text:
        if "**" in text:
            text = _keep_groups(_STRONG_STARS, text)
        text = _keep_groups(_EMPHASIS_STARS, text)
    if "_" in text:
        if "__" in text:
            text = _keep_groups(_STRONG_UNDERSCORES, text)
        text = _keep_groups(_EMPHASIS_UNDERSCORES, text)
    if "~" in text:
        text = _keep_groups(_STRUCK_THROUGH, text)
    if "\\" in text:
        text = _keep_groups(_ESCAPED_CHARACTER, text)
    return text


def _keep_groups(pattern: re.Pattern[str], text: str) -> str:
    """Replace each match of a pattern by its groups."""
    return "".join(filter(None, pattern.split(text)))
