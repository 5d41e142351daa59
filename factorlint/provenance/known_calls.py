"""Calls whose result Python itself decides: builtins, `functools`, `asyncio`, methods of texts, lists and dicts.

No library of agents is known here.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable

from factorlint.expr import Attr, Call, Const, Dict, Each, Expr, Imported, Lambda, Other, Seq, Text, argument, const
from factorlint.model import Confidence
from factorlint.origin import UNKNOWN, Kind, Origin, Where
from factorlint.provenance import answers, containers, handover, hints, members
from factorlint.provenance.tracing import Tracing


def result(tracer: Tracing, callee: Origin, expr: Call, where: Where) -> Iterable[Origin] | None:
    """What this call gives, or None where nothing special is known of the callee."""
    inner = handover.handed_over(callee, expr)
    if inner is not None and not handover.gives_nothing_back(callee):
        return tracer.origins(inner, where)
    if callee.kind is Kind.LIBRARY:
        handler = _FUNCTIONS.get(callee.path)
        if handler is not None and expr.args:
            return handler(tracer, expr, where)
        if callee.path == "builtins.dict" and expr.keywords and not expr.args:
            rows = tuple((None if name is None else Const(name, "str"), value) for name, value in expr.keywords)
            return (Origin(Kind.CONTAINER, expr=Dict(rows), place=where),)
        if callee.path in _EMPTY and not expr.args:
            return (Origin(Kind.CONTAINER, expr=_EMPTY[callee.path], place=where),)
        if callee.path in _NUMBERS and expr.args:
            number = _number(tracer, expr, where)
            if number is not None:
                return (number,)
        if callee.path in _PARSERS and text_of(expr):
            return _parsed(tracer, callee, expr, where)
        if callee.path in _SETTINGS and len(expr.args) > 1:
            return (*tracer.origins(expr.args[1], where), Origin(Kind.INSTANCE, callee.path, callee.symbol))
        return _default(tracer, callee, expr, where) if callee.plays("field") else None
    if callee.kind in (Kind.CONTAINER, Kind.VALUE) and callee.shape == "method" and callee.receiver is not None:
        return _method(tracer, callee, expr, where)
    if callee.kind is Kind.VALUE and isinstance(callee.expr, Lambda) and callee.place is not None:
        return tracer.origins(callee.expr.body, callee.place)
    return None


def _number(tracer: Tracing, expr: Call, where: Where) -> Origin | None:
    """``int(os.getenv("LIMIT", "10"))``: the number that is written down."""
    for one in tracer.origins(expr.args[0], where):
        if one.kind is Kind.VALUE and isinstance(one.expr, Const) and isinstance(one.expr.value, (str, int, float)):
            try:
                value = float(one.expr.value)
            except (ValueError, OverflowError):  # no number, or one too large to be a limit
                continue
            if not math.isfinite(value):
                continue
            made = const(int(value) if value.is_integer() else value)
            return Origin(Kind.VALUE, expr=made, place=where, confidence=Confidence.MEDIUM)
    return None


def passes_on(path: str) -> bool:
    """Whether the function PATH of Python's own gives on what it is given, and makes nothing else of it."""
    return path in _FUNCTIONS


def parses(path: str) -> bool:
    """Whether the function PATH reads data out of a text; one that only words the text anew does not."""
    return path in _PARSERS and path not in ("re.sub", "re.split", "builtins.bool")


def text_of(expr: Call) -> tuple[Expr, ...]:
    """What a parser is given to read: ``json.loads(text)``, ``json.loads(s=text)``."""
    return expr.args or tuple(value for name, value in expr.keywords if name in _TEXT)


def _default(tracer: Tracing, callee: Origin, expr: Call, where: Where) -> Iterable[Origin]:
    """``Field(default=3)``, ``field(default_factory=list)`` in a class body: what the field is if nobody says."""
    signature = callee.symbol.signature if callee.symbol is not None else ()
    given = argument(expr, "default", signature)
    if given is not None and not (isinstance(given, Const) and given.type == "ellipsis"):
        return tracer.origins(given, where)
    factory = argument(expr, "default_factory")
    return tracer.origins(_called(factory), where) if factory is not None else (UNKNOWN,)


@functools.lru_cache(maxsize=4096)
def _called(factory: Expr) -> Call:
    """One and the same call each time, as memory goes by identity."""
    return Call(factory, (), ())


def _first(tracer: Tracing, expr: Call, where: Where) -> Iterable[Origin]:
    return tracer.origins(expr.args[0], where)


def _second(tracer: Tracing, expr: Call, where: Where) -> Iterable[Origin]:
    return tracer.origins(expr.args[1], where) if len(expr.args) > 1 else (UNKNOWN,)


def _cast(tracer: Tracing, expr: Call, where: Where) -> Iterable[Origin]:
    return (*_second(tracer, expr, where), *hints.instances(tracer, expr.args[0], where))


def _element(tracer: Tracing, expr: Call, where: Where) -> Iterable[Origin]:
    for one in tracer.origins(expr.args[0], where):
        yield from containers.iterate(tracer, one)


def _enumerated(tracer: Tracing, expr: Call, where: Where) -> Iterable[Origin]:
    pair = Seq("tuple", (Other("index"), Each(expr.args[0])))
    return (Origin(Kind.CONTAINER, expr=Seq("gen", (pair,)), place=where),)


def _zipped(tracer: Tracing, expr: Call, where: Where) -> Iterable[Origin]:
    pair = Seq("tuple", tuple(Each(one) for one in expr.args))
    return (Origin(Kind.CONTAINER, expr=Seq("gen", (pair,)), place=where),)


def _gathered(tracer: Tracing, expr: Call, where: Where) -> Iterable[Origin]:
    return (Origin(Kind.CONTAINER, expr=Seq("list", expr.args), place=where),)


def _invoked(tracer: Tracing, expr: Call, where: Where) -> Iterable[Origin]:
    return tracer.origins(handover.inner_call(expr, 0), where)


def _completed(tracer: Tracing, expr: Call, where: Where) -> Iterable[Origin]:
    """``as_completed(futures)``: the futures themselves, or the keys of a dict that says what each is for."""
    for one in tracer.origins(expr.args[0], where):
        if isinstance(one.expr, Dict):
            keys = tuple(key for key, _ in one.expr.items if key is not None)
            one = one._replace(expr=Seq("list", keys))
        yield one


def _mapped(tracer: Tracing, expr: Call, where: Where) -> Iterable[Origin]:
    made = Call(expr.args[0], tuple(Each(one) for one in expr.args[1:]), ())
    return (Origin(Kind.CONTAINER, expr=Seq("gen", (made,)), place=where),)


def _getattr(tracer: Tracing, expr: Call, where: Where) -> Iterable[Origin]:
    name = expr.args[1] if len(expr.args) > 1 else None
    found: list[Origin] = []
    said = {name.value: None} if isinstance(name, Const) else dict.fromkeys(_said(tracer, name, where)) if name else {}
    for one in said:
        if isinstance(one, str) and one.isidentifier():
            found += members.attribute(tracer, Attr(expr.args[0], one), where)
    if len(expr.args) > 2:
        found += tracer.origins(expr.args[2], where)
    return found or (UNKNOWN,)


def _module(tracer: Tracing, expr: Call, where: Where) -> Iterable[Origin]:
    """``importlib.import_module("x")``: the module, where its name is written in the tree."""
    for name in _said(tracer, expr.args[0], where):
        level = len(name) - len(name.lstrip("."))
        if not level or tracer.project.modules.module(name[level:], where.path, level) is not None:
            yield from members.imported(tracer, Imported(name[level:], None, level), where)


def _outermost_module(tracer: Tracing, expr: Call, where: Where) -> Iterable[Origin]:
    """``__import__("x.y")`` is x, unless it is asked for names of y."""
    if len(expr.args) > 3 or any(name == "fromlist" for name, _ in expr.keywords):
        yield from _module(tracer, expr, where)
        return
    for name in _said(tracer, expr.args[0], where):
        yield from members.imported(tracer, Imported(name.partition(".")[0], None, 0), where)


def _said(tracer: Tracing, expr: Expr, where: Where) -> Iterable[str]:
    for one in tracer.origins(expr, where):
        if one.kind is Kind.VALUE and isinstance(one.expr, Const) and isinstance(one.expr.value, str):
            yield one.expr.value


def _same_text(tracer: Tracing, expr: Call, where: Where) -> Iterable[Origin]:
    """``str(x)``, ``list(x)``: an answer stays one, a container stays one."""
    found = tuple(tracer.origins(expr.args[0], where))
    kept = tuple(one for one in found if one.kind in (Kind.ANSWER, Kind.CONTAINER, Kind.VALUE))
    return kept or (Origin(Kind.VALUE, expr=expr, place=where, confidence=Confidence.MEDIUM),)


def _parsed(tracer: Tracing, callee: Origin, expr: Call, where: Where) -> Iterable[Origin]:
    """A text read as data: what was an answer's text is then parsed, not yet checked."""
    args = text_of(expr)
    if callee.path.startswith("re.") and len(args) > 1:
        args = args[1:]
    for arg in args if callee.path.startswith("re.") else args[:1]:
        for one in answers.answers_in(tracer, arg, where):
            if answers.is_transport(one):
                yield one  # what the service sends is read, not yet what the model says in it
                return
            if one.shape != "typed":
                yield one if one.shape in ("arguments", "envelope") else one._replace(shape="parsed")
                return
    yield Origin(Kind.INSTANCE, callee.path, callee.symbol, callee.confidence, call=expr, made=where)


def _method(tracer: Tracing, callee: Origin, expr: Call, where: Where) -> Iterable[Origin]:
    """Methods of literals, lists and dicts written in the tree."""
    held, name = callee.receiver, callee.path
    assert held is not None
    if held.kind is Kind.VALUE:
        return _text_method(tracer, held, name, expr, where)
    if name in ("get", "pop", "setdefault") and (expr.args or name == "pop"):
        key = expr.args[0] if expr.args else None
        found = tuple(one.weaker() for one in containers.elements(tracer, held, key))
        if name != "pop" and len(expr.args) > 1:
            found += tuple(tracer.origins(expr.args[1], where))
        return found or (UNKNOWN,)
    if name == "values":
        return (held._replace(shape="values"),)
    if name == "items" and held.expr is not None:
        return tuple(_pairs(held))
    if name in ("copy", "union", "keys"):
        return (held,)
    return (UNKNOWN,)


def _pairs(held: Origin) -> Iterable[Origin]:
    for one in (held, *held.parts):
        if isinstance(one.expr, Dict):
            rows = tuple(Seq("tuple", (key or Const(None, "NoneType"), value)) for key, value in one.expr.items)
            yield Origin(Kind.CONTAINER, expr=Seq("gen", rows), place=one.place, confidence=held.confidence)


def _text_method(tracer: Tracing, held: Origin, name: str, expr: Call, where: Where) -> Iterable[Origin]:
    if name == "join" and expr.args:
        made = Text((held.expr or Const("", "str"), *expr.args))
        answers = (one for one in tracer.origins(expr.args[0], where) if one.kind is Kind.ANSWER)  # as joined by `+`
        return (*answers, Origin(Kind.VALUE, expr=made, place=where, confidence=held.confidence))
    if name in ("format", "format_map", "replace", "removeprefix", "removesuffix", "substitute"):
        filled_in = expr.args if name.startswith(("format", "sub")) else expr.args[1:]  # what is looked for goes out
        filled_in += tuple(value for _, value in expr.keywords)
        if held.place == where:
            made = Text(filled_in if held.expr is None else (held.expr, *filled_in))
            return (Origin(Kind.VALUE, expr=made, place=where, confidence=held.confidence),)
        return (held._replace(shape="", receiver=None), Origin(Kind.VALUE, expr=Text(filled_in), place=where))
    return (held._replace(shape="", receiver=None, path=""),)


Handler = Callable[[Tracing, Call, Where], Iterable[Origin]]

_FUNCTIONS: dict[str, Handler] = {
    "functools.partial": _first,
    "importlib.import_module": _module,
    "builtins.__import__": _outermost_module,
    "copy.copy": _first,
    "copy.deepcopy": _first,
    "typing.cast": _cast,
    "builtins.next": _element,
    "builtins.anext": _element,
    "builtins.iter": _first,
    "builtins.aiter": _first,
    "builtins.sorted": _first,
    "builtins.reversed": _first,
    "builtins.filter": _second,
    "builtins.list": _same_text,
    "builtins.tuple": _same_text,
    "builtins.set": _same_text,
    "builtins.dict": _same_text,
    "builtins.str": _same_text,
    "builtins.repr": _same_text,
    "builtins.enumerate": _enumerated,
    "builtins.zip": _zipped,
    "builtins.map": _mapped,
    "builtins.getattr": _getattr,
    "itertools.chain": _gathered,
    "asyncio.run": _first,
    "asyncio.wait_for": _first,
    "asyncio.shield": _first,
    "asyncio.create_task": _first,
    "asyncio.ensure_future": _first,
    "asyncio.gather": _gathered,
    "asyncio.as_completed": _completed,
    "concurrent.futures.as_completed": _completed,
    "asyncio.run_coroutine_threadsafe": _first,
    "anyio.run": _invoked,
    "asgiref.sync.sync_to_async": _first,
    "asgiref.sync.async_to_sync": _first,
    "nest_asyncio.apply": _first,
    "json.dumps": _same_text,
    "textwrap.dedent": _first,
    "textwrap.indent": _first,
    "inspect.cleandoc": _first,
}
_EMPTY: dict[str, Expr] = {
    "builtins.list": Seq("list", ()),
    "builtins.dict": Dict(()),
    "builtins.set": Seq("set", ()),
    "builtins.tuple": Seq("tuple", ()),
    "collections.deque": Seq("list", ()),
    "collections.defaultdict": Dict(()),
    "collections.OrderedDict": Dict(()),
}
_NUMBERS = frozenset(("builtins.int", "builtins.float"))
_SETTINGS = frozenset(("os.getenv", "os.environ.get"))
_TEXT = ("s", "string", "stream", "node_or_string", "text", "xml_input")
_PARSERS = frozenset(
    "json.loads ast.literal_eval yaml.safe_load yaml.load re.search re.match re.fullmatch re.findall re.finditer "
    "re.split re.sub xml.etree.ElementTree.fromstring xmltodict.parse json5.loads orjson.loads ujson.loads "
    "json_repair.loads json_repair.repair_json demjson3.decode builtins.int builtins.float builtins.bool".split()
)
