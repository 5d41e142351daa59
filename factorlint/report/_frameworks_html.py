"""Cards of libraries as one HTML page that needs no network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from factorlint.factors import BY_NUMBER, DECISIVE
from factorlint.model.library import Card, Cell, Grip
from factorlint.report import frameworks as shared

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1.5rem 0; }
th, td { padding: .15rem .55rem; text-align: center; border-bottom: 1px solid #8884; }
th:first-child, td:first-child { text-align: left; }
th.decisive { text-decoration: underline; }
.framework { background: #d64545; color: #fff; } .lever { background: #e8973e; color: #000; }
.asked { background: #f2d06b; color: #000; } .shared { background: #7db8da; color: #000; }
.code { background: #5fae6b; color: #000; } .none { color: #8889; }
pre { background: #8882; padding: .6rem; overflow-x: auto; } .source { color: #888; font-size: .85em; }
h3 span { padding: 0 .4rem; border-radius: .2rem; font-weight: normal; font-size: .85em; }
""".strip()


def page(cards: Sequence[Card], *, table: bool) -> str:
    """One page: the table and a section for each card, or one section."""
    title = "Frameworks against the thirteen factors" if table else cards[0].library
    body = [f"<h1>{escape(title)}</h1>"] if table else []
    if table:
        body.append(f"<p>{escape(shared.HOW_TO_READ)}</p>")
        body.append("<p>" + " · ".join(_mark(grip, meaning) for grip, meaning in shared.MEANINGS.items()) + "</p>")
        body += [_table(kind, list(group)) for kind, group in groupby(cards, key=lambda card: card.kind)]
    for card in cards:
        body += _section(card)
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f'<meta name="viewport" content="width=device-width">\n<style>\n{_STYLE}\n</style>\n'
        + "\n".join(body)
        + "\n</html>\n"
    )


def _mark(grip: Grip, meaning: str) -> str:
    return f'<span class="{grip.value}">&nbsp;{shared.MARKS[grip]}&nbsp;</span> {escape(meaning)}'


def _table(kind: str, cards: Sequence[Card]) -> str:
    heads = "".join(
        f'<th title="{escape(BY_NUMBER[cell.factor].name)}"{_decisive(cell)}>F{cell.factor}</th>'
        for cell in cards[0].cells
    )
    rows = "\n".join(
        f'<tr><td><a href="#{escape(shared.anchor(card))}">{escape(card.library)}</a></td>'
        + "".join(_td(cell) for cell in card.cells)
        + f"<td>{escape(shared.stop_word(card.stop))}</td></tr>"
        for card in cards
    )
    return f"<table>\n<tr><th>{escape(kind)}</th>{heads}<th>stop</th></tr>\n{rows}\n</table>"


def _decisive(cell: Cell) -> str:
    return ' class="decisive"' if cell.factor in DECISIVE else ""


def _td(cell: Cell) -> str:
    said = escape(cell.owns or shared.MEANINGS[cell.grip], quote=True)
    return f'<td class="{cell.grip.value}" title="{said}">{shared.MARKS[cell.grip]}</td>'


def _section(card: Card) -> Iterator[str]:
    yield f'<h2 id="{escape(shared.anchor(card))}">{escape(card.library)}</h2>'
    yield f"<p>{escape(card.kind)}; read: {escape(shared.versions(card))}</p>"
    yield f"<p><b>Stop before a tool runs:</b> {escape(shared.stop_line(card))}</p>"
    if card.stop:
        yield from _pre(card.stop.code)
        yield from _source(card.stop.source)
    for cell in card.cells:
        if cell.grip is Grip.NONE:
            continue
        name = BY_NUMBER[cell.factor].name
        grip = f'<span class="{cell.grip.value}">{escape(shared.MEANINGS[cell.grip])}</span>'
        yield f"<h3>F{cell.factor} {escape(name)} {grip}</h3>"
        if cell.owns:
            yield f"<p>owns: {escape(cell.owns)}</p>"
        if cell.gives_back:
            yield f"<p>gives back: {escape(cell.gives_back)}</p>"
        yield from _pre(cell.code)
        yield from _source(cell.source)
    if card.limits:
        items = "".join(f"<li>{escape(words.replace('`', ''))}</li>" for words in shared.limit_lines(card.limits))
        yield f"<h3>Limits where none is passed</h3><ul>{items}</ul>"


def _pre(code: str) -> Iterator[str]:
    if code:
        yield f"<pre>{escape(code.rstrip())}</pre>"


def _source(source: str) -> Iterator[str]:
    if source:
        yield f'<p class="source">{escape(source)}</p>'
