"""Libraries, told without a tree: what one takes over of the thirteen factors, and the text that a package sends."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from factorlint.model import Owner


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
