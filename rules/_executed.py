"""Where what the model wrote is run: by the interpreter, a shell, a database, or as a file that it was written to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import libcst as cst

from factorlint.expr import Attr, Call, Const, Expr, Name, Seq, Text, dotted, last_name, walk
from factorlint.facts import Binding
from factorlint.origin import Kind, Where
from factorlint.provenance.answers import answers_in
from factorlint.rule import Here

from ._people import asks, calls_of

_SHAPES = ("text", "response", "messages", "stream", "part", "parsed", "typed")

_RUNNERS = {
    "builtins.eval": "eval",
    "builtins.exec": "exec",
    "builtins.compile": "compile",
    "os.system": "a shell",
    "os.popen": "a shell",
    "subprocess.getoutput": "a shell",
}
_SHELLS = frozenset(f"subprocess.{name}" for name in ("run", "Popen", "call", "check_call", "check_output")) | {
    "asyncio.create_subprocess_shell"
}
_PROCESSES = _SHELLS | {"os.system", "os.popen", "asyncio.create_subprocess_exec"}
_INTERPRETER = re.compile(
    r"(?i)(?:\S*/)?(?:sys\.executable|\w*python[\d.]*\w*|bash|sh|zsh|node|deno|bun|ruby|perl|rscript)\b"
)
_A_COMMAND = re.compile(
    r"(?i)command|cmd|code|script|sql|query|statement|expr|shell|bash|arg|option|flag|condition|where|self|cls|ctx|context"
)
_BASES = frozenset("con conn connection cur cursor db database engine session".split())
_QUERIES = frozenset("execute executemany executescript fetch fetchrow fetchval raw read_sql read_sql_query".split())


def executed(node: cst.Call, here: Here) -> str | None:
    """What runs the model's words at the call NODE, with nobody asked before; None for any other call.

    What a tool runs was declared to the model as a command's way: F7 asks who approves it. A part of a command is not.
    """
    if not node.args:
        return None
    if _is_a_tools(here):
        what = _runs(node, here)
        return what if what is not None and _fills_in(node, here) and not _asked(here) else None
    what = _runs(node, here)
    if what is None or not any(one.shape in _SHAPES for one in here.answers(node.args[0].value)):
        what = "an interpreter, in a file" if _runs_what_was_written(node, here) else None
    return what if what is not None and not _asked(here) else None


def _fills_in(node: cst.Call, here: Here) -> bool:
    """Whether a command or statement that the tree words is filled in with what a tool is given, unquoted.

    ``run(f"git show {name}", shell=True)``: no command of the model's, until the name is ``x; rm -rf .``.
    """
    function = here.function()
    if function is None or (here.where.path, function.id) not in here.view.agents.bodies:
        return False
    words = {row.name for row in function.parameters if _is_a_word(row.name, row.annotation)}
    for one in here.origins(node.args[0].value):
        filled = isinstance(one.expr, Text) and one.place is not None and one.place.scope == function.id
        parts = one.expr.parts if filled and isinstance(one.expr, Text) else ()
        fixed = "".join(str(part.value) for part in parts if isinstance(part, Const))
        if fixed.split() and any(isinstance(part, Name) and part.id in words for part in parts):
            return True
    return False


def _is_a_word(name: str, annotation: Expr | None) -> bool:
    """Whether a parameter takes any text, and not as a command, a statement or a piece of one."""
    return annotation in (None, Name("str")) and not _A_COMMAND.search(name)


def _runs_what_was_written(node: cst.Call, here: Here) -> bool:
    """Whether a file that the same function wrote an answer to is run: ``run([sys.executable, file.name])``."""
    function = here.function()
    if function is None or not any(one.path in _PROCESSES for one in here.callees(node)):
        return False
    bound = function.bindings
    command = [_written_out(here.expr(arg.value), bound) for arg in node.args if arg.keyword is None]
    if command and isinstance(command[0], Seq):
        command = list(command[0].items)
    if not command:
        return False
    files = list(_written(here, function.order))
    if _interprets(command[0]):
        return any(_names(one, file, bound) for one in command for file in files)
    return any(_written_out(command[0], bound) == file for file in files)


def _written_out(expr: Expr, bound: Mapping[str, tuple[Binding, ...]]) -> Expr:
    """What a variable that is set once stands for: ``command`` in ``command = [sys.executable, path]``."""
    rows = bound.get(expr.id, ()) if isinstance(expr, Name) else ()
    return rows[0].value if len(rows) == 1 and isinstance(rows[0].value, (Seq, Const, Text, Attr)) else expr


def _interprets(program: Expr) -> bool:
    """``"python"``, ``sys.executable``, ``f"python3 {path}"``: not what formats, stores or sends a file."""
    first = next((one for one in walk(program) if not isinstance(one, Text)), program)
    said = str(first.value) if isinstance(first, Const) else dotted(first) or ""
    return _INTERPRETER.match(said.strip()) is not None


def _names(part: Expr, file: Expr, bound: Mapping[str, tuple[Binding, ...]]) -> bool:
    """Whether a PART of a command names FILE, by itself or by a variable: ``name = file.name``."""
    said = str(file.value) if isinstance(file, Const) else ""
    return any(
        file in (one, _written_out(one, bound)) or (isinstance(one, Const) and said in str(one.value).split())
        for one in walk(part)
    )


def _written(here: Here, since: int) -> Iterator[Expr]:
    """The files that an answer was written to since the statement SINCE, as expressions that name them."""
    tracer, path = here.view.tracer, here.where.path
    for called in here.view.reach.calls(path, since + 1, here.where.order):
        func = called.call.func
        if not isinstance(func, Attr) or func.name not in ("write", "write_text", "writelines") or not called.call.args:
            continue
        where = Where(path, called.scope, called.order)
        if not any(one.shape in _SHAPES for one in answers_in(tracer, called.call.args[0], where)):
            continue
        if func.name == "write_text":
            yield func.base
        else:
            yield Attr(func.base, "name")
            made = (one.call for one in tracer.origins(func.base, where) if one.call is not None)
            yield from (file for call in made for file in _opened(call))


def _opened(call: Call) -> Iterator[Expr]:
    """The path in ``open(path)`` and in ``path.open()``."""
    if last_name(call.func) == "open":
        if isinstance(call.func, Attr):
            yield call.func.base
        yield from call.args[:1]


def _runs(node: cst.Call, here: Here) -> str | None:
    callees = here.callees(node)
    own = any(one.kind is Kind.DEFINITION for one in callees)
    for callee in callees:
        if callee.path in _RUNNERS:
            return _RUNNERS[callee.path]
        if here.plays(callee, "database"):
            return "the database"
        if callee.path in _SHELLS and (
            callee.path.startswith("asyncio") or True in here.arguments(node).values("shell")
        ):
            return "a shell"
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in _QUERIES and not own:
            if callee.kind in (Kind.LIBRARY, Kind.INSTANCE) or last_name(here.expr(node.func.value)) in _BASES:
                return "the database"
    return None


def _is_a_tools(here: Here) -> bool:
    """Whether the code stands in a tool's body, or in a helper that tools alone call."""
    function = here.function()
    if function is None:
        return False
    bodies = here.view.agents.bodies
    if (here.where.path, function.id) in bodies:
        return True
    around = [
        (path, here.view.project.inside(Where(path, called.scope, called.order), "function"))
        for path, called in calls_of(here.view, Where(here.where.path, function.id, function.order))
    ]
    return bool(around) and all(one is not None and (path, one.id) in bodies for path, one in around)


def _asked(here: Here) -> bool:
    """Whether a person is asked in the same function before, or in one that is written in it and called there."""
    function = here.function()
    if function is None:
        return False
    reach, path = here.view.reach, here.where.path
    before = list(reach.calls(path, function.order + 1, here.where.order))
    own = [one for called in before if called.scope == function.id for one in reach.callees(path, called)]
    run = {function.id} | {one.place.scope for one in own if one.place is not None and one.place.path == path}
    for called in before:
        if called.scope in run:
            for one in reach.callees(path, called):
                if asks(one):
                    return True
    return False
