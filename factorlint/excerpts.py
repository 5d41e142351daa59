"""The lines around every site, taken while the texts are at hand: a format reads no file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from factorlint.model import Excerpt, Finding, Report
from factorlint.source import Source

AROUND = 3  # lines before and after a site
MOST = 16  # lines of an excerpt: a loop of a thousand lines is told by its head
WIDE = 240  # characters of a line: more was written by a program

_ENDS = re.compile(r"\r\n|\r|\n")


def attach(report: Report, sources: Mapping[str, Source]) -> Report:
    """REPORT with the excerpt of each site whose file is among SOURCES."""
    split: dict[str, list[str]] = {}
    for path in sorted({one.site.path for one in report.sites} & sources.keys()):
        split[path] = _ENDS.split(sources[path].text)
    found = (_with(one, sources.get(one.site.path), split.get(one.site.path, [])) for one in report.sites)
    return replace(report, sites=tuple(found))


def _with(finding: Finding, source: Source | None, lines: list[str]) -> Finding:
    site = finding.site
    if source is None:
        return finding
    start = source.absolute(site.cell, site.span.line)
    low, high = 1, len(lines)
    for cell in source.cells:
        if cell.index == site.cell:
            low, high = cell.first_line, cell.first_line + cell.lines - 1
    first = max(low, start - AROUND)
    last = min(high, start + site.span.end_line - site.span.line + AROUND, first + MOST - 1)
    kept = tuple(_clipped(line) for line in lines[first - 1 : last])
    if not kept:
        return finding
    return replace(finding, excerpt=Excerpt(site.span.line - (start - first), kept))


def _clipped(line: str) -> str:
    return line if len(line) <= WIDE else line[: WIDE - 3] + "..."
