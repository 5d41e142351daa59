"""Raw HTTP that is a model call: which functions post to an address, and which addresses belong to a chat endpoint."""

from __future__ import annotations

import re
from dataclasses import replace

from factorlint.catalog import Symbol
from factorlint.expr import Const, Expr, Name, argument, last_name, walk
from factorlint.origin import Kind, Origin, Where
from factorlint.provenance.tracing import Tracing

_DEPTH = 4
# What every provider calls the operation, whatever the host in front of it; other paths need a known host.
_UNMISTAKABLE = re.compile(r"/chat/completions|:(?:g|streamG)enerateContent")


class Addresses:
    """Which calls of HTTP functions ask a model. Holds only its memory."""

    def __init__(self, tracer: Tracing) -> None:
        self.tracer = tracer
        libraries = [one for one in tracer.catalog.libraries if one.endpoints]
        pieces = {piece for one in libraries for piece in one.endpoints}
        self._paths = tuple(sorted(one for one in pieces if one.startswith(("/", ":"))))
        self._hosts = tuple(sorted(pieces - set(self._paths)))
        posting = [symbol for one in libraries for symbol in one.symbols if symbol.parameter("url")]
        names = {name.rpartition(".")[2] for symbol in posting for name in symbol.names}
        files = tracer.project.files
        calls = [called.call for path in sorted(files) for called in files[path].calls]
        self._calls = {id(call.func): call for call in calls if last_name(call.func) in names}
        self._asking: dict[str, Symbol] = {}

    def may_ask(self, func: Expr) -> bool:
        """Whether FUNC is called as functions are that ask over HTTP."""
        return id(func) in self._calls

    def callee(self, one: Origin, func: Expr, where: Where) -> Origin:
        """ONE, what FUNC is at WHERE; where it posts to a chat endpoint, as a model call."""
        call, symbol = self._calls.get(id(func)), one.symbol
        if call is None or symbol is None or symbol.does is not None or not symbol.parameter("url"):
            return one
        given = (argument(call, name, symbol.signature) for name in symbol.parameter("url"))
        if not any(url is not None and self._is_chat(url, where) for url in given):
            return one
        if symbol.path not in self._asking:
            told = {**symbol.arguments, "messages": symbol.parameter("body")}
            self._asking[symbol.path] = replace(symbol, does="call-model", arguments=told)
        return one._replace(symbol=self._asking[symbol.path])

    def _is_chat(self, url: Expr, where: Where) -> bool:
        text = " ".join(self._written(url, where, 0))
        if _UNMISTAKABLE.search(text):
            return True
        return any(one in text for one in self._paths) and any(one in text for one in self._hosts)

    def _written(self, expr: Expr, where: Where, depth: int) -> list[str]:
        """The pieces of an address that are written down, those behind names included."""
        found = [str(one.value) for one in walk(expr) if isinstance(one, Const)]
        if depth >= _DEPTH or isinstance(expr, Const):
            return found
        for one in self.tracer.origins(expr, where):
            if one.kind is Kind.VALUE and one.expr is not None and one.place is not None:
                found += [str(said.value) for said in walk(one.expr) if isinstance(said, Const)]
                for piece in walk(one.expr):
                    if isinstance(piece, Name) and piece is not expr:
                        found += self._written(piece, one.place, depth + 1)
        return found
