"""What rule authors use: `factorlint test`, `factorlint new-rule`."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from installed import call, put

RUN = "from crewai import Crew\n\n\ndef go(crew: Crew):\n    crew.kickoff()"


@pytest.mark.parametrize(
    ("comment", "code", "said"),
    [
        ("  # expect: FL0801", 0, ""),
        ("  # ok: FL0801", 1, "a.py:5: found FL0801, which was not expected\n"),
        (
            "  # todo: FL0901\n    # expect: FL0801",
            1,
            "a.py:6: expected FL0801, which was not found\na.py:5: found FL0801",
        ),
        ("  # expect: FL0801, FL0901", 1, "a.py:5: expected FL0901, which was not found\n"),
    ],
)
def test_expectations_are_held_against_what_is_found(tmp_path: Path, comment: str, code: int, said: str) -> None:
    put(tmp_path, {"a.py": f"{RUN}{comment}\n"})
    done = call(tmp_path, "test", ".", "--select", "FL0801,FL0901")
    assert done.code == code
    assert done.out.startswith(said)


def test_nothing_expected_is_nothing_to_check(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": f"{RUN}\n"})
    assert call(tmp_path, "test", ".", "--select", "FL0701").code == 3


def test_one_file_is_no_folder_of_fixtures(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": f"{RUN}  # expect: FL0801\n"})
    done = call(tmp_path, "test", "a.py")
    assert (done.code, "is a file" in done.err) == (2, True)


def test_only_the_selected_checks_count(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": f"{RUN}  # expect: FL0901\n"})
    done = call(tmp_path, "test", ".", "--select", "FL0701,FL0901")
    assert (done.code, done.out) == (1, "a.py:5: expected FL0901, which was not found\n")
    assert done.err == "factorlint: 1 expectations, 1 not met, 0 known misses\n"


def test_a_known_miss_is_counted_and_fails_nothing(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": f"{RUN}  # expect: FL0801\n    print(1)  # todo: FL0901\n"})
    done = call(tmp_path, "test", ".", "--select", "FL0801,FL0901")
    assert (done.code, done.err) == (0, "factorlint: 2 expectations, 0 not met, 1 known misses\n")


def test_a_file_that_cannot_be_read_fails(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": f"{RUN}  # expect: FL0801\n", "b.py": "from crewai import Crew\nx = [\n    y z]\n"})
    done = call(tmp_path, "test", ".")
    assert (done.code, "parse-error" in done.out) == (1, True)


def test_a_new_rule_is_python_and_overwrites_nothing(tmp_path: Path) -> None:
    done = call(tmp_path, "new-rule", "FL0850", "sleeping-tool")
    assert done.code == 0
    assert done.out.split() == ["sleeping_tool.py", "fixtures/sleeping_tool/example.py", "pyproject.toml"]
    for name in done.out.split()[:2]:
        ast.parse((tmp_path / name).read_text(encoding="utf-8"))
    again = call(tmp_path, "new-rule", "FL0850", "sleeping-tool")
    assert (again.code, "sleeping_tool.py exists" in again.err) == (2, True)
    env = {"PYTHONPATH": str(tmp_path)}
    words = ("test", "fixtures", "--plugin", "sleeping_tool", "--select", "FL0850")
    assert call(tmp_path, *words, env=env).code == 0
    other = call(tmp_path, "new-rule", "FL0951", "other-thing")
    assert other.out.split() == ["other_thing.py", "fixtures/other_thing/example.py"]


@pytest.mark.parametrize(
    ("code", "name"), [("FL9950", "x"), ("FL08", "x"), ("8", "x"), ("FL0850", "Bad Name"), ("FL0850", "")]
)
def test_codes_and_names_that_cannot_be_are_refused(tmp_path: Path, code: str, name: str) -> None:
    assert call(tmp_path, "new-rule", code, name).code == 2
    assert not list(tmp_path.iterdir())
