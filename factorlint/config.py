"""Settings: find the nearest configuration, read it, validate it, lay the flags over it.

Keys have the names of the flags. The nearest ``factorlint.toml``, or ``pyproject.toml`` with ``[tool.factorlint]``,
counts; nothing is merged upwards. A configuration is data found in an audited tree: it can never load code, and what
it writes stays inside its own folder.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from factorlint.keys import Bar, Color, ConfigError, Demand, Output, Override, PerFile, Persona, parse
from factorlint.model import Confidence, Severity

__all__ = [
    "FLAGS_ONLY",
    "NAMES",
    "Bar",
    "Color",
    "ConfigError",
    "Output",
    "Persona",
    "Settings",
    "nearest",
    "parse",
    "project",
    "read",
    "resolve",
]
_REPORTS = (".html", ".json", ".jsonl", ".md", ".sarif", ".svg", ".txt", ".xml")
LIMIT = 500_000  # bytes of a configuration, which is a file of the audited tree


@dataclass(frozen=True)
class Settings:
    """Everything a run may be told. Fields are the keys with ``-`` as ``_``; ``source`` is the file they came from."""

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[PerFile, ...] = ()
    severity: tuple[Override, ...] = ()
    exclude: tuple[str, ...] | None = None  # None: what is excluded by default
    extend_exclude: tuple[str, ...] = ()
    force_exclude: bool = False  # excludes hold for paths named on the command line too
    include_tests: bool = False
    notebooks: bool = True
    min_confidence: Confidence = Confidence.MEDIUM
    min_severity: Severity = Severity.INFO
    persona: Persona = Persona.REGULAR
    fail_on: Bar = Bar.WARNING
    fail_under: float | None = None  # 0–100
    require: tuple[Demand, ...] = ()
    no_regress: Path | None = None  # a report of the json format
    since: str | None = None  # a git revision: what was found there already is not reported
    baseline: Path | None = None
    strict_baseline: bool = False  # entries of the baseline that are fixed fail the run
    output: tuple[Output, ...] = ()
    jobs: int = 0  # processes; 0: as many as there are cores
    no_cache: bool = False
    cache_dir: Path | None = None
    color: Color = Color.AUTO
    no_progress: bool = False
    exit_zero: bool = False
    show_suppressed: bool = False
    plugin: tuple[str, ...] = ()  # modules with further rules; only ever from the command line
    source: Path | None = None
    flags: frozenset[str] = field(default=frozenset(), compare=False)  # the keys that the command line gave
    keys: frozenset[str] = field(default=frozenset(), compare=False)  # the keys that the file gave

    @property
    def base(self) -> Path | None:
        """The folder that globs start from: that of a configuration that was found, not named; else the root."""
        return self.source.parent if self.source and "config" not in self.flags else None

    @property
    def store(self) -> Path | None:
        """The cache's folder, None for the user's own: a found configuration may name one that came with it."""
        return self.cache_dir if self.base is None or "cache-dir" in self.flags else None

    @property
    def asked(self) -> tuple[str, ...]:
        """What decides what is said of a tree by itself, in words: all but how it is done, gated and shown."""
        return tuple(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.name not in _LATER)


_MARKS = (".git", "factorlint.toml", "pyproject.toml", "setup.py", "setup.cfg")
FLAGS_ONLY = frozenset({"plugin"})
_LATER = frozenset(
    "no_regress since baseline strict_baseline output jobs no_cache cache_dir color no_progress exit_zero "
    "show_suppressed fail_on fail_under require flags keys".split()
)
_ABOUT = frozenset({"source", "flags", "keys"})
NAMES = tuple(one.name.replace("_", "-") for one in fields(Settings) if one.name not in _ABOUT | FLAGS_ONLY)


def resolve(start: Path, flags: Mapping[str, object], *, file: Path | None = None, isolated: bool = False) -> Settings:
    """The settings for a run at the folder START.

    FLAGS (by key; absent means not given) win over the configuration: FILE if given, otherwise the nearest one above
    START, or none with ``isolated``. Raises ConfigError.
    """
    found = None if isolated else file or nearest(start)
    values = read(found, trusted=file is not None) if found else {}
    keys = frozenset(name.replace("_", "-") for name in values)
    values |= {_field(key): parse(key, value, f"--{key}") for key, value in flags.items()}
    given = frozenset(flags) | ({"config"} if file and not isolated else frozenset())
    return Settings(**values, source=found, flags=given, keys=keys)


def project(paths: Sequence[Path]) -> Path:
    """The folder of the project that PATHS (absolute, at least one) belong to.

    The nearest one above them all that looks like a project; else the current folder, if they lie in it.
    """
    folders = [path if path.is_dir() else path.parent for path in paths]
    common = Path(os.path.commonpath(folders))
    for folder in (common, *common.parents):
        if any((folder / mark).exists() for mark in _MARKS):
            return folder
    return Path.cwd() if common.is_relative_to(Path.cwd()) else common


def nearest(start: Path) -> Path | None:
    """The configuration that speaks for START: the first one met going up from there. Raises ConfigError."""
    start = start.absolute()
    for folder in (start, *start.parents):
        own, project = folder / "factorlint.toml", folder / "pyproject.toml"
        if own.is_file():
            return _led_nowhere(own)
        if project.is_file() and _section(project, _toml(_led_nowhere(project))) is not None:
            return project
    return None


def _led_nowhere(path: Path) -> Path:
    """PATH, if it is no link out of its folder: nothing of a stranger's tree makes us read what is not in it."""
    if not path.resolve().is_relative_to(path.parent.resolve()):
        raise ConfigError(f"{path}: is a link that leads out of its folder; --config names it, --isolated leaves it")
    return path


def read(path: Path, *, trusted: bool = False) -> dict[str, Any]:
    """The validated values of the configuration at PATH, by field name.

    ``trusted`` is a file named on the command line: its paths may lie anywhere. Raises ConfigError.
    """
    section = _section(path, _toml(path))
    values: dict[str, Any] = {}
    for key, value in (section or {}).items():
        if key in FLAGS_ONLY:
            raise ConfigError(f"{path}: '{key}' loads code and is only ever taken from the command line")
        if key not in NAMES:
            near = difflib.get_close_matches(key, NAMES, 1)
            raise ConfigError(f"{path}: unknown key '{key}'" + (f", did you mean '{near[0]}'?" if near else ""))
        values[_field(key)] = parse(key, value, f"{path}: '{key}'")
    return _placed(values, path, trusted)


def _field(key: str) -> str:
    return key.replace("-", "_")


def _toml(path: Path) -> dict[str, Any]:
    from factorlint import manifests  # knows what a TOML parser is not to be given

    try:
        with path.open("rb") as stream:
            raw = stream.read(LIMIT + 1)
        if len(raw) > LIMIT:
            raise ConfigError(f"{path}: over {LIMIT:,} bytes")
        return manifests.toml(raw.decode("utf-8-sig"))
    except ConfigError:
        raise
    except (OSError, ValueError, RecursionError) as error:  # what the parser raises is a ValueError
        raise ConfigError(f"{path}: {error or 'nested too deeply'}") from None


def _section(path: Path, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if path.name != "pyproject.toml":
        return data
    tool = data.get("tool", {})
    section = tool.get("factorlint") if isinstance(tool, dict) else None
    if section is not None and not isinstance(section, dict):
        raise ConfigError(f"{path}: 'tool.factorlint' expects a table, not {section!r}")
    return section


def _placed(values: dict[str, Any], path: Path, trusted: bool) -> dict[str, Any]:
    """Paths in a configuration start at its folder, and only a trusted one may name others."""
    home = path.absolute().parent

    def place(named: Path | None, key: str) -> Path | None:
        if named is None:
            return None
        wrong = "" if trusted else _wrong(home, named, key)
        if wrong:
            raise ConfigError(f"{path}: '{key}' may only name {wrong}, not {str(named)!r}")
        return home / named

    for key in ("cache-dir", "baseline", "no-regress"):
        if _field(key) in values:
            values[_field(key)] = place(values[_field(key)], key)
    if "output" in values:
        values["output"] = tuple(Output(one.format, place(one.file, "output")) for one in values["output"])
    return values


def _wrong(home: Path, named: Path, key: str) -> str:
    """What the KEY of a configuration that was found may name instead of NAMED; empty where that is well.

    A report written over a hook of git, or over a module that somebody will import, would run what it quotes.
    """
    try:
        top, target = home.resolve(), (home / named).resolve()
        plain = not target.exists() or target.is_file()
    except (OSError, ValueError):  # too long, or with a null byte in it
        return "what a file can be called"
    if not target.is_relative_to(top):
        return "paths inside its folder"
    if key != "cache-dir" and not plain:
        return "plain files"
    if key == "output":
        if any(part.startswith(".") for part in target.relative_to(top).parts):
            return "what is not hidden"
        if target.suffix not in _REPORTS:
            return f"files that end in {', '.join(_REPORTS)}"
    return ""
