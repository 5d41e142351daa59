"""Settings: find the nearest configuration, read it, validate it, lay the flags over it.

Keys have the names of the flags. The nearest ``factorlint.toml``, or ``pyproject.toml`` with ``[tool.factorlint]``,
counts; nothing is merged upwards. A configuration is data found in an audited tree: it can never load code, and what
it writes stays inside its own folder.
"""

from __future__ import annotations

import difflib
import enum
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from factorlint.model import Confidence, Severity
from factorlint.report import FORMATS


class ConfigError(ValueError):
    """A key or value that cannot be used; the message names both, and the file where there is one."""


class Persona(str, enum.Enum):
    """Who reads: the auditor also hears of what is missing."""

    REGULAR = "regular"
    AUDITOR = "auditor"


class Bar(str, enum.Enum):
    """From which severity on a finding makes the exit code 1."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    NEVER = "never"


class Color(str, enum.Enum):
    """When output is coloured: in terminals, always, or not at all."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True)
class Output:
    """One report to write: its format, and the file it goes to (``None``: standard output)."""

    format: str
    file: Path | None = None


@dataclass(frozen=True)
class Settings:
    """Everything a run may be told. Fields are the keys with ``-`` as ``_``; ``source`` is the file they came from."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
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
    since: str | None = None  # a git revision: what was found there already is not reported
    baseline: Path | None = None
    strict_baseline: bool = False  # entries of the baseline that are fixed fail the run
    output: tuple[Output, ...] = ()
    jobs: int = 0  # processes; 0: as many as there are cores
    no_cache: bool = False
    cache_dir: Path | None = None
    color: Color = Color.AUTO
    exit_zero: bool = False
    show_suppressed: bool = False
    plugin: tuple[str, ...] = ()  # modules with further rules; only ever from the command line
    source: Path | None = None


_MARKS = (".git", "factorlint.toml", "pyproject.toml", "setup.py", "setup.cfg")
FLAGS_ONLY = frozenset({"plugin"})
NAMES = tuple(field.name.replace("_", "-") for field in fields(Settings) if field.name not in {"source", *FLAGS_ONLY})


def resolve(start: Path, flags: Mapping[str, object], *, file: Path | None = None, isolated: bool = False) -> Settings:
    """The settings for a run at the folder START.

    FLAGS (by key; absent means not given) win over the configuration: FILE if given, otherwise the nearest one above
    START, or none with ``isolated``. Raises ConfigError.
    """
    found = None if isolated else file or nearest(start)
    values = read(found, trusted=file is not None) if found else {}
    values |= {_field(key): parse(key, value, f"--{key}") for key, value in flags.items()}
    return Settings(**values, source=found)


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
    """The configuration that speaks for START: the first one met going up from there."""
    start = start.absolute()
    for folder in (start, *start.parents):
        own = folder / "factorlint.toml"
        if own.is_file():
            return own
        project = folder / "pyproject.toml"
        if project.is_file() and _section(project, _toml(project)) is not None:
            return project
    return None


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


def parse(key: str, value: object, label: str) -> Any:
    """VALUE as the type of KEY's field; raises ConfigError, naming LABEL and what was expected."""
    try:
        return _PARSERS[key](value)
    except ValueError as error:
        raise ConfigError(f"{label} {error}") from None


def _field(key: str) -> str:
    return key.replace("-", "_")


def _toml(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None


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
        target = home / named
        if not trusted and not target.resolve().is_relative_to(home.resolve()):
            raise ConfigError(f"{path}: '{key}' may only name paths inside its folder, not {str(named)!r}")
        return target

    for key in ("cache-dir", "baseline"):
        if _field(key) in values:
            values[_field(key)] = place(values[_field(key)], key)
    if "output" in values:
        values["output"] = tuple(Output(one.format, place(one.file, "output")) for one in values["output"])
    return values


def _texts(value: object) -> tuple[str, ...]:
    rows = value if isinstance(value, (list, tuple)) else (value,)
    if not all(isinstance(one, str) for one in rows):
        raise ValueError(f"expects a list of strings, not {value!r}")
    return tuple(rows)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"expects a string, not {value!r}")
    return value


def _words(value: object) -> tuple[str, ...]:
    return tuple(part.strip() for one in _texts(value) for part in one.split(",") if part.strip())


def _outputs(value: object) -> tuple[Output, ...]:
    return tuple(_output(one) for one in _texts(value))


def _output(text: str) -> Output:
    name, colon, file = text.partition(":")
    if not name or (colon and not file):
        raise ValueError(f"expects FORMAT or FORMAT:FILE, not {text!r}")
    if name not in FORMATS:
        raise ValueError(f"expects one of {', '.join(FORMATS)}, not {name!r}")
    return Output(name, Path(file) if file and file != "-" else None)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"expects true or false, not {value!r}")
    return value


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"expects a whole number from 0 up, not {value!r}")
    return value


def _percentage(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 100:
        raise ValueError(f"expects a number from 0 to 100, not {value!r}")
    return float(value)


def _path(value: object) -> Path:
    if not isinstance(value, (str, Path)) or not str(value):
        raise ValueError(f"expects a path, not {value!r}")
    return Path(value)


def _word(words: type[enum.Enum]) -> Callable[[object], enum.Enum]:
    def parse_word(value: object) -> enum.Enum:
        try:
            return words(value)
        except ValueError:
            raise ValueError(f"expects one of {', '.join(one.value for one in words)}, not {value!r}") from None

    return parse_word


_PARSERS: Mapping[str, Callable[[object], Any]] = {
    "select": _words,
    "ignore": _words,
    "exclude": _words,
    "extend-exclude": _words,
    "force-exclude": _flag,
    "include-tests": _flag,
    "notebooks": _flag,
    "min-confidence": _word(Confidence),
    "min-severity": _word(Severity),
    "persona": _word(Persona),
    "fail-on": _word(Bar),
    "fail-under": _percentage,
    "since": _text,
    "baseline": _path,
    "strict-baseline": _flag,
    "output": _outputs,
    "jobs": _count,
    "no-cache": _flag,
    "cache-dir": _path,
    "color": _word(Color),
    "exit-zero": _flag,
    "show-suppressed": _flag,
    "plugin": _words,
}
