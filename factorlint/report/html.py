"""The `html` format: one file that needs no network, to be read, filtered, linked to and printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from factorlint.factors import BY_NUMBER, DECISIVE
from factorlint.model import Owner, Report, Verdict
from factorlint.report import Look, _chart
from factorlint.report import _text as text
from factorlint.report._html_sites import article
from factorlint.report._moves import moves
from factorlint.report._page import page, said

BAR = 200
_PLACES = 3  # named of each first move


def render(report: Report, look: Look) -> str:
    """The page. Everything is in it as HTML; its script only filters."""
    body = [
        '<a class="skip" href="#findings">To the findings</a>',
        f"<header><h1>{said(_score(report))}</h1>",
        *_head(report),
        "</header>",
        "<main>",
        *_factors(report),
        *_first(report),
        *_files(report),
        *_sites(report),
        *_problems(report),
        "</main>",
        f"<footer><p>factorlint {said(report.version)}; {said(text.closing(report, Look()))}</p></footer>",
    ]
    return page(f"factorlint: {_score(report)}", body, "page.js")


def _score(report: Report) -> str:
    score = report.summary.score
    return "no agent code found" if score is None else f"{score:.0f} of 100 against 12-Factor Agents"


def _head(report: Report) -> Iterator[str]:
    summary = report.summary
    yield f'<p class="verdict">{said(summary.verdict[:1].upper() + summary.verdict[1:])}.</p>'
    coverage = f"{summary.scored} of 13 factors scored, {summary.not_applicable} not applicable"
    yield f"<p>{coverage}, {summary.unknown} unknown.</p>"
    yield from (f"<p>{said(note[:1].upper() + note[1:])}.</p>" for note in report.notes)
    yield from (f"<p><strong>Not met:</strong> {said(gate)}</p>" for gate in report.gates)


def _factors(report: Report) -> Iterator[str]:
    rows = _chart.scored(report.verdicts)
    if not rows:
        return
    yield '<section aria-labelledby="factors"><h2 id="factors">Who owns each factor</h2>'
    yield f'<p class="legend">{_chart.legend()} ★ decisive</p>'
    yield '<div class="wide"><table><thead><tr><th scope="col">factor</th><th scope="col" class="number">score</th>'
    yield '<th scope="col">who owns it</th>' + _chart.heads() + "</tr></thead><tbody>"
    yield from (_factor(one) for one in rows)
    yield "</tbody></table></div></section>"


def _factor(one: Verdict) -> str:
    star = " ★" if one.factor in DECISIVE else ""
    name = f'<a href="#factor={one.factor}">F{one.factor} {said(BY_NUMBER[one.factor].title)}</a>{star}'
    return (
        f'<tr><th scope="row">{name}</th><td class="number">{one.score:.0f}</td>'
        f"<td>{_chart.bar(one.owners, BAR, 14)}</td>{_counts(one.owners)}</tr>"
    )


def _counts(counts: Mapping[Owner, float]) -> str:
    return "".join(f'<td class="number count">{counts.get(owner, 0) or ""}</td>' for owner in _chart.OWNERS)


def _first(report: Report) -> Iterator[str]:
    found = moves(report)
    if not found:
        return
    yield '<section aria-labelledby="first"><h2 id="first">What to do first</h2><ol>'
    for move in found:
        gain = f", {move.gain:+.1f} points" if move.gain >= 0.05 else ""
        count = text.counted(len(move.findings), "site")
        places = ", ".join(
            f'<a href="#s-{said(one.fingerprint)}">{said(text.place(one, Look()))}</a>'
            for one in move.findings[:_PLACES]
        )
        more = f" and {len(move.findings) - _PLACES} more" if len(move.findings) > _PLACES else ""
        yield f"<li><strong>{said(move.check.id)} {said(move.check.name)}</strong>, {count}{gain}. {said(move.advice)}"
        yield f'<br><span class="place">{places}{more}</span></li>'
    yield "</ol><p>The whole way, step by step: <code>factorlint plan</code></p></section>"


def _files(report: Report) -> Iterator[str]:
    held: dict[str, dict[Owner, float]] = {}
    for one in report.sites:
        if one.site.factor <= 13:
            counts = held.setdefault(one.site.path, dict.fromkeys(Owner, 0))
            counts[one.site.owner] += 1
    if not held:
        return
    ordered = sorted(held.items(), key=lambda row: (-row[1][Owner.FRAMEWORK] - row[1][Owner.NOBODY], row[0]))
    yield '<section aria-labelledby="files"><h2 id="files">Files</h2><div class="wide tall" tabindex="0" role="region"'
    yield ' aria-label="Files by who owns their sites"><table><thead><tr><th scope="col">file</th>'
    yield '<th scope="col">who owns its sites</th>' + _chart.heads() + "</tr></thead><tbody>"
    for path, counts in ordered:
        link = f'<a href="#file={said(quote(text.safe(path), safe=""))}">{said(path)}</a>'
        bar = _chart.bar(counts, BAR, 14)
        yield f'<tr><th scope="row" class="path">{link}</th><td>{bar}</td>{_counts(counts)}</tr>'
    yield "</tbody></table></div></section>"


def _sites(report: Report) -> Iterator[str]:
    rules = {info.factor: info for info in report.rules}
    ordered = sorted(report.sites, key=lambda one: (one.site.factor, text.order(one)))
    yield '<section aria-labelledby="findings"><h2 id="findings" tabindex="-1">Findings</h2>'
    yield from _filters(report)
    yield from (article(one, rules.get(one.site.factor)) for one in ordered)
    yield "</section>"


def _filters(report: Report) -> Iterator[str]:
    numbers = sorted({one.site.factor for one in report.sites})
    factors = [(str(one), f"F{one} {BY_NUMBER[one].title}" if one <= 13 else BY_NUMBER[one].title) for one in numbers]
    frameworks = sorted({one.site.framework for one in report.sites if one.site.framework})
    severities = ("error", "warning", "info")
    yield "<noscript><p>Filters need JavaScript; everything is listed below.</p></noscript>"
    yield '<form id="filters" hidden role="search" aria-label="Filter the findings">'
    yield '<label class="search">Search <input id="q" name="q" type="search" autocomplete="off"></label>'
    yield _select("factor", factors)
    yield _select("owner", [(owner.value, owner.value) for owner in _chart.OWNERS])
    yield _select("severity", [(one, one) for one in severities])
    yield _select("framework", [(text.safe(one), one) for one in frameworks])
    yield '<label>Show <select id="show" name="show"><option value="">findings</option>'
    yield '<option value="owned">and what is owned</option>'
    yield '<option value="all">and what is hidden</option></select></label>'
    yield '<button type="reset">Clear</button><output id="count" role="status"></output></form>'


def _select(name: str, options: list[tuple[str, str]]) -> str:
    rows = "".join(f'<option value="{said(value)}">{said(shown)}</option>' for value, shown in options)
    field = f'<select id="{name}" name="{name}"><option value="">all</option>{rows}</select>'
    return f"<label>{name.capitalize()} {field}</label>"


def _problems(report: Report) -> Iterator[str]:
    if not report.problems:
        return
    yield '<section aria-labelledby="problems">'
    yield f'<h2 id="problems">Not read or not judged: {len(report.problems)}</h2><ul>'
    ordered = sorted(report.problems, key=text.problem_order)
    yield from (f'<li class="place">{said(text.problem(one, Look()))}</li>' for one in ordered)
    yield "</ul></section>"
