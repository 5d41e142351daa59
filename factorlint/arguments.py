"""What a call passes, and whether a catalogue's condition on it holds: yes, no, or not to be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factorlint.entries import Condition, Symbol
from factorlint.expr import Call, Const, Dict, Expr, Seq, Star, dotted, placed
from factorlint.origin import Kind, Where
from factorlint.provenance import Tracer


class Arguments:
    """The arguments of one call, bound to names by SIGNATURE; ``open`` where a ``**`` hides some.

    What a function of the tree was given and hands on (``*args``, ``**kwargs``) differs from call to call.
    """

    def __init__(self, tracer: Tracer, call: Call, where: Where, signature: tuple[str, ...] = ()) -> None:
        self.tracer, self.call, self.where = tracer, call, where
        self.given: dict[str, tuple[Expr, Where]] = {}
        self.perhaps: dict[str, list[tuple[Expr, Where]]] = {}  # what one of several things behind a ``**`` has
        self.open = False
        for number, (name, value) in enumerate(zip(signature, placed(call), strict=False)):
            if isinstance(value, Star):
                self.open = True
                self._handed_on(value.value, number, signature)
                break
            self.given[name] = (value, where)
        for keyword, value in call.keywords:
            if keyword is not None:
                self.given[keyword] = (value, where)
            else:
                self._spread(value)

    def _spread(self, value: Expr) -> None:
        """``**options``: seen through where it is a dict written in the tree."""
        found = self.tracer.origins(value, self.where)
        if len(found) != 1 or found[0].kind is not Kind.CONTAINER or not isinstance(found[0].expr, Dict):
            self.open = True
            for one in found:
                for key, inner in one.expr.items if isinstance(one.expr, Dict) and one.place is not None else ():
                    if isinstance(key, Const) and isinstance(key.value, str) and one.place is not None:
                        self.perhaps.setdefault(key.value, []).append((inner, one.place))
            self._handed_on(value)
            return
        for held in (found[0], *found[0].parts):
            if not isinstance(held.expr, Dict) or held.place is None:
                self.open = True
                continue
            for key, inner in held.expr.items:
                if isinstance(key, Const) and isinstance(key.value, str):
                    self.given.setdefault(key.value, (inner, held.place))
                else:
                    self.open = True

    def _handed_on(self, value: Expr, first: int = 0, signature: tuple[str, ...] = ()) -> None:
        """What the callers of the function around the call give it to hand on."""
        for key, inner, at in self.tracer.passed_on(value, self.where, first):
            name = key if isinstance(key, str) else signature[key] if key < len(signature) else None
            if name is not None:
                self.perhaps.setdefault(name, []).append((inner, at))

    def get(self, name: str) -> Expr | None:
        """The expression passed for NAME, or None."""
        row = self.given.get(name)
        return row[0] if row else None

    def every(self, name: str) -> list[tuple[Expr, Where]]:
        """All that is known to be passed for NAME, each where it is written."""
        row = self.given.get(name)
        return [row] if row is not None else self.perhaps.get(name, [])

    def first(self, names: tuple[str, ...]) -> tuple[str, Expr] | None:
        """The first of NAMES that is passed and is not None."""
        for name in names:
            value = self.get(name)
            if value is not None and not _is_none(value):
                return name, value
        return None

    def values(self, name: str) -> tuple[object, ...]:
        """The literal values that NAME may have, as far as they can be told; ``...`` for one that cannot."""
        row = self.given.get(name)
        if row is None:
            return ()
        return literals(self.tracer, *row)

    def holds(self, conditions: tuple[Condition, ...]) -> bool | None:
        """Whether any of CONDITIONS holds; None where that cannot be told."""
        verdicts = [self._all(one) for one in conditions]
        if True in verdicts:
            return True
        return None if None in verdicts else False

    def _all(self, condition: Condition) -> bool | None:
        verdicts = [self._test(name, test) for name, test in condition.items()]
        if False in verdicts:
            return False
        return None if None in verdicts else True

    def _test(self, name: str, test: Any) -> bool | None:
        row = self.given.get(name)
        if row is None:
            if self.open:
                return None
            return test in ("absent", "falsy")
        value, where = row
        known = literals(self.tracer, value, where)
        if isinstance(test, Mapping):
            return self._matches(value, where, known, test)
        empty = [one is None or one is False or one in ("", 0) or one == () for one in known if one is not ...]
        none = [one is None for one in known if one is not ...]
        if any(none) and ... in known and not self._traced(value, where):
            return None  # a parameter that nobody seen here passes: its default, or anything
        if test == "given":
            return not (none and all(none) and ... not in known)
        if test == "absent":
            return bool(none) and all(none) and ... not in known
        truthy = not (empty and all(empty) and ... not in known)
        return truthy if test == "truthy" else not truthy

    def _traced(self, value: Expr, where: Where) -> bool:
        """Whether some code is seen that makes VALUE, rather than a literal or an annotation."""
        return any(
            one.call is not None
            or one.kind in (Kind.DEFINITION, Kind.LIBRARY, Kind.PIPE)
            or (one.kind is Kind.CONTAINER and not (isinstance(one.expr, Seq) and one.expr.kind == "gen"))
            for one in self.tracer.origins(value, where)
        )

    def _matches(self, value: Expr, where: Where, known: tuple[object, ...], test: Mapping[str, Any]) -> bool | None:
        if "has" in test:
            return self._contains(value, where, test["has"])
        wanted = test.get("in", [test.get("is", test.get("not"))])
        found = any(_same(one, want) for one in (*known, *_names(self.tracer, value, where)) for want in wanted)
        if "not" in test:
            return not found
        if found:
            return True
        traced = all(one.kind is not Kind.UNKNOWN for one in self.tracer.origins(value, where))
        return False if traced or dotted(value) else None

    def _contains(self, value: Expr, where: Where, wanted: object) -> bool | None:
        for one in self.tracer.origins(value, where):
            if one.kind is not Kind.CONTAINER:
                continue
            for held in (one, *one.parts):
                expr = held.expr
                if isinstance(expr, Dict):
                    keys = [key.value for key, _ in expr.items if isinstance(key, Const)]
                    inner = [item for _, item in expr.items if isinstance(item, Dict)]
                    keys += [key.value for row in inner for key, _ in row.items if isinstance(key, Const)]
                    if wanted in keys:
                        return True
                if isinstance(expr, Seq):
                    for item in expr.items:
                        if held.place and any(
                            _same(found, wanted) for found in literals(self.tracer, item, held.place)
                        ):
                            return True
        return False


def literals(tracer: Tracer, expr: Expr, where: Where) -> tuple[object, ...]:
    """The literal values that EXPR may have; ``...`` stands for whatever is no literal, () for an empty container."""
    if isinstance(expr, Const):
        return (expr.value,)
    out: list[object] = []
    for one in tracer.origins(expr, where):
        if one.kind is Kind.VALUE and isinstance(one.expr, Const):
            out.append(one.expr.value)
        elif one.kind is Kind.CONTAINER and one.expr in (Seq("list", ()), Dict(())) and not one.parts:
            out.append(())
        else:
            out.append(...)
    return tuple(out)


def _names(tracer: Tracer, expr: Expr, where: Where) -> tuple[str, ...]:
    """Dotted names that EXPR is traced to, for conditions such as ``process is Process.hierarchical``."""
    said = dotted(expr)
    names = [said] if said else []
    names += [one.path for one in tracer.origins(expr, where) if one.kind in (Kind.LIBRARY, Kind.INSTANCE)]
    return tuple(names)


def _same(found: object, wanted: object) -> bool:
    if isinstance(found, str) and isinstance(wanted, str):
        return found == wanted or found.endswith(f".{wanted}") or (found.endswith(wanted) and "." in wanted)
    return type(found) is type(wanted) and found == wanted


def _is_none(value: Expr) -> bool:
    return isinstance(value, Const) and value.value is None


def of(tracer: Tracer, symbol: Symbol | None, call: Call, where: Where) -> Arguments:
    """The arguments of CALL, bound by the catalogue's signature of SYMBOL."""
    return Arguments(tracer, call, where, symbol.signature if symbol else ())
