"""Hand-made sites and reports for the tests."""

from __future__ import annotations

from dataclasses import replace

from factorlint import score, sift
from factorlint.config import Settings
from factorlint.factors import BY_NUMBER
from factorlint.model import (
    Check,
    Confidence,
    Files,
    Finding,
    Owner,
    Problem,
    Report,
    Role,
    RuleInfo,
    Severity,
    Site,
    Span,
    Status,
)

OPAQUE = Check(
    "FL0801",
    "opaque-agent-run",
    Owner.FRAMEWORK,
    Severity.ERROR,
    "{symbol} takes every step itself",
    "Write the loop: ask the model for the next step, run it, append what came of it, decide whether to go on.",
)
OWNED_LOOP = Check(None, "owned-loop", Owner.CODE, None, "the loop is written here")
DEFAULT_PROMPT = Check(
    "FL0202", "framework-default-prompt", Owner.FRAMEWORK, Severity.WARNING, "the built-in prompt", "Pass a prompt."
)
INLINE = Check("FL0204", "inline-prompt", Owner.CODE, Severity.INFO, "an inline prompt", "Give it a name.")
RETRY = Check("FL0901", "unbounded-retry", Owner.NOBODY, Severity.ERROR, "a retry without a bound", "Count attempts.")
NO_RESUME = Check("FL0601", "no-resume-path", Owner.NOBODY, Severity.WARNING, "no way back in", "", absence=True)

DOC = """Who takes the next step.

What it looks at
    The loop that alternates model and tools.

Why it matters
    A loop inside a package cannot be paused, resumed or
    tested by the people who answer for it.

    It is the first thing that teams rewrite.

Framework-owned
    agent.run(question)

Owned
    while True: ...

What it cannot see
    Loops in other languages.
"""


def make_site(check: Check = OPAQUE, **changes: object) -> Site:
    """A site of CHECK in `app/main.py`; CHANGES are fields of Site."""
    factor = int(check.code[2:4]) if check.code else 8
    made = Site(
        check=check,
        factor=factor,
        owner=check.owner,
        path="app/main.py",
        cell=None,
        span=Span(12, 5, 12, 40),
        scope="main.answer",
        symbol="frame.Agent.run",
        framework="frame",
        confidence=Confidence.HIGH,
        message=check.message.format(symbol="frame.Agent.run"),
        advice=check.advice,
        source="agent.run(question)",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def make_report(sites: list[Site], problems: tuple[Problem, ...] = (), **changes: object) -> Report:
    """A report of SITES as a run would make it, with default settings."""
    found = sift.sift(sift.findings(sites), Settings())
    files = Files(seen=12, analysed=3, failed=len(problems))
    judged = score.judge([one.site for one in found], files, agent_code=bool(sites), unknown={13})
    infos = tuple(
        RuleInfo(number, BY_NUMBER[number].code, BY_NUMBER[number].name, "", 1.0, DOC, ()) for number in (2, 8, 9)
    )
    gains = dict(zip((one.fingerprint for one in found), judged.gains, strict=True))
    made = Report(".", "0.1.0", judged.summary, judged.verdicts, found, problems, rules=infos, extra={"gains": gains})
    return replace(made, **changes)  # type: ignore[arg-type]


def sample_report() -> Report:
    """One of everything a format has to show."""
    implied = ((3, Owner.FRAMEWORK), (12, Owner.FRAMEWORK))
    made = make_report(
        [
            make_site(also=(3, 12), implied=implied),
            make_site(path="app/second.py", span=Span(3, 1, 5, 2), confidence=Confidence.MEDIUM, also=(3,)),
            make_site(OWNED_LOOP, span=Span(40, 1, 60, 9), symbol=None, framework=None, source="while True: ..."),
            make_site(DEFAULT_PROMPT, path="notes/try.ipynb", cell=4, span=Span(2, 1, 2, 20), role=Role.NOTEBOOK),
            make_site(INLINE, span=Span(9, 1, 30, 4), symbol=None, framework=None, source='PROMPT = """You are …"""'),
            make_site(RETRY, path="app/zz.py", span=Span(7, 1, 7, 9), symbol="hold.retry", framework="hold"),
            make_site(RETRY, path="app/zz.py", span=Span(9, 1, 9, 9), confidence=Confidence.LOW, symbol=None),
            make_site(NO_RESUME, span=Span(1, 1, 1, 2), symbol=None),
            make_site(path="app/évil\x1b[31m\n.py", symbol="x\u202ey", message="bad \x07 bell", source="go\x1b[2J()"),
        ],
        (
            Problem("old.py", 3, "parse-error", "expected ':' at \"print 'x'\""),
            Problem("gone.bin", None, "unreadable", "permission denied"),
        ),
        notes=("frame: no version is pinned; the newest known (2.1) is assumed",),
    )
    return replace(made, sites=tuple(_suppress(one) for one in made.sites))


def _suppress(finding: Finding) -> Finding:
    if finding.site.path != "app/second.py":
        return finding
    return replace(finding, status=Status.SUPPRESSED, why="goes away with the rewrite")
