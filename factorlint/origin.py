"""What an expression is, once traced: the answer that provenance gives and that every rule asks for."""

from __future__ import annotations

import enum
from typing import NamedTuple

from factorlint.entries import Symbol
from factorlint.expr import Call, Expr
from factorlint.model import Confidence


class Kind(str, enum.Enum):
    """The kinds of thing that an expression can be traced to."""

    __hash__ = str.__hash__  # an enum's own is a Python function, and origins are compared all the time

    LIBRARY = "library"  # a module, class or function of a dependency, as such
    INSTANCE = "instance"  # an object that a dependency made, or a member of one
    MODULE = "module"  # a module of the tree
    DEFINITION = "definition"  # a function or class of the tree, as such
    OBJECT = "object"  # an instance of a class of the tree
    ANSWER = "answer"  # what a model answered, or a piece of it
    PIPE = "pipe"  # parts composed with `|`
    CONTAINER = "container"  # a list, dict or comprehension written in the tree
    VALUE = "value"  # a literal, a text put together from literals
    UNKNOWN = "unknown"  # provenance ends here


class Where(NamedTuple):
    """A point in the tree: file, scope, statement."""

    path: str
    scope: int
    order: int


class Origin(NamedTuple):
    """One thing that an expression may be.

    ``path`` is dotted: the library's path, or the qualified name in the tree. ``place`` is where a definition's own
    scope lies, or where an expression kept in ``expr`` is to be read. ``call`` is the call that made an instance
    or an answer, at ``made``. ``shape`` says which piece of an answer this is: response, text, calls, arguments,
    name, parsed (text read as data, unchecked), typed (checked by a schema), stream, messages,
    message (one of a thread, which need not be the model's: only the tool calls in it are surely its), envelope (what
    the service says about it), part (something else in it); nothing but an answer has any of these. A container may be
    the state that a graph carries from step to step, or kept in one.
    """

    kind: Kind
    path: str = ""
    symbol: Symbol | None = None
    confidence: Confidence = Confidence.HIGH
    place: Where | None = None
    expr: Expr | None = None
    call: Call | None = None
    made: Where | None = None
    shape: str = ""
    receiver: Origin | None = None
    parts: tuple[Origin, ...] = ()

    def weaker(self, confidence: Confidence = Confidence.MEDIUM) -> Origin:
        """The same, reached through inference: never more sure than CONFIDENCE."""
        if _RANK[self.confidence] >= _RANK[confidence]:
            return self
        return self._replace(confidence=confidence)

    def plays(self, *roles: str) -> bool:
        """Whether the catalogue gives the symbol itself one of ROLES (inherited roles: ask the tracer)."""
        return self.symbol is not None and any(role in self.symbol.roles for role in roles)


CARRIED, KEPT = "carried", "kept"  # shapes of a container
_RANK = {Confidence.HIGH: 0, Confidence.MEDIUM: 1, Confidence.LOW: 2}
UNKNOWN = Origin(Kind.UNKNOWN, confidence=Confidence.LOW)
