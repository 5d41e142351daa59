"""The nouns of factorlint: frozen, without behaviour of their own, importing nothing of ours.

One sentence holds them together: a rule reports sites; a site says who owns it; a finding is a site that nobody
or somebody else owns; a score counts sites.
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
    """One factor over the whole tree. ``score`` is 0–100, or ``None`` where the factor has no site."""

    factor: int
    code: str
    name: str
    weight: float
    score: float | None
    owner: Owner | None
    owners: Mapping[Owner, float]
    sites: int


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


# -- two trees side by side, and one tree over time --------------------------------------------------------------------


@dataclass(frozen=True)
class Spot:
    """A site as it is known again in another tree. ``content`` is empty where a report of an old version is silent."""

    check: str  # the code, or the name of evidence
    name: str
    factor: int
    owner: Owner
    path: str
    cell: int | None
    line: int
    column: int
    scope: str
    symbol: str
    content: str
    fingerprint: str


@dataclass(frozen=True)
class Side:
    """One of two things compared, under the name that it was given. Scores are rounded as in the json format."""

    label: str
    score: float | None
    owners: Mapping[Owner, float]
    verdicts: tuple[Verdict, ...]
    spots: tuple[Spot, ...]
    problems: int


@dataclass(frozen=True)
class Comparison:
    """Two sides, and what became of the sites of the first. ``passed`` are pairs of one place whose owner changed."""

    before: Side
    after: Side
    new: tuple[Spot, ...]
    gone: tuple[Spot, ...]
    passed: tuple[tuple[Spot, Spot], ...]
    same: int


@dataclass(frozen=True)
class Moment:
    """A tree at one commit; ``when`` is the committer's date in ISO 8601, ``problems`` how many there were."""

    commit: str
    when: str
    subject: str
    summary: Summary
    verdicts: tuple[Verdict, ...]
    problems: int


@dataclass(frozen=True)
class History:
    """A tree over its commits, oldest first; ``every`` is how many commits one step takes."""

    label: str
    every: int
    moments: tuple[Moment, ...]
    notes: tuple[str, ...] = ()


# -- many trees ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tally:
    """A check and its findings; ``trees`` have one of them."""

    code: str
    name: str
    findings: int
    trees: int = 1


@dataclass(frozen=True)
class Rank:
    """One scored tree among many; ``framework`` are the decisive factors that a framework owns."""

    repo: str
    score: float
    verdict: str
    framework: tuple[int, ...]
    findings: int
    checks: tuple[Tally, ...]  # most findings first
    failed: int  # files that were not read


@dataclass(frozen=True)
class Ranking:
    """Many trees, worst first; those without agent code and those that could not be audited by their names."""

    version: str
    ranks: tuple[Rank, ...]
    silent: tuple[str, ...]
    problems: tuple[Problem, ...]  # the path of each is the tree's name
    checks: tuple[Tally, ...]  # over all trees, most findings first


# -- what a library takes over, told without a tree ------------------------------------------------------------------


class Grip(str, enum.Enum):
    """How firmly a library holds one factor."""

    FRAMEWORK = "framework"  # it decides, and nothing that is known of takes the decision back
    LEVER = "lever"  # it decides unless an argument, hook or subclass says otherwise
    ASKED = "asked"  # it decides where an argument or a helper of it asks it to
    SHARED = "shared"  # it carries out what the code decides
    CODE = "code"  # the code decides
    NONE = "none"  # the catalogue says nothing about it


@dataclass(frozen=True)
class Duty:
    """One thing that a symbol of a library does about a factor; ``when`` in words, empty for always."""

    check: str
    owner: Owner
    symbol: str
    what: str
    when: str = ""
    gives_back: tuple[str, ...] = ()
    source: str = ""  # package==version file:line


@dataclass(frozen=True)
class Cell:
    """One library and one factor. ``owns``, ``gives_back`` and ``code`` are for readers; ``duties`` are the proof."""

    factor: int
    grip: Grip
    owns: str = ""
    gives_back: str = ""
    code: str = ""  # how the owned form looks
    source: str = ""
    duties: tuple[Duty, ...] = ()


@dataclass(frozen=True)
class Stop:
    """Whether a run can be stopped after a tool was chosen and before it runs, and whether the stop may be stored."""

    between: bool
    durable: bool
    how: str
    code: str = ""
    source: str = ""


@dataclass(frozen=True)
class Limit:
    """The default of a bound; ``value`` as Python writes it, ``versions`` empty for all."""

    symbol: str
    name: str
    value: str
    versions: str = ""


@dataclass(frozen=True)
class Card:
    """One library against the thirteen factors. ``stop`` is None where it runs no tools."""

    library: str
    kind: str
    read: tuple[tuple[str, tuple[str, ...]], ...]  # package → the versions that were read
    cells: tuple[Cell, ...]  # all thirteen, decisive factors first
    stop: Stop | None
    limits: tuple[Limit, ...]


# -- the text that a package sends -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Piece:
    """A stretch of text: the package's, or the user's own; ``when`` is a condition that the call does not decide."""

    text: str
    yours: bool = False
    when: str = ""


@dataclass(frozen=True)
class Passage:
    """One place inside a package that a text comes from."""

    file: str  # inside the package's folder or wheel
    line: int
    key: str
    pieces: tuple[Piece, ...]
    when: str = ""  # the argument that decides whether it is sent, where the call does not tell


@dataclass(frozen=True)
class Revelation:
    """What a package sends around or instead of the user's words for one call."""

    path: str
    line: int
    symbol: str
    library: str
    package: str  # name and version as found; empty where it was not
    place: str  # the folder or wheel that was read
    check: str
    what: str
    passages: tuple[Passage, ...]
    gives_back: tuple[str, ...]
    notes: tuple[str, ...] = ()


# -- the way from a report to owned code -----------------------------------------------------------------------------


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
