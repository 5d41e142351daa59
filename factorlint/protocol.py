"""A Report in the words of the Language Server Protocol: diagnostics, what hovering shows, and code actions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lsprotocol import types
from pygls.workspace import ServerTextPosition, ServerTextRange, TextDocument

from factorlint import explain, fix, suppress
from factorlint.factors import BY_NUMBER
from factorlint.model import Finding, Fix, Problem, Repair, Report, Severity, Site, Span, Status
from factorlint.report import Look

_SEVERITY = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
}
_END = 10_000  # a column that no line has: the protocol takes it for the end of the line


@dataclass(frozen=True)
class Opened:
    """A document of the editor, the text of it that was audited, and the report; ``path`` starts at ``root``."""

    root: Path
    path: str
    document: TextDocument
    text: str
    report: Report

    @property
    def findings(self) -> list[Finding]:
        return [
            one
            for one in self.report.sites
            if one.site.path == self.path and one.status is Status.NEW and one.site.check.code
        ]

    def range(self, span: Span) -> types.Range:
        return self.document.range_to_client_units(
            ServerTextRange(
                ServerTextPosition(span.line - 1, span.column - 1),
                ServerTextPosition(span.end_line - 1, span.end_column - 1),
            )
        )


def diagnostics(opened: Opened) -> list[types.Diagnostic]:
    """The findings and problems of one document."""
    problems = [one for one in opened.report.problems if one.path == opened.path]
    return [*(_finding(opened, one) for one in opened.findings), *map(_problem, problems)]


def _finding(opened: Opened, finding: Finding) -> types.Diagnostic:
    site = finding.site
    url = BY_NUMBER[site.factor].url
    idle = site.check is suppress.UNUSED
    return types.Diagnostic(
        opened.range(site.span),
        site.message,
        severity=_SEVERITY[site.check.severity or Severity.INFO],
        code=site.check.code,
        code_description=types.CodeDescription(url) if url else None,
        source="factorlint",
        tags=[types.DiagnosticTag.Unnecessary] if idle else None,
        data=finding.fingerprint,
    )


def _problem(problem: Problem) -> types.Diagnostic:
    line = max((problem.line or 1) - 1, 0)
    where = types.Range(types.Position(line, 0), types.Position(line, _END))
    return types.Diagnostic(
        where, problem.message, severity=types.DiagnosticSeverity.Warning, code=problem.kind, source="factorlint"
    )


def hover(opened: Opened, position: types.Position) -> types.Hover | None:
    """What the findings at POSITION say, and the page of each check."""
    here = types.Range(position, position)
    found = [one for one in opened.findings if _meet(opened.range(one.site.span), here)]
    if not found:
        return None
    text = "\n\n---\n\n".join(_page(one.site, opened.report) for one in found)
    content = types.MarkupContent(types.MarkupKind.Markdown, text)
    return types.Hover(content, opened.range(found[0].site.span))


def _page(site: Site, report: Report) -> str:
    said = f"**{site.check.code}** {site.message}"
    said += f"\n\n{site.advice}" if site.advice else ""
    info = next((one for one in report.rules if any(site.check.id == each.id for each in one.checks)), None)
    check = next((one for one in info.checks if one.id == site.check.id), None) if info else None
    return f"{said}\n\n{explain.page(info, check, Look())}" if info else said


def actions(opened: Opened, where: types.Range) -> Iterator[types.CodeAction]:
    """The fixes of what stands at WHERE, a comment for each that sets it aside, and all safe fixes of the document."""
    for one in opened.findings:
        if not _meet(opened.range(one.site.span), where):
            continue
        if one.site.fix is not None:
            yield from _action(opened, [one], _title(one.site, one.site.fix), preferred=one.site.fix.safe)
        yield from _aside(opened, one)
    safe = [one for one in opened.findings if one.site.fix is not None and one.site.fix.safe]
    if safe:
        kind = types.CodeActionKind.SourceFixAll
        yield from _action(opened, safe, "Fix all that is safe to fix (factorlint)", kind=kind)


def _title(site: Site, found: Fix) -> str:
    what = {
        Repair.ARGUMENT: f"set {found.argument}={found.value}",
        Repair.COMMENT: f"write {found.value}" if found.value else "remove the comment",
        Repair.EXPRESSION: f"put {found.value} here",
        Repair.ENDING: f"end with {found.value}",
        Repair.CONSTANT: f"move the text to {found.value}",
    }[found.how]
    return f"{site.check.code}: {what}" + ("" if found.safe else " (changes what the program does)")


def _action(
    opened: Opened,
    found: Sequence[Finding],
    title: str,
    *,
    kind: types.CodeActionKind = types.CodeActionKind.QuickFix,
    preferred: bool = False,
) -> Iterator[types.CodeAction]:
    unsaved = {opened.path: opened.text.encode("utf-8", "surrogatepass")}
    for change in fix.fixes(opened.root, [one.site for one in found], unsaved):
        yield types.CodeAction(
            title,
            kind=kind,
            diagnostics=[_finding(opened, one) for one in found],
            is_preferred=preferred or None,
            edit=_edit(opened, change.after),
        )


def _aside(opened: Opened, finding: Finding) -> Iterator[types.CodeAction]:
    """A comment at the end of the line, where that is no inside of a text and no comment stands yet."""
    code, line = finding.site.check.code, finding.site.span.line
    rows = opened.text.split("\n")
    row = rows[line - 1] if line <= len(rows) else ""
    if not code or code.startswith("FL9") or "#" in row:
        return
    rows[line - 1] = f"{row.rstrip()}  # factorlint: ignore[{code}]" + "\r" * row.endswith("\r")
    after = "\n".join(rows)
    if any(one.span.line == line and code in one.words for one in suppress.comments(after)):
        title = f"{code}: set it aside with a comment"
        diagnostic = [_finding(opened, finding)]
        yield types.CodeAction(title, types.CodeActionKind.QuickFix, diagnostic, edit=_edit(opened, after))


def _edit(opened: Opened, after: str) -> types.WorkspaceEdit:
    """What turns the document into AFTER: the lines between what both begin and end with."""
    old, new = opened.text.splitlines(keepends=True), after.splitlines(keepends=True)
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    where = types.Range(types.Position(first, 0), types.Position(len(old) - last, 0))
    return types.WorkspaceEdit({opened.document.uri: [types.TextEdit(where, "".join(new[first : len(new) - last]))]})


def _meet(one: types.Range, other: types.Range) -> bool:
    return _key(one.start) <= _key(other.end) and _key(other.start) <= _key(one.end)


def _key(place: types.Position) -> tuple[int, int]:
    return place.line, place.character
