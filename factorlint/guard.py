"""Why LibCST must not be given a text: measured on 1.9, it dies or hangs on some input that is rare in real code.

The worker that parses can be killed, so this is the cheap first line: one pass of a pattern over the text.
"""

from __future__ import annotations

import re

# Limits lie well under what was measured to kill (brackets: 1,180; `elif`: 8,300; `and`: 7,000 on an 8 MiB stack) or
# to take seconds (call chains: 2,000 links 6.7 s; nested sequence patterns double the time a level, 18 deep 0.5 s).
_MAX_TEXT = 4_000_000  # characters
_MAX_LINE = 1_000_000
_MAX_BRACKETS = 150
_PLAIN_LINE = 1_500
_MAX_ELIF = 800
_MAX_LINKS = 800  # links of one chain of calls, attributes or operators in one logical line
_MAX_STRINGS = 4_000  # implicitly concatenated
_MAX_PATTERN = 12  # nested brackets in a `case`

_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<text>[A-Za-z]{0,2}(?:\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
    |(?P<open>[(\[{])
    |(?P<close>[)\]}])
    |(?P<link>\)[ \t]*\.|\b(?:and|or|not|else|lambda)\b|[+\-*/%|&@]|\.[A-Za-z_])
    |(?P<elif>\belif\b)
    |(?P<case>^[ \t]*case\b)
    |(?P<line>\n)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


# What no ordinary text has, found at the speed of the pattern engine; `ast` itself refuses 200 nested brackets.
_ODD = re.compile(r"(?:[(\[{][ \t]*){12}|(?:\n[ \t]*(?:\.|[+|&-]|and\b|or\b)[^\n]*){200}|(?:\n[ \t]*[\"'][^\n]*){1000}")


def refuse(text: str, *, parsed: bool = False) -> str | None:
    """The reason not to parse TEXT with LibCST, or None. Linear in the length of the text.

    ``parsed`` says that `ast` has read it already: then only a text with something odd in it is looked at closely.
    """
    if len(text) > _MAX_TEXT:
        return f"longer than {_MAX_TEXT:,} characters"
    longest = max(map(len, text.split("\n")))
    if longest > _MAX_LINE:
        return f"a line of more than {_MAX_LINE:,} characters"
    plain = longest <= _PLAIN_LINE and text.count("elif") <= _MAX_ELIF
    if parsed and plain and not _ODD.search(text):
        return None
    return _scan(text)


def _scan(text: str) -> str | None:
    depth = 0
    counts = dict.fromkeys(("link", "text", "elif"), 0)
    pattern = False
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "open":
            depth += 1
            if depth > _MAX_BRACKETS:
                return f"more than {_MAX_BRACKETS} nested brackets"
            if pattern and depth > _MAX_PATTERN:
                return f"more than {_MAX_PATTERN} nested brackets in a pattern"
        elif kind == "close" or (kind == "link" and match[0].startswith(")")):
            depth = max(0, depth - 1)
        elif kind == "line" and depth == 0:
            counts["link"] = counts["text"] = 0
            pattern = False
        pattern = pattern or kind == "case"
        if kind in counts:
            counts[kind] += 1
            reason = _too_many(counts, depth, text, match.start())
            if reason is not None:
                return reason
    return None


def _too_many(counts: dict[str, int], depth: int, text: str, end: int) -> str | None:
    if counts["link"] > _MAX_LINKS and _one_chain(text, end):
        return f"a chain of more than {_MAX_LINKS} links"
    if counts["text"] > _MAX_STRINGS and depth <= 1 and _one_chain(text, end):
        return f"more than {_MAX_STRINGS} texts in one expression"
    if counts["elif"] > _MAX_ELIF:
        return f"more than {_MAX_ELIF} elif branches"
    return None


def _one_chain(text: str, end: int) -> bool:
    """Whether the links before END are one chain, not the elements of a long literal: hardly any comma among them."""
    piece = text[max(0, end - 40 * _MAX_LINKS) : end]
    return piece.count(",") < _MAX_LINKS // 4
