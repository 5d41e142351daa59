"""Calls that read something from the world, and whether what they read stands in a prompt."""

from __future__ import annotations

import re

import libcst as cst

from factorlint.expr import Attr, Call, Const, Expr, Name, children, last_name, walk
from factorlint.origin import Kind, Origin, Where
from factorlint.project import Seen
from factorlint.provenance.answers import answers_in
from factorlint.rule import Here, View

from . import _sent
from ._effects import below
from ._verbs import reads_by_name

_OUTSIDE = re.compile(
    r"(?:requests|httpx|aiohttp|urllib3)\..*|urllib\.request\..*|sqlite3\..*|psycopg\w*\..*|sqlalchemy\..*|pymongo\..*|redis\..*"
    r"|datetime\..*\b(?:now|today|utcnow)|time\.(?:time|strftime|localtime)|platform\.\w+|os\.(?:listdir|getcwd|uname|scandir)"
    r"|socket\.gethostname|getpass\.getuser|builtins\.open|pathlib\..*\b(?:read_text|read_bytes|iterdir|glob)"
    r"|subprocess\.(?:check_output|run|getoutput)|boto3\..*|googleapiclient\..*|feedparser\..*|yfinance\..*|duckdb\..*"
)
_METHODS = frozenset(
    "fetch fetchone fetchall fetchrow fetch_one fetch_all aget asearch search similarity_search asimilarity_search "
    "get_relevant_documents retrieve aretrieve find_one find_many execute query_points scalars scalar_one "
    "scalar_one_or_none read_text listdir select".split()
)
# What a text, a list or a dict does with itself: it was read before.
_APART = frozenset(
    "pop popitem strip lstrip rstrip split rsplit splitlines partition lower upper title replace format encode decode "
    "startswith endswith append extend index items keys values copy sort tolist to_dict to_json to_markdown "
    "to_string".split()
)
# What of the libraries above only words a request: ``httpx.URL("https://…")``, ``aiohttp.ClientTimeout(30)``.
_WORDED = re.compile(
    r"(?:requests|httpx|aiohttp|urllib3)\.(?:\w+\.)*(?:URL|Headers|QueryParams|Cookies|Request|Retry|\w*Timeout|\w*Auth)\b.*"
)
_QUERY = frozenset(
    "filter filter_by where order_by options join outerjoin group_by having select select_from execute scalars".split()
)
_NO_FETCH = re.compile(
    r"config|setting|env|prompt|template|model|client|llm|key|logger|tool|schema|agent|message|history|conversation",
    re.I,
)
# The classes of a library that read something, by what they are called: ``WikipediaLoader``, ``TavilySearchResults``.
_READER = re.compile(r"\w*(?:Search|Loader|Reader|Retriever|Query|Serper|SerpAPI|Wikipedia|Arxiv)\w*(?:\(\))?")
_READS = frozenset("invoke ainvoke run arun load aload lazy_load alazy_load results aresults batch abatch".split())
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
            if _asked_of_a_library(one, call, here):
                return name
        elif one.kind is Kind.DEFINITION and one.place is not None:
            if here.view.project.scope(one.place).kind != "function":
                continue
            if _gives_a_thread(here.view, one.place) or _asks(here.view, one):
                return None
            if (reads_by_name(name) and reads_outside(here.view, one.place)) or _asked_of_object(one, here):
                return name
        elif one.kind is Kind.UNKNOWN and name in _METHODS and isinstance(call.func, Attr):
            return name
    return None


def _asked_of_a_library(one: Origin, call: Call, here: Here) -> bool:
    """Whether a call of a library reads something from outside."""
    if one.kind is Kind.INSTANCE and re.search(r"\.json\b", one.path):
        return False  # of what was read, whole or in part: ``response.json()``, ``story.get("title")``
    if _is_part(call) or last_name(call.func) in _APART:
        return False
    method = last_name(call.func) in _METHODS and isinstance(call.func, Attr)
    if method or _is_outside(one):
        return not _is_setting(call)
    if reads_by_class(one):
        return True
    return one.symbol is not None and here.plays(one, "retriever", "store")


def _is_outside(one: Origin) -> bool:
    """Whether ONE is something of a library by which the world is read."""
    path = one.path.replace("()", "")
    return _OUTSIDE.fullmatch(path) is not None and _WORDED.fullmatch(path) is None


def written_by_model(here: Here, call: Call) -> bool:
    """Whether a model worded what is asked for: then it was asked before."""
    calls = (one for one in (call, *walk(call.func)) if isinstance(one, Call))  # ``WikipediaLoader(query).load()``
    given = [value for one in calls for value in (*one.args, *(value for _, value in one.keywords))]
    return any(True for value in given for _ in answers_in(here.view.tracer, value, here.where))


def _is_part(call: Call) -> bool:
    """``found.get("title")``: a part of what was read; ``requests.get("https://…")`` reads."""
    key = call.args[0] if call.args else None
    plain = isinstance(key, Const) and isinstance(key.value, str) and not {"/", ":"} & set(key.value)
    return last_name(call.func) == "get" and plain


def _is_setting(call: Call) -> bool:
    """``open(self.config_file)``: not what a question is about."""
    if last_name(call.func) not in ("open", "read_text", "read_bytes"):
        return False
    said = (getattr(one, name, None) for one in walk(call) for name in ("name", "id", "value"))
    return any(_NO_FETCH.search(one) for one in said if isinstance(one, str))


def reads_by_class(one: Origin) -> bool:
    """``WikipediaLoader(query).load()``, ``search = GmailSearch(…); search("…")``: an object that reads is asked."""
    if one.kind is not Kind.INSTANCE:
        return False
    owner, _, name = one.path.rpartition(".")
    if name in _READS:
        return _READER.fullmatch(owner.rpartition(".")[2]) is not None
    return _READER.fullmatch(name) is not None


def _asks(view: View, one: Origin) -> bool:
    """Whether a function of the tree asks a model itself: what it gives was not known before."""
    return any(view.reach.function_does(body, _ASKS) for body in view.reach.bodies(one))


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


def _gives_a_thread(view: View, place: Where) -> bool:
    """Whether a function gives back what was said before: the history of a chat is no context that was fetched."""
    scope = view.project.scope(place)
    for order, value in scope.returns:
        found = view.tracer.origins(value, Where(place.path, scope.id, order))
        lists = [part.expr for one in found for part in (one, *one.parts) if part.expr is not None]
        if any(_sent.is_said(one) for held in lists for one in walk(held)):
            return True
    return False


def reads_outside(view: View, place: Where) -> bool:
    """Whether a function of the tree, or one below it, reads from a file, a service, a database or the machine."""
    for path, called, _ in below(view, place):
        where = Where(path, called.scope, called.order)
        if last_name(called.call.func) in _METHODS and isinstance(called.call.func, Attr):
            return True
        for one in view.tracer.origins(called.call.func, where):
            if one.kind in (Kind.LIBRARY, Kind.INSTANCE) and _is_outside(one):
                return True
            if reads_by_class(one) or (one.kind is Kind.INSTANCE and view.catalog.is_a(one.symbol, "retriever")):
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
    sent = view.once(_sent.in_function, path, function.id)
    later = ((expr, at) for order, expr, at in sent if order >= here.where.order)
    return any(_sent.carries(view, expr, at, call) for expr, at in later)


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
