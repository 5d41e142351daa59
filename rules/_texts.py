"""What the texts of a prompt say, as far as they are written in the tree."""

from __future__ import annotations

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
