"""What text a piece of a package's Python comes to, as far as it can be told without running it.

A small reading of functions that put a prompt together: what is assigned, appended and returned, with the arguments
of the user's own call filled in. A condition is decided where the call decides it; where it does not, the text
stays, marked with the condition. Whatever else stands in the text is a hole, ``{shown like this}``.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from factorlint.model.library import Piece

Pieces = tuple[Piece, ...]
Given = Mapping[str, object]  # argument → literal value, a tuple of texts, or OPAQUE; absent ones that are known: None

OPAQUE = object()  # passed, but nothing that can be read
_KEEP = frozenset("strip lstrip rstrip format format_map replace removeprefix removesuffix partial".split())
_WRAP = frozenset("dedent cleandoc str partial".split())
_TOLD = frozenset("content text template prompt messages system system_message instructions".split())
_ROLES = frozenset("system human user ai assistant placeholder".split())
_DEEP = 40


@dataclass
class Sketch:
    """One reading of one function or expression. ``resolve`` gives the expression behind a name of the module."""

    given: Given
    resolve: Callable[[str], ast.expr | None] = lambda name: None
    names: dict[str, Pieces | None] = field(default_factory=dict)  # local names: what they hold, None if unknown
    aliases: dict[str, str] = field(default_factory=dict)  # local names that are an argument
    receivers: frozenset[str] = frozenset(("self",))
    under: tuple[str, ...] = ()  # conditions that nobody can decide, around the statement being read
    result: Pieces = ()
    ended: bool = False
    depth: int = 0

    # -- statements ------------------------------------------------------------------------------------------------

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Pieces:
        """The text that NODE returns, else all that it assembles."""
        first = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)][:1]
        self.receivers |= frozenset(first)
        self.block(node.body)
        if any(piece.text.strip() for piece in self.result):
            return self.result
        return tuple(piece for held in self.names.values() for piece in held or ())

    def block(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            if self.ended:
                return
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            self.assignment(node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            self.call_statement(node.value)
        elif isinstance(node, ast.Return):
            self.leave(node.value)
        elif isinstance(node, ast.If):
            self.branch(node)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            if isinstance(node.target, ast.Name):
                self.names[node.target.id] = self.value(node.iter)
            self.block(node.body)
        elif isinstance(node, (ast.With, ast.AsyncWith, ast.While)):
            self.block(node.body)
        elif isinstance(node, ast.Try):
            self.block((*node.body, *node.orelse, *node.finalbody))
        elif isinstance(node, ast.Raise):
            self.ended = not self.under

    def assignment(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        target = node.target if not isinstance(node, ast.Assign) else target
        if not isinstance(target, ast.Name) or node.value is None:
            return
        pieces = self.value(node.value)
        if isinstance(node, ast.AugAssign):
            self.add(target.id, pieces)
            return
        name = self.argument(node.value)
        if name is not None and not self.under:
            self.aliases[target.id] = name
        self.assign(target.id, pieces)

    def assign(self, name: str, pieces: Pieces | None) -> None:
        if self.under and self.names.get(name):
            self.add(name, pieces)
        else:
            self.names[name] = self.marked(pieces) if pieces is not None else None

    def add(self, name: str, pieces: Pieces | None) -> None:
        if pieces:
            self.names[name] = (*(self.names.get(name) or ()), *self.marked(pieces))

    def marked(self, pieces: Pieces) -> Pieces:
        when = " and ".join(self.under)
        return tuple(replace(piece, when=piece.when or when) for piece in pieces)

    def call_statement(self, call: ast.Call) -> None:
        func = call.func
        if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Name) or not call.args:
            return
        if func.attr in ("append", "extend", "insert"):
            pieces = self.value(call.args[-1])
            if pieces and self.names.get(func.value.id) and func.attr != "extend":
                pieces = (Piece("\n"), *pieces)
            self.add(func.value.id, pieces)

    def leave(self, value: ast.expr | None) -> None:
        pieces = self.value(value) if value is not None else None
        self.result = (*self.result, *self.marked(pieces or ()))
        self.ended = not self.under

    def branch(self, node: ast.If) -> None:
        verdict, rest = self.truth(node.test)
        if verdict is not None:
            self.block(node.body if verdict else node.orelse)
            return
        outer = self.under
        self.under = (*outer, rest)
        self.block(node.body)
        self.ended, self.under = False, (*outer, f"not ({rest})")
        self.block(node.orelse)
        self.ended, self.under = False, outer

    # -- values ----------------------------------------------------------------------------------------------------

    def value(self, node: ast.expr) -> Pieces | None:
        """The text of NODE; None where it has none that can be told."""
        if self.depth > _DEEP:
            return None
        self.depth += 1
        try:
            return self._value(node)
        finally:
            self.depth -= 1

    def _value(self, node: ast.expr) -> Pieces | None:
        if isinstance(node, ast.Constant):
            return (Piece(node.value),) if isinstance(node.value, str) else None
        if isinstance(node, ast.JoinedStr):
            return tuple(piece for part in node.values for piece in self.part(part))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            sides = [self.value(side) for side in (node.left, node.right)]
            if all(side is None for side in sides):
                return None
            return (*(sides[0] or self.hole(node.left)), *(sides[1] or self.hole(node.right)))
        if isinstance(node, ast.BoolOp):
            found = [self.value(one) for one in node.values]
            return next((one for one in found if one), None)
        if isinstance(node, ast.IfExp):
            return self.choice(node)
        if isinstance(node, (ast.List, ast.Tuple)):
            return self.sequence(node.elts)
        if isinstance(node, ast.Subscript):
            return self.value(node.value)
        if isinstance(node, ast.Await):
            return self.value(node.value)
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self.named(node)
        return self.call(node) if isinstance(node, ast.Call) else None

    def part(self, node: ast.expr) -> Pieces:
        if isinstance(node, ast.FormattedValue):
            found = self.value(node.value)
            return found if found is not None else self.hole(node.value)
        return self.value(node) or ()

    def hole(self, node: ast.expr) -> Pieces:
        return (Piece("{" + ast.unparse(node) + "}"),)

    def choice(self, node: ast.IfExp) -> Pieces | None:
        verdict, rest = self.truth(node.test)
        if verdict is not None:
            return self.value(node.body if verdict else node.orelse)
        yes, no = self.value(node.body) or (), self.value(node.orelse) or ()
        if not yes and not no:
            return None
        return (
            *(replace(one, when=one.when or rest) for one in yes),
            *(replace(one, when=f"not ({rest})") for one in no),
        )

    def sequence(self, items: Sequence[ast.expr]) -> Pieces | None:
        if len(items) == 2 and isinstance(items[0], ast.Constant) and items[0].value in _ROLES:
            return self.value(items[1])
        found = [pieces for item in items if (pieces := self.value(item))]
        out: list[Piece] = []
        for pieces in found:
            out += [Piece("\n"), *pieces] if out else pieces
        return tuple(out) if found or not items else None

    def named(self, node: ast.Name | ast.Attribute) -> Pieces | None:
        if isinstance(node, ast.Name) and node.id in self.names:
            return self.names[node.id]
        name = self.argument(node)
        if name is not None:
            return yours(self.given[name])
        target = self.resolve(node.id) if isinstance(node, ast.Name) else None
        return self.value(target) if target is not None else None

    def argument(self, node: ast.expr) -> str | None:
        """The argument of the user's call that NODE reads, if that is known to be passed or left out."""
        if isinstance(node, ast.Attribute):
            base = node.value
            held = isinstance(base, ast.Name) and base.id in self.receivers
            held = held or (
                isinstance(base, ast.Attribute) and self.argument(base) is None and _root(base) in self.receivers
            )
            name = node.attr if held else ""
        elif isinstance(node, ast.Name):
            name = self.aliases.get(node.id, "") if node.id in self.names else node.id
        else:
            name = ""
        return name if name in self.given else None

    def call(self, node: ast.Call) -> Pieces | None:
        func = node.func
        last = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        if last == "join" and isinstance(func, ast.Attribute) and node.args:
            return self.value(node.args[0])
        if isinstance(func, ast.Attribute) and last in _KEEP:
            held = self.value(func.value)
            put = last == "replace" and len(node.args) > 1  # what is put into a text that nobody can see is still sent
            return held if held or not put else self.value(node.args[1])
        told = [word.value for word in node.keywords if word.arg in _TOLD]
        makes = last[:1].isupper() or last.startswith("from_") or last in _WRAP
        inner = [self.value(one) for one in (*node.args, *told)] if makes or told else []
        if last in ("dedent", "cleandoc") and inner and inner[0]:
            return tuple(replace(piece, text=inspect.cleandoc(piece.text)) for piece in inner[0])
        found = tuple(piece for pieces in inner for piece in pieces or ())
        if found:
            return found
        mine = tuple(piece for one in node.args for piece in self.value(one) or ())
        return mine if any(piece.yours for piece in mine) else None

    # -- conditions ------------------------------------------------------------------------------------------------

    def truth(self, node: ast.expr) -> tuple[bool | None, str]:
        """Whether NODE holds, and what of it nobody can tell."""
        if isinstance(node, ast.BoolOp):
            told = [self.truth(one) for one in node.values]
            ending = isinstance(node.op, ast.Or)
            if any(verdict is ending for verdict, _ in told):
                return ending, ""
            open_ = [rest for verdict, rest in told if verdict is None]
            return (None, (" or " if ending else " and ").join(open_)) if open_ else (not ending, "")
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            verdict, rest = self.truth(node.operand)
            return (None, f"not {rest}") if verdict is None else (not verdict, "")
        if isinstance(node, ast.Constant):
            return bool(node.value), ""
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self.compared(node, node.ops[0], node.comparators[0])
        if isinstance(node, ast.Call):
            return self.asked(node)
        return self.filled(node), ast.unparse(node)

    def compared(self, node: ast.Compare, op: ast.cmpop, other: ast.expr) -> tuple[bool | None, str]:
        rest = ast.unparse(node)
        sized = node.left
        if isinstance(sized, ast.Call) and getattr(sized.func, "id", "") == "len" and isinstance(op, ast.Gt):
            return (self.filled(sized.args[0]), rest) if sized.args else (None, rest)
        name = self.argument(node.left)
        if name is None or not isinstance(other, ast.Constant):
            return None, rest
        value = self.given[name]
        if isinstance(op, (ast.Is, ast.IsNot)) and other.value is None:
            return (value is None) is isinstance(op, ast.Is), rest
        if isinstance(op, (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)) and value is not OPAQUE:
            return (value == other.value) is isinstance(op, (ast.Eq, ast.Is)), rest
        return None, rest

    def asked(self, node: ast.Call) -> tuple[bool | None, str]:
        rest = ast.unparse(node)
        name = self.argument(node.args[0]) if node.args else None
        value = self.given.get(name, OPAQUE) if name else OPAQUE
        if value is OPAQUE:
            return None, rest
        what = getattr(node.func, "id", "")
        if what == "callable":
            return False, rest
        if what == "isinstance" and len(node.args) == 2:
            kinds = {"str"} if isinstance(value, str) else {"list", "Sequence"} if isinstance(value, tuple) else set()
            return bool(kinds & {word.id for word in ast.walk(node.args[1]) if isinstance(word, ast.Name)}), rest
        return None, rest

    def filled(self, node: ast.expr) -> bool | None:
        if isinstance(node, ast.Name) and node.id in self.names:
            held = self.names[node.id]
            if held is None:
                return None
            return True if any(not piece.when for piece in held) else None if held else False
        name = self.argument(node)
        if name is None:
            return None
        return True if self.given[name] is OPAQUE else bool(self.given[name])


def yours(value: object) -> Pieces | None:
    """The user's own literal as text."""
    if isinstance(value, str):
        return (Piece(value, yours=True),)
    if isinstance(value, tuple) and value:
        rows = [(Piece(str(one), yours=True),) for one in value]
        return tuple(piece for number, row in enumerate(rows) for piece in ((Piece("\n"), *row) if number else row))
    return None


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
