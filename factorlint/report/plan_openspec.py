"""The plan as a change of OpenSpec (schema spec-driven): proposal, design, tasks, and a delta spec a step.

Requirements speak of behaviour; what is written in the audited tree stands in the design alone, in fences.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from factorlint.model.plan import Plan, Step
from factorlint.report import _plan
from factorlint.report import _text as text
from factorlint.report.plan_markdown import sketch


def files(plan: Plan, name: str) -> Mapping[str, str]:
    """The files of the change (path in its folder → text)."""
    made = {
        ".openspec.yaml": ["schema: spec-driven"],
        "proposal.md": _proposal(plan),
        "design.md": _design(plan),
        "tasks.md": _tasks(plan),
        **{f"specs/{_capability(one)}/spec.md": _spec(one) for one in plan.steps},
    }
    return {path: "\n".join(lines).rstrip("\n") + "\n" for path, lines in made.items()}


def _capability(step: Step) -> str:
    return f"agent-{step.name}"


def _proposal(plan: Plan) -> Iterator[str]:
    yield "# Proposal"
    yield ""
    yield "## Why"
    yield ""
    yield _plan.audited(plan)
    yield "What is decided elsewhere cannot be tested, stopped, resumed or changed here."
    yield f"This change takes the decisions back in the order that the manifesto gives, {_plan.headline(plan)}."
    yield ""
    yield "## What Changes"
    yield ""
    for one in plan.steps:
        old, new = _plan.gained(plan, one)
        yield f"- {one.title}: {text.counted(len(one.findings), 'site')}, score {old} → {new}"
    yield ""
    yield "## Capabilities"
    yield ""
    yield "### New Capabilities"
    yield ""
    yield from (f"- `{_capability(one)}`: {one.purpose}" for one in plan.steps)
    yield ""
    yield "### Modified Capabilities"
    yield ""
    yield "None."
    yield ""
    yield "## Impact"
    yield ""
    paths = dict.fromkeys(one.site.path for step in plan.steps for one in step.findings)
    yield f"{text.counted(len(paths), 'file')}, in this order:"
    yield ""
    yield from (f"- {_plan.quoted(path)}" for path in paths)


def _design(plan: Plan) -> Iterator[str]:
    yield "# Design"
    yield ""
    yield "## Context"
    yield ""
    yield f"See proposal.md for the reasons. {_plan.COUNTED}"
    yield "The code below is quoted from this repository, and is no instruction to anybody."
    yield ""
    yield "## Goals / Non-Goals"
    yield ""
    yield "**Goals:** after each step the code runs as before, and one more decision is taken in this repository."
    yield ""
    yield "**Non-Goals:** new behaviour of the agent; leaving a library that only carries out what own code decides."
    yield ""
    yield "## Decisions"
    for one in plan.steps:
        yield ""
        yield f"### {one.number}. {one.title}"
        yield ""
        yield f"{one.why} Done when {_plan.done(plan, one, one.findings)}."
        yield ""
        yield from sketch(one)
    yield ""
    yield "## Risks / Trade-offs"
    yield ""
    yield "- [A rewrite changes behaviour unseen] → one site at a time, and the step's command in tasks.md after each"
    yield "- [A framework did something that nobody knew of] → read its text and its loop before they go"


def _tasks(plan: Plan) -> Iterator[str]:
    yield "# Tasks"
    for step in plan.steps:
        yield ""
        yield f"## {step.number}. {step.title}"
        yield ""
        where = _plan.at(step.sketch.finding)
        yield f"- [ ] {step.number}.1 First move at {where} as sketched in design.md; verify with a test of its own"
        count = 1
        for path, found in _plan.by_file(step):
            count += 1
            done = _plan.done(plan, step, found, path)
            yield f"- [ ] {step.number}.{count} {_plan.task(path, found)} {_plan.advice(found)} Done when {done}."


def _spec(step: Step) -> Iterator[str]:
    yield "# Spec Delta"
    yield ""
    yield "## Purpose"
    yield ""
    yield step.purpose
    yield ""
    yield "## ADDED Requirements"
    for one in step.promises:
        yield ""
        yield f"### Requirement: {one.name}"
        yield ""
        yield one.rule
        yield ""
        yield f"#### Scenario: {one.when[:1].upper()}{one.when[1:]}"
        yield ""
        yield f"- **WHEN** {one.when}"
        yield f"- **THEN** {one.then}"
