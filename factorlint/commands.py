"""What ``check`` and ``audit`` do once their command line is read, and what other commands share with them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from factorlint.argv import Asked
from factorlint.config import FLAGS_ONLY, NAMES, ConfigError, Persona, Settings, project, resolve
from factorlint.console import plainly, say
from factorlint.model import RuleInfo
from factorlint.sift import strangers


def run(asked: Asked) -> int:
    """Do what is ASKED; returns the exit code."""
    try:
        if asked.command == "check":
            check(asked.paths, asked.params)
        audit(asked.paths[0] if asked.paths else Path(), asked.params)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1


def check(paths: Sequence[Path], params: Mapping[str, Any], name: Path | None = None) -> NoReturn:
    """Report the findings under PATHS (the current folder without any); raises SystemExit with the exit code.

    ``-`` among them is standard input, called NAME.
    """
    with plainly():
        from factorlint import typed

        named, raw = typed.taken(list(paths) or [Path()], name)
    given = [absolute(path) for path in named]
    _audit(project(given), given, params, "full", raw)


def audit(path: Path, params: Mapping[str, Any]) -> NoReturn:
    """Score the project at PATH; raises SystemExit with the exit code."""
    given = absolute(path)
    root = given if given.is_dir() else project([given])
    _audit(root, [given], {**params, "persona": Persona.AUDITOR}, "text")


def _audit(
    root: Path, paths: list[Path], params: Mapping[str, Any], default: str, raw: bytes | None = None
) -> NoReturn:
    with plainly():
        told = settings(root, params)
        known(told)
        from factorlint import checking

        typed = checking.Typed.at(root, paths[0], raw) if raw is not None else None
        code, why = checking.run(root, paths, told, checking.Wishes.of(params, default), typed)
    if code:
        say(f"exit {code}: {why}")
    raise SystemExit(code)


def settings(root: Path, params: Mapping[str, Any]) -> Settings:
    """The Settings for the project at ROOT under the flags in PARAMS, which may hold words as they were typed."""
    given = {name: params.get(name.replace("-", "_")) for name in (*NAMES, *FLAGS_ONLY)}
    flags = {name: value for name, value in given.items() if value not in (None, [], ())}
    file = Path(params["config"]) if params["config"] else None
    return resolve(root, flags, file=file, isolated=params["isolated"])


def known(told: Settings) -> None:
    """A misspelt code would otherwise switch off a rule, or a whole gate, in silence. Raises ConfigError."""
    words = [*told.select, *told.extend_select, *told.ignore, *(one.rule for one in told.severity)]
    words += [rule for one in told.per_file_ignores for rule in one.rules]
    named = rules(told.plugin) if words or told.plugin else []
    strange = strangers(words, named)
    if strange:
        raise unknown(strange[0], named)


def unknown(word: str, named: Sequence[RuleInfo]) -> ConfigError:
    """What is said of a WORD that none of the rules NAMED, and none of their checks, is called."""
    from factorlint import registry

    near = registry.near(word, named)
    hint = f"did you mean {near!r}?" if near else "'factorlint rules' lists them"
    return ConfigError(f"no rule or check is called {word!r}: {hint}")


def rules(plugins: Iterable[str]) -> list[RuleInfo]:
    """All rules, those of PLUGINS too. Raises ConfigError where one of these cannot be loaded."""
    from factorlint import registry

    try:
        return list(registry.infos(plugins))
    except Exception as error:  # a plugin's own code runs here, and may fail in any way
        if not plugins:
            raise
        raise ConfigError(f"--plugin: {type(error).__name__}: {error}") from error


def absolute(path: Path) -> Path:
    """PATH from the root, without ``..``; links stay, for a report speaks of what was named."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
