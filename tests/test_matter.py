"""Which files matter, by their import lines alone."""

from __future__ import annotations

import pytest

from factorlint import catalog, imports
from factorlint.modules import Modules


def tree(*paths: str) -> Modules:
    return Modules(tuple(sorted(paths)), catalog.builtin())


def test_a_module_at_a_source_root_is_found_from_anywhere() -> None:
    assert tree("src/db.py", "tests/test_db.py").module("db", "tests/test_db.py") == "src/db.py"


def test_a_package_is_no_source_root_for_others() -> None:
    files = ("shop/server/__init__.py", "shop/server/db.py", "shop/server/app.py", "other/main.py")
    assert tree(*files).module("db", "other/main.py") is None
    assert tree(*files).module("db", "shop/server/app.py") == "shop/server/db.py"


@pytest.mark.parametrize(
    ("line", "matters"),
    [
        ("users.insert(name=name, role='admin')", False),
        ("strange.Agent('writer', role='admin')", True),
        ("strange.Agent(instructions='Be brief.')", True),
        ("strange.Worker(instructions='Be brief.')", False),
        ("strange.Worker(\n    'x', [f(1)],  # first\n    tools=(1, 2),\n    model=pick('m'),\n)", True),
        ("strange.figure(tools='hover,tap', x_range=rows, title='A plot')", False),
        ("strange.use(first(tools=[]), model=3)", False),
        ("strange.assistants(name='x', tools=[])", True),
        ("model = 1\ninstructions = strange.read()", False),
        ("strange.Worker(tools == 3)", False),
    ],
)
def test_what_looks_like_an_agent_of_a_strange_package_matters(line: str, matters: bool) -> None:
    told = imports.graph({"app.py": f"import strange\n\n{line}\n"}, tree("app.py"))
    assert not told.direct
    assert (told.matter == {"app.py"}) is matters
