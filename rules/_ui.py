"""What a page keeps of a talk: a part of it whose value its handlers are handed, and send to a model."""

from __future__ import annotations

from collections.abc import Iterator

from factorlint import arguments
from factorlint.expr import Call, Expr, Seq
from factorlint.facts import Called
from factorlint.origin import Kind, Where
from factorlint.provenance.parameters import positional
from factorlint.rule import View


def keeps_a_thread(view: View, made: Call, where: Where) -> bool:
    """Whether what MADE makes, a part of a page, keeps a thread that a model is sent."""
    return (where, made) in view.once(_kept)


def _kept(view: View) -> tuple[tuple[Where, Call], ...]:
    """The parts of pages (where, call) that keep a thread."""
    files = view.project.files
    return tuple(one for path in sorted(files) for called in files[path].calls for one in _by(view, path, called))


def _by(view: View, path: str, called: Called) -> Iterator[tuple[Where, Call]]:
    """The parts that one handler, as it is registered, is handed a thread from."""
    where = Where(path, called.scope, called.order)
    for callee in view.tracer.callees(called.call.func, where):
        symbol = callee.symbol
        if symbol is None or symbol.does != "route":
            continue
        given = arguments.of(view.tracer, symbol, called.call, where).given
        for name in symbol.parameter("talk"):  # the second thing that the function is handed is what was said
            if name in given and any(_sends(view, one, 1) for one in _functions(view, *given[name])):
                yield where, called.call
        for name in symbol.parameter("handed"):
            if name in given and "fn" in given:
                yield from _handed(view, list(_functions(view, *given["fn"])), *given[name])


def _functions(view: View, expr: Expr, where: Where) -> Iterator[Where]:
    return (body for one in view.tracer.origins(expr, where) for body in view.reach.bodies(one))


def _handed(view: View, functions: list[Where], inputs: Expr, where: Where) -> Iterator[tuple[Where, Call]]:
    items = inputs.items if isinstance(inputs, Seq) else (inputs,)
    for index, item in enumerate(items):
        if any(_sends(view, one, index) for one in functions):
            for part in view.tracer.origins(item, where):
                if part.kind is Kind.INSTANCE and part.call is not None and part.made is not None:
                    yield part.made, part.call


def _sends(view: View, place: Where, index: int) -> bool:
    """Whether the function at PLACE sends its parameter number INDEX to a model, and saves nothing."""
    if "save" in view.reach.summary(place).does:
        return False
    scope = view.project.scope(place)
    names = positional(scope, view.project.files[place.path].scopes[scope.parent])[index : index + 1]
    return any((place.path, scope.id, name) in view.threads.parameters for name in names)
