"""What an agent looks like that is made by a package which the catalogue does not know: a guess, and no more.

Users, plots and columns are given a ``role`` or ``tools`` too. So one of an agent's usual arguments is not enough: it
has two, or is called so.
"""

from __future__ import annotations

import re
from collections.abc import Set

SIGNS = frozenset("role goal backstory instructions tools system_prompt system_message".split())
_MORE = frozenset("persona llm model agents tasks task memory max_iterations max_steps max_turns".split())
_NAMES = ("agent", "assistant", "crew", "swarm", "team")
_SIGN = re.compile(rf"\b(?:{'|'.join(sorted(SIGNS))})\s*=(?!=)")
_PASSED = re.compile(r"\b(\w+)\s*=(?!=)")
_CALLED = re.compile(r"\w*\s*$")
_OPEN, _CLOSE = "([{", ")]}"
_FAR = 2_000  # characters between a word and the end of the call that it is in


def is_agent_like(name: str, words: Set[str]) -> bool:
    """Whether what is called NAME and given WORDS may be an agent."""
    named = any(one in name.lower() for one in _NAMES)
    return bool(words & SIGNS) and (named or len(words & (SIGNS | _MORE)) > 1)


def makes_one(text: str) -> bool:
    """Whether TEXT seems to make an agent, told without a parse; a plain search first, for the pattern takes longer."""
    if not any(word in text for word in SIGNS):
        return False
    return any(_is_made(text, found.start()) for found in _SIGN.finditer(text))


def _is_made(text: str, at: int) -> bool:
    """Whether the brackets around the place AT hold what makes an agent."""
    ahead = _until(text[max(0, at - _FAR) : at][::-1], _CLOSE, _OPEN)
    if ahead is None:
        return False
    behind = _until(text[at : at + _FAR], _OPEN, _CLOSE)
    first, last = at - ahead, at + (_FAR if behind is None else behind)
    called = _CALLED.search(text, max(0, first - 100), first - 1)
    return is_agent_like(called.group().strip() if called else "", set(_PASSED.findall(text, first, last)))


def _until(text: str, deeper: str, ending: str) -> int | None:
    """How many characters of TEXT stand before the bracket that ends what it begins in."""
    depth = 0
    for number, character in enumerate(text):
        if character in deeper:
            depth += 1
        elif character in ending:
            if depth == 0:
                return number
            depth -= 1
    return None
