"""The plan as one Markdown page, for an issue or a wiki."""

from __future__ import annotations

from collections.abc import Iterator

from factorlint.factors import BY_NUMBER
from factorlint.model.plan import Plan, Step
from factorlint.report import Look, _plan
from factorlint.report import _text as text
from factorlint.report.markdown import plain


def render(plan: Plan, look: Look) -> str:
    """PLAN with a table of its steps, then each step; text of the tree stays text."""
    blocks = ["\n".join(_head(plan)), *("\n".join(step_page(plan, one, look)) for one in plan.steps)]
    rest = "\n".join(_rest(plan, look))
    return "\n\n".join([*blocks, rest] if rest else blocks) + "\n"


def _head(plan: Plan) -> Iterator[str]:
    if not plan.steps:
        yield "## Retrofit plan"
        yield ""
        yield _plan.NOTHING if plan.summary.score is not None else "No agent code found: nothing to plan."
        return
    yield f"## Retrofit plan: {_plan.headline(plan)}"
    yield ""
    yield _plan.COUNTED
    yield ""
    yield "| step | factors | sites | score |"
    yield "| --- | --- | ---: | ---: |"
    for one in plan.steps:
        old, new = _plan.gained(plan, one)
        factors = ", ".join(f"[F{number}]({BY_NUMBER[number].url})" for number in one.factors)
        yield f"| {one.number}. {one.title} | {factors} | {len(one.findings)} | {old} → {new} |"


def step_page(plan: Plan, step: Step, look: Look) -> Iterator[str]:
    old, new = _plan.gained(plan, step)
    yield f"### {step.number}. {step.title}"
    yield ""
    yield f"Score {old} → {new}{f' ({_plan.moved(step)})' if step.moved else ''}. {step.why}"
    yield ""
    for check, advice, found in _plan.by_check(step):
        yield f"- **{check.id} {check.name}**: {plain(advice)}"
        yield from (f"  - {_plan.quoted(place)}" for place in _plan.places(found, look))
    yield ""
    yield from sketch(step)
    yield ""
    yield f"Done when {_plan.done(plan, step, step.findings)}."


def sketch(step: Step) -> Iterator[str]:
    """The first move of STEP, before and after."""
    site = step.sketch.finding.site
    yield f"First move: {_plan.at(step.sketch.finding)}, {site.check.id} {site.check.name}. Before:"
    yield ""
    yield _plan.fence(step.sketch.before)
    if step.sketch.after:
        yield ""
        yield "After, a sketch (`...` is for you to fill):"
        yield ""
        yield _plan.fence(step.sketch.after)


def _rest(plan: Plan, look: Look) -> Iterator[str]:
    for line in _plan.left(plan):
        yield line
        yield ""
    yield from (f"- {plain(text.problem(one, look))}" for one in sorted(plan.problems, key=text.problem_order))
