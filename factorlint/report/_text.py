"""What the text formats share: untrusted strings shown safely, places, order, and the count of what is hidden."""

from __future__ import annotations

import os.path
from collections import Counter
from collections.abc import Iterable

from factorlint.factors import BY_NUMBER
from factorlint.model import Finding, Problem, Report, Site, Status
from factorlint.report import Look


def safe(text: str) -> str:
    """TEXT with everything unprintable escaped: paths, symbols and messages quote files that anybody wrote."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def folded(text: str) -> str:
    """TEXT on one line, safely."""
    return safe(" ".join(text.split()))


def near(name: str, look: Look) -> str:
    """NAME as a program in the current folder would open it; absolute where that folder is elsewhere."""
    if not look.base:
        return name
    full = os.path.normpath(os.path.join(look.base, name))  # noqa: PTH118 - words only, no file is looked at
    short = os.path.relpath(full, look.here)
    return (full if short.startswith("..") else short).replace(os.sep, "/")


def elsewhere(look: Look) -> str:
    """The folder that the report's paths start from, if neither it nor the current folder is inside the other."""
    if not look.base or not near("", look).startswith("/"):
        return ""
    inside = not os.path.relpath(look.here, look.base).startswith("..")
    return "" if inside else look.base


def path(name: str, look: Look) -> str:
    """NAME as a reader in the current folder would open it; no command to a CI system that reads what is printed."""
    shown = safe(near(name, look))
    return f"./{shown}" if shown.startswith(("::", "##")) else shown


def place(finding: Finding, look: Look) -> str:
    """``path:line:col``, with the cell between for notebooks."""
    site = finding.site
    cell = f"cell {site.cell}:" if site.cell is not None else ""
    return f"{path(site.path, look)}:{cell}{site.span.line}:{site.span.column}"


def problem(one: Problem, look: Look) -> str:
    """One line for a problem."""
    line = f":{one.line}" if one.line is not None else ""
    return f"{path(one.path, look)}{line}: {one.kind}: {folded(one.message)}"


def order(finding: Finding) -> tuple[object, ...]:
    """By place, then by what stands there."""
    site = finding.site
    return (site.path, site.cell or 0, site.span, site.factor, site.check.id, finding.fingerprint)


def problem_order(one: Problem) -> tuple[object, ...]:
    return (one.path, one.line or 0, one.kind, one.message)


def shown(report: Report, look: Look) -> list[Finding]:
    """The findings to print, in order: the new ones, and those set aside if asked for."""
    wanted = {Status.NEW, Status.SUPPRESSED, Status.BASELINED} if look.show_suppressed else {Status.NEW}
    return sorted((one for one in report.sites if one.site.check.code and one.status in wanted), key=order)


def hidden(report: Report, look: Look) -> str:
    """What is not printed, counted by reason; empty if nothing is."""
    reasons: Counter[str] = Counter()
    for one in report.sites:
        if not one.site.check.code or one.status is Status.NEW:
            continue
        if one.status is Status.BELOW:
            reasons[one.why or "below the bar"] += 1
        elif not look.show_suppressed:
            reasons[one.status.value] += 1
    return ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))


def tally(found: Iterable[Finding]) -> str:
    """``3 findings (1 error, 2 warnings)`` of those that are new."""
    new = [one for one in found if one.status is Status.NEW]
    if not new:
        return "no findings"
    loud = Counter(one.site.check.severity.value for one in new if one.site.check.severity)
    parts = [counted(loud[word], word, plural) for word, plural in _SEVERITIES if loud[word]]
    return f"{counted(len(new), 'finding')} ({', '.join(parts)})"


def closing(report: Report, look: Look) -> str:
    """The last line of a list of findings: how many, how many are not shown and why, how much was read."""
    files = report.summary.files
    aside = hidden(report, look)
    read = f"{files.analysed} of {counted(files.seen, 'Python file')} with agent code"
    failed = f", {files.failed} not read" if files.failed else ""
    found = tally(one for one in report.sites if one.site.check.code)
    parts = (found, f"{read}{failed}", strangers(report), f"hidden: {aside}" if aside else "")
    return "; ".join(part for part in parts if part)


def strangers(report: Report) -> str:
    """``2 unknown agent libraries: x, y``: what was not judged because the catalogue does not know it."""
    names = report.summary.strangers
    if not names:
        return ""
    return f"{counted(len(names), 'unknown agent library', 'unknown agent libraries')}: {safe(', '.join(names))}"


def symbol(site: Site) -> str:
    """What the site was traced to, and whose it is."""
    owner = f" ({safe(site.framework)})" if site.framework else ""
    return f"{safe(site.symbol or '')}{owner}"


def also(site: Site) -> str:
    """The factors that the finding decides too."""
    return ", ".join(f"F{number} {BY_NUMBER[number].name}" for number in sorted(site.also))


def clipped(words: str, width: int) -> str:
    """WORDS on one line of at most WIDTH characters."""
    line = folded(words)
    return line if len(line) <= width else line[: max(width - 3, 0)] + "..."


def counted(count: int, word: str, plural: str = "") -> str:
    return f"{count} {word if count == 1 else plural or word + 's'}"


_SEVERITIES = (("error", "errors"), ("warning", "warnings"), ("info", "info"))
