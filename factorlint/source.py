"""A file's bytes → Source: the text of its Python code, and a Problem for each thing that could not be read.

Whatever the bytes are, a Source comes back. Lines are numbered as in the file; in a notebook, the code cells follow
each other as one module, so that names flow from cell to cell.
"""

from __future__ import annotations

import bisect
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from factorlint.discover import File
from factorlint.encoding import decode
from factorlint.files import no_detour
from factorlint.model import Problem, Role

if TYPE_CHECKING:
    from factorlint.notebook import Cell

LIMIT = 10_000_000  # bytes of a Python file; a notebook, which carries its outputs, may have ten times as many
_NOTEBOOK = ".ipynb"


@dataclass(frozen=True)
class Source:
    """A file as text. ``digest`` is of its bytes (hex); ``cells`` is empty unless it is a notebook."""

    path: str
    role: Role
    text: str
    digest: str
    cells: tuple[Cell, ...] = ()
    problems: tuple[Problem, ...] = ()

    def locate(self, line: int) -> tuple[int | None, int]:
        """The cell that LINE of the text (from 1) belongs to, None outside notebooks, and the line inside it."""
        if not self.cells:
            return None, line
        number = bisect.bisect_right([cell.first_line for cell in self.cells], line) - 1
        cell = self.cells[max(number, 0)]
        return cell.index, line - cell.first_line + 1

    def absolute(self, index: int | None, line: int) -> int:
        """The line of the text that ``locate`` told as LINE of the cell with this INDEX."""
        return line + sum(cell.first_line - 1 for cell in self.cells if cell.index == index)


def read(file: File, limit: int = LIMIT, unsaved: bytes | None = None) -> Source:
    """The Source of FILE, or of what is UNSAVED of it.

    Never raises for what it meets: what cannot be read is an empty text and a Problem.
    """
    limit = 10 * limit if file.path.endswith(_NOTEBOOK) else limit
    try:
        raw = unsaved if unsaved is not None else _bytes(file, limit)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return _unread(file, b"", Problem(file.path, None, "unreadable", reason))
    if len(raw) > limit:
        return _unread(file, raw, Problem(file.path, None, "too-large", f"more than {limit:,} bytes"))
    return source(file.path, file.role, raw)


def source(path: str, role: Role, raw: bytes) -> Source:
    """The Source of a file at PATH whose bytes are RAW."""
    text, problems = decode(path, raw)
    if not path.endswith(_NOTEBOOK):
        return Source(path, role, text, digest(raw), (), problems)
    from factorlint.notebook import cells  # JSON is not loaded for the many trees without a notebook

    held = cells(path, text)
    return Source(path, role, held.text, digest(raw), held.cells, problems + held.problems)


def _bytes(file: File, limit: int) -> bytes:
    with open(file.absolute, "rb", opener=no_detour) as stream:
        return stream.read(limit + 1) or b""


def digest(raw: bytes) -> str:
    """A name for these bytes and no others."""
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def _unread(file: File, raw: bytes, problem: Problem) -> Source:
    return Source(file.path, file.role, "", digest(raw), (), (problem,))
