"""Calls whose result Python itself decides: builtins, `functools`, `asyncio`, text methods; and pieces of answers.

No library of agents is known here: what a model's answer is made of stands in the catalogue's ``shapes``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from factorlint.expr import Attr, Call, Const, Dict, Each, Expr, Imported, Lambda, Name, Op, Other, Seq, Star, Text
from factorlint.model import Confidence
from factorlint.origin import UNKNOWN, Kind, Origin, Where

if TYPE_CHECKING:
    from factorlint.provenance import Tracer

Origins = Iterable[Origin]

_NESTED = 5  # levels of a text or list that are looked into
_PARTS = 100  # pieces of one list that are told apart


def result(tracer: Tracer, callee: Origin, expr: Call, where: Where) -> Origins | None:
    """What this call gives, or None where nothing special is known of the callee."""
    inner = handed_over(callee, expr)
    if inner is not None:
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
        if callee.path in _PARSERS and expr.args:
            return _parsed(tracer, callee, expr, where)
        return _default(tracer, callee, expr, where) if callee.plays("field") else None
    if callee.kind in (Kind.CONTAINER, Kind.VALUE) and callee.shape == "method" and callee.receiver is not None:
        return _method(tracer, callee, expr, where)
    if callee.kind is Kind.VALUE and isinstance(callee.expr, Lambda) and callee.place is not None:
        return tracer.origins(callee.expr.body, callee.place)
    return None


def is_transport(answer: Origin) -> bool:
    """Whether ANSWER is still what came over HTTP, in which the model's words are a part."""
    posted = answer.symbol is not None and bool(answer.symbol.parameter("url"))
    return posted and answer.shape not in ("text", "arguments", "parsed")


def passes_on(path: str) -> bool:
    """Whether the function PATH of Python's own gives on what it is given, and makes nothing else of it."""
    return path in _FUNCTIONS


def _default(tracer: Tracer, callee: Origin, expr: Call, where: Where) -> Origins:
    """``Field(default=3)``, ``field(default_factory=list)`` in a class body: what the field is if nobody says."""
    signature = callee.symbol.signature if callee.symbol is not None else ()
    given = tracer.argument(expr, "default", signature)
    if given is not None and not (isinstance(given, Const) and given.type == "ellipsis"):
        return tracer.origins(given, where)
    factory = tracer.argument(expr, "default_factory")
    return tracer.call(Call(factory, (), ()), where) if factory is not None else (UNKNOWN,)


def _first(tracer: Tracer, expr: Call, where: Where) -> Origins:
    return tracer.origins(expr.args[0], where)


def _second(tracer: Tracer, expr: Call, where: Where) -> Origins:
    return tracer.origins(expr.args[1], where) if len(expr.args) > 1 else (UNKNOWN,)


def _cast(tracer: Tracer, expr: Call, where: Where) -> Origins:
    return (*_second(tracer, expr, where), *tracer.instances(expr.args[0], where))


def _element(tracer: Tracer, expr: Call, where: Where) -> Origins:
    for one in tracer.origins(expr.args[0], where):
        yield from tracer.iterate(one)


def _enumerated(tracer: Tracer, expr: Call, where: Where) -> Origins:
    pair = Seq("tuple", (Other("index"), Each(expr.args[0])))
    return (Origin(Kind.CONTAINER, expr=Seq("gen", (pair,)), place=where),)


def _zipped(tracer: Tracer, expr: Call, where: Where) -> Origins:
    pair = Seq("tuple", tuple(Each(one) for one in expr.args))
    return (Origin(Kind.CONTAINER, expr=Seq("gen", (pair,)), place=where),)


def _gathered(tracer: Tracer, expr: Call, where: Where) -> Origins:
    return (Origin(Kind.CONTAINER, expr=Seq("list", expr.args), place=where),)


def handed_over(callee: Origin, call: Call) -> Call | None:
    """The call that a thread or a process makes: ``f(x)`` in ``executor.submit(f, x)``, ``asyncio.to_thread(f, x)``."""
    if callee.symbol is not None or callee.kind not in (Kind.LIBRARY, Kind.INSTANCE):
        return None
    _, _, name = callee.path.rpartition(".")
    if name not in HANDS_OVER or not callee.path.startswith(_POOLS):
        return None
    index = HANDS_OVER[name]
    return _inner(call, index) if len(call.args) > index else None


@functools.lru_cache(maxsize=4096)
def _inner(call: Call, index: int) -> Call:
    """One and the same call each time, as memory goes by identity."""
    return Call(call.args[index], call.args[index + 1 :], call.keywords)


HANDS_OVER = {"submit": 0, "to_thread": 0, "run_sync": 0, "run_in_executor": 1}  # which argument is the function
_POOLS = ("concurrent.futures.", "asyncio.", "anyio.to_thread.")


def _invoked(tracer: Tracer, expr: Call, where: Where) -> Origins:
    return tracer.origins(_inner(expr, 0), where)


def _completed(tracer: Tracer, expr: Call, where: Where) -> Origins:
    """``as_completed(futures)``: the futures themselves, or the keys of a dict that says what each is for."""
    for one in tracer.origins(expr.args[0], where):
        if isinstance(one.expr, Dict):
            keys = tuple(key for key, _ in one.expr.items if key is not None)
            one = replace(one, expr=Seq("list", keys))
        yield one


def _partial(tracer: Tracer, expr: Call, where: Where) -> Origins:
    return tracer.origins(expr.args[0], where)


def _mapped(tracer: Tracer, expr: Call, where: Where) -> Origins:
    made = Call(expr.args[0], tuple(Each(one) for one in expr.args[1:]), ())
    return (Origin(Kind.CONTAINER, expr=Seq("gen", (made,)), place=where),)


def _getattr(tracer: Tracer, expr: Call, where: Where) -> Origins:
    name = expr.args[1] if len(expr.args) > 1 else None
    found: list[Origin] = []
    said = {name.value: None} if isinstance(name, Const) else dict.fromkeys(_said(tracer, name, where)) if name else {}
    for one in said:
        if isinstance(one, str) and one.isidentifier():
            found += tracer.attribute(Attr(expr.args[0], one), where)
    if len(expr.args) > 2:
        found += tracer.origins(expr.args[2], where)
    return found or (UNKNOWN,)


def _module(tracer: Tracer, expr: Call, where: Where) -> Origins:
    """``importlib.import_module("x")``: the module, where its name is written in the tree."""
    for name in _said(tracer, expr.args[0], where):
        level = len(name) - len(name.lstrip("."))
        if not level or tracer.project.modules.module(name[level:], where.path, level) is not None:
            yield from tracer.imported(Imported(name[level:], None, level), where)


def _outermost_module(tracer: Tracer, expr: Call, where: Where) -> Origins:
    """``__import__("x.y")`` is x, unless it is asked for names of y."""
    if len(expr.args) > 3 or any(name == "fromlist" for name, _ in expr.keywords):
        yield from _module(tracer, expr, where)
        return
    for name in _said(tracer, expr.args[0], where):
        yield from tracer.imported(Imported(name.partition(".")[0], None, 0), where)


def _said(tracer: Tracer, expr: Expr, where: Where) -> Iterable[str]:
    for one in tracer.origins(expr, where):
        if one.kind is Kind.VALUE and isinstance(one.expr, Const) and isinstance(one.expr.value, str):
            yield one.expr.value


def _same_text(tracer: Tracer, expr: Call, where: Where) -> Origins:
    """``str(x)``, ``list(x)``: an answer stays one, a container stays one."""
    found = tuple(tracer.origins(expr.args[0], where))
    kept = tuple(one for one in found if one.kind in (Kind.ANSWER, Kind.CONTAINER, Kind.VALUE))
    return kept or (Origin(Kind.VALUE, expr=expr, place=where, confidence=Confidence.MEDIUM),)


def _made_dict(tracer: Tracer, expr: Call, where: Where) -> Origins:
    return _same_text(tracer, expr, where)


def _parsed(tracer: Tracer, callee: Origin, expr: Call, where: Where) -> Origins:
    """A text read as data: what was an answer's text is then parsed, not yet checked."""
    args = expr.args[-1:] if callee.path.startswith("re.") else expr.args[:1]
    if callee.path.startswith("re.") and len(expr.args) > 1:
        args = expr.args[1:]
    for arg in args:
        for one in answers_in(tracer, arg, where):
            if is_transport(one):
                yield one  # what the service sends is read, not yet what the model says in it
                return
            if one.shape != "typed":
                yield replace(one, shape="arguments" if one.shape == "arguments" else "parsed")
                return
    yield Origin(Kind.INSTANCE, callee.path, callee.symbol, callee.confidence, call=expr, made=where)


def _method(tracer: Tracer, callee: Origin, expr: Call, where: Where) -> Origins:
    """Methods of literals, lists and dicts written in the tree."""
    held, name = callee.receiver, callee.path
    assert held is not None
    if held.kind is Kind.VALUE:
        return _text_method(tracer, held, name, expr, where)
    if name in ("get", "pop", "setdefault") and (expr.args or name == "pop"):
        key = expr.args[0] if expr.args else None
        found = tuple(one.weaker() for one in tracer.elements(held, key))
        if name != "pop" and len(expr.args) > 1:
            found += tuple(tracer.origins(expr.args[1], where))
        return found or (UNKNOWN,)
    if name == "values":
        return (replace(held, shape="values"),)
    if name == "items" and held.expr is not None:
        return tuple(_pairs(held))
    if name in ("copy", "union", "keys"):
        return (held,)
    return (UNKNOWN,)


def _pairs(held: Origin) -> Origins:
    for one in (held, *held.parts):
        if isinstance(one.expr, Dict):
            rows = tuple(Seq("tuple", (key or Const(None, "NoneType"), value)) for key, value in one.expr.items)
            yield Origin(Kind.CONTAINER, expr=Seq("gen", rows), place=one.place, confidence=held.confidence)


def _text_method(tracer: Tracer, held: Origin, name: str, expr: Call, where: Where) -> Origins:
    if name == "join" and expr.args:
        made = Text((held.expr or Const("", "str"), *expr.args))
        return (Origin(Kind.VALUE, expr=made, place=where, confidence=held.confidence),)
    if name in ("format", "format_map", "replace", "removeprefix", "removesuffix", "substitute"):
        values = tuple(value for _, value in expr.keywords)
        parts = (held.expr, *expr.args, *values) if held.expr is not None else (*expr.args, *values)
        made = Text(parts)
        if held.place == where:
            return (Origin(Kind.VALUE, expr=made, place=where, confidence=held.confidence),)
        return (replace(held, shape="", receiver=None), Origin(Kind.VALUE, expr=Text(expr.args + values), place=where))
    return (replace(held, shape="", receiver=None, path=""),)


# -- answers -----------------------------------------------------------------------------------------------------------


def answers_in(tracer: Tracer, expr: Expr, where: Where) -> Iterator[Origin]:
    """The model's answers among the pieces of EXPR, the nearest first: itself, or put into a text, list or operation.

    Each piece is looked at once: lists that are joined to one another hold the same ones again and again.
    """
    level, seen = [(expr, where)], {(id(expr), where)}
    for _ in range(_NESTED):
        below = []
        for piece, at in level:
            for one in tracer.origins(piece, at):
                if one.kind is Kind.ANSWER:
                    yield one
                elif one.kind in (Kind.VALUE, Kind.CONTAINER):
                    below += [more for held in (one, *one.parts) for more in _pieces_of(held)]
        level = []
        for piece, at in below:
            if (id(piece), at) not in seen:
                seen.add((id(piece), at))
                level.append((piece, at))


def _pieces_of(held: Origin) -> Iterator[tuple[Expr, Where]]:
    if held.expr is not None and held.place is not None:
        for piece in _pieces(held.expr):
            yield piece, held.place


def _pieces(expr: Expr) -> tuple[Expr, ...]:
    if isinstance(expr, Text):
        return expr.parts
    if isinstance(expr, Seq):
        return expr.items
    if isinstance(expr, Dict):
        return tuple(value for _, value in expr.items)
    if isinstance(expr, Op):
        return expr.operands
    if isinstance(expr, Star):
        return (expr.value,)
    if isinstance(expr, Call):
        return (*expr.args, *(value for _, value in expr.keywords))
    return ()


def answer_member(tracer: Tracer, base: Origin, name: str | None) -> Origin:
    """``answer.name``: which piece of the answer that is, by the shapes of its library."""
    if name is None or base.shape in ("parsed", "envelope"):
        return base
    library = tracer.catalog.library_of(base.symbol.path) if base.symbol else None
    shapes = library.shapes if library is not None else _SHAPES
    if name.startswith("__") and name != "__dict__":
        return UNKNOWN  # what Python says of the object, not the model in it
    if base.shape == "message":
        return replace(base, shape="calls") if name in shapes.get("calls", ()) else UNKNOWN
    for shape, names in shapes.items():
        if name in names:
            if base.shape == "typed" and shape in ("text", "typed"):
                return base
            return replace(base, shape=shape)
    if base.shape not in _WHOLE or name in _TEXT_METHODS or name == "__dict__":
        return base
    if name in _ENVELOPE:
        return replace(base, shape="envelope")
    declared = _declared(tracer, base, name)
    return base if name in _TEXTS and not declared else replace(base, shape=declared or "part")


def _declared(tracer: Tracer, base: Origin, name: str) -> str | None:
    """What the schema says of field NAME that the object which was asked was made with: text, or typed."""
    maker = base.receiver.receiver if base.receiver is not None else None
    if maker is None or maker.symbol is None or maker.call is None or maker.made is None:
        return None
    for up in tracer.catalog.lineage(maker.symbol):
        for schema in up.parameter("schema"):
            passed = tracer.argument(maker.call, schema, maker.symbol.signature)
            for one in tracer.origins(passed, maker.made) if passed is not None else ():
                if one.kind is not Kind.DEFINITION or one.place is None:
                    continue
                for row in tracer.project.scope(one.place).bindings.get(name, ()):
                    return "text" if row.annotation in (None, Name("str")) else "typed"
    return None


def answer_element(base: Origin) -> Origin:
    """One element of an answer that is iterated: a chunk of a stream, a message, a tool call, a block of a content."""
    if base.shape == "stream":
        return replace(base, shape="response")
    return replace(base, shape="part") if base.shape == "text" else base


_WHOLE = ("response", "text", "part")
_TEXT_METHODS = frozenset(name for name in dir(str) if not name.startswith("__"))
# What the service says about an answer, not the model in it.
_ENVELOPE = frozenset(
    "type role object status finish_reason stop_reason event kind index mime_type id model provider created usage "
    "system_fingerprint".split()
)
_TEXTS = frozenset("content text output output_text raw result answer response message completion reply".split())


_SHAPES = {
    "text": ("content", "text", "output_text", "raw"),
    "calls": ("tool_calls", "function_call"),
    "arguments": ("arguments", "args", "input"),
    "name": ("name",),
    "typed": ("parsed",),
}


# -- operators ---------------------------------------------------------------------------------------------------------


def piped(tracer: Tracer, expr: Op, where: Where) -> Origins:
    """``prompt | model | parser``: a pipe where a part is known to compose; else a union of values."""
    parts: list[Origin] = []
    for operand in expr.operands:
        found = tracer.origin(operand, where)
        parts += found.parts if found.kind is Kind.PIPE else (found,)
    if any(one.kind is Kind.PIPE or _composes(tracer, one) for one in parts):
        return (Origin(Kind.PIPE, confidence=_weakest(parts), parts=tuple(parts), place=where, expr=expr),)
    return tuple(one for one in parts if one.kind in (Kind.CONTAINER, Kind.VALUE, Kind.LIBRARY)) or (UNKNOWN,)


def _composes(tracer: Tracer, one: Origin) -> bool:
    return one.symbol is not None and any(symbol.pipes for symbol in tracer.catalog.lineage(one.symbol))


def _weakest(parts: Iterable[Origin]) -> Confidence:
    known = [one.confidence for one in parts if one.kind is not Kind.UNKNOWN]
    return Confidence.MEDIUM if Confidence.MEDIUM in known else Confidence.HIGH


def pipe_model(tracer: Tracer, pipe: Origin) -> Origin | None:
    """The part of a pipe that calls a model, or None."""
    for part in reversed(pipe.parts):
        symbol = part.symbol
        if symbol is None:
            continue
        if any(tracer.catalog.is_a(symbol, role) for role in ("chat-model", "completion-model", "structured-client")):
            return part
    return None


def pipe_answer(tracer: Tracer, callee: Origin, expr: Call, where: Where) -> Origin:
    """What running a pipe gives: the model's answer, read by the parser behind it."""
    pipe = callee.receiver or callee
    if callee.path in ("bind", "with_config", "with_retry", "with_fallbacks", "assign", "with_types", "pipe"):
        return pipe
    model = pipe_model(tracer, pipe)
    if model is None:
        return Origin(Kind.UNKNOWN, "pipe", confidence=Confidence.LOW)
    shape = "response"
    typed = tracer.catalog.is_a(model.symbol, "structured-client")
    for part in pipe.parts[pipe.parts.index(model) + 1 :]:
        symbol = part.symbol
        if symbol is not None and tracer.catalog.is_a(symbol, "parser"):
            invoke = tracer.catalog.find(f"{symbol.path}.invoke")
            shape = (invoke.answer if invoke else None) or symbol.answer or "text"
    if callee.path in ("stream", "astream"):
        shape = "stream"
    symbol = tracer.catalog.find(f"{model.symbol.path}.invoke") if model.symbol else None
    return Origin(
        Kind.ANSWER,
        f"{model.path}.{callee.path or 'invoke'}",
        symbol or model.symbol,
        callee.confidence,
        call=expr,
        made=where,
        shape="typed" if typed else shape,
        receiver=callee,
    )


def joined(tracer: Tracer, expr: Op, where: Where) -> Origins:
    """``a + b``: lists and texts joined keep what is in them; an answer's text joined stays an answer's text."""
    found = [one for operand in expr.operands for one in tracer.origins(operand, where)]
    answers = tuple(one for one in found if one.kind is Kind.ANSWER)
    containers = [one for one in found if one.kind is Kind.CONTAINER]
    if containers:
        first, *others = containers
        more = (part for one in others for part in (replace(one, parts=()), *one.parts))
        return (replace(first, parts=_each_once((*first.parts, *more))), *answers)
    return (*answers, Origin(Kind.VALUE, expr=expr, place=where))


def _each_once(parts: Iterable[Origin]) -> tuple[Origin, ...]:
    """A list that is joined to itself again and again would double each time."""
    seen: dict[tuple[object, ...], Origin] = {}
    for one in parts:
        seen.setdefault((one.kind, one.path, one.place, id(one.expr), one.shape), one)
        if len(seen) == _PARTS:
            break
    return tuple(seen.values())


Handler = Callable[["Tracer", Call, Where], Origins]

_FUNCTIONS: dict[str, Handler] = {
    "functools.partial": _partial,
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
    "builtins.dict": _made_dict,
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
_PARSERS = frozenset(
    "json.loads ast.literal_eval yaml.safe_load yaml.load re.search re.match re.fullmatch re.findall re.finditer "
    "re.split re.sub xml.etree.ElementTree.fromstring xmltodict.parse json5.loads orjson.loads ujson.loads "
    "json_repair.loads json_repair.repair_json demjson3.decode builtins.int builtins.float builtins.bool".split()
)
