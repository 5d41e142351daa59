"""`explain` and `rules`: a rule's docstring as a page, and the list of all rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from factorlint.factors import BY_NUMBER
from factorlint.model import Check, RuleInfo
from factorlint.report import Look
from factorlint.report import _doc as doc

_PLACE = re.compile(r"\{\w+\}")  # what only a site can fill in


def page(info: RuleInfo, check: Check | None, look: Look) -> str:
    """The page of a rule, or of one CHECK of it: Markdown as it is written, rendered where there is a terminal."""
    source = "\n\n".join(_check(info, check) if check else _rule(info)) + "\n"
    return _rendered(source, look) if look.color else source


def listing(rules: Iterable[RuleInfo]) -> str:
    """Every check, one a line, under its rule. Fixable is no, safe or unsafe."""
    lines = [_columns("code", "name", "severity", "owner", "fixable")]
    for info in rules:
        lines.append(f"{info.code} {info.name}")
        lines += [
            _columns(one.code or "-", one.name, _severity(one), one.owner.value, one.fix or "no") for one in info.checks
        ]
    return "".join(f"{line}\n" for line in lines)


def _columns(code: str, name: str, severity: str, owner: str, fixable: str) -> str:
    return f"  {code:7} {name:32} {severity:9} {owner:10} {fixable}"


def _severity(check: Check) -> str:
    return check.severity.value if check.severity else "evidence"


def _rule(info: RuleInfo) -> Iterator[str]:
    yield f"# {info.code} {info.name}"
    yield from _sections(info.doc, "", *doc.HEADINGS)
    yield "## Checks\n\n" + "\n".join(_row(check) for check in info.checks)
    if BY_NUMBER[info.factor].url:
        yield f"The chapter: {BY_NUMBER[info.factor].url}"


def _check(info: RuleInfo, check: Check) -> Iterator[str]:
    yield f"# {check.id} {check.name if check.code else ''}".rstrip()
    yield f"{_severity(check)}, owner {check.owner.value}, of {info.code} {info.name}"
    yield f"Says: {_PLACE.sub('…', check.message.replace('{symbol}', 'SYMBOL'))}"
    if check.advice:
        yield f"Instead: {check.advice}"
    yield from _sections(info.doc, *doc.HEADINGS)
    if BY_NUMBER[info.factor].url:
        yield f"The chapter: {BY_NUMBER[info.factor].url}"


def _sections(text: str, *headings: str) -> Iterator[str]:
    parts = doc.sections(text)
    for heading in headings:
        if parts.get(heading):
            yield f"## {heading}\n\n{parts[heading]}" if heading else parts[heading]


def _row(check: Check) -> str:
    name = f"{check.code} {check.name}" if check.code else check.name
    return f"- **{name}** ({_severity(check)}, {check.owner.value})"


def _rendered(source: str, look: Look) -> str:
    import io

    from rich.console import Console
    from rich.markdown import Markdown

    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=look.width)
    with console.capture() as captured:
        console.print(Markdown(source, code_theme="ansi_dark"))
    return captured.get()
