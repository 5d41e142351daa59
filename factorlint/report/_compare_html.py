"""A comparison as one page without network or script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from factorlint.factors import DECISIVE
from factorlint.model import Owner
from factorlint.model.trees import Comparison
from factorlint.report import _chart
from factorlint.report import _sides as sides
from factorlint.report import _text as text
from factorlint.report._page import page, said
from factorlint.report._sides import Move

BAR = 160


def render(told: Comparison) -> str:
    """The page."""
    title = f"factorlint: {sides.headline(told)}"
    return page(title, [*_head(told), "<main>", *_factors(told), *_sites(told), "</main>"])


def _head(told: Comparison) -> Iterator[str]:
    yield f"<header><h1>{said(sides.headline(told))}</h1>"
    yield f'<p class="place">{said(text.folded(told.before.label))} → {said(text.folded(told.after.label))}</p>'
    yield f"<p>{text.counted(told.same, 'site')} on both sides with the same owner.</p>"
    for side in (told.before, told.after):
        if side.problems:
            yield f"<p>{said(sides.unread(side))}.</p>"
    yield "</header>"


def _factors(told: Comparison) -> Iterator[str]:
    moved, still = sides.moves(told)
    if moved:
        yield '<section aria-labelledby="factors"><h2 id="factors">What moved</h2>'
        yield f'<p class="legend">{_chart.legend()} ★ decisive</p><div class="wide"><table><thead><tr>'
        yield '<th scope="col">factor</th><th scope="col" class="number count">before</th>'
        yield '<th scope="col" class="number">after</th><th scope="col" class="number">moved</th>'
        yield f'<th scope="col">owners then and now</th>{_chart.heads()}</tr></thead><tbody>'
        yield from (_row(one) for one in moved)
        yield "</tbody></table></div>"
        if still:
            yield f"<p>{sides.unmoved(still)}.</p>"
        yield "</section>"


def _row(one: Move) -> str:
    star = " ★" if one.after.factor in DECISIVE else ""
    bars = "".join(_chart.bar(owners, BAR, 10) for owners in (one.before.owners, one.after.owners))
    return (
        f'<tr><th scope="row">{said(sides.heading(one.after.factor))}{star}</th>'
        f'<td class="number count">{sides.score(one.before.score)}</td>'
        f'<td class="number">{sides.score(one.after.score)}</td>'
        f'<td class="number">{one.points}</td><td>{bars}</td>{_counts(one.sites)}</tr>'
    )


def _counts(differences: Mapping[Owner, float]) -> str:
    numbers = (f"{differences[owner]:+g}" if owner in differences else "" for owner in _chart.OWNERS)
    return "".join(f'<td class="number count">{number}</td>' for number in numbers)


def _sites(told: Comparison) -> Iterator[str]:
    for name, groups in sides.groups(told):
        anchor = name.lower().replace(" ", "-")
        yield f'<section aria-labelledby="{anchor}"><h2 id="{anchor}">{name}: {sides.count(groups)}</h2>'
        for group in groups:
            yield f"<h3>F{group.factor} {said(group.title)}</h3><ul>"
            yield from (f'<li class="place">{said(sides.place(pair))}</li>' for pair in group.pairs)
            yield "</ul>"
        yield "</section>"
