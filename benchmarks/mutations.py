"""Real code with small changes that no author would make."""

from __future__ import annotations

import ast
import copy
import random
import tokenize
from collections.abc import Sequence
from io import StringIO
from typing import Any

_KINDS = (tokenize.NAME, tokenize.OP, tokenize.STRING, tokenize.NUMBER, tokenize.INDENT, tokenize.COMMENT)
_BLOCKS = ("body", "orelse", "finalbody")
_MOST = 40_000  # nodes of a tree that grows by doubling


def mutated(text: str, others: Sequence[str], dice: random.Random) -> str:
    """TEXT with a few changes of one kind; OTHERS are texts that a piece may come from."""
    way = dice.choice((truncated, tokens, tokens, nodes, nodes, nodes, spliced))
    try:
        return way(text, others, dice)
    except (SyntaxError, tokenize.TokenError, ValueError, TypeError, RecursionError, IndexError):
        return truncated(text, others, dice)  # no code that can be taken apart


def truncated(text: str, _: Sequence[str], dice: random.Random) -> str:
    """The beginning."""
    return text[: dice.randrange(len(text) + 1)]


def spliced(text: str, others: Sequence[str], dice: random.Random) -> str:
    """The beginning of one file and the end of another."""
    other = dice.choice(others)
    return text[: dice.randrange(len(text) + 1)] + other[dice.randrange(len(other) + 1) :]


def tokens(text: str, _: Sequence[str], dice: random.Random) -> str:
    """Tokens dropped, doubled, swapped with the next, or put in the place of another."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    rows = [
        (starts[one.start[0] - 1] + one.start[1], starts[one.end[0] - 1] + one.end[1])
        for one in tokenize.generate_tokens(StringIO(text).readline)
        if one.type in _KINDS
    ]
    chosen = sorted(dice.sample(range(len(rows) - 1), min(dice.choice((1, 1, 2, 5)), len(rows) - 1)), reverse=True)
    for at in chosen:
        (start, end), (after, stop) = rows[at], rows[at + 1]
        one, gap, following = text[start:end], text[end:after], text[after:stop]
        new = dice.choice(
            (
                gap + following,
                f"{one} {one}{gap}{following}",
                f"{following}{gap}{one}",
                text[slice(*dice.choice(rows))] + gap + following,
            )
        )
        text = text[:start] + new + text[stop:]
    return text


def nodes(text: str, _: Sequence[str], dice: random.Random) -> str:
    """Statements dropped, doubled or swapped, and expressions exchanged: code that may still parse."""
    tree = ast.parse(text)
    for _ in range(dice.choice((1, 2, 4, 8))):
        every = list(ast.walk(tree))
        if len(every) > _MOST:
            break
        if dice.random() < 0.4:
            _statement(every, dice)
        else:
            _expression(every, dice)
    return ast.unparse(tree)


def _statement(every: Sequence[ast.AST], dice: random.Random) -> None:
    blocks = [held for one in every for name in _BLOCKS if isinstance(held := getattr(one, name, None), list) and held]
    block, other = dice.choice(blocks), dice.choice(blocks)
    at = dice.randrange(len(block))
    way = dice.randrange(3)
    if way == 0 and len(block) > 1:
        del block[at]
    elif way == 1:
        block.insert(at, copy.deepcopy(block[at]))
    else:
        block[at] = copy.deepcopy(dice.choice(other))


def _expression(every: Sequence[ast.AST], dice: random.Random) -> None:
    places = [
        (one, name, index)
        for one in every
        for name, held in ast.iter_fields(one)
        for index, value in enumerate(held if isinstance(held, list) else [held])
        if isinstance(value, ast.expr)
    ]
    (holder, name, index), (giver, given, at) = dice.choice(places), dice.choice(places)
    held: Any = getattr(giver, given)
    value = copy.deepcopy(held[at] if isinstance(held, list) else held)
    if isinstance(getattr(holder, name), list):
        getattr(holder, name)[index] = value
    else:
        setattr(holder, name, value)
