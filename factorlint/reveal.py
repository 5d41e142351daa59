"""PATH:LINE → the text that a package will send around or instead of the user's words for the call there.

The call is traced as in an audit; the catalogue says which file of the package holds the text; the package is read
where the project would import it from, never run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import libcst as cst

from factorlint import catalog, installed, passages, pins, reading, run
from factorlint.config import Settings
from factorlint.entries import Fact, Library, Sent
from factorlint.expr import Call, Const, Expr, Seq
from factorlint.installed import Place
from factorlint.lower import lower
from factorlint.model.library import Passage, Revelation
from factorlint.origin import Kind, Where
from factorlint.position import spans
from factorlint.provenance import Tracer
from factorlint.rule import Held, View, facts_at, text_of
from factorlint.sketch import OPAQUE
from factorlint.source import Source
from factorlint.view import viewer
from factorlint.walk import Walk

PROMPTS = ("FL0201", "FL0202", "FL0205")
FETCHED = "FL0203"


class Unrevealed(ValueError):
    """There is nothing to reveal; the message says why."""


@dataclass(frozen=True)
class _Asked:
    """A call at the asked line: its expression and where it stands."""

    call: Call
    where: Where
    line: int


def reveal(root: Path, path: Path, line: int, settings: Settings, places: Sequence[Place]) -> tuple[Revelation, ...]:
    """What is sent for the calls at LINE of PATH, a file of the project at ROOT. Raises Unrevealed."""
    known = catalog.builtin()
    found = reading.find(root, [path], settings)
    texts = reading.read(found, known, settings)
    name = path.relative_to(root).as_posix()
    learned = run.learn_all(texts, [part for part in texts.parts if name in part.files], settings)
    project = next((one.project(texts.modules) for one in learned if name in one.files), None)
    source = texts.sources.get(name)
    if project is None or source is None:
        problems = (*texts.problems, *(problem for one in learned for problem in one.problems))
        why = next((one.message for one in problems if one.path == name), "")
        raise Unrevealed(f"{name}: {why or 'no library of the catalogue is used in it'}")
    view = viewer(project, pins.read_pins(root, found.manifests))(name)
    asked = list(_calls(view, source, line))
    if not asked:
        raise Unrevealed(f"{name}:{line}: no call stands there")
    told: list[Revelation] = []
    for call in asked:
        if not told or call.line == line:
            told += _told(view, call, places)
    if not told:
        names = ", ".join(sorted({_called(view, one) for one in asked}))
        raise Unrevealed(f"{name}:{line}: nothing is known to be sent besides your own words ({names})")
    return tuple(dict.fromkeys(told))


def _calls(view: View, source: Source, line: int) -> Iterator[_Asked]:
    """The calls that begin at LINE, then those that LINE lies in, the innermost first."""
    module = cst.parse_module(source.text)
    steps = list(Walk(module, view.scopes).all(cst.Call))
    places = spans(module, [step.node for step in steps])
    around = []
    for step in steps:
        span = places[id(step.node)]
        if span.line <= line <= span.end_line:
            expr = lower(step.node)
            if isinstance(expr, Call):
                around.append((span, _Asked(expr, Where(view.path, step.scope, step.order), span.line)))
    ordered = sorted(around, key=lambda one: (one[0].line != line, one[0].end_line - one[0].line))
    yield from (asked for _, asked in ordered)


def _told(view: View, asked: _Asked, places: Sequence[Place]) -> Iterator[Revelation]:
    for held in facts_at(view, asked.call, asked.where, PROMPTS):
        yield _revealed(view, asked, held, places)
    for call, where in ((asked.call, asked.where), *_made(view, asked)):
        for held in facts_at(view, call, where, (FETCHED,)):
            yield _fetched(view, asked, held)


def _made(view: View, asked: _Asked) -> Iterator[tuple[Call, Where]]:
    """The calls that made the arguments of the asked one: a prompt that was pulled a line above."""
    for value in (*asked.call.args, *(value for _, value in asked.call.keywords)):
        for origin in view.tracer.origins(value, asked.where):
            if origin.call is not None and origin.made is not None:
                yield origin.call, origin.made


def _called(view: View, asked: _Asked) -> str:
    found = [one for one in view.tracer.callees(asked.call.func, asked.where) if one.kind is not Kind.UNKNOWN]
    return (
        found[0].symbol.path if found and found[0].symbol else found[0].path if found else "a call that is not traced"
    )


def _fetched(view: View, asked: _Asked, held: Held) -> Revelation:
    texts = [one for one in _values(view, held).values() if isinstance(one, str)]
    which = f" ({texts[0]})" if texts else ""
    note = f"the text lies in no package: it is fetched{which} when the program runs, and may differ tomorrow"
    return _revelation(view, asked, held, "", "", (), (note,))


def _revealed(view: View, asked: _Asked, held: Held, places: Sequence[Place]) -> Revelation:
    library = view.catalog.library_of(held.symbol.path)
    sent = tuple(_sent(held))
    if not sent:
        note = f"the catalogue does not say where the text lies; the symbol is at {held.symbol.source}"
        return _revelation(view, asked, held, "", "", (), (note,))
    for place in places:
        given = _given(view, held, place)
        found = tuple(_passages(place, held, sent, given, library))
        if found:
            package = installed.version(place, library.packages if library else ())
            return _revelation(view, asked, held, " ".join(package or ()), str(place.path), found, ())
    where = ", ".join(str(place.path) for place in places) or "no virtual environment was found"
    files = ", ".join(dict.fromkeys(one.file for one, _ in sent))
    packages = " or ".join(library.packages) if library else held.symbol.library
    note = f"{files} was not found ({where}): install {packages}, or give --wheel or --python"
    return _revelation(view, asked, held, "", "", (), (note,))


def _revelation(
    view: View,
    asked: _Asked,
    held: Held,
    package: str,
    place: str,
    found: tuple[Passage, ...],
    notes: tuple[str, ...],
) -> Revelation:
    return Revelation(
        path=view.path,
        line=asked.line,
        symbol=held.symbol.path,
        library=held.symbol.library,
        package=package,
        place=place,
        check=held.fact.check,
        what=held.fact.what,
        passages=found,
        gives_back=held.fact.gives_back,
        notes=notes,
    )


def _sent(held: Held) -> Iterator[tuple[Sent, str]]:
    """The pieces that this call sends, each with the condition that it leaves open."""
    fact = held.fact
    alone = (Sent(fact.hidden["file"], fact.hidden.get("key", "")),) if fact.hidden else ()
    for one in fact.sends or alone:
        verdict = held.arguments.holds(one.when) if one.when else True
        if verdict is not False:
            names = " or ".join(sorted({name for row in one.when for name in row})) if verdict is None else ""
            yield one, names


def _passages(
    place: Place, held: Held, sent: Iterable[tuple[Sent, str]], given: Mapping[str, object], library: Library | None
) -> Iterator[Passage]:
    words = held.fact.hidden.get("text", "")
    for one, when in sent:
        values = {**given, **{hole: given[name] for hole, name in one.fill.items() if name in given}}
        found = _at(place, one, values, words, held.fact, library)
        if found is not None:
            yield Passage(found.file, found.line, found.key, found.pieces, when)


def _at(
    place: Place, one: Sent, given: Mapping[str, object], words: str, fact: Fact, library: Library | None
) -> Passage | None:
    """The passage where the catalogue says, under another of the library's roots, or wherever its words now lie."""
    roots = tuple(root.replace(".", "/") for root in library.imports) if library else ()
    for file in (one.file, *(f"{root}/{one.file.partition('/')[2]}" for root in roots)):
        found = passages.passage(place, file, one.key, given, words)
        if found is not None:
            return found
    if one.file != fact.hidden.get("file") or one.key != fact.hidden.get("key", ""):
        return None
    for root in roots:
        for file, key in passages.search(place, root, words):
            found = passages.passage(place, file, key, given, words)
            if found is not None:
                return found
    return None


def _given(view: View, held: Held, place: Place) -> dict[str, object]:
    """The call's arguments as literals, and of those that it leaves out the defaults that the package's class has."""
    file = held.symbol.source.partition(" ")[2].partition(":")[0]
    name = held.symbol.path.rpartition(".")[2]
    defaults = passages.parameters(place, file, name) if file else {}
    absent = {one: None for names in held.symbol.arguments.values() for one in names}
    return {**absent, **defaults, **_values(view, held)}


def _values(view: View, held: Held) -> dict[str, object]:
    return {name: _literal(view.tracer, expr, at) for name, (expr, at) in held.arguments.given.items()}


def _literal(tracer: Tracer, expr: Expr, where: Where) -> object:
    """The value of EXPR if it is a literal of the tree, a tuple for a list of texts, else OPAQUE."""
    text = text_of(tracer, expr, where)
    if text is not None:
        return text
    if isinstance(expr, Const):
        return expr.value
    for one in tracer.origins(expr, where):
        if one.kind is Kind.VALUE and isinstance(one.expr, Const):
            return one.expr.value
        if one.kind is Kind.CONTAINER and isinstance(one.expr, Seq) and one.place is not None:
            rows = [text_of(tracer, item, one.place) for item in one.expr.items]
            return tuple(row or "{…}" for row in rows) if any(rows) else OPAQUE
    return OPAQUE
