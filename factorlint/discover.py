"""Which files of a tree are read, and what each of them is.

Python files and notebooks, without what `.gitignore` names, what is excluded by default (caches, builds, virtual
environments, vendored folders), and what a program wrote. Symbolic links are not followed: what they lead to inside
the tree is found where it is, and what lies outside is none of ours. Nothing is left out silently: it is counted.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from factorlint import cache, gitignore, ignore, roles
from factorlint.files import no_detour
from factorlint.gitignore import Rules, relative, seen_from
from factorlint.model import Problem, Role

VENDORED = frozenset(("vendor", "_vendor", "third_party"))
EXCLUDED = VENDORED | frozenset(
    ".bzr .direnv .eggs .git .git-rewrite .hg .hypothesis .ipynb_checkpoints .mypy_cache .nox .pants.d .pyenv "
    ".pytest_cache .pytype .ruff_cache .svn .tox .venv .vscode __pycache__ __pypackages__ _build buck-out build dist "
    "node_modules site-packages venv".split()
)

_NOTEBOOK = ".ipynb"
_SUFFIXES = (".py", ".pyw", _NOTEBOOK)
_ENVIRONMENT = frozenset(("pyvenv.cfg", "conda-meta"))


@dataclass(frozen=True)
class File:
    """A file to read. ``path`` is posix and relative to the root; ``wanted`` if it lies under a path asked for."""

    path: str
    absolute: Path
    role: Role
    wanted: bool = True


@dataclass(frozen=True)
class Found:
    """``files`` in the order of their paths, tests among them: they are audited only when asked for.

    ``others`` counts what was left out, by reason; a folder that is not entered counts once. ``manifests`` are the
    paths (posix, relative) of the files that may pin versions. ``idle`` are the excluding patterns that met nothing.
    ``package`` is the root's own name if it is a package.
    """

    files: tuple[File, ...]
    others: Mapping[str, int]
    problems: tuple[Problem, ...]
    manifests: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    package: str = ""

    def name(self, root: Path, asked: Sequence[str], began: int) -> str | None:
        """A name for all that was found under ROOT, as it is on the disk, and for what is ASKED of it; or None."""
        roles = (f"{one.path} {one.role.value} {one.wanted}" for one in self.files)
        said = (*asked, repr(self.problems), repr(self.idle), repr(self.package), *roles)
        return cache.signature(root, said, (*(one.path for one in self.files), *self.manifests), began)


def find(
    root: Path,
    paths: Sequence[Path] = (),
    *,
    exclude: Sequence[str] | None = None,
    extend_exclude: Sequence[str] = (),
    force_exclude: bool = False,
    notebooks: bool = True,
    base: Path | None = None,
    watch: Callable[[int], None] = lambda count: None,
) -> Found:
    """The files of the tree at ROOT; those under PATHS (absolute; none: all) are wanted.

    A path named is taken whatever would leave it out, unless ``force_exclude``; a file named counts as no test.
    EXCLUDE (in place of EXCLUDED) and EXTEND_EXCLUDE are patterns as in `.gitignore`, read from the folder BASE, or
    from ROOT without one. Never raises for what it meets: a missing path, one outside the tree or a folder that cannot
    be listed is a Problem. WATCH hears how many files were found so far, folder by folder.
    """
    top = os.path.abspath(root)  # noqa: PTH100 - resolve() would follow links
    start = os.path.abspath(base) if base else top  # noqa: PTH100
    lists = [ignore.read(one.removeprefix("./") for one in patterns) for patterns in (exclude or (), extend_exclude)]
    single = {one: ignore.read([one.removeprefix("./")]) for one in (*(exclude or ()), *extend_exclude)}
    search = _Search(
        top,
        names=EXCLUDED if exclude is None else frozenset(),
        excludes=[seen_from(start, top, patterns) for patterns in lists if patterns],
        notebooks=notebooks,
        idle={one: seen_from(start, top, patterns) for one, patterns in single.items() if patterns},
        watch=watch,
    )
    search.walk("")
    places = [place for path in paths if (place := search.place(path)) is not None]
    named = [place for place in places if search.take(place, force_exclude)] if paths else [""]
    return search.found(named)


class _Search:
    """One search of a tree: what it was told, and what it has found so far."""

    def __init__(
        self,
        root: str,
        names: frozenset[str],
        excludes: Sequence[Rules],
        notebooks: bool,
        idle: dict[str, Rules],
        watch: Callable[[int], None],
    ) -> None:
        self.root, self.real = root, os.path.realpath(root)
        self.names, self.excludes, self.notebooks = names, excludes, notebooks
        self.idle = idle  # patterns, each by itself, that have met nothing yet
        self.watch = watch
        self.files: dict[str, str] = {}
        self.manifests: set[str] = set()
        self.entered: set[str] = set()
        self.others: Counter[str] = Counter()
        self.problems: set[Problem] = set()

    def found(self, named: Sequence[str]) -> Found:
        exact, folders = frozenset(named), tuple(f"{one}/" if one else "" for one in named)
        files = tuple(
            File(path, Path(self.files[path]), role_of(path, path in exact), path in exact or path.startswith(folders))
            for path in sorted(self.files)
        )
        problems = tuple(sorted(self.problems, key=lambda one: (one.path, one.kind, one.message)))
        others, manifests = dict(sorted(self.others.items())), tuple(sorted(self.manifests))
        package = Path(self.real).name if "__init__.py" in self.files else ""
        return Found(files, others, problems, manifests, tuple(sorted(self.idle)), package)

    # -- paths that were named -----------------------------------------------------------------------------------------

    def place(self, path: Path) -> str | None:
        """Where PATH lies in the tree, links followed; None, and a Problem, where it does not."""
        shown = relative(os.path.abspath(path), self.root) or str(path)  # noqa: PTH100
        try:
            real = os.path.realpath(path)
            os.stat(real)  # noqa: PTH116 - exists() would hide why not
        except (FileNotFoundError, NotADirectoryError, ValueError):
            self.problems.add(Problem(shown, None, "missing", "there is no such file or folder"))
            return None
        except OSError as error:
            self.problems.add(Problem(shown, None, "unreadable", _reason(error)))
            return None
        place = relative(real, self.real)
        if place is None:
            self.problems.add(Problem(shown, None, "outside", "leads out of the audited tree"))
        return place

    def take(self, place: str, force_exclude: bool) -> bool:
        """Add what stands at PLACE; False where an exclusion is forced on it."""
        parts = place.split("/") if place else []
        absolute = os.path.join(self.root, *parts)  # noqa: PTH118
        folder = os.path.isdir(absolute)  # noqa: PTH112
        reasons = [self.excluded("/".join(parts[:end]), True) for end in range(1, len(parts))]
        reasons += [self.excluded(place, folder)] if place else []
        if force_exclude and any(reasons):
            self.others["excluded"] += 1
            return False
        if folder:
            self.walk(place)
        elif place.endswith(_NOTEBOOK) and not self.notebooks:
            self.others["notebook"] += 1
        elif not os.path.isfile(absolute):  # noqa: PTH113
            self.others["special"] += 1
        else:
            self.files[place] = absolute
        return True

    # -- the walk ------------------------------------------------------------------------------------------------------

    def walk(self, start: str) -> None:
        """Everything under the folder START, whatever is said of START itself."""
        stack = [(start, gitignore.above(self.root, start))]
        while stack:
            folder, rules = stack.pop()
            if folder in self.entered:
                continue
            absolute = os.path.join(self.root, folder)  # noqa: PTH118
            try:
                with os.scandir(absolute) as listing:
                    entries = list(listing)
            except OSError as error:
                kind = "missing" if isinstance(error, FileNotFoundError) else "unreadable"
                self.problems.add(Problem(folder or ".", None, kind, _reason(error)))
                continue
            names = {entry.name for entry in entries}
            if folder != start and not _ENVIRONMENT.isdisjoint(names):
                self.others["virtual environment"] += 1
                continue
            self.entered.add(folder)
            self.watch(len(self.files))
            if gitignore.NAME in names:
                rules = [*rules, *gitignore.inside(absolute, self.root)]
            prefix = f"{folder}/" if folder else ""
            stack += [(path, rules) for entry in entries if (path := self.enter(entry, prefix, rules))]

    def enter(self, entry: os.DirEntry[str], prefix: str, rules: Sequence[Rules]) -> str | None:
        """Take or count one entry; the path of a folder that is to be walked."""
        path = prefix + entry.name
        kind = _kind(entry)
        if kind in ("link", "special"):
            self.others[kind] += 1
            return None
        folder = kind == "folder"
        if not folder and roles.manifest(path):
            self.manifests.add(path)
        reason = self.reason(entry, path, folder, rules)
        if reason:
            self.others[reason] += 1
        elif folder:
            return path
        else:
            self.files[path] = entry.path
        return None

    def reason(self, entry: os.DirEntry[str], path: str, folder: bool, rules: Sequence[Rules]) -> str | None:
        """Why an entry is left out; None if it is not."""
        if not folder and not entry.name.endswith(_SUFFIXES):
            return "not Python"
        if not folder and not self.notebooks and entry.name.endswith(_NOTEBOOK):
            return "notebook"
        excluded = self.excluded(path, folder)
        if excluded:
            return excluded
        if gitignore.ignored(rules, path, folder):
            return "ignored"
        if roles.generated_name(entry.name, folder) or (not folder and roles.generated(_head(entry.path))):
            return "generated"
        return None

    def excluded(self, path: str, folder: bool) -> str | None:
        """Whether the settings leave PATH out."""
        for pattern in [one for one, rules in self.idle.items() if rules.ignores(path, folder) is not None]:
            del self.idle[pattern]
        name = path.rpartition("/")[2]
        if name in self.names:
            return "vendored" if name in VENDORED else "excluded"
        return "excluded" if any(rules.ignores(path, folder) for rules in self.excludes) else None


def _kind(entry: os.DirEntry[str]) -> str:
    try:
        if entry.is_dir(follow_symlinks=False):
            return "folder"
        if entry.is_file(follow_symlinks=False):
            return "file"
        return "link" if entry.is_symlink() else "special"
    except OSError:  # gone, or in a folder that may be listed and not entered
        return "special"


def role_of(path: str, named: bool) -> Role:
    """What a file is; a test that is NAMED is asked for, and so is not left out as one."""
    role = roles.role(path)
    return Role.APP if named and role is Role.TEST else role


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _head(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0, opener=no_detour) as file:
            return file.read(roles.HEAD) or b""
    except OSError:
        return b""  # said when it is read
