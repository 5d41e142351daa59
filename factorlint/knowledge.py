"""The commands for those who read and write rules: what rules and catalogue know, asked without an audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from factorlint import commands, delivery, gates
from factorlint.config import ConfigError, project
from factorlint.console import plainly, say, write
from factorlint.flags import Colored, Pages, Plugins, RuleName, Words
from factorlint.model import Check, RuleInfo
from factorlint.report._text import safe


def run_tests(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", file_okay=False, help="Python files with `# expect: FL0801` on their lines."),
    ],
    select: Annotated[Words, typer.Option(metavar="CHECKS", help="Only these codes and evidence names.")] = None,
    plugin: Plugins = None,
) -> None:
    """Run the rules over files that say what is to be found.

    They say so on their lines: `# expect:`, `# ok:`, `# todo:`.
    """
    with plainly():
        from factorlint import testing

        commands.rules(plugin or ())
        checks = frozenset(one.strip() for word in select for one in word.split(",")) if select else None
        wanted = [one for one in testing.expectations(folder) if checks is None or one.check in checks]
        outcome = testing.run(folder, checks, plugin or ())
        write("".join(f"{safe(line)}\n" for line in testing.lines(outcome)))
        wrong = len(outcome.missing) + len(outcome.surplus) + len(outcome.problems)
        say(f"{len(wanted)} expectations, {wrong} not met, {len(outcome.todo)} known misses")
        if wrong:
            raise typer.Exit(gates.UNMET)
        if not wanted:
            say(f"exit {gates.NOTHING}: nothing to check: no expectation under {folder}")
            raise typer.Exit(gates.NOTHING)


def new_rule(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Such as FL0850: FL, the factor, the check.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as sleeping-tool.")],
    into: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write to.")] = Path(),
) -> None:
    """Write a rule that works, for you to change.

    With it come its fixture, and a package that installs it.
    """
    with plainly():
        from factorlint import newrule

        for path in newrule.write(into, code, name):
            write(f"{into / path}\n")
        say(f"then: pip install -e {into} && factorlint test {into / 'fixtures'} --plugin {name} --select {code}")


def explain(
    name: RuleName = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Every rule: as markdown, the book rules/README.md.")
    ] = False,
    output: Pages = None,
    plugin: Plugins = None,
    color: Colored = None,
) -> None:
    """A rule or check: what it looks at, why, the owned form.

    And what breaks without it. Formats: text, markdown, json.
    """
    from factorlint import explain as pages

    with plainly():
        asked = delivery.asked(pages.FORMATS, output)
        known = commands.rules(plugin or ())
        if bool(name) is everything:
            raise ConfigError("explain: give a rule or check (FL0801, FL08, a name), or --all")
        if everything:
            delivery.deliver(asked, color, lambda form, look: pages.render_all(form, known, look))
            return
        info, check = _meant(name, known)
        delivery.deliver(asked, color, lambda form, look: pages.render(form, info, check, look))


def rules(plugin: Plugins = None) -> None:
    """Every rule and its checks.

    Each with its code, name, severity and owner, and whether it can be fixed.
    """
    from factorlint import explain as pages

    with plainly():
        write(pages.listing(commands.rules(plugin or ())))


def frameworks(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One library; all of them without it.")] = None,
    output: Pages = None,
    color: Colored = None,
) -> None:
    """What each known library owns of the thirteen factors.

    And what it gives back. Formats: text, markdown, json, html.
    """
    from factorlint import catalog, scorecard
    from factorlint.report import frameworks as pages

    with plainly():
        asked = delivery.asked(pages.FORMATS, output)
        known = catalog.builtin()
        cards = scorecard.cards(known)
        one = scorecard.find(cards, known, name) if name else None
        if name and one is None:
            raise ConfigError(f"no library of the catalogue is called {name!r}: 'factorlint frameworks' lists them")
        delivery.deliver(asked, color, lambda wanted, look: pages.render(wanted, cards, one, look))


def reveal(
    place: Annotated[str, typer.Argument(metavar="PATH:LINE", help="Where the constructor is called.")],
    wheel: Annotated[
        list[Path] | None, typer.Option("--wheel", metavar="FILE", help="Read this wheel. Repeatable.")
    ] = None,
    python: Annotated[
        Path | None, typer.Option("--python", metavar="PATH", help="An interpreter or environment.")
    ] = None,
    output: Pages = None,
    color: Colored = None,
) -> None:
    """The text that a package sends around or instead of yours.

    For the call at PATH:LINE. Read from the project's virtual environment, never run. Exit 1: nothing is known to
    be sent but your own words.
    """
    from factorlint import installed
    from factorlint.config import resolve
    from factorlint.report import reveal as pages
    from factorlint.reveal import Unrevealed
    from factorlint.reveal import reveal as look_up

    with plainly():
        words, _, number = place.rpartition(":")
        asked = delivery.asked(pages.FORMATS, output)
        if not number.isdigit() or not words:
            raise ConfigError(f"{place}: give a file and a line, as in app/main.py:12")
        path = commands.absolute(Path(words))
        if not path.is_file():
            say(f"exit {gates.NOTHING}: no such file: {words}")
            raise typer.Exit(gates.NOTHING)
        root = project([path])
        settings = replace(resolve(root, {}), include_tests=True)
        try:
            told = look_up(root, path, int(number), settings, installed.places(path.parent, python, wheel or ()))
        except installed.NotFound as error:
            raise ConfigError(str(error)) from error
        except Unrevealed as error:
            say(f"exit {gates.UNMET}: {error}")
            raise typer.Exit(gates.UNMET) from None
        delivery.deliver(
            asked, color, lambda name, look: pages.render(name, told, look), base=str(root), here=str(Path.cwd())
        )


def _meant(name: str, known: Sequence[RuleInfo]) -> tuple[RuleInfo, Check | None]:
    from factorlint import registry

    try:
        return registry.lookup(name, known)
    except KeyError:
        raise commands.unknown(name, known) from None
