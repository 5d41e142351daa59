"""Options of a command line: the number that one has if nobody gives another."""

from __future__ import annotations

from collections.abc import Iterator

from factorlint.expr import Call, Const, Expr, Seq, argument, last_name
from factorlint.facts import Scope
from factorlint.origin import Kind, Origin, Where
from factorlint.provenance.tracing import Tracing


def parsed(tracer: Tracing, base: Origin, name: str) -> Iterator[Origin]:
    """``args.NAME``, where BASE is what argparse made of the command line."""
    if base.made is None or not base.path.startswith("argparse.") or "parse_" not in base.path:
        return
    for called in tracer.project.files[base.made.path].calls:
        if last_name(called.call.func) == "add_argument" and name in _names(called.call):
            yield from _default(tracer, called.call, Where(base.made.path, called.scope, called.order))


def declared(tracer: Tracing, scope: Scope, name: str, path: str) -> Iterator[Origin]:
    """Parameter NAME of a function that decorators make a command: ``@click.option("--name", default=3)``."""
    outside = Where(path, scope.parent, scope.order)
    for decorator in scope.decorators:
        if isinstance(decorator, Call) and name in _names(decorator):
            if any(one.plays("field") for one in tracer.origins(decorator.func, outside)):
                yield from _default(tracer, decorator, outside)


def _names(call: Call) -> set[str]:
    """What the value of an option is called: ``max_steps`` for ``"-m", "--max-steps"``."""
    said = argument(call, "dest")
    flags = [said] if said is not None else call.args
    names = {one.value for one in flags if isinstance(one, Const) and isinstance(one.value, str)}
    return {one.lstrip("-").replace("-", "_") for one in names if not one.startswith("-") or one.startswith("--")}


def _default(tracer: Tracing, call: Call, where: Where) -> Iterator[Origin]:
    given: Expr = argument(call, "default") or Seq("tuple", ())
    for one in tracer.origins(given, where):
        if one.kind is Kind.VALUE and isinstance(one.expr, Const) and one.expr.type in ("int", "float"):
            yield one.weaker()
