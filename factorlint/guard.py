"""Why a text must not be given to LibCST: on some shapes that no person writes it kills or hangs its process.

Measured on 1.9: time grows with the cube of how deep brackets nest, doubles with each level of a pattern after `case`
(and doubles again where the level is a mapping), and grows with the square of the length of a chain (calls,
attributes, operators, `elif`), each link of which takes a stack frame besides. The limits are where one such shape
takes half a second. Every file is looked at, so what all files need runs in C, and only the few statements that could
be too much are looked at closely. Indentation needs no limit: LibCST has Python's own.
"""

from __future__ import annotations

import re

_SIZE = 3_000_000  # characters: LibCST reads up to a million a second, and makes up to 800 bytes of each
_ITEMS = 150_000  # lines and elements of lists: of up to 8 KB each
_BRACKETS = 100  # deep
_PATTERN = 8
_PATTERNS = 1_000_000  # what all brackets in patterns cost together, each 4 to the power of its depth: about 2 s
_CHAIN = 1_000  # links
_SHORT = 2 * _CHAIN  # characters that can have no such chain, but of signs alone
_STRINGS = 4  # adjacent strings that weigh as much as one link
_ELIFS = 1_000

# Strings and comments. No alternative can fail once begun, so that the time is linear.
_TOKEN = re.compile(
    r"""(\"{3}[^"\\]*(?:(?:\\.|"{1,2}(?!"))[^"\\]*)*(?:\"{3})?|'{3}[^'\\]*(?:(?:\\.|'{1,2}(?!'))[^'\\]*)*(?:'{3})?"""
    r"""|"[^"\\\n]*(?:\\.[^"\\\n]*)*"?|'[^'\\\n]*(?:\\.[^'\\\n]*)*'?|\#[^\n]*)""",
    re.DOTALL,
)
_LINK = re.compile(
    r"(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<cut>[,;])|(?P<line>\n)|(?P<string>\")"
    r"|[-.+*/%@&|^<>~]|\b(?:and|or|not|if|else|in|is|for|lambda|await|yield)\b"
)
_ROUND = bytes.maketrans(b"[]{}", b"()()")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"()[]{}\n")
_CASE = re.compile(r"^[ \t\f]*case\b(?![ \t]*[=.,)\]:])", re.MULTILINE)
_BRACKET = re.compile(r"(?P<open>[(\[{])|[)\]}]|(?P<line>\n)")
_IF = re.compile(r"[ \t\f]*(?P<branch>el)?if\b")
_FIELD = re.compile(rf"\{{[^{{}}]{{{_SHORT},}}\}}")
# No line inside brackets starts so: where one seems to, a string has been misread, and the brackets were none.
_STATEMENT = re.compile(
    r"[ \t\f]*(?:@|(?:assert|break|class|continue|def|del|elif|except|finally|global|import|pass|raise|return|try|while"
    r"|with)\b)"
)
_TOO_DEEP = f"brackets nested over {_BRACKETS} deep"
_TOO_LONG = f"a chain of over {_CHAIN:,} links"


def refuse(text: str) -> str | None:
    """What in TEXT is too much for LibCST, in words; None if nothing is. Linear in its length.

    That `ast` reads a text proves nothing: it takes patterns and chains that LibCST hangs on.
    """
    if len(text) > _SIZE:
        return f"over {_SIZE:,} characters"
    parts = _TOKEN.split(text)
    strings = parts[1::2]
    fields = [string for at, string in enumerate(strings) if len(string) > _BRACKETS and _formatted(parts[2 * at])]
    parts[1::2] = ["" if string[0] == "#" else '"' for string in strings]
    code = "".join(parts)
    if "\\\n" in code:
        code = code.replace("\\\n", " ")
    if code.count(",") + code.count("\n") > _ITEMS:
        return f"over {_ITEMS:,} lines and elements"
    if any(_folded(string) is None for string in fields):
        return _TOO_DEEP
    if any(_long(piece) for string in fields for piece in _FIELD.findall(string)):
        return _TOO_LONG
    reason = _statements(code)
    if reason:
        return reason
    if "case" in code and _patterned(code):
        return f"patterns nested over {_PATTERN} deep"
    if code.count("elif") > _ELIFS and _branched(code):
        return f"over {_ELIFS:,} branches"
    return None


def _formatted(before: str) -> bool:
    """Whether a string that comes after BEFORE has expressions in it."""
    return not {"f", "F", "t", "T"}.isdisjoint(before[-2:])


def _statements(code: str) -> str | None:
    """What is too much in a statement: how deep its brackets nest, how long a chain in it is."""
    folded = _folded(code)
    if folded is None:
        return _TOO_DEEP
    lines = code.split("\n")
    depth = start = size = 0
    for at, (line, left) in enumerate(zip(lines, folded, strict=True)):
        size += len(line)
        if left:
            closed = left.count(b")")
            depth = max(0, depth - closed) + len(left) - closed
            if depth > _BRACKETS:
                return _TOO_DEEP
        if depth and not (size > _SHORT and _STATEMENT.match(line)):
            continue
        if size > _SHORT and _long("\n".join(lines[start : at + 1])):
            return _TOO_LONG
        depth, start, size = 0, at + 1, 0
    return _TOO_LONG if size > _SHORT and _long("\n".join(lines[start:])) else None


def _folded(code: str) -> list[bytes] | None:
    """For each line the brackets that it closes and leaves open, all as round ones; None if others nest too deep."""
    brackets = code.encode("utf-8", "surrogatepass").translate(_ROUND, _NO_BRACKETS)
    for _ in range(_BRACKETS + 1):
        shorter = brackets.replace(b"()", b"")
        if len(shorter) == len(brackets):
            return brackets.split(b"\n")
        brackets = shorter
    return None


def _long(statement: str) -> bool:
    """Whether a chain in STATEMENT is too long: links at one level of brackets with no comma between them."""
    if statement.count("lambda") > _CHAIN:  # one in the other, for all the commas between their parameters
        return True
    counts = [0.0]
    for found in _LINK.finditer(statement):
        kind = found.lastgroup
        if kind == "cut" or (kind == "line" and len(counts) == 1):
            counts[-1] = 0
        elif kind == "close":
            if len(counts) > 1:
                counts.pop()
        elif kind != "line":
            counts[-1] += 1 / _STRINGS if kind == "string" else 1
            if counts[-1] > _CHAIN:
                return True
            if kind == "open":
                counts.append(0)
    return False


def _patterned(code: str) -> bool:
    """Whether a pattern nests too deep, or all together do. A mapping counts as two levels, for it costs as much."""
    cost = 0
    for case in _CASE.finditer(code):
        levels: list[int] = []
        depth = 0
        for found in _BRACKET.finditer(code, case.end()):
            if found["open"]:
                levels.append(2 if found[0] == "{" else 1)
                depth += levels[-1]
                cost += 4 ** len(levels)
                if depth > _PATTERN or cost > _PATTERNS:
                    return True
            elif levels and not found["line"]:
                depth -= levels.pop()
            elif not levels:
                break
    return False


def _branched(code: str) -> bool:
    """Whether one `if` has too many branches."""
    counts: dict[int, int] = {}
    for line in code.split("\n"):
        found = _IF.match(line)
        if found:
            indent = len(line) - len(line.lstrip())
            counts[indent] = counts.get(indent, 0) + 1 if found["branch"] else 0
            if counts[indent] > _ELIFS:
                return True
    return False
