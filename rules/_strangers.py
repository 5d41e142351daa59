"""Runs of what looks like an agent, made by a package that the catalogue does not know: guesses, and never more."""

from __future__ import annotations

import sys

from factorlint.expr import Call, Expr, last_name
from factorlint.origin import Kind, Origin
from factorlint.rule import Here

SIGNS = frozenset("role goal backstory instructions tools system_prompt system_message".split())
_MORE = frozenset("persona llm model agents tasks task memory max_iterations max_steps max_turns".split())
_NAMES = ("agent", "assistant", "crew", "swarm", "team")
_RUNS = frozenset(
    "run arun run_sync run_async run_stream stream astream kickoff akickoff kickoff_async invoke ainvoke chat achat "
    "ask execute aexecute start reply generate_reply print_response initiate_chat go solve respond".split()
)


def unknown_run(origin: Origin, func: Expr, here: Here) -> bool:
    """Whether a call of ORIGIN, written FUNC, runs an agent of a package that is neither known nor the tree's."""
    made = origin.receiver.call if origin.receiver is not None else None
    if origin.kind is not Kind.INSTANCE or made is None:
        return False
    root = origin.path.partition(".")[0]
    if root in sys.stdlib_module_names or here.view.catalog.library_of(origin.path) is not None:
        return False
    return last_name(func) in _RUNS and _agent_like(made)


def _agent_like(call: Call) -> bool:
    """Two of an agent's usual arguments, or one and a name that says so."""
    words = {word for word, _ in call.keywords if word}
    named = any(name in last_name(call.func).lower() for name in _NAMES)
    return bool(words & SIGNS) and (named or len(words & (SIGNS | _MORE)) > 1)
