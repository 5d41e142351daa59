"""Bytes of any kind become a text, with a Problem for each thing that Python would refuse."""

from __future__ import annotations

import ast
import codecs
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factorlint.discover import File
from factorlint.model import Role
from factorlint.source import digest, read, source


def text_of(raw: bytes) -> str:
    return source("a.py", Role.APP, raw).text


def problems_of(raw: bytes) -> list[tuple[int | None, str]]:
    made = source("a.py", Role.APP, raw)
    assert all(one.path == "a.py" for one in made.problems)
    return [(one.line, one.kind) for one in made.problems]


def test_a_plain_file(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes("x = 'é'\n".encode())
    made = read(File("a.py", path, Role.EXAMPLE))
    assert (made.path, made.role, made.text) == ("a.py", Role.EXAMPLE, "x = 'é'\n")
    assert (made.cells, made.problems) == ((), ())
    assert made.digest == digest(path.read_bytes()) != digest(b"")
    assert made.locate(7) == (None, 7)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        (codecs.BOM_UTF8 + b"x = 1\n", "x = 1\n"),
        (codecs.BOM_UTF8 + b"# coding: utf-8\nx\n", "# coding: utf-8\nx\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "# -*- coding: latin-1 -*-\nx = 'é'\n"),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n'\x93'\n", None),
        (b"\n# coding: latin-1\n'\xe9'\n", "\n# coding: latin-1\n'é'\n"),
        (b"a\r\nb\rc\n", "a\nb\nc\n"),
        (b"\x0cx = 1\n\x0c\ny\n", "\x0cx = 1\n\x0c\ny\n"),
        (b"'\\x00'\n", "'\\x00'\n"),
        ("x = '\u2028\x85'\n".encode(), "x = '\u2028\x85'\n"),
    ],
)
def test_what_python_reads(raw: bytes, text: str | None) -> None:
    assert problems_of(raw) == []
    assert text is None or text_of(raw) == text


@pytest.mark.parametrize(
    ("raw", "text", "problems"),
    [
        (b"x = 1\n'\xe9'\n", "x = 1\n'\ufffd'\n", [(2, "encoding")]),
        (b"x = 1\ny\n# coding: latin-1\n'\xe9'\n", None, [(4, "encoding")]),
        (b"x = 1\n# coding: latin-1\n'\xe9'\n", None, [(3, "encoding")]),
        (b"# coding: klingon\nx = 1\n", "# coding: klingon\nx = 1\n", [(1, "encoding")]),
        (b"# coding: hex\nx\n", "# coding: hex\nx\n", [(1, "encoding")]),
        (b"# coding: undefined\nx\n", "# coding: undefined\nx\n", [(1, "encoding")]),
        (b"# coding: unicode_escape\n'\\ud800'\n", "# coding: unicode_escape\n'\\ud800'\n", [(1, "encoding")]),
        (b"# coding: utf-7\n+2AA-\n", "# coding: utf-7\n+2AA-\n", [(1, "encoding")]),
        (b"# coding: utf-16\nxx\n", "# coding: utf-16\nxx\n", [(1, "encoding")]),
        (b"# coding: cp037\nxx\n", "# coding: cp037\nxx\n", [(1, "encoding")]),
        (b"# coding: ../../evil\nxx\n", "# coding: ../../evil\nxx\n", [(1, "encoding")]),
        (codecs.BOM_UTF8 + b"# coding: latin-1\n'\xc3\xa9'\n", "# coding: latin-1\n'é'\n", [(1, "encoding")]),
        (b"# coding: ascii\n\n'\xe9'\n", "# coding: ascii\n\n'\ufffd'\n", [(3, "encoding")]),
        ("\ufeffx = 1\n".encode("utf-16-le"), "x = 1\n", [(1, "encoding")]),
        ("\ufeffx = 1\n".encode("utf-32-be"), "x = 1\n", [(1, "encoding")]),
        (b"\xff\xfex", None, [(1, "encoding"), (1, "encoding")]),
        (b"x = 1\n\ny\0= 2\n", "x = 1\n\ny = 2\n", [(3, "encoding")]),
    ],
)
def test_what_python_refuses(raw: bytes, text: str | None, problems: list[tuple[int, str]]) -> None:
    assert problems_of(raw) == problems
    assert text is None or text_of(raw) == text


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda raw: b"# coding: " + raw))
def test_whatever_the_bytes_are(raw: bytes) -> None:
    made = source("a.py", Role.APP, raw)
    made.text.encode()
    assert "\r" not in made.text
    assert "\0" not in made.text
    try:
        tree = ast.parse(raw)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    assert ast.dump(ast.parse(made.text)) == ast.dump(tree), "what Python reads, we read alike"


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"x" * 101)
    assert read(File("a.py", path, Role.APP), limit=101).problems == ()
    made = read(File("a.py", path, Role.APP), limit=100)
    assert (made.text, [one.kind for one in made.problems]) == ("", ["too-large"])


def test_a_line_of_ten_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"x = [" + b"1," * 4_999_990 + b"]\n")
    made = read(File("a.py", path, Role.APP))
    assert (len(made.text), made.problems) == (9_999_987, ())


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [one.kind for one in read(File("gone.py", tmp_path / "gone.py", Role.APP)).problems] == ["unreadable"]
    assert [one.kind for one in read(File("d.py", tmp_path, Role.APP)).problems] == ["unreadable"]
    path = tmp_path / "a.py"
    path.write_text("x")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied", "a.py")

    monkeypatch.setattr(os, "open", refuse)
    made = read(File("a.py", path, Role.APP))
    assert [(one.kind, one.message) for one in made.problems] == [("unreadable", "Permission denied")]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x")
    path.chmod(0)
    assert [one.kind for one in read(File("a.py", path, Role.APP)).problems] == ["unreadable"]


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="links cannot be told apart here")
def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("password = 1\n")
    (tmp_path / "a.py").symlink_to(tmp_path / "secret")
    one = read(File("a.py", tmp_path / "a.py", Role.APP))
    assert (one.text, [problem.kind for problem in one.problems]) == ("", ["unreadable"])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_in_the_place_of_a_file_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.py")
    assert read(File("a.py", tmp_path / "a.py", Role.APP)).text == ""
