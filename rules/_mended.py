"""What would mend the findings of FL09: a bound, an error that is told in one line, handling that is switched off."""

from __future__ import annotations

import libcst as cst

from factorlint.expr import last_name
from factorlint.model import Fix, Repair
from factorlint.rule import Held, Here

from ._handlers import logs

Mended = tuple[cst.CSTNode | None, Fix | None]
_NOTHING: Mended = (None, None)


def bound(held: Held) -> Fix | None:
    """The bound that the catalogue says the library takes, if it is an argument of this call."""
    for said in held.fact.gives_back:
        name, _, value = said.partition("=")
        if name in held.symbol.parameter("retries"):
            return Fix(name, value, "" if value.isdigit() else held.symbol.path.partition(".")[0])
    return None


def switched_off(node: cst.Call, held: Held, here: Here) -> Fix | None:
    """The argument that asked the library to handle the error, set to False."""
    name = held.fact.at
    if not name:
        return None
    at = here.argument_node(node, name, held.symbol)
    said = isinstance(at, cst.Arg) and at.keyword is not None
    return Fix(name, "False") if said else None


def told(handler: cst.ExceptHandler, in_tool: bool) -> Mended:
    """The error of HANDLER raised, or in a tool returned, for that is what its model reads."""
    name = _name(handler)
    if in_tool and name is None:
        return _NOTHING
    new = f'return f"{{type({name}).__name__}}: {{{name}}}"' if in_tool else "raise"
    line = handler.body.body[-1]
    last = line.body[-1] if isinstance(line, cst.SimpleStatementLine) else line
    if isinstance(last, (cst.Pass, cst.Return)):
        return last, Fix("", new, how=Repair.EXPRESSION)
    if isinstance(last, (cst.Expr, cst.Assign, cst.AugAssign, cst.AnnAssign)):
        return last, Fix("", new, how=Repair.ENDING)
    return _NOTHING


def one_line(handler: cst.ExceptHandler, here: Here) -> Mended:
    """The traceback that HANDLER gives away, as the error itself; only where it is the only one, and not for a log."""
    name = _name(handler)
    found = [one for one in here.inside(cst.Call) if last_name(one.expr(one.node.func)) == "format_exc"]
    if name is None or len(found) != 1:
        return _NOTHING
    if any(isinstance(node, cst.Call) and logs(here.expr(node.func)) for node in found[0].ancestors()):
        return _NOTHING
    return found[0].node, Fix("", f"repr({name})", how=Repair.EXPRESSION)


def _name(handler: cst.ExceptHandler) -> str | None:
    held = handler.name.name if handler.name else None
    return held.value if isinstance(held, cst.Name) else None
