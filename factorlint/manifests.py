"""Files that name the versions a project runs on → what they demand. Only read, never run, by bounded means.

Lock files are machine-written and may be megabytes: they are read line by line, which is a hundred times faster than
a TOML parser and finds the lines as well.
"""

from __future__ import annotations

import ast
import configparser
import json
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement

from factorlint import guard

_LOCK_LINE = re.compile(
    r'^(?:(?P<start>\[\[package\]\])|(?P<other>\[)|(?P<key>name|version) = "(?P<value>[^"\n]*)")', re.MULTILINE
)
_INCLUDE = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:\s*=\s*|\s+|(?<=-[rc]))(?P<file>[^\s#]+)")
_NO_NAME = re.compile(r"[-./]|[\w+]+:|[^\s\[@]*\.(?:whl|zip|tar\.gz)\b")  # options, paths, addresses, archives
_DOTS = re.compile(r"(?<![\w\"'-])(?:[\w\"'-]+[ \t]*\.[ \t]*){100}")
_CONDA = re.compile(r"(?:[\w./-]+::)?(?P<name>[A-Za-z0-9][\w.-]*)\s*(?P<rest>[=<>!~][^\s#]*)?")


class Demand(NamedTuple):
    """PACKAGE in a version that SPECIFIER (PEP 440; empty: any) allows; LOCKED if it was resolved, not wished for."""

    package: str
    specifier: str
    line: int | None
    locked: bool = False


class Include(NamedTuple):
    """A further file that a requirements file reads, as written there."""

    file: str
    line: int


class Odd(NamedTuple):
    """Something that is not understood."""

    message: str
    line: int | None


Told = Demand | Include | Odd


def limit(name: str) -> int:
    """The bytes that a file of this NAME may have: more in one that a program wrote."""
    return 5_000_000 if name.endswith(".lock") else 1_000_000 if name.endswith(".txt") else 500_000


def read(name: str, text: str) -> Iterator[Told]:
    """What a file called NAME with this TEXT demands. Never raises; what cannot be read is Odd."""
    reader = _READERS.get(name, _requirements)
    try:
        yield from reader(text)
    except (Exception, MemoryError) as error:  # text of strangers, and readers of five kinds
        message = str(error).splitlines()[0] if str(error) else type(error).__name__
        yield Odd(message, getattr(error, "lineno", None))


# -- requirements ------------------------------------------------------------------------------------------------------


def _requirements(text: str) -> Iterator[Told]:
    for number, line in _logical(text):
        included = _INCLUDE.match(line)
        if included:
            yield Include(included["file"], number)
        elif line and not _NO_NAME.match(line):
            yield _demand(re.split(r"\s--?[a-z]", line, maxsplit=1)[0], number)


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Lines without comments, continued ones joined; with their number."""
    whole, start = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        start = start if whole else number
        part = re.sub(r"(?:^|\s)#.*", "", line).rstrip()
        if part.endswith("\\") and len(whole) < 10_000:
            whole += part[:-1] + " "
            continue
        yield start, (whole + part).strip()
        whole = ""
    yield start, whole.strip()


def _demand(text: str, line: int | None) -> Told:
    try:
        wanted = Requirement(text)
    except (InvalidRequirement, RecursionError) as error:
        return Odd(f"no requirement: {str(error).splitlines()[0]}", line)
    return Demand(wanted.name, str(wanted.specifier), line)


def _all(wanted: Any, lines: Lines) -> Iterator[Told]:
    """The requirement strings in a list, a table of lists, or lines."""
    if isinstance(wanted, Mapping):
        for value in wanted.values():
            yield from _all(value, lines)
    elif isinstance(wanted, (list, tuple)):
        yield from (_demand(one, lines.get(_piece(one))) for one in wanted if isinstance(one, str))
    elif isinstance(wanted, str):
        rows = (row.strip() for row in wanted.splitlines())
        yield from (_demand(row, lines.get(_piece(row))) for row in rows if row and not row.startswith("#"))


Lines = Mapping[str, int]  # requirements and keys → the first line that has them


def _lines(text: str) -> Lines:
    lines: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        for piece in re.split(r"[\"';]", line):
            lines.setdefault(piece.strip(" \t,:{["), number)
        lines.setdefault(line.partition("=")[0].strip(" \t\"'"), number)
    return lines


def _piece(text: str) -> str:
    return re.split(r"[\"';]", text, maxsplit=1)[0].strip()


# -- TOML and its kin --------------------------------------------------------------------------------------------------


def toml(text: str) -> dict[str, Any]:
    """TEXT as TOML. Raises ValueError, and RecursionError for what is nested too deeply."""
    if _DOTS.search(text):
        raise ValueError("a key of too many parts")  # the parser's time grows with their square
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def _pyproject(text: str) -> Iterator[Told]:
    data, lines = toml(text), _lines(text)
    project, tool = _table(data, "project"), _table(data, "tool")
    yield from _all(project.get("dependencies"), lines)
    yield from _all(project.get("optional-dependencies"), lines)
    yield from _all(data.get("dependency-groups"), lines)
    yield from _all(_table(tool, "pdm").get("dev-dependencies"), lines)
    uv = _table(tool, "uv")
    for key in ("dev-dependencies", "constraint-dependencies", "override-dependencies"):
        yield from _all(uv.get(key), lines)
    poetry = _table(tool, "poetry")
    groups = [poetry, *(one for one in _table(poetry, "group").values() if isinstance(one, Mapping))]
    for group in groups:
        yield from _wishes(_table(group, "dependencies"), lines)
        yield from _wishes(_table(group, "dev-dependencies"), lines)


def _pipfile(text: str) -> Iterator[Told]:
    data, lines = toml(text), _lines(text)
    yield from _wishes(_table(data, "packages"), lines)
    yield from _wishes(_table(data, "dev-packages"), lines)


def _wishes(table: Mapping[str, Any], lines: Lines) -> Iterator[Told]:
    """``name = "^1.2"`` and ``name = {version = "^1.2"}``; of several, the last, which is by custom the newest."""
    for name, value in table.items():
        if name == "python":
            continue
        one = value[-1] if isinstance(value, list) and value else value
        wish = one.get("version", "*") if isinstance(one, Mapping) else one
        line = lines.get(name)
        yield _demand(f"{name} {_pep440(wish)}", line) if isinstance(wish, str) else Odd(f"no version: {name}", line)


def _pep440(wish: str) -> str:
    """A version wish of poetry as a specifier."""
    return ",".join(filter(None, (_clause(part.strip()) for part in wish.rpartition("||")[2].split(",")))) or ""


def _clause(wish: str) -> str:
    if wish in ("", "*"):
        return ""
    release = re.match(r"(?P<sign>[~^])\s*(?P<version>\d+(?:\.\d+)*)(?P<rest>[^=]*)$", wish)
    if release:
        parts = [int(part) for part in release["version"].split(".")[:4]]
        if release["sign"] == "~":
            keep = min(len(parts), 2)
        else:
            keep = next((at for at, part in enumerate(parts, 1) if part), len(parts))
        upper = ".".join(str(part) for part in [*parts[: keep - 1], parts[keep - 1] + 1])
        return f">={release['version']}{release['rest']},<{upper}"
    return wish if wish[0] in "<>=!~" else f"=={wish}"


def _table(data: Any, key: str) -> Mapping[str, Any]:
    value = data.get(key) if isinstance(data, Mapping) else None
    return value if isinstance(value, Mapping) else {}


# -- locks -------------------------------------------------------------------------------------------------------------


def _lock(text: str) -> Iterator[Told]:
    """``[[package]]`` tables with ``name`` and ``version``: poetry.lock, uv.lock, pdm.lock."""
    told: dict[str, str] = {}
    inside, at, line = False, 0, 1
    for found in _LOCK_LINE.finditer(text):
        line += text.count("\n", at, found.start())
        at = found.start()
        if not found["key"]:
            inside, told = found["start"] is not None, {}
        elif inside:
            told[found["key"]] = found["value"]
            if len(told) == 2:
                yield Demand(told["name"], f"=={told['version']}", line, locked=True)
                inside = False
    if not text.strip():
        return
    if "package" not in text:
        yield Odd("no lock file: it has no packages", None)


def _pipfile_lock(text: str) -> Iterator[Told]:
    data, lines = json.loads(text), _lines(text)
    for group in ("default", "develop"):
        for name, value in _table(data, group).items():
            version = value.get("version") if isinstance(value, Mapping) else None
            if isinstance(version, str):
                yield Demand(name, version, lines.get(name), locked=True)


# -- the rest ----------------------------------------------------------------------------------------------------------


def _environment(text: str) -> Iterator[Told]:
    """Conda's block list under ``dependencies:``, with pip's own under ``pip:``, read by lines."""
    inside = pip = False
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(r"[\w-]+\s*:", line):
            inside, pip = line.startswith("dependencies"), False
        entry = re.match(r"\s*-\s+(?P<quote>[\"']?)(?P<text>[^\"']+)(?P=quote)", line)
        if not inside or not entry:
            continue
        wanted = re.sub(r"\s#.*", "", entry["text"]).strip()
        if wanted == "pip:":
            pip = True
        elif pip:
            yield from (told._replace(line=number) for told in _requirements(wanted))
        else:
            found = _CONDA.match(wanted)
            if found:
                yield _demand(f"{found['name']} {_conda(found['rest'] or '')}", number)


def _conda(rest: str) -> str:
    """`=1.2` is fuzzy, `=1.2=build` and `==1.2` are exact."""
    if rest.startswith("=") and not rest.startswith("=="):
        version, build, _ = rest[1:].partition("=")
        return f"=={version}" if build or version.endswith("*") else f"=={version}.*"
    return rest.partition("|")[0]


def _setup_cfg(text: str) -> Iterator[Told]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    lines = _lines(text)
    yield from _all(parser.get("options", "install_requires", fallback=""), lines)
    if parser.has_section("options.extras_require"):
        yield from _all(dict(parser.items("options.extras_require")), lines)


def _setup_py(text: str) -> Iterator[Told]:
    """The literal lists given to ``setup()``, directly or by a name."""
    reason = guard.refuse(text)
    if reason is not None:
        yield Odd(f"not given to the parser: {reason}", None)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
    lines = _lines(text)
    names = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and "setup" in (getattr(node.func, "id", ""), getattr(node.func, "attr", "")):
            for keyword in node.keywords:
                if keyword.arg in ("install_requires", "extras_require"):
                    yield from _all(_literal(keyword.value, names), lines)


def _literal(value: ast.expr, names: Mapping[str, ast.expr]) -> Any:
    value = names.get(value.id, value) if isinstance(value, ast.Name) else value
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError):
        return None  # computed: not to be known without running it


_READERS: Mapping[str, Callable[[str], Iterable[Told]]] = {
    "Pipfile": _pipfile,
    "Pipfile.lock": _pipfile_lock,
    "environment.yaml": _environment,
    "environment.yml": _environment,
    "pdm.lock": _lock,
    "poetry.lock": _lock,
    "pyproject.toml": _pyproject,
    "setup.cfg": _setup_cfg,
    "setup.py": _setup_py,
    "uv.lock": _lock,
}
