"""What is this expression? Answered by walking back from it, across assignments, calls, classes and files.

Demand-driven and memoised: nothing is followed until a rule asks. A walk that meets itself gives nothing at that
point, and what was found on the way is then not remembered, so the answer never depends on who asked first.
Never imports or runs anything: the facts of the tree and the catalogue are all that it knows.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from factorlint import known_calls
from factorlint.addresses import Addresses
from factorlint.catalog import Catalog
from factorlint.expr import (
    Attr,
    Call,
    Caught,
    Const,
    Defined,
    Dict,
    Each,
    Enter,
    Expr,
    Imported,
    Item,
    Lambda,
    Name,
    Op,
    Other,
    Param,
    Part,
    Seq,
    Star,
    Text,
    last_name,
)
from factorlint.facts import Binding, Scope, Write, quoted
from factorlint.model import Confidence
from factorlint.origin import CARRIED, KEPT, UNKNOWN, Kind, Origin, Where
from factorlint.project import ADDERS, Project

Origins = tuple[Origin, ...]
_Key = tuple[int, Where]

_DEPTH = 300  # nested steps of one walk; real code needs a few dozen
_FAN = 12  # origins kept for one expression, callers asked for one parameter


class Tracer:
    """Provenance over one Project. Holds only its memory."""

    def __init__(self, project: Project, states: Mapping[tuple[str, int, str], Origin] | None = None) -> None:
        self.project = project
        self.states = states or {}  # a parameter (file, scope, name) of a graph's step → the state that it is given
        self.catalog: Catalog = project.catalog
        self._memory: dict[_Key, tuple[Expr, Origins]] = {}
        self._stack: dict[_Key, int] = {}
        self._low = _DEPTH + 1  # the outermost step that the current walk met again
        self._for_now: dict[_Key, tuple[Expr, Origins, int]] = {}  # what holds as long as that step is under way
        self._open: list[_Key] = []  # its keys, oldest first
        self._spreads: dict[int, Each] = {}
        self._rests: dict[tuple[int, int], Seq] = {}
        self._forwarding: list[tuple[Where, str]] = []  # what each `__getattr__` on the way is just asked for
        self._lineages: dict[tuple[str, Where | None], Origins] = {}

    # -- the one question ------------------------------------------------------------------------------------------

    def origins(self, expr: Expr, where: Where) -> Origins:
        """Everything that EXPR may be at WHERE, best known first; UNKNOWN alone where provenance ends."""
        key = (id(expr), where)
        held = self._memory.get(key)
        if held is not None:
            return held[1]
        partial = self._for_now.get(key)
        if partial is not None:
            self._low = min(self._low, partial[2])
            return partial[1]
        level = len(self._stack)
        if key in self._stack or level >= _DEPTH:
            self._low = min(self._low, self._stack.get(key, -1))
            return ()
        outer, self._low, since = self._low, _DEPTH + 1, len(self._open)
        self._stack[key] = level
        try:
            found = _distinct(self._trace(expr, where))
        finally:
            del self._stack[key]
        if self._low >= level:
            self._memory[key] = (expr, found)
        if self._low >= level or not self._stack:
            self._forget(since)
        else:
            self._keep(key, expr, found, since)
        self._low = min(outer, self._low) if self._low < level else outer
        return found

    def _keep(self, key: _Key, expr: Expr, found: Origins, since: int) -> None:
        """What was FOUND inside a circle, and all that rests on it, holds until the circle's outermost step is done."""
        for inner in self._open[since:]:
            kept, origins, low = self._for_now[inner]
            self._for_now[inner] = (kept, origins, min(low, self._low))
        self._for_now[key] = (expr, found, self._low)
        self._open.append(key)

    def _forget(self, since: int) -> None:
        """A circle is closed: whoever asks for one of its steps gets an answer of its own."""
        for inner in self._open[since:]:
            del self._for_now[inner]
        del self._open[since:]

    def origin(self, expr: Expr, where: Where) -> Origin:
        """The best known thing that EXPR may be."""
        found = self.origins(expr, where)
        return found[0] if found else UNKNOWN

    def callees(self, func: Expr, where: Where) -> Origins:
        """What a call of FUNC calls: as `origins`, but an object of a library stands for its ``__call__``."""
        found = tuple(self._addresses.callee(one, func, where) for one in self.origins(func, where))
        if not any(one.kind is Kind.INSTANCE and one.receiver is None for one in found):
            return found
        return tuple(self._calling(one) for one in found)

    @functools.cached_property
    def _addresses(self) -> Addresses:
        return Addresses(self)

    def _calling(self, one: Origin) -> Origin:
        if one.kind is not Kind.INSTANCE or one.receiver is not None:
            return one
        return self._instance_member(one, "__call__")

    def _trace(self, expr: Expr, where: Where) -> Iterable[Origin]:
        handler = _TRACERS.get(type(expr))
        return handler(self, expr, where) if handler else (UNKNOWN,)

    def each(self, exprs: Iterable[Expr], where: Where) -> Iterable[Origin]:
        for one in exprs:
            yield from self.origins(one, where)

    # -- names -----------------------------------------------------------------------------------------------------

    def name(self, expr: Name, where: Where) -> Iterable[Origin]:
        facts = self.project.files[where.path]
        number = where.scope
        while number >= 0:
            scope = facts.scopes[number]
            hidden = scope.kind == "class" and number != where.scope
            if not hidden and expr.id not in scope.outer:
                rows = scope.bindings.get(expr.id, ())
                declared = self.project.declared(where.path, scope.id, expr.id)
                if rows or declared:
                    return (*self._bound(expr.id, rows, scope, where), *self._declared(declared, where.path))
            number = scope.parent
        return self._starred(expr.id, where) or (self.library(f"builtins.{expr.id}"),)

    def _bound(self, name: str, rows: Sequence[Binding], scope: Scope, where: Where) -> Iterable[Origin]:
        local = scope.id == where.scope
        bindings = self.project.reaching(where.path, rows, where.order if local else -1)
        for row in bindings:
            at = Where(where.path, scope.id, row.order)
            if row.value is not None:
                found = self.origins(row.value, at)
                for one in found:
                    if one.kind is Kind.CONTAINER:
                        one = self._held(one, _named(name), scope, where.path)
                    yield one
                if row.annotation is not None and not _informative(found) and not isinstance(row.value, Param):
                    yield from self.instances(row.annotation, at)
            elif row.annotation is not None:
                yield from self.instances(row.annotation, at)

    def _declared(self, rows: Iterable[tuple[int, Binding]], path: str) -> Iterable[Origin]:
        """What other functions give a name that they declare ``global`` or ``nonlocal``."""
        for number, row in rows:
            if row.value is not None:
                yield from (one.weaker() for one in self.origins(row.value, Where(path, number, row.order)))

    def _behind(self, expr: Expr, at: Where, me: Expr | None, base: Origin) -> Iterable[Origin]:
        """What a ``__getattr__`` asks in its turn; ``self.inner`` is this very object's."""
        if isinstance(expr, Attr) and expr.base == me:
            return self.object_member(base, expr.name)
        return self.origins(expr, at)

    def _starred(self, name: str, where: Where) -> Origins:
        rows = self.project.files[where.path].scopes[0].bindings.get("*", ())
        for row in rows:
            if isinstance(row.value, Imported):
                target = self.project.modules.module(row.value.module, where.path, row.value.level)
                if target and target in self.project.files:
                    found = tuple(self.export(target, name))
                    if _informative(found):
                        return found
                elif not row.value.level and self.catalog.find(f"{row.value.module}.{name}"):
                    return (self.library(f"{row.value.module}.{name}"),)
        return ()

    def export(self, path: str, name: str) -> Iterable[Origin]:
        """What NAME is, imported from the file PATH: its own binding, or a submodule of the package."""
        facts = self.project.files.get(path)
        if facts is not None and (name in facts.scopes[0].bindings or self.project.declared(path, 0, name)):
            yield from self.origins(_named(name), Where(path, 0, -1))
            return
        inner = self.project.modules.submodule(path, name)
        if inner is not None:
            yield Origin(Kind.MODULE, inner)
        elif facts is not None:
            yield from self._starred(name, Where(path, 0, -1)) or self._brought(path, name)

    def _brought(self, path: str, name: str) -> Iterable[Origin]:
        """What a module's own ``__getattr__`` brings when NAME is asked of it."""
        for scope in self.project.methods(path, 0):
            if scope.name == "__getattr__":
                yield from self._forwarded(Where(path, scope.id, scope.end), name)

    def _forwarded(self, getter: Where, name: str, base: Origin = UNKNOWN) -> Iterable[Origin]:
        """What a ``__getattr__`` of the tree (of BASE) gives for NAME: a member of another, or what it calls so."""
        key = (getter, name)
        if self._forwarding[-1:] == [key]:
            return  # ``getattr(self, name)``: it asks itself
        if key in self._forwarding:  # two that ask each other: what is found depends on where the walk began
            self._low = -1
            return
        self._forwarding.append(key)
        try:
            yield from tuple(self._asked_behind(getter, name, base))
        finally:
            self._forwarding.pop()

    def _asked_behind(self, getter: Where, name: str, base: Origin) -> Iterable[Origin]:
        scope = self.project.scope(getter)
        asked = scope.parameters[-1].name if scope.parameters else ""
        me = Name(scope.parameters[0].name) if base is not UNKNOWN else None
        for order, value in scope.returns:
            at = Where(getter.path, scope.id, order)
            for one in value.operands[:2] if isinstance(value, Op) and value.op in ("or", "if") else (value,):
                if isinstance(one, Call) and one.func == Name("getattr") and one.args[1:2] == (Name(asked),):
                    for inner in self._behind(one.args[0], at, me, base):
                        yield from self.member(inner, name)
                elif last_name(one) == name:
                    yield from self.origins(one, at)

    def imported(self, expr: Imported, where: Where) -> Iterable[Origin]:
        target = self.project.modules.module(expr.module, where.path, expr.level)
        if expr.name is None:
            return (Origin(Kind.MODULE, target) if target else self.library(expr.module),)
        if target is not None:
            found = tuple(self.export(target, expr.name))
            return found or (UNKNOWN,)
        if expr.level:
            return (self._generated(expr.module, expr.name),)
        inner = self.project.modules.module(f"{expr.module}.{expr.name}", where.path)
        if inner is not None:
            return (Origin(Kind.MODULE, inner),)
        return (self.library(f"{expr.module}.{expr.name}"),)

    def _generated(self, module: str, name: str) -> Origin:
        """A relative import of a file that is not there: a generated package, if the catalogue has it anywhere."""
        found = self.library(f"{module}.{name}" if module else name)
        return found if found.symbol is not None else UNKNOWN

    def library(self, path: str, confidence: Confidence = Confidence.HIGH) -> Origin:
        """A library's symbol by path; a generated package counts from its root on, however deep it lies."""
        symbol = self.catalog.find(path)
        if symbol is None:
            root = next((one for one in self.catalog.roots_anywhere if f".{one}." in f".{path}."), None)
            if root:
                path = path[f".{path}.".index(f".{root}.") :]
                symbol = self.catalog.find(path)
        return Origin(Kind.LIBRARY, path, symbol, confidence)

    def parameter(self, expr: Param, where: Where) -> Iterable[Origin]:
        scope = self.project.scope(where)
        place = next((row for row in scope.parameters if row.name == expr.name), None)
        if place is None:
            return (UNKNOWN,)
        receiver = self._receiver(scope, expr.name, where)
        if receiver is not None:
            return (receiver,)
        said: Origins = ()
        if place.annotation is not None and place.kind not in ("args", "kwargs"):
            said = self.instances(place.annotation, where)
        state = self.states.get((where.path, scope.id, expr.name))
        if any(self._telling(one) for one in said):
            return said if state is None else (*said, state)
        found: list[Origin] = [] if state is None else [state]
        if place.default is not None:
            outside = Where(where.path, scope.parent, scope.order)
            found += (one.weaker() for one in self.origins(place.default, outside))
        found += (one.weaker() for one in self._passed(scope, expr.name, where))
        return (*found, *said) if _informative(found) or said else (UNKNOWN,)

    def _telling(self, one: Origin) -> bool:
        """Whether an annotation says all: a class of the tree, or a library's class that is no mere result."""
        if one.kind is Kind.OBJECT:
            return True
        return one.kind is Kind.INSTANCE and one.symbol is not None and not self.catalog.is_a(one.symbol, "result")

    def _receiver(self, scope: Scope, name: str, where: Where) -> Origin | None:
        """``self`` and ``cls``: the first parameter of a function in a class body."""
        if scope.parent < 0 or not scope.parameters or scope.parameters[0].name != name:
            return None
        holder = self.project.files[where.path].scopes[scope.parent]
        marks = {last_name(one) for one in scope.decorators}
        if holder.kind != "class" or "staticmethod" in marks:
            return None
        kind = Kind.DEFINITION if "classmethod" in marks or scope.name == "__new__" else Kind.OBJECT
        return self._class(where.path, holder, kind)

    def _class(self, path: str, scope: Scope, kind: Kind, **more: object) -> Origin:
        place = Where(path, scope.id, scope.end)
        return Origin(kind, f"{module_path(path)}.{scope.qualname}", place=place, **more)  # type: ignore[arg-type]

    def _passed(self, scope: Scope, name: str, where: Where) -> Iterable[Origin]:
        """What the tree's own calls pass for parameter NAME of the function SCOPE."""
        for value, at in self.passed_exprs(scope, name, where):
            yield from self.origins(value, at)

    def parameter_of(self, name: Name, where: Where) -> tuple[Scope, Where] | None:
        """The function whose parameter NAME is, and where it is bound; None for any other name."""
        facts = self.project.files[where.path]
        number = where.scope
        while number >= 0:
            scope = facts.scopes[number]
            rows = scope.bindings.get(name.id)
            if rows and name.id not in scope.outer and (scope.kind != "class" or number == where.scope):
                local = self.project.reaching(where.path, rows, where.order if number == where.scope else -1)
                bound = next((row for row in local if isinstance(row.value, Param)), None)
                return (scope, Where(where.path, number, bound.order)) if bound is not None else None
            number = scope.parent
        return None

    def passed_exprs(self, scope: Scope, name: str, where: Where, most: int = _FAN) -> Iterator[tuple[Expr, Where]]:
        """The expressions that the tree's own calls pass for parameter NAME of the function SCOPE, at MOST so many."""
        asked = 0
        holder = self.project.files[where.path].scopes[scope.parent] if scope.parent >= 0 else None
        made = holder is not None and scope.name == "__init__"
        callees = (holder.name, "cls") if made and holder is not None else (scope.name,)
        for path, called in (row for callee in callees for row in self.project.calls_of(callee)):
            at = Where(path, called.scope, called.order)
            if asked >= most or not self._calls(called.call, at, scope, where.path):
                continue
            asked += 1
            passed = self.argument(called.call, name, self.positional(scope, holder))
            if passed is None and any((one.name, one.kind) == (name, "args") for one in scope.parameters):
                passed = self._rest(called.call, len(self.positional(scope, holder)))
            if passed is not None:
                yield passed, at
        for path, called in self.project.calls_passing(scope.name):
            at = Where(path, called.scope, called.order)
            inner = self._handed_over(called.call, at)
            if inner is None or not self._calls(inner, at, scope, where.path):
                continue
            passed = self.argument(inner, name, self.positional(scope, holder))
            if passed is not None:
                yield passed, at

    def _handed_over(self, call: Call, at: Where) -> Call | None:
        """The call that a thread makes of what CALL hands over to it, or None."""
        if last_name(call.func) not in known_calls.HANDS_OVER:
            return None
        found = (known_calls.handed_over(one, call) for one in self.origins(call.func, at))
        return next((one for one in found if one is not None), None)

    def _rest(self, call: Call, first: int) -> Seq | None:
        """What ``*args`` takes of a call, one and the same expression each time."""
        rest = call.args[first:]
        return self._rests.setdefault((id(call), first), Seq("tuple", rest)) if rest else None

    def _calls(self, call: Call, at: Where, scope: Scope, path: str) -> bool:
        for one in self.origins(call.func, at):
            if one.place is None:
                continue
            if one.kind is Kind.DEFINITION and self.project.is_stub(one.place):
                if any(body.place and body.place[:2] == (path, scope.id) for body in self.bodies(one)):
                    return True
            if self._overrides(path, scope, one):
                return True
            if one.place.path != path:
                continue
            if one.place.scope == scope.id or (one.kind is Kind.DEFINITION and one.place.scope == scope.parent):
                return True
            if one.kind is Kind.DEFINITION and scope.name == "__init__":
                found = self.method(one, "__init__")
                if found is not None and found.place is not None and found.place.scope == scope.id:
                    return True
        return False

    def _overrides(self, path: str, scope: Scope, called: Origin) -> bool:
        """Whether the method SCOPE may run where CALLED does: the method of its base that an object calls on itself."""
        own = called.receiver
        if own is None or own.kind is not Kind.OBJECT or own.call is not None or scope.parent < 0:
            return False
        holder = self.project.files[path].scopes[scope.parent]
        if holder.kind != "class" or called.place is None or self.project.scope(called.place).name != scope.name:
            return False
        base = (called.place.path, self.project.scope(called.place).parent)
        kin = self.lineage(self._class(path, holder, Kind.DEFINITION))
        return any(one.place is not None and (one.place.path, one.place.scope) == base for one in kin[1:])

    @staticmethod
    def positional(scope: Scope, holder: Scope | None) -> tuple[str, ...]:
        names = tuple(row.name for row in scope.parameters if row.kind == "positional")
        bound = holder is not None and holder.kind == "class"
        static = any(last_name(one) == "staticmethod" for one in scope.decorators)
        return names[1:] if bound and not static else names

    def passed(self, call: Call, body: Where, name: str) -> Expr | None:
        """The expression that CALL passes for parameter NAME of the function BODY; None where it is not passed."""
        scope = self.project.scope(body)
        holder = self.project.files[body.path].scopes[scope.parent] if scope.parent >= 0 else None
        return self.argument(call, name, self.positional(scope, holder))

    @staticmethod
    def argument(call: Call, name: str, positional: Sequence[str] = ()) -> Expr | None:
        """The expression passed for NAME, by keyword or by place; None where it is not passed."""
        for keyword, value in call.keywords:
            if keyword == name:
                return value
            if keyword is None and isinstance(value, Dict):
                for key, inner in value.items:
                    if isinstance(key, Const) and key.value == name:
                        return inner
        if name in positional:
            index = list(positional).index(name)
            plain = call.args[: index + 1]
            if len(plain) > index and not any(isinstance(one, Star) for one in plain):
                return plain[index]
        return None

    # -- annotations -----------------------------------------------------------------------------------------------

    def instances(self, annotation: Expr, where: Where) -> Origins:
        """What a value annotated so may be."""
        if isinstance(annotation, Const):
            if not isinstance(annotation.value, str) or not annotation.value.isascii():
                return ()
            meant = quoted(annotation.value)
            return () if isinstance(meant, Const) else self.instances(meant, where)
        if isinstance(annotation, Op):
            return tuple(one for part in annotation.operands for one in self.instances(part, where))
        if isinstance(annotation, Item):
            return self._generic(annotation, where)
        out = []
        for one in self.origins(annotation, where):
            if one.kind is Kind.LIBRARY and one.path.partition(".")[0] not in ("builtins", "typing"):
                out.append(Origin(Kind.INSTANCE, one.path, one.symbol, Confidence.MEDIUM))
            elif one.kind is Kind.LIBRARY and one.path in _PLAIN:
                out.append(Origin(Kind.UNKNOWN, one.path, confidence=Confidence.LOW))
            elif one.kind is Kind.DEFINITION and self.project.scope(one.place).kind == "class":  # type: ignore[arg-type]
                out.append(Origin(Kind.OBJECT, one.path, confidence=Confidence.MEDIUM, place=one.place))
        return tuple(out)

    def _generic(self, annotation: Item, where: Where) -> Origins:
        base = last_name(annotation.base) or ""
        inner = annotation.key.items if isinstance(annotation.key, Seq) else (annotation.key,)
        if base in ("Optional", "Union", "Final", "ClassVar", "Awaitable", "Required", "NotRequired", "Mapped"):
            return tuple(one for part in inner for one in self.instances(part, where))
        if base in ("Annotated", "Coroutine", "ContextManager", "AsyncContextManager") and inner:
            return self.instances(inner[-1] if base == "Coroutine" else inner[0], where)
        if base in ("Type", "type") and inner:
            return tuple(one for one in self.origins(inner[0], where) if one.kind in (Kind.LIBRARY, Kind.DEFINITION))
        if base.lower() in _SEQUENCES and inner:
            made = Seq("gen", (Other("instance", (inner[0],)),))
            return (Origin(Kind.CONTAINER, expr=made, place=where, confidence=Confidence.MEDIUM),)
        if base.lower() in _MAPPINGS and len(inner) > 1:
            made_of = Dict(((Other("key"), Other("instance", (inner[1],))),))
            return (Origin(Kind.CONTAINER, expr=made_of, place=where, confidence=Confidence.MEDIUM),)
        found = self.instances(annotation.base, where)
        return tuple(
            replace(one, parts=self.instances(inner[0], where))
            if inner and one.symbol is not None and one.symbol.parameter("hands")
            else one
            for one in found
        )

    # -- attributes ------------------------------------------------------------------------------------------------

    def attribute(self, expr: Attr, where: Where) -> Iterable[Origin]:
        for base in self.origins(expr.base, where):
            yield from self.member(base, expr.name)

    def member(self, base: Origin, name: str) -> Iterable[Origin]:
        """``base.name``."""
        if base.kind is Kind.LIBRARY:
            yield self.library(f"{base.path}.{name}", base.confidence)
        elif base.kind is Kind.MODULE:
            found = tuple(self.export(base.path, name))
            yield from found or (UNKNOWN,)
        elif base.kind is Kind.INSTANCE and base.parts and base.symbol and name in base.symbol.parameter("hands"):
            yield from base.parts
        elif base.kind is Kind.INSTANCE:
            yield self._instance_member(base, name)
        elif base.kind is Kind.OBJECT:
            found = tuple(self.object_member(base, name))
            getter = None if _informative(found) or name.startswith("__") else self.method(base, "__getattr__")
            if getter is not None and getter.place is not None:
                found = tuple(one.weaker() for one in self._forwarded(getter.place, name, base))
            yield from found or (UNKNOWN,)
        elif base.kind is Kind.DEFINITION:
            yield from self._definition_member(base, name)
        elif base.kind is Kind.PIPE:
            yield Origin(Kind.PIPE, name, confidence=base.confidence, parts=base.parts, receiver=base)
        elif base.kind is Kind.ANSWER:
            yield known_calls.answer_member(self, base, name)
        elif base.shape == CARRIED and name not in _OF_A_DICT:
            yield from self.elements(base, Const(name, "str"))
        elif base.kind in (Kind.CONTAINER, Kind.VALUE):
            yield Origin(base.kind, name, None, base.confidence, base.place, base.expr, receiver=base, shape="method")
        else:
            yield UNKNOWN

    def _instance_member(self, base: Origin, name: str) -> Origin:
        path = f"{base.path}.{name}"
        symbol = self.catalog.find(path)
        if symbol is None and base.symbol is not None:
            symbol = self.catalog.find(f"{base.symbol.path}.{name}")
        return Origin(Kind.INSTANCE, path, symbol, base.confidence, receiver=base, call=base.call, made=base.made)

    def _definition_member(self, base: Origin, name: str) -> Iterable[Origin]:
        if base.place is None or self.project.scope(base.place).kind != "class":
            yield Origin(Kind.UNKNOWN, f"{base.path}.{name}", receiver=base, confidence=Confidence.LOW)
            return
        yield from self.class_member(base, name)

    def lineage(self, origin: Origin) -> Origins:
        """The class of ORIGIN and its bases, nearest first: DEFINITIONs of the tree and LIBRARY symbols."""
        key = (origin.path, origin.place)
        held = self._lineages.get(key)
        if held is not None:
            return held
        outer, self._low = self._low, _DEPTH + 1
        found = tuple(self._lineage(origin))
        if self._low > _DEPTH:  # no walk met itself on the way
            self._lineages[key] = found
        self._low = min(outer, self._low)
        return found

    def _lineage(self, origin: Origin) -> Iterable[Origin]:
        seen: set[tuple[str, Where | None]] = set()
        queue = [Origin(Kind.DEFINITION, origin.path, place=origin.place)]
        while queue:
            one = queue.pop(0)
            if (one.path, one.place) in seen:
                continue
            seen.add((one.path, one.place))
            yield one
            if one.kind is not Kind.DEFINITION or one.place is None:
                continue
            scope = self.project.scope(one.place)
            outside = Where(one.place.path, scope.parent, scope.order)
            for base in scope.bases:
                bare = base.base if isinstance(base, Item) else base
                queue += [
                    found
                    for found in self.origins(bare, outside)
                    if found.kind is Kind.LIBRARY
                    or (
                        found.kind is Kind.DEFINITION
                        and found.place is not None
                        and self.project.scope(found.place).kind == "class"
                    )
                ]

    def class_member(self, origin: Origin, name: str) -> Iterable[Origin]:
        """A member looked up on the class: its body, its bases; an inherited library member last."""
        for one in self.lineage(origin):
            if one.kind is Kind.LIBRARY:
                symbol = self.catalog.find(f"{one.path}.{name}")
                if symbol is not None:
                    receiver = Origin(Kind.INSTANCE, one.path, one.symbol, Confidence.MEDIUM, call=origin.call)
                    yield Origin(
                        Kind.INSTANCE,
                        f"{one.path}.{name}",
                        symbol,
                        Confidence.MEDIUM,
                        receiver=receiver,
                        call=origin.call,
                        made=origin.made,
                    )
                    return
                continue
            place = one.place
            if place is None:
                continue
            scope = self.project.scope(place)
            if name in scope.bindings:
                for found in self.origins(_named(name), place):
                    yield self._bind_method(found, origin)
                return

    def _bind_method(self, found: Origin, receiver: Origin) -> Origin:
        if found.kind is not Kind.DEFINITION or found.place is None:
            return found.weaker()
        if self.project.scope(found.place).kind != "function":
            return found
        return Origin(Kind.DEFINITION, found.path, None, receiver.confidence, found.place, receiver=receiver)

    def method(self, origin: Origin, name: str) -> Origin | None:
        """The tree's own function behind method NAME of an object or class, or None."""
        for found in self.class_member(origin, name):
            if found.kind is Kind.DEFINITION:
                return found
        return None

    def bodies(self, method: Origin) -> Origins:
        """METHOD itself, or where it is a stub what may run for it: overriding methods, classes that fit a protocol."""
        place = method.place
        if place is None or not self.project.is_stub(place):
            return (method,)
        name = self.project.scope(place).name
        holder = self.project.scope(place).parent
        found = []
        for path, scope in self.project.classes_with(name):
            if (path, scope.id) == (place.path, holder):
                continue
            one = self._class(path, scope, Kind.DEFINITION)
            protocol = self.project.is_protocol(place.path, holder)
            kin = any(
                base.place and (base.place.path, base.place.scope) == (place.path, holder) for base in self.lineage(one)
            )
            if not kin and not (protocol and self._fits(one, place.path, holder)):
                continue
            own = self.method(one, name)
            if own is not None and own.place is not None and not self.project.is_stub(own.place):
                found.append(
                    Origin(Kind.DEFINITION, own.path, None, Confidence.MEDIUM, own.place, receiver=method.receiver)
                )
        return tuple(found[:_FAN]) or (method,)

    def _fits(self, one: Origin, path: str, protocol: int) -> bool:
        """Whether a class has every method that the protocol names, its own or inherited."""
        return all(self.method(one, method.name) is not None for method in self.project.methods(path, protocol))

    def object_member(self, base: Origin, name: str) -> Iterable[Origin]:
        """An attribute of an object of the tree, and where it is a container what anybody puts into it."""
        found = [*self._own_member(base, name), *self._set_from_outside(base, name)]
        filled = self._filled(base, name)
        if filled and not any(one.kind is Kind.CONTAINER for one in found):
            yield replace(filled[0], parts=filled[1:])
        for one in found:
            yield replace(one, parts=(*one.parts, *filled)) if one.kind is Kind.CONTAINER else one

    def _own_member(self, base: Origin, name: str) -> Iterable[Origin]:
        """What the methods of its class assign, what its class says, what it inherits."""
        assigned = list(self._assigned(base, name))
        if _informative(assigned):
            yield from assigned
            return
        said = list(self.class_member(base, name))
        for found in said:
            if found.kind is Kind.DEFINITION and found.place is not None and found.receiver is not None:
                marks = {last_name(one) for one in self.project.scope(found.place).decorators}
                if marks & {"property", "cached_property", "computed_field"}:
                    yield from (one.weaker() for one in self.results(found))
                    continue
            yield found
        if not _informative(said):
            yield from (one.weaker() for one in self._field(base, name))
        yield from assigned

    def _assigned(self, base: Origin, name: str) -> Iterable[Origin]:
        for one in self.lineage(base):
            if one.place is None:
                continue
            path = one.place.path
            for write in self.project.own_writes(path, one.place.scope, name):
                at = Where(path, write.scope, write.order)
                found = self._given(base, write, at) or self.origins(write.value, at)
                yield from (origin.weaker() for origin in found)
                if write.annotation is not None and not _informative(found):
                    yield from self.instances(write.annotation, at)

    def _given(self, base: Origin, write: Write, at: Where) -> Origins:
        """What the very call that made BASE passed, where its constructor keeps a parameter: not what others pass."""
        if base.call is None or base.made is None or not isinstance(write.value, Name):
            return ()
        maker = self.method(base, "__init__")
        if maker is None or maker.place is None or (maker.place.path, maker.place.scope) != (at.path, at.scope):
            return ()
        if self.parameter_of(write.value, at) is None:
            return ()
        passed = self.passed(base.call, maker.place, write.value.id)
        return self.origins(passed, base.made) if passed is not None else ()

    def _set_from_outside(self, base: Origin, name: str) -> Iterable[Origin]:
        """``state.answer = …`` in a function that is given the object."""
        for path, write in self.project.settings(name)[:_FAN]:
            at = Where(path, write.scope, write.order)
            if isinstance(write.base, Name) and self.parameter_of(write.base, at) is not None:
                if self._is_one(base, write.base, at) and not self._is_me(write.base, at):
                    yield from (one.weaker() for one in self.origins(write.value, at))

    def _is_me(self, base: Name, at: Where) -> bool:
        scope = self.project.scope(at)
        return self._receiver(scope, base.id, at) is not None

    def _filled(self, base: Origin, name: str) -> Origins:
        """What is put into the container that is attribute NAME of BASE, by its own methods and by others."""
        if base.place is None:
            return ()
        return tuple(
            Origin(Kind.CONTAINER, expr=put, place=at, confidence=Confidence.MEDIUM)
            for at, holder, put in self.project.fillings(name)[: 2 * _FAN]
            if self._is_one(base, holder, at)
        )

    def _is_one(self, base: Origin, holder: Expr, at: Where) -> bool:
        """Whether HOLDER may be the object BASE: of its class, or of one that is kin to it."""
        for one in self.origins(holder, at):
            if one.kind is Kind.OBJECT and one.place is not None and base.place is not None:
                if one.place == base.place or base.place in self._kin(one) or one.place in self._kin(base):
                    return True
        return False

    def _kin(self, origin: Origin) -> frozenset[Where]:
        return frozenset(one.place for one in self.lineage(origin) if one.place is not None)

    def _field(self, base: Origin, name: str) -> Iterable[Origin]:
        """A field without a value: what the tree's own constructor calls pass for it."""
        if base.place is None:
            return
        if base.call is not None and base.made is not None:
            passed = self.argument(base.call, name)
            if passed is not None:
                yield from self.origins(passed, base.made)
                return
        scope = self.project.scope(base.place)
        for path, called in self.project.calls_of(scope.name)[:_FAN]:
            passed = self.argument(called.call, name)
            if passed is not None:
                at = Where(path, called.scope, called.order)
                if any(one.place == base.place for one in self.origins(called.call.func, at)):
                    yield from self.origins(passed, at)

    # -- containers ------------------------------------------------------------------------------------------------

    def _held(self, origin: Origin, holder: Expr, scope: Scope, path: str) -> Origin:
        """The container with what is later put into it through the same name: append, add, ``x[k] = v``."""
        added: list[Expr] = []
        keyed: list[tuple[Expr | None, Expr]] = []
        last = -1
        for called in self.project.calls_in(path, scope.id):
            func = called.call.func
            if isinstance(func, Attr) and func.base == holder and called.call.args and func.name in ADDERS:
                value = called.call.args[-1]
                added.append(Star(value) if func.name in ("extend", "update") else value)
                last = max(last, called.order)
        for write in self.project.writes(path, scope.id):
            if write.base == holder and write.key is not None:
                keyed.append((write.key, write.value))
                last = max(last, write.order)
        if origin.expr is None or (not added and not keyed):
            return origin
        at = Where(path, scope.id, last)
        more = [Origin(Kind.CONTAINER, expr=Seq("list", tuple(added)), place=at)] if added else []
        more += [Origin(Kind.CONTAINER, expr=Dict(tuple(keyed)), place=at)] if keyed else []
        parts = (*origin.parts, *more)
        return Origin(Kind.CONTAINER, origin.path, None, origin.confidence, origin.place, origin.expr, parts=parts)

    def elements(self, origin: Origin, key: Expr | None = None) -> Iterable[Origin]:
        """What is inside a container; with a literal KEY, only what stands under it where that can be told."""
        for held in (origin, *origin.parts):
            if held.expr is None or held.place is None:
                continue
            kept = CARRIED in (origin.shape, held.shape) or KEPT in (origin.shape, held.shape)
            for inner, at in self.items(held, key):
                found = self.origins(self._spread(inner.value) if isinstance(inner, Star) else inner, at)
                yield from (_kept(one) for one in found) if kept else found

    def _spread(self, value: Expr) -> Each:
        """The elements of VALUE as an expression, one and the same each time: a container may hold its own elements."""
        return self._spreads.setdefault(id(value), Each(value))

    def items(self, held: Origin, key: Expr | None = None) -> Iterable[tuple[Expr, Where]]:
        """The element expressions of a container's own literal."""
        expr, place = held.expr, held.place
        if place is None:
            return
        if isinstance(expr, Seq):
            index = key.value if isinstance(key, Const) and type(key.value) is int else None
            plain = expr.kind in ("list", "tuple") and not any(isinstance(one, Star) for one in expr.items)
            if index is not None and plain and -len(expr.items) <= index < len(expr.items):
                yield expr.items[index], place
                return
            for item in expr.items:
                yield item, place
        elif isinstance(expr, Dict):
            exact = [value for name, value in expr.items if name is not None and name == key]
            if isinstance(key, Const) and exact:
                for value in exact:
                    yield value, place
                return
            for name, value in expr.items:
                if isinstance(key, Const) and isinstance(name, Const):
                    continue
                yield (Star(value) if name is None and held is not None and _spread(value) else value), place

    def iterate(self, origin: Origin) -> Iterable[Origin]:
        """What a loop over ORIGIN gives."""
        if origin.kind is Kind.CONTAINER:
            if isinstance(origin.expr, Dict) and origin.shape != "values":
                yield Origin(Kind.VALUE, confidence=Confidence.MEDIUM)
                return
            yield from self.elements(origin)
        elif origin.kind is Kind.ANSWER:
            yield known_calls.answer_element(origin)
        elif origin.kind is Kind.OBJECT:
            found = self.method(origin, "__iter__") or self.method(origin, "__aiter__")
            for one in self.results(found) if found is not None else ():
                yield from self._next(one) if one.kind is Kind.OBJECT else self.iterate(one)
        elif origin.kind is Kind.INSTANCE:
            yield Origin(Kind.INSTANCE, f"{origin.path}[]", None, origin.confidence.MEDIUM, receiver=origin)
        else:
            yield UNKNOWN

    def _next(self, origin: Origin) -> Iterable[Origin]:
        """What an iterator of the tree gives."""
        found = self.method(origin, "__next__") or self.method(origin, "__anext__")
        return self.results(found) if found is not None else (UNKNOWN,)

    def item(self, expr: Item, where: Where) -> Iterable[Origin]:
        for base in self.origins(expr.base, where):
            yield from self.subscript(base, expr.key)

    def subscript(self, base: Origin, key: Expr) -> Iterable[Origin]:
        if base.kind is Kind.CONTAINER:
            if isinstance(key, Other) and key.kind == "slice":
                yield base
                return
            yield from (one.weaker() for one in self.elements(base, key))
        elif base.kind is Kind.ANSWER:
            name = key.value if isinstance(key, Const) and isinstance(key.value, str) else None
            yield known_calls.answer_member(self, base, name) if name else base
        elif base.kind in (Kind.LIBRARY, Kind.DEFINITION):
            yield base  # a generic class with its parameter
        elif base.kind is Kind.OBJECT:
            found = self.method(base, "__getitem__")
            yield from self.results(found) if found else (UNKNOWN,)
        elif base.kind is Kind.INSTANCE:
            name = key.value if isinstance(key, Const) and isinstance(key.value, str) else "[]"
            yield self._instance_member(base, name)
        elif base.kind is Kind.VALUE:
            yield base
        else:
            yield UNKNOWN

    # -- calls -----------------------------------------------------------------------------------------------------

    def call(self, expr: Call, where: Where) -> Iterable[Origin]:
        for callee in self.callees(expr.func, where):
            yield from self.called(callee, expr, where)

    def called(self, callee: Origin, expr: Call, where: Where) -> Iterable[Origin]:
        """What calling CALLEE as EXPR at WHERE gives."""
        special = known_calls.result(self, callee, expr, where)
        if special is not None:
            yield from special
        elif callee.kind in (Kind.LIBRARY, Kind.INSTANCE):
            yield from self._library_result(callee, expr, where)
        elif callee.kind is Kind.PIPE:
            yield known_calls.pipe_answer(self, callee, expr, where)
        elif callee.kind is Kind.DEFINITION:
            yield from self._tree_result(callee, expr, where)
        elif callee.kind is Kind.OBJECT:
            found = self.method(callee, "__call__")
            if found is not None:
                yield from (one.weaker() for one in self.results(found))
            else:
                for one in self.class_member(callee, "__call__"):
                    yield from self._library_result(one, expr, where)
        elif callee.kind is Kind.ANSWER:
            yield callee
        else:
            yield UNKNOWN

    def _tree_result(self, callee: Origin, expr: Call, where: Where) -> Iterable[Origin]:
        if callee.place is None:
            return (UNKNOWN,)
        scope = self.project.scope(callee.place)
        if scope.kind == "class":
            return (Origin(Kind.OBJECT, callee.path, None, callee.confidence, callee.place, call=expr, made=where),)
        return tuple(one.weaker() for one in self.results(callee))

    def results(self, callee: Origin) -> Iterable[Origin]:
        """What a function of the tree returns; what it yields, as a container."""
        place = callee.place
        if place is None:
            return (UNKNOWN,)
        scope = self.project.scope(place)
        replaced = self._replaced_by_decorator(scope, place.path)
        if replaced is not None:
            return (replaced,)
        if scope.yields:
            made = Seq("gen", tuple(value for _, value in scope.yields))
            at = Where(place.path, scope.id, scope.end)
            return (Origin(Kind.CONTAINER, expr=made, place=at),)
        found: list[Origin] = []
        for body in self.bodies(callee):
            inner = body.place or place
            for order, value in self.project.scope(inner).returns:
                found += self.origins(value, Where(inner.path, inner.scope, order))
        if not _informative(found) and scope.annotation is not None:
            found += self.instances(scope.annotation, Where(place.path, scope.parent, scope.order))
        return found or (UNKNOWN,)

    def _replaced_by_decorator(self, scope: Scope, path: str) -> Origin | None:
        """A decorator of a library that turns the function into a model call or into an object of its own."""
        outside = Where(path, scope.parent, scope.order)
        for decorator in scope.decorators:
            call = decorator if isinstance(decorator, Call) else None
            for one in self.origins(call.func if call else decorator, outside):
                if one.symbol is not None and one.symbol.does == "call-model":
                    return self.answer(one, call or Call(decorator, (), ()), outside)
        return None

    def _library_result(self, callee: Origin, expr: Call, where: Where) -> Iterable[Origin]:
        symbol = callee.symbol
        if symbol is None:
            return (Origin(Kind.INSTANCE, _made_path(callee), None, callee.confidence, call=expr, made=where),)
        if symbol.does in ("call-model", "run"):
            return (self.answer(callee, expr, where),)
        if symbol.does == "same" and callee.receiver is not None:
            return (callee.receiver,)
        out: list[Origin] = []
        for target in symbol.returns:
            if target == "self" and callee.receiver is not None:
                out.append(callee.receiver)
            elif target.startswith("argument:"):
                passed = self.argument(expr, target.partition(":")[2], symbol.signature)
                out += self.origins(passed, where) if passed is not None else ()
            else:
                made = self.catalog.find(target)
                out.append(Origin(Kind.INSTANCE, target, made, callee.confidence, call=expr, made=where))
        if out:
            return out
        path = _made_path(callee) if callee.kind is Kind.INSTANCE else symbol.path
        return (Origin(Kind.INSTANCE, path, symbol, callee.confidence, call=expr, made=where),)

    def answer(self, callee: Origin, expr: Call, where: Where) -> Origin:
        """What a model call or a run gives."""
        symbol = callee.symbol
        shape = (symbol.answer if symbol else None) or "response"
        names = symbol.typed_by if symbol else ()
        signature = symbol.signature if symbol else ()
        given = (self.argument(expr, name, signature) for name in names)
        if any(one is not None and one != Const(None, "NoneType") for one in given):
            shape = "typed"
        elif callee.call is not None and symbol is not None:
            maker = callee.receiver.symbol if callee.receiver else None
            passed = (self.argument(callee.call, name) for name in (maker.typed_by if maker else ()))
            if any(one is not None and not _plain_text(one) for one in passed):
                shape = "typed"
        return Origin(
            Kind.ANSWER, callee.path, symbol, callee.confidence, call=expr, made=where, shape=shape, receiver=callee
        )


def _kept(one: Origin) -> Origin:
    """What comes out of a state that a graph carries: of a list there, not all need be what a step put in."""
    if one.kind is Kind.CONTAINER and not one.shape:
        return replace(one, shape=KEPT)
    if one.kind is Kind.ANSWER and one.shape in ("response", "messages"):
        return replace(one, shape="message")
    return one


@functools.cache
def _named(name: str) -> Name:
    """One and the same expression each time, as memory goes by identity."""
    return Name(name)


def module_path(path: str) -> str:
    from factorlint.modules import module_name

    return module_name(path)


def _made_path(callee: Origin) -> str:
    return callee.path if callee.kind is Kind.LIBRARY else f"{callee.path}()"


def _plain_text(expr: Expr) -> bool:
    return (isinstance(expr, Name) and expr.id in ("str",)) or expr == Const(None, "NoneType")


def _spread(value: Expr) -> bool:
    return isinstance(value, (Name, Attr, Dict, Call))


def _informative(found: Iterable[Origin]) -> bool:
    """Whether anything beyond UNKNOWN and ``None`` was found."""
    return any(
        one.kind is not Kind.UNKNOWN and not (one.kind is Kind.VALUE and one.expr == Const(None, "NoneType"))
        for one in found
    )


def _distinct(found: Iterable[Origin]) -> Origins:
    """Each origin once, the informative ones first, at most a handful."""
    seen: dict[tuple[object, ...], Origin] = {}
    for one in found:
        put = len(one.parts)  # a list with something added is another than the same list without
        seen.setdefault((one.kind, one.path, one.place, id(one.expr), id(one.call), one.made, one.shape, put), one)
        if len(seen) >= _FAN:
            break
    rows = list(seen.values())
    rows.sort(key=lambda one: _ORDER[one.kind])
    return tuple(rows)


_ORDER = {
    Kind.ANSWER: 0,
    Kind.INSTANCE: 1,
    Kind.PIPE: 1,
    Kind.OBJECT: 1,
    Kind.DEFINITION: 2,
    Kind.LIBRARY: 2,
    Kind.MODULE: 3,
    Kind.CONTAINER: 4,
    Kind.VALUE: 5,
    Kind.UNKNOWN: 6,
}
_PLAIN = frozenset(("builtins.str", "builtins.bytes", "builtins.int", "builtins.dict", "builtins.list"))
_SEQUENCES = frozenset(
    "list sequence iterable iterator tuple set frozenset asynciterator asynciterable generator asyncgenerator deque "
    "collection mutablesequence".split()
)
_OF_A_DICT = frozenset(name for name in dir(dict) if not name.startswith("__"))
_MAPPINGS = frozenset("dict mapping mutablemapping defaultdict ordereddict".split())


def _value(tracer: Tracer, expr: Expr, where: Where) -> Iterable[Origin]:
    return (Origin(Kind.VALUE, expr=expr, place=where),)


def _text(tracer: Tracer, expr: Expr, where: Where) -> Iterable[Origin]:
    """A text with expressions in it: a value, and an answer too where a model's words are among the pieces."""
    yield Origin(Kind.VALUE, expr=expr, place=where)


def _container(tracer: Tracer, expr: Expr, where: Where) -> Iterable[Origin]:
    return (Origin(Kind.CONTAINER, expr=expr, place=where),)


def _operation(tracer: Tracer, expr: Op, where: Where) -> Iterable[Origin]:
    if expr.op in ("or", "and"):
        yield from tracer.each(expr.operands, where)
    elif expr.op == "if":
        yield from tracer.each(expr.operands[:2], where)
    elif expr.op == "|":
        yield from known_calls.piped(tracer, expr, where)
    elif expr.op in ("+", "%"):
        yield from known_calls.joined(tracer, expr, where)
    elif expr.op == "/":  # paths are joined so
        left = tracer.origins(expr.operands[0], where)
        yield from (one for one in left if one.kind is Kind.INSTANCE)
        yield Origin(Kind.VALUE, expr=expr, place=where)
    else:
        yield Origin(Kind.VALUE, expr=expr, place=where)


def _each(tracer: Tracer, expr: Each, where: Where) -> Iterable[Origin]:
    for one in tracer.origins(expr.source, where):
        yield from (element.weaker() for element in tracer.iterate(one))


def _enter(tracer: Tracer, expr: Enter, where: Where) -> Iterable[Origin]:
    for one in tracer.origins(expr.source, where):
        if one.kind is Kind.CONTAINER:  # a generator made a context manager
            yield from tracer.iterate(one)
        elif one.kind is Kind.OBJECT:
            found = tracer.method(one, "__enter__") or tracer.method(one, "__aenter__")
            yield from tracer.results(found) if found else (one,)
        else:
            yield one


def _part(tracer: Tracer, expr: Part, where: Where) -> Iterable[Origin]:
    key: Expr = Const(expr.place, "int") if expr.place >= 0 else Other("slice")
    for one in tracer.origins(expr.source, where):
        yield from tracer.subscript(one, key)


def _defined(tracer: Tracer, expr: Defined, where: Where) -> Iterable[Origin]:
    scope = tracer.project.files[where.path].scopes[expr.scope]
    place = Where(where.path, scope.id, scope.end)
    return (Origin(Kind.DEFINITION, f"{module_path(where.path)}.{scope.qualname}", place=place),)


def _lambda(tracer: Tracer, expr: Lambda, where: Where) -> Iterable[Origin]:
    return (Origin(Kind.VALUE, "lambda", expr=expr, place=where),)


def _special(tracer: Tracer, expr: Other, where: Where) -> Iterable[Origin]:
    if expr.kind == "instance":
        return tracer.instances(expr.parts[0], where)
    if expr.kind == "captured":
        return (one.weaker() for one in tracer.origins(expr.parts[0], where) if one.kind is Kind.ANSWER)
    return (UNKNOWN,)


def _caught(tracer: Tracer, expr: Caught, where: Where) -> Iterable[Origin]:
    if expr.type is None:
        return (UNKNOWN,)
    kinds = expr.type.items if isinstance(expr.type, Seq) else (expr.type,)
    return tuple(one for kind in kinds for one in tracer.instances(kind, where))


_TRACERS: dict[type, Callable[..., Iterable[Origin]]] = {
    Name: Tracer.name,
    Attr: Tracer.attribute,
    Call: Tracer.call,
    Item: Tracer.item,
    Param: Tracer.parameter,
    Imported: Tracer.imported,
    Const: _value,
    Text: _text,
    Seq: _container,
    Dict: _container,
    Op: _operation,
    Each: _each,
    Enter: _enter,
    Part: _part,
    Defined: _defined,
    Lambda: _lambda,
    Other: _special,
    Caught: _caught,
    Star: lambda tracer, expr, where: tracer.origins(expr.value, where),
}
