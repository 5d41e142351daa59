"""Reading a function that puts a prompt together: what is sent, what the call decides, what stays open."""

from __future__ import annotations

import ast
import textwrap

import pytest

from factorlint.model.library import Piece
from factorlint.sketch import OPAQUE, Sketch


def read(code: str, **given: object) -> str:
    """The text of the one function in CODE; the user's words in «», conditions in []."""
    node = ast.parse(textwrap.dedent(code)).body[-1]
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    return "".join(shown(piece) for piece in Sketch(given).function(node))


def shown(piece: Piece) -> str:
    text = f"«{piece.text}»" if piece.yours else piece.text
    return f"[{piece.when}|{text}]" if piece.when else text


BUILD = """
def build(agent, session):
    if agent.system is not None:
        return agent.system
    parts = []
    text = ""
    if agent.markdown and agent.schema is None:
        parts.append("Use markdown.")
    if agent.role:
        text += f"<role>{agent.role}</role>"
    rules = agent.rules
    if isinstance(rules, str):
        text += rules
    elif isinstance(rules, list):
        text += "\\n".join(rules)
    if len(parts) > 0:
        text += "<more>"
        for one in parts:
            text += f"- {one}"
        text += "</more>"
    if session.old:
        text += f"Before: {session.summary}"
    return text
"""


def test_what_the_call_passes_is_filled_in_and_decides() -> None:
    said = read(BUILD, system=None, markdown=True, schema=None, role="Bee expert", rules=("Short.", "True."))
    rules = "«Short.»\n«True.»"
    later = "[session.old|Before: ][session.old|{session.summary}]"
    assert said == f"<role>«Bee expert»</role>{rules}<more>- Use markdown.</more>{later}"


def test_what_is_known_to_be_left_out_is_not_sent() -> None:
    said = read(BUILD, system=None, markdown=False, schema=None, role=None, rules="Be short.")
    assert said == "«Be short.»[session.old|Before: ][session.old|{session.summary}]"


def test_an_override_ends_the_reading() -> None:
    assert read(BUILD, system="All mine.", markdown=True, schema=None, role="x", rules="y") == "«All mine.»"


def test_what_is_passed_but_cannot_be_read_stays_a_hole() -> None:
    code = """
    def build(self):
        return f"You are {self.role}."
    """
    assert read(code, role=OPAQUE) == "You are {self.role}."


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("return 'a' + 'b'", "ab"),
        ("return dedent('''\n    x\n      y\n    ''').strip()", "x\n  y"),
        ("return Message(role='system', content='text')", "text"),
        ("return ['one', 'two']", "one\ntwo"),
        ("return [('system', 'be kind'), ('human', '{input}')]", "be kind\n{input}"),
        ("return 'a' if flag else 'b'", "[flag|a][not (flag)|b]"),
        ("try:\n        x = 'in'\n    except E:\n        x = 'out'\n    return x", "in"),
        ("log('not sent at all')\n    return 'sent'", "sent"),
        ("return template.format(x=1)", ""),
        ("return read().replace('HOLE', 'what is put in')", "what is put in"),
    ],
)
def test_expressions(code: str, text: str) -> None:
    assert read(f"def build():\n    {code}\n") == text


def test_without_a_return_all_that_is_assembled_counts() -> None:
    assert read("def build(self, out):\n    text = 'one'\n    text += ' two'\n    out.send(text)\n") == "one two"


def test_a_name_that_means_itself_ends() -> None:
    node = ast.parse("x").body[0]
    assert isinstance(node, ast.Expr)
    assert Sketch({}, lambda name: ast.Name(name)).value(node.value) is None
