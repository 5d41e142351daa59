"""Commands and flags, nothing else: what they mean is in ``config.py``, what they do begins in ``run.py``.

Starts fast: whatever is heavy is imported inside the commands.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from factorlint import __version__, commands, delivery, gates, knowledge
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
    auditing,
    comparing,
    fleeting,
    reading,
)

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


app.command("test")(knowledge.run_tests)
app.command("new-rule")(knowledge.new_rule)
app.command("explain")(knowledge.explain)
app.command("rules")(knowledge.rules)
app.command("frameworks")(knowledge.frameworks)
app.command("reveal")(knowledge.reveal)


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
