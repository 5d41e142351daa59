"""A repository of which every file tries something, and the traces that it leaves where one succeeds."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import NamedTuple

from installed import notebook, put

SECRET = "hunter2-of-another-folder"
AGENT = "from crewai import Crew\n\n\ndef go(crew: Crew) -> None:\n    crew.kickoff()\n"
FIXED = "from crewai import Crew  # factorlint: ignore[FL0801] gone\n"
PATHS = (
    *("conftest.py", "sitecustomize.py", "usercustomize.py", "setup.py", "__init__.py", "__main__.py", "noxfile.py"),
    *("factorlint.py", "factorlint/__init__.py", "libcst.py", "yaml.py", "rich/__init__.py", "typer.py", "pathspec.py"),
    *("json.py", "typing.py", "multiprocessing/__init__.py", "pickle.py", "rules/f01_evil.py", "factorlint_rules.py"),
    *("fixtures/f01/evil.py", "encodings/utf_8.py", "plugin.py"),
)
PYPROJECT = """
[build-system]
requires = []
build-backend = "plugin"
backend-path = ["."]

[project]
name = "evil"
version = "1"

[project.entry-points."factorlint.rules"]
evil = "plugin"

[tool.factorlint]
fail-on = "never"
"""
GIT = """
[core]
\tfsmonitor = {trap}
\thooksPath = {hooks}
\tsshCommand = {trap}
\tpager = {trap}
\teditor = {trap}
\taskPass = {trap}
\tgitProxy = {trap}
\talternateRefsCommand = {trap}
\tattributesFile = {attributes}
[diff]
\texternal = {trap}
[diff "evil"]
\ttextconv = {trap}
\tcommand = {trap}
[filter "evil"]
\tclean = {trap}
\tsmudge = {trap}
\tprocess = {trap}
\trequired = true
[alias]
\trev-parse = !{trap}
\tls-tree = !{trap}
\tcat-file = !{trap}
[credential]
\thelper = {trap}
[gpg]
\tprogram = {trap}
[uploadpack]
\tpackObjectsHook = {trap}
[remote "origin"]
\turl = ext::{trap}
\tuploadpack = {trap}
\tpromisor = true
\tfetch = +refs/heads/*:refs/remotes/origin/*
[protocol]
\tallow = always
[protocol "ext"]
\tallow = always
[submodule]
\trecurse = true
[submodule "sub"]
\tactive = true
\turl = ext::{trap}
\tupdate = !{trap}
[log]
\tshowSignature = true
[trace2]
\teventTarget = {traces}
[include]
\tpath = {more}
[includeIf "gitdir:**"]
\tpath = {more}
[includeIf "onbranch:**"]
\tpath = {more}
"""
INCLUDED = """
[core]
\tfsmonitor = {trap}
\thooksPath = {hooks}
[protocol "ext"]
\tallow = always
"""
HOOKS = "post-checkout pre-commit post-index-change reference-transaction fsmonitor-watchman pre-auto-gc post-merge"


class Hostile(NamedTuple):
    """The folder of the repository, what has run of it (a file that grows), and the folder beside it."""

    root: Path
    ran: Path
    outside: Path

    @property
    def sprung(self) -> str:
        return self.ran.read_text() if self.ran.exists() else ""


def repository(folder: Path) -> Hostile:
    """Lay it out under FOLDER."""
    told = Hostile(folder / "repository", folder / "ran", folder / "outside")
    python = f"open({str(told.ran)!r}, 'a').write(__file__ + '\\n')\n{AGENT}"
    trap = folder / "trap.sh"
    put(told.root, dict.fromkeys(PATHS, python) | {"pyproject.toml": PYPROJECT, "app.py": AGENT, "fixed.py": FIXED})
    put(told.root, {"book.ipynb": notebook(AGENT, "%run plugin.py\n!./trap.sh\n"), ".gitattributes": "* filter=evil\n"})
    put(told.root, {"evil.egg-info/entry_points.txt": "[factorlint.rules]\nevil = plugin\n", ".env": f"X={SECRET}\n"})
    put(told.outside, {"secret.py": f"{AGENT}X = '{SECRET}'\n", "pins.txt": f"{SECRET}==1\n"})
    _environment(told, python)
    _git(told, trap)
    return told


def _environment(told: Hostile, python: str) -> None:
    """A virtual environment that was checked in."""
    site = told.root / ".venv" / "lib" / "python3.11" / "site-packages"
    put(told.root, {".venv/pyvenv.cfg": f"home = {told.root}\n", ".venv/bin/python": f"#!/bin/sh\ntouch {told.ran}\n"})
    put(site, {"crewai/__init__.py": python, "crewai-1.0.dist-info/METADATA": "", "sitecustomize.py": python})
    put(site, {"evil.pth": f"import os; open({str(told.ran)!r}, 'a').write('pth')\n"})
    (told.root / ".venv" / "bin" / "python").chmod(0o755)


def _git(told: Hostile, trap: Path) -> None:
    """Two commits, and then every setting and hook of git that runs something."""
    for words in (("init", "-q"), ("add", "app.py", "plugin.py"), ("commit", "-q", "-m", "one")):
        git(told.root, *words)
    hooks = told.root / ".git" / "hooks"
    put(told.root / ".git" / "info", {"attributes": "* filter=evil diff=evil\n"})
    put(trap.parent, {trap.name: f'#!/bin/sh\necho "$0 $*" >> {told.ran}\ncat\n'})
    put(hooks, dict.fromkeys(HOOKS.split(), f"#!/bin/sh\necho hook >> {told.ran}\n"))
    for path in (trap, *hooks.iterdir()):
        path.chmod(0o755)
    more = trap.parent / "included"
    more.write_text(INCLUDED.format(trap=trap, hooks=hooks))
    attributes = told.root / ".git" / "info" / "attributes"
    settings = GIT.format(trap=trap, hooks=hooks, attributes=attributes, more=more, traces=told.ran)
    with (told.root / ".git" / "config").open("a") as stream:
        stream.write(settings)


def bare(told: Hostile) -> Path:
    """The same repository without files around it, with all of its settings and hooks."""
    made = told.root.parent / "bare.git"
    shutil.copytree(told.root / ".git", made)
    return made


def without_files(root: Path) -> None:
    """As in a partial clone: the files of the commits are not there, and git would ask the remote for them."""
    settings = {**os.environ, "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "-"}
    for path in (root / ".git" / "objects").glob("??/*"):
        words = ["git", "-c", "core.fsmonitor=", "cat-file", "-t", path.parent.name + path.name]
        if subprocess.run(words, cwd=root, env=settings, capture_output=True, check=False).stdout == b"blob\n":
            path.unlink()


def git(folder: Path, *words: str) -> None:
    people = {f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env |= people | {"GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", *words], cwd=folder, env=env, check=True, capture_output=True, timeout=60)


def odd_files(root: Path) -> None:
    """A pipe, a socket and links where an audit would look for files."""
    for name in ("pipe.py", "pipe.ipynb", "requirements.txt", "setup.cfg", "sub/.gitignore", "sub/pyvenv.cfg"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(root / name)
    with socket.socket(socket.AF_UNIX) as one:
        here = Path.cwd()
        os.chdir(root)  # a socket's path may have but 108 bytes
        one.bind("socket.py")
        os.chdir(here)
