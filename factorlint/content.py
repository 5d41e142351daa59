"""Source text → what stays the same when code is moved or reformatted: what findings are recognised by."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from factorlint.lexical import COMMENT, STRING

LONGEST = 120  # characters; of longer text the beginning and a digest of all of it

_TOKEN = re.compile(
    rf"(?P<prefix>[bfrutBFRUT]{{0,2}})(?P<string>{STRING})|(?P<word>\w+)|(?P<comment>{COMMENT})|(?P<mark>[^\s\\])",
    re.DOTALL,
)
_SPACE = re.compile(r"\s+")
_LAYOUT = frozenset("(),;")  # what formatters add and take away
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")


def normal(text: str, *, header: bool = False) -> str:
    """TEXT without white space, comments, parentheses and commas, with one kind of quotes; never longer than about
    LONGEST. With HEADER only up to the colon that begins the body of a compound statement."""
    whole = ""
    for piece in _joined(_pieces(text, header)):
        gap = " " if whole[-1:].isalnum() and piece[:1].isalnum() else ""
        whole += gap + piece
    if len(whole) <= LONGEST:
        return whole
    digest = hashlib.blake2b(whole.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{whole[: LONGEST - 20]}… {digest}"


def _pieces(text: str, header: bool) -> Iterator[str]:
    depth = 0
    for found in _TOKEN.finditer(text):
        if found["string"] is not None:
            yield _string(found["prefix"], found["string"])
        elif found["word"] is not None:
            yield found["word"]
        elif found["mark"] is not None:
            mark = found["mark"]
            depth += (mark in _OPEN) - (mark in _CLOSE)
            if header and mark == ":" and depth == 0:
                return
            if mark not in _LAYOUT:
                yield mark


def _string(prefix: str, string: str) -> str:
    quote = string[:3] if string[:3] in ('"""', "'''") and len(string) >= 6 else string[0]
    body = string[len(quote) :].removesuffix(quote)
    kind = "".join(sorted(prefix.lower().replace("u", "")))
    if "r" not in kind:
        body = body.replace("\\'", "'").replace('\\"', '"')
    return f'{kind}"{_SPACE.sub(" ", body)}"'


def _joined(pieces: Iterator[str]) -> Iterator[str]:
    """Strings that stand side by side are one, wherever a formatter breaks them."""
    held = ""
    for piece in pieces:
        if held and piece.startswith('"'):
            held = held[:-1] + piece[1:]
            continue
        if held:
            yield held
        held = piece if piece.endswith('"') else ""
        if not held:
            yield piece
    if held:
        yield held
