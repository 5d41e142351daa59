"""The `jsonl` format: what `json` says, one object a line, each with its ``type``: run, factor, site, problem."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from factorlint.model import Report
from factorlint.report import Look, json_


def render(report: Report, look: Look) -> str:
    """The run first, then the factors, the sites and the problems of REPORT, each in the order of `json`."""
    return "".join(f"{json.dumps(row)}\n" for row in _rows(json_.document(report)))


def _rows(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    lists = {"factor": document.pop("factors"), "site": document.pop("sites"), "problem": document.pop("problems")}
    yield {"type": "run", **document}
    for name, rows in lists.items():
        for row in rows:
            yield {"type": name, **row}
