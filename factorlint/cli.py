"""Commands and flags, nothing else: what they mean is in ``config.py``, what they do begins in ``run.py``.

Starts fast: whatever is heavy is imported inside the commands.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from factorlint import __version__, gates
from factorlint.catalog import CatalogError
from factorlint.config import FLAGS_ONLY, NAMES, Bar, Color, ConfigError, Output, Persona, Settings, project, resolve
from factorlint.model import Confidence, Report, RuleInfo, Severity
from factorlint.report import Look, render
from factorlint.report._text import safe
from factorlint.sift import strangers

app = typer.Typer(
    name="factorlint",
    help="Audits agent code against 12-Factor Agents: who owns each decision, your code or a framework?",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

Words = list[str] | None
Switch = bool | None
Paths = Annotated[list[Path] | None, typer.Argument(help="Files and folders; the current folder if none is given.")]
Folder = Annotated[Path, typer.Argument(help="The project to audit.")]
Select = Annotated[Words, typer.Option(metavar="RULES", help="Only these codes, prefixes or names.")]
Ignore = Annotated[Words, typer.Option(metavar="RULES", help="Not these codes, prefixes or names.")]
Exclude = Annotated[Words, typer.Option(metavar="GLOBS", help="Instead of what is excluded by default.")]
ExtendExclude = Annotated[Words, typer.Option(metavar="GLOBS", help="Besides what is excluded by default.")]
ForceExclude = Annotated[
    Switch, typer.Option("--force-exclude/--no-force-exclude", help="Excludes hold for named files.")
]
IncludeTests = Annotated[Switch, typer.Option("--include-tests/--no-include-tests", help="Report on tests too.")]
Notebooks = Annotated[Switch, typer.Option("--notebooks/--no-notebooks", help="Read the code cells of notebooks.")]
MinConfidence = Annotated[Confidence | None, typer.Option(help="Hide what is less certain. [medium]")]
MinSeverity = Annotated[Severity | None, typer.Option(help="Hide what is less severe. [info]")]
Who = Annotated[Persona | None, typer.Option("--persona", help="The auditor also hears of what is missing. [regular]")]
FailOn = Annotated[Bar | None, typer.Option(help="Exit 1 on findings this severe. [warning]")]
FailUnder = Annotated[float | None, typer.Option(metavar="N", help="Exit 1 if the score is under N.")]
Outputs = Annotated[Words, typer.Option("--output", "-o", metavar="FORMAT[:FILE]", help="Repeatable.")]
Jobs = Annotated[int | None, typer.Option("--jobs", "-j", metavar="N", help="Processes; 0 for one a core.")]
NoCache = Annotated[Switch, typer.Option("--no-cache/--cache", help="Neither read nor write the cache.")]
CacheDir = Annotated[Path | None, typer.Option(metavar="DIR", help="Where the cache lies.")]
Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="This configuration and no other.")]
Isolated = Annotated[bool, typer.Option("--isolated", help="No configuration file at all.")]
Colored = Annotated[Color | None, typer.Option("--color", help="Colour in the output. [auto]")]
ExitZero = Annotated[Switch, typer.Option("--exit-zero", help="Exit 0 whatever was found.")]
ShowSuppressed = Annotated[
    Switch, typer.Option("--show-suppressed/--no-show-suppressed", help="Print what was suppressed too.")
]
Plugins = Annotated[Words, typer.Option("--plugin", metavar="MODULE", help="Load further rules from MODULE.")]
Quiet = Annotated[int, typer.Option("--quiet", "-q", count=True, help="Findings and problems only.")]
Verbose = Annotated[int, typer.Option("--verbose", "-v", count=True, help="All evidence too.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"factorlint {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Audits agent code against 12-Factor Agents: who owns each decision, your code or a framework?"""


@app.command()
def check(
    ctx: typer.Context,
    paths: Paths = None,
    select: Select = None,
    ignore: Ignore = None,
    min_confidence: MinConfidence = None,
    min_severity: MinSeverity = None,
    persona: Who = None,
    output: Outputs = None,
    fail_on: FailOn = None,
    fail_under: FailUnder = None,
    exit_zero: ExitZero = None,
    show_suppressed: ShowSuppressed = None,
    exclude: Exclude = None,
    extend_exclude: ExtendExclude = None,
    force_exclude: ForceExclude = None,
    include_tests: IncludeTests = None,
    notebooks: Notebooks = None,
    jobs: Jobs = None,
    no_cache: NoCache = None,
    cache_dir: CacheDir = None,
    config: Config = None,
    isolated: Isolated = False,
    plugin: Plugins = None,
    color: Colored = None,
    quiet: Quiet = 0,
    verbose: Verbose = 0,
) -> None:
    """Findings, one after another: for hooks, editors and CI.

    The whole project is read, so that what is imported is understood; only the given paths are reported.
    """
    given = [_absolute(path) for path in paths or [Path()]]
    _audit(project(given), given, ctx.params, "full")


@app.command()
def audit(
    ctx: typer.Context,
    path: Folder = Path(),
    select: Select = None,
    ignore: Ignore = None,
    min_confidence: MinConfidence = None,
    min_severity: MinSeverity = None,
    persona: Who = None,
    output: Outputs = None,
    fail_on: FailOn = None,
    fail_under: FailUnder = None,
    exit_zero: ExitZero = None,
    show_suppressed: ShowSuppressed = None,
    exclude: Exclude = None,
    extend_exclude: ExtendExclude = None,
    force_exclude: ForceExclude = None,
    include_tests: IncludeTests = None,
    notebooks: Notebooks = None,
    jobs: Jobs = None,
    no_cache: NoCache = None,
    cache_dir: CacheDir = None,
    config: Config = None,
    isolated: Isolated = False,
    plugin: Plugins = None,
    color: Colored = None,
    quiet: Quiet = 0,
    verbose: Verbose = 0,
) -> None:
    """The score per factor, who owns what, the verdict, and what to do first.

    Findings about something missing always speak here.
    """
    given = _absolute(path)
    root = given if given.is_dir() else project([given])
    _audit(root, [given], {**ctx.params, "persona": Persona.AUDITOR}, "text")


@app.command()
def explain(
    name: Annotated[str, typer.Argument(metavar="FL0801|FL08|NAME", help="A rule or check, by code or name.")],
    plugin: Plugins = None,
    color: Colored = None,
) -> None:
    """A rule or check: what it looks at, why it matters, and what the owned form is."""
    from factorlint import explain as pages
    from factorlint import registry

    with _plainly():
        _rules(plugin or ())
        try:
            info, one = registry.lookup(name, plugin or ())
        except KeyError:
            raise ConfigError(f"no rule or check is called {name!r}: 'factorlint rules' lists them") from None
        _write(pages.page(info, one, _console(color or Color.AUTO)))


@app.command()
def rules(plugin: Plugins = None) -> None:
    """Every rule and its checks: code, name, severity, owner, and whether it can be fixed."""
    from factorlint import explain as pages

    with _plainly():
        _write(pages.listing(_rules(plugin or ())))


@app.command()
def frameworks(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One library; all of them without it.")] = None,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FORMAT[:FILE]")] = "text",
    color: Colored = None,
) -> None:
    """What each known library owns of the thirteen factors, and what it gives back.

    Formats: text, markdown, json, html.
    """
    from factorlint import catalog, scorecard
    from factorlint.report import frameworks as pages

    with _plainly():
        wanted, _, file = output.partition(":")
        if wanted not in pages.FORMATS:
            raise ConfigError(f"--output: there is no format {wanted!r} here: {', '.join(pages.FORMATS)}")
        known = catalog.builtin()
        cards = scorecard.cards(known)
        one = scorecard.find(cards, known, name) if name else None
        if name and one is None:
            raise ConfigError(f"no library of the catalogue is called {name!r}: 'factorlint frameworks' lists them")
        text = pages.render(wanted, cards, one, Look() if file else _console(color or Color.AUTO))
        _save(text, Path(file)) if file else _write(text)


def run() -> int:
    """Run the command of ``sys.argv``; returns the exit code."""
    try:
        app()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    return 0


def _audit(root: Path, paths: list[Path], params: Mapping[str, Any], default: str) -> NoReturn:
    with _plainly():
        settings = _settings(root, params)
        _known(settings)
        from factorlint.run import audit as run_audit

        report = run_audit(root, paths, settings)
        for output in settings.output or (Output(default),):
            _deliver(report, output, _look(root, settings, params, output))
        code, why = gates.ending(report, settings)
    if code:
        _say(f"exit {code}: {why}")
    raise typer.Exit(code)


def _known(settings: Settings) -> None:
    """A misspelt code would otherwise switch off a rule, or a whole gate, in silence."""
    strange = strangers((*settings.select, *settings.ignore), _rules(settings.plugin))
    if strange:
        raise ConfigError(f"no rule or check is called {strange[0]!r}: 'factorlint rules' lists them")


def _rules(plugins: Iterable[str]) -> list[RuleInfo]:
    from factorlint import registry

    try:
        return list(registry.infos(plugins))
    except Exception as error:  # a plugin's own code runs here, and may fail in any way
        if not plugins:
            raise
        raise ConfigError(f"--plugin: {type(error).__name__}: {error}") from error


def _absolute(path: Path) -> Path:
    """PATH from the root, without ``..``; links stay, for a report speaks of what was named."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links


def _settings(root: Path, params: Mapping[str, Any]) -> Settings:
    given = {name: params.get(name.replace("-", "_")) for name in (*NAMES, *FLAGS_ONLY)}
    flags = {name: value for name, value in given.items() if value not in (None, [], ())}
    file = Path(params["config"]) if params["config"] else None  # ctx.params may hold words as they were typed
    return resolve(root, flags, file=file, isolated=params["isolated"])


def _look(root: Path, settings: Settings, params: Mapping[str, Any], output: Output) -> Look:
    return replace(
        Look() if output.file else _console(settings.color),
        verbose=params["verbose"] - params["quiet"],
        show_suppressed=settings.show_suppressed,
        base=str(root),
        here=str(Path.cwd()),
    )


def _console(color: Color) -> Look:
    terminal = sys.stdout.isatty()
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Look(
        color=color is Color.ALWAYS or (color is Color.AUTO and terminal and not plain),
        width=max(60, min(120, shutil.get_terminal_size().columns)) if terminal else 80,
        ascii=not (sys.stdout.encoding or "").lower().startswith("utf"),
    )


def _deliver(report: Report, output: Output, look: Look) -> None:
    text = render(output.format, report, look)
    if output.file:
        _save(text, output.file)
    else:
        _write(text)


def _save(text: str, file: Path) -> None:
    file.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


def _write(text: str) -> None:
    """To standard output, whatever it can encode; a reader that went away ends the writing, not the run."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(text: str) -> None:
    typer.echo(f"factorlint: {safe(text)}", err=True)


@contextlib.contextmanager
def _plainly() -> Iterator[None]:
    """Expected failures end in one line and their exit code, not in a traceback."""
    try:
        yield
    except KeyboardInterrupt:
        _say(f"exit {gates.INTERRUPTED}: interrupted")
        raise typer.Exit(gates.INTERRUPTED) from None
    except (CatalogError, ConfigError, OSError) as error:
        _say(f"exit {gates.BROKEN}: {error}")
        raise typer.Exit(gates.BROKEN) from None
