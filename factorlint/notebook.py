"""A notebook's code cells as one module, so that names flow from cell to cell as they do when it is run."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from factorlint import guard
from factorlint.magics import blanked
from factorlint.model import Problem

CELL_LIMIT = 1_000_000  # characters of a cell: more was pasted by a program

_FLAGS = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_OTHER_KERNELS = ("bash", "deno", "ir", "java", "javascript", "julia", "ruby", "rust", "scala", "xcpp")


@dataclass(frozen=True)
class Cell:
    """A code cell: its number among all cells of the notebook (from 0), and which lines of the text are its."""

    index: int
    first_line: int
    lines: int


class Cells(NamedTuple):
    """The code of a notebook as one text."""

    text: str
    cells: tuple[Cell, ...]
    problems: tuple[Problem, ...]


def cells(path: str, content: str) -> Cells:
    """The code cells of the notebook at PATH with the JSON text CONTENT.

    What IPython adds to Python is blanked, and so is a cell that is no Python, which is a Problem; so is a notebook
    that is broken or written in another language, of which nothing is read.
    """
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        return _nothing(path, line, f"broken JSON: {getattr(error, 'msg', None) or 'nested too deeply'}")
    rows = _rows(data)
    if rows is None:
        return _nothing(path, None, "no list of cells")
    language = _other_language(data)
    if language:
        return _nothing(path, None, f"written in {language}, not in Python")
    codes = {index: text for index, row in enumerate(rows) if (text := _code(row)) is not None}
    pieces = _python(path, codes)
    held: list[Cell] = []
    line = 1
    for index, piece in pieces.items():
        held.append(Cell(index, line, piece.text.count("\n") + 1))
        line += held[-1].lines
    text = "\n".join(piece.text for piece in pieces.values())
    return Cells(text, tuple(held), tuple(piece.problem for piece in pieces.values() if piece.problem))


def _nothing(path: str, line: int | None, reason: str) -> Cells:
    return Cells("", (), (Problem(path, line, "notebook", reason),))


def _rows(data: object) -> Sequence[object] | None:
    """All cells, in the fourth format or in the sheets of the third."""
    rows = _dict(data).get("cells")
    if isinstance(rows, list):
        return rows
    sheets = _dict(data).get("worksheets")
    if not isinstance(sheets, list):
        return None
    inner = [_dict(sheet).get("cells") for sheet in sheets]
    return [row for one in inner if isinstance(one, list) for row in one]


def _other_language(data: object) -> str | None:
    """The language of the notebook's kernel, if it is not Python. One that says nothing is Python."""
    about = _dict(_dict(data).get("metadata"))
    kernel = _dict(about.get("kernelspec"))
    for value in (_dict(about.get("language_info")).get("name"), kernel.get("language")):
        if isinstance(value, str) and value:
            return None if "python" in value.lower() else value
    name = str(kernel.get("name")).lower()
    return name if name.partition("-")[0] in _OTHER_KERNELS else None


def _code(row: object) -> str | None:
    """The text of a code cell in Python; None for other cells."""
    cell = _dict(row)
    about = _dict(cell.get("metadata"))
    spoken = (
        cell.get("language"),
        _dict(about.get("vscode")).get("languageId"),
        _dict(about.get("dotnet_interactive")).get("language"),
    )
    if cell.get("cell_type") != "code" or any(isinstance(one, str) and "python" not in one.lower() for one in spoken):
        return None
    source = cell.get("source", cell.get("input"))
    text = "".join(one for one in source if isinstance(one, str)) if isinstance(source, list) else source
    if not isinstance(text, str):
        return ""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")
    return text.encode("utf-8", "replace").decode()  # JSON may hold halves of characters


class _Piece(NamedTuple):
    """A cell's code as Python: blank, and a Problem, if it is none."""

    text: str
    problem: Problem | None = None


def _python(path: str, codes: Mapping[int, str]) -> dict[int, _Piece]:
    """CODES, by the number of their cell, as far as they are Python."""
    texts = dict(codes)
    faults: dict[int, Problem] = {}
    for index, code in codes.items():
        fault = _fault(path, index, code)
        if fault is not None:
            texts[index] = blanked(code)
            fault = _fault(path, index, texts[index])
        if fault is not None:
            faults[index] = fault
    doubtful = {index: texts[index] for index, fault in faults.items() if fault.kind == "parse-error"}
    for index in _newer(doubtful):
        del faults[index]
    return {
        index: _Piece("\n" * text.count("\n"), faults[index]) if index in faults else _Piece(text)
        for index, text in texts.items()
    }


def _fault(path: str, index: int, text: str) -> Problem | None:
    """Why Python cannot read the TEXT of a cell, or should not try: this process must survive it."""
    if len(text) > CELL_LIMIT:
        return Problem(path, None, "too-large", f"more than {CELL_LIMIT:,} characters (cell {index})")
    reason = guard.refuse(text)
    if reason is not None:
        return Problem(path, None, "not-analysed", f"not given to the parser: {reason} (cell {index})")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an audited file's invalid escapes are not ours to print
            compile(text, "", "exec", _FLAGS, dont_inherit=True)
    except SyntaxError as error:
        return Problem(path, error.lineno, "parse-error", f"{error.msg} (cell {index})")
    except (ValueError, OverflowError, RecursionError, MemoryError):
        return Problem(path, None, "parse-error", f"too deep or too odd to read (cell {index})")
    return None


def _newer(texts: Mapping[int, str]) -> list[int]:
    """Which of TEXTS are Python of a version after ours. LibCST can tell, and must not take this process with it."""
    if not texts:
        return []
    from factorlint import older, workers  # and with them LibCST and processes, which few notebooks need

    told = workers.each(older.reads, list(texts.values()), jobs=1, seconds=lambda _: 10.0)
    return [index for index, (_, reads) in zip(texts, told, strict=True) if reads is True]


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
