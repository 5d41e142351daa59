"""Notebooks: their code cells as one text, IPython's own syntax blanked, broken ones told."""

from __future__ import annotations

import ast
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factorlint.magics import blanked
from factorlint.model import Role
from factorlint.source import Source, source


def notebook(*cells: object, **metadata: object) -> bytes:
    rows = [code(one) if isinstance(one, str) else one for one in cells]
    return json.dumps({"nbformat": 4, "metadata": metadata, "cells": rows}).encode()


def code(text: object, **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": text, "outputs": [], **more}


def words(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": text}


def read(raw: bytes) -> Source:
    return source("n.ipynb", Role.NOTEBOOK, raw)


def told(made: Source) -> list[tuple[int | None, str, str]]:
    return [(one.line, one.kind, one.message) for one in made.problems]


def test_cells_are_one_module_and_lines_are_found_again() -> None:
    made = read(notebook(words("# Title"), "import a\nb = a.B()", words(""), code(["c = 1\n", "d = b"]), "", "e"))
    assert made.text == "import a\nb = a.B()\nc = 1\nd = b\n\ne"
    assert [(one.index, one.first_line, one.lines) for one in made.cells] == [
        (1, 1, 2),
        (3, 3, 2),
        (4, 5, 1),
        (5, 6, 1),
    ]
    assert [made.locate(line) for line in (1, 2, 3, 4, 5, 6)] == [(1, 1), (1, 2), (3, 1), (3, 2), (4, 1), (5, 1)]
    assert made.problems == ()


def test_top_level_await_is_python_here() -> None:
    made = read(notebook("answer = await agent.run('x')\nasync for one in answer: pass"))
    assert made.problems == ()
    assert "await" in made.text


def test_a_broken_cell_costs_itself_only() -> None:
    made = read(notebook("a = 1", "b = (\nc", "print 'two'", "d = 2"))
    assert made.text == "a = 1\n\n\n\nd = 2"
    assert [(line, kind) for line, kind, _ in told(made)] == [(1, "parse-error"), (1, "parse-error")]
    assert [message.endswith(f"(cell {number})") for number, (_, _, message) in zip((1, 2), told(made), strict=True)]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"cells": 1}',
        b"[]",
        b"null",
        b'"x"',
        b'{"a": 1e999999}',
        b"9" * 9999,
    ],
)
def test_a_broken_notebook(raw: bytes) -> None:
    made = read(raw)
    assert (made.text, made.cells) == ("", ())
    assert "notebook" in [kind for _, kind, _ in told(made)]


def test_odd_cells_are_borne() -> None:
    rows = [None, 1, [], {}, code(None), code(7), code(["a\n", 1, "b"]), code("c", metadata=[]), code("x\r\ny\0\ud800")]
    made = read(notebook(*rows))
    assert [one.index for one in made.cells] == [4, 5, 6, 7, 8]
    assert made.text.split("\n")[:5] == ["", "", "a", "b", "c"]
    made.text.encode()


def test_the_third_format() -> None:
    cells = [
        {"cell_type": "code", "language": "python", "input": ["x = 1\n", "y"], "prompt_number": 1},
        {"cell_type": "heading", "source": "words"},
        {"cell_type": "code", "language": "ruby", "input": "puts 1"},
    ]
    sheets = [{"cells": cells}, {"cells": cells[:1]}, {}, None]
    made = read(json.dumps({"nbformat": 3, "worksheets": sheets}).encode())
    assert made.text == "x = 1\ny\nx = 1\ny"
    assert [one.index for one in made.cells] == [0, 3]


@pytest.mark.parametrize(
    ("metadata", "python"),
    [
        ({}, True),
        ({"kernelspec": {"name": "python3", "language": "python"}}, True),
        ({"language_info": {"name": "ipython"}}, True),
        ({"kernelspec": {"name": "conda-env-py"}}, True),
        ({"kernelspec": {"name": "ir", "language": "R"}, "language_info": {"name": "R"}}, False),
        ({"kernelspec": {"name": "julia-1.10"}}, False),
        ({"kernelspec": {"name": "bash"}}, False),
        ({"kernelspec": 1, "language_info": [2]}, True),
    ],
)
def test_other_kernels(metadata: dict[str, object], python: bool) -> None:
    made = read(notebook("x = 1", **metadata))
    assert made.text == ("x = 1" if python else "")
    assert [kind for _, kind, _ in told(made)] == ([] if python else ["notebook"])


def test_a_cell_in_another_language() -> None:
    made = read(notebook("x = 1", code("ls -l", metadata={"vscode": {"languageId": "shellscript"}}), "y"))
    assert (made.text, made.problems) == ("x = 1\ny", ())


def test_outputs_do_not_matter() -> None:
    plain = read(notebook("x = 1"))
    outputs = [{"output_type": "display_data", "data": {"image/png": "A" * 20_000_000, "text/plain": "import evil"}}]
    loud = read(notebook(code("x = 1", outputs=outputs)))
    assert (loud.text, loud.cells, loud.problems) == (plain.text, plain.cells, ())


def test_a_cell_that_a_program_pasted() -> None:
    made = read(notebook("a = 1", "x = [" + "1," * 600_000 + "]", "b = 1"))
    assert (made.text, [kind for _, kind, _ in told(made)]) == ("a = 1\n\nb = 1", ["too-large"])


@pytest.mark.parametrize("text", ["(" * 50_000, "-" * 50_000, "x" + ".y()" * 50_000, "1" + "+1" * 50_000, "[" * 99])
def test_a_deep_cell(text: str) -> None:
    made = read(notebook("a = 1", text, "b = 1"))
    assert made.text.startswith("a = 1\n")
    assert made.text.endswith("\nb = 1")


def test_many_broken_cells_take_one_process() -> None:
    began = time.monotonic()
    made = read(notebook(*[f"print 'cell {number}'" for number in range(300)]))
    assert (made.text, len(made.problems)) == ("\n" * 299, 300)
    assert time.monotonic() - began < 20


def test_a_cell_for_another_program_may_hold_anything() -> None:
    made = read(notebook("%%html\n" + "<b>" + "(" * 5_000 + "a+b/" * 5_000, "%%bash\n" + "x" * 1_100_000, "y"))
    assert (made.text, made.problems) == ("\n\n\n\ny", ())


# -- magics ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%load_ext autoreload\nx = 1", "\nx = 1"),
        ("!pip install -U x\nimport x", "\nimport x"),
        ("!!ls\nx", "\nx"),
        ("!pip install \\\n  a \\\n  b\nx", "\n\n\nx"),
        ("pip install x\nx", "\nx"),
        ("x?\ny", "\ny"),
        ("?x.y\ny??", "\n"),
        ("files = !ls (\nx = 1", "\nx = 1"),
        ("t = %timeit -o f()\nx", "\nx"),
        ("a, b = !ls\nx", "\nx"),
        ("if a:\n    !pip install x\nelse:\n    %cd x\ny", "if a:\n    pass\nelse:\n    pass\ny"),
        ("%%bash\nrm -rf x (\n", "\n\n"),
        ("\n\n%%html\n<b>", "\n\n\n"),
        ("%%time\nx = 1\n", "\nx = 1\n"),
        ("%%capture out\n!ls\nx = f(1)", "\n\nx = f(1)"),
        ("%%timeit\nx", "\nx"),
        ('p = """\n%s\n!important\nwhat?\n"""\n!ls\nx', 'p = """\n%s\n!important\nwhat?\n"""\n\nx'),
        ("x = (a\n% b)\n!ls", "x = (a\n% b)\n"),
        ("x = a \\\n  % b\n!ls", "x = a \\\n  % b\n"),
        ("x = 1  # why?\n!ls", "x = 1  # why?\n"),
        ("# what (\n!ls 'it\nx = [\n1]", "# what (\n\nx = [\n1]"),
        ("s = 'it''s'\n!ls", "s = 'it''s'\n"),
        ("s = '''it's'''\n!ls", "s = '''it's'''\n"),
        ("a != b\n!ls", "a != b\n"),
        ("x %= 3\n!ls", "x %= 3\n"),
        ("  x = 1\n  y = 2", "x = 1\ny = 2"),
        ("", ""),
        ("!ls", ""),
    ],
)
def test_what_ipython_adds_is_blanked(text: str, expected: str) -> None:
    assert blanked(text) == expected


@given(st.text(alphabet="ab%!?='\"\\()[] \n#", max_size=40))
def test_lines_keep_their_numbers(text: str) -> None:
    assert blanked(text).count("\n") == text.count("\n")


@given(st.lists(st.sampled_from(["x = 1", "f('a?')", "# !no", "if x:\n    y = 2", 's = """\n%a\n"""']), max_size=5))
def test_python_is_left_alone(lines: list[str]) -> None:
    text = "\n".join(lines)
    ast.parse(text)
    assert blanked(text) == text
