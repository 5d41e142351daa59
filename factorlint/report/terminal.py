"""The `text` format, what `audit` prints: the score and who owns what, what to do first, then all that was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from factorlint.factors import BY_NUMBER, DECISIVE
from factorlint.model import Finding, Owner, Report, RuleInfo, Status, Summary, Verdict
from factorlint.report import Look, _chart
from factorlint.report import _text as text
from factorlint.report._doc import why
from factorlint.report._moves import Move, moves
from factorlint.report._paint import Line, paint, wrapped

BAR = 10
PLACES = 3  # named of each first move and each kind of evidence


def render(report: Report, look: Look) -> str:
    """The audit of REPORT; `-q` leaves the findings and problems alone."""
    found = text.shown(report, look)
    far = "" if look.verbose < 0 else text.elsewhere(look)
    look = replace(look, base="") if far else look
    parts = [_findings(found, report, look), _problems(report, look)]
    if look.verbose >= 0:
        parts = [_head(report, far, look), _table(report, look), _first(report, look), *parts]
        parts += [_evidence(report, look), _notes(report, look), iter(wrapped(text.closing(report, look), look.width))]
    lines: list[Line] = []
    for part in map(list, parts):
        lines += [Line(), *part] if lines and part else part
    return paint(lines, look)


def _head(report: Report, far: str, look: Look) -> Iterator[Line]:
    summary = report.summary
    if far:
        yield Line(("All paths start at ", "dim"), (text.safe(far), "dim"))
    if summary.score is None:
        yield from wrapped(summary.verdict[:1].upper() + summary.verdict[1:], look.width, style="strong")
        return
    yield Line(("Score ", ""), (f"{summary.score:.0f} of 100", "strong"))
    yield Line((f"{summary.scored} of 13 factors scored", ""), (_unscored(summary), "dim"))
    yield from wrapped(summary.verdict[:1].upper() + summary.verdict[1:], look.width, style="strong")


def _unscored(summary: Summary) -> str:
    return f", {summary.not_applicable} not applicable, {summary.unknown} unknown"


def _table(report: Report, look: Look) -> Iterator[Line]:
    rows = _chart.scored(report.verdicts)
    if not rows:
        return
    marks = _chart.LETTERS if look.ascii else _chart.BLOCKS
    head = "".join(f"{word:>{width}}" for word, width in zip(_COLUMNS, _WIDTHS, strict=True))
    yield Line((f"{'':36}score  {'sites':{BAR}}{head}", "dim"))
    for verdict in rows:
        star = "*" if verdict.factor in DECISIVE else " "
        yield Line(
            (f"{f'F{verdict.factor}':>3}{star} {verdict.name:31}", "strong" if star == "*" else ""),
            (f"{verdict.score:>5.0f}  ", ""),
            *_bar(verdict, marks),
            *(
                (f"{verdict.owners.get(owner, 0) or '':>{width}}", owner.value)
                for owner, width in zip(_chart.OWNERS, _WIDTHS, strict=True)
            ),
        )
    yield _total(report)
    silent = [f"F{one.factor}" for one in report.verdicts if one.score is None and not one.unknown]
    unsure = [f"F{one.factor}" for one in report.verdicts if one.unknown]
    legend = ", ".join(f"{marks[owner]} {owner.value}" for owner in _chart.OWNERS)
    yield from wrapped(f"* decisive; {legend}", look.width, indent=5, style="dim")
    if silent:
        yield from wrapped(f"no site seen: {', '.join(silent)}", look.width, indent=5, style="dim")
    if unsure:
        line = f"unknown: {', '.join(unsure)}; what is only guessed, --min-confidence low shows"
        yield from wrapped(line, look.width, indent=5, style="dim")


def _total(report: Report) -> Line:
    owners = report.summary.owners
    counts = "".join(
        f"{owners.get(owner, 0) or '':>{width}}" for owner, width in zip(_chart.OWNERS, _WIDTHS, strict=True)
    )
    return Line((f"     {'all sites, implied ones included':36}{'':{BAR + 2}}{counts}", "dim"))


_COLUMNS = ("code", "shared", "framew.", "nobody")
_WIDTHS = (5, 7, 8, 7)


def _bar(verdict: Verdict, marks: Mapping[Owner, str]) -> Iterator[tuple[str, str]]:
    for owner, count in _chart.cells(verdict.owners, BAR):
        yield marks[owner] * count, owner.value
    yield " " * (0 if verdict.sites else BAR), ""


def _first(report: Report, look: Look) -> Iterator[Line]:
    found = moves(report)
    if not found:
        return
    yield Line(("What to do first", "title"))
    for number, move in enumerate(found, 1):
        yield Line(
            (f"{number:>2}. ", ""),
            (f"{move.check.id} {move.check.name}", "strong"),
            (f", {text.counted(len(move.findings), 'site')}{_points(move)}", ""),
        )
        yield from wrapped(text.folded(move.advice), look.width, indent=4)
        for one in move.findings[:PLACES]:
            yield Line((f"    {text.place(one, look)}", "place"))
        if len(move.findings) > PLACES:
            yield Line((f"    and {len(move.findings) - PLACES} more", "dim"))
    yield Line(("The whole way, step by step: factorlint plan", "dim"))


def _points(move: Move) -> str:
    return f", {move.gain:+.1f} points" if move.gain >= 0.05 else ""


def _places(found: Sequence[Finding], look: Look) -> str:
    named = ", ".join(text.place(one, look) for one in found[:PLACES])
    return named + (f" and {len(found) - PLACES} more" if len(found) > PLACES else "")


def _findings(found: Sequence[Finding], report: Report, look: Look) -> Iterator[Line]:
    rules = {info.factor: info for info in report.rules}
    verdicts = {one.factor: one for one in report.verdicts}
    ordered = sorted(
        found, key=lambda one: (one.site.factor, one.site.check.id, one.site.advice, _said(one), text.order(one))
    )
    for count, (factor, group) in enumerate(groupby(ordered, key=lambda one: one.site.factor)):
        if count:
            yield Line()
        yield from _factor(factor, list(group), rules.get(factor), verdicts.get(factor), look)


def _factor(
    factor: int, found: Sequence[Finding], info: RuleInfo | None, verdict: Verdict | None, look: Look
) -> Iterator[Line]:
    known = BY_NUMBER[factor]
    score = f": {verdict.score:.0f} of 100" if verdict and verdict.score is not None else ""
    number = f"F{factor}" if known.weight else known.code
    yield Line((f"{number} {known.title}", "title"), (score, ""))
    reason = why(info)
    if reason:
        yield from wrapped(text.folded(reason), look.width, indent=2, style="dim")
    if known.url:
        yield from wrapped(known.url, look.width, indent=2, style="dim")
    for (_, advice), group in groupby(found, key=lambda one: (one.site.check.id, one.site.advice)):
        same = list(group)
        check = same[0].site.check
        severity = check.severity.value if check.severity else "note"
        yield Line()
        yield Line((f"  {check.id} ", severity), (check.name, "strong"), (f", {severity}", severity))
        if advice:
            yield from wrapped(text.folded(advice), look.width, lead="    do: ")
        for _, alike in groupby(same, key=_said):
            yield from _alike(list(alike), look)


def _said(finding: Finding) -> tuple[str, str, tuple[int, ...]]:
    """What is printed once for all findings that share it."""
    site = finding.site
    return site.message, text.symbol(site), site.also


def _alike(found: Sequence[Finding], look: Look) -> Iterator[Line]:
    site = found[0].site
    yield from wrapped(text.folded(site.message), look.width, indent=4)
    if site.symbol:
        yield from wrapped(text.symbol(site), look.width, lead="      symbol: ", hang=8, style="dim")
    if site.also:
        yield from wrapped(text.also(site), look.width, lead="      also: ", hang=8, style="dim")
    for one in found:
        aside = "" if one.status is Status.NEW else f" {one.status.value}"
        yield Line((f"      {text.place(one, look)}", "place"), (f" [{one.site.confidence.value}]{aside}", "dim"))
        if one.why:
            yield from wrapped(text.folded(one.why), look.width, lead="        why: ", hang=10, style="dim")


def _problems(report: Report, look: Look) -> Iterator[Line]:
    if not report.problems:
        return
    yield Line((f"Problems: {len(report.problems)}, not read or not judged", "title"))
    for one in sorted(report.problems, key=text.problem_order):
        yield from wrapped(text.problem(one, look), look.width, indent=2, hang=4, style="problem")


def _evidence(report: Report, look: Look) -> Iterator[Line]:
    """What the code owns or shares; three places of each kind, all with `-v`."""
    owned = [one for one in report.sites if not one.site.check.code and one.status is Status.NEW]
    if not owned:
        return
    yield Line(("Owned and shared", "title"))
    ordered = sorted(owned, key=lambda one: (one.site.factor, one.site.check.name, text.order(one)))
    for (factor, name), group in groupby(ordered, key=lambda one: (one.site.factor, one.site.check.name)):
        same = list(group)
        yield Line((f"  F{factor} ", ""), (name, same[0].site.owner.value), (f", {len(same)}", ""))
        if look.verbose > 0:
            for one in same:
                yield Line((f"    {text.place(one, look)}", "place"))
        else:
            yield from wrapped(_places(same, look), look.width, indent=4, style="dim")


def _notes(report: Report, look: Look) -> Iterator[Line]:
    if not report.notes:
        return
    yield Line(("Notes", "title"))
    for note in report.notes:
        yield from wrapped(text.folded(note), look.width, lead="  - ")
