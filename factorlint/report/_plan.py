"""What the formats of a plan share: its sites in order, the words for its figures, and code in a fence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from factorlint.model import Check, Finding, Owner
from factorlint.model.plan import Plan, Step
from factorlint.report import Look
from factorlint.report import _text as text
from factorlint.report.markdown import plain

COUNTED = (
    "After a step its sites, and what they imply for other factors, count as your code; "
    "sites that new code adds are not counted."
)
LOOP = "own-loop"
THEIRS = (Owner.FRAMEWORK, Owner.SHARED)
NOTHING = "Nothing to do: no finding of a factor is open."


def by_check(step: Step) -> Iterator[tuple[Check, str, list[Finding]]]:
    """The findings of STEP by check and advice, each group in order of place."""
    ordered = sorted(
        step.findings, key=lambda one: (one.site.factor, one.site.check.id, one.site.advice, text.order(one))
    )
    for (_, advice), group in groupby(ordered, key=lambda one: (one.site.check.id, one.site.advice)):
        same = list(group)
        yield same[0].site.check, advice, same


def by_file(step: Step) -> Iterator[tuple[str, list[Finding]]]:
    """The findings of STEP by file, that of the first move first."""
    first = step.sketch.finding.site.path
    ordered = sorted(step.findings, key=lambda one: (one.site.path != first, text.order(one)))
    for path, group in groupby(ordered, key=lambda one: one.site.path):
        yield path, list(group)


def places(found: Sequence[Finding], look: Look) -> Iterator[str]:
    """``app/crew.py:15, 19`` for each file, and each cell of a notebook."""
    for (path, cell), group in groupby(found, key=lambda one: (one.site.path, one.site.cell)):
        lines = ", ".join(dict.fromkeys(str(one.site.span.line) for one in group))
        yield f"{text.path(path, look)}:{f'cell {cell}:' if cell is not None else ''}{lines}"


def audited(plan: Plan) -> str:
    """What the audit came to, in one sentence of Markdown."""
    score = figure(plan.summary.score)
    return f"An audit against 12-Factor Agents scored this agent code {score} of 100: {plain(plan.summary.verdict)}."


def figure(score: float | None) -> str:
    return "?" if score is None else f"{score:.0f}"


def headline(plan: Plan) -> str:
    """``from 14 to 100 of 100 in 5 steps``."""
    last = plan.steps[-1].score if plan.steps else plan.summary.score
    return f"from {figure(plan.summary.score)} to {figure(last)} of 100 in {text.counted(len(plan.steps), 'step')}"


def moved(step: Step) -> str:
    """``F2 25 → 100, F4 0 → 50``."""
    return ", ".join(f"F{factor} {old:.0f} → {new:.0f}" for factor, old, new in step.moved)


def gained(plan: Plan, step: Step) -> tuple[str, str]:
    """The score before STEP, and after it."""
    before = plan.summary.score if step.number == 1 else plan.steps[step.number - 2].score
    return figure(before), figure(step.score)


def codes(found: Sequence[Finding]) -> str:
    return ",".join(sorted({one.site.check.id for one in found}))


def staying(plan: Plan, step: Step, found: Sequence[Finding]) -> list[Finding]:
    """Those of FOUND, of STEP, that are gone only when a later step takes the framework's loop out."""
    later = _loop(plan, step)
    libraries = {one.site.framework for one in later.findings} if later else set()
    return [one for one in found if one.site.owner in THEIRS and one.site.framework in libraries]


def _loop(plan: Plan, step: Step) -> Step | None:
    return next((one for one in plan.steps[step.number :] if one.name == LOOP), None)


def done(plan: Plan, step: Step, found: Sequence[Finding], path: str = "") -> str:
    """How it is seen that FOUND, of STEP, are done, in Markdown after "when"; PATH where they are all in one file."""
    later = _loop(plan, step)
    stay = staying(plan, step, found)
    kept = {one.fingerprint for one in stay}
    gone = [one for one in found if one.fingerprint not in kept]
    if step.name == LOOP and not path:  # what waited for the loop is gone with it
        gone += [one for earlier in plan.steps[: step.number] for one in staying(plan, earlier, earlier.findings)]
    said = [f"`{check(gone, path)}` finds nothing"] if gone else []
    if stay and later:
        these = "what stands there" if path else f"{codes(stay).replace(',', ', ')} at the framework's agent"
        verb = "goes" if path or len({one.site.check.id for one in stay}) == 1 else "go"
        said.append(f"the new code has a test; {these} {verb} with the loop in step {later.number}")
    return ", and ".join(said)


def check(found: Sequence[Finding], path: str = "") -> str:
    """The command that finds nothing once FOUND are gone; PATH must stand in a shell as it is."""
    where = f" {path}" if path and re.fullmatch(r"[\w./+-]+", path) else ""
    return f"factorlint check --persona auditor --fail-on info --select {codes(found)}{where}"


def left(plan: Plan) -> Iterator[str]:
    """What the steps leave, and what they could not see."""
    if plan.idle and plan.steps:
        yield f"Nothing to do for: {'; '.join(plan.idle)}."
    if plan.aside:
        yield f"{text.counted(plan.aside, 'finding')} set aside by a comment or a baseline: in no step."
    last = plan.steps[-1].score if plan.steps else None
    if last is not None and last < 99.95:
        yield "What is missing to 100 after the last step is shared with a library, or was set aside."
    if plan.problems:
        yield f"{text.counted(len(plan.problems), 'problem')}, not read or not judged:"


def fence(code: str, language: str = "python") -> str:
    """CODE as a block of Markdown that nothing in it can close."""
    lines = [text.safe(line) for line in code.splitlines()]
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    ticks = "`" * max(3, longest + 1)
    return "\n".join([f"{ticks}{language}", *lines, ticks])


def at(finding: Finding) -> str:
    """``app/crew.py:15`` as Markdown."""
    return quoted(next(places([finding], Look())))


def quoted(words: str) -> str:
    """WORDS as code in a line of Markdown, where nothing in them can end it; else as text that means nothing."""
    return f"`{words}`" if re.fullmatch(r"[\w./+:, -]+", words) else plain(words)


def task(path: str, found: Sequence[Finding]) -> str:
    """What is to be done in one file, in one line of Markdown."""
    return f"In {quoted(path)}: {'; '.join(_each(found))}."


def _each(found: Sequence[Finding]) -> Iterator[str]:
    ordered = sorted(found, key=lambda one: (one.site.check.id, text.order(one)))
    for _, group in groupby(ordered, key=lambda one: one.site.check.id):
        same = list(group)
        where = ", ".join(dict.fromkeys(_spot(one) for one in same))
        noun = "line" if len(same) == 1 else "lines"
        yield f"{same[0].site.check.id} {same[0].site.check.name} ({noun} {where})"


def _spot(finding: Finding) -> str:
    site = finding.site
    return str(site.span.line) if site.cell is None else f"{site.span.line} of cell {site.cell}"


def advice(found: Sequence[Finding]) -> str:
    """What to do instead, each advice once."""
    return " ".join(dict.fromkeys(plain(one.site.advice) for one in found if one.site.advice))
