"""The way from a report to owned code: steps, what each promises, and its first move."""

from __future__ import annotations

from dataclasses import dataclass

from factorlint.model import Finding, Problem, Summary


@dataclass(frozen=True)
class Sketch:
    """The first move of a step at one site: the lines as they stand, and the owned form in the same names.

    ``after`` is Python that parses, with ``...`` where a person decides; empty for checks that no sketch is known for.
    """

    finding: Finding
    before: str
    after: str


@dataclass(frozen=True)
class Promise:
    """What holds of one factor once its step is taken: a rule with MUST, and a case in which it can be tested."""

    factor: int
    name: str
    rule: str
    when: str
    then: str


@dataclass(frozen=True)
class Step:
    """One step of a plan: its findings, its first move, and what the figures are once its sites are the code's own.

    ``score`` counts the sites of this step and of those before it as code; ``moved`` holds (factor, score before the
    step, score after it) where they differ. ``name`` is a word for folders.
    """

    number: int
    name: str
    title: str
    why: str
    purpose: str
    findings: tuple[Finding, ...]
    sketch: Sketch
    promises: tuple[Promise, ...]
    score: float | None
    moved: tuple[tuple[int, float, float], ...]

    @property
    def factors(self) -> tuple[int, ...]:
        return tuple(sorted({one.site.factor for one in self.findings}))


@dataclass(frozen=True)
class Plan:
    """The steps that have something to do, in the manifesto's order; ``idle`` are the titles of the others."""

    version: str
    summary: Summary  # of the tree as it is
    steps: tuple[Step, ...]
    idle: tuple[str, ...]
    aside: int  # findings that a comment, a baseline or the settings set aside: no step covers them
    problems: tuple[Problem, ...]
