"""Cards of libraries as text, Markdown, JSON or one HTML page: the table of all, or one library factor by factor."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from factorlint.factors import BY_NUMBER, DECISIVE
from factorlint.model.library import Card, Cell, Grip, Limit, Stop
from factorlint.report import Look
from factorlint.report._paint import Line, paint, wrapped

FORMATS = ("text", "markdown", "json", "html")

MARKS = {
    Grip.FRAMEWORK: "F",
    Grip.LEVER: "f",
    Grip.ASKED: "a",
    Grip.SHARED: "s",
    Grip.CODE: "c",
    Grip.NONE: "-",
}
MEANINGS = {
    Grip.FRAMEWORK: "the library decides, no way back is known",
    Grip.LEVER: "the library decides, an argument, hook or subclass takes it back",
    Grip.ASKED: "the library decides only where it is asked to",
    Grip.SHARED: "the library carries out what your code decides",
    Grip.CODE: "your code decides",
    Grip.NONE: "nothing known: the library takes no part in it",
}
STYLES = {
    Grip.FRAMEWORK: "framework",
    Grip.LEVER: "nobody",
    Grip.ASKED: "nobody",
    Grip.SHARED: "shared",
    Grip.CODE: "code",
    Grip.NONE: "dim",
}
HOW_TO_READ = (
    "Each letter is one library and one factor, the four decisive factors first. Stop: whether a run can be stopped "
    "between the choice of a tool and its call, and whether the stop may be stored."
)


def render(name: str, cards: Sequence[Card], one: Card | None, look: Look) -> str:
    """CARDS as a table, or the card ONE alone, in the format NAME. Raises KeyError for an unknown NAME."""
    chosen = (one,) if one else tuple(cards)
    if name == "json":
        return as_json(chosen)
    if name == "html":
        from factorlint.report._frameworks_html import page

        return page(chosen, table=one is None)
    if name == "markdown":
        return markdown(chosen, table=one is None)
    if name != "text":
        raise KeyError(name)
    return paint(_card(one, look) if one else _table(chosen, look), look)


def as_json(cards: Sequence[Card]) -> str:
    """The cards whole; ``schema`` is versioned, fields are only ever added."""
    data = {"schema": "factorlint-frameworks/1", "frameworks": [_plain(card) for card in cards]}
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _plain(card: Card) -> dict[str, object]:
    data = dataclasses.asdict(card)
    data["read"] = {package: list(versions) for package, versions in card.read}
    for cell in data["cells"]:
        cell["name"] = BY_NUMBER[cell["factor"]].name
    return data


# -- text --------------------------------------------------------------------------------------------------------------


def _table(cards: Sequence[Card], look: Look) -> Iterator[Line]:
    width = max((len(card.library) for card in cards), default=0)
    for kind, group in groupby(cards, key=lambda card: card.kind):
        rows = list(group)
        heads = "".join(f"{f'F{cell.factor}':>4}" for cell in rows[0].cells)
        yield Line((f"{kind:{width}}{heads}  stop", "title"))
        for card in rows:
            yield Line(
                (f"{card.library:{width}}", "strong"),
                *((f"{MARKS[cell.grip]:>4}", STYLES[cell.grip]) for cell in card.cells),
                (f"  {stop_word(card.stop)}", ""),
            )
        yield Line()
    for grip, meaning in MEANINGS.items():
        yield Line((f"  {MARKS[grip]} ", STYLES[grip]), (meaning, "dim"))
    yield from wrapped(HOW_TO_READ, look.width, style="dim")
    yield from wrapped("One library: factorlint frameworks NAME", look.width, style="dim")


def _card(card: Card, look: Look) -> Iterator[Line]:
    yield Line((card.library, "title"), (f", {card.kind}; read: {versions(card)}", ""))
    yield Line()
    yield from wrapped(stop_line(card), look.width, lead="Stop before a tool runs: ", hang=2, style="strong")
    if card.stop and card.stop.code:
        yield from _code(card.stop.code)
    if card.stop and card.stop.source:
        yield Line((f"  source: {card.stop.source}", "dim"))
    for cell in card.cells:
        if cell.grip is Grip.NONE:
            continue
        star = "*" if cell.factor in DECISIVE else ""
        yield Line()
        yield Line((f"F{cell.factor}{star} {BY_NUMBER[cell.factor].name}", "strong"), ("  ", ""), _grip(cell))
        yield from _cell(cell, look)
    silent = [f"F{cell.factor}" for cell in card.cells if cell.grip is Grip.NONE]
    if silent:
        yield Line()
        yield Line((f"Takes no part in {', '.join(silent)}", "dim"))
    if card.limits:
        yield Line()
        yield Line(("Limits where none is passed", "strong"))
        for words in limit_lines(card.limits):
            yield from wrapped(words, look.width, indent=2, hang=4)


def _grip(cell: Cell) -> tuple[str, str]:
    return MEANINGS[cell.grip], STYLES[cell.grip]


def _cell(cell: Cell, look: Look) -> Iterator[Line]:
    if cell.owns:
        yield from wrapped(cell.owns, look.width, lead="  owns: ", hang=8)
    if cell.gives_back:
        yield from wrapped(cell.gives_back, look.width, lead="  gives back: ", hang=8, style="code")
    yield from _code(cell.code)
    if cell.source:
        yield Line((f"  source: {cell.source}", "dim"))
    for duty in cell.duties[:_DUTIES]:
        words = f"{duty.check} {duty.symbol}: {duty.what}{f' [{duty.when}]' if duty.when else ''}"
        yield from wrapped(words, look.width, lead="  - ", hang=4, style="dim")
    if len(cell.duties) > _DUTIES:
        yield Line((f"  and {len(cell.duties) - _DUTIES} more, in --output json", "dim"))


_DUTIES = 6  # facts shown under a factor; the rest is counted


def _code(code: str) -> Iterator[Line]:
    for line in code.rstrip().splitlines():
        yield Line((f"      {line}", "place"))


# -- Markdown ----------------------------------------------------------------------------------------------------------


def markdown(cards: Sequence[Card], *, table: bool) -> str:
    """The table with a section for each library, or one section."""
    parts: list[str] = []
    if table:
        parts += ["# Frameworks against the thirteen factors", HOW_TO_READ, _legend()]
        parts += [_rows(kind, list(group)) for kind, group in groupby(cards, key=lambda card: card.kind)]
    parts += [_section(card, "##" if table else "#") for card in cards]
    return "\n\n".join(parts) + "\n"


def _legend() -> str:
    return "\n".join(f"- `{MARKS[grip]}` {meaning}" for grip, meaning in MEANINGS.items())


def _rows(kind: str, cards: Sequence[Card]) -> str:
    heads = [f"**F{cell.factor}**" if cell.factor in DECISIVE else f"F{cell.factor}" for cell in cards[0].cells]
    lines = [f"| {kind} | {' | '.join(heads)} | stop |", "| --- |" + " :-: |" * len(heads) + " --- |"]
    for card in cards:
        marks = " | ".join(MARKS[cell.grip] for cell in card.cells)
        lines.append(f"| [{card.library}](#{anchor(card)}) | {marks} | {stop_word(card.stop)} |")
    return "\n".join(lines)


def _section(card: Card, head: str) -> str:
    parts = [f"{head} {card.library}", f"{card.kind}; read: {versions(card)}"]
    parts.append(f"**Stop before a tool runs:** {stop_line(card)}{_source(card.stop.source if card.stop else '')}")
    if card.stop and card.stop.code:
        parts.append(_fence(card.stop.code))
    for cell in card.cells:
        if cell.grip is Grip.NONE:
            continue
        star = " (decisive)" if cell.factor in DECISIVE else ""
        parts.append(f"**F{cell.factor} {BY_NUMBER[cell.factor].name}**{star}: {MEANINGS[cell.grip]}.")
        lines = [f"- owns: {escaped(cell.owns)}{_source(cell.source)}"] if cell.owns else []
        lines += [f"- gives back: {escaped(cell.gives_back)}"] if cell.gives_back else []
        parts += ["\n".join(lines)] if lines else []
        parts += [_fence(cell.code)] if cell.code else []
    if card.limits:
        parts.append("Limits where none is passed:\n\n" + "\n".join(f"- {words}" for words in limit_lines(card.limits)))
    return "\n\n".join(parts)


def _fence(code: str) -> str:
    return f"```python\n{code.rstrip()}\n```"


def _source(source: str) -> str:
    return f" (`{source}`)" if source else ""


def escaped(words: str) -> str:
    """WORDS as Markdown takes them for words."""
    return words.replace("<", "&lt;").replace("*", r"\*").replace("_", r"\_")


# -- what all formats say ----------------------------------------------------------------------------------------------


def anchor(card: Card) -> str:
    return card.library.lower().replace(".", "")


def versions(card: Card) -> str:
    """``package 0.28.8 to 1.15.30``: the oldest and newest version read of each package."""
    words = [
        f"{package} {read[0]}" if len(read) == 1 else f"{package} {read[0]} to {read[-1]}"
        for package, read in card.read
        if read
    ]
    return ", ".join(words) or "nothing but its documentation"


def stop_word(stop: Stop | None) -> str:
    """The stop in a word or two, for a table."""
    if stop is None:
        return "-"
    if not stop.between:
        return "no"
    return "yes, durable" if stop.durable else "yes, in memory"


def stop_line(card: Card) -> str:
    """The stop in a sentence."""
    if card.stop is None:
        return "it runs no tools itself, or nothing is known"
    return f"{stop_word(card.stop)}; {card.stop.how}"


def limit_lines(limits: Sequence[Limit]) -> Iterator[str]:
    """One line for each bound of each symbol, its values by version."""
    for (symbol, name), rows in groupby(limits, key=lambda one: (one.symbol, one.name)):
        values = ", ".join(f"{row.value}{f' ({row.versions})' if row.versions else ''}" for row in rows)
        yield f"`{symbol}` `{name}`: {values}"
