"""The plan in the terminal: each step with its figures, its sites, its first move before and after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from factorlint.model.plan import Plan, Step
from factorlint.report import Look, _plan
from factorlint.report import _text as text
from factorlint.report._paint import Line, paint, wrapped

WIDEST = 120  # characters of a line of code


def render(plan: Plan, look: Look) -> str:
    """PLAN as text that fits the width of LOOK, code apart."""
    far = text.elsewhere(look)
    look = replace(look, base="") if far else look
    lines = list(_head(plan, far, look))
    for step in plan.steps:
        lines += [Line(), *_step(plan, step, look)]
    rest = list(_left(plan, look))
    lines += [Line(), *rest] if rest else []
    return paint(lines, look)


def _head(plan: Plan, far: str, look: Look) -> Iterator[Line]:
    if far:
        yield Line((f"All paths start at {text.safe(far)}", "dim"))
    if not plan.steps:
        known = plan.summary.score is not None
        yield Line((_plan.NOTHING if known else "No agent code found: nothing to plan.", "strong"))
        return
    yield Line((f"Retrofit plan: {_plan.headline(plan)}", "strong"))
    yield from wrapped(_plan.COUNTED, look.width, style="dim")


def _step(plan: Plan, step: Step, look: Look) -> Iterator[Line]:
    old, new = _plan.gained(plan, step)
    yield Line((f"{step.number}. {step.title}", "title"))
    sites = text.counted(len(step.findings), "site")
    said = f"{sites}; score {old} → {new}{f' ({_plan.moved(step)})' if step.moved else ''}"
    yield from wrapped(said, look.width, indent=3, style="strong")
    yield from wrapped(step.why, look.width, indent=3)
    for check, advice, found in _plan.by_check(step):
        severity = check.severity.value if check.severity else "note"
        yield Line(("   ", ""), (f"{check.id} ", severity), (check.name, "strong"), (f", {len(found)}", "dim"))
        yield from wrapped(text.folded(advice), look.width, lead="     do: ", hang=9)
        for place in _plan.places(found, look):
            yield from wrapped(place, look.width, indent=5, hang=9, style="place")
    yield from _sketch(step, look)
    yield from wrapped(
        _plan.done(plan, step, step.findings).replace("`", "'"), look.width, lead="   Done when ", hang=5
    )


def _sketch(step: Step, look: Look) -> Iterator[Line]:
    site = step.sketch.finding.site
    place = next(_plan.places([step.sketch.finding], look))
    yield from wrapped(f"{place} {site.check.id} {site.check.name}", look.width, lead="   First move: ", hang=5)
    yield Line(("     before", "dim"))
    yield from _code(step.sketch.before)
    if step.sketch.after:
        yield Line(("     after, a sketch", "dim"))
        yield from _code(step.sketch.after)


def _code(code: str) -> Iterator[Line]:
    """CODE as it can be copied: only what no screen holds is cut."""
    for line in code.splitlines():
        shown = text.safe(line)
        room = WIDEST
        yield Line(("     | ", "dim"), (shown if len(shown) <= room else f"{shown[: room - 3]}...", ""))


def _left(plan: Plan, look: Look) -> Iterator[Line]:
    for line in _plan.left(plan):
        yield from wrapped(line, look.width)
    for one in sorted(plan.problems, key=text.problem_order):
        yield from wrapped(text.problem(one, look), look.width, indent=2, hang=4, style="problem")
