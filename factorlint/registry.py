"""Finds the rules: those that ship, and those of plugins named on the command line, never by what a tree contains."""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import inspect
import pkgutil
import re
from collections.abc import Iterable
from types import ModuleType

from factorlint import suppress
from factorlint.factors import BY_NUMBER
from factorlint.model import Check, RuleInfo
from factorlint.rule import Rule


def rules(plugins: Iterable[str] = ()) -> tuple[Rule, ...]:
    """Every rule, in the order of the factors. Raises ImportError for a plugin that is not there."""
    package = importlib.import_module("factorlint.rules")
    names = [one.name for one in pkgutil.iter_modules(package.__path__) if one.name.startswith("f")]
    modules = [importlib.import_module(f"factorlint.rules.{name}") for name in names]
    modules += [_plugin(name) for name in plugins]
    found = [kind() for module in modules for kind in _kinds(module)]
    return tuple(sorted(found, key=lambda rule: (rule.factor, rule.name)))


def _plugin(name: str) -> ModuleType:
    """A plugin by the name of its entry point (group ``factorlint.rules``), else by its module's name."""
    for point in importlib.metadata.entry_points(group="factorlint.rules"):
        if point.name == name:
            return importlib.import_module(point.module)
    return importlib.import_module(name)


def _kinds(module: ModuleType) -> list[type[Rule]]:
    return [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Rule) and kind is not Rule and kind.__module__ == module.__name__
    ]


def info(rule: Rule) -> RuleInfo:
    """What a report says of a rule."""
    factor = BY_NUMBER[rule.factor]
    doc = inspect.getdoc(type(rule)) or ""
    return RuleInfo(rule.factor, rule.code, rule.name, factor.title, factor.weight, doc, rule.checks)


def infos(plugins: Iterable[str] = ()) -> tuple[RuleInfo, ...]:
    """What a report says of every rule, and of factorlint's own comments. Raises as ``rules`` does."""
    return (*map(info, rules(plugins)), suppress.INFO)


def lookup(word: str, known: Iterable[RuleInfo]) -> tuple[RuleInfo, Check | None]:
    """Of the KNOWN rules the one meant by code (FL08, FL0801), rule or check name, and the check. Raises KeyError."""
    wanted = word.strip().lower()
    for one in known:
        if wanted in (one.code.lower(), one.name):
            return one, None
        for check in one.checks:
            if wanted in (check.name, (check.code or "").lower()):
                return one, check
    raise KeyError(word)


def near(word: str, known: Iterable[RuleInfo]) -> str:
    """The code or name that WORD may have been meant for, ``FL08`` for ``F8``; empty if it is like none."""
    said, named = word.strip().lower(), tuple(known)
    number = re.fullmatch(r"fl?(\d{1,2})", said)
    if number is not None:
        return next((one.code for one in named if one.factor == int(number[1])), "")
    names = [name for one in named for name in (one.name, *(check.name for check in one.checks))]
    return next(iter(difflib.get_close_matches(said, names, 1)), "")
