"""The names that the code at a site gives to things, read from the text that the report carries.

A report holds a piece of each site's text and the lines around it, which may be cut anywhere: what cannot be read has
no name, and whoever asks has a word of his own to fall back on. Nothing is looked up in any file.
"""

from __future__ import annotations

import ast
import keyword
import re
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from factorlint import guard
from factorlint.model import Finding, Site

_DEF = re.compile(r"(?P<async>async\s+)?def\s+(?P<name>\w+)\s*\(")
_CLASS = re.compile(r"class\s+(?P<name>\w+)\s*(?:\((?P<bases>[^)]*)\))?")
_HEADER = re.compile(r"\s*(?:async\s+)?(?:def|class|for|while|with|if|elif|else|try|except|match)\b")
_SHORT = 70  # characters of a piece of code that is quoted inside a line


@dataclass(frozen=True)
class Names:
    """What is called how at one site; empty where the text does not say."""

    function: str = ""  # that the site is, or stands in
    owner: str = ""  # the class of that function, or the class that the site is
    bases: str = ""
    target: str = ""  # the variable that the statement at the site fills
    is_async: bool = False
    node: ast.AST | None = None  # the site itself, where it is an expression

    @property
    def call(self) -> ast.Call | None:
        return self.node if isinstance(self.node, ast.Call) else None


def read(finding: Finding) -> Names:
    """The names at FINDING."""
    site = finding.site
    outer = _qualified(site)
    text = site.source.strip()
    made, kind = _DEF.match(text), _CLASS.match(text)
    if made:
        around = outer[:-1] if outer[-1:] == [made["name"]] else outer
        return Names(_named(made["name"]), _class(around[-1:]), "", "", bool(made["async"]))
    if kind:
        return Names("", _named(kind["name"]), kind["bases"] or "")
    if text.startswith("@"):
        found = _DEF.search("\n".join(after(finding)))
        node = _expression(text[1:])
        return Names(
            _named(found["name"]) if found else "", _class(outer), "", "", bool(found and found["async"]), node
        )
    node = _expression(_bare(_text(finding))) or _expression(_bare(text))
    target = "" if _bare(text) != text else _target(finding)
    return Names(_function(outer), _class(outer), "", target, False, node)


def after(finding: Finding) -> tuple[str, ...]:
    """The lines of the excerpt from the site's first one on."""
    if finding.excerpt is None:
        return ()
    return finding.excerpt.lines[finding.site.span.line - finding.excerpt.first :]


def lines(finding: Finding) -> tuple[str, ...]:
    """The site's own lines, whole, as far as the excerpt has them."""
    return after(finding)[: finding.site.span.end_line - finding.site.span.line + 1]


def parsed(text: str) -> ast.Module | None:
    """TEXT as Python; None if it is none, or too odd to be given to a parser."""
    if guard.refuse(text) is not None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an audited text's invalid escapes are not ours to print
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def code(node: ast.AST | None, fallback: str) -> str:
    """NODE as source on one short line; FALLBACK where it is none, long, or not to be written so."""
    if node is None:
        return fallback
    try:
        text = ast.unparse(node)
    except (ValueError, RecursionError):
        return fallback
    return text if len(text) <= _SHORT and "\n" not in text and text.isprintable() else fallback


def quoted(text: str) -> str:
    """TEXT on one short line that may stand in a comment of the owned form."""
    line = "".join(one if one.isprintable() else "?" for one in " ".join(text.split()))
    return line if len(line) <= _SHORT else f"{line[: _SHORT - 1]}…"


def word(text: str, fallback: str = "agent") -> str:
    """TEXT as a name in lower case with underscores: ``GameBuilderCrew`` → ``game_builder_crew``."""
    flat = re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)).strip("_").lower()
    return flat if flat.isidentifier() and not keyword.iskeyword(flat) else fallback


def pascal(text: str) -> str:
    """TEXT as the name of a class: ``close_ticket`` → ``CloseTicket``."""
    return "".join(part[:1].upper() + part[1:] for part in word(text).split("_"))


def root(node: ast.AST | None) -> str:
    """The name that a chain of attributes and calls begins with: ``crew`` of ``crew.team().kickoff``."""
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript, ast.Await)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            return node.attr
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def elements(node: ast.AST | None) -> Iterator[str]:
    """The names of what stands in a list of tools: functions, methods, classes that are made there."""
    for one in node.elts if isinstance(node, (ast.List, ast.Tuple, ast.Set)) else ():
        made = one.func if isinstance(one, ast.Call) else one
        if isinstance(made, ast.Attribute):
            yield made.attr
        elif isinstance(made, ast.Name):
            yield made.id


def argument(call: ast.Call | None, *wanted: str) -> ast.expr | None:
    """The value of the first of the keywords WANTED that CALL has."""
    given = {one.arg: one.value for one in call.keywords if one.arg} if call else {}
    return next((given[name] for name in wanted if name in given), None)


def _text(finding: Finding) -> str:
    """The site's own text with its line breaks, as far as the excerpt has it."""
    kept = list(lines(finding))
    span = finding.site.span
    if not kept or len(kept) <= span.end_line - span.line:
        return ""
    kept[-1] = kept[-1][: span.end_column - 1]
    kept[0] = kept[0][span.column - 1 :]
    return "\n".join(kept)


def _qualified(site: Site) -> list[str]:
    stem = site.path.rpartition("/")[2].rpartition(".")[0]
    inner = site.scope.removeprefix(stem).lstrip(".")
    return [part for part in inner.split(".") if _named(part)]


def _named(text: str) -> str:
    """TEXT if code can be called so; empty if not."""
    return text if text.isidentifier() and not keyword.iskeyword(text) else ""


def _function(outer: list[str]) -> str:
    return outer[-1] if outer and not outer[-1][:1].isupper() else ""


def _class(outer: list[str]) -> str:
    return next((part for part in reversed(outer) if part[:1].isupper()), "")


def _bare(text: str) -> str:
    """A keyword argument as its value: the site ``tools=[search]`` is about the list."""
    name, sign, value = text.partition("=")
    return value if sign and name.strip().isidentifier() and not value.startswith("=") else text


def _expression(text: str) -> ast.expr | None:
    module = parsed(f"({text}\n)")
    first = module.body[0] if module and module.body else None
    return first.value if isinstance(first, ast.Expr) else None


def _target(finding: Finding) -> str:
    """The last part of the variable that the statement of the site fills, if the lines show the statement's start."""
    text = textwrap.dedent("\n".join(lines(finding)))
    module = parsed(text) or (parsed(f"{text}\n    pass") if _HEADER.match(text) else None)
    for one in module.body if module else ():
        made = one.targets[0] if isinstance(one, ast.Assign) else getattr(one, "target", None)
        if isinstance(made, ast.Attribute):
            return made.attr
        if isinstance(made, ast.Name) and isinstance(one, (ast.Assign, ast.AnnAssign)):
            return made.id
    if module is None:  # the first line of a statement that goes on
        found = re.match(r"(?:\w+\.)*(\w+)\s*(?::[^=]+)?=(?!=)", text.strip())
        return _named(found[1]) if found else ""
    return ""
