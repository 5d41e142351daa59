"""A text → only those of its statements that are asked for, with the numbers and lines that they had.

LibCST costs ten times what ``ast`` does, per line that it is given; most statements of most files hold nothing that a
rule looks for. The facts know where each statement begins and ends, so the others need not be parsed at all.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from factorlint.facts import Statement


@dataclass(frozen=True)
class Cut:
    """A shorter text: the number of each statement in it, and the line in the whole text of each of its lines."""

    text: str
    numbers: Sequence[int]
    lines: Sequence[int]


def parents(statements: Sequence[Statement]) -> Mapping[int, list[int]]:
    """The statements of the module (-1) and of the classes in it that can be taken out by themselves, in order."""
    held: dict[int, list[int]] = {-1: []}
    for number, one in enumerate(statements):
        if one.parent in held:
            held[one.parent].append(number)
            if one.kind == "ClassDef":
                held[number] = []
    return held


def naming(text: str, statements: Sequence[Statement], names: Collection[str]) -> Iterator[int]:
    """The statements that `parents` tells whose TEXT has one of NAMES in it; of a class, what stands above its body."""
    if not names:
        return
    named = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(names)))})\b")
    lines = text.split("\n")
    held = parents(statements)
    for parent, siblings in held.items():
        above = statements[parent].line if parent >= 0 else 0  # decorators stand between two statements
        for number in siblings:
            one, inner = statements[number], held.get(number)
            end = max(one.line, statements[inner[0]].line - 1) if inner else one.end_line
            if named.search("\n".join(lines[min(above, one.line - 1) : end])):
                yield number
            above = one.end_line


def cut(text: str, statements: Sequence[Statement], wanted: frozenset[int]) -> Cut | None:
    """TEXT with those of its STATEMENTS whose numbers are WANTED, and the classes around them; None where that is all.

    WANTED are numbers that `parents` tells.
    """
    if "\r" in text.replace("\r\n", ""):
        return None  # a line ends there for Python, and not for who splits the text
    kept = list(_kept(parents(statements), statements, wanted))
    if sum(one.last - one.first for one in kept) == len(statements):
        return None
    whole = text.split("\n")
    lines = [line for one in kept for line in range(one.begin, one.end)]
    numbers = [number for one in kept for number in range(one.first, one.last)]
    return Cut("\n".join([*(whole[line] for line in lines), ""]), numbers, [line + 1 for line in lines])


class _Piece(NamedTuple):
    """Lines BEGIN to END (from 0, end exclusive), and the statements FIRST to LAST (exclusive) in them."""

    begin: int
    end: int
    first: int
    last: int


def _kept(held: Mapping[int, list[int]], statements: Sequence[Statement], wanted: frozenset[int]) -> Iterator[_Piece]:
    """The pieces that are wanted, in order. What is under way: siblings, which is next, and what follows the last."""
    under: list[tuple[list[int], int, int]] = [(held[-1], 0, len(statements))]
    begin = 0
    while under:
        siblings, at, after = under.pop()
        if at == len(siblings):
            continue
        first, end = siblings[at], statements[siblings[at]].end_line
        following = at + 1
        while following < len(siblings) and statements[siblings[following]].line <= end:  # a; b
            end = max(end, statements[siblings[following]].end_line)
            following += 1
        last = siblings[following] if following < len(siblings) else after
        under.append((siblings, following, after))
        if not wanted.isdisjoint(siblings[at:following]):
            yield _Piece(begin, end, first, last)
        elif any(first < number < last for number in wanted) and held.get(first):
            inner = held[first]  # the head of a class ends where its first statement does
            head = statements[inner[0]].end_line
            yield _Piece(begin, head, first, inner[1] if len(inner) > 1 else last)
            under.append((inner, 1, last))
            end = head
        begin = end
