"""Where a text on its way to a model is written: at a constant, in a function, a file, or the call itself."""

from __future__ import annotations

import itertools
import re
from collections.abc import Generator, Iterator
from typing import NamedTuple

from factorlint.expr import Attr, Call, Const, Expr, Item, Name, Op, Seq, Text, walk
from factorlint.origin import Kind, Origin, Where
from factorlint.provenance import Tracer

Seen = set[tuple[str, int, Where]]  # what was asked for one call, and what was found to be put together


class Home(NamedTuple):
    """Whose text it is: where it was found on its way to a call, and where that call, or one that leads to it, is.

    ``put`` where it was put into a list that somebody else handed in.
    """

    text: Where
    call: Where
    put: bool = False


class Written(NamedTuple):
    """A text that goes to a model, where it is written."""

    kind: str
    expr: Expr
    place: Where
    origin: Origin
    share: str = ""


class Sources:
    """Questions about where texts are written. Holds only the tracer."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer

    def of(self, expr: Expr, where: Where, home: Home, seen: Seen) -> Iterator[Written]:
        """Where the text of EXPR is written."""
        expr = bare(expr)
        if ("asked", id(expr), where) in seen:
            return
        seen.add(("asked", id(expr), where))
        beside = False
        for origin in self.tracer.origins(expr, where):
            place = origin.place
            if origin.kind is Kind.VALUE and place is not None and isinstance(origin.expr, (Op, Text)):
                if ("made", id(origin.expr), place) in seen:
                    continue
                seen.add(("made", id(origin.expr), place))
                share = yield from self._put_together(origin.expr, place, home, seen)
            else:
                share = ""
            if words(origin.expr) < FEW_WORDS and self._is_carried(expr, where):
                continue  # a word that the steps of a graph hand on
            made = self._source(origin, expr, where, home) if share != _NONE else None
            if made is not None:
                few = isinstance(origin.expr, Text) and words(origin.expr) < FEW_WORDS
                yield Written(*made, origin, "frame" if beside and few else share)  # a word that is filled in
                beside = True

    def _is_carried(self, expr: Expr, where: Where) -> bool:
        """Whether EXPR is read out of the state that a graph carries."""
        base = expr
        while isinstance(base, (Item, Attr)):
            base = base.base
        if not isinstance(base, Name) or base is expr:
            return False
        found = self.tracer.parameter_of(base, where)
        return found is not None and (found[1].path, found[0].id, base.id) in self.tracer.states

    def _put_together(self, expr: Expr, place: Where, home: Home, seen: Seen) -> Generator[Written, None, str]:
        """The texts written elsewhere that EXPR joins or frames; what share of a prompt EXPR then is itself.

        What is added to a prompt is part of it, and what is added behind an answer is none.
        """
        if isinstance(expr, Text):
            inside = list(self._framed(expr, place, home, seen))
            yield from inside
            return "frame" if inside and words(expr) < FEW_WORDS else ""
        pieces = _joined(expr)
        brought = [one for one in pieces if not _is_text(one)]
        ahead = itertools.takewhile(lambda one: not _is_text(one), pieces)
        if any(one.kind is Kind.ANSWER for piece in ahead for one in self.tracer.origins(piece, place)):
            return _NONE
        found = [one for piece in brought for one in self.of(piece, place, home, seen)]
        yield from found
        known = any(
            ("made", id(one.expr), one.place) in seen
            for piece in brought
            for one in self.tracer.origins(piece, place)
            if one.place is not None
        )
        if not known and not any(one.kind in ("literal", "constant", "function") for one in found):
            return ""
        for piece in pieces:
            if _is_text(piece):
                origin = Origin(Kind.VALUE, expr=piece, place=place)
                made = self._source(origin, piece, place, home)
                if made is not None:
                    yield Written(*made, origin, "added")
        return "frame"

    def _framed(self, text: Text, place: Where, home: Home, seen: Seen) -> Iterator[Written]:
        """The prompts of the tree, written elsewhere, that are put into TEXT."""
        frame = words(text) < FEW_WORDS
        for piece in text.parts:
            if not isinstance(piece, (Name, Attr, Call)):
                continue
            for one in self.of(piece, place, home, seen):
                long = words(one.expr) >= FEW_WORDS or "\n" in _said(one.expr).strip()
                near = self._is_in(one.place, place)
                whole = one.kind == "literal" or (one.kind == "function" and (near or isinstance(piece, Call)))
                if long and (one.kind == "constant" or (frame and whole)):
                    yield one

    def _joins_lines(self, text: Expr, place: Where) -> bool:
        """Whether TEXT joins lines that say much themselves; what lists what was read says little."""
        if not isinstance(text, Text):
            return False
        found = [one for part in text.parts if isinstance(part, Name) for one in self.tracer.origins(part, place)]
        lists = [held.expr for one in found if one.kind is Kind.CONTAINER for held in (one, *one.parts)]
        lines = [item for held in lists if isinstance(held, Seq) for item in held.items if _is_text(item)]
        return sum(map(words, lines)) >= _MANY_WORDS

    def _is_in(self, place: Where, other: Where) -> bool:
        """Whether both stand in one function, or in one module outside of any."""
        return (place.path, place.scope) == (other.path, other.scope)

    def _source(self, origin: Origin, expr: Expr, where: Where, home: Home) -> tuple[str, Expr, Where] | None:
        if origin.kind is Kind.VALUE and origin.expr is not None and origin.place is not None:
            scope = self.tracer.project.scope(origin.place)
            here = self._is_in(origin.place, where)
            if not _is_text(origin.expr) and (here or not self._joins_lines(origin.expr, origin.place)):
                return None
            if scope.kind != "function":
                kind = "literal" if origin.place == home.text else "constant"
                return kind, origin.expr, origin.place
            return ("literal" if self._is_in(origin.place, home.text) else "function"), origin.expr, origin.place
        if origin.kind is Kind.ANSWER:
            return "answer", expr, where
        if origin.kind is Kind.INSTANCE and (
            origin.path.rpartition(".")[2].rstrip("()") in _READERS or _RENDERED.search(origin.path)
        ):
            return "file", expr, where
        if origin.kind is Kind.DEFINITION and origin.place is not None:
            if self.tracer.project.scope(origin.place).kind == "function":
                return "function", expr, origin.place
        return None


def bare(expr: Expr) -> Expr:
    """EXPR without the white space that is taken off it: ``prompt`` in ``prompt.strip()``."""
    while isinstance(expr, Call) and isinstance(expr.func, Attr) and expr.func.name in _TRIMS and not expr.args:
        expr = expr.func.base
    return expr


_MARKUP = re.compile(r"</?[^<>]*>?")  # tags, or the half of one before its name is filled in: no words to a model
_TRIMS = ("strip", "rstrip", "lstrip")
_RENDERED = re.compile(r"\.render\(\)(?:\.[lr]?strip\(\))+$")
_NONE = "none"
FEW_WORDS = 8  # a text with fewer of its own is a frame around those that it is filled with
_MANY_WORDS = 40
_READERS = frozenset(("read_text", "read", "safe_load", "load", "loads", "render", "get_template"))


def words(expr: Expr | None) -> int:
    """The words that stand in a text itself, not in what it is filled with."""
    return len(_said(expr).split()) if expr is not None else 0


def _said(expr: Expr) -> str:
    pieces = (one.value for one in walk(expr) if isinstance(one, Const))
    return "".join(one for one in pieces if isinstance(one, str))


def _joined(expr: Expr | None) -> tuple[Expr, ...]:
    """The pieces of ``a + b + c``, where some of them are written elsewhere."""
    if not isinstance(expr, Op) or expr.op != "+":
        return ()
    pieces = [inner for one in expr.operands for inner in (_joined(one) or (one,))]
    return tuple(pieces) if any(isinstance(one, (Name, Attr)) for one in pieces) else ()


def _is_text(expr: Expr) -> bool:
    if isinstance(expr, Const):
        return isinstance(expr.value, str) and any(map(str.isalpha, _MARKUP.sub("", expr.value)))
    if isinstance(expr, Op):
        return expr.op in ("+", "%") and any(_is_text(one) for one in expr.operands)
    if isinstance(expr, Call):
        return False
    return isinstance(expr, Text) and any(_is_text(one) for one in expr.parts)
