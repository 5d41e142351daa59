"""LibCST never gets what it dies of, and always what people write."""

from __future__ import annotations

import ast
import gc
import sysconfig
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from factorlint.guard import refuse
from factorlint.workers import each

# Every way to nest or to go on that the grammar has, at a size.
SHAPES: dict[str, Callable[[int], str]] = {
    "sequence pattern": lambda n: "match x:\n case " + "[" * n + "]" * n + ": pass\n",
    "group pattern": lambda n: "match x:\n case " + "(" * n + "a" + ")" * n + ": pass\n",
    "class pattern": lambda n: "match x:\n case " + "A(" * n + ")" * n + ": pass\n",
    "keyword pattern": lambda n: "match x:\n case " + "A(b=" * n + "1" + ")" * n + ": pass\n",
    "mapping pattern": lambda n: "match x:\n case " + "{1: " * n + "a" + "}" * n + ": pass\n",
    "pattern over lines": lambda n: "match x:\n case " + "[\n" * n + "]" * n + ": pass\n",
    "open pattern": lambda n: "match x:\n case " + "[" * n + "\n",
    "patterns side by side": lambda n: "match x:\n case " + ("((((((((a,),),),),),),),), " * n) + ": pass\n",
    "patterns one after another": lambda n: "match x:\n" + " case ((((((((a,),),),),),),),): pass\n" * n,
    "or pattern": lambda n: "match x:\n case " + "|".join(["a"] * n) + ": pass\n",
    "parentheses": lambda n: "x = " + "(" * n + "a" + ")" * n + "\n",
    "brackets over lines": lambda n: "x = " + "[\n" * n + "]\n" * n + "\n",
    "dicts": lambda n: "x = " + "{1: " * n + "a" + "}" * n + "\n",
    "calls in calls": lambda n: "f(" * n + ")" * n + "\n",
    "keywords in keywords": lambda n: "f(a=" * n + "1" + ")" * n + "\n",
    "subscripts in subscripts": lambda n: "x: " + "A[" * n + "a" + "]" * n + "\n",
    "targets": lambda n: "[" * n + "a" + "]" * n + " = 1\n",
    "with": lambda n: "with " + "(" * n + "a" + ")" * n + " as b: pass\n",
    "generators": lambda n: "f(" + "a for a in (" * n + "b" + ")" * n + ")\n",
    "lambdas": lambda n: "x = " + "lambda: " * n + "1\n",
    "lambdas with parameters": lambda n: "x = " + "lambda a, b: " * n + "1\n",
    "defaults of lambdas": lambda n: "x = " + "lambda a=" * n + "1" + ": 1" * n + "\n",
    "not": lambda n: "x = " + "not " * n + "1\n",
    "minus": lambda n: "x = " + "-" * n + "1\n",
    "for": lambda n: "x = [a" + " for a in b" * n + "]\n",
    "conditions": lambda n: "x = " + "a if b else " * n + "c\n",
    "conditions in parentheses": lambda n: "x = " + "(a if b else " * n + "c" + ")" * n + "\n",
    "powers": lambda n: "x = " + "**".join(["a"] * n) + "\n",
    "sums": lambda n: "x = " + " + ".join(["a"] * n) + "\n",
    "sums over lines": lambda n: "x = (" + "\n  + ".join(["a"] * n) + ")\n",
    "continued sums": lambda n: "x = " + " + \\\n".join(["a"] * n) + "\n",
    "and": lambda n: "x = " + " and ".join(["a"] * n) + "\n",
    "comparisons": lambda n: "x = " + " < ".join(["a"] * n) + "\n",
    "attributes": lambda n: "x = " + ".".join(["a"] * n) + "\n",
    "method calls": lambda n: "x = a" + ".b()" * n + "\n",
    "method calls with arguments": lambda n: "x = a" + ".b(c, d)" * n + "\n",
    "method calls over lines": lambda n: "x = (a" + "\n  .b(c, d)" * n + ")\n",
    "subscripts": lambda n: "x = a" + "[0]" * n + "\n",
    "adjacent strings": lambda n: "x = (" + "'a'\n" * n + ")\n",
    "elif": lambda n: "if a: pass\n" + "elif b: pass\n" * n,
    "f-string": lambda n: "x = f'" + "{" + "(" * n + "a" + ")" * n + "}'\n",
    "sum in an f-string": lambda n: "x = f'{" + "+".join(["a"] * n) + "}'\n",
    "formats in formats": lambda n: "x = f'" + "{a:" * n + "}" * n + "'\n",
    "f-strings in f-strings": lambda n: "x = " + "f'{" * n + "1" + "}'" * n + "\n",
    "walrus": lambda n: "x = " + "(a := " * n + "1" + ")" * n + "\n",
    "blocks": lambda n: "".join(" " * at + "if a:\n" for at in range(min(n, 1000))) + " " * min(n, 1000) + "pass\n",
    "decorators": lambda n: "@a\n" * n + "def f(): pass\n",
    "handlers": lambda n: "try: pass\n" + "except A: pass\n" * n,
    "open parentheses": lambda n: "x = " + "(" * n + "\n",
    "closed parentheses": lambda n: "x = " + ")" * n + "\n",
    "print": lambda n: "print " + "(" * n + ")" * n + "\n",
    "tuple": lambda n: "x = " + "1, " * n + "\n",
    "behind an odd string": lambda n: "x = f'{d['('])}'\ny = " + "(" * n + ")" * n + "\n",
}
SIZES = (7, 25, 95, 300, 900, 4_000, 20_000)


def parse(text: str) -> str:
    import libcst

    try:
        libcst.parse_module(text)
    except Exception as error:
        return type(error).__name__
    return "parsed"


def test_what_is_not_refused_libcst_survives() -> None:
    given = [(name, size) for name in SHAPES for size in SIZES if refuse(SHAPES[name](size)) is None]
    told = each(lambda one: parse(SHAPES[one[0]](one[1])), given, jobs=2, seconds=lambda _: 15)
    assert not [(one, result) for one, result in told if not isinstance(result, str)]


@pytest.mark.parametrize("name", SHAPES)
def test_people_may_write_anything_a_little(name: str) -> None:
    size = 3 if "mapping" in name else 7 if "pattern" in name else 60
    assert refuse(SHAPES[name](size)) is None


@pytest.mark.parametrize(
    ("name", "size", "reason"),
    [
        ("parentheses", 200, "brackets nested over 100 deep"),
        ("brackets over lines", 200, "brackets nested over 100 deep"),
        ("f-string", 200, "brackets nested over 100 deep"),
        ("behind an odd string", 200, "brackets nested over 100 deep"),
        ("method calls", 1_500, "a chain of over 1,000 links"),
        ("method calls with arguments", 1_500, "a chain of over 1,000 links"),
        ("method calls over lines", 1_500, "a chain of over 1,000 links"),
        ("continued sums", 1_500, "a chain of over 1,000 links"),
        ("sum in an f-string", 1_500, "a chain of over 1,000 links"),
        ("adjacent strings", 5_000, "a chain of over 1,000 links"),
        ("mapping pattern", 5, "patterns nested over 8 deep"),
        ("class pattern", 9, "patterns nested over 8 deep"),
        ("pattern over lines", 9, "patterns nested over 8 deep"),
        ("elif", 2_000, "over 1,000 branches"),
        ("tuple", 150_001, "over 150,000 lines and elements"),
        ("tuple", 1_000_001, "over 3,000,000 characters"),
    ],
)
def test_the_reason_is_said(name: str, size: int, reason: str) -> None:
    assert refuse(SHAPES[name](size)) == reason


@pytest.mark.parametrize(
    "text",
    [
        "x = {\n" + "    'a': b.c(1) + 2,\n" * 5_000 + "}\n",
        "x = [" + "a.b, " * 5_000 + "]\n",
        "x = '''" + "(" * 500 + "'''\n",
        "x = '" + "(" * 500 + "' # " + "[" * 500 + "\n",
        'x = """' + 'a\\"b + ' * 2_000 + '"""\n',
        "x = [\n" + "    # a + b + c\n" * 3_000 + "]\n",
        "x = f'''" + "Do this. And (that: {a.b}), then - or else - stop. " * 300 + "'''\n",
        "def f():\n" + "    if a: x = (1 + 2)\n    elif b: pass\n" * 3_000,
        "case = [[[[[[[[[[1]]]]]]]]]]\n",
        "x = f'{d['('])}'\n" + "def f():\n    return a.b + c.d\n" * 1_000,
        "x = 1\n" * 100_000,
        "'" + "\n" + "x = a.b()\n" * 3_000,
        "",
    ],
)
def test_much_of_the_usual_is_not_too_much(text: str) -> None:
    assert refuse(text) is None


@pytest.mark.parametrize(
    "piece",
    [
        "'",
        '"',
        "'''",
        '"""',
        '\\"""',
        "\\'",
        "#",
        "\\\n",
        "(",
        ")",
        "()",
        "case (\n",
        "f'{",
        "\ud800",
        "elif x:\n",
        "a.",
        "{\n",
    ],
)
def test_the_time_is_linear(piece: str) -> None:
    start = time.perf_counter()
    refuse(piece * (2_900_000 // len(piece)))
    assert time.perf_counter() - start < 10


def library() -> Iterator[tuple[str, str]]:
    """All modules of the standard library, its tests included where they are installed."""
    root = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(root.rglob("*.py")):
        if "site-packages" in path.parts:
            continue
        try:
            yield str(path.relative_to(root)), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def test_nothing_of_the_standard_library_is_refused_and_the_cost_is_small() -> None:
    refused = []
    cost = asts = 0.0
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name, text in library():
                start = time.perf_counter()
                if refuse(text):
                    refused.append(name)
                middle = time.perf_counter()
                try:
                    ast.parse(text)
                except SyntaxError:
                    continue
                finally:
                    asts += time.perf_counter() - middle
                    cost += middle - start
    finally:
        gc.enable()
    assert refused == []
    assert cost < 0.6 * asts  # 0.3 on a quiet machine
