"""What the texts of a prompt say, as far as they are written in the tree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from factorlint.origin import Kind, Where
from factorlint.prompts import Prompt
from factorlint.rule import View, text_of


def texts(view: View, prompt: Prompt) -> Iterator[str]:
    """The text of PROMPT; of a function, whatever it may return."""
    if prompt.kind not in ("literal", "constant", "function"):
        return  # written nowhere in the tree: what else the same expression may be is a prompt by itself
    rows = [(prompt.expr, prompt.place)]
    if prompt.origin.kind is Kind.DEFINITION:
        scope = view.project.scope(prompt.place)
        rows = [(value, Where(prompt.place.path, scope.id, at)) for at, value in scope.returns]
    for expr, where in rows:
        text = text_of(view.tracer, expr, where)
        if text is not None:
            yield text


# ``- Weight: {…}kg``: a name of at most four words for a value, or the value alone.
_LAID_OUT = re.compile(r"[\W_]*(?:\w+(?:[ /'()-]+\w+){0,3}\W*[:=])?[^\w{]*(?:\{…\}[\w%°]{0,4}[^\w{]*)*")
# ``This is the summary of the report: {…}``: a sentence that only says what comes behind its colon.
_INTRODUCED = re.compile(
    r"[^\w{]*(?:and )?(?:(?:this|that|here|below) is|(?:these|here|below) are|the following(?: \w+){0,4} (?:is|are)|"
    r"(?:outlined|provided|given|shown|listed)(?: \w+){1,4} (?:is|are))\b[^.!?:{]*:[^\w{]*(?:\{…\}[^\w{]*)*",
    re.IGNORECASE,
)


def lays_out(text: str) -> bool:
    """Whether a text with holes only says what the values in it are: it tells the model nothing to do."""
    return text.count("{…}") > 1 and all(map(_only_names, text.splitlines()))


def _only_names(line: str) -> bool:
    return len(line) < 200 and bool(_LAID_OUT.fullmatch(line) or _INTRODUCED.fullmatch(line))
