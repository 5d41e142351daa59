"""Commands that the body of a tool runs: whether they do what the model says, or only read for it."""

from __future__ import annotations

import re

from factorlint.expr import Call, Const, Expr, Name, Op, Seq, Text, walk
from factorlint.facts import Scope
from factorlint.origin import Where
from factorlint.project import Seen
from factorlint.rule import View

from ._verbs import reads_by_name

COMMANDS = re.compile(
    r"subprocess\.(?:run|call|check_call|check_output|Popen|getoutput|getstatusoutput)|os\.(?:system|popen|exec\w*|spawn\w*)"
    r"|asyncio\.create_subprocess_(?:shell|exec)|builtins\.(?:exec|eval)|pexpect\.\w+|commands\.getoutput"
)


def runs_something(view: View, call: Call, where: Where, owner: Scope, name: str) -> bool:
    """Whether a command does what the model says, and not only reads for it."""
    said = _program(view, call, where)
    if said in _READING or (said and said not in _RUNNING and reads_by_name(name)):
        return False
    return not is_constant(view, call, where, owner)


def only_reads(view: View, call: Call, where: Where) -> bool:
    """Whether a command begins with a program that only reads, whatever it is given."""
    return _program(view, call, where) in _READING


def _program(view: View, call: Call, where: Where) -> str:
    """The program that a command, given as a list, begins with, as it is written down; else ""."""
    given = (*call.args[:1], *(value for key, value in call.keywords if key in ("args", "cmd", "command")))
    said = [_first_word(view, one, where, set()) for one in given]
    return said[0] or "" if len(said) == 1 else ""


def _first_word(view: View, expr: Expr, where: Where, seen: Seen) -> str | None:
    """The first word of a list, "" where it is not known; None where a name that is lengthened leads back to itself."""
    if isinstance(expr, Seq) and expr.items:
        first = expr.items[0]
        return str(first.value).rpartition("/")[2] if isinstance(first, Const) and first.type == "str" else ""
    if isinstance(expr, Op) and expr.op == "+":
        return _first_word(view, expr.operands[0], where, seen)
    if not isinstance(expr, Name):
        return ""
    before = list(view.project.given(expr.id, where))
    given = list(view.project.given_once(expr.id, where, seen))
    said = {_first_word(view, value, at, seen) for value, at in given} - {None}
    if not said:
        return None if before else ""
    return said.pop() if len(said) == 1 else ""


_READING = frozenset(
    "ls cat grep egrep fgrep rg ag find fd head tail wc stat file tree du df ps which pwd date uname diff cmp".split()
)
# Programs that run what they are given.
_RUNNING = frozenset(
    "sh bash zsh dash ksh fish cmd cmd.exe powershell pwsh python python3 node perl ruby php sudo su env xargs docker "
    "podman kubectl ssh nsenter timeout".split()
)


def is_constant(view: View, call: Call, where: Where, owner: Scope) -> bool:
    """Whether nothing that the function OWNER is given goes into the command: it is written down but for settings."""
    first = call.args[0] if call.args else next((value for key, value in call.keywords if key == "args"), None)
    return first is None or not _of_parameters(view, first, where, owner, set())


def _of_parameters(view: View, expr: Expr, where: Where, owner: Scope, seen: Seen) -> bool:
    """Whether a parameter of the function OWNER goes into EXPR, or what a call gives of which nothing is known."""
    if not any(isinstance(one, (Const, Text)) for one in walk(expr)) and not isinstance(expr, Name):
        return True
    inside = {row.name for row in owner.parameters}
    for one in walk(expr):
        if isinstance(one, Name):
            before = view.project.given_once(one.id, where, seen)
            if one.id in inside or any(_of_parameters(view, value, at, owner, seen) for value, at in before):
                return True
    return False
