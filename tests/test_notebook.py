"""Notebooks: cells joined to one module, lines found again, magics blanked, broken ones told."""

from __future__ import annotations

import ast
import json
import time
from pathlib import Path
from typing import Any

import pytest

from factorlint.discover import File
from factorlint.model import Role
from factorlint.notebook import python
from factorlint.source import Cell, Source, read


def code(source: str | list[str], **extra: Any) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], **extra}


def book(*cells: Any, language: str = "python") -> bytes:
    metadata = {"kernelspec": {"language": language, "name": "x"}}
    return json.dumps({"nbformat": 4, "metadata": metadata, "cells": list(cells)}).encode()


def load(tmp_path: Path, data: bytes) -> Source:
    (tmp_path / "n.ipynb").write_bytes(data)
    return read(File("n.ipynb", tmp_path / "n.ipynb", Role.NOTEBOOK, True))


def faults(one: Source) -> list[tuple[int | None, str, str]]:
    return [(problem.line, problem.kind, problem.message) for problem in one.problems]


def test_cells_are_one_module_and_lines_are_found_again(tmp_path: Path) -> None:
    text = {"cell_type": "markdown", "source": "# Title"}
    one = load(
        tmp_path, book(code(["import a\n", "b = a.c()"]), text, code("b.run()\n"), code(""), code("await b\r\n"))
    )
    assert one.text == "import a\nb = a.c()\nb.run()\n\n\nawait b\n\n"
    assert one.cells == (Cell(0, 1, 2), Cell(2, 3, 2), Cell(3, 5, 1), Cell(4, 6, 2))
    assert [one.locate(line) for line in (1, 2, 3, 4, 5, 6, 7, 99)] == [
        *((0, 1), (0, 2), (2, 1), (2, 2), (3, 1), (4, 1), (4, 2), (4, 94))
    ]
    assert one.problems == ()


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("%matplotlib inline\nx = 1", "\nx = 1"),
        ("!pip install a \\\n   b\nx = 1", "\n\nx = 1"),
        ("x?\ny.z??\n?w\nv = 1", "\n\n\nv = 1"),
        ("files = !ls *.py\na = %sql select 1\nb = 2", "\n\nb = 2"),
        ("if x:\n    !ls\nelse:\n    %cd ..", "if x:\n    pass\nelse:\n    pass"),
        ("if x:\n\t!ls \\\n\t  -l\ny = 1", "if x:\n\tpass\n\ny = 1"),
        ("%%bash\nls -l\nrm x", "\n\n"),
        ("\n%%writefile agent.py\nimport x", "\n\n"),
        ("%%time\nx = run()", "\nx = run()"),
        ("%%capture out\n!pip install a\nx = 1", "\n\nx = 1"),
        ('s = """\n%x\n!y\n"""\n%x', 's = """\n%x\n!y\n"""\n'),
        ("f(a,\n%b)", "f(a,\n%b)"),
        ("f(a\n%b)\n%c", "f(a\n%b)\n"),
        ("x = 5 \\\n%y\n%z", "x = 5 \\\n%y\n"),
        ("# what?\n!ls", "# what?\n"),
        ("!echo 'open (\nx = 1", "\nx = 1"),
        ("print('a?')\nok = 1 # sure?\n%x", "print('a?')\nok = 1 # sure?\n"),
        ("x = 'a\\\n%b'\n%c", "x = 'a\\\n%b'\n"),
    ],
)
def test_magics(cell: str, text: str) -> None:
    blank = cell == "f(a,\n%b)"
    assert python(cell)[0] == ("\n" if blank else text)
    assert (python(cell)[1] is not None) is blank


@pytest.mark.parametrize(
    "cell",
    ["x = 1", "if x:\n    !ls", "%%bash\nx\ny\n", "def (", "", "\n\n", "a\r\nb\rc", "!a\\\nb\\\n", "'\\", '"""\\'],
)
def test_lines_stay(cell: str) -> None:
    assert python(cell)[0].count("\n") == cell.replace("\r\n", "\n").replace("\r", "\n").count("\n")


def test_a_cell_that_is_no_python_costs_itself_only(tmp_path: Path) -> None:
    one = load(tmp_path, book(code("a = 1"), code("b = 1\nprint 'two'\n"), code("c = 1")))
    assert one.text == "a = 1\n\n\n\nc = 1\n"
    assert one.locate(5) == (2, 1)
    [(line, kind, message)] = faults(one)
    assert (line, kind) == (2, "parse-error")
    assert message.endswith("(cell 1)")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"3",
        b'"cells"',
        b'{"cells": 3}',
        b'{"cells": null}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"cells": [' * 50_000,
        b'{"nbformat": ' + b"9" * 10_000 + b"}",
        b"\0",
    ],
)
def test_what_is_no_notebook(tmp_path: Path, data: bytes) -> None:
    one = load(tmp_path, data)
    assert (one.text, one.cells, [problem.kind for problem in one.problems]) == ("", (), ["notebook"])


def test_odd_cells_are_told_and_the_others_read(tmp_path: Path) -> None:
    one = load(tmp_path, book(3, None, {"cell_type": "code"}, code([1]), code("x = 1"), {"source": "y"}, []))  # type: ignore[list-item]
    assert one.text == "x = 1\n"
    assert faults(one) == [
        (None, "notebook", "a cell without text (cell 2)"),
        (None, "notebook", "a cell without text (cell 3)"),
    ]


def test_other_languages_are_no_python(tmp_path: Path) -> None:
    assert load(tmp_path, book(code("library(x)"), language="R")) == load(
        tmp_path, book(code("library(x)"), language="R")
    )
    assert load(tmp_path, book(code("library(x)"), language="R")).text == ""
    assert load(tmp_path, book(code("library(x)"), language="R")).problems == ()
    sql = code("select 1", metadata={"vscode": {"languageId": "sql"}})
    assert load(tmp_path, book(sql, code("x = 1"))).text == "x = 1\n"
    assert load(tmp_path, b'{"cells": [{"cell_type": "code", "source": "x = 1"}]}').text == "x = 1\n"
    assert load(tmp_path, b'{"metadata": 1, "cells": [{"cell_type": "code", "source": "x = 1"}]}').text == "x = 1\n"


def test_version_three(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": "x"},
        {"cell_type": "code", "language": "python", "input": ["x = 1\n", "y"]},
    ]
    data = json.dumps({"nbformat": 3, "metadata": {"name": ""}, "worksheets": [{"cells": cells}, 3, {"cells": cells}]})
    one = load(tmp_path, data.encode())
    assert one.text == "x = 1\ny\nx = 1\ny\n"
    assert [cell.index for cell in one.cells] == [1, 3]


def test_halves_of_characters_are_replaced(tmp_path: Path) -> None:
    one = load(tmp_path, b'{"cells": [{"cell_type": "code", "source": "x = \'\\ud800\'"}]}')
    assert one.text == "x = '\ufffd'\n"


def test_a_null_byte_in_a_cell(tmp_path: Path) -> None:
    one = load(tmp_path, book(code("x = 1"), code("y = '\0'")))
    assert one.text == "x = 1\n\n"
    assert [kind for _, kind, _ in faults(one)] == ["parse-error"]


def test_hostile_cells_take_no_time(tmp_path: Path) -> None:
    start = time.perf_counter()
    for cell in (
        '\\"""' * 200_000,
        "\\'" * 400_000,
        '"' * 900_001,
        "(" * 900_000,
        "!a\\\n" * 200_000,
        "%a\n" * 250_000 + "(",
        "x" * 1_000_001,
        "a " * 400_000 + "!",
        "[" * 100_000 + "= !",
        "if x:\n" + "  !y\n" * 100_000,
    ):
        python(cell)
    assert time.perf_counter() - start < 10


def test_the_joined_text_is_one_module(tmp_path: Path) -> None:
    one = load(
        tmp_path,
        book(code("class A:\n    x = 1"), code("  \n"), code("def f():\n    '''x\n'''"), code("f()  # \\")),
    )
    ast.parse(one.text)
    assert one.problems == ()
