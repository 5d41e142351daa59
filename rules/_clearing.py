"""What a tool does only to clear up: whether it succeeds is nothing that the model asked for."""

from __future__ import annotations

import libcst as cst

from factorlint.expr import Call, Const, Expr, Name, Seq, last_name, walk
from factorlint.rule import Here

_ENDS = frozenset("close aclose kill terminate quit disconnect shutdown cleanup wait unlink rmtree killpg".split())
_KILLERS = frozenset("pkill killall kill taskkill".split())


def only_clears_up(tried: Here) -> bool:
    """Whether the `try` only ends what the program left running or lying about: the model knows nothing of it."""
    body = tried.node.body
    function = tried.function()
    if function is None or not isinstance(body, cst.IndentedBlock):
        return False
    calls = [_called(line) for line in body.body]
    if any(one is None for one in calls):
        return False
    asked = {one.name for one in function.parameters} - {"self", "cls"}
    said = [inner.call(inner.node) for inner in tried.inside(cst.Call) if inner.node in calls]
    return len(said) == len(calls) and all(_ends(one) and asked.isdisjoint(names_behind(tried, [one])) for one in said)


def _called(line: cst.BaseStatement) -> cst.Call | None:
    """The call that is all of a statement."""
    small = line.body if isinstance(line, cst.SimpleStatementLine) else ()
    value = small[0].value if len(small) == 1 and isinstance(small[0], (cst.Expr, cst.Assign)) else None
    value = value.expression if isinstance(value, cst.Await) else value
    return value if isinstance(value, cst.Call) else None


def _ends(call: Call) -> bool:
    if last_name(call.func) in _ENDS:
        return True
    command = call.args[0] if call.args else None
    first = command.items[0] if isinstance(command, Seq) and command.items else command
    words = first.value.split() if isinstance(first, Const) and isinstance(first.value, str) else []
    return bool(words) and words[0] in _KILLERS


def names_behind(tried: Here, read: list[Expr]) -> set[str]:
    """The names that READ speaks of, and those that they were made of."""
    rows, found = tried.scope.bindings, set[str]()
    queue = list(read)
    while queue:
        for one in walk(queue.pop()):
            if isinstance(one, Name) and one.id not in found:
                found.add(one.id)
                queue += [row.value for row in rows.get(one.id, ()) if row.value is not None]
    return found
