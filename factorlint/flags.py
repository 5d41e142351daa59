"""The flags of the commands that audit: declared once, each with a key of the same name in ``config.py``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from factorlint import argv, completion
from factorlint.keys import KEYS, Bar, Color, Persona
from factorlint.model import Confidence, Severity

Words = list[str] | None
Switch = bool | None
Paths = Annotated[list[Path] | None, typer.Argument(help="Files and folders; the current folder if none is given.")]
Folder = Annotated[Path, typer.Argument(help="The project to audit.")]
Named = Annotated[
    Path | None, typer.Option("--stdin-filename", metavar="NAME", help="What '-' is called: where it would be saved.")
]
RuleName = Annotated[
    str,
    typer.Argument(
        metavar="FL0801|FL08|NAME", help="A rule or check, by code or name.", autocompletion=completion.checks
    ),
]
Plugins = Annotated[Words, typer.Option("--plugin", metavar="MODULE", help=KEYS["plugin"].help)]
Pages = Annotated[
    Words, typer.Option("--output", "-o", "--output-format", metavar="FORMAT[:FILE]", help="Repeatable. [text]")
]
Colored = Annotated[Color | None, typer.Option("--color", help=KEYS["color"].help)]

_FORMS: Mapping[str, tuple[Any, Mapping[str, Any]]] = {  # the type of a flag's values, and how help calls them
    "select": (Words, {"metavar": "RULES", "autocompletion": completion.checks}),
    "extend-select": (Words, {"metavar": "RULES", "autocompletion": completion.checks}),
    "ignore": (Words, {"metavar": "RULES", "autocompletion": completion.checks}),
    "per-file-ignores": (Words, {"metavar": "GLOB:RULE"}),
    "severity": (Words, {"metavar": "RULE=SEVERITY"}),
    "exclude": (Words, {"metavar": "GLOBS"}),
    "extend-exclude": (Words, {"metavar": "GLOBS"}),
    "min-confidence": (Confidence | None, {}),
    "min-severity": (Severity | None, {}),
    "persona": (Persona | None, {}),
    "fail-on": (Bar | None, {}),
    "fail-under": (float | None, {"metavar": "N"}),
    "require": (Words, {"metavar": "FACTORS=OWNER"}),
    "no-regress": (Path | None, {"metavar": "REPORT.json"}),
    "since": (str | None, {"metavar": "REV"}),
    "baseline": (Path | None, {"metavar": "FILE"}),
    "output": (Words, {"metavar": "FORMAT[:FILE]", "autocompletion": completion.formats}),
    "jobs": (int | None, {"metavar": "N"}),
    "cache-dir": (Path | None, {"metavar": "DIR"}),
    "color": (Color | None, {}),
    "plugin": (Words, {"metavar": "MODULE"}),
}
_TREES = (
    "exclude",
    "extend-exclude",
    "include-tests",
    "notebooks",
    "jobs",
    "no-cache",
    "cache-dir",
    "no-progress",
    "plugin",
)
_READING = ("baseline", "force-exclude", *_TREES)
_FLEET = (
    *("select", "extend-select", "ignore", "severity", "min-confidence", "min-severity"),
    *("exclude", "extend-exclude", "include-tests", "notebooks", "jobs", "no-cache", "cache-dir", "color", "plugin"),
)
_RUN: Mapping[str, Any] = {
    "config": Annotated[Path | None, typer.Option("--config", metavar="FILE", help="This configuration and no other.")],
    "isolated": Annotated[bool, typer.Option("--isolated", help="No configuration file at all.")],
}
_REPAIR: Mapping[str, Any] = {  # no keys: a file of the audited tree never decides what is written
    "fix": Annotated[bool, typer.Option("--fix", help="Apply the safe fixes, then report what is left.")],
    "unsafe_fixes": Annotated[bool, typer.Option("--unsafe-fixes", help="With --fix or --diff: the others too.")],
    "diff": Annotated[bool, typer.Option("--diff", help="Print what --fix would change, and change nothing.")],
}
_TALK: Mapping[str, Any] = {
    "quiet": Annotated[
        int, typer.Option("--quiet", "-q", count=True, show_default=False, help="Findings and problems only.")
    ],
    "verbose": Annotated[
        int, typer.Option("--verbose", "-v", count=True, show_default=False, help="All evidence too.")
    ],
}
Command = Callable[..., Any]


def auditing(command: Command) -> Command:
    """COMMAND with every flag of an audit; it finds their values in the parameters of its context."""
    return _with({**_options(KEYS), **_REPAIR, **_RUN, **_TALK}, command)


def reading(command: Command) -> Command:
    """COMMAND with the flags that say what is read, and none that says what is reported."""
    return _with({**_options(_READING), **_RUN}, command)


def comparing(command: Command) -> Command:
    """COMMAND with the flags that say what of a whole tree is read."""
    return _with({**_options(_TREES), **_RUN}, command)


def fleeting(command: Command) -> Command:
    """COMMAND with the flags that hold for many trees at once."""
    return _with({**_options(_FLEET), "config": _RUN["config"]}, command)


def _options(keys: Iterable[str]) -> dict[str, Any]:
    return {key.replace("-", "_"): _option(key) for key in keys}


def _option(key: str) -> Any:
    kind, form = _FORMS.get(key, (Switch, {}))
    return Annotated[kind, typer.Option(*argv.spelled(key), help=KEYS[key].help, **form)]


def _with(flags: Mapping[str, Any], command: Command) -> Command:
    own = inspect.signature(command, eval_str=True).parameters

    @functools.wraps(command)
    def called(**values: Any) -> Any:
        return command(**{name: values[name] for name in own})

    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=argv.DEFAULTS.get(name), annotation=kind)
        for name, kind in flags.items()
    ]
    called.__signature__ = inspect.Signature([*own.values(), *added])  # type: ignore[attr-defined]
    return called
