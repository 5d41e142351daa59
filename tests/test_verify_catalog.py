"""What proves the catalogue: true claims about a package hold, untrue ones are named, nothing of it is run."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from proving.claims import prove
from proving.wheels import Shelf

from factorlint.catalog import load

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "verify_catalog.py"
UNREACHABLE = 4

PACKAGE = {
    "toy/__init__.py": """
        from typing import TYPE_CHECKING
        from toy.core import *
        if TYPE_CHECKING:
            from toy.late import Typed
        _LAZY = {"Late": ("toy.late", "Late")}
        def __getattr__(name):
            module, attribute = _LAZY[name]
            return getattr(__import__(module), attribute)
        from toy.plain import Desk
        from toy.patch import *
        raise SystemExit("whoever imports this has lost")
    """,
    "toy/core.py": """
        from dataclasses import dataclass, field
        __all__ = ["Agent", "Options", "make"]
        LIMIT = 5 * 2
        class Base:
            def __init__(self, model, *, limit=LIMIT, **kwargs):
                self.memory = kwargs.pop("memory", None)
                self.client = Client()
            def run(self, task, max_turns=None):
                turns = max_turns or 25
        class Client:
            @property
            def chats(self) -> "Chats": ...
        class Chats:
            def create(self, *, messages): ...
        class Agent(Base):
            def __init__(self, name, **kwargs):
                super().__init__(**kwargs)
        @dataclass
        class Options:
            steps: int = 3
            names: list = field(default_factory=list)
        def make(name) -> "Agent":
            return Agent(name)
        class Hidden: ...
    """,
    "toy/late.py": """
        PROMPT = "You are {name}, and that is all."
        class Late: ...
        class Typed: ...
    """,
    "toy/plain.py": """
        class Desk:
            def open(self): ...
    """,
    "toy/patch.py": """
        from toy.plain import Desk as Plain
        __all__ = ["Desk"]
        class Desk(Plain):
            def serve(self, guest): ...
    """,
    "toy/prompts.json": '{"system": {"role": "You are a toy."}}',
    "toy-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n",
}

TRUE = """
library: toy
packages: [toy]
imports: [toy]
read: {toy: ["1.0"]}
symbols:
- names: [toy.Agent, toy.core.Agent]
  source: "toy==1.0 toy/core.py:17"
  signature: [name]
  arguments: {model: [model], limit: [limit], memory: [memory]}
  defaults: {limit: 10}
  facts:
  - check: FL0201
    what: "a text of its own"
    when: {limit: given}
    hidden: {file: toy/prompts.json, key: system.role, text: "You are a toy"}
  methods:
  - {names: [run], signature: [task], defaults: {max_turns: 25}}
  - {names: [client.chats.create], arguments: {messages: [messages]}}
- {names: [toy.Options], signature: [steps, names], defaults: {steps: 3, names: []}}
- {names: [toy.Late, toy.Typed]}
- {names: [toy.Desk], methods: [{names: [open]}, {names: [serve], signature: [guest]}]}
- names: [toy.make]
  methods:
  - {names: [run]}
"""

UNTRUE = """
library: toy
packages: [toy]
imports: [toy]
read: {toy: ["1.0"]}
symbols:
- names: [toy.Agent, toy.Agents]
  source: "toy==1.0 toy/late.py:2"
  signature: [model]
  arguments: {limit: [bound]}
  defaults: {limit: 12}
  facts:
  - check: FL0201
    what: "a text of its own"
    hidden: {file: toy/prompts.json, key: system.role, text: "You are a robot"}
  methods:
  - {names: [walk]}
- {names: [toy.Hidden]}
- {names: [toy.Late], versions: ">=2"}
"""


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A shelf with one package, laid there as a wheel."""
    shelf = Shelf(tmp_path)
    with zipfile.ZipFile(shelf.archives / "toy-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in PACKAGE.items():
            wheel.writestr(
                name, "\n".join(line[8:] if line.startswith("        ") else line for line in text.splitlines())
            )
    return shelf


def claims(shelf: Shelf, folder: Path, text: str) -> tuple[list[str], list[str], int]:
    """What drifts, what is unproved, and how many claims there are."""
    file = folder / "toy.yaml"
    file.write_text(text, encoding="utf-8")
    known = load([file])
    proof = prove(known.libraries[0], known, shelf)
    assert [str(package) for package in proof.releases] == ["toy 1.0"]
    drift = [f"{one.kind}: {one.text}" for one in proof.drift]
    return drift, [one.text for one in proof.unproved], len(proof.claims)


def test_what_is_so_is_proved(shelf: Shelf, tmp_path: Path) -> None:
    drift, unproved, count = claims(shelf, tmp_path, TRUE)
    assert (drift, unproved) == ([], [])
    assert count == 26


def test_what_is_not_so_is_named(shelf: Shelf, tmp_path: Path) -> None:
    drift, unproved, _ = claims(shelf, tmp_path, UNTRUE)
    assert drift == [
        "symbols: toy.Agents",
        "arguments: toy.Agent(model)",
        "arguments: toy.Agent(limit=12)",
        "prompts: toy.Agent: toy/prompts.json system.role",
        "sources: toy.Agent: toy==1.0 toy/late.py:2",
        "methods: toy.Agent.walk",
        "symbols: toy.Hidden",
        "symbols: toy.Late",
    ]
    assert unproved == ["toy.Agent(bound=)"]


def test_a_small_part_of_the_catalogue_holds(tmp_path: Path) -> None:
    cache = os.environ.get("FACTORLINT_CATALOG_CACHE", str(tmp_path))
    command = [sys.executable, str(SCRIPT), "--pinned", "--cache", cache]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
    if ended.returncode == UNREACHABLE:
        pytest.skip(ended.stderr.strip())
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "| 4 libraries" in ended.stdout.replace("**", "")
