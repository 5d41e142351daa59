"""Where a function that asks a model puts the context together itself, and where the tree cuts a thread."""

from __future__ import annotations

import re
from collections.abc import Iterator

from factorlint.expr import (
    Attr,
    Call,
    Const,
    Dict,
    Each,
    Enter,
    Expr,
    Item,
    Name,
    Op,
    Other,
    Part,
    Seq,
    Star,
    Text,
    children,
    dotted,
    last_name,
    walk,
)
from factorlint.facts import Scope
from factorlint.origin import Kind, Where
from factorlint.rule import View
from factorlint.threads import Sent

from ._sent import is_said

_DEPTH = 8
_ROLE = Const("role", "str")
_PIECES = 3  # a text with fewer is a question in a sentence, no state that is rendered
_PARTS = 2  # fields of one item: that many make it a record that is rendered
_OF_A_MESSAGE = frozenset("role content text type parts messages".split())
_RENDERS = re.compile(r"_*(?:join|format|render|dump|substitute|serialize|model_dump|as_|to_(?!thread))")


def composed(view: View, path: str, scope: Scope) -> int | None:
    """The statement in which SCOPE, a function that asks a model, fills its state into what it sends; None if none."""
    made = [*_parts(view, path, scope), *_contexts(view, path, scope)]
    found = [at.order for value, at in made if _fills(value, scope) or _joins(value, scope)]
    for value, at in _parts(view, path, scope):
        if _writes_out_a_thread(view, value, at) or _was_said(view, value, at):
            found.append(at.order)
    return min(found, default=None)


def _parts(view: View, path: str, scope: Scope) -> Iterator[tuple[Expr, Where]]:
    """What the local names are given that go into a context sent in SCOPE."""
    seen: set[tuple[str, int]] = set()
    for expr, where in _contexts(view, path, scope):
        yield from _names(view, expr, where, seen)


def _contexts(view: View, path: str, scope: Scope) -> Iterator[tuple[Expr, Where]]:
    """What SCOPE sends: to a model, or to a function of the tree that passes it on to one."""
    for sent in sent_in(view, path, scope):
        yield from ((expr, sent.where) for expr in sent_exprs(view, sent))
    for called in view.project.calls_in(path, scope.id):
        where = Where(path, scope.id, called.order)
        for callee in view.reach.callees(path, called):
            for body in view.reach.bodies(callee):
                for one in view.project.scope(body).parameters:
                    if (body.path, body.scope, one.name) in view.threads.parameters:
                        passed = view.tracer.passed(called.call, body, one.name)
                        if passed is not None:
                            yield passed, where


def sent_in(view: View, path: str, scope: Scope) -> list[Sent]:
    statements = range(scope.order + 1, scope.end + 1)
    rows = (one for order in statements for one in view.threads.by_statement.get((path, order), ()))
    return [one for one in rows if one.where.scope == scope.id]


def sent_exprs(view: View, sent: Sent) -> list[Expr]:
    return [
        expr for expr, at in view.threads.context(sent.origin, sent.called.call, sent.where) or () if at == sent.where
    ]


def _names(
    view: View, expr: Expr, where: Where, seen: set[tuple[str, int]], depth: int = 0
) -> Iterator[tuple[Expr, Where]]:
    """What the local names in EXPR are given, and those in that."""
    if depth > _DEPTH:
        return
    if isinstance(expr, Name):
        for value, at in view.project.given(expr.id, where):
            if (expr.id, at.order) in seen:
                continue
            seen.add((expr.id, at.order))
            yield value, at
            inner = value.source if isinstance(value, (Each, Enter, Part)) else value
            yield from _names(view, inner, at, seen, depth + 1)
        yield from _grown(view, expr.id, where, seen, depth)
        return
    for child in children(expr):
        yield from _names(view, child, where, seen, depth + 1)


def _grown(view: View, name: str, where: Where, seen: set[tuple[str, int]], depth: int) -> Iterator[tuple[Expr, Where]]:
    """What is added to a list on the way to the statement WHERE."""
    for called in view.threads.grown(Name(name), where.path, view.project.scope(where)):
        if called.order > where.order or (name, called.order) in seen:
            continue
        seen.add((name, called.order))
        at = where._replace(order=called.order)
        for arg in called.call.args:
            yield arg, at
            yield from _names(view, arg, at, seen, depth + 2)


def _fills(value: Expr, scope: Scope) -> bool:
    """Whether VALUE has a text, or a template filled, with pieces of what SCOPE is given or goes through."""
    given = {one.name for one in scope.parameters}
    taken = {name for name, rows in scope.bindings.items() if any(_comes_of(row.value, given) for row in rows)}
    items = {name for name, rows in scope.bindings.items() if any(_is_item(row.value) for row in rows)}
    for text in walk(value):
        told = [one for one in _pieces(text) if any(isinstance(inner, (Name, Attr, Item)) for inner in walk(one))]
        parts = [{base for inner in walk(one) if (base := _part_of(inner)) is not None} for one in told]
        names = {inner.id for one in told for inner in walk(one) if isinstance(inner, Name)}
        if len(told) >= _PIECES and (names & taken or any(one & given for one in parts)):
            return True
        if sum(bool(one & items) for one in parts) >= _PARTS:
            return True
    return _renders(value)


def _comes_of(value: Expr | None, given: set[str]) -> bool:
    """Whether a call makes VALUE of what a function is GIVEN: ``author, subject = parse(state["mail"])``."""
    call = value.source if isinstance(value, Part) else value
    if not isinstance(call, Call):
        return False
    passed = (*call.args, *(one for _, one in call.keywords))
    return any(isinstance(inner, Name) and inner.id in given for one in passed for inner in walk(one))


def _joins(expr: Expr, scope: Scope) -> bool:
    """``[system, *state["messages"]]``: what was said before, and messages that are written here."""
    pieces = expr.operands if isinstance(expr, Op) and expr.op == "+" else ()
    if isinstance(expr, Seq):
        spread = [one.value for one in expr.items if isinstance(one, Star)]
        pieces = (*spread, expr) if spread and len(expr.items) > len(spread) else ()
    given = {one.name for one in scope.parameters}
    written = any(isinstance(one, Seq) and any(_of_context(item) for item in one.items) for one in pieces)
    return written and any((isinstance(one, Name) and one.id in given) or _part_of(one) in given for one in pieces)


def _is_item(value: Expr | None) -> bool:
    """Whether a name is given the items of a list, or pieces of them, one after the other."""
    while isinstance(value, Part):
        value = value.source
    return isinstance(value, Each)


def _renders(value: Expr) -> bool:
    """Whether VALUE words the items of a list one by one, or takes a stretch of one: what is in it is chosen here."""
    for one in walk(value):
        if isinstance(one, Item) and is_cut(one.key) and not isinstance(one.base, (Const, Text)):
            return True
        if isinstance(one, Seq) and one.kind == "gen" and any(_words_an_item(item) for item in one.items):
            return True
        if isinstance(one, Call) and isinstance(one.func, Attr) and one.func.name == "join":
            items = [item for arg in one.args if isinstance(arg, Seq) for item in arg.items]
            if any(isinstance(inner, (Attr, Item, Text)) for item in items for inner in walk(item)):
                return True
    return False


def _writes_out_a_thread(view: View, value: Expr, where: Where) -> bool:
    """``json.dumps(thread.events)``, where the function goes on to put events into it."""
    for one in walk(value):
        if isinstance(one, Call) and _RENDERS.match(last_name(one.func)):
            for arg in one.args:
                if any(True for _ in view.threads.grown(arg, where.path, view.project.scope(where))):
                    return True
    return False


def _words_an_item(item: Expr) -> bool:
    """Whether a comprehension makes a line of text, or a message, of what it goes through."""
    if isinstance(item, Text):
        return any(isinstance(one, Const) and str(one.value).strip() for one in item.parts) or len(item.parts) > 2
    return is_said(item)


def _was_said(view: View, value: Expr, where: Where) -> bool:
    """Whether a loop makes messages of what was said before, the model's turns included; not of a new answer."""
    if not isinstance(value, Dict):
        return False
    role = next((told for key, told in value.items if key == _ROLE), None)
    if not is_said(value) and not (isinstance(role, Const) and role.value in ("assistant", "model")):
        return False
    rows = view.project.scope(where).bindings
    names = [one for one in walk(value) if isinstance(one, Name)]
    items = [one for one in names if any(_is_item(row.value) for row in rows.get(one.id, ()))]
    answers = (one.kind is Kind.ANSWER for item in items for one in view.tracer.origins(item, where))
    return bool(items) and not any(answers)


def is_cut(key: Expr) -> bool:
    """Whether a key is a slice that has an end, or counts from it: ``x[5:]`` only takes a prefix off."""
    if not isinstance(key, Other) or key.kind != "slice":
        return False
    if not key.parts:
        return False
    first = key.parts[0] if len(key.parts) == 1 else None
    return not isinstance(first, Const) or not isinstance(first.value, int) or first.value < 0


def _pieces(value: Expr) -> Iterator[Expr]:
    """What is put into a text: the values of an f-string, the arguments of a template, those of texts in them too."""
    if isinstance(value, Text):
        inner: list[Expr] = [one for one in value.parts if not isinstance(one, Const)]
    elif isinstance(value, Call) and isinstance(value.func, Attr) and value.func.name in ("format", "render"):
        inner = [*value.args, *(one for _, one in value.keywords)]
    else:
        return
    for one in inner:
        yield from list(_pieces(one)) or [one]


def puts_together(view: View, path: str, scope: Scope) -> bool:
    """Whether what SCOPE returns is made here: a text, messages, a list that is filled, cut or picked from."""
    for order, value in (*scope.returns, *scope.yields):
        where = Where(path, scope.id, order)
        made = (value, *(one for one, _ in _names(view, value, where, set())))
        if any(_is_made(inner) for one in made for inner in walk(one)):
            return True
        names = {inner.id for one in made for inner in walk(one) if isinstance(inner, Name)}
        if any(True for name in names for _ in view.threads.grown(Name(name), path, scope)):
            return True
    return any(isinstance(one.value, (Text, Seq, Dict)) for one in view.project.writes(path, scope.id))


def _is_made(expr: Expr) -> bool:
    if isinstance(expr, Dict):
        return any(isinstance(key, Const) and key.value in _OF_A_MESSAGE for key, _ in expr.items)
    if isinstance(expr, Text):
        return True
    if isinstance(expr, Seq):
        return expr.kind in ("list", "gen") and any(_of_context(one) for one in expr.items)
    if isinstance(expr, Op):
        return expr.op == "+"
    if isinstance(expr, Item):
        return isinstance(expr.key, Other) and expr.key.kind == "slice"
    if not isinstance(expr, Call) or (dotted(expr.func) or "").endswith("path.join"):
        return False
    return _RENDERS.match(last_name(expr.func)) is not None


def _of_context(item: Expr) -> bool:
    """Whether the element of a list is a message or a piece of text, as far as that is written here."""
    if isinstance(item, Call):
        named = any(name in _OF_A_MESSAGE for name, _ in item.keywords)
        return named or last_name(item.func).endswith(("Message", "Part", "Content", "message"))
    return not isinstance(item, Const)


def _part_of(expr: Expr) -> str | None:
    """The name of which EXPR reads a part: ``state`` of ``state["mail"].subject``."""
    if not isinstance(expr, (Attr, Item)):
        return None
    base: Expr = expr
    while isinstance(base, (Attr, Item)):
        base = base.base
    return base.id if isinstance(base, Name) else None
