"""What `factorlint plan` does: audit, plan, and write each page and folder that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from factorlint import console, delivery, gates, progress, workitems
from factorlint.around import Around
from factorlint.config import Settings
from factorlint.keys import ConfigError, Output
from factorlint.plan import plan
from factorlint.report import plan as pages
from factorlint.run import audit


class Asked(NamedTuple):
    """What is to be written: pages, and folders of work items as (tool, project)."""

    pages: tuple[Output, ...]
    folders: tuple[tuple[str, Path], ...]


def asked(words: Sequence[str] | None) -> Asked:
    """What the WORDS of --output ask for, the text without any. Raises ConfigError."""
    found = delivery.asked((*pages.PAGES, *pages.FOLDERS), words)
    for one in found:
        if one.format in pages.FOLDERS and one.file is None:
            raise ConfigError(f"--output {one.format}: give the project's folder, as in {one.format}:.")
    return Asked(
        tuple(one for one in found if one.format in pages.PAGES),
        tuple((one.format, one.file) for one in found if one.file and one.format in pages.FOLDERS),
    )


def run(root: Path, path: Path, settings: Settings, wanted: Asked) -> tuple[int, str]:
    """Plan what lies under PATH and write what is WANTED; returns the exit code and why it is not 0.

    Raises ConfigError where a folder is there already, and whatever an audit raises.
    """
    with progress.shown(settings.no_progress) as watch:
        report = audit(root, [path], settings, Around(watch=watch))
    made = plan(report)
    for tool, project in wanted.folders:
        if not made.steps:
            console.say(f"nothing to do, nothing written for {tool}")
            continue
        folder, count = workitems.write(tool, made, project)
        console.say(f"{count} files written to {folder}")
    delivery.deliver(
        wanted.pages,
        settings.color,
        lambda name, look: pages.render(name, made, look),
        base=str(root),
        here=str(Path.cwd()),
    )
    return gates.ending(replace(report, gates=()), settings)
