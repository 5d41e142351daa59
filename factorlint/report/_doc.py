"""A rule's docstring, the only documentation there is: cut at its fixed headings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping

from factorlint.model import RuleInfo

LOOKS_AT = "What it looks at"
WHY = "Why it matters"
BREAKS = "What breaks at 80 %"
NOT_OWNED = "Framework-owned"
OWNED = "Owned"
BLIND = "What it cannot see"
HEADINGS = (LOOKS_AT, WHY, BREAKS, NOT_OWNED, OWNED, BLIND)

_RULE = re.compile(r"[-=~]{3,}")


def sections(doc: str) -> Mapping[str, str]:
    """The text under each heading of DOC, and under ``""`` what stands before the first; missing headings are left out.

    A heading stands alone on its line, whatever decorates it: ``## Owned``, ``Owned (code):``, an underline.
    """
    found: dict[str, list[str]] = {"": []}
    here = ""
    for line in inspect.cleandoc(doc).splitlines():
        heading = _heading(line)
        if heading:
            here = heading
            found[here] = []
        elif not (_RULE.fullmatch(line.strip()) and not found[here]):
            found[here].append(line)
    return {name: "\n".join(lines).strip("\n") for name, lines in found.items()}


def why(info: RuleInfo | None) -> str:
    """The first paragraph of why the factor of INFO matters, on one line; empty if nobody wrote it."""
    text = sections(info.doc).get(WHY, "") if info else ""
    return " ".join(inspect.cleandoc(text).split("\n\n", 1)[0].split())


def _heading(line: str) -> str:
    bare = re.sub(r"\s*\(.*\)$", "", line.strip().strip("#*").strip().rstrip(":").strip())
    return bare if bare in HEADINGS and not line.startswith((" ", "\t")) else ""
