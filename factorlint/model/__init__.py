"""The nouns of factorlint: frozen, without behaviour of their own, importing nothing of ours.

One sentence holds them together: a rule reports sites; a site says who owns it; a finding is a site that nobody
or somebody else owns; a score counts sites. Here is all that one run tells of one tree; beside it lie the nouns of
trees compared (`trees.py`), of libraries without a tree (`library.py`) and of the way to owned code (`plan.py`).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Owner(str, enum.Enum):
    """Who decides at a site."""

    CODE = "code"  # written in the audited tree, where its authors can read, edit and test it
    SHARED = "shared"  # a library carries it out, but the code holds the lever at the site
    FRAMEWORK = "framework"  # decided inside a dependency; changing it means reverse-engineering it
    NOBODY = "nobody"  # left undecided: a retry without a bound, an error swallowed


class Severity(str, enum.Enum):
    """How loudly a finding speaks."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Confidence(str, enum.Enum):
    """How a site was traced."""

    HIGH = "high"  # the symbol resolved to a catalogued library object
    MEDIUM = "medium"  # reached through inference: an attribute, a parameter, a factory, a subclass
    LOW = "low"  # name or shape alone

    __hash__ = str.__hash__  # an enum's own is a Python function, and origins are compared all the time


class Role(str, enum.Enum):
    """What a file is in its tree."""

    APP = "app"
    TEST = "test"
    EXAMPLE = "example"
    NOTEBOOK = "notebook"


class Status(str, enum.Enum):
    """What became of a finding after sifting; nothing is ever dropped silently."""

    NEW = "new"
    BASELINED = "baselined"
    SUPPRESSED = "suppressed"
    BELOW = "below"  # under the bar of severity, confidence, persona or selection


@dataclass(frozen=True)
class Check:
    """One kind of site that a rule reports.

    ``code`` is FLnnmm for findings and ``None`` for evidence, which goes by its ``name`` (the slug) alone.
    ``message`` may name ``{symbol}``, ``{what}`` and ``{detail}``; ``advice`` says what to do instead.
    ``absence`` marks the checks about something missing, which `check` shows only to the persona auditor.
    """

    code: str | None
    name: str
    owner: Owner
    severity: Severity | None
    message: str
    advice: str = ""
    weight: float = 1.0
    absence: bool = False
    fix: str = ""  # "safe" or "unsafe" where some of its sites can be fixed

    @property
    def id(self) -> str:
        return self.code or self.name


@dataclass(frozen=True, order=True)
class Span:
    """Where in a file: 1-based lines and columns, the end exclusive; counted inside the cell for notebooks."""

    line: int
    column: int
    end_line: int
    end_column: int


class Repair(str, enum.Enum):
    """What a fix does with its value."""

    ARGUMENT = "argument"  # the named argument of the call is set to it
    COMMENT = "comment"  # it takes the place of the comment; empty: the comment goes
    EXPRESSION = "expression"  # it takes the place of the expression
    ENDING = "ending"  # it is the last statement of the block
    CONSTANT = "constant"  # it names a new constant of the module, which the text becomes


@dataclass(frozen=True)
class Fix:
    """What would repair a site: ``value``, put there as ``how`` says.

    ``brings`` is the module that the first name of the value comes from. ``safe`` changes nothing of what the program
    does. ``at`` is where, if that is not where the site is.
    """

    argument: str
    value: str
    brings: str = ""
    safe: bool = False
    how: Repair = Repair.ARGUMENT
    at: Span | None = None


@dataclass(frozen=True)
class Site:
    """One place in the audited tree where a factor is decided."""

    check: Check
    factor: int
    owner: Owner
    path: str
    cell: int | None
    span: Span
    scope: str
    symbol: str | None
    framework: str | None
    confidence: Confidence
    message: str
    advice: str
    also: tuple[int, ...] = ()  # factors of the implied sites: counted in the score, never reported again
    implied: tuple[tuple[int, Owner], ...] = ()  # the same, with who owns each
    source: str = ""  # the node's own text, white space folded, cut where it is long
    content: str = (
        ""  # the whole of it, normalised: what a fingerprint is made of; `source` stands in where it is empty
    )
    role: Role = Role.APP
    fix: Fix | None = None
    stranger: str = ""  # the package that the symbol is of, where the catalogue does not know it


@dataclass(frozen=True)
class Excerpt:
    """Lines of a file around a site; ``first`` is the number of the first of them, counted as in the site's span."""

    first: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """A site with owner framework or nobody (or one of the two notes on style), ready to be reported."""

    site: Site
    fingerprint: str
    status: Status = Status.NEW
    why: str = ""  # why it is not new: the reason of a suppression, the bar that it is below
    excerpt: Excerpt | None = None


@dataclass(frozen=True)
class Problem:
    """Anything that was not read or not judged. Never dropped: every format shows it."""

    path: str
    line: int | None
    kind: str  # unreadable, encoding, parse-error, too-large, timeout, worker-died, rule-crash, notebook, catalogue, …
    message: str


@dataclass(frozen=True)
class Verdict:
    """One factor over the whole tree. ``score`` is 0–100, or ``None`` where the factor has no site.

    ``unknown`` where that says nothing: its only sites are guesses, or its rule is missing or crashed.
    """

    factor: int
    code: str
    name: str
    weight: float
    score: float | None
    owner: Owner | None
    owners: Mapping[Owner, float]
    sites: int
    unknown: bool = False


@dataclass(frozen=True)
class Files:
    """How much of the tree was looked at: ``seen`` Python files, ``analysed`` that matter, ``failed``."""

    seen: int = 0
    analysed: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Summary:
    """The tree in one line: overall score (0–100, ``None`` without agent code) and the verdict in words."""

    score: float | None
    scored: int
    not_applicable: int
    unknown: int
    decisive_owned_by_framework: int
    verdict: str
    owners: Mapping[Owner, int]
    files: Files
    strangers: tuple[str, ...] = ()  # packages that seem to make agents and that the catalogue does not know


@dataclass(frozen=True)
class RuleInfo:
    """What a report needs to know of a rule, so that no format looks at the rules themselves."""

    factor: int
    code: str
    name: str
    title: str
    weight: float
    doc: str
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Report:
    """All that one run found out; the only thing that a format sees."""

    root: str
    version: str
    summary: Summary
    verdicts: tuple[Verdict, ...]
    sites: tuple[Finding, ...]  # every site in order, evidence included; ``finding.site.check.code`` tells them apart
    problems: tuple[Problem, ...]
    rules: tuple[RuleInfo, ...] = ()
    notes: tuple[str, ...] = ()  # assumptions worth saying: versions taken because none is pinned, unknown libraries
    stale: int = 0  # entries of the baseline that nothing answers to any more
    gates: tuple[str, ...] = ()  # gates that were not met, in the words of the last line
    extra: Mapping[str, object] = field(default_factory=dict)
