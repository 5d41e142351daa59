"""What a tool of a model does to the world: whether it only reads, or writes, sends, pays, runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import libcst as cst

from factorlint import arguments
from factorlint.agents import Tool, Toolset
from factorlint.catalog import Symbol
from factorlint.expr import Attr, Call, Const, Expr, Name, Op, Seq, Text, dotted, last_name, walk
from factorlint.facts import Called, Scope
from factorlint.origin import Kind, Where
from factorlint.project import Seen
from factorlint.rule import Here, View, facts_at, text_of

from ._people import asks

_DEPTH = 3

_STAKES = (
    "pay refund charge purchase buy book reserve rebook cancel send email mail post publish tweet reply delete remove "
    "drop destroy deploy release rollback transfer withdraw deposit invoice order submit approve grant revoke issue "
    "write overwrite save create update insert edit modify move rename run execute exec kill restart shutdown install "
    "merge push commit upload schedule notify message invite assign set change display add"
).split()
_READS = (
    "get list fetch read search find look lookup query current show describe check count view load retrieve scan "
    "browse scrape summarize calculate compute validate is has status think plan analyze analyse parse extract draft"
).split()
_RUNNERS = frozenset("run arun execute exec call process".split())  # a method that carries out what its class is named
_KEEPS = frozenset("store save set update record remember memorize memorise note keep put append log mark".split())
# Verbs that stand for a high stake whatever the body does with a library; the others need an effect that is seen.
_HIGH = frozenset(
    "pay refund charge purchase buy book rebook cancel send post publish tweet delete deploy transfer withdraw".split()
)
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")

_COMMANDS = re.compile(
    r"subprocess\.(?:run|call|check_call|check_output|Popen|getoutput|getstatusoutput)|os\.(?:system|popen|exec\w*|spawn\w*)"
    r"|asyncio\.create_subprocess_(?:shell|exec)|builtins\.(?:exec|eval)|pexpect\.\w+|commands\.getoutput"
)
_FILES = re.compile(
    r"os\.(?:remove|unlink|rmdir|removedirs|rename|renames|replace|truncate)|shutil\.(?:rmtree|move|copy\w*)"
)
_SENDS = re.compile(
    r"smtplib\..*|(?:requests|httpx|aiohttp)\..*\b(?:put|patch|delete)|stripe\..*\b(?:create|modify|capture|cancel)"
    r"|twilio\..*\bcreate|slack_sdk\..*|tweepy\..*|sendgrid\..*|resend\..*"
)
_POSTS = re.compile(r"(?:requests|httpx|aiohttp|urllib3)\.(?:.*\.)?(?:post|request)")
_METHODS = frozenset(
    "write_text write_bytes unlink sendmail send_message send_email chat_postMessage exec_command send_raw_email "
    "delete_many delete_one insert_one insert_many update_one update_many delete_object put_object".split()
)
_SQL_METHODS = frozenset(
    "execute executemany executescript query_df exec_driver_sql read_sql read_sql_query run_sql sql query".split()
)
_SQL_WRITE = re.compile(r"\s*(?:insert|update|delete|drop|create|alter|truncate|merge|replace|grant)\b", re.IGNORECASE)
_SQL_NAME = re.compile(r"sql|query|statement|stmt", re.IGNORECASE)


def words(name: str) -> list[str]:
    """``sendEmail`` and ``send_email`` → send, email."""
    return [one.lower() for one in _WORDS.findall(name)]


def reads_by_name(name: str) -> bool:
    """Whether a name begins with a verb of reading (``list_…``, ``get_…``), or with ``current``."""
    said = words(name)
    return bool(said) and said[0] in _READS


def speaks_of_reading(name: str) -> bool:
    """Whether a name has a verb of reading anywhere: ``google_search``, ``web_search_tool``."""
    return any(one in _READS for one in words(name))


def keeps_by_name(name: str) -> bool:
    """Whether a name says that something is kept: ``store_state``, ``remember_name``."""
    said = words(name)
    return bool(said) and said[0] in _KEEPS


def acts_by_name(name: str) -> bool:
    """Whether a name says that something is done to the world."""
    said = words(name)
    return bool(said) and said[0] in _STAKES


def name_of(view: View, place: Where) -> str:
    """What the tool whose body is the function at PLACE is called: the class says it of ``SendEmail.run``."""
    own, holder = view.project.scope(place).name, view.project.class_of(place)
    said = words(own)
    if holder is None or (said and said[0] not in _RUNNERS and (said[0] in _STAKES or said[0] in _READS)):
        return own
    return holder.name


def effect(view: View, place: Where, name: str) -> str | None:
    """What the tool NAME, whose body is the function at PLACE, does to the world, in words; None if it only reads."""
    for path, called, owner in below(view, place):
        said = _effect_of(view, path, called, owner, name)
        if said is not None:
            return said
    said_by = words(name)
    if said_by and said_by[0] in _HIGH and _reaches_out(view, place):
        return f"it does what its name says: {name}"
    return None


def below(
    view: View, place: Where, depth: int = 0, seen: set[tuple[str, int]] | None = None
) -> Iterator[tuple[str, Called, Scope]]:
    """The calls of a function and of the tree's functions below it, each with the function that it stands in."""
    seen = seen if seen is not None else set()
    if (place.path, place.scope) in seen or depth > _DEPTH:
        return
    seen.add((place.path, place.scope))
    scope = view.project.scope(place)
    for called in view.reach.calls(place.path, scope.order + 1, scope.end):
        yield place.path, called, scope
        if program(view, called.call, Where(place.path, called.scope, called.order)) in _READING:
            continue  # a wrapper that is handed what only reads
        for callee in view.reach.callees(place.path, called):
            for inner in view.reach.bodies(callee):
                if not _keeps_a_log(view.project.scope(inner).name):
                    yield from below(view, inner, depth + 1, seen)


def _keeps_a_log(name: str) -> bool:
    """``_log_call``, ``record_metrics``: what the program notes of itself is nothing that a tool does to the world."""
    said = words(name)
    return said[:1] == ["log"] or not _NOTES.isdisjoint(said)


_NOTES = frozenset("observability telemetry metrics tracing".split())


def _effect_of(view: View, path: str, called: Called, owner: Scope, name: str) -> str | None:
    where = Where(path, called.scope, called.order)
    call = called.call
    last = last_name(call.func)
    for one in view.tracer.origins(call.func, where):
        if one.kind not in (Kind.LIBRARY, Kind.INSTANCE, Kind.UNKNOWN):
            continue
        target = one.path.replace("()", "")
        if _COMMANDS.fullmatch(target) and _runs_something(view, call, where, owner, name):
            return "it runs commands or code"
        if _changes_a_file(target, call) and not _is_scratch(view, call.args[:1], where, set()):
            return "it changes files"
        if _SENDS.fullmatch(target):
            return "it sends or changes something outside"
        if _POSTS.fullmatch(target) and acts_by_name(name):
            return "it sends something outside"
        if one.kind is not Kind.UNKNOWN and _opens_for_writing(call) and not _on_scratch(view, call, where):
            return "it changes files"
    if any(view.reach.bodies(one) for one in view.reach.callees(path, called)):
        return None  # a method of the tree, whatever it is called: what it does is seen in it
    if last in _METHODS and isinstance(call.func, Attr) and not _on_scratch(view, call, where):
        return "it changes files" if last.startswith(("write", "unlink")) else "it sends or changes something outside"
    if last in _SQL_METHODS and _sql(view, call, where, owner):
        return "it runs SQL"
    return None


def _runs_something(view: View, call: Call, where: Where, owner: Scope, name: str) -> bool:
    """Whether a command does what the model says, and not only reads for it."""
    said = program(view, call, where)
    if said in _READING or (said and said not in _RUNNING and reads_by_name(name)):
        return False
    return not _constant(view, call, where, owner)


def program(view: View, call: Call, where: Where) -> str:
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


def _changes_a_file(target: str, call: Call) -> bool:
    return bool(_FILES.fullmatch(target)) or (target == "builtins.open" and _writing_mode(call))


def _opens_for_writing(call: Call) -> bool:
    """``path.open("w")``."""
    return isinstance(call.func, Attr) and call.func.name == "open" and _writing_mode(call, 0)


def _on_scratch(view: View, call: Call, where: Where) -> bool:
    return isinstance(call.func, Attr) and _is_scratch(view, (call.func.base,), where, set())


def _is_scratch(view: View, exprs: Sequence[Expr], where: Where, seen: Seen) -> bool:
    """Whether the path is one that the program made up in a temporary place: nothing of anybody's is there."""
    for one in (inner for expr in exprs for inner in walk(expr)):
        if isinstance(one, Call):
            for callee in view.tracer.origins(one.func, where):
                bodies = list(view.reach.bodies(callee))
                if callee.path.startswith("tempfile.") or any(_asks_for_scratch(view, body) for body in bodies):
                    return True
        elif isinstance(one, Name):
            before = view.project.given_once(one.id, where, seen)
            if any(_is_scratch(view, (value,), at, seen) for value, at in before):
                return True
    return False


def _asks_for_scratch(view: View, body: Where) -> bool:
    scope = view.project.scope(body)
    return any(
        one.path.startswith("tempfile.")
        for called in view.reach.calls(body.path, scope.order + 1, scope.end)
        for one in view.tracer.origins(called.call.func, Where(body.path, called.scope, called.order))
    )


def _constant(view: View, call: Call, where: Where, owner: Scope) -> bool:
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


def _writing_mode(call: Call, place: int = 1) -> bool:
    mode = call.args[place] if len(call.args) > place else None
    mode = next((value for key, value in call.keywords if key == "mode"), mode)
    said = mode.value if isinstance(mode, Const) else None
    return isinstance(said, str) and any(letter in said for letter in "wax+") and len(said) <= 3


def _sql(view: View, call: Call, where: Where, owner: Scope) -> bool:
    """A statement that changes data, or one that the caller of the function words."""
    candidates = (*call.args[:1], *(value for key, value in call.keywords if key and _SQL_NAME.search(key)))
    parameters = {one.name for one in owner.parameters}
    for value in candidates:
        text = text_of(view.tracer, value, where)
        if text is not None and _SQL_WRITE.match(text):
            return True
        names = [one.id for one in walk(value) if isinstance(one, Name)]
        if isinstance(value, (Name, Text, Call)) and any(
            one in parameters and _SQL_NAME.search(one) and last_name(call.func) != "query" for one in names
        ):
            return True
    return False


def _reaches_out(view: View, place: Where) -> bool:
    """Whether the function calls a library: a mock that returns a constant does not."""
    for path, called, _ in below(view, place):
        where = Where(path, called.scope, called.order)
        said = dotted(called.call.func) or ""
        if said.split(".")[0] in _PLAIN:
            continue
        for one in view.tracer.origins(called.call.func, where):
            if one.kind in (Kind.LIBRARY, Kind.INSTANCE) and not _plain(one.path):
                return True
    return False


def _plain(path: str) -> bool:
    return path.split(".")[0] in _PLAIN


_PLAIN = frozenset(
    "builtins json logging logger log print random datetime time re math uuid copy typing dataclasses enum collections "
    "pydantic asyncio itertools functools string textwrap os pathlib sys".split()
)


def required(view: View, place: Where) -> list[str]:
    """The parameters that the model must fill: no receiver, no context of the framework, no default."""
    scope = view.project.scope(place)
    found = []
    bound = view.project.class_of(place) is not None
    for number, one in enumerate(scope.parameters):
        if one.default is not None or one.kind in ("args", "kwargs"):
            continue
        if number == 0 and one.name in ("self", "cls") and bound:
            continue
        if one.name in _CONTEXT or _context_type(one.annotation):
            continue
        found.append(one.name)
    return found


def _context_type(annotation: Expr | None) -> bool:
    """``RunContext[Deps]``, ``ToolContext``: what the framework passes, not the model."""
    if annotation is None:
        return False
    names = [last_name(one) for one in walk(annotation)]
    return any(name.endswith(("Context", "ContextWrapper", "RunnableConfig", "ToolRuntime")) for name in names)


_CONTEXT = frozenset("ctx context run_context wrapper tool_context runtime config state tool_call_id".split())


def changes_state(view: View, place: Where) -> bool:
    """Whether the function writes into what it was given, or into something global."""
    scope = view.project.scope(place)
    return bool(scope.outer) or bool(view.project.writes(place.path, place.scope))


def asks_model(view: View, place: Where) -> bool:
    """Whether the function is an agent itself, or comes to one."""
    return view.reach.function_does(place, ("call-model", "run", "run-graph"))


def asks_person(view: View, place: Where) -> bool:
    """Whether the function, or one below it, asks a person or stops for one."""
    for path, called, _ in below(view, place):
        for one in view.reach.callees(path, called):
            if asks(one, "interrupt", "approve"):
                return True
        if _APPROVES.search(last_name(called.call.func).lower()):
            return True
    return False


def approved_by_decorator(view: View, place: Where) -> bool:
    """Whether a decorator of the function demands an approval."""
    scope = view.project.scope(place)
    outside = Where(place.path, scope.parent, scope.order)
    for decorator in scope.decorators:
        call = decorator if isinstance(decorator, Call) else Call(decorator, (), ())
        if _APPROVES.search(last_name(call.func).lower()):
            return True
        for one in view.tracer.origins(call.func, outside):
            if view.catalog.is_a(one.symbol, "approval"):
                return True
            if one.symbol is not None and _approval_given(view, call, outside, one.symbol):
                return True
    return False


def _approval_given(view: View, call: Call, where: Where, symbol: Symbol) -> bool:
    given = arguments.of(view.tracer, symbol, call, where)
    names = [name for one in view.catalog.lineage(symbol) for name in one.parameter("approval")]
    asks = {fact.at: fact.when for fact in view.catalog.facts(symbol) if fact.check == "human-as-tool" and fact.when}
    return any(
        name in given.given
        and False not in given.values(name)
        and (name not in asks or given.holds(asks[name]) is not False)
        for name in names
    )


_APPROVES = re.compile(r"approv|confirm|permission|consent|authoriz|human_in_the_loop")


def writing_tool(view: View, tools: Toolset) -> Tool | None:
    """The first of TOOLS that does something to the world and asks nobody."""
    for tool in tools.tools:
        if tool.body is not None:
            if effect(view, tool.body, tool.name) is not None and not asks_person(view, tool.body):
                return tool
        elif tool.origin.call is not None and tool.origin.made is not None:
            if any(True for _ in facts_at(view, tool.origin.call, tool.origin.made, ("FL0703",))):
                return tool
    return None


def unused_stop(view: View, symbol: Symbol, call: Call, where: Where, tools: Toolset) -> str | None:
    """The argument by which the library would stop before a tool, if it has one and no call here uses any."""
    stops = [(symbol, call, where)]
    for tool in tools.tools:
        stops += _wrappers(view, tool)
    for run in view.agents.runs(call, where):
        stops.append((run.symbol, run.called.call, run.where))
    names: list[str] = []
    for one, at_call, at in stops:
        given = arguments.of(view.tracer, one, at_call, at)
        own = [name for kin in view.catalog.lineage(one) for name in kin.parameter("approval")]
        if given.open or any(name in given.given for name in own):
            return None
        names += own
    return f"{names[0]}=" if names else None


def _wrappers(view: View, tool: Tool) -> list[tuple[Symbol, Call, Where]]:
    """The decorators of a tool's function, and the call that wraps it, each as a call."""
    found: list[tuple[Symbol, Call, Where]] = []
    if tool.body is not None:
        scope = view.project.scope(tool.body)
        outside = Where(tool.body.path, scope.parent, scope.order)
        for decorator in scope.decorators:
            call = decorator if isinstance(decorator, Call) else Call(decorator, (), ())
            for one in view.tracer.origins(call.func, outside):
                if one.symbol is not None:
                    found.append((one.symbol, call, outside))
    if tool.origin.symbol is not None and tool.origin.call is not None and tool.origin.made is not None:
        found.append((tool.origin.symbol, tool.origin.call, tool.origin.made))
    return found


def element_node(argument: cst.CSTNode, item: Expr, here: Here) -> cst.CSTNode:
    """The node of an element inside the argument, else the argument."""
    value = argument.value if isinstance(argument, cst.Arg) else argument
    if isinstance(value, (cst.List, cst.Tuple)):
        for element in value.elements:
            if here.expr(element.value) == item:
                return element.value
    return argument
