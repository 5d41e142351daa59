"""A Plan as text or as a folder of work items: one module per format, each seeing a Plan and nothing else."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from factorlint.model.plan import Plan
from factorlint.report import Look

PAGES = ("text", "markdown")
FOLDERS = ("openspec", "speckit", "gsd")


def render(name: str, plan: Plan, look: Look) -> str:
    """PLAN as the page NAME."""
    return str(importlib.import_module(f"factorlint.report.plan_{name}").render(plan, look))


def files(name: str, plan: Plan, folder: str) -> Mapping[str, str]:
    """The files of PLAN as work items of the tool NAME in FOLDER (path in it → text)."""
    made: Mapping[str, str] = importlib.import_module(f"factorlint.report.plan_{name}").files(plan, folder)
    return made
