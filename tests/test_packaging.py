"""What is installed is what is on the disk, and the command starts fast."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import factorlint
from factorlint.factors import FACTORS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CHECKOUT = Path(__file__).parent.parent
HEAVY = {"libcst", "rich", "yaml", "typer", "pathspec", "packaging", "tomllib", "tomli", "asyncio", "multiprocessing"}


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
    assert not modules_after("import factorlint.cli") & {"libcst", "yaml", "rich", "pathspec"}


def test_python_m_works() -> None:
    done = subprocess.run([sys.executable, "-m", "factorlint", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"factorlint {factorlint.__version__}\n"
