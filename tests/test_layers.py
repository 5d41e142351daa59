"""Who may know whom: the engine knows no rule and no framework, a format knows a Report, a rule knows public names."""

from __future__ import annotations

import ast
import graphlib
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import factorlint
from factorlint import catalog

ENGINE = Path(factorlint.__file__).parent
RULES = Path(str(importlib.import_module("factorlint.rules").__file__)).parent
PROVENANCE_FILES = sorted((ENGINE / "provenance").glob("*.py"))
NOUN_FILES = [ENGINE / "factors.py", *sorted((ENGINE / "model").glob("*.py"))]
ENGINE_FILES = [*sorted(ENGINE.glob("*.py")), *PROVENANCE_FILES, *NOUN_FILES[1:]]
REPORT_FILES = sorted((ENGINE / "report").glob("*.py"))
RULE_FILES = sorted(RULES.glob("*.py"))

# Catalogued names that are English words, that the engine itself runs on, or that are a kind of library.
EVERYDAY = {
    "agents",
    "agent-framework",
    "guidance",
    "instructor",
    "llm",
    "strands",
    "swarm",
    "swarms",
    "marvin",
    "together",
    "workflows",
}


def imports(path: Path) -> Iterator[str]:
    """The dotted names that PATH imports; relative ones keep their leading dots."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            dot = "" if base.endswith(".") else "."
            yield from (f"{base}{dot}{alias.name}" for alias in node.names)


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("path", [*ENGINE_FILES, *REPORT_FILES], ids=lambda path: path.stem)
def test_the_engine_imports_no_rule(path: Path) -> None:
    assert not [name for name in imports(path) if within(name, "factorlint.rules") or within(name, "rules")]


@pytest.mark.parametrize("path", REPORT_FILES, ids=lambda path: path.stem)
def test_a_format_sees_the_report_and_nothing_else(path: Path) -> None:
    ours = {name for name in imports(path) if within(name, "factorlint") or name.startswith(".")}
    allowed = ("factorlint.model", "factorlint.factors", "factorlint.report")
    assert not [name for name in ours if not any(within(name, package) for package in allowed)]


@pytest.mark.parametrize("path", NOUN_FILES, ids=lambda path: path.stem)
def test_the_nouns_import_nothing_of_ours_but_nouns(path: Path) -> None:
    ours = [name for name in imports(path) if within(name, "factorlint")]
    assert not [name for name in ours if path.stem in ("factors", "__init__") or not within(name, "factorlint.model")]


def test_the_steps_of_provenance_import_each_other_in_one_direction() -> None:
    package = "factorlint.provenance"
    stems = {path.stem for path in PROVENANCE_FILES}
    known = {
        path.stem: stems & {name.removeprefix(f"{package}.").partition(".")[0] for name in imports(path)}
        for path in PROVENANCE_FILES
    }
    graphlib.TopologicalSorter(known).prepare()  # raises on a circle
    assert {stem for stem, names in known.items() if "tracer" in names} == {"__init__"}


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.stem)
def test_a_rule_imports_public_names_or_its_neighbours(path: Path) -> None:
    for name in imports(path):
        assert not within(name, "factorlint.rules"), f"{name}: neighbours are imported relatively"
        if within(name, "factorlint"):
            assert not re.search(r"\._", name), f"{name} is private"
        assert not name.startswith(".."), f"{name} leaves the folder"


def test_the_engine_names_no_framework() -> None:
    words = {
        word.lower()
        for library in catalog.builtin().libraries
        if library.agentic
        for word in (library.name, *library.packages, *library.imports)
    } - EVERYDAY
    if not words:
        pytest.fail("the catalogue is empty")
    pattern = re.compile(rf"(?<![\w.-])({'|'.join(map(re.escape, sorted(words)))})(?![\w-])", re.IGNORECASE)
    named = [
        f"{path.name}:{number}: {line.strip()}"
        for path in [*ENGINE_FILES, *REPORT_FILES]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line.replace("humanlayer/12-factor-agents", ""))  # the manifesto's own address
    ]
    assert not named, "\n".join(named)
