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
_MAX_INDENT = 100
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


def refuse(text: str) -> str | None:
    """The reason not to parse TEXT with LibCST, or None. Linear in the length of the text."""
    if len(text) > _MAX_TEXT:
        return f"longer than {_MAX_TEXT:,} characters"
    if len(text) > _MAX_LINE and max(map(len, text.split("\n"))) > _MAX_LINE:
        return f"a line of more than {_MAX_LINE:,} characters"
    if re.search(rf"^[ \t]{{{_MAX_INDENT},}}(?:if|for|while|with|try|def|class)\b", text, re.MULTILINE):
        if _indents(text) > _MAX_INDENT:
            return f"more than {_MAX_INDENT} levels of indentation"
    return _scan(text)


def _scan(text: str) -> str | None:
    depth = links = strings = branches = pattern = 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "open":
            depth += 1
            if depth > _MAX_BRACKETS:
                return f"more than {_MAX_BRACKETS} nested brackets"
            if pattern and depth > _MAX_PATTERN:
                return f"more than {_MAX_PATTERN} nested brackets in a pattern"
        elif kind == "close":
            depth = max(0, depth - 1)
        elif kind == "link":
            links += 1
            depth -= match[0].startswith(")") and depth > 0
            if links > _MAX_LINKS and _one_chain(text, match.start()):
                return f"a chain of more than {_MAX_LINKS} links"
        elif kind == "text":
            strings += 1
            if strings > _MAX_STRINGS and depth <= 1:
                return f"more than {_MAX_STRINGS} texts in one expression"
        elif kind == "elif":
            branches += 1
            if branches > _MAX_ELIF:
                return f"more than {_MAX_ELIF} elif branches"
        elif kind == "case":
            pattern = 1
        elif kind == "line" and depth == 0:
            links = strings = pattern = 0
    return None


def _one_chain(text: str, end: int) -> bool:
    """Whether the links before END are one chain, not the elements of a long literal: hardly any comma among them."""
    piece = text[max(0, end - 40 * _MAX_LINKS) : end]
    return piece.count(",") < _MAX_LINKS // 4


def _indents(text: str) -> int:
    """The number of different depths of indentation in use."""
    return len({len(found) for found in re.findall(r"^[ \t]+(?=\S)", text, re.MULTILINE)})
