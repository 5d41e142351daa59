"""A plan as a new folder of work items in a user's project: all of it or nothing, and never over what is there."""

from __future__ import annotations

import os
import re
from pathlib import Path

from factorlint import files
from factorlint.keys import ConfigError
from factorlint.model.plan import Plan
from factorlint.report import plan as pages

NAME = "retrofit-12-factor-agents"
_NUMBERED = re.compile(rf"\d+-{NAME}")
_TAKEN = re.compile(r"(?!\d{8}-\d{6}-)(\d{3,})-")  # a date and a time are no number


def write(name: str, plan: Plan, folder: Path) -> tuple[Path, int]:
    """Write PLAN for the tool NAME under FOLDER; returns the new folder and how many files are in it.

    Raises ConfigError where that folder is there already or would lie outside FOLDER, and OSError.
    """
    target = _target(name, folder)
    if os.path.lexists(target):
        raise ConfigError(f"{target} exists, and nothing is overwritten: move it away, or name another folder")
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        raise ConfigError(f"{target.parent} leads out of {folder}")
    made = pages.files(name, plan, target.name)
    files.create_folder(target, {path: text.encode("utf-8", "backslashreplace") for path, text in made.items()})
    return target, len(made)


def _target(name: str, folder: Path) -> Path:
    """The folder that the tool NAME looks for."""
    if name == "openspec":
        return folder / "openspec" / "changes" / NAME
    if name == "gsd":
        return folder / ".planning"
    return folder / "specs" / _numbered(folder / "specs")


def _numbered(specs: Path) -> str:
    """The feature with the next free number; the one that is there where a plan was written before."""
    there = sorted(path.name for path in specs.iterdir()) if specs.is_dir() else []
    same = next((one for one in there if _NUMBERED.fullmatch(one)), "")
    taken = [int(found[1]) for one in there if (found := _TAKEN.match(one))]
    return same or f"{max(taken, default=0) + 1:03}-{NAME}"
