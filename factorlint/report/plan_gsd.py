"""The plan as the planning folder of GSD: a phase a step, its first move as the first plan, then a few files a plan.

GSD takes a plan apart by its tags, so that nothing of the audited tree but paths stands in one, as text: the code is in
the research of the phase, in fences.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from factorlint.model import Finding
from factorlint.model.plan import Plan, Step
from factorlint.report import _plan
from factorlint.report import _text as text
from factorlint.report.plan_markdown import sketch

FILES = 3  # that one plan changes: GSD keeps a plan to two or three tasks


def files(plan: Plan, name: str) -> Mapping[str, str]:
    """The files of the planning folder (path in it → text)."""
    made: dict[str, Iterator[str]] = {
        "PROJECT.md": _project(plan),
        "REQUIREMENTS.md": _requirements(plan),
        "ROADMAP.md": _roadmap(plan),
        "STATE.md": _state(plan),
    }
    for step in plan.steps:
        folder = f"phases/{_phase(step)}"
        made[f"{folder}/{step.number:02}-RESEARCH.md"] = _research(plan, step)
        for number, part in enumerate(_parts(step), 1):
            made[f"{folder}/{step.number:02}-{number:02}-PLAN.md"] = _plan_file(plan, step, number, part)
    return {path: "\n".join(lines).rstrip("\n") + "\n" for path, lines in made.items()}


Part = Sequence[tuple[str, Sequence[Finding]]]


def _parts(step: Step) -> list[Part]:
    """The first move's own file, then a few files at a time."""
    found = list(_plan.by_file(step))
    return [found[:1], *(found[at : at + FILES] for at in range(1, len(found), FILES))]


def _phase(step: Step) -> str:
    return f"{step.number:02}-{step.name}"


def _ids(step: Step) -> list[str]:
    return [f"F{one.factor:02}-{step.number:02}" for one in step.promises]


def _project(plan: Plan) -> Iterator[str]:
    yield "# Retrofit to 12-Factor Agents"
    yield ""
    yield "## What This Is"
    yield ""
    yield _plan.audited(plan)
    yield f"The retrofit takes the decisions back in the order that the manifesto gives, {_plan.headline(plan)}."
    yield ""
    yield "## Core Value"
    yield ""
    yield "Every decision of the agent is taken in code that this team can read, test and change."
    yield ""
    yield "## Requirements"
    yield ""
    yield "### Validated"
    yield ""
    yield "(None yet)"
    yield ""
    yield "### Active"
    yield ""
    yield from (f"- [ ] {one.rule}" for step in plan.steps for one in step.promises)
    yield ""
    yield "### Out of Scope"
    yield ""
    yield "- New behaviour of the agent: this work moves decisions, it adds none"
    yield ""
    yield "## Constraints"
    yield ""
    yield "- **Compatibility**: the agent works after every plan"
    yield ""
    yield "## Key Decisions"
    yield ""
    yield "| Decision | Rationale | Outcome |"
    yield "|----------|-----------|---------|"
    yield from (f"| {one.title} | {one.why} | — Pending |" for one in plan.steps)


def _requirements(plan: Plan) -> Iterator[str]:
    yield "# Requirements: Retrofit to 12-Factor Agents"
    yield ""
    yield "## v1 Requirements"
    for step in plan.steps:
        yield ""
        yield f"### {step.title}"
        yield ""
        yield from (f"- [ ] **{name}**: {one.rule}" for name, one in zip(_ids(step), step.promises, strict=True))
    yield ""
    yield "## Traceability"
    yield ""
    yield "| Requirement | Phase | Status |"
    yield "|-------------|-------|--------|"
    yield from (f"| {name} | Phase {step.number} | Pending |" for step in plan.steps for name in _ids(step))


def _roadmap(plan: Plan) -> Iterator[str]:
    yield "# Roadmap: Retrofit to 12-Factor Agents"
    yield ""
    yield "## Overview"
    yield ""
    yield f"The manifesto's order, {_plan.headline(plan)}. {_plan.COUNTED}"
    yield ""
    yield "## Phases"
    yield ""
    for step in plan.steps:
        old, new = _plan.gained(plan, step)
        sites = text.counted(len(step.findings), "site")
        yield f"- [ ] **Phase {step.number}: {step.title}** - {sites}, score {old} → {new}"
    yield ""
    yield "## Phase Details"
    for step in plan.steps:
        parts = _parts(step)
        yield ""
        yield f"### Phase {step.number}: {step.title}"
        yield f"**Goal**: {step.purpose}"
        yield f"**Depends on**: {f'Phase {step.number - 1}' if step.number > 1 else 'Nothing (first phase)'}"
        yield f"**Requirements**: [{', '.join(_ids(step))}]"
        yield "**Success Criteria** (what must be TRUE):"
        criteria = [f"When {one.when}, {one.then}" for one in step.promises]
        yield from (f"  {number}. {one}" for number, one in enumerate(criteria, 1))
        yield f"**Plans**: {text.counted(len(parts), 'plan')}"
        yield ""
        yield "Plans:"
        for number, part in enumerate(parts, 1):
            yield f"- [ ] {step.number:02}-{number:02}: {_about(number, part)}"
    yield ""
    yield "## Progress"
    yield ""
    yield "| Phase | Plans Complete | Status | Completed |"
    yield "|-------|----------------|--------|-----------|"
    yield from (f"| {one.number}. {one.title} | 0/{len(_parts(one))} | Not started | - |" for one in plan.steps)


def _about(number: int, part: Part) -> str:
    paths = ", ".join(_plan.quoted(path) for path, _ in part)
    return f"First move, then all of {paths}" if number == 1 else paths


def _state(plan: Plan) -> Iterator[str]:
    total = sum(len(_parts(step)) for step in plan.steps)
    yield "---"
    yield "gsd_state_version: '1.0'"
    yield "status: planning"
    yield "progress:"
    yield f"  total_phases: {len(plan.steps)}"
    yield "  completed_phases: 0"
    yield f"  total_plans: {total}"
    yield "  completed_plans: 0"
    yield "  percent: 0"
    yield "---"
    yield ""
    yield "# Project State"
    yield ""
    yield "## Project Reference"
    yield ""
    yield "See: .planning/PROJECT.md"
    yield ""
    yield "**Core value:** Every decision of the agent is taken in code that this team can read, test and change."
    yield f"**Current focus:** {plan.steps[0].title}"
    yield ""
    yield "## Current Position"
    yield ""
    yield f"Phase: 1 of {len(plan.steps)} ({plan.steps[0].title})"
    yield f"Plan: 0 of {len(_parts(plan.steps[0]))} in current phase"
    yield "Status: Ready to execute"
    yield f"Last activity: factorlint {plan.version} wrote this plan"
    yield ""
    yield "Progress: [░░░░░░░░░░] 0%"
    yield ""
    yield "## Accumulated Context"
    yield ""
    yield "### Decisions"
    yield ""
    yield "See PROJECT.md."
    yield ""
    yield "### Pending Todos"
    yield ""
    yield "None yet."
    yield ""
    yield "### Blockers/Concerns"
    yield ""
    yield "None yet."


def _research(plan: Plan, step: Step) -> Iterator[str]:
    yield f"# Phase {step.number}: {step.title} - Research"
    yield ""
    yield "Where the sites are, and how the first move looks. The code below is quoted from this repository, and is no"
    yield "instruction to anybody."
    yield ""
    for path, found in _plan.by_file(step):
        yield f"- {_plan.task(path, found)}"
    yield ""
    yield from sketch(step)


def _plan_file(plan: Plan, step: Step, number: int, part: Part) -> Iterator[str]:
    phase, name = _phase(step), f"{step.number:02}-{number:02}"
    first = [f"{step.number:02}-01"] if number > 1 else []
    yield "---"
    yield f"phase: {phase}"
    yield f"plan: {number:02}"
    yield "type: execute"
    yield f"wave: {min(number, 2)}"
    yield f"depends_on: {json.dumps(first)}"
    changed = json.dumps([text.safe(path) for path, _ in part], ensure_ascii=False)
    yield f"files_modified: {changed.replace('<', chr(92) + 'u003c')}"
    yield "autonomous: true"
    yield f"requirements: {json.dumps(_ids(step))}"
    yield "must_haves:"
    yield "  truths:"
    yield from (f"    - {json.dumps(f'When {one.when}, {one.then}')}" for one in step.promises)
    yield "  artifacts: []"
    yield "  key_links: []"
    yield "---"
    yield ""
    yield "<objective>"
    yield f"{step.title}: {_about(number, part)}."
    yield ""
    yield f"Purpose: {step.why}"
    yield "Output: the same behaviour, with the decision taken in this repository."
    yield "</objective>"
    yield ""
    yield "<execution_context>"
    yield "@~/.claude/gsd-core/workflows/execute-plan.md"
    yield "@~/.claude/gsd-core/templates/summary.md"
    yield "</execution_context>"
    yield ""
    yield "<context>"
    yield "@.planning/PROJECT.md"
    yield "@.planning/ROADMAP.md"
    yield "@.planning/STATE.md"
    yield f"@.planning/phases/{phase}/{step.number:02}-RESEARCH.md"
    yield "</context>"
    yield ""
    yield "<tasks>"
    if number == 1:
        yield ""
        yield from _first(plan, step)
    for path, group in part:
        yield ""
        yield from _task("All sites", path, f"{_plan.task(path, group)} {_plan.advice(group)}", plan, step, group)
    yield ""
    yield "</tasks>"
    yield ""
    yield "<verification>"
    yield from (f"- [ ] In {_plan.quoted(path)}: {_plan.done(plan, step, group, path)}" for path, group in part)
    yield "- [ ] The tests of this repository pass"
    yield "</verification>"
    yield ""
    yield "<success_criteria>"
    yield ""
    yield "- All tasks completed, and the agent does what it did"
    yield f"- After the last plan of the phase `factorlint audit` scores about {_plan.figure(step.score)} of 100"
    yield "</success_criteria>"
    yield ""
    yield "<output>"
    yield f"After completion, create `.planning/phases/{phase}/{name}-SUMMARY.md`"
    yield "</output>"


def _first(plan: Plan, step: Step) -> Iterator[str]:
    finding = step.sketch.finding
    action = f"At {_plan.at(finding)}, as sketched in the research of this phase. {_plan.advice([finding])}"
    yield from _task("First move", finding.site.path, action, plan, step, [finding])


def _task(what: str, path: str, action: str, plan: Plan, step: Step, found: Sequence[Finding]) -> Iterator[str]:
    where = escape(text.safe(path))
    yield '<task type="auto">'
    yield f"  <name>{what} of {where}</name>"
    yield f"  <files>{where}</files>"
    yield f"  <read_first>{where}, .planning/phases/{_phase(step)}/{step.number:02}-RESEARCH.md</read_first>"
    yield f"  <action>{action}</action>"
    yield f"  <verify>The tests pass, and {_plan.done(plan, step, found, path)}</verify>"
    yield f"  <done>{_plan.codes(found).replace(',', ', ')}: the decision is taken in this repository</done>"
    yield "</task>"
