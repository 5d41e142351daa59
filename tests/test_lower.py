"""LibCST and `ast` see the same: expressions, scopes, statement numbers, positions.

Rules hold LibCST nodes against facts that were learnt from `ast`. Where the two disagree, a rule asks about the wrong
call, so they are held equal on all code that there is here, and on what is seldom written.
"""

from __future__ import annotations

import ast
from pathlib import Path

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from factorlint.lower import lower
from factorlint.position import spans
from factorlint.statements import learn
from factorlint.walk import Walk

ROOT = Path(__file__).parent.parent
FILES = sorted(path for name in ("factorlint", "fixtures", "rules", "tests") for path in (ROOT / name).rglob("*.py"))
SELDOM = {
    "texts": (
        "f(f'a{b!r:>{c}}d{e=}', 'a' 'b', 'a' f'{b}' 'c', rb'x', b'x' b'y', rf'\\d{x}', f'{{}}', f'\\n{a}', u'é')"
    ),
    "a text over lines": ("f(f'''a\n  {b}\n\\\n c''', 'a'\n  'b')"),
    "numbers": "f(1, 1.0, 1j, -1, -1.5, +1, ~1, 0x1F, 1_000, True, None, ..., - x, not x, -(1))",
    "operations": (
        "f(a + b * c ** d, a or b or (c or d), a and b or c, a < b <= c, a is not b, a not in c, a @ b, a // b)"
    ),
    "collections": "f([1, *a], (1,), (), {1, 2}, {**a, 'b': 1}, {}, [*a, *b])",
    "subscripts": "f(a[1], a[1:2], a[::2], a[1, 2], a[1,], a[*b], a[b:c, d], a[-1], a['b']['c'], a[()])",
    "arguments": "f(*a, b, *c, d=1, **e, f=2, **g)(h)(i=1).j(k)",
    "comprehensions": (
        "f([g(a) for a in h(b) if i(a)], {a: j(a) for a in b}, {k(a) for a in b}, (l(a) for a in b for c in d(a)))"
    ),
    "conditions": "f(a if b else c, (a := b(c)), lambda x, *y, z=g(), **w: h(x))",
    "coroutines": (
        "async def f():\n"
        "    await g(await h())\n"
        "    async with i() as j, k(): l()\n"
        "    async for m in n(): o()\n"
        "    else: p()"
    ),
    "generators": ("def f():\n    x = yield g()\n    yield from h()\n    yield\n    return (yield i())"),
    "decorators": (
        "@a(b)\n"
        "@c\n"
        "class D(E(f), metaclass=g()):\n"
        "    h = i()\n"
        "    @j()\n"
        "    def k(self, l=m(), *n, o: p() = q(), **r) -> s():\n"
        "        t()"
    ),
    "nested definitions": (
        "def a():\n"
        "    def b():\n"
        "        c()\n"
        "        class D:\n"
        "            e()\n"
        "            def f(self): g()\n"
        "        h()\n"
        "    i()\n"
        "j()"
    ),
    "handlers": ("try:\n    a()\nexcept (b(), C) as d:\n    e()\nexcept F: g()\nelse:\n    h()\nfinally:\n    i()"),
    "groups": ("try: a()\nexcept* B: c()"),
    "loops": ("for a in b():\n    c()\n    continue\nelse: d()\nwhile e(): f(); g(); break\nelse: h()"),
    "branches": ("if a(): b()\nelif c(): d()\nelif e():\n    f()\nelse: g()"),
    "patterns": (
        "match a():\n"
        "    case B(c=[1, *d], e={'f': g, **h}) | 'i' if j(): k()\n"
        "    case [*_, -1.0]: l()\n"
        "    case _: m()"
    ),
    "statements": (
        "import a, b.c as d; from .e import (f, g as h); global i; del j[k()], l; assert m(), "
        "n(); raise o() from p(); pass"
    ),
    "assignments": "a = b = c(); d: e() = f(); g[h()] += i(); j.k, (l, *m) = n(); o: p",
    "with": ("with a() as b, c() as (d, e):\n    f()\nwith (g() as h, i()): j()"),
    "a line continued": ("a = \\\n  b(c) \\\n  .d(e)  # f(g)\n\n\n# h\ni()"),
    "form feeds and tabs": ("\x0c\nif a:\n\tb(c,\td)\n\x0c\ne()"),
    "wide characters": "é = ü('😀', ñ('日本'))  ; ß(1)",
    "a docstring": '"""A."""\ndef f():\n    """B."""\n    return g()',
    "print": "print(f'{a}', file=b) ; exec(c)",
    "await outside": ("await f(g())\nasync with h(): i()"),
}


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def check_calls(path: str, text: str) -> None:
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        tree = compile(text, path, "exec", flags, dont_inherit=True)
    except SyntaxError:
        pytest.skip("newer than this Python")
    facts = learn(path, tree)
    scopes = {scope.order: scope.id for scope in facts.scopes}
    steps = Walk(cst.parse_module(text), scopes).all(cst.Call)
    ours = [repr((step.order, step.scope, lower(step.node))) for step in steps]
    theirs = [repr((one.order, one.scope, one.call)) for one in facts.calls]
    assert sorted(ours) == sorted(theirs)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_call_is_seen_alike(path: Path) -> None:
    check_calls(path.name, text_of(path))


@pytest.mark.parametrize("name", SELDOM)
def test_what_is_seldom_written_is_seen_alike(name: str) -> None:
    check_calls("a.py", SELDOM[name] + "\n")


KINDS = (
    *(cst.Call, cst.Arg, cst.SimpleString, cst.FormattedString, cst.ConcatenatedString, cst.Lambda, cst.Dict),
    *(cst.FunctionDef, cst.ClassDef, cst.Decorator, cst.While, cst.For, cst.If, cst.With, cst.Try, cst.ExceptHandler),
    *(cst.Assign, cst.Return, cst.Raise, cst.Expr, cst.Name, cst.Attribute, cst.BinaryOperation, cst.Await, cst.Tuple),
)


def check_positions(text: str) -> None:
    module = cst.parse_module(text)
    theirs = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    nodes = [step.node for step in Walk(module, {}).all(*KINDS)]
    ours = spans(module, nodes)
    for node in nodes:
        place, span = theirs[node], ours[id(node)]
        want = (place.start.line, place.start.column + 1, place.end.line, place.end.column + 1)
        assert (span.line, span.column, span.end_line, span.end_column) == want, type(node).__name__


@pytest.mark.parametrize("path", FILES[::4], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_position_is_that_of_libcst(path: Path) -> None:
    check_positions(text_of(path))


@pytest.mark.parametrize("name", SELDOM)
def test_what_is_seldom_written_stands_where_libcst_says(name: str) -> None:
    check_positions(SELDOM[name] + "\n")
