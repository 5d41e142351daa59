"""A history as a picture: the score as a line, and below it whose the sites are, as areas that fill the height."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from factorlint.model import Owner
from factorlint.model.trees import History, Moment
from factorlint.report import _chart
from factorlint.report import _moments as moments
from factorlint.report import _text as text

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT = 56, 16
SCORE, OWNERS = (64, 160), (256, 88)  # where each of the two begins, and its height
_DATES = 5
_STYLE = (
    "text{font:13px system-ui,-apple-system,'Segoe UI',sans-serif;fill:#1f2328}"
    ".paper{fill:#fff}.big{font-size:18px;font-weight:600}.dim{fill:#59636e;font-size:12px}.grid{stroke:#d1d9e0}"
    ".score{fill:none;stroke:#0860ca;stroke-width:2;stroke-linejoin:round}.dot{fill:#0860ca}"
    + "".join(f".{owner.value}{{fill:{tint}}}" for owner, tint in _chart.LIGHT.items())
    + "@media (prefers-color-scheme:dark){.paper{fill:#0d1117}text{fill:#e6edf3}.dim{fill:#9198a1}"
    ".grid{stroke:#3d444d}.score{stroke:#6cb0ff}.dot{fill:#6cb0ff}"
    + "".join(f".{owner.value}{{fill:{tint}}}" for owner, tint in _chart.DARK.items())
    + "}"
)


def picture(told: History) -> str:
    """The chart as a file of its own, light or dark as the reader's screen is."""
    title = f"12-factor score: {moments.headline(told)}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'role="img" aria-labelledby="title description">',
        f'<title id="title">{_said(title)}</title>',
        f'<desc id="description">{_said(description(told))}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="6"/>',
        f'<text class="big" x="16" y="28">{_said(title)}</text>',
        f'<text class="dim" x="16" y="48">{_said(moments.span(told))}</text>',
        *drawing(told),
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def description(told: History) -> str:
    """The picture for those who do not see it: the commits that moved the score."""
    shown = [f"{moments.day(one.moment)} {moments.short(one.moment)} {one.points}" for one in moments.turns(told)]
    return "; ".join(one.strip() for one in shown)


def drawing(told: History) -> Iterator[str]:
    """Both charts, their axes and the legend."""
    top, height = SCORE
    for mark in (0, 25, 50, 75, 100):
        y = top + height - mark * height // 100
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
        yield f'<text class="dim" x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{mark}</text>'
    places = xs(len(told.moments))
    yield from line([one.summary.score for one in told.moments], places, top, height)
    yield from _areas(told.moments, places)
    yield from _dates(told.moments, places)
    yield from _legend()


def xs(count: int) -> list[float]:
    """Where each of COUNT commits stands; commits are evenly spread, whenever they were made."""
    wide = WIDTH - RIGHT - LEFT
    return [LEFT + (wide * number / (count - 1) if count > 1 else wide) for number in range(count)]


def line(scores: Sequence[float | None], places: Sequence[float], top: int, height: int) -> Iterator[str]:
    """SCORES as a line, broken where there is none; a lone one is a dot."""
    pairs = list(zip(scores, places, strict=True))
    for known, group in groupby(pairs, key=lambda pair: pair[0] is not None):
        if not known:
            continue
        points = [(x, top + height - (value or 0) * height / 100) for value, x in group]
        if len(points) == 1:
            yield f'<circle class="dot" cx="{points[0][0]:.1f}" cy="{points[0][1]:.1f}" r="3"/>'
        else:
            drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            yield f'<polyline class="score" points="{drawn}"/>'


def _areas(told: Sequence[Moment], places: Sequence[float]) -> Iterator[str]:
    """Each owner's share of all sites: bands that are stacked, from one commit to the next."""
    top, height = OWNERS
    for known, group in groupby(zip(told, places, strict=True), key=lambda pair: _total(pair[0]) > 0):
        if not known:
            continue
        rows = list(group)
        lower = [0.0] * len(rows)
        for owner in _chart.OWNERS:
            upper = [
                below + one.summary.owners.get(owner, 0) / _total(one)
                for below, (one, _) in zip(lower, rows, strict=True)
            ]
            if upper != lower:
                yield _band(owner, [x for _, x in rows], lower, upper, top, height)
            lower = upper
    yield f'<text class="dim" x="4" y="{top + 14}">sites</text>'


def _band(
    owner: Owner, places: Sequence[float], lower: Sequence[float], upper: Sequence[float], top: int, height: int
) -> str:
    def at(x: float, share: float) -> str:
        return f"{x:.1f},{top + height - share * height:.1f}"

    if len(places) == 1:
        places, lower, upper = [places[0] - 2, places[0]], [*lower, *lower], [*upper, *upper]
    above = [at(x, share) for x, share in zip(places, upper, strict=True)]
    below = [at(x, share) for x, share in zip(places, lower, strict=True)]
    return f'<polygon class="{owner.value}" points="{" ".join([*above, *reversed(below)])}"/>'


def _total(one: Moment) -> float:
    return sum(one.summary.owners.get(owner, 0) for owner in _chart.OWNERS)


def _dates(told: Sequence[Moment], places: Sequence[float]) -> Iterator[str]:
    count = min(_DATES, len(told))
    chosen = sorted({round(number * (len(told) - 1) / max(count - 1, 1)) for number in range(count)})
    for number in chosen:
        anchor = "start" if number == 0 and len(told) > 1 else "end" if number == len(told) - 1 else "middle"
        day = moments.day(told[number])
        between = " between" if anchor == "middle" else ""  # a narrow page has no room for these
        yield f'<text class="dim{between}" x="{places[number]:.1f}" y="240" text-anchor="{anchor}">{_said(day)}</text>'


def _legend() -> Iterator[str]:
    x, y = LEFT, HEIGHT - 20
    for owner in _chart.OWNERS:
        yield f'<rect class="{owner.value}" x="{x}" y="{y - 10}" width="12" height="12"/>'
        yield f'<text class="dim" x="{x + 18}" y="{y}">{owner.value}</text>'
        x += 150


def _said(words: str) -> str:
    return escape(text.folded(words))
