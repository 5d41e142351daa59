"""Asking git about a repository that is a stranger's, safely: only plumbing that lists and prints objects.

Git is called without the environment that a hook sets (it would name another index or repository), without hooks,
monitors, filters, replacements or any fetching. Nothing is checked out and nothing of the repository is run.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from factorlint.config import ConfigError
from factorlint.roles import manifest

LIMIT = 100_000_000  # bytes of a file, as for those that are read from the disk
WHOLE = 2_000_000_000  # bytes of all files of a revision: a few objects can stand for any number of files
PATIENCE = 120  # seconds that git may take for one answer
_MOST = 400_000_000  # bytes of one answer
_AT_ONCE = 100_000_000  # bytes of objects that one answer is to hold, as far as they are not one object

_SAFE = (
    *("-c", "core.fsmonitor="),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "protocol.allow=never"),
    *("-c", "safe.bareRepository=explicit"),
)
_SETTINGS = {
    "GIT_ALLOW_PROTOCOL": "-",  # unlike `protocol.allow`, no setting of the repository is above it
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_SUFFIXES = (".py", ".pyw", ".ipynb", ".txt", ".in", ".gitignore", "pyvenv.cfg")
_FILES = (b"100644", b"100755")


class RevisionError(ConfigError):
    """A revision that cannot be read; the message says why."""


class Blob(NamedTuple):
    """One file of a revision: its path from the folder asked for, and its object."""

    path: str
    name: str


class Bare(NamedTuple):
    """A repository that was named as one; git is to take no folder for a repository by what lies in it."""

    folder: Path


Place = Path | Bare  # a folder inside a work tree, or a repository without one


def bare(folder: Path) -> bool:
    """Whether FOLDER is a git directory that lies by itself."""
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()


def commit(folder: Place, revision: str, what: str) -> str:
    """The full name of the commit that REVISION means. Raises RevisionError, naming WHAT was asked for."""
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    return ask(folder, *words, what=what).decode().strip()


def files(folder: Place, tree: str, what: str) -> list[Blob]:
    """What an audit may read of FOLDER in TREE (or a commit)."""
    rows = ask(folder, "ls-tree", "-r", "-z", tree, what=what).split(b"\0")
    found = []
    for row in rows:
        about, _, raw = row.partition(b"\t")
        fields = about.split()
        path = os.fsdecode(raw)
        if len(fields) == 3 and wanted(fields[0], path):
            found.append(Blob(path, fields[2].decode()))
    return found


def wanted(mode: bytes, path: str) -> bool:
    """Whether an audit may read the entry of a tree at PATH: a regular file of a fitting name, inside the folder."""
    if mode not in _FILES or not (path.endswith(_SUFFIXES) or manifest(path)):
        return False
    inside = not {"", ".", "..", ".git"}.intersection(path.lower().split("/")) and "\\" not in path
    return inside and not (os.name == "nt" and ":" in path)  # another drive there


def sizes(folder: Place, names: Sequence[str], what: str) -> dict[str, int]:
    """The bytes of each of the objects NAMES; those that the repository does not have are left out."""
    told = ask(folder, "cat-file", "--batch-check", given=_lines(names), what=what) if names else b""
    rows = [line.split() for line in told.splitlines()]
    return {row[0].decode(): int(row[2]) for row in rows if len(row) == 3 and row[2].isdigit()}


def contents(folder: Place, names: Sequence[str], what: str) -> Iterator[bytes]:
    """What is in the objects NAMES, in their order. Raises RevisionError for one that is not there."""
    known = sizes(folder, sorted(set(names)), what)
    if sum(known.get(name, 0) for name in names) > WHOLE:
        raise RevisionError(f"{what}: the files come to over {WHOLE:,} bytes")
    some: list[str] = []
    size = 0
    for name in names:
        if some and size + known.get(name, 0) > _AT_ONCE:
            yield from _contents(folder, some, what)
            some, size = [], 0
        some.append(name)
        size += known.get(name, 0)
    yield from _contents(folder, some, what)


def _contents(folder: Place, names: Sequence[str], what: str) -> Iterator[bytes]:
    held = ask(folder, "cat-file", "--batch", given=_lines(names), what=what) if names else b""
    at = 0
    while at < len(held):
        end = held.index(b"\n", at)
        head = held[at:end].split()
        if len(head) != 3:
            raise RevisionError(f"{what}: git does not have the object {head[0].decode() if head else '?'}")
        size = int(head[2])
        yield held[end + 1 : end + 1 + size]
        at = end + 1 + size + 1


def ask(folder: Place, *words: str, what: str, given: bytes = b"") -> bytes:
    """What git prints in FOLDER. Raises RevisionError, naming WHAT was asked for."""
    place = (f"--git-dir={folder.folder}",) if isinstance(folder, Bare) else ("-C", str(folder))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | _SETTINGS
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as complaint:
        asked.write(given)
        asked.seek(0)
        try:
            process = subprocess.Popen(
                ["git", *_SAFE, *place, *words],
                stdin=asked,
                stdout=subprocess.PIPE,
                stderr=complaint,
                env=environment,
                start_new_session=True,  # so that whatever it starts can be ended with it
            )
        except FileNotFoundError:
            raise RevisionError(f"{what}: git is not installed") from None
        told = _heard(process, what)
        if process.returncode:
            complaint.seek(0)
            said = complaint.read(_MOST).decode("utf-8", "replace").strip().splitlines()
            reason = said[-1] if said else "no such revision here (a shallow clone has but the last)"
            raise RevisionError(f"{what}: {reason.removeprefix('fatal: ')}")
    return told


def _heard(process: subprocess.Popen[bytes], what: str) -> bytes:
    """What PROCESS says until it ends, which it does in time, and not with more than memory holds."""
    assert process.stdout
    late = threading.Event()

    def end() -> None:
        late.set()
        _end(process)

    timer = threading.Timer(PATIENCE, end)
    timer.daemon = True
    timer.start()
    try:
        parts: list[bytes] = []
        left = _MOST
        while left >= 0 and (part := process.stdout.read(2**20)):
            parts.append(part)
            left -= len(part)
        if left >= 0:
            process.wait()
    finally:
        timer.cancel()
        if process.poll() is None:
            _end(process)
        process.wait()
        process.stdout.close()
    if late.is_set():
        raise RevisionError(f"{what}: git took over {PATIENCE} seconds")
    if left < 0:
        raise RevisionError(f"{what}: git says more than {_MOST:,} bytes")
    return b"".join(parts)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):  # it is gone already
        os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()


def _lines(names: Sequence[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()
