"""A Report as text: one module per format, each seeing a Report and nothing else."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

from factorlint.model import Report

FORMATS: Mapping[str, str] = {  # the name on the command line → its module
    "badge": "badge",
    "concise": "concise",
    "full": "full",
    "github": "github",
    "gitlab": "gitlab",
    "html": "html",
    "json": "json_",
    "jsonl": "jsonl",
    "junit": "junit",
    "markdown": "markdown",
    "sarif": "sarif",
    "svg": "svg",
    "text": "terminal",
}


@dataclass(frozen=True)
class Look:
    """How a text format may look; formats for machines take no notice.

    ``base`` is the absolute folder that the report's paths start from and ``here`` the current one, so that paths can
    be shown as a reader here would open them; both empty shows them as they are.
    """

    color: bool = False
    width: int = 80
    ascii: bool = False  # no character beyond ASCII in what is drawn
    verbose: int = 0  # above 0 lists all evidence; below 0 findings and problems only
    show_suppressed: bool = False
    base: str = ""
    here: str = ""


def render(name: str, report: Report, look: Look | None = None) -> str:
    """REPORT in the format NAME, ending in a newline unless empty; raises KeyError for an unknown NAME."""
    module = importlib.import_module(f"factorlint.report.{FORMATS[name]}")
    return str(module.render(report, look or Look()))
