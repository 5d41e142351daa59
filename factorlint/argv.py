"""The command lines of ``check`` and ``audit`` that say plainly what is wanted, read without typer.

Hooks and editors call these two all day, and to load and build a command line costs typer more than a run over files
that did not change costs us. Whatever is not plain (help, a mistake, an unusual spelling) is left to typer, which words
it better. The names of the flags are typer's too (`flags.py`), so the two cannot drift apart.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from factorlint.keys import KEYS

DEFAULTS: Mapping[str, Any] = {  # of what is no key
    "fix": False,
    "unsafe_fixes": False,
    "diff": False,
    "isolated": False,
    "quiet": 0,
    "verbose": 0,
}
_SPELLED: Mapping[str, tuple[str, ...]] = {  # where a flag is not just --key
    "no-cache": ("--no-cache/--cache",),
    "no-progress": ("--no-progress/--progress",),
    "exit-zero": ("--exit-zero",),
    "output": ("--output", "-o", "--output-format"),  # the last is what users of ruff type
    "jobs": ("--jobs", "-j"),
}
_SWITCHES: Mapping[str, str] = {
    "--fix": "fix",
    "--unsafe-fixes": "unsafe_fixes",
    "--diff": "diff",
    "--isolated": "isolated",
}
_COUNTED: Mapping[str, str] = {"--quiet": "quiet", "-q": "quiet", "--verbose": "verbose", "-v": "verbose"}
_COMPLETION = "_FACTORLINT_COMPLETE"
_EXPANDED = frozenset("*?[~$%")  # by click, on Windows, where no shell does it


class Asked(NamedTuple):
    """A command, the paths that it was given, and its parameters as typer would name them."""

    command: str
    paths: list[Path]
    params: dict[str, Any]


class _Unclear(Exception):
    """Typer's to answer."""


def spelled(key: str) -> tuple[str, ...]:
    """How the flag of KEY is written, in click's notation."""
    switch = f"--{key}/--no-{key}" if _is_switch(key) else f"--{key}"
    return _SPELLED.get(key, (switch,))


def read(words: Sequence[str]) -> Asked | None:
    """What WORDS, the arguments of the program, ask for; None where that is not plain."""
    if not words or words[0] not in ("check", "audit") or _COMPLETION in os.environ:
        return None
    if sys.platform == "win32" and any(_EXPANDED & set(word) for word in words):
        return None
    params: dict[str, Any] = {**dict.fromkeys(key.replace("-", "_") for key in KEYS), "config": None, **DEFAULTS}
    try:
        paths = [Path(word) for word in _paths(words[1:], params)]
    except _Unclear:
        return None
    if words[0] == "audit" and len(paths) > 1:
        return None
    return Asked(words[0], paths, params)


def _paths(words: Sequence[str], params: dict[str, Any]) -> Iterator[str]:
    """The words that are no flags; the flags go into PARAMS."""
    rest = iter(words)
    for word in rest:
        name, sign, value = word.partition("=")
        if not word.startswith("-"):
            if not word:
                raise _Unclear
            yield word
        elif name in _VALUED:
            _set(params, _VALUED[name], value if sign else next(rest, "-"))
        elif sign:
            raise _Unclear
        elif name in _KEYED:
            key, on = _KEYED[name]
            params[key] = on
        elif name in _SWITCHES:
            params[_SWITCHES[name]] = True
        elif name in _COUNTED:
            params[_COUNTED[name]] += 1
        else:
            raise _Unclear


def _set(params: dict[str, Any], key: str, value: str) -> None:
    """Raises _Unclear for a value that typer would refuse, or may read otherwise."""
    if not value or value.startswith("-"):
        raise _Unclear
    name, schema = key.replace("-", "_"), KEYS[key].kind.schema if key in KEYS else {}
    if "anyOf" in schema:
        params[name] = [*(params[name] or ()), value]
    elif schema.get("type") == "integer":
        if not (value.isascii() and value.isdigit()):
            raise _Unclear
        params[name] = int(value)
    elif schema.get("type") == "number" or value not in schema.get("enum", (value,)):
        raise _Unclear
    else:
        params[name] = value


def _is_switch(key: str) -> bool:
    return KEYS[key].kind.schema.get("type") == "boolean"


def _forms() -> Iterator[tuple[str, str, bool]]:
    """Every way to write a flag that is a key: the flag, the key, and whether it says yes."""
    for key in KEYS:
        for form in spelled(key):
            on, _, off = form.partition("/")
            yield on, key, True
            if off:
                yield off, key, False


_VALUED = {form: key for form, key, _ in _forms() if not _is_switch(key)} | {"--config": "config"}
_KEYED = {form: (key.replace("-", "_"), on) for form, key, on in _forms() if _is_switch(key)}
