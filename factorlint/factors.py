"""The thirteen chapters of 12-Factor Agents: numbers, names and weights, in one place for score, rules and formats.

Source: https://github.com/humanlayer/12-factor-agents, folder ``content``.
"""

from __future__ import annotations

from dataclasses import dataclass

_CHAPTERS = "https://github.com/humanlayer/12-factor-agents/blob/main/content"


@dataclass(frozen=True)
class Factor:
    """One chapter. ``weight`` is its part in the overall score: 2 load-bearing, 1, or ½ for the appendix."""

    number: int
    name: str
    title: str
    weight: float = 1.0

    @property
    def code(self) -> str:
        return f"FL{self.number:02}"

    @property
    def url(self) -> str:
        """The chapter; empty for what is none."""
        if self.number > 13:
            return ""
        stem = "appendix" if self.number == 13 else "factor"
        return f"{_CHAPTERS}/{stem}-{self.number:02}-{self.name}.md"


FACTORS = (
    Factor(1, "natural-language-to-tool-calls", "Natural language to tool calls"),
    Factor(2, "own-your-prompts", "Own your prompts", 2.0),
    Factor(3, "own-your-context-window", "Own your context window", 2.0),
    Factor(4, "tools-are-structured-outputs", "Tools are just structured outputs"),
    Factor(5, "unify-execution-state", "Unify execution state and business state", 2.0),
    Factor(6, "launch-pause-resume", "Launch, pause, resume with simple APIs"),
    Factor(7, "contact-humans-with-tools", "Contact humans with tool calls"),
    Factor(8, "own-your-control-flow", "Own your control flow", 2.0),
    Factor(9, "compact-errors", "Compact errors into the context window"),
    Factor(10, "small-focused-agents", "Small, focused agents"),
    Factor(11, "trigger-from-anywhere", "Trigger from anywhere, meet users where they are"),
    Factor(12, "stateless-reducer", "Make your agent a stateless reducer", 2.0),
    Factor(13, "pre-fetch", "Pre-fetch all the context you might need", 0.5),
)
HOUSE = Factor(90, "suppression-comments", "Suppression comments", 0.0)  # what factorlint says of its own comments
BY_NUMBER = {factor.number: factor for factor in (*FACTORS, HOUSE)}
DECISIVE = (2, 3, 5, 8)  # where a framework owns most of these, a team ends up reverse-engineering it
