"""What the texts of a prompt say, as far as they are written in the tree."""

from __future__ import annotations

from collections.abc import Iterator

from factorlint.origin import Kind, Where
from factorlint.prompts import Prompt
from factorlint.rule import View, text_of


def texts(view: View, prompt: Prompt) -> Iterator[str]:
    """The text of PROMPT; of a function, whatever it may return."""
    if prompt.kind == "function" and prompt.origin.kind is Kind.DEFINITION:
        scope = view.project.scope(prompt.place)
        found = [text_of(view.tracer, value, Where(prompt.place.path, scope.id, at)) for at, value in scope.returns]
    elif prompt.kind in ("literal", "constant", "function"):
        found = [text_of(view.tracer, prompt.expr, prompt.place)]
    else:
        found = []
    yield from (one for one in found if one)
