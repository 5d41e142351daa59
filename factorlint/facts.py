"""One file → Facts: scopes, bindings, returns, writes and calls, in the small language of `expr.py`.

Read with ``ast``, which is ten times as fast as LibCST and does not fall over deep input; `older.py` stands behind
it for syntax newer than the running Python. Statements are numbered in source order (``order``), and a LibCST walk
that counts statements finds the same numbers: this is how a rule's node and a fact meet without positions.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from factorlint.expr import (
    Attr,
    Call,
    Caught,
    Const,
    Defined,
    Dict,
    Each,
    Enter,
    Expr,
    Imported,
    Item,
    Lambda,
    Name,
    Op,
    Other,
    Param,
    Part,
    Seq,
    Star,
    Text,
    const,
)


class Binding(NamedTuple):
    """A name gets a value. ``value`` is None for a bare annotation."""

    order: int
    value: Expr | None
    annotation: Expr | None = None


class Parameter(NamedTuple):
    name: str
    kind: str  # positional, keyword, args, kwargs
    annotation: Expr | None
    default: Expr | None


class Scope(NamedTuple):
    """A module, class or function. ``order`` is the statement that defines it, ``end`` the last one inside."""

    id: int
    kind: str  # module, class, function
    name: str
    qualname: str
    parent: int
    order: int
    end: int
    line: int
    asynchronous: bool
    parameters: tuple[Parameter, ...]
    decorators: tuple[Expr, ...]
    bases: tuple[Expr, ...]
    keywords: tuple[tuple[str | None, Expr], ...]
    annotation: Expr | None  # what a function says it returns
    doc: str | None
    bindings: Mapping[str, tuple[Binding, ...]]
    returns: tuple[tuple[int, Expr], ...]
    yields: tuple[tuple[int, Expr], ...]
    outer: frozenset[str]  # names declared global or nonlocal


class Write(NamedTuple):
    """``base.name = value`` (name set) or ``base[key] = value`` (key set)."""

    order: int
    scope: int
    base: Expr
    name: str | None
    key: Expr | None
    value: Expr
    augmented: bool = False
    annotation: Expr | None = None


class Called(NamedTuple):
    """A call, where it stands and in which arm of its statement's scope."""

    order: int
    scope: int
    call: Call
    line: int
    column: int


class Test(NamedTuple):
    """A comparison, or what a ``match`` looks at."""

    order: int
    scope: int
    expr: Expr


class Statement(NamedTuple):
    """The skeleton of control flow: kind is the `ast` class, ``arm`` the field of the parent it stands in."""

    kind: str
    parent: int  # order of the enclosing statement, -1 at the top
    arm: str
    scope: int
    line: int
    end_line: int


class Facts(NamedTuple):
    """All that other files and the rules need to know of one file."""

    path: str
    scopes: tuple[Scope, ...]
    statements: tuple[Statement, ...]
    writes: tuple[Write, ...]
    calls: tuple[Called, ...]
    tests: tuple[Test, ...]
    main: frozenset[int]  # orders of `if __name__ == "__main__":`


class _Open:
    """A scope while it is being read."""

    def __init__(self, number: int, kind: str, name: str, parent: _Open | None, order: int, line: int) -> None:
        self.number, self.kind, self.name, self.order, self.line = number, kind, name, order, line
        self.parent = parent.number if parent else -1
        self.qualname: str = f"{parent.qualname}.{name}" if parent and parent.qualname else name
        self.bindings: dict[str, list[Binding]] = {}
        self.returns: list[tuple[int, Expr]] = []
        self.yields: list[tuple[int, Expr]] = []
        self.outer: set[str] = set()


def learn(path: str, tree: ast.Module) -> Facts:
    """The facts of a parsed file. Raises RecursionError on nesting that Python itself would not run."""
    return _Reader(path).read(tree)


class _Reader:
    def __init__(self, path: str) -> None:
        self.path = path
        self.scopes: list[Scope | None] = []
        self.statements: list[Statement] = []
        self.writes: list[Write] = []
        self.calls: list[Called] = []
        self.tests: list[Test] = []
        self.main: set[int] = set()
        self.scope: _Open = _Open(0, "module", "", None, -1, 1)
        self.order = -1

    def read(self, tree: ast.Module) -> Facts:
        self.scopes.append(None)
        self.block(tree.body, -1, "body")
        self.close(0, (), (), (), (), None, ast.get_docstring(tree, clean=False), False)
        scopes = tuple(scope for scope in self.scopes if scope is not None)
        calls, tests = tuple(self.calls), tuple(self.tests)
        return Facts(self.path, scopes, tuple(self.statements), tuple(self.writes), calls, tests, frozenset(self.main))

    def close(
        self,
        number: int,
        parameters: tuple[Parameter, ...],
        decorators: tuple[Expr, ...],
        bases: tuple[Expr, ...],
        keywords: tuple[tuple[str | None, Expr], ...],
        annotation: Expr | None,
        doc: str | None,
        asynchronous: bool,
    ) -> None:
        held = self.scope
        self.scopes[number] = Scope(
            id=number,
            kind=held.kind,
            name=held.name,
            qualname=held.qualname,
            parent=held.parent,
            order=held.order,
            end=len(self.statements) - 1,
            line=held.line,
            asynchronous=asynchronous,
            parameters=parameters,
            decorators=decorators,
            bases=bases,
            keywords=keywords,
            annotation=annotation,
            doc=doc,
            bindings={name: tuple(rows) for name, rows in held.bindings.items()},
            returns=tuple(held.returns),
            yields=tuple(held.yields),
            outer=frozenset(held.outer),
        )

    # -- statements ------------------------------------------------------------------------------------------------

    def block(self, body: Sequence[ast.stmt], parent: int, arm: str) -> None:
        for statement in body:
            self.statement(statement, parent, arm)

    def statement(self, node: ast.stmt, parent: int, arm: str) -> None:
        order = self.order = len(self.statements)
        end = getattr(node, "end_lineno", None) or node.lineno
        self.statements.append(Statement(type(node).__name__, parent, arm, self.scope.number, node.lineno, end))
        visit = getattr(self, f"on_{type(node).__name__}", None)
        if visit is None:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.expr(child)
            return
        visit(node, order)

    def bind(self, name: str, value: Expr | None, annotation: Expr | None = None) -> None:
        self.scope.bindings.setdefault(name, []).append(Binding(self.order, value, annotation))

    def assign(self, target: ast.expr, value: Expr, annotation: Expr | None = None, augmented: bool = False) -> None:
        if isinstance(target, ast.Name):
            self.bind(target.id, value, annotation)
        elif isinstance(target, ast.Attribute):
            base = self.expr(target.value)
            write = Write(self.order, self.scope.number, base, target.attr, None, value, augmented, annotation)
            self.writes.append(write)
        elif isinstance(target, ast.Subscript):
            base, key = self.expr(target.value), self.expr(target.slice)
            self.writes.append(Write(self.order, self.scope.number, base, None, key, value, augmented))
        elif isinstance(target, (ast.Tuple, ast.List)):
            self.unpack(target.elts, value)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value)

    def unpack(self, targets: Sequence[ast.expr], value: Expr) -> None:
        plain = isinstance(value, Seq) and value.kind != "gen" and len(value.items) == len(targets)
        starred = any(isinstance(one, ast.Starred) for one in targets)
        for index, target in enumerate(targets):
            if plain and not starred and isinstance(value, Seq):
                self.assign(target, value.items[index])
            else:
                self.assign(target, Part(value, -1 if starred else index))

    def on_Assign(self, node: ast.Assign, order: int) -> None:
        value = self.expr(node.value)
        for target in node.targets:
            self.assign(target, value)

    def on_AnnAssign(self, node: ast.AnnAssign, order: int) -> None:
        annotation = self.annotation(node.annotation)
        if node.value is not None:
            self.assign(node.target, self.expr(node.value), annotation)
        elif isinstance(node.target, ast.Name):
            self.bind(node.target.id, None, annotation)
        elif isinstance(node.target, ast.Attribute):
            base = self.expr(node.target.value)
            scope = self.scope.number
            self.writes.append(Write(order, scope, base, node.target.attr, None, Other("declared"), False, annotation))

    def on_AugAssign(self, node: ast.AugAssign, order: int) -> None:
        value = Op(_SIGNS.get(type(node.op), "?"), (self.expr(node.target), self.expr(node.value)))
        seen = len(self.calls)
        self.assign(node.target, value, augmented=True)
        del self.calls[seen:]  # those in the target, a second time

    def on_TypeAlias(self, node: ast.stmt, order: int) -> None:
        self.assign(node.name, self.expr(node.value))  # type: ignore[attr-defined]

    def on_For(self, node: ast.For | ast.AsyncFor, order: int) -> None:
        self.assign(node.target, Each(self.expr(node.iter)))
        self.block(node.body, order, "body")
        self.block(node.orelse, order, "orelse")

    on_AsyncFor = on_For

    def on_While(self, node: ast.While, order: int) -> None:
        self.expr(node.test)
        self.block(node.body, order, "body")
        self.block(node.orelse, order, "orelse")

    def on_If(self, node: ast.If, order: int) -> None:
        test = self.expr(node.test)
        if isinstance(test, Op) and Name("__name__") in test.operands and const("__main__") in test.operands:
            self.main.add(order)
        self.block(node.body, order, "body")
        self.block(node.orelse, order, "orelse")

    def on_With(self, node: ast.With | ast.AsyncWith, order: int) -> None:
        for item in node.items:
            value = self.expr(item.context_expr)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, Enter(value))
        self.block(node.body, order, "body")

    on_AsyncWith = on_With

    def on_Try(self, node: ast.Try, order: int) -> None:
        self.block(node.body, order, "body")
        for index, handler in enumerate(node.handlers):
            self.order = order
            type_ = self.expr(handler.type) if handler.type else None
            if handler.name:
                self.order = len(self.statements)
                self.bind(handler.name, Caught(type_))
            self.block(handler.body, order, f"handler{index}")
        self.block(node.orelse, order, "orelse")
        self.block(node.finalbody, order, "finalbody")

    on_TryStar = on_Try

    def on_Match(self, node: ast.Match, order: int) -> None:
        subject = self.expr(node.subject)
        self.tests.append(Test(order, self.scope.number, subject))
        for index, case in enumerate(node.cases):
            self.order = order
            self.pattern(case.pattern, subject)
            if case.guard:
                self.expr(case.guard)
            self.block(case.body, order, f"case{index}")

    def pattern(self, pattern: ast.pattern, subject: Expr) -> None:
        """Bind what PATTERN captures; a capture inside a class pattern is a part of the subject."""
        for child in ast.walk(pattern):
            if isinstance(child, ast.MatchAs) and child.name:
                whole = child is pattern
                self.bind(child.name, subject if whole else Other("captured", (subject,)))
            elif isinstance(child, ast.MatchStar) and child.name:
                self.bind(child.name, Other("captured", (subject,)))
            elif isinstance(child, ast.MatchMapping) and child.rest:
                self.bind(child.rest, Other("captured", (subject,)))

    def on_Return(self, node: ast.Return, order: int) -> None:
        self.scope.returns.append((order, self.expr(node.value) if node.value else const(None)))

    def on_Global(self, node: ast.Global | ast.Nonlocal, order: int) -> None:
        self.scope.outer.update(node.names)

    on_Nonlocal = on_Global

    def on_Import(self, node: ast.Import, order: int) -> None:
        for alias in node.names:
            if alias.asname:
                self.bind(alias.asname, Imported(alias.name, None, 0))
            else:
                self.bind(alias.name.partition(".")[0], Imported(alias.name.partition(".")[0], None, 0))

    def on_ImportFrom(self, node: ast.ImportFrom, order: int) -> None:
        for alias in node.names:
            self.bind(alias.asname or alias.name, Imported(node.module or "", alias.name, node.level))

    def on_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef, order: int) -> None:
        decorators = tuple(self.expr(one) for one in node.decorator_list)
        parameters = self.parameters(node.args)
        annotation = self.annotation(node.returns)
        inner = _Open(len(self.scopes), "function", node.name, self.scope, order, node.lineno)
        self.bind(node.name, Defined(inner.number))
        outer, self.scope = self.scope, inner
        self.scopes.append(None)
        for parameter in parameters:
            self.scope.bindings[parameter.name] = [Binding(order, Param(parameter.name), parameter.annotation)]
        self.block(node.body, order, "body")
        asynchronous = isinstance(node, ast.AsyncFunctionDef)
        doc = ast.get_docstring(node, clean=False)
        self.close(inner.number, parameters, decorators, (), (), annotation, doc, asynchronous)
        self.scope = outer

    on_AsyncFunctionDef = on_FunctionDef

    def on_ClassDef(self, node: ast.ClassDef, order: int) -> None:
        decorators = tuple(self.expr(one) for one in node.decorator_list)
        bases = tuple(self.expr(one) for one in node.bases)
        keywords = tuple((one.arg, self.expr(one.value)) for one in node.keywords)
        inner = _Open(len(self.scopes), "class", node.name, self.scope, order, node.lineno)
        self.bind(node.name, Defined(inner.number))
        outer, self.scope = self.scope, inner
        self.scopes.append(None)
        self.block(node.body, order, "body")
        self.close(inner.number, (), decorators, bases, keywords, None, ast.get_docstring(node, clean=False), False)
        self.scope = outer

    def parameters(self, args: ast.arguments) -> tuple[Parameter, ...]:
        plain = [*args.posonlyargs, *args.args]
        defaults: list[ast.expr | None] = [None] * (len(plain) - len(args.defaults)) + list(args.defaults)
        rows = [self.parameter(arg, "positional", default) for arg, default in zip(plain, defaults, strict=False)]
        if args.vararg:
            rows.append(self.parameter(args.vararg, "args", None))
        rows += [
            self.parameter(arg, "keyword", default)
            for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=False)
        ]
        if args.kwarg:
            rows.append(self.parameter(args.kwarg, "kwargs", None))
        return tuple(rows)

    def parameter(self, arg: ast.arg, kind: str, default: ast.expr | None) -> Parameter:
        value = self.expr(default) if default is not None else None
        return Parameter(arg.arg, kind, self.annotation(arg.annotation), value)

    def annotation(self, node: ast.expr | None) -> Expr | None:
        """An annotation; one written as a string is read as code, for that is what it is."""
        if node is None:
            return None
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return quoted(node.value)
        return self.expr(node)

    # -- expressions -----------------------------------------------------------------------------------------------

    def exprs(self, nodes: Iterable[ast.expr]) -> tuple[Expr, ...]:
        return tuple(self.expr(node) for node in nodes)

    def expr(self, node: ast.expr) -> Expr:
        lower: Callable[[_Reader, Any], Expr] = _LOWER.get(type(node), _other)
        return lower(self, node)


def _name(reader: _Reader, node: ast.Name) -> Expr:
    return Name(node.id)


def _attribute(reader: _Reader, node: ast.Attribute) -> Expr:
    return Attr(reader.expr(node.value), node.attr)


def _call(reader: _Reader, node: ast.Call) -> Expr:
    slot = len(reader.calls)
    reader.calls.append(None)  # type: ignore[arg-type]  # an outer call comes before the calls inside it
    call = Call(
        reader.expr(node.func),
        reader.exprs(node.args),
        tuple((keyword.arg, reader.expr(keyword.value)) for keyword in node.keywords),
    )
    reader.calls[slot] = Called(reader.order, reader.scope.number, call, node.lineno, node.col_offset)
    return call


def _constant(reader: _Reader, node: ast.Constant) -> Expr:
    return const(node.value)


def _joined(reader: _Reader, node: ast.JoinedStr) -> Expr:
    return Text(merged([reader.expr(part) for part in node.values]))


def merged(parts: Sequence[Expr]) -> tuple[Expr, ...]:
    """Neighbouring literal pieces as one: the parsers cut f-strings at different places."""
    out: list[Expr] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Text) else (part,):
            if isinstance(piece, Const) and out and isinstance(out[-1], Const):
                out[-1] = const(f"{out[-1].value!s}{piece.value!s}")
            elif piece != Const("", "str"):
                out.append(piece)
    return tuple(out)


def _formatted(reader: _Reader, node: ast.FormattedValue) -> Expr:
    return reader.expr(node.value)


def _subscript(reader: _Reader, node: ast.Subscript) -> Expr:
    return Item(reader.expr(node.value), reader.expr(node.slice))


def _slice(reader: _Reader, node: ast.Slice) -> Expr:
    lower = const(None) if node.lower is None and node.upper is not None else node.lower and reader.expr(node.lower)
    rest = (reader.expr(one) for one in (node.upper, node.step) if one)
    return Other("slice", (*((lower,) if lower else ()), *rest))


def _list(reader: _Reader, node: ast.List) -> Expr:
    return Seq("list", reader.exprs(node.elts))


def _tuple(reader: _Reader, node: ast.Tuple) -> Expr:
    return Seq("tuple", reader.exprs(node.elts))


def _set(reader: _Reader, node: ast.Set) -> Expr:
    return Seq("set", reader.exprs(node.elts))


def _dict(reader: _Reader, node: ast.Dict) -> Expr:
    rows = []
    for key, value in zip(node.keys, node.values, strict=False):
        rows.append((None if key is None else reader.expr(key), reader.expr(value)))
    return Dict(tuple(rows))


def _bool(reader: _Reader, node: ast.BoolOp) -> Expr:
    return Op("and" if isinstance(node.op, ast.And) else "or", reader.exprs(node.values))


def _binary(reader: _Reader, node: ast.BinOp) -> Expr:
    return Op(_SIGNS.get(type(node.op), "?"), (reader.expr(node.left), reader.expr(node.right)))


def _unary(reader: _Reader, node: ast.UnaryOp) -> Expr:
    operand = reader.expr(node.operand)
    if isinstance(node.op, ast.USub) and isinstance(operand, Const) and operand.type in ("int", "float"):
        return const(-operand.value)  # type: ignore[operator]
    return Op("not" if isinstance(node.op, ast.Not) else "~", (operand,))


def _compare(reader: _Reader, node: ast.Compare) -> Expr:
    signs = " ".join(_SIGNS.get(type(op), "?") for op in node.ops)
    found = Op(signs, (reader.expr(node.left), *reader.exprs(node.comparators)))
    reader.tests.append(Test(reader.order, reader.scope.number, found))
    return found


def _ternary(reader: _Reader, node: ast.IfExp) -> Expr:
    return Op("if", (reader.expr(node.body), reader.expr(node.orelse), reader.expr(node.test)))


def _starred(reader: _Reader, node: ast.Starred) -> Expr:
    return Star(reader.expr(node.value))


def _await(reader: _Reader, node: ast.Await) -> Expr:
    return reader.expr(node.value)


def _walrus(reader: _Reader, node: ast.NamedExpr) -> Expr:
    value = reader.expr(node.value)
    reader.assign(node.target, value)
    return value


def _lambda(reader: _Reader, node: ast.Lambda) -> Expr:
    args = node.args
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    names = [arg.arg for arg in every] + [arg.arg for arg in (args.vararg, args.kwarg) if arg]
    for default in (*args.defaults, *args.kw_defaults):
        if default is not None:
            reader.expr(default)  # for the calls in it
    return Lambda(tuple(names), reader.expr(node.body))


def _comprehension(reader: _Reader, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Expr:
    for part in node.generators:
        reader.assign(part.target, Each(reader.expr(part.iter)))
        for test in part.ifs:
            reader.expr(test)
    if isinstance(node, ast.DictComp):
        return Dict(((reader.expr(node.key), reader.expr(node.value)),))
    return Seq("gen", (reader.expr(node.elt),))


def _yield(reader: _Reader, node: ast.Yield) -> Expr:
    value = reader.expr(node.value) if node.value else const(None)
    reader.scope.yields.append((reader.order, value))
    return Other("sent")


def _yield_from(reader: _Reader, node: ast.YieldFrom) -> Expr:
    value = reader.expr(node.value)
    reader.scope.yields.append((reader.order, Each(value)))
    return value


def _other(reader: _Reader, node: ast.expr) -> Expr:
    inner = [reader.expr(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return Other(type(node).__name__, tuple(inner))


_LOWER: dict[type, Callable[[_Reader, Any], Expr]] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.Constant: _constant,
    ast.JoinedStr: _joined,
    ast.FormattedValue: _formatted,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.List: _list,
    ast.Tuple: _tuple,
    ast.Set: _set,
    ast.Dict: _dict,
    ast.BoolOp: _bool,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.IfExp: _ternary,
    ast.Starred: _starred,
    ast.Await: _await,
    ast.NamedExpr: _walrus,
    ast.Lambda: _lambda,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
}
for _name_, _handler_ in (("TemplateStr", _joined), ("Interpolation", _formatted)):  # Python 3.14
    if hasattr(ast, _name_):
        _LOWER[getattr(ast, _name_)] = _handler_

_SIGNS: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Mod: "%",
    ast.BitOr: "|",
    ast.BitAnd: "&",
    ast.RShift: ">>",
    ast.LShift: "<<",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


def quoted(text: str) -> Expr:
    """An annotation written as a string, read as code; not code: a plain text."""
    if len(text) > 500:
        return const(text)
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return const(text)
    return _Reader("").expr(node)
