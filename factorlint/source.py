"""Bytes → Source: the text of one file as Python would read it, or the Problem that it is. Never raises."""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import stat
from bisect import bisect_right
from dataclasses import dataclass
from typing import NamedTuple

from factorlint import notebook
from factorlint.discover import File
from factorlint.model import Problem, Role
from factorlint.notebook import Cell

__all__ = ["Cell", "Source", "read"]

_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_NO_CODE = re.compile(rb"[ \t\f]*(?:#.*)?\r?$")
# Python takes these as source encodings, too; nobody means them, and the first two are slow enough to be an attack.
_REFUSED = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Source:
    """One file as text, lines ended by ``\\n`` alone; empty where it could not be read, and ``problems`` say why."""

    path: str
    role: Role
    text: str
    digest: str  # BLAKE2b of the bytes, hexadecimal; empty if they were not read
    cells: tuple[Cell, ...] = ()
    problems: tuple[Problem, ...] = ()

    def locate(self, line: int) -> tuple[int | None, int]:
        """The notebook cell that LINE of the text (1-based) is in, and its line there; no cell for plain files."""
        if not self.cells:
            return None, line
        cell = self.cells[max(0, bisect_right(self.cells, line, key=lambda one: one.first_line) - 1)]
        return cell.index, line - cell.first_line + 1


def read(file: File, limit: int = 10_000_000) -> Source:
    """Read FILE. Over LIMIT bytes it stays unread."""
    try:
        data = _bytes(file, limit)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        return _unread(file, "", Problem(file.path, None, "unreadable", reason))
    if len(data) > limit:
        return _unread(file, "", Problem(file.path, None, "too-large", f"over {limit:,} bytes"))
    digest = hashlib.blake2b(data, digest_size=20).hexdigest()
    if file.path.endswith(".ipynb"):
        joined = notebook.read(file.path, data)
        return Source(file.path, file.role, joined.text, digest, joined.cells, joined.problems)
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        return _unread(file, digest, Problem(file.path, line, "parse-error", "null byte in the source"))
    decoded = decode(data)
    problems = (Problem(file.path, decoded.line, "encoding", decoded.fault),) if decoded.fault else ()
    return Source(file.path, file.role, newlines(decoded.text), digest, (), problems)


def newlines(text: str) -> str:
    """TEXT with its line ends as Python sees them. Form feeds are none."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


class Decoded(NamedTuple):
    """The text of some bytes; what was wrong with them (nothing: empty), and in which line."""

    text: str
    fault: str = ""
    line: int | None = None


def decode(data: bytes) -> Decoded:
    """DATA by byte order mark and PEP 263 cookie; as far as it goes where these or the bytes are wrong."""
    marked = data.startswith(codecs.BOM_UTF8)
    data = data.removeprefix(codecs.BOM_UTF8)
    name = _cookie(data)
    if name is None:
        return _decoded(data, "utf-8")
    encoding = _known(name)
    if encoding is None:
        return Decoded(_decoded(data, "utf-8").text, f"unknown encoding {name}", 1)
    if marked and encoding != "utf-8":
        return Decoded(_decoded(data, "utf-8").text, f"encoding {name} behind a UTF-8 byte order mark", 1)
    return _decoded(data, encoding)


def _bytes(file: File, limit: int) -> bytes:
    """Up to one byte more than LIMIT. Neither a link nor a pipe that has taken the file's place is followed."""
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    handle = os.open(file.absolute, flags)
    with open(handle, "rb", buffering=0) as stream:  # noqa: PTH123 - a handle, no path
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError("not a regular file")
        pieces = []
        left = limit + 1
        while left > 0 and (piece := stream.read(left)):
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)


def _unread(file: File, digest: str, problem: Problem) -> Source:
    return Source(file.path, file.role, "", digest, (), (problem,))


def _cookie(data: bytes) -> str | None:
    """The encoding that one of the first two lines names."""
    end = data.find(b"\n")
    first = data if end < 0 else data[:end]
    found = _COOKIE.match(first)
    if not found and end >= 0 and _NO_CODE.match(first):
        found = _COOKIE.match(data[end + 1 : (data.find(b"\n", end + 1) + 1 or len(data) + 1) - 1])
    return found[1].decode("ascii") if found else None


def _known(name: str) -> str | None:
    """The canonical name of an encoding of text that Python knows by NAME."""
    try:
        codec = codecs.lookup(name).name
        b" ".decode(codec, "ignore")  # a LookupError for what is no encoding of text, such as hex
    except (LookupError, ValueError):
        return None
    return None if codec.replace("-", "_") in _REFUSED else codec


def _decoded(data: bytes, encoding: str) -> Decoded:
    try:
        text = data.decode(encoding)
    except UnicodeError as error:
        at = error.start if isinstance(error, UnicodeDecodeError) else 0
        fault = f"byte 0x{data[at]:02x} is not {encoding}"
        return Decoded(_whole(data.decode(encoding, "replace")), fault, data[:at].count(b"\n") + 1)
    if encoding in ("utf-8", "ascii", "iso8859-1", "cp1252"):
        return Decoded(text)
    whole = _whole(text)
    return Decoded(whole) if whole == text else Decoded(whole, f"half a character in {encoding}", None)


def _whole(text: str) -> str:
    """TEXT without halves of surrogate pairs, which no parser takes."""
    return _SURROGATES.sub("\ufffd", text)
