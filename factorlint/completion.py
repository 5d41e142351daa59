"""What a shell offers for the values of flags: formats, codes and names."""

from __future__ import annotations

from factorlint.report import FORMATS


def formats(incomplete: str) -> list[str]:
    """Formats that begin with INCOMPLETE."""
    return [name for name in FORMATS if name.startswith(incomplete)]


def checks(incomplete: str) -> list[tuple[str, str]]:
    """Codes and names of rules and checks that begin with the last word of INCOMPLETE, each with what it is called."""
    from factorlint import registry

    before, comma, word = incomplete.rpartition(",")
    rows = [(info.code, info.name) for info in registry.infos()]
    rows += [(one.code, one.name) for info in registry.infos() for one in info.checks if one.code]
    named = [(code, name) for code, name in rows if code.startswith(word.upper())]
    named += [(name, code) for code, name in rows if word and name.startswith(word)]
    return [(f"{before}{comma}{one}", said) for one, said in named]
