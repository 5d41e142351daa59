"""Bytes → text, by the rules of PEP 263; what Python would refuse is a Problem and is read as well as it can be."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from factorlint.model import Problem

_COOKIE = re.compile(rb"[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)")
_NO_CODE = re.compile(rb"[ \t\f]*(?:#[^\r\n]*)?(?:\r\n?|\n)")
_WIDE = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NOT_FOLLOWED = frozenset(  # decoding takes time with the square of the text, or gives what is no text
    ("idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7")
)


class _Declared(NamedTuple):
    """The codec that a file asks for, and what is wrong with its asking."""

    codec: str
    complaint: str = ""


def decode(path: str, raw: bytes) -> tuple[str, tuple[Problem, ...]]:
    """The text of RAW with ``\\n`` for every newline and no null bytes, and a Problem for each thing amiss."""
    problems = []
    declared = _declared(raw)
    if declared.complaint:
        problems.append(Problem(path, 1, "encoding", declared.complaint))
    try:
        text = raw.decode(declared.codec)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.append(Problem(path, line, "encoding", f"byte 0x{raw[error.start]:02x} is not {declared.codec}"))
        text = raw.decode(declared.codec, "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        problems.append(Problem(path, text.count("\n", 0, text.index("\0")) + 1, "encoding", "a null byte"))
        text = text.replace("\0", " ")
    return text, tuple(problems)


def _declared(raw: bytes) -> _Declared:
    if raw.startswith(_WIDE):
        codec = "utf-32" if raw.startswith(_WIDE[:2]) else "utf-16"
        return _Declared(codec, f"{codec.upper()}, which Python does not read")
    utf8 = "utf-8-sig" if raw.startswith(codecs.BOM_UTF8) else "utf-8"
    name = _cookie(raw.removeprefix(codecs.BOM_UTF8))
    if name is None:
        return _Declared(utf8)
    try:
        codec = codecs.lookup(name).name
        known = codec not in _NOT_FOLLOWED and name in raw[:1_000].decode(codec, "replace")
    except (LookupError, ValueError):
        known = False
    if not known:
        return _Declared(utf8, f"the encoding {name} is not known or not followed: read as UTF-8")
    if utf8 == "utf-8-sig" and codec not in ("utf-8", utf8):
        return _Declared(utf8, f"a UTF-8 byte order mark, but the encoding is said to be {name}")
    return _Declared(utf8 if codec == "utf-8" else codec)


def _cookie(raw: bytes) -> str | None:
    """The encoding that a comment on the first line names, or on the second if no code comes before it."""
    first = _NO_CODE.match(raw)
    found = _COOKIE.match(raw) or (_COOKIE.match(raw, first.end()) if first else None)
    return found[1].decode("ascii") if found else None
