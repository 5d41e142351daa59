"""Newer syntax made older: the statements keep their numbers, the values what can be known of them."""

from __future__ import annotations

import ast

import libcst as cst
import pytest

from factorlint import older
from factorlint.facts import Facts
from factorlint.statements import learn
from factorlint.walk import Walk

# Newer → what it means in syntax that every supported Python reads.
PAIRS = {
    "nested same quotes": ('f(f"{d["a"]}")', "f(''.join((d['a'],)))"),
    "a text in a text": ('f(f"a{f"{g("b")}"}c")', "f(''.join(('a', ''.join((g('b'),)), 'c')))"),
    "a backslash in a field": ("f(f\"{'\\n'.join(a)}\")", "f(''.join(('\\n'.join(a),)))"),
    "a comment in a field": ('f(f"{a  # b\n}")', "f(''.join((a,)))"),
    "a template": ('f(t"a {g(b)!r:>{c}}")', "f(''.join(('a ', g(b))))"),
    "an empty template": ('f(t"")', "f(''.join(()))"),
    "texts side by side": ('f("a" f"{d["b"]}" "c")', "f(''.join(('a', ''.join((d['b'],)), 'c')))"),
    "texts over lines": (
        'f("a"\n  f"\\n{{{d["b"]}}}"\n  rf"\\n{c}")',
        "f(''.join(('a', ''.join(('\\n{', d['b'], '}')), ''.join(('\\\\n', c)))))",
    ),
    "handlers": ("try: a()\nexcept B, C: d()\ne()", "try: a()\nexcept (B, C): d()\ne()"),
    "a type": ("type A[T] = b(T)\nc()", "A = b(T)\nc()"),
    "a function": ("def a[T: b](c: T = d()) -> T: return e()\nf()", "def a(c: T = d()) -> T: return e()\nf()"),
    "a class": ("class A[T, *U, **V](B[T]): c = d()\ne()", "class A(B[T]): c = d()\ne()"),
    "a group of exceptions": (
        "try: a()\nexcept* B as c: d()\nelse: e()\nfinally: f()\ng()",
        "try: a()\nexcept B as c: d()\nelse: e()\nfinally: f()\ng()",
    ),
    "a star in an index": ("f(a[*b, c])", "f(a[b, c])"),
    "a star in an annotation": ("def a(*b: *C): d()\ne()", "def a(*b: C): d()\ne()"),
    "all at once": (
        'class A[T]:\n    def b[U](self):\n        type C = U\n        return d(f"{e["f"]}")\ng()',
        "class A:\n    def b(self):\n        C = U\n        return d(''.join((e['f'],)))\ng()",
    ),
}


def facts_of(text: str) -> Facts:
    tree = older.parse(f"{text}\n")
    assert tree is not None
    return learn("a.py", tree)


@pytest.mark.parametrize("name", PAIRS)
def test_newer_syntax_is_older_syntax_of_the_same_meaning(name: str) -> None:
    newer, plain = PAIRS[name]
    ours, theirs = facts_of(newer), learn("a.py", ast.parse(plain))
    assert [(one.order, one.scope, one.call) for one in ours.calls] == [
        (one.order, one.scope, one.call) for one in theirs.calls
    ]
    assert ours.scopes == theirs.scopes


@pytest.mark.parametrize("name", PAIRS)
def test_the_statements_keep_their_numbers(name: str) -> None:
    newer, _ = PAIRS[name]
    facts = facts_of(newer)
    scopes = {scope.order: scope.id for scope in facts.scopes}
    rules_see = [(step.order, step.scope) for step in Walk(cst.parse_module(newer), scopes).all(cst.Call)]
    given = {(call.order, call.scope) for call in facts.calls}
    assert set(rules_see) <= given


@pytest.mark.parametrize("text", ["f(", "print 'x'", "def f(:\n  pass", "x = (\0)", "if a:\nb"])
def test_what_is_no_python_of_any_version_is_not_read(text: str) -> None:
    assert older.parse(text) is None
    assert not older.reads(text)


def test_what_needs_no_change_means_the_same() -> None:
    text = "def f(a, *b):\n    '''A.'''\n    return f'{a} b {g(b)}' 'c'\n"
    tree = older.parse(text)
    assert tree is not None
    assert [type(one).__name__ for one in tree.body] == ["FunctionDef"]
    assert ast.get_docstring(tree.body[0]) == "A."  # type: ignore[arg-type]
