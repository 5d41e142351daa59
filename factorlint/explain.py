"""`explain` and `rules`: a rule's docstring, which is its documentation, as a page; all as one book; the list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from factorlint.factors import BY_NUMBER, DECISIVE
from factorlint.model import Check, RuleInfo
from factorlint.report import Look
from factorlint.report import _doc as doc

FORMATS = ("text", "markdown", "json")
REGENERATE = "factorlint explain --all -o markdown:rules/README.md"
_PLACE = re.compile(r"\{\w+\}")  # what only a site can fill in


def render(name: str, info: RuleInfo, check: Check | None, look: Look) -> str:
    """The page of a rule, or of one CHECK of it, in the format NAME."""
    if name == "json":
        return _json(_plain_check(info, check) if check else _plain(info))
    return page(info, check, look if name == "text" else Look())


def render_all(name: str, rules: Sequence[RuleInfo], look: Look) -> str:
    """All RULES in the format NAME; as Markdown they are the book."""
    if name == "json":
        return _json([_plain(info) for info in rules])
    if name == "markdown":
        return "\n\n".join(_book(rules)) + "\n"
    return "\n".join(page(info, None, look) for info in rules)


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


# -- one page ----------------------------------------------------------------------------------------------------------


def _rule(info: RuleInfo) -> Iterator[str]:
    yield f"# {info.code} {info.name}"
    yield from _sections(info.doc, "##", "", *doc.HEADINGS)
    yield "## Checks\n\n" + "\n".join(_row(check) for check in info.checks)
    if BY_NUMBER[info.factor].url:
        yield f"The chapter: {BY_NUMBER[info.factor].url}"


def _check(info: RuleInfo, check: Check) -> Iterator[str]:
    yield f"# {called(check)}"
    yield f"{_about(check)}, of {info.code} {info.name}"
    yield from _says(check)
    yield from _sections(info.doc, "##", *doc.HEADINGS)
    if BY_NUMBER[info.factor].url:
        yield f"The chapter: {BY_NUMBER[info.factor].url}"


def _about(check: Check) -> str:
    said = [_severity(check), f"owner {check.owner.value}"]
    said += [f"fixable ({check.fix})"] if check.fix else []
    said += (
        ["about something missing: audits speak of it, `check` to the persona auditor only"] if check.absence else []
    )
    return ", ".join(said)


def _says(check: Check) -> Iterator[str]:
    yield f"Says: {_message(check)}"
    if check.advice:
        yield f"Instead: {check.advice}"


def _message(check: Check) -> str:
    return _PLACE.sub("…", check.message.replace("{symbol}", "SYMBOL"))


def _sections(text: str, level: str, *headings: str) -> Iterator[str]:
    parts = doc.sections(text)
    for heading in headings:
        if parts.get(heading):
            yield f"{level} {heading}\n\n{parts[heading]}" if heading else parts[heading]


def _row(check: Check) -> str:
    return f"- **{called(check)}** ({_severity(check)}, {check.owner.value})"


def called(check: Check) -> str:
    """``FL0801 opaque-agent-run``, or the name alone of what has no code."""
    return f"{check.code} {check.name}" if check.code else check.name


def _rendered(source: str, look: Look) -> str:
    import io

    from rich.console import Console
    from rich.markdown import Markdown

    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=look.width)
    with console.capture() as captured:
        console.print(Markdown(source, code_theme="ansi_dark"))
    return captured.get()


# -- the book ----------------------------------------------------------------------------------------------------------


def _book(rules: Sequence[RuleInfo]) -> Iterator[str]:
    yield "# The rules"
    yield (
        f"Written by `{REGENERATE}` from the docstrings of the rules; `factorlint explain FL0801` prints one page. "
        "Codes and names of rules and checks are anchors here: `#fl08`, `#fl0801`, `#opaque-agent-run`."
    )
    yield _contents(rules)
    for info in rules:
        yield from _chapter(info)


def _contents(rules: Sequence[RuleInfo]) -> str:
    rows = ["| rule | weight | checks | evidence |", "| --- | ---: | --- | --- |"]
    for info in rules:
        star = " ★" if info.factor in DECISIVE else ""
        found = ", ".join(_link(one) for one in info.checks if one.code)
        owned = ", ".join(_link(one) for one in info.checks if not one.code)
        rows.append(f"| [{info.code}](#{info.code.lower()}) {info.name}{star} | {info.weight:g} | {found} | {owned} |")
    return (
        "\n".join(rows) + "\n\n★ decisive: where a framework owns most of these, a team ends up reverse-engineering it."
    )


def _link(check: Check) -> str:
    return f"[{check.id}](#{check.id.lower()})"


def _chapter(info: RuleInfo) -> Iterator[str]:
    known = BY_NUMBER[info.factor]
    yield f"{_anchors(info.code, info.name)}\n\n## {info.code} {info.name}"
    yield from _sections(info.doc, "###", "")
    if known.url:
        yield f"The chapter: [{known.title}]({known.url})"
    yield from _sections(info.doc, "###", *doc.HEADINGS)
    for check in info.checks:
        yield f"{_anchors(check.code, check.name)}\n\n### {called(check)}"
        yield f"{_about(check)}"
        yield from _says(check)


def _anchors(*names: str | None) -> str:
    return "".join(f'<a id="{name.lower()}"></a>' for name in names if name)


# -- JSON --------------------------------------------------------------------------------------------------------------


def _json(data: object) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _plain(info: RuleInfo) -> dict[str, Any]:
    """A rule as data; fields are only ever added."""
    parts = doc.sections(info.doc)
    return {
        "code": info.code,
        "name": info.name,
        "title": info.title or BY_NUMBER[info.factor].title,
        "weight": info.weight,
        "decisive": info.factor in DECISIVE,
        "chapter": BY_NUMBER[info.factor].url or None,
        "summary": parts[""],
        "sections": {heading: parts[heading] for heading in doc.HEADINGS if parts.get(heading)},
        "explanation": page(info, None, Look()),
        "checks": [_plain_row(info, check) for check in info.checks],
    }


def _plain_row(info: RuleInfo, check: Check) -> dict[str, Any]:
    return {
        "code": check.code,
        "name": check.name,
        "rule": info.code,
        "owner": check.owner.value,
        "severity": check.severity.value if check.severity else None,
        "weight": check.weight,
        "message": check.message,
        "advice": check.advice,
        "fix": check.fix or None,
        "absence": check.absence,
    }


def _plain_check(info: RuleInfo, check: Check) -> dict[str, Any]:
    more = {"chapter": BY_NUMBER[info.factor].url or None, "explanation": page(info, check, Look())}
    return {**_plain_row(info, check), **more}
