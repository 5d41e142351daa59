"""The thread from a store: whether what a model is sent was ever loaded, and who loads it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping

from factorlint import arguments
from factorlint.expr import Dict, Expr, Name, Op, Seq
from factorlint.facts import Called
from factorlint.loads import Loads
from factorlint.origin import Where
from factorlint.reach import Reach
from factorlint.threads import Sent, Threads


class Resume:
    """Questions about what goes on from a store. Holds only its memory."""

    def __init__(self, threads: Threads, reach: Reach) -> None:
        self.threads, self.tracer, self.project = threads, threads.tracer, threads.project
        self.loads = Loads(threads, reach)

    def sent(self, path: str, called: Called) -> Sent | None:
        """What CALLED takes to a model, if it is a model call or a run."""
        return self._sent.get((path, id(called)))

    @functools.cached_property
    def _sent(self) -> Mapping[tuple[str, int], Sent]:
        return {(one.where.path, id(one.called)): one for one in self.threads.sent}

    def continues(self, sent: Sent) -> bool:
        """Whether the thread that SENT takes to the model was, on some way, loaded from a store."""
        if any(self.loads.loaded(expr, at) for expr, at in self.thread(sent)):
            return True
        for holder in sorted(sent.holders, key=lambda one: (one.kind, one.path, one.scope, one.name)):
            if holder.kind == "field":
                grows = any(how == "grow" for *_, how in self.threads.changes(holder))
                if grows and self.loads.fills(holder.path, holder.scope, holder.name):
                    return True
            elif holder.kind in ("local", "global"):
                scope = self.project.files[holder.path].scopes[holder.scope]
                name = Name(holder.name)
                if any(self.threads.grown(name, holder.path, scope)):
                    if self.loads.loaded(name, Where(holder.path, scope.id, scope.end)):
                        return True
        return False

    def thread(self, sent: Sent) -> Iterator[tuple[Expr, Where]]:
        """The arguments of a model call or run that are messages; an input only where it is more than one."""
        symbol, call = sent.origin.symbol, sent.called.call
        yield from ((value, sent.where) for name, value in call.keywords if name is None)
        if symbol is None:
            return
        given = arguments.of(self.tracer, symbol, call, sent.where).given
        for one in self.tracer.catalog.lineage(symbol):
            for role in ("messages", "messages_history", "input"):
                for name in one.parameter(role):
                    if name in given and (role != "input" or self._is_list(*given[name])):
                        yield given[name]

    def _is_list(self, expr: Expr, where: Where) -> bool:
        if isinstance(expr, (Dict, Op, Seq)):
            return True
        scope = self.loads.flows.scope_of(expr.id, where) if isinstance(expr, Name) else self.project.scope(where)
        return scope is not None and any(self.threads.grown(expr, where.path, scope))

    @functools.cached_property
    def loaders(self) -> frozenset[tuple[str, int]]:
        """The functions (file, scope) that fill a growing field of a thread from a store."""
        found: set[tuple[str, int]] = set()
        for name in sorted({one.name for one in self.threads.holders if one.kind == "field"}):
            owners = [one for one in self.threads.holders if (one.kind, one.name) == ("field", name)]
            if not any(how == "grow" for one in owners for *_, how in self.threads.changes(one)):
                continue
            for base, value, where, whole in self.loads.flows.into.get(name, ()):
                if whole and any(self.loads.flows.is_of(base, where, one.path, one.scope) for one in owners):
                    function = self.project.inside(where, "function")
                    if function is not None and self.loads.loaded_in(function, value, where):
                        found.add((where.path, function.id))
        return frozenset(found)
