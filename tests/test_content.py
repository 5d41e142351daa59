"""What findings are recognised by stays the same when code is moved or reformatted, and changes with its meaning."""

from __future__ import annotations

import pytest

from factorlint.content import LONGEST, normal

SAME = [
    ("run(a, b)", "run(\n    a,\n    b,\n)"),
    ("run('it\\'s')", 'run("it\'s")'),
    ('run(u"a")', "run('a')"),
    ('run("one two")', 'run(\n    "one "\n    "two"\n)'),
    ("x = (await run())", "x = await run()"),
    ("run(a)  # why", "run(\n    # why not\n    a\n)"),
    ("f(a + \\\n  b)", "f(a + b)"),
    ('f("""a\n    b""")', 'f("""a\n  b""")'),
    ("run(F'{x}')", 'run(f"{x}")'),
]
DIFFERENT = [
    ("run(a)", "run(b)"),
    ("run('a')", "run(a)"),
    ("run(f'{x}')", "run('{x}')"),
    ("run('# a')", "run('# b')"),
    ("run(r'\\n')", "run('\\n')"),
    ("a b", "ab"),
    ("x = 1.5", "x = 15"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_layout_says_nothing(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_meaning_does(one: str, other: str) -> None:
    assert normal(one) != normal(other)


def test_of_a_block_only_the_first_line_counts() -> None:
    one = normal('def f(a: int = {"x": 1}["x"]) -> int:\n    return 1', header=True)
    assert one == normal("def f(a: int = {'x': 1}['x'],) -> int:\n    return 2", header=True)
    assert one == 'def f a:int={"x":1}["x"]->int'


def test_long_text_keeps_its_beginning_and_is_told_apart_by_its_end() -> None:
    one, other = (normal(f'PROMPT = """{"you are " * 500}{end}"""') for end in "ab")
    assert one != other
    assert one.startswith('PROMPT="you are you are')
    assert max(len(one), len(other)) <= LONGEST


@pytest.mark.parametrize("text", ["'", '"""', "'''a", "\\", "f(", "𝔘𝔫𝔦", "\udcff", ""])
def test_any_text_has_a_content(text: str) -> None:
    assert isinstance(normal(text), str)
