"""What is passed over unread: nothing that a rule would find, nothing from a plugin, and most of a tree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from factorlint import catalog, registry, run
from factorlint.config import Settings
from factorlint.facts import Facts
from factorlint.learn import learn_one
from factorlint.model import Role
from factorlint.modules import Modules
from factorlint.pins import Pins
from factorlint.project import Project
from factorlint.relevance import Relevance
from factorlint.source import Source
from factorlint.view import viewer

ROOT = Path(__file__).parents[1]
TREE = {
    "model.py": "from openai import OpenAI\n\n\ndef ask(text: str) -> str | None:\n"
    "    messages = [{'role': 'user', 'content': text}]\n"
    "    return OpenAI().chat.completions.create(model='gpt-4o', messages=messages).choices[0].message.content\n",
    "asks.py": "from model import ask\n\n\ndef go():\n    return ask('hello')\n",
    "judges.py": "from model import ask\n\n\ndef yes(reply):\n    return reply == 'yes'\n\n\ndef asked():\n"
    "    return yes(ask('Is it?'))\n",
    "keeps.py": "from model import ask\n\n\nclass State:\n    def fill(self):\n        self.word = ask('A word')\n",
    "reads.py": "from keeps import State\n\n\ndef test(state: State):\n    return state.word == 'yes'\n",
    "sums.py": "import model\n\n\ndef add(a, b):\n    return a + b if a > b else max(a, b)\n",
    "names.py": "import model\n\n\nclass Row:\n    word = 'yes'\n\n\ndef row():\n    return Row().word == 'yes'\n",
}


def facts(text: str) -> Facts:
    found = learn_one(Source("app.py", Role.APP, text, ""))
    assert isinstance(found, Facts)
    return found


def visited(tree: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> set[str]:
    from factorlint import visit

    seen: set[str] = set()
    work = visit.visit

    def seeing(view: Any, source: Any, *args: Any) -> Any:
        seen.add(source.path)
        return work(view, source, *args)

    monkeypatch.setattr(visit, "visit", seeing)
    monkeypatch.setattr(run.workers, "each", lambda work, items, **_: ((one, work(one)) for one in items))
    run.audit(tree, (), settings)
    return seen


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in TREE.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_what_no_answer_comes_by_is_passed_over(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert visited(tree, monkeypatch, Settings(no_cache=True)) == TREE.keys() - {"sums.py", "names.py"}


def test_of_a_module_that_holds_a_thread_only_what_names_it_is_seen(tmp_path: Path) -> None:
    app = "history = []\n\n\ndef hear(text):\n    history.append(text)\n\n\ndef add(a, b):\n    return a + b\n\n\n"
    app += "def go():\n    return OpenAI().chat.completions.create(model='gpt-4o', messages=history)\n"
    text = f"from openai import OpenAI\n\n{app}"
    project = Project({"app.py": facts(text)}, Modules(("app.py",), catalog.builtin()))
    told = Relevance(viewer(project, Pins({}))("app.py"), registry.rules()).statements("app.py", text)
    assert {project.files["app.py"].statements[number].line for number in told} == {3, 6, 14}


def test_a_plugin_sees_everything(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tree)
    (tree / "own_rules.py").write_text("")
    assert visited(tree, monkeypatch, Settings(no_cache=True, plugin=("own_rules",))) >= TREE.keys()


FIXTURES = ROOT / "fixtures"


@pytest.mark.parametrize(
    "tree", sorted([*FIXTURES.glob("[fip]*"), *FIXTURES.glob("apps/*")]), ids=lambda path: path.name
)
def test_nothing_is_found_in_what_is_passed_over(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = run.audit(tree, (), Settings(no_cache=True))
    monkeypatch.setattr(Relevance, "statements", lambda self, path, text: None)
    assert run.audit(tree, (), Settings(no_cache=True)).sites == told.sites
