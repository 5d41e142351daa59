"""What a function or class takes: names, positions, defaults; read from signatures, fields and where ``**`` goes."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from proving.bodies import body
from proving.modules import FUNCTIONS, Function, Value, bound, texts
from proving.world import Found, World

REQUIRED = object()  # a parameter without a default
_FIELDS = frozenset("dataclass define attrs attr.s attrs.define attr.dataclass pydantic.dataclasses.dataclass".split())
_MODELS = frozenset(
    "BaseModel BaseSettings TypedDict NamedTuple SQLModel RootModel Serializable GenericModel Struct".split()
)
_DEEP = 8


@dataclass
class Taken:
    """The parameters: ``positional`` in order, ``defaults`` of all with a name (an expression and where it stands).

    ``rest`` says what takes any further keyword and cannot be followed; ``many`` that any further position is taken.
    """

    positional: list[str] = field(default_factory=list)
    defaults: dict[str, tuple[object, Found]] = field(default_factory=dict)
    many: bool = False
    rest: str = ""

    def add(self, other: Taken, positions: bool = False) -> None:
        for name, default in other.defaults.items():
            self.defaults.setdefault(name, default)
        if positions:
            self.positional += [name for name in other.positional if name not in self.positional]
            self.many = self.many or other.many
        self.rest = self.rest or other.rest


def taken(world: World, found: Found, depth: int = 0) -> Taken | None:
    """What calling FOUND takes; None where nothing can be told."""
    if found.beyond or depth > _DEEP:
        return None
    if isinstance(found.node, ast.ClassDef):
        return _class(world, found, depth)
    if isinstance(found.node, FUNCTIONS):
        return _overloaded(world, found, depth)
    if isinstance(found.node, Value) and found.node.value is not None:
        return _value(world, found, found.node.value, depth)
    return None


def _value(world: World, found: Found, value: ast.expr, depth: int) -> Taken | None:
    """Of a name that is assigned: an alias, a wrapped function, or an object that can be called."""
    where = found
    if isinstance(value, ast.Call):
        for inner in value.args:
            wrapped = world.expression(inner, where)
            if wrapped is not None and isinstance(wrapped.node, FUNCTIONS):
                return taken(world, wrapped, depth + 1)
        made = world.expression(value, where)
        call = world.member(made, "__call__") if made is not None and isinstance(made.node, ast.ClassDef) else None
        return taken(world, call, depth + 1) if call is not None else None
    target = world.expression(value, where)
    return taken(world, target, depth + 1) if target is not None and target.node is not found.node else None


# -- functions ---------------------------------------------------------------------------------------------------------


def _overloaded(world: World, found: Found, depth: int) -> Taken:
    """Of a function, and of the overloads that go by its name."""
    assert isinstance(found.node, FUNCTIONS)
    made = _function(world, found, found.node, depth)
    for other in world.overloads(found):
        made.add(_function(world, found, other, depth))
    return made


def _function(world: World, found: Found, node: Function, depth: int) -> Taken:
    args = node.args
    plain = [*args.posonlyargs, *args.args]
    defaults: list[object] = [REQUIRED] * (len(plain) - len(args.defaults)) + list(args.defaults)
    if found.owner is not None and "staticmethod" not in {ast.unparse(one) for one in node.decorator_list}:
        plain, defaults = plain[1:], defaults[1:]
    made = Taken([one.arg for one in plain], many=args.vararg is not None)
    for one, default in zip(plain, defaults, strict=True):
        made.defaults[one.arg] = (default, found)
    for one, keyword in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        made.defaults[one.arg] = (keyword if keyword is not None else REQUIRED, found)
    if args.kwarg is not None:
        _follow(world, found, node, made, depth)
    return made


def _follow(world: World, found: Found, node: Function, made: Taken, depth: int) -> None:
    """Add what ``**kwargs`` of NODE may bring: a TypedDict, what is taken out of it, and whom it is handed on to."""
    assert node.args.kwarg is not None
    rest = node.args.kwarg
    dark = True
    if rest.annotation is not None and "Unpack" in ast.unparse(rest.annotation):
        inner = rest.annotation.slice if isinstance(rest.annotation, ast.Subscript) else rest.annotation
        typed = world.expression(inner, found)
        if typed is not None and isinstance(typed.node, ast.ClassDef):
            nothing: object = ast.Constant(None)
            listed = fields(world, typed).items()
            made.add(Taken(defaults={name: (nothing if one is REQUIRED else one, at) for name, (one, at) in listed}))
            dark = False
    for name in _picked(node, rest.arg):
        made.defaults.setdefault(name, (ast.Constant(None), found))
    where = replace(found, node=node, names=bound(node.body, found.module.package))
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and any(one.arg is None and _names(one.value, rest.arg) for one in call.keywords):
            target = _target(world, call, where, node)
            further = taken(world, target, depth + 1) if target is not None else None
            if further is None:
                made.rest = made.rest or f"**{rest.arg} goes to {ast.unparse(call.func)}"
            else:
                made.add(further)
                dark = False
    if dark:
        made.rest = made.rest or f"**{rest.arg} of {node.name}"


def _target(world: World, call: ast.Call, where: Found, node: Function) -> Found | None:
    """Whom CALL calls; ``super().x`` is looked up past the class."""
    text = ast.unparse(call.func)
    if text.rpartition(".")[2] == "replace" and call.args:  # dataclasses.replace
        return world.expression(call.args[0], where)
    if text.startswith("super(") and where.owner is not None:
        name = text.rpartition(").")[2]
        lineage = list(world.lineage(where.receiver or where.owner))
        own = [place for place, one in enumerate(lineage) if one.node is where.owner.node]
        return _of_bases(world, iter(lineage[own[0] + 1 if own else 1 :]), name)
    return world.expression(call.func, where)


def _of_bases(world: World, lineage: Iterator[Found], name: str) -> Found | None:
    """The method NAME of the nearest base; where none has an ``__init__``, a base whose fields are its parameters."""
    first = None
    for one in lineage:
        first = first or one
        if isinstance(one.node, ast.ClassDef) and not (name == "__init__" and one.node.name in _MODELS):
            found = world.own_member(one, name)
            if found is not None:
                return found
    return first if name == "__init__" else None


def _picked(node: Function, name: str) -> Iterator[str]:
    """The keywords that NODE takes out of its ``**NAME`` by name."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.args:
            if ast.unparse(inner.func.value) == name and inner.func.attr in ("pop", "get", "setdefault"):
                yield from texts(inner.args[0])
        elif isinstance(inner, ast.Subscript) and ast.unparse(inner.value) == name:
            yield from texts(inner.slice)
        elif isinstance(inner, ast.Compare) and any(ast.unparse(one) == name for one in inner.comparators):
            yield from texts(inner.left)


def _names(node: ast.expr, name: str) -> bool:
    return any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(node))


# -- classes -----------------------------------------------------------------------------------------------------------


def _class(world: World, found: Found, depth: int) -> Taken:
    lineage = list(world.lineage(found))
    made: Taken | None = None
    for one in lineage:
        if not isinstance(one.node, ast.ClassDef) or one.node.name in _MODELS:
            continue
        for name in ("__init__", "__new__"):
            start = world.own_member(one, name)
            if start is not None and not start.beyond and made is None:
                made = taken(world, start, depth + 1)
    modelled = _modelled(lineage)
    if made is None or modelled:
        listed = fields(world, found)
        made = made or Taken(positional=_ordered(lineage, listed))
        made.add(Taken(defaults=listed))
        dark = next((one.beyond for one in lineage if one.beyond and not _model(one)), "")
        made.rest = made.rest or dark
    for one in lineage:
        if isinstance(one.node, ast.ClassDef):
            for name in _rewritten(one.node):
                made.defaults.setdefault(name, (ast.Constant(None), one))
    return made


def fields(world: World, found: Found) -> dict[str, tuple[object, Found]]:
    """The annotated fields of a class and its bases, with their defaults; aliases stand beside their fields."""
    made: dict[str, tuple[object, Found]] = {}
    for one in world.lineage(found):
        if not isinstance(one.node, ast.ClassDef):
            continue
        for name, bindings in body(one.node, one.module.package).items():
            for value in bindings:
                if not isinstance(value, Value) or (value.annotation is None and not _descriptor(value)):
                    continue
                default: object = value.value if value.value is not None else REQUIRED
                for word in (name, name.lstrip("_"), *_aliases(value)):
                    made.setdefault(word, (default, one))
    return made


def _descriptor(value: Value) -> bool:
    """``x = field()`` and ``x = attr.ib()`` make fields without an annotation."""
    return isinstance(value.value, ast.Call) and ast.unparse(value.value.func).rpartition(".")[2] in (
        *("field", "Field", "ib", "attrib", "Factory", "Column", "Parameter"),
    )


def _aliases(value: Value) -> Iterator[str]:
    for part in (value.value, value.annotation):
        for node in ast.walk(part) if part is not None else ():
            if isinstance(node, ast.keyword) and node.arg in ("alias", "validation_alias"):
                yield from texts(node.value)


def _ordered(lineage: list[Found], listed: Mapping[str, object]) -> list[str]:
    """The positional parameters that a dataclass makes of its fields: those of its bases come first."""
    order: list[str] = []
    for one in reversed(lineage):
        if isinstance(one.node, ast.ClassDef) and any(
            "kw_only=True" in ast.unparse(d) for d in one.node.decorator_list
        ):
            return []
        if isinstance(one.node, ast.ClassDef) and (_decorated(one.node) or _named_tuple(one.node)):
            for name, bindings in body(one.node, one.module.package).items():
                value = bindings[-1]
                if isinstance(value, Value) and value.annotation is not None and name in listed:
                    word = next(_aliases(value), name.lstrip("_"))
                    order += [word] if word not in order and "ClassVar" not in ast.unparse(value.annotation) else []
    return order


def _decorated(node: ast.ClassDef) -> bool:
    return any(ast.unparse(one).partition("(")[0].rpartition(".")[2] in _FIELDS for one in node.decorator_list)


def _named_tuple(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).endswith("NamedTuple") for base in node.bases)


def _modelled(lineage: list[Found]) -> bool:
    """Whether the fields of the class are parameters of its constructor."""
    return any(_model(one) or (isinstance(one.node, ast.ClassDef) and _decorated(one.node)) for one in lineage)


def _model(one: Found) -> bool:
    if isinstance(one.node, ast.ClassDef):
        words = {ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in one.node.bases}
        return bool((words | {one.node.name}) & _MODELS)
    return any(word in one.beyond for word in _MODELS) or "pydantic" in one.beyond


def _rewritten(node: ast.ClassDef) -> Iterator[str]:
    """The keywords that validators take from the raw input before the fields are set."""
    for function in node.body:
        if not isinstance(function, FUNCTIONS):
            continue
        words = " ".join(map(ast.unparse, function.decorator_list))
        if "validator" in words and ("before" in words or "pre=True" in words or "root_validator" in words):
            names = [one.arg for one in function.args.args[1:2]]
            for name in names:
                yield from _picked(function, name)
