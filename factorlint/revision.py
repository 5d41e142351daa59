"""The files of a git revision, for ``--since``: read as blobs into a folder of their own, never checked out.

The repository is a stranger's: git is called without the environment that a hook sets (it would name another index or
repository), without hooks, monitors, filters, replacements or any fetching, and only to list and print objects.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from factorlint.config import ConfigError
from factorlint.roles import manifest

LIMIT = 100_000_000  # bytes of a file, as for those that are read from the disk
PATIENCE = 120  # seconds that git may take for one answer

_SAFE = (
    *("-c", "core.fsmonitor="),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "protocol.allow=never"),
    *("-c", "safe.bareRepository=explicit"),
)
_SETTINGS = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_SUFFIXES = (".py", ".pyw", ".ipynb", ".txt", ".in", ".gitignore", "pyvenv.cfg")


class RevisionError(ConfigError):
    """A revision that cannot be read; the message says why."""


class Blob(NamedTuple):
    """One file of a revision: its path from the folder asked for, and its object."""

    path: str
    name: str


def extract(folder: Path, revision: str, into: Path) -> None:
    """Write what an audit reads of FOLDER as it was at REVISION to the empty folder INTO. Raises RevisionError."""
    commit = _git(
        folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", what=revision
    )
    blobs = list(_blobs(_git(folder, "ls-tree", "-r", "-l", "-z", commit.decode().strip(), what=revision)))
    wanted = "".join(f"{blob.name}\n" for blob in blobs).encode()
    held = _git(folder, "cat-file", "--batch", given=wanted, what=revision) if blobs else b""
    for blob, raw in zip(blobs, _contents(held), strict=False):
        target = into.joinpath(*blob.path.split("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(raw)


def _blobs(listing: bytes) -> Iterator[Blob]:
    """The regular files among the entries of `git ls-tree -r -l -z` that an audit may read."""
    for row in listing.split(b"\0"):
        about, _, raw = row.partition(b"\t")
        fields = about.split()
        if len(fields) != 4 or fields[0] not in (b"100644", b"100755") or not fields[3].isdigit():
            continue
        path = os.fsdecode(raw)
        inside = not {"", ".", "..", ".git"}.intersection(path.lower().split("/")) and "\\" not in path
        if inside and int(fields[3]) <= LIMIT and (path.endswith(_SUFFIXES) or manifest(path)):
            yield Blob(path, fields[2].decode())


def _contents(held: bytes) -> Iterator[bytes]:
    """The contents that `git cat-file --batch` printed, in their order."""
    at = 0
    while at < len(held):
        end = held.index(b"\n", at)
        head = held[at:end].split()
        if len(head) != 3:
            raise RevisionError(f"git does not have the object {head[0].decode() if head else '?'}")
        size = int(head[2])
        yield held[end + 1 : end + 1 + size]
        at = end + 1 + size + 1


def _git(folder: Path, *words: str, what: str, given: bytes | None = None) -> bytes:
    command: Sequence[str] = ("git", *_SAFE, "-C", str(folder), *words)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | _SETTINGS
    try:
        done = subprocess.run(
            command,
            input=given,
            stdin=None if given is not None else subprocess.DEVNULL,
            capture_output=True,
            env=environment,
            timeout=PATIENCE,
            check=False,
        )
    except FileNotFoundError:
        raise RevisionError("--since needs git, which is not installed") from None
    except subprocess.TimeoutExpired:
        raise RevisionError(f"--since {what}: git took over {PATIENCE} seconds") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = said[-1] if said else "no such revision here (a shallow clone has but the last)"
        raise RevisionError(f"--since {what}: {reason}")
    return done.stdout
