"""The sentences of a prompt that stand under no condition: not below "If a budget is given:", not "- Flights: …"."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SENTENCE = re.compile(r"(?<=[.!?;:])\s+|\n+")
_UNDER = re.compile(r"^\W*(?:\d+[.)]\W*)?(?:else\s+)?(?:only\s+)?(?:if|unless|in case)\b", re.IGNORECASE)
# "- Flights: call …" beside "- Charts: call …": what is said is said of flights.
_LABEL = re.compile(r"^\s*[-*•]\s*\W*(?P<about>[A-Za-z][\w &/'-]{1,40}?)\W*:\s+\S")
_EVERY_TIME = re.compile(
    r"\b(?:step|first|then|finally|important|note|always|rule|action|must|before|\d)\b", re.IGNORECASE
)


def sentences(text: str) -> Iterator[str]:
    lines = text.split("\n")
    kinds = [_topic(line) for line in lines]
    under = False
    for number, line in enumerate(lines):
        if not line.strip():
            under = False
            continue
        if line.rstrip(" *_").endswith(":"):
            under = _UNDER.match(line) is not None
        beside = kinds[max(number - 1, 0) : number] + kinds[number + 1 : number + 2]
        if under or (kinds[number] and any(beside)):
            continue
        yield from (one for one in _SENTENCE.split(line) if one.strip())


def _topic(line: str) -> bool:
    found = _LABEL.match(line)
    return found is not None and not _EVERY_TIME.search(found["about"])
