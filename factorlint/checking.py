"""One audit as the command line asks for it: watched, its fixes made or shown, its reports delivered."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from factorlint import files, gates, progress
from factorlint.around import Around
from factorlint.config import Output, Settings
from factorlint.console import look, quoted, save, say, write
from factorlint.model import Report
from factorlint.report import Look, render

if TYPE_CHECKING:
    from factorlint.fix import Fixed

_ROUNDS = 5  # of fixes that open the way to others; more is a quarrel


class Typed(NamedTuple):
    """A file that came through standard input: its name (posix, relative to the root) and its bytes."""

    path: str
    raw: bytes

    @classmethod
    def at(cls, root: Path, place: Path, raw: bytes) -> Typed:
        """RAW as the file at PLACE."""
        return cls(os.path.relpath(place, root).replace(os.sep, "/"), raw)


@dataclass(frozen=True)
class Wishes:
    """What only a command line can ask for, and the format where nothing names one."""

    default: str
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False
    verbose: int = 0  # -v less -q

    @classmethod
    def of(cls, params: Mapping[str, Any], default: str) -> Wishes:
        """The wishes among the PARAMS of a command."""
        loud = params["verbose"] - params["quiet"]
        return cls(default, params["fix"], params["unsafe_fixes"], params["diff"], loud)


def run(root: Path, paths: list[Path], told: Settings, wishes: Wishes, typed: Typed | None) -> tuple[int, str]:
    """Audit, fix, report → the exit code, and why it is not 0."""
    unsaved = {typed.path: typed.raw} if typed else {}
    report = _audit(root, paths, told, wishes, unsaved)
    if wishes.diff or wishes.fix:
        changes, last = _mended(root, paths, told, wishes, report, unsaved)
        if wishes.diff:
            return _shown(changes)
        _make(root, changes, typed)
        _more(report, wishes)
        report = last
    for output in told.output or (Output(wishes.default),):
        _deliver(report, output, _look(root, told, wishes, output), aside=bool(typed and wishes.fix))
    return gates.ending(report, told)


def _mended(
    root: Path, paths: list[Path], told: Settings, wishes: Wishes, report: Report, unsaved: Mapping[str, bytes]
) -> tuple[list[Fixed], Report]:
    """What fixing changes, and the report on what is left. Nothing is written: a fix that opens the way to another is
    tried in memory, so that to fix twice changes no more than once."""
    from factorlint.fix import Fixed, fixes, wanted

    made: dict[str, Fixed] = {}
    for _ in range(_ROUNDS):
        changes = list(fixes(root, wanted(report.sites, wishes.unsafe_fixes), unsaved))
        if not changes:
            break
        for one in changes:
            first = made.get(one.path, one._replace(ended=0))
            made[one.path] = Fixed(one.path, first.before, one.after, first.ended + one.ended)
        unsaved = {**unsaved, **{path: one.after.encode() for path, one in made.items()}}
        report = _audit(root, paths, told, wishes, unsaved)
    return [made[path] for path in sorted(made)], report


def _audit(root: Path, paths: list[Path], told: Settings, wishes: Wishes, unsaved: Mapping[str, bytes]) -> Report:
    from factorlint.run import audit

    with progress.shown(told.no_progress or wishes.verbose < 0) as watch:
        return audit(root, paths, told, Around(unsaved, watch))


def _shown(changes: list[Fixed]) -> tuple[int, str]:
    from factorlint.fix import diff

    for one in changes:
        write(quoted(diff(one)))
    return (gates.UNMET, _counted(changes, "to fix")) if changes else (gates.CLEAN, "")


def _make(root: Path, changes: list[Fixed], typed: Typed | None) -> None:
    """Write CHANGES where they belong; what was typed comes back on standard output, changed or not."""
    if typed:
        sys.stdout.buffer.write(changes[0].after.encode() if changes else typed.raw)
        sys.stdout.flush()
    made = [one for one in changes if typed or _unchanged(root / one.path, one)]
    for one in made if not typed else ():
        files.write(root / one.path, one.after.encode())
    for one in changes:
        if one not in made:
            say(quoted(f"{one.path}: changed meanwhile, and left as it is"))
    if made:
        say(_counted(made, "fixed"))


def _unchanged(path: Path, change: Fixed) -> bool:
    """Whether PATH holds what CHANGE was made of: what somebody saved during the run is not written over."""
    try:
        with open(path, "rb", opener=files.no_detour) as stream:
            return stream.read() == change.before.encode()
    except OSError:
        return False


def _more(report: Report, wishes: Wishes) -> None:
    from factorlint.fix import wanted

    more = 0 if wishes.unsafe_fixes else len(wanted(report.sites, True)) - len(wanted(report.sites, False))
    if more:
        say(f"{more} more can be fixed with --unsafe-fixes, which change what the program does: see --diff first")


def _counted(changes: list[Fixed], what: str) -> str:
    count = sum(one.ended for one in changes)
    return f"{count} finding{'s' * (count != 1)} {what} in {len(changes)} file{'s' * (len(changes) != 1)}"


def _look(root: Path, told: Settings, wishes: Wishes, output: Output) -> Look:
    return replace(
        Look() if output.file else look(told.color),
        verbose=wishes.verbose,
        show_suppressed=told.show_suppressed,
        base=str(root),
        here=str(Path.cwd()),
    )


def _deliver(report: Report, output: Output, how: Look, aside: bool) -> None:
    text = render(output.format, report, how)
    if output.file:
        save(text, output.file)
    elif aside:
        sys.stderr.write(text)
    else:
        write(text)
