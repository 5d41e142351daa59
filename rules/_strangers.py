"""Runs of what looks like an agent, made by a package that the catalogue does not know: guesses, and never more."""

from __future__ import annotations

import sys

from factorlint.expr import Expr, last_name
from factorlint.origin import Kind, Origin
from factorlint.rule import Here
from factorlint.strange import is_agent_like

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
    return last_name(func) in _RUNS and is_agent_like(last_name(made.func), {word for word, _ in made.keywords if word})
