"""A notebook's code cells as one module, so that names flow from cell to cell as they do when it is run."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from factorlint import guard, workers
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
    texts: list[str] = []
    held: list[Cell] = []
    problems: list[Problem] = []
    line = 1
    for index, row in enumerate(rows):
        text = _code(row)
        if text is None:
            continue
        text, problem = _python(path, index, text)
        problems += [problem] if problem else []
        held.append(Cell(index, line, text.count("\n") + 1))
        texts.append(text)
        line += held[-1].lines
    return Cells("\n".join(texts), tuple(held), tuple(problems))


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


def _python(path: str, index: int, text: str) -> tuple[str, Problem | None]:
    """TEXT as Python, blanked as far as it is none."""
    if len(text) > CELL_LIMIT:
        problem = Problem(path, None, "too-large", f"more than {CELL_LIMIT:,} characters (cell {index})")
        return "\n" * text.count("\n"), problem
    if _fault(text) is None:
        return text, None
    rest = blanked(text)
    fault = _fault(rest)
    if fault is None or _newer(rest):
        return rest, None
    line = fault.lineno if isinstance(fault, SyntaxError) else None
    reason = fault.msg if isinstance(fault, SyntaxError) else "too deep or too odd to read"
    return "\n" * text.count("\n"), Problem(path, line, "parse-error", f"{reason} (cell {index})")


def _fault(text: str) -> Exception | None:
    """Why Python cannot read TEXT."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an audited file's invalid escapes are not ours to print
            compile(text, "", "exec", _FLAGS, dont_inherit=True)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        return error
    return None


def _newer(text: str) -> bool:
    """Whether TEXT is Python, of a version after ours: LibCST can tell, and must not take this process with it."""
    if guard.refuse(text) is not None:
        return False
    from factorlint import older  # and with it LibCST, which few notebooks need

    return [told for _, told in workers.each(older.reads, [text], jobs=1, seconds=lambda _: 10.0)] == [True]


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
