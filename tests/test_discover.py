"""Which files are found, which are left out and why; hostile trees among them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from factorlint import discover, roles
from factorlint.discover import Found, find
from factorlint.model import Role


def put(root: Path, *paths: str, text: str = "") -> None:
    for path in paths:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def names(found: Found) -> list[str]:
    return [file.path for file in found.files]


def test_python_files_and_notebooks_in_order(tmp_path: Path) -> None:
    put(tmp_path, "b.py", "a/z.py", "a/y.pyw", "a.py", "n.ipynb", "stub.pyi", "notes.md", "Makefile")
    found = find(tmp_path)
    assert names(found) == ["a.py", "a/y.pyw", "a/z.py", "b.py", "n.ipynb"]
    assert found.others == {"not Python": 3}
    assert found.problems == ()
    assert all(file.wanted and file.absolute == tmp_path / file.path for file in found.files)


def test_notebooks_may_be_left_out(tmp_path: Path) -> None:
    put(tmp_path, "a.py", "n.ipynb")
    found = find(tmp_path, notebooks=False)
    assert (names(found), found.others) == (["a.py"], {"notebook": 1})
    assert names(find(tmp_path, [tmp_path / "n.ipynb"], notebooks=False)) == ["a.py"]


def test_an_empty_folder(tmp_path: Path) -> None:
    assert find(tmp_path) == Found((), {}, ())


@pytest.mark.parametrize("folder", sorted(discover.EXCLUDED))
def test_what_is_excluded_by_default(tmp_path: Path, folder: str) -> None:
    put(tmp_path, f"{folder}/x.py", f"a/{folder}/x.py", "a/y.py")
    found = find(tmp_path)
    assert names(found) == ["a/y.py"]
    assert found.others == {"vendored" if folder in discover.VENDORED else "excluded": 2}


@pytest.mark.parametrize("mark", ["pyvenv.cfg", "conda-meta/history"])
def test_a_virtual_environment_by_its_mark(tmp_path: Path, mark: str) -> None:
    put(tmp_path, f"env/{mark}", "env/lib/x.py", "app.py")
    found = find(tmp_path)
    assert (names(found), found.others) == (["app.py"], {"virtual environment": 1})
    assert "env/lib/x.py" in names(find(tmp_path, [tmp_path / "env"]))


def test_a_project_that_is_its_own_environment(tmp_path: Path) -> None:
    put(tmp_path, "pyvenv.cfg", "app.py", "lib/python3.11/site-packages/x.py")
    assert names(find(tmp_path)) == ["app.py"]


def test_exclude_replaces_and_extends(tmp_path: Path) -> None:
    put(tmp_path, "build/x.py", "a/gen/x.py", "a/b.py", "c/b.py")
    assert names(find(tmp_path, exclude=["a"])) == ["build/x.py", "c/b.py"]
    assert names(find(tmp_path, extend_exclude=["gen/", "c/*.py"])) == ["a/b.py"]
    assert names(find(tmp_path, extend_exclude=["./c", "*.py", "!x.py"])) == ["a/gen/x.py"]
    assert find(tmp_path, extend_exclude=["gen"]).others == {"excluded": 2}


def test_excludes_are_read_from_the_folder_of_their_configuration(tmp_path: Path) -> None:
    put(tmp_path, "a/b/x.py", "a/c/x.py", "x.py")
    assert names(find(tmp_path / "a", extend_exclude=["a/b"], base=tmp_path)) == ["c/x.py"]
    assert names(find(tmp_path, extend_exclude=["b", "/x.py"], base=tmp_path / "a")) == ["a/c/x.py", "x.py"]


# -- .gitignore --------------------------------------------------------------------------------------------------------


def test_nested_gitignores_and_negations(tmp_path: Path) -> None:
    put(tmp_path, "gen/x.py", "keep/gen/x.py", "keep/local.py", "a/local.py", "a/b/x.py", "a/b/y.py")
    put(tmp_path, ".gitignore", text="gen/\nlocal.py\n")
    put(tmp_path, "keep/.gitignore", text="!gen/\n!local.py\n")
    put(tmp_path, "a/.gitignore", text="\ufeff/b/x.py\r\n")
    found = find(tmp_path)
    assert names(found) == ["a/b/y.py", "keep/gen/x.py", "keep/local.py"]
    assert found.others == {"ignored": 3, "not Python": 3}


def test_the_repository_around_the_tree_speaks_too(tmp_path: Path) -> None:
    put(tmp_path, ".git/config", "sub/app/x.py", "sub/app/local.py", "sub/app/gen/x.py")
    put(tmp_path, ".gitignore", text="local.py\n")
    put(tmp_path, "sub/.gitignore", text="/app/gen\n")
    assert names(find(tmp_path / "sub/app")) == ["x.py"]
    assert names(find(tmp_path)) == ["sub/app/x.py"]
    assert names(find(tmp_path / "sub", [tmp_path / "sub/app/gen"])) == ["app/gen/x.py", "app/x.py"]


def test_a_tree_that_the_repository_around_it_ignores_is_not_bound(tmp_path: Path) -> None:
    put(tmp_path, ".git/config", "scratch/one/x.py")
    put(tmp_path, ".gitignore", text="scratch\n*.py\n")
    assert names(find(tmp_path / "scratch/one")) == ["x.py"]
    put(tmp_path, "scratch/one/.git/config")
    assert names(find(tmp_path / "scratch/one")) == ["x.py"]


def test_a_gitignore_that_is_a_link_is_none(tmp_path: Path) -> None:
    put(tmp_path, "root/x.py")
    put(tmp_path, "patterns", text="*\n")
    (tmp_path / "root/.gitignore").symlink_to(tmp_path / "patterns")
    assert names(find(tmp_path / "root")) == ["x.py"]


def test_a_gitignore_of_any_bytes(tmp_path: Path) -> None:
    put(tmp_path, "x.py")
    (tmp_path / ".gitignore").write_bytes(b"\xff\xfe[\n" + bytes(range(256)) * 2000 + b"\n*.py")
    assert names(find(tmp_path)) == ["x.py"]


# -- paths that are named ----------------------------------------------------------------------------------------------


def test_the_whole_tree_is_found_and_what_is_asked_for_is_wanted(tmp_path: Path) -> None:
    put(tmp_path, "a/x.py", "ab/x.py", "b.py", "c.py")
    found = find(tmp_path, [tmp_path / "a", tmp_path / "c.py"])
    assert names(found) == ["a/x.py", "ab/x.py", "b.py", "c.py"]
    assert [file.path for file in found.files if file.wanted] == ["a/x.py", "c.py"]


def test_a_file_that_is_named_is_always_taken(tmp_path: Path) -> None:
    put(tmp_path, "vendor/x.py", "vendor/y.py", "script", "s.pyi", ".gitignore", "local.py", "g_pb2.py")
    put(tmp_path, ".gitignore", text="local.py\n")
    asked = [tmp_path / one for one in ("vendor/x.py", "script", "s.pyi", "local.py", "g_pb2.py")]
    wanted = ["g_pb2.py", "local.py", "s.pyi", "script", "vendor/x.py"]
    assert names(find(tmp_path, asked)) == wanted
    assert names(find(tmp_path, asked, force_exclude=True)) == ["g_pb2.py", "local.py", "s.pyi", "script"]
    assert names(find(tmp_path, [tmp_path / "vendor"])) == ["vendor/x.py", "vendor/y.py"]
    forced = find(tmp_path, [tmp_path / "vendor"], force_exclude=True)
    assert (names(forced), forced.others["excluded"]) == ([], 1)


def test_a_test_that_is_named_is_asked_for(tmp_path: Path) -> None:
    put(tmp_path, "tests/test_a.py", "tests/test_b.py", "docs/c.py")
    found = find(tmp_path, [tmp_path / "tests/test_a.py", tmp_path / "docs/c.py"])
    assert [file.role for file in found.files] == [Role.EXAMPLE, Role.APP, Role.TEST]
    assert {file.role for file in find(tmp_path, [tmp_path / "tests"]).files} == {Role.EXAMPLE, Role.TEST}


def test_what_is_not_there_is_a_problem(tmp_path: Path) -> None:
    put(tmp_path, "a.py")
    found = find(tmp_path, [tmp_path / "gone.py", tmp_path / "a.py/x", tmp_path / "nul\0.py"])
    assert [(one.path, one.kind) for one in found.problems] == [
        ("a.py/x", "missing"),
        ("gone.py", "missing"),
        ("nul\0.py", "missing"),
    ]
    assert not any(file.wanted for file in found.files)
    assert [(one.path, one.kind) for one in find(tmp_path / "gone").problems] == [(".", "missing")]


def test_what_lies_outside_is_a_problem(tmp_path: Path) -> None:
    put(tmp_path, "root/a.py", "rooted/b.py")
    found = find(tmp_path / "root", [tmp_path / "rooted/b.py"])
    assert names(found) == ["a.py"]
    assert [one.kind for one in found.problems] == ["outside"]


# -- links and other odd things ----------------------------------------------------------------------------------------


def test_links_are_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "root/a/x.py", "secret/s.py")
    root = tmp_path / "root"
    (root / "a/loop").symlink_to(root)
    (root / "out").symlink_to(tmp_path / "secret")
    (root / "out.py").symlink_to(tmp_path / "secret/s.py")
    (root / "again.py").symlink_to(root / "a/x.py")
    (root / "self.py").symlink_to(root / "self.py")
    (root / "dead.py").symlink_to(root / "nowhere")
    found = find(root)
    assert (names(found), found.others, found.problems) == (["a/x.py"], {"link": 6}, ())


def test_a_link_that_is_named_must_stay_inside(tmp_path: Path) -> None:
    put(tmp_path, "root/a/x.py", "secret/s.py")
    root = tmp_path / "root"
    (root / "out.py").symlink_to(tmp_path / "secret/s.py")
    (root / "again.py").symlink_to(root / "a/x.py")
    (root / "self.py").symlink_to(root / "self.py")
    found = find(root, [root / "out.py", root / "again.py", root / "self.py"])
    assert [(file.path, file.wanted) for file in found.files] == [("a/x.py", True)]
    assert [(one.path, one.kind) for one in found.problems] == [("out.py", "outside"), ("self.py", "unreadable")]


def test_a_root_that_is_reached_by_a_link(tmp_path: Path) -> None:
    put(tmp_path, "real/a.py")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    found = find(tmp_path / "link", [tmp_path / "link/a.py"])
    assert [(file.path, file.absolute, file.wanted) for file in found.files] == [("a.py", tmp_path / "link/a.py", True)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.py")
    assert find(tmp_path).others == {"special": 1}
    assert names(find(tmp_path, [tmp_path / "x.py"])) == []


def test_a_folder_that_cannot_be_listed_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "closed/x.py", "open/x.py")
    scandir = os.scandir

    def guarded(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    found = find(tmp_path)
    assert names(found) == ["open/x.py"]
    assert [(one.path, one.kind, one.message) for one in found.problems] == [
        ("closed", "unreadable", "Permission denied")
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_odd_names_survive(tmp_path: Path) -> None:
    odd = [b"b\xff\xfe.py", b"new\nline.py", b"\x1b[31mred.py", "naïve 🙂.py".encode(), b"a\\b.py", b"-x.py", b" .py"]
    for name in odd:
        (tmp_path / os.fsdecode(name)).write_bytes(b"x = 1\n")
    found = find(tmp_path)
    assert names(found) == sorted(os.fsdecode(name) for name in odd)
    assert all(file.absolute.read_bytes() == b"x = 1\n" for file in found.files)


def test_a_very_deep_tree(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(300):  # longer than a path may be
        os.mkdir("d" * 20, dir_fd=here)
        inner = os.open("d" * 20, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    put(tmp_path, "x.py")
    found = find(tmp_path)
    assert names(found) == ["x.py"]
    assert [one.kind for one in found.problems] == ["unreadable"]
    subprocess.run(["rm", "-rf", tmp_path / ("d" * 20)], check=True)


# -- roles and generated files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("app/main.py", Role.APP),
        ("tests/x.py", Role.TEST),
        ("a/test/x.py", Role.TEST),
        ("a/test_x.py", Role.TEST),
        ("a/x_test.py", Role.TEST),
        ("conftest.py", Role.TEST),
        ("tests/x.ipynb", Role.TEST),
        ("contest.py", Role.APP),
        ("latest.py", Role.APP),
        ("testing.py", Role.APP),
        ("attest/x.py", Role.APP),
        ("examples/x.py", Role.EXAMPLE),
        ("example/a/x.py", Role.EXAMPLE),
        ("cookbook/x.py", Role.EXAMPLE),
        ("docs/x.py", Role.EXAMPLE),
        ("docs/x.ipynb", Role.NOTEBOOK),
        ("x.ipynb", Role.NOTEBOOK),
        ("docs.py", Role.APP),
    ],
)
def test_roles(path: str, role: Role) -> None:
    assert roles.role(path) is role


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"# @generated\nx = 1\n", True),
        (b"#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# Generated by the protocol buffer compiler.\n", True),
        (b"\xef\xbb\xbf# Code generated by tool. DO NOT EDIT.\r\nx = 1\r\n", True),
        (b"\n\n# This file was generated by a tool.\n# Please do not edit it by hand.\nimport x\n", True),
        (b'"""This file is generated.\n\nDo not edit."""\n', True),
        (b"# DO NOT EDIT", True),
        (b"import x\n# DO NOT EDIT\n", False),
        (b'PROMPT = """Code generated by the model. DO NOT EDIT it."""\n', False),
        (b'"""DO NOT EDIT the files of the user, says the prompt."""\n', False),
        (b"# generated with love\nx = 1\n", False),
        (b"# do not edit this line\nx = 1\n", False),
        (b"# user@generated.example\n", False),
        (b"", False),
        (b"\0" * 100, False),
        (b"#" * 2048, False),
        (b'"' * 2048, False),
        (b"'''" + b"generated " * 200, False),
    ],
)
def test_generated_files_by_their_first_lines(head: bytes, expected: bool) -> None:
    assert roles.generated(head) is expected


def test_generated_files_are_counted(tmp_path: Path) -> None:
    put(tmp_path, "a.py", "x_pb2.py", "x_pb2_grpc.py", "b/made_pb2/types.py")
    put(tmp_path, "g.py", text="# @generated\n")
    found = find(tmp_path)
    assert names(found) == ["a.py", "b/made_pb2/types.py"]


def test_manifests(tmp_path: Path) -> None:
    pins = ["pyproject.toml", "a/requirements-dev.txt", "a/requirements/base.in", "a/uv.lock", "setup.py", "b/Pipfile"]
    put(tmp_path, *pins, "a/b.txt", "node_modules/requirements.txt", "my.lock", "requirements.md")
    assert find(tmp_path).manifests == tuple(sorted(pins))
