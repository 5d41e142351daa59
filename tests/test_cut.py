"""What is cut out of a text keeps its numbers and lines, and is found as if the whole had been read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import libcst as cst
import pytest

from factorlint.cut import cut, naming
from factorlint.facts import Facts
from factorlint.learn import learn_one
from factorlint.model import Role
from factorlint.source import Source
from factorlint.walk import Misnumbered, Walk

TEXT = '''"""A text
of two lines."""
import os; import sys

# said of the class
@decorated(
    1,
)
class A:
    x = 1

    def f(self):
        return """
a line that is no statement
"""

a = [
    1,
]; b = 2
if a:
    c = 1
else:
    c = 2
'''


def facts(text: str) -> Facts:
    found = learn_one(Source("a.py", Role.APP, text, ""))
    assert isinstance(found, Facts)
    return found


def shorter(wanted: set[int]) -> tuple[str, list[int]]:
    """What is left, and the line that each of its lines had."""
    told = cut(TEXT, facts(TEXT).statements, frozenset(wanted))
    assert told is not None
    return told.text, list(told.lines)


def test_lines_keep_their_numbers() -> None:
    lines = TEXT.split("\n")
    text, places = shorter({1, 9})
    assert text.split("\n")[:-1] == [lines[place - 1] for place in places]
    assert places[0] == 3


def test_a_class_is_left_with_its_head_and_what_is_wanted() -> None:
    kinds = [one.kind for one in facts(TEXT).statements]
    assert (kinds[3], kinds[5]) == ("ClassDef", "FunctionDef")
    text, _ = shorter({5})
    assert text == TEXT[TEXT.index("\n# said") : TEXT.index("\na = [")]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("sys", [3]),
        ("decorated", [9]),
        ("statement", [12]),
        ("A", [1, 9]),
        ("a", [12, 17, 20]),
        ("b", [17, 19]),
        ("x", [10]),
        ("y", []),
    ],
)
def test_statements_that_name_something(name: str, lines: list[int]) -> None:
    statements = facts(TEXT).statements
    assert sorted({statements[number].line for number in naming(TEXT, statements, [name])}) == lines


def test_all_is_none() -> None:
    statements = facts(TEXT).statements
    assert cut(TEXT, statements, frozenset(range(len(statements)))) is None
    assert cut(TEXT.replace("\n", "\r"), statements, frozenset({1})) is None


@pytest.mark.parametrize("size", [1, 2, 3])
def test_numbers_are_those_of_the_statements(size: int) -> None:
    known = facts(TEXT)
    whole = statements(TEXT)
    for wanted in combinations([number for number, one in enumerate(known.statements) if one.parent in (-1, 3)], size):
        told = cut(TEXT, known.statements, frozenset(wanted))
        assert told is not None
        left = statements(told.text, told.numbers)
        assert left.keys() == set(told.numbers) >= set(wanted)
        assert {number: left[number] for number in left if number != 3} == {
            number: whole[number] for number in left if number != 3
        }


def statements(text: str, numbers: Sequence[int] | None = None) -> dict[int, str]:
    """Number → code of every statement."""
    steps = Walk(cst.parse_module(text), {}, numbers).steps
    return {
        step.order: cst.Module([]).code_for_node(step.node).strip()
        for step in steps
        if step.up is not None and step.order != step.up.order
    }


def test_statements_that_are_not_those_are_noticed() -> None:
    with pytest.raises(Misnumbered):
        Walk(cst.parse_module("a = 1\nb = 2\n"), {}, [0])
    with pytest.raises(Misnumbered):
        Walk(cst.parse_module("a = 1\n"), {}, [0, 1])
