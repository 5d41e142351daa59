"""What a rule sees of a file, with every question about the tree behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from factorlint import graphs
from factorlint.agents import Agents
from factorlint.callbacks import Callbacks
from factorlint.pins import Pins
from factorlint.project import Project
from factorlint.prompts import Prompts
from factorlint.provenance import Tracer
from factorlint.reach import Reach
from factorlint.resume import Resume
from factorlint.rule import Known, View
from factorlint.steps import Steps
from factorlint.surfaces import Surfaces
from factorlint.threads import Threads


def viewer(project: Project, pinned: Pins) -> Callable[[str], View]:
    """A file's path → its View; all views share their answers."""
    carried = graphs.of(project)
    tracer = Tracer(project, carried.states)
    reach, prompts, agents, threads = Reach(tracer), Prompts(tracer), Agents(tracer), Threads(tracer)
    surfaces = Surfaces(reach, agents)
    callbacks, resume = Callbacks(reach, agents, surfaces), Resume(threads)
    steps = Steps(reach, agents, threads, surfaces, carried)
    said: dict[tuple[Any, ...], Any] = {}
    known: dict[int, Known] = {}

    def view(path: str) -> View:
        facts = project.files[path]
        scopes = {scope.order: scope.id for scope in facts.scopes}
        asked = (tracer, reach, prompts, agents, threads, surfaces, callbacks, resume, steps)
        return View(path, facts, project, *asked, pinned.allows, {}, scopes, said, known)

    return view
