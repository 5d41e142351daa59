"""The keys of the configuration, which are the flags too: what each is for, what it may hold, how it is read."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from factorlint.factors import FACTORS
from factorlint.model import Confidence, Owner, Severity
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


class Demand(NamedTuple):
    """Who must own a factor: ``shared`` is met by code as well."""

    code: str
    owner: Owner


class Override(NamedTuple):
    """The severity of the checks that a code, prefix or name means."""

    rule: str
    severity: Severity


class PerFile(NamedTuple):
    """What is not reported of the files that a glob, as in `.gitignore`, means."""

    glob: str
    rules: tuple[str, ...]


class Kind(NamedTuple):
    """How values are read (raising ValueError that says what is expected), and their JSON Schema."""

    parse: Callable[[object], Any]
    schema: Mapping[str, Any]


class Key(NamedTuple):
    """One key: the kind of its values, and one line of help."""

    kind: Kind
    help: str


def parse(key: str, value: object, label: str) -> Any:
    """VALUE as the type of KEY's field; raises ConfigError, naming LABEL and what was expected."""
    try:
        return KEYS[key].kind.parse(value)
    except ValueError as error:
        raise ConfigError(f"{label} {error}") from None


def _texts(value: object) -> tuple[str, ...]:
    rows = value if isinstance(value, (list, tuple)) else (value,)
    if not all(isinstance(one, str) for one in rows):
        raise ValueError(f"expects a list of strings, not {value!r}")
    return tuple(rows)


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


def _demands(value: object) -> tuple[Demand, ...]:
    found: list[Demand] = []
    waiting: list[str] = []
    for word in _words(value):
        name, sign, owner = (part.strip() for part in word.partition("="))
        waiting.append(_factor(name))
        if sign:
            found += [Demand(code, _owner(owner)) for code in waiting]
            waiting = []
    return (*found, *(Demand(code, Owner.CODE) for code in waiting))


def _factor(name: str) -> str:
    for one in FACTORS:
        if name in (one.code, one.name):
            return one.code
    raise ValueError(f"expects factors (FL01 to FL13, or their names), not {name!r}")


def _owner(name: str) -> Owner:
    if name not in (Owner.CODE.value, Owner.SHARED.value):
        raise ValueError(f"expects code or shared as an owner, not {name!r}")
    return Owner(name)


def _overrides(value: object) -> tuple[Override, ...]:
    read = _word(Severity)
    return tuple(Override(rule, read(severity)) for rule, severity in _pairs(value, "=", "RULE=SEVERITY"))


def _per_file(value: object) -> tuple[PerFile, ...]:
    if isinstance(value, Mapping):
        return tuple(PerFile(str(glob), _words(rules)) for glob, rules in value.items())
    rows: dict[str, tuple[str, ...]] = {}
    for glob, rule in _pairs(value, ":", "GLOB:RULE"):
        rows[glob] = (*rows.get(glob, ()), *_words(rule))
    return tuple(PerFile(glob, rules) for glob, rules in rows.items())


def _pairs(value: object, sign: str, form: str) -> list[tuple[str, object]]:
    """A table, or words with SIGN between key and value."""
    if isinstance(value, Mapping):
        return [(str(key), one) for key, one in value.items()]
    pairs: list[tuple[str, object]] = []
    for word in _words(value):
        key, _, one = word.rpartition(sign)
        if not key or not one:
            raise ValueError(f"expects {form}, not {word!r}")
        pairs.append((key.strip(), one.strip()))
    return pairs


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


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"expects a string, not {value!r}")
    return value


def _word(words: type[enum.Enum]) -> Callable[[object], Any]:
    def parse_word(value: object) -> enum.Enum:
        try:
            return words(value)
        except ValueError:
            raise ValueError(f"expects one of {', '.join(one.value for one in words)}, not {value!r}") from None

    return parse_word


def _one_of(words: type[enum.Enum]) -> Kind:
    return Kind(_word(words), {"enum": [one.value for one in words]})


_STRING: Mapping[str, Any] = {"type": "string", "minLength": 1}
_STRINGS: Mapping[str, Any] = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}


def _table_of(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"anyOf": [{"type": "object", "additionalProperties": schema}, *_STRINGS["anyOf"]]}


_WORDS = Kind(_words, _STRINGS)
_FLAG = Kind(_flag, {"type": "boolean"})
_COUNT = Kind(_count, {"type": "integer", "minimum": 0})
_PERCENTAGE = Kind(_percentage, {"type": "number", "minimum": 0, "maximum": 100})
_PATH = Kind(_path, _STRING)
_TEXT = Kind(_text, _STRING)
_OUTPUT = {"type": "string", "pattern": f"^({'|'.join(FORMATS)})(:.+)?$"}
_OUTPUTS = Kind(_outputs, {"anyOf": [_OUTPUT, {"type": "array", "items": _OUTPUT}]})
_SEVERITIES = Kind(_overrides, _table_of({"enum": [one.value for one in Severity]}))

KEYS: Mapping[str, Key] = {
    "select": Key(_WORDS, "Only these codes, prefixes or names."),
    "extend-select": Key(_WORDS, "These too, besides what is selected."),
    "ignore": Key(_WORDS, "Not these codes, prefixes or names."),
    "per-file-ignores": Key(
        Kind(_per_file, _table_of(_STRINGS)), "Not RULE in the files that GLOB means; a table in a file."
    ),
    "severity": Key(_SEVERITIES, "Another severity for RULE; a table in a file."),
    "exclude": Key(_WORDS, "Instead of what is excluded by default."),
    "extend-exclude": Key(_WORDS, "Besides what is excluded by default."),
    "force-exclude": Key(_FLAG, "Excludes hold for named files."),
    "include-tests": Key(_FLAG, "Report on tests too."),
    "notebooks": Key(_FLAG, "Read the code cells of notebooks."),
    "min-confidence": Key(_one_of(Confidence), "Hide what is less certain. [medium]"),
    "min-severity": Key(_one_of(Severity), "Hide what is less severe. [info]"),
    "persona": Key(_one_of(Persona), "The auditor also hears of what is missing. [regular]"),
    "fail-on": Key(_one_of(Bar), "Exit 1 on findings this severe. [warning]"),
    "fail-under": Key(_PERCENTAGE, "Exit 1 if the score is under N."),
    "require": Key(Kind(_demands, _STRINGS), "Exit 1 unless these factors are owned so: FL03,FL08=code."),
    "no-regress": Key(_PATH, "Exit 1 if a score is lower than in this JSON report."),
    "since": Key(_TEXT, "Only what was not there at this git revision."),
    "baseline": Key(_PATH, "The baseline: what it names is known and not reported."),
    "strict-baseline": Key(_FLAG, "Exit 1 if the baseline names what is fixed."),
    "output": Key(_OUTPUTS, f"Repeatable: {', '.join(FORMATS)}."),
    "jobs": Key(_COUNT, "Processes; 0 for one a core."),
    "no-cache": Key(_FLAG, "Neither read nor write the cache."),
    "cache-dir": Key(_PATH, "Where the cache lies."),
    "color": Key(_one_of(Color), "Colour in the output. [auto]"),
    "no-progress": Key(_FLAG, "Do not say on standard error how far a long run is."),
    "exit-zero": Key(_FLAG, "Exit 0 whatever was found."),
    "show-suppressed": Key(_FLAG, "Print what was set aside too."),
    "plugin": Key(_WORDS, "Load further rules from MODULE."),
}
