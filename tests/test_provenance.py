"""Each thing that provenance must see through: a fixture in which it is the only way, and a near miss beside it."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from factorlint import testing
from factorlint.agents import Agents
from factorlint.catalog import builtin
from factorlint.expr import Name, Seq, last_name
from factorlint.modules import Modules
from factorlint.origin import Origin, Where
from factorlint.project import Project
from factorlint.provenance import Tracer, tracing
from factorlint.provenance.tracing import Step
from factorlint.statements import learn

FIXTURES = Path(__file__).parent.parent / "fixtures" / "provenance"
FOLDERS = sorted(path for path in FIXTURES.iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_an_origin_is_traced_and_its_lookalike_is_not(folder: Path) -> None:
    outcome = testing.run(folder, {"FL0801"})
    assert not outcome.problems
    assert not outcome.missing
    assert not outcome.surplus


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_fixture_says_both_what_is_and_what_is_not(folder: Path) -> None:
    assert {one.kind for one in testing.expectations(folder)} >= {"expect", "ok"}


def test_what_is_put_into_a_list_is_held_once_however_often_it_is_read() -> None:
    text = "def f():\n    a = []\n    a.append(1)\n    print(a)\n    a.append(2)\n    print(a)\n"
    facts = learn("app.py", ast.parse(text))
    tracer = Tracer(Project({"app.py": facts}, Modules(("app.py",), builtin())))
    reads = [one for one in facts.calls if one.call.func == Name("print")]
    first, second = (tracer.origin(one.call.args[0], Where("app.py", one.scope, one.order)) for one in reads)
    assert len(first.parts) == 2
    assert first.parts is second.parts


def test_a_list_that_was_forgotten_is_the_same_when_it_is_asked_for_again() -> None:
    text = (
        "from itertools import chain\nfrom langchain_openai import ChatOpenAI\n\n\ndef look(x): ...\n\n\n"
        "bound = ChatOpenAI().bind_tools(list(chain([look], [])))\n"
    )
    facts = learn("app.py", ast.parse(text))
    tracer = Tracer(Project({"app.py": facts}, Modules(("app.py",), builtin())))
    agents = Agents(tracer)
    binds = next(one for one in facts.calls if last_name(one.call.func) == "bind_tools")
    where = Where("app.py", binds.scope, binds.order)
    symbol = tracer.callees(binds.call.func, where)[0].symbol
    assert symbol is not None
    assert agents.described(symbol, binds.call, where).argument == "tools"
    tracer.forget(0)
    elsewhere = Seq("list", ())  # in the memory where the forgotten one was
    assert agents.described(symbol, binds.call, where).argument == "tools", elsewhere


def test_patience_with_circles_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []

    def counted(step: Step) -> Step:
        def take(tracer: Any, expr: Any, where: Where) -> Iterable[Origin]:
            taken.append(id(expr))
            return step(tracer, expr, where)

        return take

    monkeypatch.setattr(Tracer, "steps", {kind: counted(step) for kind, step in Tracer.steps.items()})
    monkeypatch.setattr(tracing, "_PATIENCE", 200)
    many = 24  # functions of which each may give what others give
    text = "".join(
        f"def f{n}(x):\n    y = f{(n + 1) % many}(x)\n    return y or f{(n + 7) % many}(y).go\n" for n in range(many)
    )
    facts = learn("app.py", ast.parse(text))

    def asked(tracer: Tracer) -> int:
        taken.clear()
        for one in facts.calls:
            tracer.origins(one.call, Where("app.py", one.scope, one.order))
        return len(taken)

    project = Project({"app.py": facts}, Modules(("app.py",), builtin()))
    patient, settled = Tracer(project), Tracer(project)
    with settled.settling():
        once = asked(settled)
    assert once < 200 + 2 * len(set(taken))
    assert asked(patient) > 3 * once
