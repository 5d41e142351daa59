"""The statements of a file → its Facts.

Read with ``ast``, which is ten times as fast as LibCST and does not fall over deep input; `older.py` stands behind
it for syntax newer than the running Python.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from factorlint.expr import Caught, Defined, Each, Enter, Expr, Imported, Name, Op, Other, Param, const
from factorlint.expressions import SIGNS, Open, Reading, quoted
from factorlint.facts import Binding, Facts, Parameter, Scope, Statement, Test, Write


def learn(path: str, tree: ast.Module) -> Facts:
    """The facts of a parsed file. Raises RecursionError on nesting that Python itself would not run."""
    return _Reader(path).read(tree)


class _Reader(Reading):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.scopes: list[Scope | None] = []
        self.statements: list[Statement] = []
        self.main: set[int] = set()

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
        value = Op(SIGNS.get(type(node.op), "?"), (self.expr(node.target), self.expr(node.value)))
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
        inner = Open(len(self.scopes), "function", node.name, self.scope, order, node.lineno)
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
        inner = Open(len(self.scopes), "class", node.name, self.scope, order, node.lineno)
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
