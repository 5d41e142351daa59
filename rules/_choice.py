"""What the model chose: the name of a tool, an intent, and where the tree's code branches on it or looks it up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import libcst as cst

from factorlint.expr import Attr, Call, Const, Dict, Expr, Item, Name, Op, Seq, Text, last_name, walk
from factorlint.origin import Kind, Origin, Where
from factorlint.rule import Here
from factorlint.walk import children

from . import _parsing

# Fields of a typed answer that say what to do next. A field of another name is a choice only where several values
# of it are told apart.
INTENTS = frozenset(
    "intent action tool tool_name name function function_name type kind next next_step next_action step command "
    "decision route route_to destination operation op choice target response category".split()
)
_UNCHECKED = ("parsed", "arguments")
# Calls and statements that word something and run nothing.
_WORDING = frozenset(
    "print join format get strip lower upper str repr len dumps info debug warning items isinstance".split()
)
_PLAIN = frozenset(("If", "Expr", "Pass"))
_DATA = frozenset("dict list tuple set str bytes int float bool Mapping Sequence Iterable".split())
_RAN = ("run", "run-graph")  # of what an agent's run gives, its library has long run what was chosen
_REFUSES = ("!=", "not in")  # whatever else was chosen goes no further


class Lookup(NamedTuple):
    """``table[key]`` or ``table.get(key)``, or a function of the tree that is given the key."""

    table: Expr
    key: Expr
    where: Where


def chosen(here: Here, expr: Expr, where: Where | None = None) -> Origin | None:
    """The model's answer if EXPR is the name of the tool that it chose, or a field that says what to do next."""
    at = where or here.where
    for one in here.view.tracer.origins(expr, at):
        if one.shape == "name":
            return one
        if one.shape in ("typed", *_UNCHECKED) and field_of(here, expr, at) in INTENTS:
            return one
    return None


def field_of(here: Here, expr: Expr, where: Where, depth: int = 0) -> str | None:
    """The name of the field that EXPR reads: ``x.intent``, ``x["intent"]``, ``x.get("intent")``, or a name for one."""
    if isinstance(expr, Attr):
        return expr.name
    if isinstance(expr, Item):
        return expr.key.value if isinstance(expr.key, Const) and isinstance(expr.key.value, str) else None
    if isinstance(expr, Call):
        if last_name(expr.func) == "get" and expr.args and isinstance(expr.args[0], Const):
            said = expr.args[0].value
            return said if isinstance(said, str) else None
        if isinstance(expr.func, Attr) and expr.func.name in ("lower", "strip", "upper") and depth < 4:
            return field_of(here, expr.func.base, where, depth + 1)
        return None
    if isinstance(expr, Name) and depth < 4:
        for value, at in here.view.project.given(expr.id, where):
            found = field_of(here, value, at, depth + 1)
            if found is not None:
                return found
    return None


def lookups(here: Here, func: Expr, where: Where, depth: int = 0) -> Iterator[Lookup]:
    """The look-ups by which FUNC, the callee of a call, was found."""
    if isinstance(func, Attr):
        yield from lookups(here, func.base, where, depth)
    elif isinstance(func, Item):
        yield Lookup(func.base, func.key, where)
    elif isinstance(func, Call):
        if isinstance(func.func, Attr) and func.func.name in ("get", "pop"):
            if func.args:
                yield Lookup(func.func.base, func.args[0], where)
        else:
            callees = here.view.tracer.origins(func.func, where)
            if any(one.kind is Kind.DEFINITION for one in callees):
                for value in (*func.args, *(value for _, value in func.keywords)):
                    yield Lookup(func.func, value, where)
    elif isinstance(func, Op):
        for operand in func.operands:
            yield from lookups(here, operand, where, depth)
    elif isinstance(func, Name) and depth < 3:
        for value, at in here.view.project.given(func.id, where):
            yield from lookups(here, value, at, depth + 1)


class Branch(NamedTuple):
    """One test on the model's choice: the field read, what it is held against, whether the field says what to do."""

    answer: Origin
    field: str | None
    values: tuple[str, ...]
    said: bool


def dispatch(here: Here, scope: int) -> Here | None:
    """The first branch on the model's choice in SCOPE, among the statements inside the node visited HERE.

    A branch on the name of a tool goes before one on another decision.
    """
    weak: dict[str | None, tuple[Here, set[str]]] = {}
    decided: Here | None = None
    for inner in here.inside(cst.If, cst.Match, cst.IfExp):
        if inner.where.scope != scope or _only_tells(inner):
            continue
        for branch in branches(inner):
            if branch.answer.shape == "name":
                if branch.answer.symbol is not None and branch.answer.symbol.does in _RAN:
                    continue
                return inner
            first, values = weak.setdefault(branch.field, (inner, set()))
            values |= set(branch.values)
            if branch.said or len(values) > 1:
                decided = decided or (inner if branch.said else first)
    return decided


def _only_tells(here: Here) -> bool:
    """Whether the arms of an `if` run nothing: they word what was chosen, or pick an old call out of the thread."""
    test = here.expr(here.node.test) if isinstance(here.node, cst.If) else None
    if test is None or any(isinstance(one, Op) and one.op in _REFUSES for one in walk(test)):
        return False
    view, path, first = here.view, here.where.path, here.where.order + 1
    last = view.reach.end(path, here.where.order)
    scope = view.project.scope(here.where)
    if any(first <= one.order <= last for one in view.project.writes(path, scope.id)):
        return False
    if not all(last_name(one.call.func) in _WORDING for one in view.reach.calls(path, first, last)):
        return False
    told = {one.id for one in walk(test) if isinstance(one, Name)}
    words = {row.order for rows in scope.bindings.values() for row in rows if isinstance(row.value, (Text, Op))}
    words |= {order for order, value in scope.returns if isinstance(value, Call) and _part_of(value) in told}
    kinds = [(order, view.facts.statements[order].kind) for order in range(first, last + 1)]
    return all(kind in _PLAIN or order in words for order, kind in kinds)


def _part_of(expr: Expr) -> str | None:
    """The name of which EXPR reads a part by a method: ``item`` of ``item.get("id")``."""
    base: Expr = expr
    while isinstance(base, (Attr, Item, Call)):
        base = base.func if isinstance(base, Call) else base.base
    return base.id if isinstance(base, Name) else None


def branches(here: Here) -> Iterator[Branch]:
    """The tests on the model's choice that an `if` or `match`, the node visited HERE, makes itself."""
    node = here.node
    if isinstance(node, cst.Match):
        values = tuple(value for case in node.cases for value in _pattern(case.pattern))
        if values:
            yield from _told(here, here.expr(node.subject), values, classes=True)
        return
    for expr in _flat(here.expr(node.test)):
        if isinstance(expr, Op) and expr.op in ("==", "!=", "in", "not in") and len(expr.operands) == 2:
            left, right = expr.operands
            if isinstance(left, Const) and expr.op in ("in", "not in") and _is_key_of(here, left, right):
                continue
            for field, against in ((left, right), (right, left)):
                values = tuple(_constants(here, against))
                if values:
                    yield from _told(here, field, values)
        elif isinstance(expr, Call) and last_name(expr.func) == "isinstance" and len(expr.args) == 2:
            kinds = expr.args[1].items if isinstance(expr.args[1], Seq) else (expr.args[1],)
            if all(last_name(one) in _DATA for one in kinds):
                continue  # what it is made of, not which of several things was chosen
            yield from _told_by_class(here, expr.args[0], tuple(str(one) for one in kinds))
        elif isinstance(expr, Call) and isinstance(expr.func, Attr) and expr.func.name == "startswith":
            values = tuple(text for one in expr.args for text in _constants(here, one))
            if values:
                yield from _told(here, expr.func.base, values)


def _told(here: Here, expr: Expr, values: tuple[str, ...], *, classes: bool = False) -> Iterator[Branch]:
    answer = chosen(here, expr)
    if answer is not None:
        yield Branch(answer, field_of(here, expr, here.where), values, True)
        return
    for one in here.view.tracer.origins(expr, here.where):
        if one.shape == "typed":
            field = field_of(here, expr, here.where)
            if field is not None or classes:
                yield Branch(one, field, values, False)
            return


def _told_by_class(here: Here, expr: Expr, values: tuple[str, ...]) -> Iterator[Branch]:
    for one in here.view.tracer.origins(expr, here.where):
        if one.shape == "typed":
            yield Branch(one, field_of(here, expr, here.where), values, False)
            return


def _flat(expr: Expr) -> Iterator[Expr]:
    if isinstance(expr, Op) and expr.op in ("and", "or", "not"):
        for operand in expr.operands:
            yield from _flat(operand)
    else:
        yield expr


def _is_key_of(here: Here, key: Const, held: Expr) -> bool:
    """Whether the function reads HELD by KEY: ``"name" in command`` asks whether a dict is whole."""
    read = Item(held, key)
    return any(one == read for one in _parsing.read_in(here))


def _constants(here: Here, expr: Expr) -> Iterator[str]:
    """The texts and enumeration members that a choice is held against."""
    if isinstance(expr, Const):
        if isinstance(expr.value, str) and expr.value:
            yield expr.value
    elif isinstance(expr, Seq):
        for item in expr.items:
            yield from _constants(here, item)
    elif isinstance(expr, Dict):
        yield "a table"
    elif isinstance(expr, (Attr, Name)):
        for one in here.view.tracer.origins(expr, here.where):
            if isinstance(one.expr, Const):
                yield from _constants(here, one.expr)
            elif one.kind is Kind.CONTAINER and not (isinstance(one.expr, Seq) and not one.expr.items):
                yield "a table"  # a list that begins empty holds what was chosen before


def _pattern(pattern: cst.MatchPattern | None) -> Iterator[str]:
    """What the alternatives of a case name: literals, members, classes."""
    if isinstance(pattern, cst.MatchValue):
        value = pattern.value
        if isinstance(value, cst.SimpleString):
            yield str(value.evaluated_value)
        elif isinstance(value, cst.Attribute):
            yield value.attr.value
    elif isinstance(pattern, cst.MatchClass):
        cls = pattern.cls
        yield cls.attr.value if isinstance(cls, cst.Attribute) else getattr(cls, "value", "")
    elif isinstance(pattern, cst.MatchOr):
        for one in pattern.patterns:
            yield from _pattern(one.pattern)
    elif isinstance(pattern, cst.MatchAs):
        yield from _pattern(pattern.pattern)


def is_checked(node: cst.CSTNode, key: Expr, here: Here) -> bool:
    """Whether a test in the function around NODE holds KEY against a list: ``if key not in ALLOWED``."""
    around: cst.CSTNode = node
    for around in here.ancestors():
        if isinstance(around, cst.FunctionDef):
            break
    queue = [around]
    while queue:
        one = queue.pop()
        if isinstance(one, (cst.If, cst.IfExp, cst.Assert)):
            for test in _flat(here.expr(one.test)):
                if isinstance(test, Op) and test.op in ("in", "not in", "==", "!=") and test.operands[0] == key:
                    return True
        queue += children(one)
    return False


def names_model_answer(here: Here, expr: Expr, where: Where) -> Origin | None:
    """The answer if EXPR is a name that the model gave: of a tool, or a field of its arguments or parsed text."""
    for one in here.view.tracer.origins(expr, where):
        if one.shape in ("name", "text", *_UNCHECKED):
            return one
    return None
