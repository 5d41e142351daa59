"""The whole story of an audit, one short function a step. Start reading here."""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from factorlint import (
    adopt,
    baseline,
    cache,
    catalog,
    excerpts,
    gates,
    imports,
    parts,
    revision,
    suppress,
    workers,
)
from factorlint.adopt import Examined
from factorlint.around import ALONE, Around
from factorlint.baseline import Entry
from factorlint.cache import Cache
from factorlint.config import Settings
from factorlint.discover import Found
from factorlint.learn import pack_one
from factorlint.model import Problem, Report, RuleInfo, Site
from factorlint.modules import Modules
from factorlint.packed import Packed, unpack
from factorlint.parts import Part, Said
from factorlint.project import Project
from factorlint.reading import Read, find, read
from factorlint.source import Source
from factorlint.telling import Comments, choose, judge

if TYPE_CHECKING:
    from factorlint.pins import Pins
    from factorlint.rule import Rule, View

_PASSING = ("timeout", "worker-died", "crash")  # problems that another run, with more time or memory, may not have


class Learned(NamedTuple):
    """What the files of a part told, and the problems of those that could not be read."""

    files: Mapping[str, Packed]
    problems: tuple[Problem, ...]

    def project(self, modules: Modules) -> Project:
        return Project({path: unpack(one) for path, one in self.files.items()}, modules)


def audit(root: Path, paths: Sequence[Path], settings: Settings, around: Around = ALONE) -> Report:
    """Audit the tree at ROOT; report what lies under PATHS (all of it without any).

    Raises CatalogError or ImportError for a broken catalogue or plugin, BaselineError or RevisionError for what it is
    to be compared with: never for anything in the tree.
    """
    known = baseline.read(settings.baseline) if settings.baseline else ()
    before = gates.read_scores(settings.no_regress) if settings.no_regress else {}
    told = examine(root, paths, settings, around)
    report = told.report
    if settings.baseline:
        report = adopt.compare(told, known, baseline.prefix(root, settings.baseline))
    if settings.since:
        report = adopt.forget(report, told.present, earlier(root, settings, around), f"already in {settings.since}")
    return replace(report, gates=gates.unmet(report, settings, before))


def examine(root: Path, paths: Sequence[Path], settings: Settings, around: Around = ALONE) -> Examined:
    """Everything that can be said of a tree without knowing another; of files that did not change, what was said."""
    with _uncollected(), cache.opened(settings.store, not settings.no_cache) as kept:
        began = cache.now()
        found = find(root, paths, settings, around, kept)
        alone = not (settings.plugin or around.unsaved or around.remembers)
        name = found.name(root, settings.asked, began) if alone else None
        said = kept.get("run", name) if name else None
        if said is None:
            said = say(root, found, settings, around, kept)
            if name and not any(one.kind in _PASSING for one in said.report.problems):
                kept.put("run", [(name, said)])
        told: Examined = said
        return told


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """No search for circles in memory: facts make none, and to look for some takes as long as reading them."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.freeze()  # or all of it would be looked through at once
            gc.enable()


def say(root: Path, found: Found, settings: Settings, around: Around, kept: Cache) -> Examined:
    """What there is to say of the files that were FOUND."""
    from factorlint import pins, registry

    rules = registry.rules(settings.plugin)
    infos = tuple(map(registry.info, rules))
    known = catalog.builtin()
    texts = read(found, known, settings, around, kept)
    pinned = pins.read_pins(root, found.manifests)
    said = say_parts(texts, pinned, rules, settings, around, kept)
    comments, unheard = listen(texts, infos, settings)
    sites = [site for one in said for site in one.sites]
    told = [problem for one in said for problem in one.problems]
    problems = (*found.problems, *texts.problems, *told, *pinned.problems, *unheard)
    report = judge(texts, sum(one.analysed for one in said), sites, comments, problems, infos, pinned)
    report = excerpts.attach(choose(report, root, found, texts, settings), texts.sources)
    return Examined(report, frozenset(texts.sources), texts.wanted)


def say_parts(
    texts: Read, pinned: Pins, rules: Sequence[Rule], settings: Settings, around: Around, kept: Cache
) -> list[Said]:
    """What there is to say of every part of the tree; of those that are as they were, what was said then."""
    memory = cache.NONE if settings.plugin else kept
    context = parts.digest(repr((texts.modules.package, texts.modules.paths, sorted(pinned.folders.items()))))
    names = [part.name(texts.sources, texts.wanted, context) for part in texts.parts]
    said: dict[str, Said] = dict(memory.rows("part", names))
    new = {name: part for name, part in zip(names, texts.parts, strict=True) if name not in said}
    learned = learn_all(texts, list(new.values()), settings, around, kept)
    fresh = dict(zip(new, visit_all(learned, texts, pinned, rules, settings, around), strict=True))
    lasting = {name: one for name, one in fresh.items() if not any(lost.kind in _PASSING for lost in one.problems)}
    memory.put("part", lasting.items())
    return [{**said, **fresh}[name] for name in names]


def earlier(root: Path, settings: Settings, around: Around) -> tuple[Entry, ...]:
    """What was found in the tree at the revision that the settings name."""
    past = Around(watch=around.watch)
    told = at_revision(root, settings.since or "", settings, f"--since {settings.since}", past)
    return baseline.entries(told.sites)


def at_revision(root: Path, name: str, settings: Settings, what: str, around: Around = ALONE) -> Report:
    """The tree at ROOT as it was at the git revision NAME. Raises RevisionError, naming WHAT was asked for."""
    with tempfile.TemporaryDirectory(prefix="factorlint-") as folder:
        copy = Path(folder) / root.name  # a root that is a package is imported by its name
        copy.mkdir(exist_ok=True)
        revision.extract(root, name, copy, what)
        return examine(copy, (), settings, around).report


def learn_all(
    texts: Read,
    wanted: Sequence[Part],
    settings: Settings,
    around: Around = ALONE,
    kept: Cache = cache.NONE,
) -> list[Learned]:
    """What the files of the parts that are WANTED tell, and those that fill in what they leave open."""
    told: dict[str, Packed | Problem] = {}
    members = [list(part.files) for part in wanted]
    todo = [path for part in wanted for path in part.files]
    while todo:
        work = [texts.sources[path] for path in todo]
        for text, result in around.over("learning", learned(work, settings, around, kept), len(work)):
            if isinstance(result, workers.Failure):
                result = Problem(text.path, None, result.kind, result.message)
            told[text.path] = result
        todo = []
        for part, files in zip(wanted, members, strict=True):
            beside = {path: texts.sources[path].text for path in part.beside if path not in told}
            known = _told(told, files)
            leaves = frozenset(name for one in known.values() for name in one.leaves)
            more = imports.extenders(beside, leaves, known, texts.modules) if beside else ()
            files += more
            todo += more
    return [
        Learned(_told(told, files), tuple(one for path in files if isinstance(one := told[path], Problem)))
        for files in members
    ]


def _told(told: Mapping[str, Packed | Problem], files: Sequence[str]) -> dict[str, Packed]:
    return {path: one for path in files if isinstance(one := told[path], Packed)}


def learned(
    work: Sequence[Source], settings: Settings, around: Around, kept: Cache
) -> Iterator[tuple[Source, Packed | Problem | workers.Failure]]:
    """What each file of WORK tells, in order; what was told before, in this run or another, is not learned again."""
    asked = [key for one in work if (key := (one.path, one.digest)) not in around.told]
    known = {**around.told, **kept.facts(asked)}
    new = [one for one in work if (one.path, one.digest) not in known]
    told: dict[cache.Key, Packed | Problem] = {}
    fresh = workers.each(pack_one, new, jobs=jobs(settings, new), seconds=_patience)
    with contextlib.closing(fresh):  # type: ignore[type-var]
        for one in work:
            key = (one.path, one.digest)
            result = known.get(key) or next(fresh)[1]
            if not isinstance(result, workers.Failure):
                if key not in known:
                    told[key] = result
                if around.remembers:
                    around.told[key] = result
                    around.learned.update({key} - known.keys())
            yield one, result
    kept.keep_facts(told)


def visit_all(
    learned: Sequence[Learned], texts: Read, pinned: Pins, rules: Sequence[Rule], settings: Settings, around: Around
) -> list[Said]:
    """Every rule over every wanted file that may hold a site; a plugin's rule, of which nothing is known, sees all."""
    from factorlint.relevance import Relevance
    from factorlint.view import viewer
    from factorlint.visit import Visited, visit

    most_first = sorted(enumerate(learned), key=lambda one: len(one[1].files), reverse=True)
    part_of = {path: number for number, part in most_first for path in sorted(part.files)}
    work = [texts.sources[path] for path in part_of if path in texts.wanted]

    @functools.lru_cache(maxsize=1)  # files come part by part
    def asked(number: int) -> tuple[Callable[[str], View], Relevance | None]:
        view = viewer(learned[number].project(texts.modules), pinned)
        anywhere = next(iter(learned[number].files))
        return view, None if settings.plugin else Relevance(view(anywhere), rules)

    def settle(one: Source) -> None:
        _, relevance = asked(part_of[one.path])
        if relevance is not None:
            relevance.settle()

    def visit_one(one: Source) -> Visited:
        view, relevance = asked(part_of[one.path])
        seen = view(one.path)
        since = seen.tracer.asked
        statements = relevance.statements(one.path, one.text) if relevance is not None else None
        try:
            return Visited((), ()) if statements == frozenset() else visit(seen, one, rules, statements)
        finally:
            seen.tracer.forget(since)

    sites: list[list[Site]] = [[] for _ in learned]
    problems: list[list[Problem]] = [list(part.problems) for part in learned]
    sizes = [sum(len(texts.sources[path].text) for path in part.files) for part in learned]

    visited = workers.each(
        visit_one,
        work,
        jobs=jobs(settings, work),
        seconds=_patience,
        group=lambda one: part_of[one.path],
        settle=settle,
        settling=lambda one: sizes[part_of[one.path]] / 20_000,
    )
    for one, result in around.over("checking", visited, len(work)):
        number = part_of[one.path]
        if isinstance(result, Visited):
            sites[number] += result.sites
            problems[number] += result.problems
        else:
            problems[number].append(Problem(one.path, None, result.kind, result.message))
    return [
        Said(len(part.files), tuple(found), tuple(said))
        for part, found, said in zip(learned, sites, problems, strict=True)
    ]


def listen(texts: Read, infos: Sequence[RuleInfo], settings: Settings) -> tuple[dict[str, Comments], list[Problem]]:
    """The comments of every wanted file that speak to factorlint."""

    def hear(one: Source) -> Comments:
        return tuple(suppress.checked(comment, infos) for comment in suppress.comments(one.text))

    held: dict[str, Comments] = {}
    problems: list[Problem] = []
    work = [one for path, one in sorted(texts.sources.items()) if path in texts.wanted and suppress.may_hold(one.text)]
    for one, result in workers.each(hear, work, jobs=jobs(settings, work), seconds=_patience):
        if isinstance(result, tuple):
            held[one.path] = result
        else:
            problems.append(Problem(one.path, None, result.kind, f"comments: {result.message}"))
    return held, problems


def jobs(settings: Settings, work: Sequence[Source]) -> int:
    """Processes worth starting: as many as are free, one for little work."""
    size = sum(len(one.text) for one in work)
    return max(1, min(settings.jobs or _cores(), size // 60_000 + 1, len(work)))


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _patience(one: Source) -> float:
    """Seconds that one file may take, on a machine that has much else to do: only a hang is cut."""
    return 60.0 + len(one.text) / 10_000
