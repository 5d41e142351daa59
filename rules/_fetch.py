"""Calls that read something from the world, and whether what they read stands in a prompt."""

from __future__ import annotations

import re

import libcst as cst

from factorlint import arguments
from factorlint.expr import Attr, Call, Each, Enter, Expr, Name, Part, children, last_name
from factorlint.origin import Kind, Origin, Where
from factorlint.project import Seen
from factorlint.rule import Here, View

from ._tools import below, reads_by_name

_DEPTH = 12
_OUTSIDE = re.compile(
    r"(?:requests|httpx|aiohttp|urllib|urllib3)\..*|sqlite3\..*|psycopg\w*\..*|sqlalchemy\..*|pymongo\..*|redis\..*"
    r"|datetime\..*\b(?:now|today|utcnow)|time\.(?:time|strftime|localtime)|platform\.\w+|os\.(?:listdir|getcwd|uname|scandir)"
    r"|socket\.gethostname|getpass\.getuser|builtins\.open|pathlib\..*\b(?:read_text|read_bytes|iterdir|glob)"
    r"|subprocess\.(?:check_output|run|getoutput)|boto3\..*|googleapiclient\..*|feedparser\..*|yfinance\..*|duckdb\..*"
)
_METHODS = frozenset(
    "fetch fetchone fetchall fetchrow fetch_one fetch_all aget asearch search similarity_search asimilarity_search "
    "get_relevant_documents retrieve aretrieve find_one find_many execute query_points scalars scalar_one "
    "scalar_one_or_none read_text listdir select".split()
)
_OF_DATA = frozenset(
    "get items values keys strip lower upper title join format replace split splitlines decode encode read read_text "
    "json text to_string to_markdown to_json to_dict model_dump model_dump_json dict all first one scalar scalars "
    "fetchall fetchone copy strftime isoformat head tail render dumps limit filter order_by where".split()
)
_QUERY = frozenset(
    "filter filter_by where order_by options join outerjoin group_by having select select_from execute scalars".split()
)
_NO_FETCH = re.compile(
    r"config|setting|env|prompt|template|model|client|llm|key|logger|tool|schema|agent|message", re.I
)
_ASKS = ("call-model", "run", "run-graph")
_WRITES = ("append", "add", "set", "update", "stream", "send", "write")


def reading(here: Here, call: Call) -> str | None:
    """The name of what CALL reads by, if it reads something from outside; None for anything else."""
    name = last_name(call.func)
    if not name or _NO_FETCH.search(name):
        return None
    for one in here.view.tracer.origins(call.func, here.where):
        if one.kind is Kind.ANSWER or (one.symbol is not None and one.symbol.does in _ASKS):
            return None
        if one.kind in (Kind.LIBRARY, Kind.INSTANCE):
            if ".json()" in one.path and not one.path.endswith(".json"):
                continue  # a part of what was read: ``story.get("title")``
            path = one.path.replace("()", "")
            if _OUTSIDE.fullmatch(path) or (name in _METHODS and isinstance(call.func, Attr)):
                return name
            if one.symbol is not None and here.plays(one, "retriever", "store"):
                return name
        elif one.kind is Kind.DEFINITION and one.place is not None:
            if here.view.project.scope(one.place).kind != "function":
                continue
            if (reads_by_name(name) and reads_outside(here.view, one.place)) or _asked_of_object(one, here):
                return name
        elif one.kind is Kind.UNKNOWN and name in _METHODS and isinstance(call.func, Attr):
            return name
    return None


def is_asked_further(here: Here) -> bool:
    """Whether the call is a step inside a longer one, ``db.query(…)`` in ``db.query(…).filter(…).all()``: read once."""
    below, step = here.step, here.step.up
    while step is not None and isinstance(step.node, (cst.Attribute, cst.Await, cst.Subscript, cst.Call)):
        if isinstance(step.node, cst.Call):
            if step.node.func is not below.node:
                break
            outer = Here(here.view, here.walk, step)
            if reading(outer, outer.call(step.node)) is not None:
                return True
        below, step = step, step.up
    return step is not None and isinstance(step.node, cst.Arg) and _in_a_query(here)


def _in_a_query(here: Here) -> bool:
    """Whether the call is an argument of a method that goes on with a query: ``order_by(created.desc())``."""
    up = next((one for one in here.ancestors() if isinstance(one, cst.Call)), None)
    return up is not None and isinstance(up.func, cst.Attribute) and up.func.attr.value in _QUERY


def _asked_of_object(one: Origin, here: Here) -> bool:
    """A method of an object of the tree, inside a prompt function: ``ctx.deps.db.customer_name(…)``."""
    function = here.function()
    if one.receiver is None or one.receiver.kind is not Kind.OBJECT or function is None:
        return False
    return _is_prompt_function(here.view, here.where.path, function.id)


def reads_outside(view: View, place: Where) -> bool:
    """Whether a function of the tree, or one below it, reads from a file, a service, a database or the machine."""
    for path, called, _ in below(view, place):
        where = Where(path, called.scope, called.order)
        if last_name(called.call.func) in _METHODS and isinstance(called.call.func, Attr):
            return True
        for one in view.tracer.origins(called.call.func, where):
            if one.kind in (Kind.LIBRARY, Kind.INSTANCE) and _OUTSIDE.fullmatch(one.path.replace("()", "")):
                return True
    return False


def returns_what_it_read(view: View, place: Where) -> bool:
    """Whether a function gives back what a call of it found: it reads by its body, whatever its name."""
    scope = view.project.scope(place)
    if not scope.returns:
        return False
    return any(
        _comes_to_call(view, value, Where(place.path, scope.id, order), set()) for order, value in scope.returns
    ) and (reads_outside(view, place) or _asks_an_object(view, place))


def _asks_an_object(view: View, place: Where) -> bool:
    """Whether it calls a reading method of something that it was given: ``ctx.deps.db.customer_balance(…)``."""
    scope = view.project.scope(place)
    given = {one.name for one in scope.parameters}
    for called in view.reach.calls(place.path, scope.order + 1, scope.end):
        base = called.call.func
        while isinstance(base, Attr):
            base = base.base
        if isinstance(base, Name) and base.id in given:
            if not last_name(called.call.func).startswith(
                ("append", "add", "set", "update", "stream", "send", "write")
            ):
                return True
    return False


def _comes_to_call(view: View, expr: Expr, where: Where, seen: Seen) -> bool:
    if isinstance(expr, Call):
        return True
    if isinstance(expr, Name):
        before = view.project.given_once(expr.id, where, seen)
        return any(_comes_to_call(view, value, at, seen) for value, at in before)
    return any(_comes_to_call(view, child, where, seen) for child in children(expr))


def reaches_prompt(here: Here, call: Call) -> bool:
    """Whether what CALL gives goes into what a model is sent, in the same function, or into a prompt function."""
    function = here.function()
    if function is None:
        return False
    view, path = here.view, here.where.path
    if _is_prompt_function(view, path, function.id):
        return True
    for called in view.reach.calls(path, function.order + 1, function.end):
        where = Where(path, called.scope, called.order)
        if called.order < here.where.order:
            continue
        for callee in view.tracer.callees(called.call.func, where):
            exprs = (
                view.threads.context(callee, called.call, where)
                or _into_agent(view, callee, called.call, where)
                or _into_sender(view, callee, called.call, where)
            )
            if any(_carries(view, expr, at, call, set()) for expr, at in exprs):
                return True
    return False


def _into_agent(view: View, callee: Origin, call: Call, where: Where) -> list[tuple[Expr, Where]]:
    """The prompt that an agent is constructed with."""
    if callee.symbol is None or callee.kind not in (Kind.LIBRARY, Kind.INSTANCE):
        return []
    given = arguments.of(view.tracer, callee.symbol, call, where).given
    names = [name for one in view.catalog.lineage(callee.symbol) for name in one.parameter("prompt")]
    return [given[name] for name in names if name in given]


def _into_sender(view: View, callee: Origin, call: Call, where: Where) -> list[tuple[Expr, Where]]:
    """What is passed to a function of the tree that asks a model: a wrapper around the model call."""
    if callee.kind is not Kind.DEFINITION:
        return []
    for body in view.reach.bodies(callee):
        if view.reach.function_does(body, _ASKS, within=2):
            return [(one, where) for one in (*call.args, *(value for _, value in call.keywords))]
    return []


def _is_prompt_function(view: View, path: str, number: int) -> bool:
    """A function that a decorator or an argument makes the prompt of an agent."""
    scope = view.project.files[path].scopes[number]
    outside = Where(path, scope.parent, scope.order)
    for decorator in scope.decorators:
        func = decorator.func if isinstance(decorator, Call) else decorator
        if any(view.catalog.is_a(one.symbol, "prompt-template") for one in view.tracer.origins(func, outside)):
            return True
    found = view.prompts.by_statement.get((path, scope.order), ())
    return any(one.kind == "function" and one.origin.kind is Kind.DEFINITION for one in found)


def _carries(view: View, expr: Expr, where: Where, call: Call, seen: set[tuple[int, Where]], depth: int = 0) -> bool:
    """Whether CALL's result is part of EXPR, through local names, texts and lists."""
    if expr == call:
        return True
    key = (id(expr), where)
    if depth > _DEPTH or key in seen:
        return False
    seen.add(key)
    if isinstance(expr, Name):
        scope = view.project.scope(where)
        if expr.id not in scope.bindings:
            return False
        for value, at in view.project.given(expr.id, where):
            made = value.source if isinstance(value, (Each, Enter, Part)) else value
            if _carries(view, made, at, call, seen, depth + 1):
                return True
        for grown in view.threads.grown(Name(expr.id), where.path, scope):
            at = Where(where.path, grown.scope, grown.order)
            if any(_carries(view, arg, at, call, seen, depth + 1) for arg in grown.call.args):
                return True
        return False
    inner = children(expr)
    if isinstance(expr, Call) and isinstance(expr.func, Attr) and expr.func.name not in _OF_DATA:
        inner = inner[1:]  # what another object is asked is not what the object itself says
    return any(_carries(view, child, where, call, seen, depth + 1) for child in inner)
