"""A history as one page without network or script: the chart, each factor's own line, and the commits that moved."""

from __future__ import annotations

from collections.abc import Iterator

from factorlint.factors import DECISIVE
from factorlint.model.trees import History
from factorlint.report import _chart
from factorlint.report import _history_chart as chart
from factorlint.report import _moments as moments
from factorlint.report import _text as text
from factorlint.report._moments import Turn
from factorlint.report._page import page, said
from factorlint.report._sides import score

_STRIP = 24


def render(told: History) -> str:
    """The page."""
    title = f"{moments.headline(told)}"
    return page(f"factorlint: {title}", [*_head(told), "<main>", *_factors(told), *_commits(told), "</main>"])


def _head(told: History) -> Iterator[str]:
    yield f"<header><h1>{said(moments.headline(told))}</h1><p>{said(moments.span(told))}.</p>"
    yield from (f"<p>{said(note)}.</p>" for note in told.notes)
    top = chart.SCORE[0] - 18
    yield f'<svg class="chart" viewBox="0 {top} {chart.WIDTH} {chart.HEIGHT - top}" role="img" '
    yield f'aria-label="The score over the commits: {said(chart.description(told))}">'
    yield from chart.drawing(told)
    yield "</svg></header>"


def _factors(told: History) -> Iterator[str]:
    yield '<section aria-labelledby="factors"><h2 id="factors">Factor by factor</h2><div class="wide"><table>'
    yield '<thead><tr><th scope="col">factor</th><th scope="col">over the commits</th>'
    yield '<th scope="col" class="number count">first</th><th scope="col" class="number">now</th></tr></thead><tbody>'
    places = chart.xs(len(told.moments))
    for number in moments.scored(told):
        scores = [next(one.score for one in moment.verdicts if one.factor == number) for moment in told.moments]
        known = [one for one in scores if one is not None]
        star = " ★" if number in DECISIVE else ""
        strip = "".join(chart.line(scores, places, 2, _STRIP - 4))
        yield (
            f'<tr><th scope="row">{said(moments.named(number))}{star}</th>'
            f'<td><svg class="strip" viewBox="0 0 {chart.WIDTH} {_STRIP}" preserveAspectRatio="none" role="img" '
            f'aria-label="from {score(known[0])} to {score(scores[-1])}">{strip}</svg></td>'
            f'<td class="number count">{score(known[0])}</td><td class="number">{score(scores[-1])}</td></tr>'
        )
    yield "</tbody></table></div></section>"


def _commits(told: History) -> Iterator[str]:
    shown = moments.turns(told)
    yield '<section aria-labelledby="commits"><h2 id="commits">The commits that moved a score</h2>'
    yield f'<p class="legend">{_chart.legend()}</p><div class="wide"><table class="commits"><thead><tr>'
    yield '<th scope="col">commit</th><th scope="col" class="number">score</th>'
    yield '<th scope="col" class="number">moved</th><th scope="col">what moved</th>'
    yield '<th scope="col" class="count">sites</th></tr></thead><tbody>'
    yield from (_row(turn) for turn in reversed(shown))
    yield f"</tbody></table></div><p>{said(moments.left_out(told, shown))}</p></section>"


def _row(turn: Turn) -> str:
    one = turn.moment
    anchor = f"c-{moments.short(one)}"
    problems = f"<br>{text.counted(one.problems, 'problem')}" if one.problems else ""
    return (
        f'<tr id="{anchor}"><th scope="row"><a href="#{anchor}"><span class="place">{moments.short(one)}</span></a> '
        f"{moments.day(one)}<br>{said(text.clipped(one.subject, 120))}{problems}</th>"
        f'<td class="number">{score(one.summary.score)}</td><td class="number">{turn.points}</td>'
        f'<td>{", ".join(turn.moved)}</td><td class="count">{_chart.bar(one.summary.owners, 100, 10)}</td></tr>'
    )
