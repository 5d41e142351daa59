"""The score of a tree over its commits, read from git objects in one pass over what each of them changed.

A copy of what an audit reads is kept in a folder of its own and carried from commit to commit. A commit that changes
nothing that an audit reads, goes back to an earlier state, or was judged in an earlier run, costs nothing; of one that
does, only the files whose bytes are new are learned again.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from factorlint import cache, commits, git, revision, roles, run
from factorlint.around import Around, Watch
from factorlint.cache import Cache
from factorlint.commits import Step
from factorlint.config import Settings
from factorlint.git import LIMIT, Place
from factorlint.model import Role, Summary, Verdict
from factorlint.model.trees import History, Moment

_WHAT = "history"


class Served(NamedTuple):
    """How much of the work was not done twice: commits, and the files with agent code in all of them together."""

    commits: int
    commits_reused: int
    files: int
    files_reused: int


def history(root: Path, settings: Settings, since: str | None, every: int, watch: Watch) -> tuple[History, Served]:
    """ROOT, a folder of a work tree or a bare repository, at every EVERYth commit up to HEAD, from SINCE on.

    All commits are judged under the same SETTINGS; WATCH hears how far it is. Raises RevisionError where git has no
    answer.
    """
    folder: Place = git.Bare(root) if git.bare(root) and not (root / ".git").exists() else root
    walk = list(commits.steps(folder, since, every, _WHAT))
    names = sorted({blob.name for step in walk for blob in step.new})
    sizes = git.sizes(folder, names, _WHAT)
    fit = {name: size for name, size in sizes.items() if size <= LIMIT}
    moments: list[Moment] = []
    with (
        cache.opened(settings.store, not (settings.no_cache or settings.plugin)) as kept,
        tempfile.TemporaryDirectory(prefix="factorlint-") as place,
    ):
        copy = _Copy(folder, Path(place) / root.name, fit, settings, kept)
        for number, step in enumerate(walk, 1):
            told, one = copy.at(step, _within(watch, number, len(walk))), step.commit
            moments.append(Moment(one.name, one.when, one.subject, told.summary, told.verdicts, told.problems))
        served = Served(len(walk), len(walk) - copy.audits, copy.files, copy.files - len(copy.around.learned))
    return History(root.name, every, tuple(moments), tuple(_notes(len(names), len(fit)))), served


def _within(watch: Watch, number: int, count: int) -> Watch:
    return lambda what, done, total: watch(f"commit {number} of {count}, {what}", done, total)


def _notes(asked: int, had: int) -> Iterator[str]:
    if had < asked:
        yield f"not read, over {LIMIT:,} bytes or not in this clone: versions of files, {asked - had}"


class Told(NamedTuple):
    """What is kept of the report on one state of the tree."""

    summary: Summary
    verdicts: tuple[Verdict, ...]
    problems: int


@dataclass
class _Copy:
    """What an audit reads of FOLDER at one commit, in the folder ``place``, and what is known of it so far."""

    folder: Place
    place: Path
    fit: Mapping[str, int]  # object → bytes
    settings: Settings
    kept: Cache
    held: dict[str, str] = field(default_factory=dict)  # path → object
    states: dict[str, Told] = field(default_factory=dict)
    around: Around = field(default_factory=lambda: Around(remembers=True))
    audits: int = 0
    files: int = 0

    def at(self, step: Step, watch: Watch) -> Told:
        """What is to be said of the tree after STEP."""
        self.take(step)
        state = self.state()
        told = self.states.get(state) or self.kept.get(_WHAT, state)
        if told is None:
            report = run.examine(self.place, (), self.settings, replace(self.around, watch=watch)).report
            told = Told(report.summary, report.verdicts, len(report.problems))
            self.kept.put(_WHAT, [(state, told)])
            self.audits += 1
        self.states[state] = told
        self.files += told.summary.files.analysed
        return told

    def take(self, step: Step) -> None:
        """Change the copy as STEP did; what cannot be read is left out."""
        self.place.mkdir(exist_ok=True)
        new = [blob for blob in step.new if blob.name in self.fit]
        for path in (*step.gone, *(blob.path for blob in step.new if blob.name not in self.fit)):
            self.drop(path)
        written = revision.write(self.folder, new, self.place, _WHAT)
        self.held |= {blob.path: blob.name for blob in written}
        if sum(self.fit[name] for name in self.held.values()) > git.WHOLE:
            raise git.RevisionError(f"{step.commit.name}: the files come to over {git.WHOLE:,} bytes")

    def drop(self, path: str) -> None:
        if self.held.pop(path, None) is None:
            return
        target = self.place.joinpath(*path.split("/"))
        target.unlink()
        with contextlib.suppress(OSError):  # the first folder that still holds something
            for parent in target.parents[: path.count("/")]:
                parent.rmdir()

    def state(self) -> str:
        """A name for all that the audit sees and is asked for, and for nothing else."""
        tests = self.settings.include_tests
        seen = sorted(row for row in self.held.items() if tests or roles.role(row[0]) is not Role.TEST)
        said = (self.place.name, self.settings.asked, seen)
        return hashlib.blake2b(repr(said).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def words(served: Served) -> str:
    """What was done and what was saved, in one line."""
    whole = f"{served.commits} commit{'s' * (served.commits != 1)}, {served.commits_reused} judged before"
    if not served.files:
        return whole
    share = 100 * served.files_reused / served.files
    return f"{whole}; of {served.files:,} readings of files with agent code {share:.0f} % came from the cache"
