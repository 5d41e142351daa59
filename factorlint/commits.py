"""The commits of a repository in the order in which its branch took them, and which files each of them changed.

Read from git objects; nothing is checked out. Only the first parent of a merge is followed: what a branch did in its
own time is one step, the merge.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import NamedTuple

from factorlint import git
from factorlint.git import Blob, Place, RevisionError

_COMMITTER = re.compile(rb"\ncommitter [^\n]* (\d{1,12}) ([+-])(\d\d)(\d\d)\n")


class Commit(NamedTuple):
    """One commit. ``when`` is the committer's date in ISO 8601, ``subject`` the first line of the message."""

    name: str
    tree: str
    when: str
    subject: str


class Step(NamedTuple):
    """What leads from the commit before to this one: the files that are gone, then those that are new or changed."""

    commit: Commit
    gone: tuple[str, ...]
    new: tuple[Blob, ...]


def steps(folder: Place, since: str | None, every: int, what: str) -> Iterator[Step]:
    """Every EVERYth commit up to HEAD, oldest first, counted from HEAD; the first one too, which is SINCE if given.

    The first step has all the files that an audit reads of FOLDER. Raises RevisionError, naming WHAT was asked for.
    """
    chosen = _chosen(_names(folder, since, what), every)
    commits = _commits(folder, chosen, what)
    yield Step(commits[0], (), tuple(git.files(folder, commits[0].tree, what)))
    for commit, (gone, new) in zip(commits[1:], _changes(folder, commits, what), strict=True):
        yield Step(commit, gone, new)


def _names(folder: Place, since: str | None, what: str) -> list[str]:
    start = git.commit(folder, since, f"--since {since}") if since else None
    limits = [f"^{start}"] if start else []
    told = git.ask(folder, "rev-list", "--first-parent", "--reverse", "HEAD", *limits, what=what).decode().split()
    return [start, *told] if start else told


def _chosen(names: Sequence[str], every: int) -> list[str]:
    kept = list(names[::-1][::every])[::-1]
    return kept if kept[:1] == list(names[:1]) else [names[0], *kept]


def _commits(folder: Place, names: Sequence[str], what: str) -> list[Commit]:
    held = git.contents(folder, names, what)
    return [_commit(name, raw) for name, raw in zip(names, held, strict=True)]


def _commit(name: str, raw: bytes) -> Commit:
    head, _, message = raw.partition(b"\n\n")
    found = _COMMITTER.search(head + b"\n")
    if not raw.startswith(b"tree ") or not found:
        raise RevisionError(f"the commit {name} is none that git would write")
    subject = message.lstrip().partition(b"\n")[0].decode("utf-8", "replace").strip()
    return Commit(name, head[5:].split(b"\n")[0].decode(), _when(*found.groups()), subject)


def _when(seconds: bytes, sign: bytes, hours: bytes, minutes: bytes) -> str:
    ahead = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == b"-" else 1)
    try:
        return datetime.fromtimestamp(int(seconds), timezone(ahead)).isoformat()
    except (ValueError, OverflowError, OSError):  # a clock that nobody has
        return "1970-01-01T00:00:00+00:00"


def _changes(folder: Place, commits: Sequence[Commit], what: str) -> Iterator[tuple[tuple[str, ...], tuple[Blob, ...]]]:
    """What is gone and what is new in each commit but the first, all told by one git."""
    pairs = [f"{one.tree} {two.tree}\n".encode() for one, two in pairwise(commits)]
    words = ("diff-tree", "--stdin", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--relative")
    told = git.ask(folder, *words, given=b"".join(pairs), what=what) if pairs else b""
    at = 0
    for pair in pairs:
        at = told.index(pair, at) + len(pair)
        gone, new = [], []
        while told[at : at + 1] == b":":
            middle = told.index(b"\0", at)
            end = told.index(b"\0", middle + 1)
            before, mode, _, name, _ = told[at + 1 : middle].split()
            path = os.fsdecode(told[middle + 1 : end])
            if git.wanted(mode, path):
                new.append(Blob(path, name.decode()))
            elif git.wanted(before, path):
                gone.append(path)
            at = end + 1
        yield tuple(gone), tuple(new)
