"""An inline prompt as a named constant: which texts can stand anywhere, what fills them, and what they are called."""

from __future__ import annotations

import libcst as cst

from factorlint.model import Fix, Repair
from factorlint.prompts import SYSTEM, Prompt
from factorlint.rule import Here


def as_constant(node: cst.CSTNode, here: Here, prompt: Prompt) -> tuple[cst.CSTNode | None, Fix | None]:
    """The text at NODE, if it says the same from a constant that ``format`` fills, and the fix that makes it one."""
    parts = _parts(node)
    if not parts:
        return None, None
    names: dict[str, None] = {}
    for part in parts:
        for hole in part.parts if isinstance(part, cst.FormattedString) else ():
            if isinstance(hole, cst.FormattedStringText):
                continue
            name = _filled_by(hole)
            if name is None:
                return None, None
            names.setdefault(name)
    if names and any(isinstance(part, cst.SimpleString) and set("{}") & set(part.value) for part in parts):
        return None, None
    fills = ", ".join(f"{name}={name}" for name in names)
    return node, Fix(fills, _name(here, prompt), safe=True, how=Repair.CONSTANT)


def _parts(node: cst.CSTNode) -> list[cst.SimpleString | cst.FormattedString]:
    """The literals that NODE is made of side by side; none if it is made of anything else."""
    if isinstance(node, cst.SimpleString):
        return [] if "b" in node.prefix.lower() else [node]
    if isinstance(node, cst.FormattedString):
        return [node]
    added = isinstance(node, cst.BinaryOperation)
    if not isinstance(node, (cst.ConcatenatedString, cst.BinaryOperation)):
        return []
    left, right = _parts(node.left), _parts(node.right)
    together = [*left, *right] if left and right else []
    if added and any(isinstance(one, cst.FormattedString) for one in together):
        return []  # `format` would fill the last of them only
    return together


def _filled_by(hole: cst.BaseFormattedStringContent) -> str | None:
    """The name of ``{name}`` or ``{name.attribute}``, with a plain format or none; None where more is computed."""
    if not isinstance(hole, cst.FormattedStringExpression) or hole.equal is not None:
        return None
    if any(not isinstance(one, cst.FormattedStringText) for one in hole.format_spec or ()):
        return None
    value = hole.expression
    while isinstance(value, cst.Attribute):
        value = value.value
    return value.value if isinstance(value, cst.Name) else None


def _name(here: Here, prompt: Prompt) -> str:
    """What to call the text: after the function that it stands in."""
    function = here.function()
    stem = function.name.strip("_").upper() if function is not None else ""
    stem = stem.removesuffix("PROMPT").rstrip("_")
    return "_".join(word for word in (stem, "SYSTEM" if prompt.part == SYSTEM else "", "PROMPT") if word)
