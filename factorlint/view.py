"""What a rule sees of a file, with every question about the tree behind it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from factorlint import graphs
from factorlint.agents import Agents
from factorlint.callbacks import Callbacks
from factorlint.catalog import Catalog
from factorlint.entries import Fact, Symbol
from factorlint.expr import Call, Expr
from factorlint.facts import Facts
from factorlint.origin import Origin
from factorlint.pins import Pins
from factorlint.project import Project
from factorlint.prompts import Prompts
from factorlint.provenance import Tracer
from factorlint.reach import Reach
from factorlint.resume import Resume
from factorlint.steps import Steps
from factorlint.surfaces import Surfaces
from factorlint.threads import Threads

_Said = TypeVar("_Said")


class Known(NamedTuple):
    """A call, and the symbols with facts that it concerns."""

    call: Call
    rows: tuple[tuple[Symbol, Origin, Sequence[Fact]], ...]


@dataclass(frozen=True)
class View:
    """One file under visit, with everything that questions about it need."""

    path: str
    facts: Facts
    project: Project
    tracer: Tracer
    reach: Reach
    prompts: Prompts
    agents: Agents
    threads: Threads
    surfaces: Surfaces
    callbacks: Callbacks
    resume: Resume
    steps: Steps
    versions: Callable[[str, str, str], bool]  # (library package, condition, file) → whether the pins allow it
    lowered: dict[int, Expr]
    scopes: Mapping[int, int]  # statement number of a definition → its scope
    said: dict[tuple[Any, ...], Any]  # what `once` has answered, for all files
    known: dict[int, Known]  # identity of a call → the symbols that it concerns, for all files

    def once(self, ask: Callable[..., _Said], *about: Hashable) -> _Said:
        """What ASK says of the whole tree, or ABOUT something in it: worked out the first time, whatever file asks."""
        key = (ask, *about)
        if key not in self.said:
            self.said[key] = ask(self, *about)
        found: _Said = self.said[key]
        return found

    @property
    def catalog(self) -> Catalog:
        return self.project.catalog


def viewer(project: Project, pinned: Pins) -> Callable[[str], View]:
    """A file's path → its View; all views share their answers."""
    carried = graphs.of(project)
    tracer = Tracer(project, carried.states)
    reach, prompts, agents, threads = Reach(tracer), Prompts(tracer), Agents(tracer), Threads(tracer)
    surfaces = Surfaces(reach, agents)
    callbacks, resume = Callbacks(reach, agents, surfaces), Resume(threads, reach)
    steps = Steps(reach, agents, threads, surfaces, carried)
    said: dict[tuple[Any, ...], Any] = {}
    known: dict[int, Known] = {}

    def view(path: str) -> View:
        facts = project.files[path]
        scopes = {scope.order: scope.id for scope in facts.scopes}
        asked = (tracer, reach, prompts, agents, threads, surfaces, callbacks, resume, steps)
        return View(path, facts, project, *asked, pinned.allows, {}, scopes, said, known)

    return view
