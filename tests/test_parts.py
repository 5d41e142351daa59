"""Parts of a tree that import nothing of each other: kept apart, and asked again only where they changed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from factorlint import run, visit
from factorlint.config import Settings
from factorlint.imports import Graph
from factorlint.parts import Part, parts

AGENT = (
    "from pydantic_ai import Agent\n\nfrom {package}.words import WORDS\n\n\n"
    "def ask(text):\n    return Agent('openai:gpt-4o', system_prompt=WORDS).run_sync(text)\n"
)
TREE = {
    f"{package}/{name}.py": text.format(package=package)
    for package in ("north", "south")
    for name, text in (("__init__", ""), ("words", "WORDS = 'You are terse.'\n"), ("app", AGENT))
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in TREE.items():
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_text(text)
    time.sleep(0.15)  # what was written just now is not recalled
    return tmp_path / "tree"


def test_what_imports_nothing_of_another_is_a_part() -> None:
    texts = {"a.py": "", "b.py": "", "c.py": "class C(Base):\n    pass\n", "d.py": "", "e.py": ""}
    graph = Graph(frozenset(), frozenset({"a.py", "b.py", "d.py"}), {"a.py": {"b.py"}, "c.py": {"b.py"}})
    assert parts(texts, graph) == (Part(("a.py", "b.py"), ("c.py",)), Part(("d.py",)))


def test_a_package_is_one_with_its_modules() -> None:
    texts = {"p/__init__.py": "", "p/a.py": "", "p/b.py": ""}
    graph = Graph(frozenset(), frozenset(texts), {})
    assert parts(texts, graph) == (Part(("p/__init__.py", "p/a.py", "p/b.py")),)


def test_only_the_part_that_changed_is_visited_again(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    work = visit.visit

    def seeing(view: Any, source: Any, *args: Any) -> Any:
        seen.append(source.path)
        return work(view, source, *args)

    monkeypatch.setattr(visit, "visit", seeing)
    monkeypatch.setattr(run.workers, "each", lambda work, items, **_: ((one, work(one)) for one in items))
    kept = Settings(cache_dir=tmp_path / "cache")
    run.audit(tree, (), kept)
    assert {path.partition("/")[0] for path in seen} == {"north", "south"}
    seen.clear()
    (tree / "south/words.py").write_text("WORDS = 'You are ' + input()\n")
    told = run.audit(tree, (), kept)
    assert {path.partition("/")[0] for path in seen} == {"south"}
    assert told == run.audit(tree, (), Settings(no_cache=True))
    seen.clear()
    (tree / "south/words.py").write_text(TREE["south/words.py"])
    run.audit(tree, (), kept)
    assert not seen


def test_a_stranger_of_the_same_name_is_nobody(tree: Path) -> None:
    """A class that another program in the tree calls by the same method name is not what stands here."""
    before = run.audit(tree / "north", (), Settings(no_cache=True))
    (tree / "north" / "other.py").write_text("class Agent:\n    def run_sync(self, text):\n        return text\n")
    assert [one.site for one in run.audit(tree / "north", (), Settings(no_cache=True)).sites] == [
        one.site for one in before.sites
    ]
