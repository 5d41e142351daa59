"""What an expression at a site is about: the text it takes apart, the input of a run, the name that a model chose."""

from __future__ import annotations

import ast
import json
import re

from factorlint import names

_GIVEN = ("inputs", "input", "messages", "message", "user_prompt", "question", "task")
_CUTS = ("split", "strip", "splitlines", "partition", "rpartition", "replace", "find", "startswith", "endswith")


def fields(node: ast.AST | None) -> list[str]:
    """The names that an f-string is filled with."""
    if not isinstance(node, ast.JoinedStr):
        return []
    found = (names.root(one.value) for one in node.values if isinstance(one, ast.FormattedValue))
    return list(dict.fromkeys(name for name in found if name and name != "self"))[:6]


def key(node: ast.AST | None) -> str:
    """The name of a field that is asked for, in ``"tool_call_id" in action``; words such as "STOP" are none."""
    if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], (ast.In, ast.NotIn)):
        return ""
    word = node.left.value if isinstance(node.left, ast.Constant) else None
    return word if isinstance(word, str) and re.fullmatch(r"[a-z]+(?:_[a-z]+)+", word) else ""


def unpacked(call: ast.Call | None) -> ast.expr | None:
    """What a call is given with ``**``."""
    return next((one.value for one in call.keywords if one.arg is None), None) if call else None


def tests(call: ast.Call | None) -> bool:
    """``text.startswith("STOP")``."""
    if call is None or not isinstance(call.func, ast.Attribute) or not call.args:
        return False
    return call.func.attr in ("startswith", "endswith") and isinstance(call.args[0], ast.Constant)


def subject(node: ast.AST | None) -> tuple[str, str]:
    """The text that is taken apart, and the literal that it is compared with."""
    text, literal = None, None
    if isinstance(node, ast.Compare):
        sides = [node.left, node.comparators[0]]
        literal = next((one for one in sides if isinstance(one, ast.Constant)), None)
        text = next((one for one in sides if one is not literal), None)
    elif isinstance(node, ast.Call):
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if isinstance(node.func, ast.Attribute) and method in _CUTS:
            text, literal = node.func.value, next((one for one in node.args if isinstance(one, ast.Constant)), None)
        elif node.args:
            text = node.args[-1 if names.root(node.func) in ("re", "regex") and len(node.args) == 2 else 0]
    elif isinstance(node, ast.Subscript):
        text = node.value
    word = (
        json.dumps(literal.value) if isinstance(literal, ast.Constant) and isinstance(literal.value, str) else '"..."'
    )
    return names.code(text, "text"), word if len(word) < 40 else '"..."'


def given(call: ast.Call | None) -> ast.expr | None:
    """What a run is given to work on."""
    if call is None:
        return None
    told = names.argument(call, *_GIVEN)
    if told is not None or not call.args:
        return told
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    static = isinstance(receiver, ast.Name) and receiver.id[:1].isupper()
    return _alone(call.args[1] if static and len(call.args) > 1 else call.args[0])


def asked(call: ast.Call | None) -> ast.expr | None:
    """The question that a person is asked."""
    return _alone(call.args[0]) if call is not None and call.args else None


def _alone(argument: ast.expr) -> ast.expr | None:
    """ARGUMENT, unless it stands for several: ``*args`` is no expression by itself."""
    return None if isinstance(argument, ast.Starred) else argument


def loads(node: ast.AST | None) -> ast.expr | None:
    """The text that ``json.loads`` is given somewhere inside NODE."""
    for one in ast.walk(node) if node is not None else ():
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "loads" and one.args:
            return _alone(one.args[0])
    return None


def chosen(node: ast.AST | None) -> str:
    """The name that the model chose, in ``getattr(tools, name)`` and ``globals()[name]``."""
    if isinstance(node, ast.Subscript):
        return names.code(node.slice, "name")
    if isinstance(node, ast.Call) and len(node.args) > 1:
        return names.code(node.args[1], "name")
    return "name"


def holder(node: ast.AST | None) -> str:
    if isinstance(node, ast.Call) and node.args:
        return names.code(node.args[0], "the module")
    return "this module"
