"""Comments that set findings aside: ``# factorlint: ignore[FL0801] reason``.

Comments are found by the tokenizer, so that a string which reads like one is none. At the end of a line a comment
speaks for what begins on that line, and on the first or last line of a statement for the whole statement; on a line of
its own, for the statement below it, or inside brackets for the next line with code. A finding is marked, never
dropped; a comment that is wrong, bare, or has nothing to set aside is itself a finding.
"""

from __future__ import annotations

import bisect
import io
import re
import sys
import tokenize
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from factorlint.factors import BY_NUMBER, HOUSE
from factorlint.model import Check, Confidence, Finding, Fix, Owner, Repair, RuleInfo, Severity, Site, Span, Status
from factorlint.source import Source

UNUSED = Check(
    "FL9001",
    "unused-suppression",
    Owner.NOBODY,
    Severity.WARNING,
    "{what} has nothing to set aside here",
    "Remove it: what it was written for is gone, or stands elsewhere.",
    fix="safe",
)
MALFORMED = Check(
    "FL9002",
    "malformed-suppression",
    Owner.NOBODY,
    Severity.WARNING,
    "{what}",
    "Name the checks and say why: `# factorlint: ignore[FL0801] reason`.",
    fix="unsafe",
)
UNEXPLAINED = Check(
    "FL9003",
    "suppression-without-reason",
    Owner.NOBODY,
    Severity.INFO,
    "{what} is set aside without a reason",
    "Say why after the bracket: whoever reads it next cannot ask.",
)

INFO = RuleInfo(
    HOUSE.number,
    HOUSE.code,
    HOUSE.name,
    HOUSE.title,
    HOUSE.weight,
    """Comments that set findings aside.

    What it looks at
    ----------------
    Every comment that begins with `# factorlint:`, as the tokenizer finds them; text inside strings is none.

    Why it matters
    --------------
    A comment that names nothing hides what comes later, and one that outlived its finding tells readers of a danger
    that is gone.

    Framework-owned (code)
    ----------------------
        crew.kickoff()  # factorlint: ignore

    Owned (code)
    ------------
        crew.kickoff()  # factorlint: ignore[FL0801] goes away with the rewrite in March

    What it cannot see
    ------------------
    Whether the reason still holds.
    """,
    (UNUSED, MALFORMED, UNEXPLAINED),
)

_MARK = re.compile(r"#\s*factorlint\s*:(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_IGNORE = re.compile(r"\s*ignore\s*\[(?P<words>[^\]\[]*)\](?P<reason>.*)", re.DOTALL)
_BARE = re.compile(r"\s*ignore\b(?!\s*\[)")
_NAMELESS = re.compile(r"(?<=:)\s*ignore\b(\s*\[[\s,]*\])?", re.IGNORECASE)
_SHORTEST = 4  # a shorter prefix than FL08 means everything, which is as good as bare
_LAYOUT = frozenset((tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER))


@dataclass(frozen=True)
class Comment:
    """One comment in the lines of a Source's text. It speaks for what begins on the lines FIRST to LAST.

    ``words`` are codes, prefixes or names of checks; ``faults`` says what is wrong with the comment.
    """

    span: Span
    text: str
    words: tuple[str, ...]
    reason: str
    faults: tuple[str, ...]
    first: int
    last: int


def may_hold(text: str) -> bool:
    """Whether it is worth asking the tokenizer for comments of TEXT."""
    return "factorlint" in text.lower()


def comments(text: str) -> tuple[Comment, ...]:
    """The comments of TEXT, in order; of text that is no Python those that come before its first fault."""
    rows = _Rows()
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            rows.add(token)
    except (tokenize.TokenError, SyntaxError, RecursionError):
        pass  # the audit itself says so
    return tuple(_comment(token, *rows.reach(token.start[0])) for token in rows.marked)


class _Rows:
    """What the tokens say of lines: which have code, which only a comment, and where each statement begins and ends.

    The decorators of a definition are part of its statement, its body is not.
    """

    def __init__(self) -> None:
        self.marked: list[tokenize.TokenInfo] = []
        self.remarks: set[int] = set()
        self.code: set[int] = set()
        self.statements: list[tuple[int, int]] = []
        self.start = 0
        self.line: str | None = None  # the first token of the logical line that we are in

    def add(self, token: tokenize.TokenInfo) -> None:
        row = token.start[0]
        if token.type == tokenize.COMMENT:
            self.remarks.add(row)
            if _MARK.search(token.string):
                self.marked.append(token)
        elif token.type == tokenize.NEWLINE:
            if self.line != "@":
                self.statements.append((self.start, row))
                self.start = 0
            self.line = None
        elif token.type not in _LAYOUT:
            self.line = self.line or token.string
            self.start = self.start or row
            self.code.update(range(row, token.end[0] + 1))

    def reach(self, row: int) -> tuple[int, int]:
        """The first and last line that a comment on the line ROW speaks for."""
        first, last = self.statement(row)
        if row in self.code:
            return (first, last) if row in (first, last) else (row, row)
        below = row
        if row < last:
            while below not in self.code:
                below += 1
            return below, below
        while below in self.remarks and below not in self.code:
            below += 1
        first, last = self.statement(below)
        return (first, last) if first == below else (row, row)

    def statement(self, row: int) -> tuple[int, int]:
        """The first and last line of the statement around ROW; zeros if there is none."""
        index = bisect.bisect(self.statements, (row, sys.maxsize)) - 1
        first, last = self.statements[index] if index >= 0 else (0, 0)
        return (first, last) if row <= last else (0, 0)


def _comment(token: tokenize.TokenInfo, first: int, last: int) -> Comment:
    (line, column), (end_line, end_column) = token.start, token.end
    found = _MARK.search(token.string)
    assert found is not None
    span = Span(line, column + found.start() + 1, end_line, end_column + 1)
    ignore = _IGNORE.match(found["rest"])
    words = tuple(word.strip() for word in ignore["words"].split(",") if word.strip()) if ignore else ()
    reason = ignore["reason"].partition(" #")[0].strip(" \t-:") if ignore else ""
    return Comment(span, found.group(), words, reason, () if words else (_fault(found["rest"]),), first, last)


def _fault(rest: str) -> str:
    if _BARE.match(rest) or _IGNORE.match(rest):
        return "a bare `ignore` sets nothing aside"
    return f"`factorlint:{rest[:40].rstrip()}` is not understood"


def checked(comment: Comment, rules: Iterable[RuleInfo]) -> Comment:
    """COMMENT without the words that mean no finding of RULES, which become faults."""
    rules = tuple(rules)
    faults = [fault for word in comment.words if (fault := _strange(word, rules))]
    words = tuple(word for word in comment.words if not _strange(word, rules))
    return replace(comment, words=words, faults=(*comment.faults, *faults))


def _strange(word: str, rules: Sequence[RuleInfo]) -> str:
    findings = [(info, one) for info in rules for one in info.checks if one.code]
    if word.startswith(HOUSE.code) or word in {one.name for one in INFO.checks}:
        return f"{word} cannot be set aside by a comment"
    if any(_means(word, info.name, one) for info, one in findings):
        return ""
    return f"{word} names no check"


def _means(word: str, rule: str, check: Check) -> bool:
    """Whether WORD is the code of CHECK, the beginning of it, its name, or that of its RULE."""
    code = check.code or ""
    return word in (check.name, rule) or (len(word) >= _SHORTEST and code.startswith(word))


def apply(
    found: Iterable[Finding],
    held: Mapping[str, Sequence[Comment]],
    sources: Mapping[str, Source],
    doubtful: Collection[str] = (),
) -> tuple[tuple[Finding, ...], tuple[Site, ...]]:
    """FOUND with status suppressed where a comment of HELD (by path) speaks for it, and the sites of those comments
    that are wrong or have nothing to set aside. Of files DOUBTFUL, not wholly judged, none is called unused."""
    used: set[tuple[str, Comment, str]] = set()
    marked = [_marked(one, held.get(one.site.path, ()), sources, used) for one in found]
    sites = [
        site
        for path, rows in sorted(held.items())
        for comment in rows
        for site in _complaints(comment, sources[path], used)
        if not (site.check is UNUSED and path in doubtful)
    ]
    return tuple(marked), tuple(sites)


def _marked(
    finding: Finding,
    rows: Sequence[Comment],
    sources: Mapping[str, Source],
    used: set[tuple[str, Comment, str]],
) -> Finding:
    site = finding.site
    if not rows or not site.check.code:
        return finding
    line = sources[site.path].absolute(site.cell, site.span.line)
    hits = [
        (comment, word)
        for comment in rows
        if comment.first <= line <= comment.last
        for word in comment.words
        if _means(word, BY_NUMBER[site.factor].name, site.check)
    ]
    used.update((site.path, comment, word) for comment, word in hits)
    if site.confidence is not Confidence.LOW:  # what a bare comment could name
        near = [one for one in rows if not one.words and one.first <= line <= one.last]
        used.update((site.path, comment, site.check.code) for comment in near)
    if not hits:
        return finding
    return replace(finding, status=Status.SUPPRESSED, why=hits[0][0].reason)


def _complaints(comment: Comment, source: Source, used: set[tuple[str, Comment, str]]) -> Iterator[Site]:
    near = sorted(word for path, one, word in used if (path, one) == (source.path, comment))
    for fault in comment.faults:
        named = "" if comment.words or source.cells else _named(comment, near)
        yield replace(_site(MALFORMED, comment, source, fault), fix=_fix(named, safe=False) if named else None)
    idle = [word for word in comment.words if (source.path, comment, word) not in used]
    if idle:
        site = _site(UNUSED, comment, source, f"ignore[{', '.join(idle)}]")
        yield replace(site, fix=None if source.cells or comment.faults else _fix(_without(comment, idle), safe=True))
    if len(idle) < len(comment.words) and not comment.reason:
        yield _site(UNEXPLAINED, comment, source, ", ".join(word for word in comment.words if word not in idle))


def _named(comment: Comment, near: Sequence[str]) -> str:
    """The text of a bare COMMENT with the codes of what is NEAR; empty where there is nothing, or it is not bare."""
    named, count = _NAMELESS.subn(f" ignore[{', '.join(near)}]", comment.text, 1)
    return named if near and count else ""


def _fix(text: str, *, safe: bool) -> Fix:
    return Fix("", text, safe=safe, how=Repair.COMMENT)


def _without(comment: Comment, idle: Sequence[str]) -> str:
    """The text of COMMENT without its IDLE words; what stands after it for other tools stays."""
    kept = ", ".join(word for word in comment.words if word not in idle)
    opening, _, rest = comment.text.partition("[")
    reason = rest.partition("]")[2]
    _, sign, others = reason.partition(" #")
    return f"{opening}[{kept}]{reason}" if kept else f"{sign}{others}".strip()


def _site(check: Check, comment: Comment, source: Source, what: str) -> Site:
    cell, line = source.locate(comment.span.line)
    return Site(
        check=check,
        factor=HOUSE.number,
        owner=check.owner,
        path=source.path,
        cell=cell,
        span=Span(line, comment.span.column, line, comment.span.end_column),
        scope=source.path.rpartition("/")[2].rpartition(".")[0],
        symbol=None,
        framework=None,
        confidence=Confidence.HIGH,
        message=check.message.format(what=what),
        advice=check.advice,
        source=comment.text,
        role=source.role,
    )
