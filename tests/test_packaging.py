"""What is installed is what is on the disk, and the command starts fast."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import factorlint
from factorlint.factors import FACTORS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CHECKOUT = Path(__file__).parent.parent
HEAVY = {"libcst", "rich", "yaml", "typer", "packaging", "tomllib", "tomli", "asyncio", "multiprocessing"}


@pytest.fixture(scope="module")
def pyproject() -> dict[str, Any]:
    return tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))


def packages_on_disk() -> set[str]:
    """Every folder with an ``__init__.py`` under the two source folders, by the name it is installed under."""
    found = set()
    for folder, name in ((CHECKOUT / "factorlint", "factorlint"), (CHECKOUT / "rules", "factorlint.rules")):
        for init in folder.rglob("__init__.py"):
            below = init.parent.relative_to(folder).parts
            found.add(".".join((name, *below)))
    return found


def test_every_package_on_the_disk_is_listed(pyproject: dict[str, Any]) -> None:
    assert set(pyproject["tool"]["setuptools"]["packages"]) == packages_on_disk()
    assert pyproject["tool"]["setuptools"]["package-dir"] == {"factorlint.rules": "rules"}


def test_no_python_file_lies_outside_a_package() -> None:
    for folder in (CHECKOUT / "factorlint", CHECKOUT / "rules"):
        lost = [path for path in folder.rglob("*.py") if not (path.parent / "__init__.py").exists()]
        assert not lost


def test_the_installed_rules_are_those_of_the_checkout() -> None:
    spec = importlib.util.find_spec("factorlint.rules")
    assert spec
    assert spec.origin
    installed = Path(spec.origin).parent
    for pattern in ("*.py", "frameworks/*.yaml"):
        ours = {path.name for path in (CHECKOUT / "rules").glob(pattern)}
        assert {path.name for path in installed.glob(pattern)} == ours


def test_the_package_is_typed_and_carries_its_schemas() -> None:
    installed = Path(factorlint.__file__).parent
    assert (installed / "py.typed").exists()
    schemas = {path.name for path in (CHECKOUT / "factorlint").glob("*.json")}
    assert {path.name for path in installed.glob("*.json")} == schemas


def test_one_version_everywhere() -> None:
    assert importlib.metadata.version("factorlint") == factorlint.__version__
    assert f"## {factorlint.__version__}" in (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_one_word_in_every_place() -> None:
    """Chapter, rule file, fixture folder: the name of a factor is the same wherever it stands."""
    stems = {f"f{factor.number:02}_{factor.name.replace('-', '_')}" for factor in FACTORS}
    assert {path.stem for path in (CHECKOUT / "rules").glob("f[0-9]*.py")} <= stems
    assert {path.name for path in (CHECKOUT / "fixtures").glob("f[0-9]*")} <= stems


def modules_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nsys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stderr.split()}


def test_version_imports_nothing_heavy() -> None:
    code = "sys.argv = ['factorlint', '--version']\nfrom factorlint.__main__ import main\nmain()"
    assert not modules_after(code) & HEAVY


def test_the_command_line_imports_no_parser_before_a_command_runs() -> None:
    assert not modules_after("import factorlint.cli") & {"libcst", "yaml", "rich"}


def test_python_m_works() -> None:
    done = subprocess.run([sys.executable, "-m", "factorlint", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"factorlint {factorlint.__version__}\n"


MODULES = {"pyyaml": "yaml"}  # distribution → module, where the two differ


def imported(folder: Path) -> set[str]:
    """The modules of others that the code under FOLDER imports."""
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"factorlint"}


def modules(demands: list[str]) -> set[str]:
    names = {re.split(r"[^\w.-]", one)[0].lower() for one in demands}
    return {MODULES.get(name, name) for name in names}


def test_no_dependency_that_the_program_does_not_need(pyproject: dict[str, Any]) -> None:
    needed = modules(pyproject["project"]["dependencies"])
    extras = pyproject["project"]["optional-dependencies"]
    optional = modules([one for name, rows in extras.items() if name != "dev" for one in rows])
    found = imported(CHECKOUT / "factorlint") | imported(CHECKOUT / "rules")
    assert needed <= found
    assert found - needed - optional <= {"lsprotocol", "dask"}  # pygls and distributed bring them


def test_the_lock_file_holds_every_dependency(pyproject: dict[str, Any]) -> None:
    locked = {}
    for line in (CHECKOUT / ".ci" / "locked.txt").read_text(encoding="utf-8").splitlines():
        found = re.match(r"([\w.-]+)==(\S+)", line)
        if found:
            locked[canonicalize_name(found[1])] = found[2]
    extras = pyproject["project"]["optional-dependencies"]
    for one in (*pyproject["project"]["dependencies"], *(one for rows in extras.values() for one in rows)):
        wanted = Requirement(one)
        if wanted.name != "factorlint":
            assert locked[canonicalize_name(wanted.name)] in wanted.specifier, f".ci/lock is to be run: {one}"


def test_actions_are_pinned_to_a_commit() -> None:
    for path in (CHECKOUT / "action.yml", *(CHECKOUT / "docs").glob("*.md"), CHECKOUT / "README.md"):
        for used in re.findall(r"uses: (\S+)", path.read_text(encoding="utf-8")):
            assert used.startswith(("./", "OWNER/factorlint@")) or re.search(r"@[0-9a-f]{40}$", used), used


def test_what_a_workflow_is_told_is_never_part_of_a_command() -> None:
    for path in (*(CHECKOUT / "docs").glob("*.md"), CHECKOUT / "README.md"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert not re.search(r"\brun: .*\$\{\{", line), line
