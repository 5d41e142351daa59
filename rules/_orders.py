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
    topics = [False, *map(_topic, lines), False]
    under = False
    for number, line in enumerate(lines):
        if not line.strip():
            under = False
        elif line.rstrip(" *_").endswith(":"):
            under = _UNDER.match(line) is not None
        before, here, after = topics[number : number + 3]
        if under or (here and (before or after)):
            continue
        yield from (one for one in _SENTENCE.split(line) if one.strip())


def _topic(line: str) -> bool:
    found = _LABEL.match(line)
    return found is not None and not _EVERY_TIME.search(found["about"])
