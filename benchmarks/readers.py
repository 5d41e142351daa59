"""Every reader of outside text as a function of bytes that raises for nothing but a fault, and what to begin with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from factorlint import (
    baseline,
    catalog,
    config,
    gates,
    guard,
    ignore,
    installed,
    notebook,
    pins,
    registry,
    suppress,
)
from factorlint import source as sources
from factorlint.config import ConfigError
from factorlint.entries import CatalogError
from factorlint.facts import Facts
from factorlint.learn import learn_one
from factorlint.model import Role
from factorlint.modules import Modules
from factorlint.project import Project
from factorlint.view import viewer
from factorlint.visit import visit

Reader = Callable[[bytes], None]
ROOT = Path(__file__).resolve().parent.parent
BAD = ("crash", "rule-crash", "worker-died", "timeout")  # problems that are ours, not the file's
MANIFESTS = (
    *("requirements.txt", "pyproject.toml", "setup.cfg", "setup.py", "Pipfile"),
    *("Pipfile.lock", "poetry.lock", "uv.lock", "environment.yml"),
)
_BOOK = b"""{"cells": [{"cell_type": "code", "source": ["%pip install x\\n", "!ls\\n", "a?"], "outputs": []}],
"metadata": {"kernelspec": {"language": "python"}}}"""
_PINNED = (  # one for each of MANIFESTS
    b"crewai[tools]>=0.1,<2 ; python_version > '3.9'  # x\n-r other.txt\n",
    b'[project]\ndependencies=["a~=1"]\n[tool.poetry.dependencies]\nb = {version = "^1.2"}',
    b"[options]\ninstall_requires =\n  a==1\n",
    b"setup(install_requires=['a<2'])",
    b'[packages]\na = "^1.2"\n',
    b'{"default": {"a": {"version": "==1"}}}',
    b'[[package]]\nname = "a"\nversion = "1"\n',
    b'[[package]]\nname = "a"\nversion = "1"\n',
    b"dependencies:\n  - a=1.2\n  - pip:\n    - b>=1\n",
)


def python(raw: bytes) -> None:
    """Read, learnt, and visited by all rules."""
    _look("a.py", raw)


def cells(raw: bytes) -> None:
    """The same in the cells of a notebook, which null bytes part."""
    rows = [{"cell_type": "code", "source": part.decode("utf-8", "replace")} for part in raw.split(b"\0")]
    _look("a.ipynb", json.dumps({"cells": rows, "nbformat": 4}).encode())


def _look(path: str, raw: bytes) -> None:
    rules, known = registry.rules(()), catalog.builtin()
    one = sources.source(path, Role.APP, raw)
    suppress.comments(one.text)
    if guard.refuse(one.text) is not None:
        return
    learnt = learn_one(one)
    if isinstance(learnt, Facts):
        project = Project({path: learnt}, Modules((path,), known))
        told = visit(viewer(project, pins.Pins({}))(path), one, rules)
        bad = [problem for problem in told.problems if problem.kind in BAD]
        assert not bad, bad[0].message


def book(raw: bytes) -> None:
    """A notebook's own JSON."""
    sources.source("a.ipynb", Role.APP, raw)


def comments(raw: bytes) -> None:
    """What is set aside."""
    infos = tuple(map(registry.info, registry.rules(())))
    for one in suppress.comments(sources.source("a.py", Role.APP, raw).text):
        suppress.checked(one, infos)


def ignored(raw: bytes) -> None:
    """Lines of a `.gitignore`; after a null byte, the path to match."""
    lines, _, path = raw.decode("utf-8", "surrogateescape").rpartition("\0")
    patterns = ignore.read(lines.split("\n"))
    if patterns:
        patterns.ignores(path or "a/b.py", False)


def readers(folder: Path) -> Mapping[str, Reader]:
    """All of them by name; those of files write what they are given into FOLDER."""
    registry.rules(()), catalog.builtin()  # loaded and instrumented before the first input is timed
    notebook._newer = lambda texts: []  # no processes of ours inside a fuzzer's

    def file(name: str, read: Callable[[Path], object], *expected: type[Exception]) -> Reader:
        def reader(raw: bytes) -> None:
            (folder / name).write_bytes(raw)
            try:
                read(folder / name)
            except expected:
                return

        return reader

    def pinned(raw: bytes) -> None:
        name = MANIFESTS[raw[0] % len(MANIFESTS)] if raw else MANIFESTS[0]
        (folder / name).write_bytes(raw[1:])
        told = pins.read_pins(folder, [name])
        for package in told.folders:
            told.allows(package, ">=1", "a.py")
            told.assumes(package, "a.py")

    def environment(raw: bytes) -> None:
        (folder / "x.pth").write_bytes(raw)
        list(installed._linked(folder))

    return {
        "python": python,
        "cells": cells,
        "notebook": book,
        "comments": comments,
        "config": file("factorlint.toml", config.read, ConfigError),
        "baseline": file("baseline.json", baseline.read, ConfigError),
        "report": file("report.json", gates.read_scores, ConfigError),
        "catalogue": file("library.yaml", lambda path: catalog.load([path]), CatalogError),
        "pins": pinned,
        "gitignore": ignored,
        "pth": environment,
    }


def seeds(target: str, code: Sequence[Path] = ()) -> Iterator[bytes]:
    """What the first corpus of TARGET is made of: a few of ours, and the likes of it below the folders CODE."""
    if target in ("python", "comments"):
        yield from (path.read_bytes() for path in sorted((ROOT / "fixtures").rglob("*.py")))
    elif target == "cells":
        for path in sorted((ROOT / "fixtures" / "apps").rglob("*.py")):
            yield path.read_bytes().replace(b"\n\n\n", b"\0")
    elif target == "catalogue":
        yield from (path.read_bytes()[:3000] for path in sorted((ROOT / "rules" / "frameworks").glob("*.yaml"))[:20])
    elif target == "pins":
        yield from (bytes([at]) + text for at, text in enumerate(_PINNED))
    else:
        yield from _FIRST.get(target, ())
    for name, before, after in _FOUND.get(target, ()):
        found = sorted(path for folder in code for path in folder.rglob(name) if path.is_file())
        fit = [path for path in found if 0 < path.stat().st_size < _LONG]
        yield from (before + path.read_bytes() + after for path in fit[:: len(fit) // _MANY + 1])


_LONG = 6000  # bytes: the longest input that is made
_MANY = 50  # a first corpus is tried anew at each turn
_FOUND: Mapping[str, tuple[tuple[str, bytes, bytes], ...]] = {  # a name, and what is put around its bytes
    "python": (("*.py", b"", b""),),
    "comments": (("*.py", b"", b""),),
    "notebook": (("*.ipynb", b"", b""),),
    "pins": tuple((name, bytes([at]), b"") for at, name in enumerate(MANIFESTS)),
    "gitignore": ((".gitignore", b"", b"\0src/a/build/x.py"),),
    "config": (("factorlint.toml", b"", b""),),
}
_FIRST: Mapping[str, tuple[bytes, ...]] = {
    "notebook": (_BOOK,),
    "config": (
        b'select = ["FL02"]\nfail-on = "error"\noutput = "json:a.json"\n[severity]\nFL0204 = "warning"\n',
        b'require = ["FL03", "FL08=code"]\nexclude = ["a/"]\njobs = 2\n[per-file-ignores]\n"a/" = ["FL07"]\n',
    ),
    "baseline": (
        b'{"schema": "factorlint-baseline/1", "findings": [\n'
        b'{"check": "FL0801", "path": "a.py", "scope": "f", "source": "x", "nth": 1}\n]}',
    ),
    "report": (
        b'{"factors": [{"code": "FL08", "score": 12.5}, {"code": "FL02", "score": null}], "summary": {"score": 3}}',
    ),
    "gitignore": (b"*.log\n!/a/**/b[a-z]?\n\\#x\nfoo/\n\0a/b/c.log",),
    "pth": (b"/tmp\nimport os\n# x\n",),
}
