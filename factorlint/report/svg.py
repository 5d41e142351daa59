"""The `svg` format: who owns each factor as a picture for a README, light or dark as the reader's screen is."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from factorlint.factors import DECISIVE
from factorlint.model import Report, Verdict
from factorlint.report import Look, _chart
from factorlint.report import _text as text

WIDTH = 720
BAR = 280
ROW = 24
TOP = 64
_LEFT = 344
_NAMED = 50  # problems in the description

_STYLE = (
    "text{font:13px system-ui,-apple-system,'Segoe UI',sans-serif;fill:#1f2328}"
    ".paper{fill:#fff}.big{font-size:18px;font-weight:600}.dim{fill:#59636e}.strong{font-weight:600}"
    + "".join(f".{owner.value}{{fill:{tint}}}" for owner, tint in _chart.LIGHT.items())
    + "@media (prefers-color-scheme:dark){.paper{fill:#0d1117}text{fill:#e6edf3}.dim{fill:#9198a1}"
    + "".join(f".{owner.value}{{fill:{tint}}}" for owner, tint in _chart.DARK.items())
    + "}"
)


def render(report: Report, look: Look) -> str:
    """One picture; what was not read is counted in it and named in its description."""
    rows = _chart.scored(report.verdicts)
    height = TOP + ROW * len(rows) + 48
    title = _title(report)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        'role="img" aria-labelledby="title description">',
        f'<title id="title">{_said(title)}</title>',
        f'<desc id="description">{_said(_description(report, rows))}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{height}" rx="6"/>',
        f'<text class="big" x="16" y="28">{_said(title)}</text>',
        f'<text class="dim" x="16" y="48">{_said(_decisive(report))}</text>',
    ]
    for number, verdict in enumerate(rows):
        parts += _row(verdict, TOP + ROW * number)
    parts += _legend(report, height - 18)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _title(report: Report) -> str:
    score = report.summary.score
    return "12-factor: no agent code found" if score is None else f"12-factor score {score:.0f} of 100"


def _decisive(report: Report) -> str:
    if report.summary.score is None:
        return ""
    lost = report.summary.decisive_owned_by_framework
    return f"the framework owns {lost or 'none'} of the four decisive factors (★)"


def _description(report: Report, rows: list[Verdict]) -> str:
    said = [f"F{one.factor} {one.name}: {one.score:.0f} of 100, {_chart.words(one.owners)}" for one in rows]
    problems = sorted(report.problems, key=text.problem_order)
    said += [f"not read or not judged: {text.problem(one, Look())}" for one in problems[:_NAMED]]
    if len(problems) > _NAMED:
        said.append(f"and {len(problems) - _NAMED} more")
    return "; ".join(said)


def _row(verdict: Verdict, y: int) -> Iterator[str]:
    strong = ' class="strong"' if verdict.factor in DECISIVE else ""
    star = " ★" if verdict.factor in DECISIVE else ""
    yield f'<text{strong} x="16" y="{y + 13}">F{verdict.factor} {escape(verdict.name)}{star}</text>'
    yield _chart.rects(verdict.owners, _LEFT, y + 2, BAR, 14)
    yield f'<text x="{_LEFT + BAR + 40}" y="{y + 13}" text-anchor="end">{verdict.score:.0f}</text>'
    yield f'<text class="dim" x="{WIDTH - 8}" y="{y + 13}" text-anchor="end">{verdict.sites}</text>'


def _legend(report: Report, y: int) -> Iterator[str]:
    x = 16
    for owner in _chart.OWNERS:
        yield f'<rect class="{owner.value}" x="{x}" y="{y - 10}" width="12" height="12"/>'
        yield f'<text class="dim" x="{x + 18}" y="{y}">{owner.value}</text>'
        x += 100
    failed = f"{text.counted(len(report.problems), 'problem')}; " if report.problems else ""
    yield f'<text class="dim" x="{WIDTH - 8}" y="{y}" text-anchor="end">{failed}score, sites</text>'


def _said(words: str) -> str:
    return escape(text.folded(words))
