"""Where nodes stand: positions of the few nodes that were hit, from one pass of code generation over their tree.

LibCST's PositionProvider costs more than the parse; this keeps plain tuples, and runs only for files with a hit.
"""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst
from libcst._nodes.internal import CodegenState

from factorlint.model import Span

_Span = tuple[int, int, int, int]


class _Recorder(CodegenState):
    """Counts lines and columns while code is generated, by the rules of LibCST's PositionProvider."""

    def __init__(self, indent: str, newline: str) -> None:
        super().__init__(default_indent=indent, default_newline=newline)
        self.line, self.column = 1, 0
        self.starts: list[tuple[int, int]] = []
        self.found: dict[int, _Span] = {}

    def add_indent_tokens(self) -> None:
        self.column += sum(len(token) for token in self.indent_tokens)

    def add_token(self, value: str) -> None:
        breaks = value.count("\n")
        if breaks:
            self.line += breaks
            self.column = len(value) - value.rfind("\n") - 1
        else:
            self.column += len(value)

    def pop_trailing_newline(self) -> None:
        pass

    def before_codegen(self, node: cst.CSTNode) -> None:
        self.starts.append((self.line, self.column))

    def after_codegen(self, node: cst.CSTNode) -> None:
        line, column = self.starts.pop()
        self.found.setdefault(id(node), (line, column, self.line, self.column))

    def record_syntactic_position(  # type: ignore[override]  # any context manager does; this one is no generator
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> _Syntactic:
        return _Syntactic(self, node, start_node, end_node)


class _Syntactic:
    """Notes where a node begins and ends without the whitespace around it; a generator would cost twice as much."""

    __slots__ = ("column", "end_node", "line", "node", "start_node", "state")

    def __init__(
        self, state: _Recorder, node: cst.CSTNode, start_node: cst.CSTNode | None, end_node: cst.CSTNode | None
    ) -> None:
        self.state, self.node, self.start_node, self.end_node = state, node, start_node, end_node

    def __enter__(self) -> None:
        self.line, self.column = self.state.line, self.state.column

    def __exit__(self, *error: object) -> None:
        state, line, column = self.state, self.line, self.column
        end_line, end_column = state.line, state.column
        if self.start_node is not None:
            line, column = state.found[id(self.start_node)][:2]
        if self.end_node is not None:
            end_line, end_column = state.found[id(self.end_node)][2:]
        state.found[id(self.node)] = (line, column, end_line, end_column)


def spans(module: cst.Module, nodes: Iterable[cst.CSTNode]) -> dict[int, Span]:
    """``id(node)`` → its span (1-based, end exclusive) for each of NODES, which must be nodes of MODULE."""
    wanted = {id(node) for node in nodes}
    if not wanted:
        return {}
    state = _Recorder(module.default_indent, module.default_newline)
    module._codegen(state)
    out = {}
    for number in wanted & state.found.keys():
        line, column, end_line, end_column = state.found[number]
        out[number] = Span(line, column + 1, end_line, end_column + 1)
    return out
