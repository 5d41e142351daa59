"""Which functions take a step, and what they change that outlives the call."""

from __future__ import annotations

import ast

from factorlint import catalog, graphs
from factorlint.agents import Agents
from factorlint.modules import Modules
from factorlint.origin import Where
from factorlint.project import Project
from factorlint.provenance import Tracer
from factorlint.reach import Reach
from factorlint.statements import learn
from factorlint.steps import Steps
from factorlint.surfaces import Surfaces
from factorlint.threads import Threads

SOURCE = """
from openai import OpenAI
client = OpenAI()
class Talk:
    def __init__(self):
        self.messages = []
        self.spent = 0
    def note(self, text):
        self.messages.append({"role": "user", "content": text})
    def say(self, text):
        self.note(text)
        return client.chat.completions.create(model="m", messages=self.messages)
    def pay(self):
        self.spent += 1
"""


def asked(name: str) -> tuple[bool, str | None]:
    project = Project({"talk.py": learn("talk.py", ast.parse(SOURCE))}, Modules(("talk.py",), catalog.builtin()))
    tracer = Tracer(project)
    reach, agents = Reach(tracer), Agents(tracer)
    steps = Steps(reach, agents, Threads(tracer), Surfaces(reach, agents), graphs.of(project))
    scope = next(one for one in project.files["talk.py"].scopes if one.name == name)
    place = Where("talk.py", scope.id, scope.order)
    found = steps.thread_change(place)
    return steps.is_step(place), found[1] if found else None


def test_a_step_answers_for_the_helper_that_stores_for_it() -> None:
    assert asked("say") == (True, "messages")


def test_a_helper_and_a_counter_are_no_steps() -> None:
    assert asked("note") == (False, "messages")
    assert asked("pay") == (False, None)
