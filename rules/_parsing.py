"""What looks like taking an answer apart and is none: stripping its wrapping, asking a dict, checking each field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import permutations

import libcst as cst

from factorlint.arguments import literals
from factorlint.expr import Attr, Call, Const, Expr, Item, Name, Op, Seq, children, last_name, walk
from factorlint.origin import Kind
from factorlint.rule import Here, facts_at, text_of

from ._completed import only_completes
from ._handlers import logs
from ._labels import only_left_out

# Code fences, the outermost brackets of a JSON text, and the tags that models put around their thoughts. A fence with a
# name that is no language (```PLAN) is no wrapping: it is what the model chose.
_WRAPPING = re.compile(
    r"\s*(?:`{3,}\s*(?:[a-z0-9+#_-]*|JSON|Json|Python|HTML|SQL|XML|YAML|CSV|Markdown)|`+|~{3,}|[{}\[\]]+|</?\s*(?:think|thinking|thought|thoughts|reasoning|reflection|scratchpad)\s*>"
    r"|<\|[\w ]+\|>|json|JSON|python|xml)?\s*",
)
_LINES = frozenset("splitlines split rsplit".split())
_MAPPING = frozenset("get items keys values pop setdefault update".split())
_LOADERS = ("loads", "safe_load", "literal_eval")


def is_none(here: Here, inside: Sequence[Here]) -> bool:
    """Whether the node, among the nodes INSIDE its function, only looks like taking an answer apart."""
    if only_strips(here, inside) or asks_a_mapping(here, inside) or asks_for_own_words(here) or only_completes(here):
        return True
    return is_only_logged(here) or _is_compared(here, inside) or was_asked_by_schema(here) or only_left_out(here)


def only_strips(here: Here, inside: Sequence[Here]) -> bool:
    """Whether the node looks for the wrapping of the text alone, or cuts it in lines to put them together again."""
    expr = here.expr(here.node)
    if _asks_for_marks(expr) and any(_is_put_together(one, inside) for one in inside):
        return True
    if isinstance(expr, Op):
        said = list(_words(expr.operands))
        return bool(said) and all(_WRAPPING.fullmatch(one) for one in said)
    if not isinstance(expr, Call) or not isinstance(expr.func, Attr):
        return False
    name = expr.func.name
    given = [one for arg in expr.args for one in _words((arg,))]
    if all(_WRAPPING.fullmatch(one) for one in given) and any(one.strip() for one in given):
        return True
    if given and name in ("endswith", "startswith") and not any(one.strip() for one in given):
        return True  # the white space that a text is laid out with
    if name not in _LINES or any(one.strip() for one in given):
        return False
    around = next((one for one in here.ancestors() if isinstance(one, cst.Call)), None)
    counted = around is not None and isinstance(around.func, cst.Name) and around.func.value == "len"
    return counted or _is_put_together(here, inside)


def _is_put_together(here: Here, inside: Sequence[Here]) -> bool:
    """``"\\n".join(line for line in text.split("\\n"))``: a text is cut in lines, which become one text again.

    Not where the lines are looked through for a word: then they are chosen by what the model says in them.
    """
    expr = here.expr(here.node) if isinstance(here.node, cst.Call) else None
    if not isinstance(expr, Call) or not isinstance(expr.func, Attr) or expr.func.name not in _LINES:
        return False
    lines = _named_after(here, expr)
    return any(_joins(one, lines) for one in inside) and not any(_asks_for_words(one, lines) for one in inside)


def _asks_for_words(here: Here, lines: frozenset[str]) -> bool:
    expr = here.expr(here.node)
    if isinstance(expr, Call) and last_name(expr.func) not in _LOOKS:
        return False
    if not isinstance(expr, (Call, Op)) or not any(isinstance(one, Name) and one.id in lines for one in walk(expr)):
        return False
    asked = expr.operands if isinstance(expr, Op) else expr.args
    return any(re.search(r"\w", one) and not _WRAPPING.fullmatch(one) for one in _words(asked))


_LOOKS = frozenset("startswith endswith match search fullmatch findall removeprefix split partition".split())


def _asks_for_marks(expr: Expr) -> bool:
    """``line.endswith(",")``, ``":" in line``: whether brackets, quotes and the like stand where they should."""
    asked = expr.operands if isinstance(expr, Op) else expr.args if isinstance(expr, Call) else ()
    said = list(_words(asked))
    return bool(said) and all(_MARKS.fullmatch(one) for one in said)


_MARKS = re.compile(r"[^\w\s]+")


def is_only_logged(here: Here) -> bool:
    """``has_table = "|" in text``, and all that is done with the name is to log it."""
    holder = next(here.ancestors(), None)
    target = holder.targets[0].target if isinstance(holder, cst.Assign) and len(holder.targets) == 1 else None
    if not isinstance(target, cst.Name):
        return False
    view, path, number = here.view, here.where.path, here.where.scope
    scope, name = view.facts.scopes[number], Name(target.value)
    if len(scope.bindings.get(name.id, ())) != 1 or name.id in scope.outer:
        return False
    read = [value for _, value in (*scope.returns, *scope.yields)]
    read += [row.value for rows in scope.bindings.values() for row in rows if row.value is not None]
    read += [write.value for write in view.project.writes(path, number)]
    read += [test.expr for test in view.facts.tests if test.scope == number]
    told = False
    for called in view.project.calls_in(path, number):
        if not any(one == name for one in walk(called.call)):
            continue
        if not logs(called.call.func):
            return False
        told = True
    return told and not any(one == name for expr in read for one in walk(expr))


def _is_compared(here: Here, inside: Sequence[Here]) -> bool:
    """``difflib.unified_diff(old.splitlines(), new.splitlines())``: the lines are shown beside others."""
    expr = here.expr(here.node)
    if not isinstance(expr, Call) or not isinstance(expr.func, Attr) or expr.func.name not in _LINES:
        return False
    around = next((one for one in here.ancestors() if isinstance(one, cst.Call)), None)
    if around is not None:
        return _differs(around, here)
    names = _named_after(here, expr)
    return any(
        isinstance(one.node, cst.Call)
        and any(isinstance(arg, Name) and arg.id in names for arg in one.call(one.node).args)
        and _differs(one.node, one)
        for one in inside
    )


def _differs(call: cst.Call, here: Here) -> bool:
    return any(one.path.startswith("difflib.") for one in here.callees(call))


def was_asked_by_schema(here: Here) -> bool:
    """Whether all that is loaded here came by a schema that the model call was given."""
    expr = here.expr(here.node)
    if not isinstance(expr, Call) or last_name(expr.func) not in _LOADERS:
        return False
    asked = [one for arg in here.node.args for one in here.answers(arg.value)]
    return bool(asked) and all(
        one.call is not None
        and one.made is not None
        and any(True for _ in facts_at(here.view, one.call, one.made, ("typed-llm-output",)))
        for one in asked
    )


def _words(exprs: Sequence[Expr]) -> Iterator[str]:
    for one in exprs:
        for inner in one.items if isinstance(one, Seq) else (one,):
            if isinstance(inner, Const) and isinstance(inner.value, str):
                yield inner.value


def _named_after(here: Here, expr: Expr) -> frozenset[str]:
    """The local names that hold EXPR, or something made of it."""
    scope = here.view.facts.scopes[here.where.scope]
    given = [(name, row.value) for name, rows in scope.bindings.items() for row in rows if row.value is not None]
    given += [
        (name, arg)
        for name in scope.bindings
        for called in here.view.threads.grown(Name(name), here.where.path, scope)
        for arg in called.call.args
    ]
    held: set[str] = set()
    while True:
        more = {
            name
            for name, value in given
            if name not in held
            if any(one == expr or (isinstance(one, Name) and one.id in held) for one in _made_of(value))
        }
        if not more:
            return frozenset(held)
        held |= more


def _made_of(expr: Expr) -> Iterator[Expr]:
    """EXPR and what it is made of, not what a function makes of its arguments."""
    yield expr
    for inner in (expr.func,) if isinstance(expr, Call) else children(expr):
        yield from _made_of(inner)


def _joins(here: Here, lines: frozenset[str]) -> bool:
    """``"\\n".join(lines)``: the lines become one text again."""
    expr = here.expr(here.node)
    if not isinstance(expr, Call) or not isinstance(expr.func, Attr) or expr.func.name != "join":
        return False
    between = literals(here.view.tracer, expr.func.base, here.where)
    blank = bool(between) and not any(str(one).strip() for one in between)
    return blank and any(isinstance(one, Name) and one.id in lines for arg in expr.args for one in walk(arg))


def asks_for_own_words(here: Here) -> bool:
    """Whether what is looked for is a mark that the tree itself puts into texts that go the same way."""
    expr = here.expr(here.node)
    pairs: list[tuple[Expr, Expr]] = []
    if isinstance(expr, Op):
        pairs = list(permutations(expr.operands, 2))
    elif isinstance(expr, Call) and isinstance(expr.func, Attr) and expr.func.name in ("startswith", "endswith"):
        pairs = [(expr.func.base, one) for one in expr.args]
    tracer = here.view.tracer
    for subject, asked in pairs:
        word = text_of(tracer, asked, here.where) or ""
        if isinstance(subject, Const) or not word.strip():
            continue
        for one in tracer.origins(subject, here.where):
            if one.kind is Kind.VALUE and one.expr is not None and one.place is not None:
                if word in (text_of(tracer, one.expr, one.place) or ""):
                    return True
    return False


def asks_a_mapping(here: Here, inside: Sequence[Here]) -> bool:
    """``"key" in data`` where the same function uses ``data`` as a dict: no word of the model is looked for."""
    node = here.node
    if not isinstance(node, cst.Comparison) or not any(
        isinstance(one.operator, (cst.In, cst.NotIn)) for one in node.comparisons
    ):
        return False
    held = here.expr(node.comparisons[-1].comparator)
    if any(one.kind is Kind.CONTAINER for one in here.view.tracer.origins(held, here.where)):
        return True
    return any(_is_mapping(one, held) for one in inside) or any(
        isinstance(one, Item) and one.base == held and isinstance(one.key, Const) and one.key.type == "str"
        for one in read_in(here)
    )


def read_in(here: Here) -> Iterator[Expr]:
    """Every expression of the function around the node, as the facts have it."""
    view, path, number = here.view, here.where.path, here.where.scope
    for called in view.project.calls_in(path, number):
        yield from walk(called.call)
    scope = view.facts.scopes[number]
    for rows in scope.bindings.values():
        for row in rows:
            if row.value is not None:
                yield from walk(row.value)
    for write in view.project.writes(path, number):
        yield from walk(write.value)
    for _, value in (*scope.returns, *scope.yields):
        yield from walk(value)
    for test in view.facts.tests:
        if test.scope == number:
            yield from walk(test.expr)


def _is_mapping(here: Here, held: Expr) -> bool:
    expr = here.expr(here.node)
    if not isinstance(expr, Call):
        return False
    if isinstance(expr.func, Attr) and expr.func.base == held and expr.func.name in _MAPPING:
        return True
    if any(keyword is None and value == held for keyword, value in expr.keywords):
        return True
    if last_name(expr.func) != "isinstance" or expr.args[:1] != (held,):
        return False
    kinds = (kind for one in expr.args[1:] for kind in (one.items if isinstance(one, Seq) else (one,)))
    return any(last_name(kind) in ("dict", "Mapping", "MutableMapping") for kind in kinds)


def checks_each_field(here: Here, taken: Here, inside: Sequence[Here]) -> bool:
    """Whether what TAKEN, a parser of data, gives is held against a type before any field of it is used.

    A field is checked by ``isinstance``, or by a function of the tree that does so with what it is given.
    """
    if not isinstance(taken.node, cst.Call) or last_name(taken.call(taken.node).func) not in _LOADERS:
        return False
    data = _names_of(taken)
    checked = {expr for one in inside for expr in _checked(one)}
    if not data & checked:
        return False
    for field in {one for one in read_in(taken) if _field(one) in data}:
        names = {Name(name) for name in _given(taken, field)}
        if field not in checked and not (names and names <= checked):
            return False
    return True


def _checked(here: Here) -> tuple[Expr, ...]:
    """What a call looks at the type of."""
    expr = here.expr(here.node)
    if not isinstance(expr, Call) or not expr.args:
        return ()
    if last_name(expr.func) == "isinstance":
        return expr.args[:1]
    for one in here.view.tracer.origins(expr.func, here.where):
        if one.kind is Kind.DEFINITION and one.place is not None:
            inner = here.view.project.calls_in(one.place.path, one.place.scope)
            if any(last_name(called.call.func) == "isinstance" for called in inner):
                return expr.args
    return ()


def _given(here: Here, field: Expr) -> Iterator[str]:
    """The local names that are given what FIELD reads."""
    for name, rows in here.view.facts.scopes[here.where.scope].bindings.items():
        if any(row.value is not None and field in walk(row.value) for row in rows):
            yield name


def _field(expr: Expr) -> Expr | None:
    """What EXPR reads a field of: ``data`` in ``data["x"]`` and ``data.get("x")``."""
    if isinstance(expr, Item) and isinstance(expr.key, Const):
        return expr.base
    if isinstance(expr, Call) and isinstance(expr.func, Attr) and expr.func.name == "get" and expr.args:
        return expr.func.base if isinstance(expr.args[0], Const) else None
    return None


def _names_of(taken: Here) -> frozenset[Expr]:
    """The local names that hold what TAKEN gives."""
    made = taken.expr(taken.node)
    scope = taken.view.facts.scopes[taken.where.scope]
    found = [Name(name) for name, rows in scope.bindings.items() for row in rows if row.value == made]
    return frozenset(found)
