"""What a tool of a model does to the world: it changes files, sends, runs commands or SQL; or it only reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from factorlint.expr import Attr, Call, Const, Expr, Name, Op, Text, dotted, last_name, walk
from factorlint.facts import Called, Scope
from factorlint.origin import Kind, Origin, Where
from factorlint.project import Seen
from factorlint.rule import View, text_of

from ._commands import COMMANDS, is_constant, only_reads, runs_something
from ._verbs import HIGH, acts_by_name, words

_DEPTH = 3
_FILES = re.compile(
    r"os\.(?:remove|unlink|rmdir|removedirs|rename|renames|replace|truncate)|shutil\.(?:rmtree|move|copy\w*)"
)
_SENDS = re.compile(
    r"smtplib\..*|(?:requests|httpx|aiohttp)\..*\b(?:put|patch|delete)|stripe\..*\b(?:create|modify|capture|cancel)"
    r"|twilio\..*\bcreate|slack_sdk\..*|tweepy\..*|sendgrid\..*|resend\..*"
)
_POSTS = re.compile(r"(?:requests|httpx|aiohttp|urllib3)\.(?:.*\.)?(?:post|request)")
_METHODS = frozenset(
    "write_text write_bytes unlink sendmail send_message send_email chat_postMessage send_raw_email "
    "delete_many delete_one insert_one insert_many update_one update_many delete_object put_object".split()
)
_CODE = frozenset("exec_run exec_command run_code run_command run_cell".split())  # in a container, on another machine
_SQL_METHODS = frozenset(
    "execute executemany executescript query_df exec_driver_sql read_sql read_sql_query run_sql sql query".split()
)
_SQL_WRITE = re.compile(r"\s*(?:insert|update|delete|drop|create|alter|truncate|merge|replace|grant)\b", re.IGNORECASE)
_SQL_NAME = re.compile(r"sql|query|statement|stmt", re.IGNORECASE)


def effect(view: View, place: Where, name: str) -> str | None:
    """What the tool NAME, whose body is the function at PLACE, does to the world, in words; None if it only reads."""
    for path, called, owner in below(view, place):
        said = _effect_of(view, path, called, owner, name)
        if said is not None:
            return said
    said_by = words(name)
    if said_by and said_by[0] in HIGH and _reaches_out(view, place):
        return f"it does what its name says: {name}"
    return None


def below(
    view: View, place: Where, depth: int = 0, seen: set[tuple[str, int]] | None = None
) -> Iterator[tuple[str, Called, Scope]]:
    """The calls of a function and of the tree's functions below it, each with the function that it stands in."""
    seen = seen if seen is not None else set()
    if (place.path, place.scope) in seen or depth > _DEPTH:
        return
    seen.add((place.path, place.scope))
    scope = view.project.scope(place)
    for called in view.reach.calls(place.path, scope.order + 1, scope.end):
        yield place.path, called, scope
        if only_reads(view, called.call, Where(place.path, called.scope, called.order)):
            continue  # a wrapper that is handed what only reads
        for callee in view.reach.callees(place.path, called):
            for inner in view.reach.bodies(callee):
                if not _keeps_a_log(view.project.scope(inner).name):
                    yield from below(view, inner, depth + 1, seen)


def _keeps_a_log(name: str) -> bool:
    """``_log_call``, ``record_metrics``: what the program notes of itself is nothing that a tool does to the world."""
    said = words(name)
    return said[:1] == ["log"] or not _NOTES.isdisjoint(said)


_NOTES = frozenset("observability telemetry metrics tracing".split())


def _effect_of(view: View, path: str, called: Called, owner: Scope, name: str) -> str | None:
    where = Where(path, called.scope, called.order)
    call = called.call
    last = last_name(call.func)
    for one in view.tracer.origins(call.func, where):
        if one.kind not in (Kind.LIBRARY, Kind.INSTANCE, Kind.UNKNOWN):
            continue
        target = one.path.replace("()", "")
        if COMMANDS.fullmatch(target) and runs_something(view, call, where, owner, name):
            return "it runs commands or code"
        if _changes_a_file(target, call) and not _is_scratch(view, call.args[:1], where, set()):
            return "it changes files"
        if _SENDS.fullmatch(target):
            return "it sends or changes something outside"
        if _POSTS.fullmatch(target) and acts_by_name(name):
            return "it sends something outside"
        if one.kind is not Kind.UNKNOWN and _opens_for_writing(call) and not _on_scratch(view, call, where):
            return "it changes files"
    if any(view.reach.bodies(one) or _is_known(view, one) for one in view.reach.callees(path, called)):
        return None  # whatever it is called: what a method of the tree does is seen in it
    if last in _CODE and isinstance(call.func, Attr) and not is_constant(view, call, where, owner):
        return "it runs commands or code"
    if last in _METHODS and isinstance(call.func, Attr) and not _on_scratch(view, call, where):
        return "it changes files" if last.startswith(("write", "unlink")) else "it sends or changes something outside"
    if last in _SQL_METHODS and _sql(view, call, where, owner):
        return "it runs SQL"
    return None


def _is_known(view: View, callee: Origin) -> bool:
    """Whether the catalogue knows the callee for something else than what its name says: it asks a model, an agent."""
    return callee.symbol is not None and callee.symbol.does in _ASKS and not view.catalog.is_a(callee.symbol, "tool")


_ASKS = ("call-model", "run", "run-graph", "step", "none")


def _changes_a_file(target: str, call: Call) -> bool:
    return bool(_FILES.fullmatch(target)) or (target == "builtins.open" and _writing_mode(call))


def _opens_for_writing(call: Call) -> bool:
    """``path.open("w")``."""
    return isinstance(call.func, Attr) and call.func.name == "open" and _writing_mode(call, 0)


def _on_scratch(view: View, call: Call, where: Where) -> bool:
    return isinstance(call.func, Attr) and _is_scratch(view, (call.func.base,), where, set())


def _is_scratch(view: View, exprs: Sequence[Expr], where: Where, seen: Seen) -> bool:
    """Whether the path is one that the program made up in a temporary place: nothing of anybody's is there."""
    for one in (inner for expr in exprs for inner in walk(expr)):
        if isinstance(one, Call):
            for callee in view.tracer.origins(one.func, where):
                bodies = list(view.reach.bodies(callee))
                if callee.path.startswith("tempfile.") or any(_asks_for_scratch(view, body) for body in bodies):
                    return True
        elif isinstance(one, Name):
            before = view.project.given_once(one.id, where, seen)
            if any(_is_scratch(view, (value,), at, seen) for value, at in before):
                return True
    return False


def _asks_for_scratch(view: View, body: Where) -> bool:
    scope = view.project.scope(body)
    return any(
        one.path.startswith("tempfile.")
        for called in view.reach.calls(body.path, scope.order + 1, scope.end)
        for one in view.tracer.origins(called.call.func, Where(body.path, called.scope, called.order))
    )


def _writing_mode(call: Call, place: int = 1) -> bool:
    mode = call.args[place] if len(call.args) > place else None
    mode = next((value for key, value in call.keywords if key == "mode"), mode)
    ways = mode.operands[:2] if isinstance(mode, Op) and mode.op == "if" else (mode,)
    said = [one.value for one in ways if isinstance(one, Const)]
    return any(isinstance(one, str) and len(one) <= 3 and any(letter in one for letter in "wax+") for one in said)


def _sql(view: View, call: Call, where: Where, owner: Scope) -> bool:
    """A statement that changes data, or one that the caller of the function words."""
    candidates = (*call.args[:1], *(value for key, value in call.keywords if key and _SQL_NAME.search(key)))
    parameters = {one.name for one in owner.parameters}
    for value in candidates:
        text = text_of(view.tracer, value, where)
        if text is not None and _SQL_WRITE.match(text):
            return True
        names = [one.id for one in walk(value) if isinstance(one, Name)]
        if isinstance(value, (Name, Text, Call)) and any(
            one in parameters and _SQL_NAME.search(one) and last_name(call.func) != "query" for one in names
        ):
            return True
    return False


def _reaches_out(view: View, place: Where) -> bool:
    """Whether the function calls a library: a mock that returns a constant does not."""
    for path, called, _ in below(view, place):
        where = Where(path, called.scope, called.order)
        said = dotted(called.call.func) or ""
        if said.split(".")[0] in _PLAIN:
            continue
        for one in view.tracer.origins(called.call.func, where):
            if one.kind in (Kind.LIBRARY, Kind.INSTANCE) and not _plain(one.path):
                return True
    return False


def _plain(path: str) -> bool:
    return path.split(".")[0] in _PLAIN


_PLAIN = frozenset(
    "builtins json logging logger log print random datetime time re math uuid copy typing dataclasses enum collections "
    "pydantic asyncio itertools functools string textwrap os pathlib sys".split()
)
