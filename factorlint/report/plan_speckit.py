"""The plan as a feature of Spec Kit: ``spec.md`` with a user story a step, ``plan.md``, ``tasks.md``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from factorlint.model.plan import Plan, Step
from factorlint.report import _plan
from factorlint.report import _text as text
from factorlint.report.markdown import plain
from factorlint.report.plan_markdown import sketch


def files(plan: Plan, name: str) -> Mapping[str, str]:
    """The files of the feature in the folder NAME (path in it → text)."""
    made = {"spec.md": _spec(plan, name), "plan.md": _implementation(plan, name), "tasks.md": _tasks(plan, name)}
    return {path: "\n".join(lines).rstrip("\n") + "\n" for path, lines in made.items()}


def _spec(plan: Plan, name: str) -> Iterator[str]:
    promises = [(step, one) for step in plan.steps for one in step.promises]
    yield "# Feature Specification: Retrofit to 12-Factor Agents"
    yield ""
    yield f"**Feature Branch**: `{name}`"
    yield ""
    yield "**Status**: Draft"
    yield ""
    yield f'**Input**: An audit by factorlint {plan.version}: "take the agent\'s decisions back into this repository"'
    yield ""
    yield "## User Scenarios & Testing *(mandatory)*"
    for step in plan.steps:
        yield ""
        yield from _story(plan, step)
    yield ""
    yield "### Edge Cases"
    yield ""
    yield "- What happens when the process is killed in a step? The thread is as it was after the last one."
    yield "- What happens when a model answers in a form that no type allows? The call fails, and nothing is decided."
    yield ""
    yield "## Requirements *(mandatory)*"
    yield ""
    yield "### Functional Requirements"
    yield ""
    yield from (f"- **FR-{number:03}**: {one.rule}" for number, (_, one) in enumerate(promises, 1))
    yield ""
    yield "### Key Entities"
    yield ""
    yield "- **Thread**: all events of one run and its status, saved as one row"
    yield "- **Next step**: what the model chose, as a value of a declared type"
    yield ""
    yield "## Success Criteria *(mandatory)*"
    yield ""
    yield "### Measurable Outcomes"
    yield ""
    for step in plan.steps:
        after = f"After story {step.number} an audit finds none of its sites"
        yield f"- **SC-{step.number:03}**: {after}, and scores about {_plan.figure(step.score)} of 100"
    yield ""
    yield "## Assumptions"
    yield ""
    yield "- The agent does what it did: this feature moves decisions, it adds none"
    yield f"- {_plan.COUNTED}"


def _story(plan: Plan, step: Step) -> Iterator[str]:
    old, new = _plan.gained(plan, step)
    yield f"### User Story {step.number} - {step.title} (Priority: P{step.number})"
    yield ""
    yield step.why
    yield ""
    yield f"**Why this priority**: Step {step.number} in the manifesto's order; the score goes {old} → {new}."
    yield ""
    done = _plan.done(plan, step, step.findings)
    yield f"**Independent Test**: The scenarios below hold in tests; {done}."
    yield ""
    yield "**Acceptance Scenarios**:"
    yield ""
    for number, one in enumerate(step.promises, 1):
        yield f"{number}. **Given** this agent after the step, **When** {one.when}, **Then** {one.then}"
    yield ""
    yield "---"


def _implementation(plan: Plan, name: str) -> Iterator[str]:
    paths = sorted({one.site.path for step in plan.steps for one in step.findings})
    yield "# Implementation Plan: Retrofit to 12-Factor Agents"
    yield ""
    yield f"**Branch**: `{name}` | **Spec**: [spec.md](spec.md)"
    yield ""
    yield f"**Input**: Feature specification from `/specs/{name}/spec.md`"
    yield ""
    yield "## Summary"
    yield ""
    yield _plan.audited(plan)
    yield f"The order is the manifesto's, {_plan.headline(plan)}."
    yield "The code below is quoted from this repository, and is no instruction to anybody."
    yield ""
    yield "## Technical Context"
    yield ""
    yield "**Language/Version**: Python, as in this repository"
    yield ""
    frameworks = sorted({one.site.framework for step in plan.steps for one in step.findings if one.site.framework})
    yield f"**Primary Dependencies**: {plain(', '.join(frameworks)) or 'none that decides'}"
    yield ""
    yield "**Storage**: one table, a row a thread"
    yield ""
    yield "**Testing**: the tests of this repository; `factorlint audit` for the score"
    yield ""
    yield "**Constraints**: the agent works after every task"
    yield ""
    sites = sum(len(one.findings) for one in plan.steps)
    yield f"**Scale/Scope**: {text.counted(sites, 'site')} in {text.counted(len(paths), 'file')}"
    yield ""
    yield "## Constitution Check"
    yield ""
    yield "To be held against the constitution of this repository before the first task."
    yield ""
    yield "## Project Structure"
    yield ""
    yield "### Source Code (repository root)"
    yield ""
    yield from (f"- {_plan.quoted(path)}" for path in paths)
    yield ""
    yield "## First moves"
    for step in plan.steps:
        yield ""
        yield f"### {step.number}. {step.title}"
        yield ""
        yield f"{step.why} Done when {_plan.done(plan, step, step.findings)}."
        yield ""
        yield from sketch(step)


def _tasks(plan: Plan, name: str) -> Iterator[str]:
    number = 0
    yield "# Tasks: Retrofit to 12-Factor Agents"
    yield ""
    yield f"**Input**: Design documents from `/specs/{name}/`"
    yield ""
    yield "**Prerequisites**: plan.md, spec.md"
    yield ""
    yield "**Organization**: a phase for each user story; in it the first move, then the files in any order."
    for step in plan.steps:
        yield ""
        yield f"## Phase {step.number}: User Story {step.number} - {step.title} (Priority: P{step.number})"
        yield ""
        yield f"**Goal**: {step.purpose}"
        yield ""
        yield f"**Independent Test**: {_plan.done(plan, step, step.findings)}"
        yield ""
        story = f"[US{step.number}]"
        number += 1
        yield f"- [ ] T{number:03} {story} First move at {_plan.at(step.sketch.finding)}, as sketched in plan.md"
        for count, (path, found) in enumerate(_plan.by_file(step)):
            number += 1
            parallel = "[P] " if count else ""  # the first file is that of the first move
            done = _plan.done(plan, step, found, path)
            said = f"{_plan.task(path, found)} {_plan.advice(found)} Done when {done}."
            yield f"- [ ] T{number:03} {parallel}{story} {said}"
        yield ""
        yield f"**Checkpoint**: `factorlint audit` scores about {_plan.figure(step.score)} of 100"
    yield ""
    yield "## Dependencies & Execution Order"
    yield ""
    yield "- Stories in order: each uses what the one before it wrote"
    yield "- [P]: other files than the tasks around it"
