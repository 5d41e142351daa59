"""A Jupyter notebook → one module: its Python cells joined, so that names flow from cell to cell.

What only IPython understands is blanked line by line, so a line of the module is a line of its cell.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from factorlint.model import Problem

_LARGEST = 1_000_000  # characters of one cell
_SURROGATES = re.compile("[\ud800-\udfff]")
# Cell magics whose cell is Python all the same; below any other stands another language, or a file.
_PYTHON_CELLS = re.compile(r"\s*%%(?:capture|prun|pypy|python3?|time|timeit)\b")
_MAGIC = re.compile(
    r"""[ \t]*(?:
        [%!]                                    # %magic, !command
      | \?{1,2}[ \t]*[\w%*]                     # ?help
      | [%\w][\w.*]*\?{1,2}[ \t]*;?[ \t]*(?:\#.*)?$  # help?
      | [\w.,\[\] \t*]+=[ \t]*[!%][^=]           # lines = !command
    )""",
    re.VERBOSE,
)
# What decides whether the next line starts a statement: strings, comments, brackets, a backslash at the end.
_TOKEN = re.compile(
    r"""[\"]{3}(?:\\.|[^\\])*?(?:[\"]{3}|\\?\Z) | '{3}(?:\\.|[^\\])*?(?:'{3}|\\?\Z)
      | "(?:\\.|[^"\\\n])*(?:"|(?=\n)|\\?\Z) | '(?:\\.|[^'\\\n])*(?:'|(?=\n)|\\?\Z)
      | \#[^\n]* | \\\n | (?P<open>[(\[{]) | (?P<close>[)\]}]) | (?P<line>\n)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Cell:
    """A code cell: its place among all cells (0-based), and where its lines are in the joined text (1-based)."""

    index: int
    first_line: int
    lines: int


class Joined(NamedTuple):
    """The module that a notebook is."""

    text: str = ""
    cells: tuple[Cell, ...] = ()
    problems: tuple[Problem, ...] = ()


def read(path: str, data: bytes) -> Joined:
    """The Python cells of the notebook in DATA; none if its kernel is for another language."""
    try:
        book = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return Joined(problems=(Problem(path, None, "notebook", f"not a notebook: {_reason(error)}"),))
    cells = _cells(book)
    if cells is None:
        return Joined(problems=(Problem(path, None, "notebook", "not a notebook: it has no list of cells"),))
    if not _is_python(_language(book)):
        return Joined()
    texts: list[str] = []
    kept: list[Cell] = []
    problems: list[Problem] = []
    first_line = 1
    for index, cell in enumerate(cells):
        if not _is_code(cell):
            continue
        source = _source(cell)
        if source is None:
            problems.append(Problem(path, None, "notebook", f"a cell without text (cell {index})"))
            continue
        text, fault = python(source)
        if fault is not None:
            problems.append(Problem(path, fault.line, fault.kind, f"{fault.message} (cell {index})"))
        lines = text.count("\n") + 1
        kept.append(Cell(index, first_line, lines))
        texts.append(text + "\n")
        first_line += lines
    return Joined("".join(texts), tuple(kept), tuple(problems))


class Fault(NamedTuple):
    """Why a cell was left out; ``line`` is counted in the cell."""

    kind: str
    line: int | None
    message: str


def python(source: str) -> tuple[str, Fault | None]:
    """The text of a cell as Python with as many lines; all blank, with the reason, where it is none."""
    text = _SURROGATES.sub("\ufffd", source.replace("\r\n", "\n").replace("\r", "\n"))
    blank = "\n" * text.count("\n")
    if len(text) > _LARGEST:
        return blank, Fault("too-large", None, f"a cell of over {_LARGEST:,} characters")
    if text.lstrip().startswith("%%") and not _PYTHON_CELLS.match(text):
        return blank, None
    fault = _unreadable(text)
    if fault is not None:
        text = without_magics(text)
        fault = _unreadable(text)
    return (text, None) if fault is None else (blank, fault)


def without_magics(text: str) -> str:
    """TEXT with the lines blank that are for IPython. Inside a block `pass` stands there, lest it be empty."""
    pieces = []
    at = 0
    while at < len(text):
        if _MAGIC.match(text, at, _line_end(text, at)):
            end = _magic_end(text, at)
            indent = text[at:end][: len(text[at:end]) - len(text[at:end].lstrip(" \t"))]
            pieces.append((f"{indent}pass" if indent else "") + "\n" * text.count("\n", at, end))
        else:
            end = _statement_end(text, at)
            pieces.append(text[at:end])
        at = end
    return "".join(pieces)


def _magic_end(text: str, at: int) -> int:
    """Behind the last line of the magic at AT, which a backslash carries over to the next."""
    end = _line_end(text, at)
    while text[end - 1] == "\\" and end < len(text):
        end = _line_end(text, end + 1)
    return min(end + 1, len(text))


def _statement_end(text: str, at: int) -> int:
    """Behind the line end after AT at which no string, bracket or backslash leaves the statement open."""
    depth = 0
    while found := _TOKEN.search(text, at):
        at = found.end()
        if found["open"]:
            depth += 1
        elif found["close"]:
            depth = max(0, depth - 1)
        elif found["line"] and not depth:
            return at
    return len(text)


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _unreadable(text: str) -> Fault | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a notebook's invalid escapes are not ours to print
            flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            compile(text, "", "exec", flags, dont_inherit=True)
    except SyntaxError as error:
        return Fault("parse-error", error.lineno, error.msg)
    except (ValueError, RecursionError, MemoryError) as error:
        return Fault("parse-error", None, _reason(error))
    return None


def _cells(book: Any) -> list[Any] | None:
    """All cells in order; those of every worksheet before version 4."""
    if not isinstance(book, dict):
        return None
    if isinstance(book.get("worksheets"), list) and "cells" not in book:
        sheets = [sheet.get("cells") if isinstance(sheet, dict) else None for sheet in book["worksheets"]]
        return [cell for cells in sheets if isinstance(cells, list) for cell in cells]
    cells = book.get("cells")
    return cells if isinstance(cells, list) else None


def _language(book: Mapping[str, Any]) -> str:
    metadata = _table(book.get("metadata"))
    kernel = _table(metadata.get("kernelspec"))
    told: Iterator[Any] = iter((_table(metadata.get("language_info")).get("name"), kernel.get("language")))
    return next((one for one in told if isinstance(one, str) and one), "python")


def _is_code(cell: Any) -> bool:
    """Whether CELL is code, and in Python where it names a language of its own."""
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return False
    own = _table(_table(cell.get("metadata")).get("vscode")).get("languageId", cell.get("language"))
    return _is_python(own) if isinstance(own, str) else True


def _is_python(language: str) -> bool:
    return language.lower().startswith(("python", "ipython"))


def _source(cell: Mapping[str, Any]) -> str | None:
    source = cell.get("source", cell.get("input"))
    if isinstance(source, list) and all(isinstance(piece, str) for piece in source):
        return "".join(source)
    return source if isinstance(source, str) else None


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _reason(error: Exception) -> str:
    if isinstance(error, (RecursionError, MemoryError)):
        return "too deeply nested"
    return str(error).lower()
