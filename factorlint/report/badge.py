"""The `badge` format: the JSON that a shields.io endpoint badge is drawn from, which allows no further fields."""

from __future__ import annotations

import json

from factorlint.model import Report
from factorlint.report import Look

_COLOURS = ((80, "brightgreen"), (60, "green"), (40, "yellow"), (20, "orange"), (0, "red"))


def render(report: Report, look: Look) -> str:
    """The score, and how many problems there were: a badge has no room to name them."""
    score = report.summary.score
    words = "no agent code" if score is None else f"{score:.0f}/100"
    if report.problems:
        words += f", {len(report.problems)} not read"
    color = "lightgrey" if score is None else next(name for least, name in _COLOURS if score >= least)
    return json.dumps({"schemaVersion": 1, "label": "12-factor", "message": words, "color": color}, indent=2) + "\n"
