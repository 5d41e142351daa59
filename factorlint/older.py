"""Syntax newer than the running Python, rewritten by LibCST as older syntax of the same meaning, for `ast` to read.

LibCST reads the newest grammar on any Python; `ast` reads only that of the interpreter it runs in. Statements are
neither added nor removed, so their numbers stay the same as in the text that the rules see.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import libcst as cst

from factorlint.lower import spoken


def parse(text: str) -> ast.Module | None:
    """The tree of TEXT, which the guard let pass, with newer syntax made older; None where LibCST cannot read it."""
    try:
        module = cst.parse_module(text)
        rewritten = module.visit(_Older())
        flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        tree = compile(rewritten.code, "", "exec", flags, dont_inherit=True)
    except Exception:  # whatever LibCST raises on odd input, the file is then simply not readable
        return None
    return tree if isinstance(tree, ast.Module) else None


def reads(text: str) -> bool:
    """Whether TEXT is Python of any version, as far as LibCST knows them."""
    return parse(text) is not None


class _Older(cst.CSTTransformer):
    """Texts with expressions become ``"".join((…))``, type parameters and stars go, ``type X = Y`` is ``X = Y``."""

    def leave_FormattedString(
        self, original_node: cst.FormattedString, updated_node: cst.FormattedString
    ) -> cst.BaseExpression:
        return _joined(_inside(updated_node))

    def leave_TemplatedString(
        self, original_node: cst.TemplatedString, updated_node: cst.TemplatedString
    ) -> cst.BaseExpression:
        return _joined(_inside(updated_node))

    def visit_ConcatenatedString(self, node: cst.ConcatenatedString) -> bool:
        return False  # its pieces can only be strings: what is made of them must come all at once

    def leave_ConcatenatedString(
        self, original_node: cst.ConcatenatedString, updated_node: cst.ConcatenatedString
    ) -> cst.BaseExpression:
        pieces = _pieces(original_node)
        if all(isinstance(piece, cst.SimpleString) for piece in pieces):
            return original_node
        return _joined([piece.visit(self) for piece in pieces])

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        return updated_node.with_changes(type_parameters=None)

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        return updated_node.with_changes(type_parameters=None)

    def leave_TypeAlias(self, original_node: cst.TypeAlias, updated_node: cst.TypeAlias) -> cst.BaseSmallStatement:
        return cst.Assign([cst.AssignTarget(updated_node.name)], updated_node.value)

    def leave_ExceptHandler(
        self, original_node: cst.ExceptHandler, updated_node: cst.ExceptHandler
    ) -> cst.ExceptHandler:
        kinds = updated_node.type
        if isinstance(kinds, cst.Tuple) and not kinds.lpar:  # `except A, B:` of Python 3.14
            return updated_node.with_changes(type=kinds.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]))
        return updated_node

    def leave_TryStar(self, original_node: cst.TryStar, updated_node: cst.TryStar) -> cst.Try:
        rows = updated_node.handlers
        handlers = [cst.ExceptHandler(one.body, one.type, one.name) for one in rows]
        return cst.Try(updated_node.body, handlers, updated_node.orelse, updated_node.finalbody)

    def leave_Index(self, original_node: cst.Index, updated_node: cst.Index) -> cst.Index:
        return updated_node.with_changes(star=None)  # `a[*b]` of Python 3.11

    def leave_Annotation(self, original_node: cst.Annotation, updated_node: cst.Annotation) -> cst.Annotation:
        held = updated_node.annotation
        return (
            updated_node.with_changes(annotation=held.value) if isinstance(held, cst.StarredElement) else updated_node
        )


def _pieces(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """The strings that stand side by side in NODE."""
    pieces = []
    while isinstance(node, cst.ConcatenatedString):
        pieces.append(node.left)
        node = node.right
    return [*pieces, node]


def _inside(node: cst.FormattedString | cst.TemplatedString) -> list[Any]:
    """What the text of NODE is put together from."""
    return [
        cst.SimpleString(repr(spoken(part.value, node.start)))
        if isinstance(part, (cst.FormattedStringText, cst.TemplatedStringText))
        else part.expression  # type: ignore[union-attr]
        for part in node.parts
    ]


def _joined(pieces: Sequence[Any]) -> cst.BaseExpression:
    elements = [cst.Element(piece) for piece in pieces]
    return cst.Call(cst.Attribute(cst.SimpleString('""'), cst.Name("join")), [cst.Arg(cst.Tuple(elements))])
