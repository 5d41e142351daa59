"""Bytes of every odd kind: the right text, or the Problem that they are."""

from __future__ import annotations

import ast
import os
import time
from pathlib import Path

import pytest

from factorlint.discover import File
from factorlint.model import Role
from factorlint.source import Source, decode, read


def source(tmp_path: Path, data: bytes, name: str = "a.py", limit: int = 10_000_000) -> Source:
    (tmp_path / name).write_bytes(data)
    return read(File(name, tmp_path / name, Role.APP, True), limit)


def kinds(one: Source) -> list[tuple[int | None, str]]:
    return [(problem.line, problem.kind) for problem in one.problems]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"x = 1\n", "x = 1\n"),
        (b"x = 1\r\ny = 2\rz = 3", "x = 1\ny = 2\nz = 3"),
        (b"def f():\n\x0c    pass\n", "def f():\n\x0c    pass\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        (b"\xef\xbb\xbf# coding: utf-8\n", "# coding: utf-8\n"),
        ("é = 'ü'\n".encode(), "é = 'ü'\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "# -*- coding: latin-1 -*-\nx = 'é'\n"),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n", None),
        (b"x = 1\n# coding: latin-1\nx = '\xc3\xa9'\n", "x = 1\n# coding: latin-1\nx = 'é'\n"),
        (b"\n\n# coding: latin-1\nx = '\xc3\xa9'\n", "\n\n# coding: latin-1\nx = 'é'\n"),
        (b"print 'two'\n", "print 'two'\n"),
        (b"def f(:\n", "def f(:\n"),
    ],
)
def test_text_as_python_reads_it(tmp_path: Path, data: bytes, text: str | None) -> None:
    one = source(tmp_path, data)
    assert one.problems == ()
    assert one.text == (text if text is not None else "#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '€'\n")


@pytest.mark.parametrize(
    ("data", "line", "text"),
    [
        (b"# coding: klingon\nx = 'a'\n", 1, "x = 'a'"),
        (b"# coding: hex\nx = 'a'\n", 1, "x = 'a'"),
        (b"# coding: punycode\nx = 'a'\n", 1, "x = 'a'"),
        (b"\xef\xbb\xbf# coding: latin-1\nx = '\xc3\xa9'\n", 1, "x = 'é'"),
        (b"x = 1\ny = '\xe9'\n", 2, "y = '\ufffd'"),
        (b"# coding: ascii\nx = '\xc3\xa9'\n", 2, "x = '"),
        (b"# coding: utf-7\nx = '+2AA-'\n", None, "x = '\ufffd'"),
    ],
)
def test_a_wrong_encoding_is_a_problem_and_read_all_the_same(
    tmp_path: Path, data: bytes, line: int | None, text: str
) -> None:
    one = source(tmp_path, data)
    assert kinds(one) == [(line, "encoding")]
    assert text in one.text
    one.text.encode()


def test_any_two_bytes_decode_without_raising() -> None:
    for first in range(256):
        for head in (b"", b"# coding: shift_jis\n", b"# coding: utf-16\n", b"# coding: \n"):
            decode(head + bytes([first]) + b"\xff").text.encode()


def test_the_codecs_of_python_never_raise() -> None:
    import encodings.aliases

    for name in sorted({*encodings.aliases.aliases, *encodings.aliases.aliases.values(), "a" * 5000, "..", "-"}):
        decode(b"# coding: " + name.encode() + b"\nx = '\xe9\\ud800\\N{'\n").text.encode()


def test_null_bytes(tmp_path: Path) -> None:
    one = source(tmp_path, b"x = 1\ny = '\0'\n")
    assert (one.text, kinds(one)) == ("", [(2, "parse-error")])
    assert kinds(source(tmp_path, "x = 1\n".encode("utf-16"))) == [(1, "parse-error")]


def test_over_the_limit(tmp_path: Path) -> None:
    assert source(tmp_path, b"x" * 100, limit=100).problems == ()
    one = source(tmp_path, b"x" * 101, limit=100)
    assert (one.text, one.digest, kinds(one)) == ("", "", [(None, "too-large")])


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    one = read(File("a.py", tmp_path / "a.py", Role.APP, True))
    assert (one.text, one.digest, kinds(one)) == ("", "", [(None, "unreadable")])


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    one = read(File("a.py", tmp_path / "a.py", Role.APP, True))
    assert [(problem.kind, problem.message) for problem in one.problems] == [("unreadable", "permission denied")]


def test_what_took_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("password = 1\n")
    (tmp_path / "a.py").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "b.py")
    (tmp_path / "c.py").mkdir()
    for name in ("a.py", "b.py", "c.py"):
        one = read(File(name, tmp_path / name, Role.APP, True))
        assert (one.text, kinds(one)) == ("", [(None, "unreadable")])


def test_the_digest_is_of_the_bytes(tmp_path: Path) -> None:
    crlf, lf = source(tmp_path, b"x = 1\r\n"), source(tmp_path, b"x = 1\n")
    assert crlf.text == lf.text
    assert crlf.digest != lf.digest
    assert source(tmp_path, b"x = 1\n", "b.py").digest == lf.digest
    assert len(lf.digest) == 40


def test_plain_files_have_no_cells(tmp_path: Path) -> None:
    assert source(tmp_path, b"x = 1\n").locate(1) == (None, 1)


def test_ten_megabytes_in_a_line(tmp_path: Path) -> None:
    start = time.perf_counter()
    one = source(tmp_path, b"x = [" + b"1, " * 3_300_000 + b"]\n")
    assert one.problems == ()
    assert time.perf_counter() - start < 2


def test_lines_are_those_of_ast(tmp_path: Path) -> None:
    data = b"a = 1\r\n\x0cb = '''\r\x0b\x1c\r\n'''\rc = 3\n"
    tree = ast.parse(data)
    text = source(tmp_path, data).text
    assert [node.lineno for node in tree.body] == [node.lineno for node in ast.parse(text).body] == [1, 2, 5]
