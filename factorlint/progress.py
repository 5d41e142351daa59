"""How far a long run is, in one line of standard error that is written over and in the end taken away.

Nothing is said in the first second, in pipes, in CI, or to terminals that cannot go back in a line. There is no thread:
a run forks its workers.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TextIO

from factorlint.around import Watch, nobody
from factorlint.console import say

DELAY = 1.0  # seconds of a run before anything is said
EVERY = 0.1  # seconds between two lines
COSTLY = 2.0  # seconds of finding files that are worth a word
_BACK = "\r\x1b[2K"  # to the beginning of the line, which is cleared


def wanted(stream: TextIO, environment: Mapping[str, str], quiet: bool) -> bool:
    """Whether somebody looks at STREAM who wants to be told."""
    ci = environment.get("CI", "").lower() not in ("", "0", "false")
    return not quiet and not ci and environment.get("TERM") != "dumb" and stream.isatty()


class Progress:
    """A watch that writes to STREAM."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.stream, self.clock = stream or sys.stderr, clock
        self.start = self.last = clock()
        self.stage, self.since = "", self.start
        self.spent: dict[str, float] = {}
        self.found = 0
        self.shown = False

    def __call__(self, what: str, done: int, total: int) -> None:
        now = self.clock()
        if what != self.stage:
            self.turn(what, now)
        if what == "finding":
            self.found = max(self.found, done)
        if now - self.start < DELAY or now - self.last < EVERY:
            return
        self.last, self.shown = now, True
        count = f"{done:,} of {total:,} files" if total else f"files, {done:,} so far"
        self.stream.write(f"{_BACK}factorlint: {what} {count}")
        self.stream.flush()

    def turn(self, what: str, now: float) -> None:
        self.spent[self.stage] = self.spent.get(self.stage, 0.0) + now - self.since
        self.stage, self.since = what, now

    def end(self) -> str:
        """Clear the line; what is worth saying of where the time went, empty mostly."""
        now = self.clock()
        self.turn("", now)
        if self.shown:
            self.stream.write(_BACK)
            self.stream.flush()
        seconds = self.spent.get("finding", 0.0)
        if seconds < COSTLY or 2 * seconds < now - self.start:
            return ""
        return (
            f"{seconds:.0f} of {now - self.start:.0f} seconds went into finding {self.found:,} files: "
            "extend-exclude keeps folders out, 'factorlint config' lists what is read"
        )


@contextlib.contextmanager
def shown(quiet: bool) -> Iterator[Watch]:
    """A watch that tells whoever looks at standard error, or nobody."""
    if not wanted(sys.stderr, os.environ, quiet):
        yield nobody
        return
    watch = Progress()
    try:
        yield watch
    finally:
        said = watch.end()
    if said:
        say(said)
