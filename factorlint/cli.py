"""Commands and flags, nothing else: what they mean is in ``config.py``, what they do begins in ``run.py``.

Starts fast: whatever is heavy is imported inside the commands.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from factorlint import __version__, commands, delivery, gates
from factorlint.config import ConfigError, Persona, project
from factorlint.console import plainly as _plainly
from factorlint.console import say as _say
from factorlint.console import write as _write
from factorlint.flags import (
    Colored,
    Folder,
    Named,
    Pages,
    Paths,
    Plugins,
    RuleName,
    Words,
    auditing,
    comparing,
    fleeting,
    reading,
)
from factorlint.model import Check, RuleInfo
from factorlint.report._text import safe

if TYPE_CHECKING:
    from factorlint.adopt import Examined

app = typer.Typer(
    name="factorlint",
    help="Audits agent code against 12-Factor Agents: who owns each decision, your code or a framework?",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"factorlint {__version__}")
        raise typer.Exit


baselines = typer.Typer(
    help="What is found today and not to be fixed now.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(baselines, name="baseline")


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Audits agent code against 12-Factor Agents: who owns each decision, your code or a framework?"""


@app.command()
@auditing
def check(ctx: typer.Context, paths: Paths = None, stdin_filename: Named = None) -> None:
    """Findings, one after another: for hooks, editors and CI.

    The whole project is read, so that what is imported is understood; only the given paths are reported. '-' is a file
    from standard input; with --fix, the fixed text goes to standard output and the report to standard error.
    """
    commands.check(paths or (), ctx.params, stdin_filename)


@app.command()
@auditing
def audit(ctx: typer.Context, path: Folder = Path()) -> None:
    """The score per factor, who owns what, and what to do first.

    Findings about something missing always speak here.
    """
    commands.audit(path, ctx.params)


@baselines.command()
@reading
def create(ctx: typer.Context, paths: Paths = None) -> None:
    """Write a baseline of all that is found today.

    What is below the bar is in it too. It goes to --baseline, or to factorlint-baseline.json; never over one that is
    there.
    """
    with _plainly():
        from factorlint import baseline

        told, file, prefix = _examined(paths, ctx.params)
        rows = baseline.entries(told.report.sites, prefix)
        baseline.create(file, rows)
        _say(f"{len(rows)} finding{'s' * (len(rows) != 1)} written to {file}")


@baselines.command()
@reading
def update(ctx: typer.Context, paths: Paths = None) -> None:
    """Remove from the baseline what is fixed.

    Renamed files are followed; nothing is ever added.
    """
    with _plainly():
        from factorlint import adopt, baseline

        told, file, prefix = _examined(paths, ctx.params)
        known = baseline.read(file)
        rows = adopt.update(told, known, prefix)
        baseline.write(file, rows)
        _say(f"{len(known) - len(rows)} removed from {file}, {len(rows)} left")


@app.command("plan")
@reading
def show_plan(ctx: typer.Context, path: Folder = Path(), output: Pages = None, color: Colored = None) -> None:
    """The way to owned code, in the manifesto's order.

    Each step with its sites, a first move, and the score after it. Formats: text, markdown, and new folders of work
    items: openspec:DIR, speckit:DIR, gsd:DIR.
    """
    with _plainly():
        from factorlint import planned

        asked, given = planned.asked(output), commands.absolute(path)
        root = given if given.is_dir() else project([given])
        told = commands.settings(root, {**ctx.params, "output": None, "persona": Persona.AUDITOR, "fail_on": "never"})
        commands.known(told)
        code, why = planned.run(root, given, told, asked)
    if code:
        _say(f"exit {code}: {why}")
    raise typer.Exit(code)


@app.command("config")
@auditing
def show_config(
    ctx: typer.Context,
    path: Folder = Path(),
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of the configuration.")] = False,
) -> None:
    """The settings in force, and where each came from.

    Then which files are read, and which checks are on.
    """
    with _plainly():
        from factorlint import configured

        if schema:
            _write(configured.schema())
            return
        given = commands.absolute(path)
        root = given if given.is_dir() else project([given])
        told = commands.settings(root, ctx.params)
        commands.known(told)
        from factorlint import reading

        found = reading.find(root, [given], told)
        _write(configured.page(told, found, commands.rules(told.plugin)))


@app.command("test")
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
    with _plainly():
        from factorlint import testing

        commands.rules(plugin or ())
        checks = frozenset(one.strip() for word in select for one in word.split(",")) if select else None
        wanted = [one for one in testing.expectations(folder) if checks is None or one.check in checks]
        outcome = testing.run(folder, checks, plugin or ())
        _write("".join(f"{safe(line)}\n" for line in testing.lines(outcome)))
        wrong = len(outcome.missing) + len(outcome.surplus) + len(outcome.problems)
        _say(f"{len(wanted)} expectations, {wrong} not met, {len(outcome.todo)} known misses")
        if wrong:
            raise typer.Exit(gates.UNMET)
        if not wanted:
            _say(f"exit {gates.NOTHING}: nothing to check: no expectation under {folder}")
            raise typer.Exit(gates.NOTHING)


@app.command("new-rule")
def new_rule(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Such as FL0850: FL, the factor, the check.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as sleeping-tool.")],
    into: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write to.")] = Path(),
) -> None:
    """Write a rule that works, for you to change.

    With it come its fixture, and a package that installs it.
    """
    with _plainly():
        from factorlint import newrule

        for path in newrule.write(into, code, name):
            _write(f"{into / path}\n")
        _say(f"then: pip install -e {into} && factorlint test {into / 'fixtures'} --plugin {name} --select {code}")


@app.command()
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

    with _plainly():
        asked = delivery.asked(pages.FORMATS, output)
        known = commands.rules(plugin or ())
        if bool(name) is everything:
            raise ConfigError("explain: give a rule or check (FL0801, FL08, a name), or --all")
        if everything:
            delivery.deliver(asked, color, lambda form, look: pages.render_all(form, known, look))
            return
        info, check = _meant(name, known)
        delivery.deliver(asked, color, lambda form, look: pages.render(form, info, check, look))


@app.command()
def rules(plugin: Plugins = None) -> None:
    """Every rule and its checks.

    Each with its code, name, severity and owner, and whether it can be fixed.
    """
    from factorlint import explain as pages

    with _plainly():
        _write(pages.listing(commands.rules(plugin or ())))


@app.command()
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

    with _plainly():
        asked = delivery.asked(pages.FORMATS, output)
        known = catalog.builtin()
        cards = scorecard.cards(known)
        one = scorecard.find(cards, known, name) if name else None
        if name and one is None:
            raise ConfigError(f"no library of the catalogue is called {name!r}: 'factorlint frameworks' lists them")
        delivery.deliver(asked, color, lambda wanted, look: pages.render(wanted, cards, one, look))


@app.command()
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

    with _plainly():
        words, _, number = place.rpartition(":")
        asked = delivery.asked(pages.FORMATS, output)
        if not number.isdigit() or not words:
            raise ConfigError(f"{place}: give a file and a line, as in app/main.py:12")
        path = commands.absolute(Path(words))
        if not path.is_file():
            _say(f"exit {gates.NOTHING}: no such file: {words}")
            raise typer.Exit(gates.NOTHING)
        root = project([path])
        settings = replace(resolve(root, {}), include_tests=True)
        try:
            told = look_up(root, path, int(number), settings, installed.places(path.parent, python, wheel or ()))
        except installed.NotFound as error:
            raise ConfigError(str(error)) from error
        except Unrevealed as error:
            _say(f"exit {gates.UNMET}: {error}")
            raise typer.Exit(gates.UNMET) from None
        delivery.deliver(
            asked, color, lambda name, look: pages.render(name, told, look), base=str(root), here=str(Path.cwd())
        )


@app.command("compare")
@comparing
def compare_two(
    ctx: typer.Context,
    before: Annotated[str, typer.Argument(metavar="A", help="A JSON report, a folder or a git revision.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The same; the current folder without it.")] = ".",
    output: Pages = None,
    color: Colored = None,
) -> None:
    """What moved between two reports, trees or git revisions.

    Per factor, and which sites. Formats: text, markdown, json, html.
    """
    with _plainly():
        from factorlint import compare, progress
        from factorlint.report import compare as pages

        asked = delivery.asked(pages.FORMATS, output)
        how = functools.partial(commands.settings, params=ctx.params)
        with progress.shown(bool(ctx.params["no_progress"])) as watch:
            told = compare.compare(*(compare.given(one, how, watch) for one in (before, after)))
        delivery.deliver(asked, color, lambda name, look: pages.render(name, told, look))


@app.command("history")
@comparing
def show_history(
    ctx: typer.Context,
    path: Folder = Path(),
    since: Annotated[str | None, typer.Option(metavar="REV", help="Start at this git revision.")] = None,
    every: Annotated[int, typer.Option(min=1, metavar="N", help="Only each Nth commit, counted from the last.")] = 1,
    output: Pages = None,
    color: Colored = None,
) -> None:
    """The score over the commits of the branch.

    Read from git: nothing is checked out. Formats: text, markdown, json, svg, html.
    """
    with _plainly():
        from factorlint import history, progress
        from factorlint.report import history as pages

        asked, root = delivery.asked(pages.FORMATS, output), commands.absolute(path)
        if not root.is_dir():
            raise ConfigError(f"{path}: there is no such folder")
        how = commands.settings(root, ctx.params)
        with progress.shown(how.no_progress) as watch:
            told, served = history.history(root, how, since, every, watch)
        _say(history.words(served))
        delivery.deliver(asked, color, lambda name, look: pages.render(name, told, look))


@app.command()
@fleeting
def fleet(
    ctx: typer.Context,
    repos: Annotated[list[Path], typer.Argument(help="Trees, folders of clones, bare repositories, lists of these.")],
    engine: Annotated[str, typer.Option(metavar="local|dask://HOST:PORT", help="Who works.")] = "local",
    tables: Annotated[Path, typer.Option(metavar="DIR", help="Where the two tables go.")] = Path("factorlint-fleet"),
    seconds: Annotated[float, typer.Option("--tree-seconds", metavar="N", min=1, help="What a tree may take.")] = 900,
    output: Pages = None,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit 0 even if a tree could not be audited.")] = False,
) -> None:
    """Audit many trees: two Parquet tables and a ranking.

    The tables are of sites and of scores; the ranking has the worst first. One configuration holds for all
    (--config); what a tree brings along is not asked. Formats: text, markdown, json.
    """
    with _plainly():
        from factorlint import fleet as body
        from factorlint.report import fleet as pages

        asked = delivery.asked(pages.FORMATS, output)
        mine = {"output": None, "persona": Persona.AUDITOR, "isolated": not ctx.params["config"]}
        told = commands.settings(Path.cwd(), {**ctx.params, **mine})
        commands.known(told)
        ranking = body.audit(repos, told, engine=engine, seconds=seconds, tables=tables)
        delivery.deliver(asked, told.color, lambda name, look: pages.render(name, ranking, look))
        code, why = (gates.CLEAN, "") if exit_zero else body.ending(ranking)
    if code:
        _say(f"exit {code}: {why}")
    raise typer.Exit(code)


@app.command("server")
def editor_server() -> None:
    """Speak with an editor over standard input and output (LSP).

    Needs the extra: pip install 'factorlint[server]'.
    """
    with _plainly():
        try:
            from factorlint import server
        except ModuleNotFoundError as error:
            if error.name not in ("pygls", "lsprotocol"):
                raise
            raise ConfigError("the editor server needs pygls: pip install 'factorlint[server]'") from None
        server.serve()


def run() -> int:
    """Run the command of ``sys.argv``; returns the exit code."""
    try:
        app()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    return 0


def _meant(name: str, known: Sequence[RuleInfo]) -> tuple[RuleInfo, Check | None]:
    from factorlint import registry

    try:
        return registry.lookup(name, known)
    except KeyError:
        raise commands.unknown(name, known) from None


def _examined(paths: list[Path] | None, params: Mapping[str, Any]) -> tuple[Examined, Path, str]:
    """What lies under PATHS by itself, the baseline that is meant, and what leads from its folder to the project."""
    given = [commands.absolute(path) for path in paths or [Path()]]
    root = project(given)
    told = commands.settings(root, params)
    from factorlint import baseline, progress, run
    from factorlint.around import Around

    file = told.baseline or root / baseline.NAME
    with progress.shown(told.no_progress) as watch:
        return run.examine(root, given, told, Around(watch=watch)), file, baseline.prefix(root, file)
