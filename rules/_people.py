"""Where an agent asks a person in its own process, and where a person is asked before a tool runs."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint import runs
from factorlint.expr import Const, Each, Expr, Name, Op, Seq, walk
from factorlint.facts import Called, Statement
from factorlint.origin import Kind, Origin, Where
from factorlint.reach import Reached
from factorlint.rule import Here, View
from factorlint.walk import children

_LEAVES = frozenset("exit quit q bye stop end :q".split())
_ASKS = frozenset(("call-model", "run"))
_DEPTH = 3


def asks(callee: Origin, *does: str) -> bool:
    """Whether a call asks a person, or does with one what DOES names: ``input``, or what the catalogue says of it."""
    if callee.kind is Kind.ANSWER:
        return False
    return callee.path == "builtins.input" or (callee.symbol is not None and callee.symbol.does in ("ask-human", *does))


def why_agent_asks(here: Here, node: cst.Call) -> str | None:
    """Why the question at NODE is one of the agent, in words; None where it collects the user's own message."""
    function = here.function()
    place = here.where if function is None else here.where._replace(scope=function.id)
    if _in_tool(here.view, place):
        return "it stands in a tool"
    if _conditional_after_model(here.view, here.where) or _late_in_step(here.view, here.where, conditional=True):
        return "the model's answer led here, inside its loop"
    if _led_to(here.view, place):
        return "the agent's loop comes here after the model's answer"
    if _decides(here, node):
        return "what is done with the model's answer waits for it"
    return None


def asked_before(here: Here) -> bool:
    """Whether whoever comes to the statement visited HERE has just asked a person, in the same arms of the function."""
    statements, path = here.view.project.files[here.where.path].statements, here.where.path
    for order in here.view.project.chain(path, here.where.order):
        one = statements[order]
        if one.kind in ("FunctionDef", "AsyncFunctionDef", "ClassDef"):
            break
        beside = (at for at in range(one.parent + 1, order) if statements[at].parent == one.parent)
        for at in beside:
            if statements[at].arm == one.arm and not _may_be_passed(statements[at]):
                for called in here.view.reach.calls(path, at, at):
                    if any(asks(callee, "interrupt") for callee in here.view.reach.callees(path, called)):
                        return True
    return False


def _may_be_passed(statement: Statement) -> bool:
    return statement.kind in ("If", "Match", "For", "AsyncFor", "While", "Try")


def _in_tool(view: View, place: Where) -> bool:
    bodies = view.agents.bodies
    if (place.path, place.scope) in bodies:
        return True
    return any(key in bodies for key in _callers(view, place))


def _callers(view: View, place: Where, depth: int = 0) -> set[tuple[str, int]]:
    """The functions of the tree that come to the function at PLACE, some steps up."""
    found: set[tuple[str, int]] = set()
    for path, called in calls_of(view, place):
        function = view.project.inside(Where(path, called.scope, called.order), "function")
        if function is None or (path, function.id) in found:
            continue
        found.add((path, function.id))
        if depth < 2:
            found |= _callers(view, Where(path, function.id, function.order), depth + 1)
    return found


def calls_of(view: View, place: Where) -> tuple[tuple[str, Called], ...]:
    """The calls in the tree that run the function at PLACE."""
    return view.once(_calls_of, place.path, place.scope)


def _calls_of(view: View, file: str, number: int) -> tuple[tuple[str, Called], ...]:
    scope = view.project.files[file].scopes[number]
    wanted = _overridden(view, Where(file, number, scope.order))
    rows = []
    for path, called in view.project.calls_of(scope.name)[:20]:
        if called.scope == number and path == file:
            continue
        bodies = (one for callee in view.reach.callees(path, called) for one in view.reach.bodies(callee))
        if any((one.path, one.scope) in wanted for one in bodies):
            rows.append((path, called))
    return tuple(rows)


def _overridden(view: View, place: Where) -> set[tuple[str, int]]:
    """The function at PLACE, and the methods of base classes that it stands in for."""
    scope = view.project.scope(place)
    found = {(place.path, place.scope)}
    holder = view.project.class_of(place)
    if holder is None:
        return found
    origin = Origin(Kind.DEFINITION, holder.qualname, place=Where(place.path, holder.id, holder.end))
    for base in view.tracer.lineage(origin):
        if base.place is not None:
            methods = view.project.methods(base.place.path, base.place.scope)
            found |= {(base.place.path, one.id) for one in methods if one.name == scope.name}
    return found


def _conditional_after_model(view: View, where: Where) -> bool:
    statements = view.project.files[where.path].statements
    conditional = False
    order = where.order
    while order >= 0:
        statement = statements[order]
        parent = statement.parent
        if statement.kind in ("While", "For", "AsyncFor") and order != where.order:
            if conditional and view.reach.statements_do(where.path, order, where.order - 1, _ASKS, _DEPTH):
                return True
            conditional = conditional or _over_tool_calls(view, where._replace(order=order))
        if parent >= 0 and _is_branch(statements[parent], statement):
            conditional = True
        if statement.kind in ("FunctionDef", "AsyncFunctionDef", "ClassDef"):
            return False
        order = parent
    return False


def _is_branch(parent: Statement, statement: Statement) -> bool:
    """Whether STATEMENT stands in an arm of PARENT that is not always run."""
    return parent.kind in ("If", "Match") or statement.arm.startswith("handler")


def _over_tool_calls(view: View, loop: Where) -> bool:
    """``for call in reply.tool_calls``: run when the model called, and only then."""
    rows = (row for rows in view.project.scope(loop).bindings.values() for row in rows if row.order == loop.order)
    return any(
        one.shape == "calls"
        for row in rows
        if isinstance(row.value, Each)
        for one in view.tracer.origins(row.value.source, loop)
    )


def _late_in_step(view: View, where: Where, *, conditional: bool = False) -> bool:
    """Whether the model was asked before WHERE in the same function, and some loop runs that function."""
    function = view.project.inside(where, "function")
    if function is None or (conditional and not _is_conditional(view, where, function.order)):
        return False
    asked = view.reach.statements_do(where.path, function.order + 1, where.order, _ASKS, _DEPTH)
    return asked and _in_loop(view, Where(where.path, function.id, function.order))


def _is_conditional(view: View, where: Where, top: int) -> bool:
    statements = view.project.files[where.path].statements
    order = where.order
    while order > top:
        parent = statements[order].parent
        if parent > top and _is_branch(statements[parent], statements[order]):
            return True
        order = parent
    return False


def _in_loop(view: View, place: Where, depth: int = 0) -> bool:
    """Whether a loop of the tree runs the function at PLACE, itself or some steps up."""
    for path, called in calls_of(view, place):
        statements = view.project.files[path].statements
        around = [one for one in view.project.chain(path, called.order) if statements[one].kind in ("While", "For")]
        if any(not _is_a_talk(view, path, loop, called.order) for loop in around):
            return True
        function = view.project.inside(Where(path, called.scope, called.order), "function")
        if function is not None and depth < _DEPTH and function.id != place.scope:
            if _in_loop(view, Where(path, function.id, function.order), depth + 1):
                return True
    return False


def _is_a_talk(view: View, path: str, loop: int, order: int) -> bool:
    """Whether the rounds of LOOP begin with a person's message: what is asked at ORDER comes before the next answer."""
    for called in view.reach.calls(path, loop, order - 1):
        callees = view.reach.callees(path, called)
        bodies = (body for callee in callees for body in view.reach.bodies(callee))
        if any(map(asks, callees)) or any(asks(one.callee) for body in bodies for one in written_in(view, body)):
            return not view.reach.statements_do(path, loop, called.order, _ASKS, _DEPTH)
    return False


def written_in(view: View, body: Where) -> Iterator[Reached]:
    """What the calls that stand in the function at BODY itself call."""
    return (one for one in view.reach.below(body) if one.depth == 0)


def _led_to(view: View, place: Where, depth: int = 0) -> bool:
    """Whether a loop comes to the function at PLACE after the model has answered."""
    for path, called in calls_of(view, place):
        where = Where(path, called.scope, called.order)
        if _conditional_after_model(view, where) or _late_in_step(view, where):
            return True
        function = view.project.inside(where, "function")
        if function is not None and depth < _DEPTH:
            up = Where(path, function.id, function.order)
            if _led_to(view, up, depth + 1):
                return True
    return _handed_to_loop(view, place)


def _handed_to_loop(view: View, place: Where) -> bool:
    """A handler that is passed into a loop as a parameter and called there."""
    for path, called in view.project.calls_passing(view.project.scope(place).name):
        for callee in view.reach.callees(path, called):
            if any(_called_in(view, body, place) for body in view.reach.bodies(callee)):
                return True
    return False


def _called_in(view: View, body: Where, place: Where) -> bool:
    scope = view.project.scope(body)
    for called in view.reach.calls(body.path, scope.order, scope.end):
        for callee in view.reach.callees(body.path, called):
            if any((one.path, one.scope) == (place.path, place.scope) for one in view.reach.bodies(callee)):
                if _conditional_after_model(view, Where(body.path, called.scope, called.order)):
                    return True
    return False


def _decides(here: Here, node: cst.Call) -> bool:
    """Whether the person, asked in a loop after a model call of the function, says what becomes of the answer.

    Asked once after the work is done, they say what to do with the result: save it, show it.
    """
    name = _bound_to(here)
    if name is None or here.outer(cst.While, cst.For) is None or not _model_before(here):
        return False
    around: cst.CSTNode = node
    for around in here.ancestors():
        if isinstance(around, (cst.FunctionDef, cst.Module)):
            break
    said: set[str] = set()
    queue = [around]
    while queue:
        one = queue.pop()
        if isinstance(one, (cst.If, cst.While, cst.IfExp)):
            said |= _compared(here.expr(one.test), name)
        queue += children(one)
    return len(said - _LEAVES) >= 2


def _bound_to(here: Here) -> str | None:
    for name, rows in here.scope.bindings.items():
        if any(row.order == here.where.order for row in rows):
            return name
    return None


def _compared(test: Expr, name: str) -> set[str]:
    found: set[str] = set()
    for one in walk(test):
        if isinstance(one, Op) and one.op in ("==", "in", "!=", "not in"):
            left, right = one.operands[0], one.operands[-1]
            if any(isinstance(part, Name) and part.id == name for part in walk(left)):
                for item in right.items if isinstance(right, Seq) else (right,):
                    if isinstance(item, Const) and isinstance(item.value, str):
                        found.add(item.value.lower())
    return found


def _model_before(here: Here) -> bool:
    scope = here.scope
    first = scope.order + 1 if scope.kind == "function" else 0
    return here.view.reach.statements_do(here.where.path, first, here.where.order - 1, _ASKS, _DEPTH)


def wrappers(view: View) -> dict[tuple[str, int], set[tuple[str, int]]]:
    """A function that an object was given to run as a tool → the methods that run it."""
    found: dict[tuple[str, int], set[tuple[str, int]]] = {}
    for path, number in sorted(view.agents.bodies):
        for inner in runs.wrapped(view.tracer, path, number):
            found.setdefault(inner, set()).add((path, number))
    return found


def approved_on_the_way(view: View, place: Where) -> bool:
    """Whether what leads to the tool asks a person: the dispatch that calls it, or the functions around that.

    In a graph any step may: which of them come before the dispatch is written in its edges.
    """
    ways = _callers(view, place)
    for path, number in view.once(wrappers).get((place.path, place.scope), ()):
        ways |= {(path, number), *_callers(view, Where(path, number, 0))}
    together = view.steps.graphs.together
    ways |= {other for way in ways for other in together.get(way, ())}
    for path, number in ways:
        scope = view.project.files[path].scopes[number]
        if any(
            asks(one, "interrupt", "approve")
            for called in view.reach.calls(path, scope.order + 1, scope.end)
            for one in view.reach.callees(path, called)
        ):
            return True
    return False
