"""Which versions hold for which file, and that no manifest can do harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from factorlint.pins import Pin, Pins, newest, read_pins


def tree(root: Path, files: dict[str, str]) -> Pins:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return read_pins(root)


def told(pins: Pins, package: str = "frame", path: str = "app/a.py") -> tuple[str, str, int | None] | None:
    pin = pins.find(package, path)
    return (pin.specifier, pin.file, pin.line) if pin else None


PYPROJECT = """\
[project]
name = "x"
dependencies = [
  "other",
  "Frame[all]>=1.0,<2; python_version > '3.8'",
]
"""
POETRY = """\
[tool.poetry.dependencies]
python = "^3.10"
frame = { version = "^1.4", extras = ["a"] }
[tool.poetry.group.dev.dependencies]
tilde = "~1.4"
star = "*"
bare = "1.4.2"
many = [{version = "^1", python = "<3.9"}, {version = "^2", python = ">=3.9"}]
either = "^1 || ^2"
zero = "^0.3.1"
git = {git = "https://example.invalid/x"}
"""
LOCK = """\
version = 1

[[package]]
name = "frame"
version = "1.4.2"
source = { registry = "x" }
dependencies = [
    { name = "other", version = "9" },
]

[package.metadata]
name = "nothing"
version = "3"

[[package]]
category = "main"
name = "old-style"
optional = false
version = "0.1"

[metadata]
"""


@pytest.mark.parametrize(
    ("name", "text", "specifier", "line"),
    [
        ("requirements.txt", "# note\nother\nFRAME == 1.2.3  # pinned\n", "==1.2.3", 3),
        ("requirements.txt", "frame[all]>=1 ; python_version > '3'\n", ">=1", 1),
        ("requirements.txt", "frame==1.2 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nb==1", "==1.2", 1),
        ("requirements.txt", "\ufeff-i https://example.invalid\n-e .\n./x\ngit+https://a/b\nframe\n", "", 5),
        ("requirements.txt", "frame @ https://example.invalid/frame.whl\n", "", 1),
        ("requirements-dev.txt", "frame~=1.4\n", "~=1.4", 1),
        ("dev-requirements.in", "frame~=1.4\n", "~=1.4", 1),
        ("requirements/base.txt", "frame~=1.4\n", "~=1.4", 1),
        ("pyproject.toml", PYPROJECT, "<2,>=1.0", 5),
        ("pyproject.toml", "[project.optional-dependencies]\na = ['frame==1']\n", "==1", 2),
        ("pyproject.toml", "[dependency-groups]\na = ['frame==1', {include-group = 'b'}]\n", "==1", 2),
        ("pyproject.toml", "[tool.uv]\ndev-dependencies = ['frame==1']\n", "==1", 2),
        ("pyproject.toml", POETRY, "<2,>=1.4", 3),
        ("Pipfile", "[packages]\nframe = '==1.2'\n", "==1.2", 2),
        ("Pipfile.lock", '{"default": {\n"frame": {"version": "==1.2"}, "b": {}}}', "==1.2", 2),
        ("uv.lock", LOCK, "==1.4.2", 5),
        ("poetry.lock", LOCK, "==1.4.2", 5),
        ("pdm.lock", LOCK, "==1.4.2", 5),
        ("setup.cfg", "[options]\ninstall_requires =\n    other\n    frame>=1 ; python_version > '3'\n", ">=1", 4),
        ("setup.cfg", "[options.extras_require]\na = frame>=1\n", ">=1", None),
        ("setup.py", "from setuptools import setup\nsetup(install_requires=['frame>=1', f'{x}'])", None, None),
        ("setup.py", "import setuptools\nX = ['b',\n  'frame>=1']\nsetuptools.setup(install_requires=X)", ">=1", 3),
        ("setup.py", "setup(extras_require={'a': ['frame>=1']})", ">=1", 1),
        ("setup.py", "setup(install_requires=open('x').read())", None, None),
        ("environment.yml", "name: x\ndependencies:\n  - c::frame=1.4=py_0\n", "==1.4", 3),
        ("environment.yml", "dependencies:\n  - frame=1.4\n", "==1.4.*", 2),
        (
            "environment.yml",
            "dependencies:\n- python\n- pip:\n  - 'frame>=1.4'  # x\nchannels:\n- frame==2\n",
            ">=1.4",
            4,
        ),
    ],
)
def test_every_kind_of_file(tmp_path: Path, name: str, text: str, specifier: str | None, line: int | None) -> None:
    pins = tree(tmp_path, {name: text})
    assert told(pins) == (None if specifier is None else (specifier, name, line))
    assert pins.problems == ()


def test_wishes_of_poetry(tmp_path: Path) -> None:
    pins = tree(tmp_path, {"pyproject.toml": POETRY})
    wishes = {"tilde": "<1.5,>=1.4", "star": "", "bare": "==1.4.2", "many": "<3,>=2", "either": "<3,>=2", "git": ""}
    for name, specifier in {**wishes, "zero": "<0.4,>=0.3.1"}.items():
        pin = pins.find(name, "a.py")
        assert pin is not None
        assert pin.specifier == specifier, name
    assert pins.find("python", "a.py") is None


def test_old_locks(tmp_path: Path) -> None:
    pins = tree(tmp_path, {"poetry.lock": LOCK})
    assert pins.find("Old_Style", "a.py") == Pin("old-style", "==0.1", "poetry.lock", 19, True)
    assert pins.find("other", "a.py") is pins.find("nothing", "a.py") is None


def test_the_nearest_folder_counts(tmp_path: Path) -> None:
    pins = tree(tmp_path, {"requirements.txt": "frame==1", "app/requirements.txt": "frame==2", "lib/setup.cfg": ""})
    assert told(pins, path="app/deep/er/a.py") == ("==2", "app/requirements.txt", 1)
    assert told(pins, path="application/a.py") == told(pins, path="lib/a.py") == ("==1", "requirements.txt", 1)
    assert told(pins, path="a.py") == ("==1", "requirements.txt", 1)
    assert told(pins, "nothing") is None


def test_a_folder_of_requirements_speaks_for_the_one_above(tmp_path: Path) -> None:
    pins = tree(tmp_path, {"app/requirements/base.txt": "frame==2"})
    assert told(pins, path="app/a.py") == ("==2", "app/requirements/base.txt", 1)
    assert told(pins, path="a.py") is None


def test_locks_beat_exact_versions_beat_ranges_beat_names(tmp_path: Path) -> None:
    files = {"setup.cfg": "[options]\ninstall_requires = frame", "pyproject.toml": PYPROJECT}
    assert told(tree(tmp_path, files)) == ("<2,>=1.0", "pyproject.toml", 5)
    assert told(tree(tmp_path, {"requirements.txt": "frame==1.3\n"})) == ("==1.3", "requirements.txt", 1)
    assert told(tree(tmp_path, {"uv.lock": LOCK})) == ("==1.4.2", "uv.lock", 5)


def test_of_equals_the_one_that_allows_the_newest(tmp_path: Path) -> None:
    text = "frame==1.21; python_version < '3.8'\nframe==1.26; python_version >= '3.8'\nframe==1.9\n"
    assert told(tree(tmp_path, {"requirements.txt": text})) == ("==1.26", "requirements.txt", 2)


def test_the_lock_of_a_workspace_serves_its_members(tmp_path: Path) -> None:
    files = {"uv.lock": LOCK, "app/pyproject.toml": "[project]\ndependencies = ['frame>=1.0']"}
    assert told(tree(tmp_path, files)) == ("==1.4.2", "uv.lock", 5)
    assert told(tree(tmp_path, {"app/pyproject.toml": "[project]\ndependencies = ['frame>=3']"})) == (
        *(">=3", "app/pyproject.toml", 2),
    )


def test_includes_speak_for_the_folder_that_includes(tmp_path: Path) -> None:
    files = {"app/requirements.txt": "-r ../shared/pins.txt\n--constraint=c.txt\n-r gone.txt\n-rself.txt"}
    files |= {
        "shared/pins.txt": "frame==1",
        "app/c.txt": "other==2",
        "app/self.txt": "-r self.txt\n-r requirements.txt\nthird==3",
    }
    pins = tree(tmp_path, files)
    assert told(pins) == ("==1", "shared/pins.txt", 1)
    assert told(pins, "other") == ("==2", "app/c.txt", 1)
    assert told(pins, "third") == ("==3", "app/self.txt", 3)
    assert told(pins, path="a.py") is None
    assert pins.problems == ()


def test_nothing_outside_the_tree_is_included(tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("frame==6\nroot:x:0:0\n")
    root = tmp_path / "root"
    (root / "away").mkdir(parents=True)
    (root / "away/link.txt").symlink_to(tmp_path / "outside.txt")
    (root / "requirements.txt").write_text(
        f"-r ../outside.txt\n-r {tmp_path}/outside.txt\n-r away/link.txt\n-r https://example.invalid/x\n-r a\0b\n-r .\n"
    )
    (root / "setup.cfg").symlink_to(tmp_path / "outside.txt")
    pins = read_pins(root)
    assert told(pins, path="a.py") is None
    assert "root" not in str(pins.problems)


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("pyproject.toml", "[project\n", None),
        ("pyproject.toml", "a = " + "[" * 100_000, None),
        ("pyproject.toml", "[project]\ndependencies = ['no requirement!']", 2),
        ("Pipfile.lock", "{", 1),
        ("Pipfile.lock", "[" * 100_000, None),
        ("setup.py", "print 'two'\n", 1),
        ("setup.py", "x = " + "(" * 5_000, None),
        ("setup.cfg", "nothing\n", 1),
        ("requirements.txt", "frame==1\n{{ cookiecutter.name }}\n???\n", 2),
        ("uv.lock", "<<<<<<< HEAD\n", None),
    ],
)
def test_what_cannot_be_read_is_one_problem(tmp_path: Path, name: str, text: str, line: int | None) -> None:
    [problem] = tree(tmp_path, {name: text}).problems
    assert (problem.path, problem.kind) == (name, "pins")
    assert line is None or problem.line == line


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "project = 3\n[tool]\npoetry = 3\n"),
        ("pyproject.toml", "dependency-groups = 3\n[tool.poetry]\ngroup = {a = 1, b = {dependencies = []}}\n"),
        ("pyproject.toml", "[project]\ndependencies = [3, [], {a = 1}]\n"),
        ("Pipfile.lock", '{"default": 3}'),
        ("Pipfile.lock", "3"),
        ("Pipfile.lock", '{"default": {"a": 3, "b": {"version": 4}}}'),
        ("setup.py", "setup(**{})\nsetup(install_requires={1: [{}], 2: 3})\nsetup(install_requires={[]: 1})\n"),
        ("environment.yml", "dependencies:\n- {a: b}\n- [\n- \n"),
        ("requirements.txt", "\n\n#\n   \\\n"),
        ("uv.lock", ""),
    ],
)
def test_odd_shapes_are_no_pins(tmp_path: Path, name: str, text: str) -> None:
    assert tree(tmp_path, {name: text}).folders == {}


def test_too_large(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"#" * 500_001)
    assert [problem.kind for problem in read_pins(tmp_path).problems] == ["too-large"]


def test_hostile_files_are_read_to_the_end(tmp_path: Path) -> None:
    tree(tmp_path, {"requirements.txt": "frame==1 \\\n" * 90_000, "uv.lock": '[[package]]\nname = "a"\n' * 200_000})
    tree(
        tmp_path,
        {"b/requirements.txt": "a" * 990_000, "b/setup.cfg": "[options]\ninstall_requires =" + "\n a==1" * 40_000},
    )
    tree(tmp_path, {"c/pyproject.toml": "a" + ".a" * 240_000 + " = 1", "c/requirements.txt": "a,>" * 300_000})
    tree(
        tmp_path,
        {"d/pyproject.toml": "a" * 490_000, "d/Pipfile": "a. " * 160_000, "d/environment.yml": "- a\n" * 120_000},
    )
    tree(
        tmp_path,
        {"e/environment.yml": "dependencies:\n- " + "a" * 490_000, "e/setup.py": "x = " + "a." * 200_000 + "a"},
    )
    tree(tmp_path, {"f/setup.py": "import a" + ".a" * 200_000, "g/setup.py": "x = a" + ".b()" * 100_000})


def test_nothing_is_executed(tmp_path: Path) -> None:
    tree(tmp_path, {"setup.py": f"open({str(tmp_path / 'ran')!r}, 'w')\nfrom setuptools import setup\nsetup()\n"})
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("pin", "condition", "holds"),
    [
        ("==1.0.7", ">=1.0.7", True),
        ("==1.0.6", ">=1.0.7", False),
        ("==1.0.6", ">=1.0.6,<1.1.10", True),
        ("==1.2.0rc1", ">=1.2", True),
        ("==1.2.0.post1", "==1.2", True),
        (">=0.3", ">=99", True),
        (">=0.3", "<1", False),
        ("<1", ">=1", False),
        ("<1", "<1", True),
        ("<1", ">=0.9", True),
        ("<=1", ">=1", True),
        ("<=1", "<1", False),
        (">=0.1,<0.3,!=0.2.5", ">=0.2", True),
        (">=0.1,<0.3", "<0.3", True),
        (">=0.1,<0.3", "<0.2", False),
        ("~=1.4", ">=1.9", True),
        ("~=1.4", "<2", True),
        ("~=1.4.2", "<1.5", True),
        ("==1.*", ">=1.9,<2", True),
        ("==1.*", "==1.*", True),
        ("==1.*", "~=1.0", True),
        ("==1.*", "==1.3", False),
        ("==1.*", "!=1.3", True),
        (">=1", "==1.*", False),
        (">=1", "!=1.*", True),
        ("<2.5", "==1.*", False),
        ("<2", "==2.*", False),
        ("", ">=5", True),
        ("", "<5", False),
        ("===odd", "<5", False),
        ("==1.0", "", True),
        ("==1.0", ">=1; <2", True),
        ("==1.0", ">=1; <1", False),
        ("==1.0", "other>=7", True),
        ("==1.0", ">=1;third-one<2", True),
        ("==1.0", "third-one >= 2", False),
    ],
)
def test_conditions_of_the_catalogue(tmp_path: Path, pin: str, condition: str, holds: bool) -> None:
    pins = tree(tmp_path, {"requirements.txt": f"frame{pin}\nThird_One==1.5\n"})
    assert pins.allows("frame", condition, "app/a.py") is holds


def test_without_a_pin_the_newest_is_assumed(tmp_path: Path) -> None:
    pins = tree(tmp_path, {"requirements.txt": "frame\nranged>=1\nbounded<2\nexact==1\n"})
    assert [pins.assumes(name, "a.py") for name in ("frame", "ranged", "bounded", "exact", "gone")] == [
        *(True, True, False, False, True)
    ]
    assert pins.allows("gone", ">=1000", "a.py")
    assert not Pins({}).allows("gone", "<1000", "a.py")


def test_a_condition_that_is_none() -> None:
    with pytest.raises(ValueError, match="Invalid specifier"):
        Pins({}).allows("frame", ">>1", "a.py")


def test_the_newest_of_a_range() -> None:
    assert str(newest("<2,<=1.5,<1.9").version) == "1.5"
    assert newest(">1,!=2").version is None
