"""The flags of the commands that audit: declared once, each with a key of the same name in ``config.py``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from factorlint.config import FLAGS_ONLY, NAMES, Bar, Color, Persona, Settings, resolve
from factorlint.model import Confidence, Severity

Words = list[str] | None
Switch = bool | None
Paths = Annotated[list[Path] | None, typer.Argument(help="Files and folders; the current folder if none is given.")]
Folder = Annotated[Path, typer.Argument(help="The project to audit.")]
Plugins = Annotated[Words, typer.Option("--plugin", metavar="MODULE", help="Load further rules from MODULE.")]
Colored = Annotated[Color | None, typer.Option("--color", help="Colour in the output. [auto]")]

_READING: Mapping[str, Any] = {
    "exclude": Annotated[Words, typer.Option(metavar="GLOBS", help="Instead of what is excluded by default.")],
    "extend_exclude": Annotated[Words, typer.Option(metavar="GLOBS", help="Besides what is excluded by default.")],
    "force_exclude": Annotated[
        Switch, typer.Option("--force-exclude/--no-force-exclude", help="Excludes hold for named files.")
    ],
    "include_tests": Annotated[Switch, typer.Option("--include-tests/--no-include-tests", help="Report on tests too.")],
    "notebooks": Annotated[
        Switch, typer.Option("--notebooks/--no-notebooks", help="Read the code cells of notebooks.")
    ],
    "baseline": Annotated[
        Path | None, typer.Option(metavar="FILE", help="What is in this baseline is known and not reported.")
    ],
    "jobs": Annotated[int | None, typer.Option("--jobs", "-j", metavar="N", help="Processes; 0 for one a core.")],
    "no_cache": Annotated[Switch, typer.Option("--no-cache/--cache", help="Neither read nor write the cache.")],
    "cache_dir": Annotated[Path | None, typer.Option(metavar="DIR", help="Where the cache lies.")],
    "config": Annotated[Path | None, typer.Option("--config", metavar="FILE", help="This configuration and no other.")],
    "isolated": Annotated[bool, typer.Option("--isolated", help="No configuration file at all.")],
    "plugin": Plugins,
}
_JUDGING: Mapping[str, Any] = {
    "select": Annotated[Words, typer.Option(metavar="RULES", help="Only these codes, prefixes or names.")],
    "ignore": Annotated[Words, typer.Option(metavar="RULES", help="Not these codes, prefixes or names.")],
    "min_confidence": Annotated[Confidence | None, typer.Option(help="Hide what is less certain. [medium]")],
    "min_severity": Annotated[Severity | None, typer.Option(help="Hide what is less severe. [info]")],
    "persona": Annotated[
        Persona | None, typer.Option("--persona", help="The auditor also hears of what is missing. [regular]")
    ],
    "since": Annotated[str | None, typer.Option(metavar="REV", help="Only what was not there at this git revision.")],
    "strict_baseline": Annotated[
        Switch,
        typer.Option("--strict-baseline/--no-strict-baseline", help="Exit 1 if the baseline names what is fixed."),
    ],
    "fail_on": Annotated[Bar | None, typer.Option(help="Exit 1 on findings this severe. [warning]")],
    "fail_under": Annotated[float | None, typer.Option(metavar="N", help="Exit 1 if the score is under N.")],
    "exit_zero": Annotated[Switch, typer.Option("--exit-zero", help="Exit 0 whatever was found.")],
    "output": Annotated[Words, typer.Option("--output", "-o", metavar="FORMAT[:FILE]", help="Repeatable.")],
    "show_suppressed": Annotated[
        Switch, typer.Option("--show-suppressed/--no-show-suppressed", help="Print what was set aside too.")
    ],
    "color": Colored,
    "quiet": Annotated[int, typer.Option("--quiet", "-q", count=True, help="Findings and problems only.")],
    "verbose": Annotated[int, typer.Option("--verbose", "-v", count=True, help="All evidence too.")],
}
_DEFAULTS = {"isolated": False, "quiet": 0, "verbose": 0}

Command = Callable[..., Any]


def auditing(command: Command) -> Command:
    """COMMAND with every flag of an audit; it finds their values in the parameters of its context."""
    return _with({**_JUDGING, **_READING}, command)


def reading(command: Command) -> Command:
    """COMMAND with the flags that say what is read, and none that says what is reported."""
    return _with(_READING, command)


def _with(flags: Mapping[str, Any], command: Command) -> Command:
    own = inspect.signature(command, eval_str=True).parameters

    @functools.wraps(command)
    def called(**values: Any) -> Any:
        return command(**{name: values[name] for name in own})

    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=_DEFAULTS.get(name), annotation=kind)
        for name, kind in flags.items()
    ]
    called.__signature__ = inspect.Signature([*own.values(), *added])  # type: ignore[attr-defined]
    return called


def settings(root: Path, params: Mapping[str, Any]) -> Settings:
    """The Settings for the project at ROOT under the flags in PARAMS, which may hold words as they were typed."""
    given = {name: params.get(name.replace("-", "_")) for name in (*NAMES, *FLAGS_ONLY)}
    flags = {name: value for name, value in given.items() if value not in (None, [], ())}
    file = Path(params["config"]) if params["config"] else None
    return resolve(root, flags, file=file, isolated=params["isolated"])
