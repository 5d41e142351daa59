"""Which surfaces there are, and what each of them starts, asked without any rule."""

from __future__ import annotations

import ast

from factorlint.agents import Agents
from factorlint.catalog import builtin
from factorlint.modules import Modules
from factorlint.project import Project
from factorlint.provenance import Tracer
from factorlint.reach import Reach
from factorlint.statements import learn
from factorlint.surfaces import Surfaces

AGENT = """
from openai import OpenAI
client = OpenAI()
def reply(text):
    return client.responses.create(model="m", input=text).output_text
"""


def surfaces(**files: str) -> Surfaces:
    texts = {f"{name}.py": text for name, text in files.items()}
    facts = {path: learn(path, ast.parse(text)) for path, text in texts.items()}
    tracer = Tracer(Project(facts, Modules(tuple(sorted(texts)), builtin())))
    return Surfaces(Reach(tracer), Agents(tracer))


def kinds(found: Surfaces) -> list[tuple[str, str]]:
    return [(one.kind, one.name) for one in found.every]


def told(found: Surfaces) -> list[tuple[str, int, bool]]:
    return [(one.start.where.path, one.start.called.line, bool(one.kept)) for one in found.started]


def test_a_decorator_of_a_library_makes_a_handler() -> None:
    routes = "from fastapi import APIRouter\nr = APIRouter()\n@r.post('/x')\ndef f(): pass\n"
    routes += "@r.post('/webhook')\ndef g(): pass\n"
    assert kinds(surfaces(routes=routes, __init__="import routes")) == [("http", "f"), ("webhook", "g")]


def test_a_decorator_of_the_tree_makes_none() -> None:
    text = "class R:\n    def post(self, x): return lambda f: f\nr = R()\n@r.post('/x')\ndef f(): pass\n"
    assert kinds(surfaces(a=text, b="import a")) == [("cli", "")]  # b is a script, a is imported by it


def test_methods_that_a_library_calls_by_name() -> None:
    text = (
        "from django.views import View\nclass V(View):\n    def post(self, request): pass\n    def helper(self): pass\n"
    )
    assert ("http", "V.post") in kinds(surfaces(views=text))
    assert ("http", "V.helper") not in kinds(surfaces(views=text))


def test_a_job_with_arguments_is_a_function_like_any_other() -> None:
    text = "from apscheduler.schedulers.background import BackgroundScheduler\ns = BackgroundScheduler()\n"
    text += "def plain(): pass\ndef given(x): pass\ns.add_job(plain)\ns.add_job(given, args=[1])\n"
    assert [one for one in kinds(surfaces(jobs=text)) if one[1]] == [("task", "plain")]


def test_a_script_is_its_guard_and_the_entries_it_calls_without_arguments() -> None:
    text = "def main():\n    pass\ndef work(x):\n    pass\nif __name__ == '__main__':\n    main()\n    work(1)\n"
    (script,) = surfaces(app=text).every
    assert [(span.first, span.last) for span in script.spans] == [(5, 6), (1, 1)]


def test_a_page_that_draws_when_imported_is_all_of_its_file() -> None:
    text = "import streamlit as st\nst.title('x')\ndef ask(text):\n    pass\n"
    (script,) = surfaces(page=text).every
    assert script.kind == "ui"
    assert [(span.first, span.last, span.scope) for span in script.spans] == [(0, 3, None)]


def test_a_factory_that_a_script_calls_is_none_of_its_own() -> None:
    text = "from pydantic_ai import Agent\ndef build():\n    return Agent('m')\n"
    text += "if __name__ == '__main__':\n    print(build().run_sync('x'))\n"
    assert told(surfaces(app=text)) == []
    text = "from pydantic_ai import Agent\ndef main():\n    print(Agent('m').run_sync('x'))\n"
    text += "if __name__ == '__main__':\n    main()\n"
    assert told(surfaces(app=text)) == [("app.py", 3, True)]


def test_main_is_an_entry_without_a_guard_too() -> None:
    text = AGENT + "def main():\n    print(client.responses.create(model='m', input='x'))\nmain()\n"
    assert told(surfaces(app=text)) == [("app.py", 7, True)]


def test_the_second_route_to_the_same_agent_says_nothing_new() -> None:
    text = "from fastapi import FastAPI\nfrom agent import reply\napp = FastAPI()\n"
    text += "@app.post('/a')\ndef a(x):\n    return reply(x)\n@app.post('/b')\ndef b(x):\n    return reply(x)\n"
    assert told(surfaces(agent=AGENT, web=text)) == [("web.py", 6, False)]


def test_a_task_is_started_by_whatever_is_called_on_it() -> None:
    text = "from celery import shared_task\nfrom fastapi import FastAPI\nfrom agent import reply\napp = FastAPI()\n"
    text += "@shared_task\ndef job(x):\n    return reply(x)\n@app.post('/a')\ndef a(x):\n    job.delay(x)\n"
    assert told(surfaces(agent=AGENT, web=text)) == [("web.py", 7, False), ("web.py", 10, False)]


def test_what_overrides_a_library_s_class_is_started_through_it() -> None:
    server = "from kit import Server\nfrom agent import reply\nclass Mine(Server):\n"
    server += "    def respond(self, x):\n        return reply(x)\n"
    text = "from fastapi import FastAPI\nfrom server import Mine\napp = FastAPI()\nmine = Mine()\n"
    text += "@app.post('/a')\ndef a(x):\n    return mine.process(x)\n"
    assert told(surfaces(agent=AGENT, server=server, web=text)) == [("web.py", 7, False)]


def test_the_model_call_of_a_handler_is_kept_by_it() -> None:
    text = AGENT + "from fastapi import FastAPI\napp = FastAPI()\n@app.post('/a')\ndef a(x):\n"
    text += "    return client.responses.create(model='m', input=x)\n"
    assert told(surfaces(web=text)) == [("web.py", 10, True)]


def test_registering_a_handler_starts_nothing() -> None:
    text = AGENT + "import gradio as gr\ndef answer(message, history):\n    return reply(message)\n"
    text += "gr.ChatInterface(answer).launch()\n"
    assert told(surfaces(app=text)) == [("app.py", 8, False)]
