"""Laws that hold for any code: what may not change a report, and what a score, a comment, a baseline and a fix are."""

from __future__ import annotations

import ast
import os
import random
import subprocess
import sys
import tempfile
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from programs import APPS, composed, generated, programs

from factorlint import baseline, cache, fix, run
from factorlint.adopt import Examined
from factorlint.config import Persona, Settings
from factorlint.model import Finding, Report, Status
from factorlint.report import Look, render

few = settings(
    max_examples=int(os.environ.get("LAW_EXAMPLES", "10")),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
AUDITOR = Settings(jobs=1, persona=Persona.AUDITOR, include_tests=True)


@contextmanager
def tree(files: Mapping[str, str]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "tree")
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        yield root


def examined(files: Mapping[str, str], told: Settings = AUDITOR) -> Examined:
    with tree(files) as root:
        return run.examine(root, (), told)


def report(files: Mapping[str, str], told: Settings = AUDITOR) -> Report:
    return examined(files, told).report


def texts(app: Path) -> dict[str, str]:
    """The files of an app."""
    return {
        path.relative_to(app).as_posix(): path.read_text(encoding="utf-8")
        for path in app.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


Kept = Counter[tuple[str, str, str]]


def kept(told: Report, path: str = "app.py") -> Kept:
    """What was found in PATH, but for where and in which words: check, owner, and enclosing definition."""
    rows = [one.site for one in told.sites if one.site.path == path]
    return Counter((one.check.id, one.owner.value, one.scope) for one in rows)


def open_ones(told: Report) -> list[Finding]:
    return [one for one in told.sites if one.site.check.code and one.status is Status.NEW]


# -- what changes nothing ----------------------------------------------------------------------------------------------


@few
@given(st.sampled_from(APPS), st.integers(1, 4), st.randoms(use_true_random=False))
def test_jobs_order_and_folder_change_no_byte(app: Path, jobs: int, dice: random.Random) -> None:
    held = texts(app)
    names = sorted(held)
    here = Path.cwd()
    said = set()
    for order, count, elsewhere in ((names, 1, False), (dice.sample(names, len(names)), jobs, True)):
        with tree({name: held[name] for name in order}) as root:
            try:
                os.chdir(root.parent if elsewhere else here)
                told = run.audit(Path(root.name) if elsewhere else root, (), Settings(jobs=count))
            finally:
                os.chdir(here)
        said.add("".join(render(form, told, Look()) for form in ("json", "text", "sarif", "html")))
    assert len(said) == 1


def _other_version(root: Path, told: Settings, dice: random.Random) -> None:
    """Another version of the program, which means something else by all that it keeps, has been here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "_edition", lambda: f"another{dice.randrange(3)}")
        run.audit(root, (), told)


def _changed_and_back(root: Path, told: Settings, dice: random.Random) -> None:
    path = dice.choice(sorted(root.rglob("*.py")))
    raw = path.read_bytes()
    path.write_bytes(dice.choice((b"", b"def f(:", raw[: len(raw) // 2], raw.replace(b"crew", b"band"))))
    _rest()
    run.audit(root, (), told)
    path.write_bytes(raw)


def _touched(root: Path, told: Settings, dice: random.Random) -> None:
    os.utime(dice.choice(sorted(root.rglob("*.py"))))


def _gone_and_back(root: Path, told: Settings, dice: random.Random) -> None:
    path = dice.choice(sorted(root.rglob("*.py")))
    path.rename(root.parent / "aside")
    run.audit(root, (), told)
    (root.parent / "aside").rename(path)


def _damaged(root: Path, told: Settings, dice: random.Random) -> None:
    """Some bytes of what is kept are others."""
    for path in _databases(told):
        raw = bytearray(path.read_bytes())
        for _ in range(dice.choice((1, 10, 300))):
            raw[dice.randrange(len(raw))] = dice.randrange(256)
        path.write_bytes(raw)


def _cut(root: Path, told: Settings, dice: random.Random) -> None:
    for path in _databases(told):
        os.truncate(path, dice.randrange(path.stat().st_size))


def _lost(root: Path, told: Settings, dice: random.Random) -> None:
    for path in _databases(told):
        path.unlink()


def _nothing(root: Path, told: Settings, dice: random.Random) -> None:
    """A warm run."""


def _databases(told: Settings) -> list[Path]:
    assert told.cache_dir
    return [path for path in sorted(told.cache_dir.glob("*.sqlite")) if path.stat().st_size]


def _rest() -> None:
    """Until a file that was just written counts as one that is not being written to."""
    time.sleep(2 * cache._FRESH / 1e9)


Happening = Callable[[Path, Settings, random.Random], None]
HAPPENINGS: tuple[Happening, ...] = (
    *(_nothing, _other_version, _changed_and_back, _touched, _gone_and_back, _damaged, _cut, _lost),
)
stories = st.lists(st.sampled_from(HAPPENINGS), min_size=2, max_size=6)


@few
@given(st.sampled_from(APPS), stories, st.randoms(use_true_random=False))
def test_no_state_of_the_cache_changes_a_byte(app: Path, happenings: list[Happening], dice: random.Random) -> None:
    with tree(texts(app)) as root:
        alone = render("json", run.audit(root, (), Settings(jobs=1, no_cache=True)), Look())
        told = Settings(jobs=1, cache_dir=root.parent / "kept")
        _rest()
        assert render("json", run.audit(root, (), told), Look()) == alone, "cold"
        for happening in happenings:
            happening(root, told, dice)
            _rest()
            assert render("json", run.audit(root, (), told), Look()) == alone, happening.__name__


@few
@given(programs, generated)
def test_an_unrelated_file_changes_no_finding_elsewhere(text: str, other: str) -> None:
    alone = report({"app.py": text})
    beside = report({"app.py": text, "apart/unrelated_to_it.py": other})
    assert kept(beside) == kept(alone)


@few
@given(programs, st.sampled_from(["--line-length=60", "--line-length=200"]))
def test_a_formatter_changes_no_finding(text: str, width: str) -> None:
    words = [sys.executable, "-m", "ruff", "format", "--isolated", "--quiet", width, "-"]
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False, timeout=60)
    assume(done.returncode == 0)
    assert kept(report({"app.py": done.stdout})) == kept(report({"app.py": text}))


class _Renamed(ast.NodeTransformer):
    """One function's local variables under other names."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node


def renamed(text: str) -> str:
    """TEXT with the local variables of every innermost function renamed."""
    module = ast.parse(text)
    functions = [one for one in ast.walk(module) if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))]
    for function in functions:
        inner = [one for part in function.body for one in ast.walk(part)]
        if any(isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)) for one in inner):
            continue
        outer = {name for one in inner if isinstance(one, (ast.Global, ast.Nonlocal)) for name in one.names}
        stored = {one.id for one in inner if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
        every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        given_ = {one.arg for one in (*every, function.args.vararg, function.args.kwarg) if one}
        names = {name: f"{name}_{at}" for at, name in enumerate(sorted(stored - outer - given_))}
        for part in function.body:
            _Renamed(names).visit(part)
    return ast.unparse(module)


@few
@given(programs)
def test_the_name_of_a_local_variable_changes_no_finding(text: str) -> None:
    plain = ast.unparse(ast.parse(text))
    assert kept(report({"app.py": renamed(text)})) == kept(report({"app.py": plain}))


def wrapped(text: str, head: str) -> str:
    """The module TEXT in a block that begins with HEAD, but for what must stand first."""
    module = ast.parse(text)
    first = [one for one in module.body if isinstance(one, ast.ImportFrom) and one.module == "__future__"]
    first += module.body[:1] if ast.get_docstring(module) is not None else []
    rest = [one for one in module.body if one not in first]
    return "\n".join(
        (
            *(ast.unparse(one) for one in module.body if one in first),
            head,
            *(textwrap.indent(ast.unparse(_flat(one)), "    ") for one in rest),
            "    pass\n",
        )
    )


def _flat(node: ast.stmt) -> ast.stmt:
    """NODE without docstrings, whose lines would be indented as well."""
    for one in ast.walk(node):
        body = getattr(one, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            if isinstance(body[0].value, ast.Constant) and isinstance(body[0].value.value, str):
                body[0].value.value = "words"
    return node


@few
@given(programs)
def test_if_true_changes_no_finding(text: str) -> None:
    plain = ast.unparse(ast.parse(text))
    assert kept(report({"app.py": wrapped(text, "if True:")})) == kept(report({"app.py": plain}))


@few
@given(programs)
def test_a_function_around_it_keeps_the_findings(text: str) -> None:
    plain = kept(report({"app.py": ast.unparse(ast.parse(text))}))
    inside = kept(report({"app.py": wrapped(_nonlocal(text), "def around():")}))
    assert _found(inside, text) == _found(plain, text)


def _nonlocal(text: str) -> str:
    """TEXT with every ``global`` of a name that the module itself binds as what it is inside a function."""
    module = ast.parse(text)
    bound = _bound(module.body)
    for node in ast.walk(module):
        for body in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
            if isinstance(body, list):
                body[:] = [new for one in body for new in _outer(one, bound)]
    return ast.unparse(ast.fix_missing_locations(module))


def _outer(node: ast.stmt, bound: set[str]) -> list[ast.stmt]:
    if not isinstance(node, ast.Global):
        return [node]
    inner = [name for name in node.names if name in bound]
    others = [name for name in node.names if name not in bound]
    return [*([ast.Nonlocal(inner)] if inner else []), *([ast.Global(others)] if others else [])]


def _bound(body: list[ast.stmt]) -> set[str]:
    """The names that BODY binds by assignments outside functions and classes."""
    todo: list[ast.AST] = list(body)
    found: set[str] = set()
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        todo.extend(ast.iter_child_nodes(node))
    return found


# Whether code stands in a script's own body is the question of F11; a named text of a module is a prompt, one inside a
# function is a line of it; and the function around all of it also does all of it: it goes on, fetches, has a context.
_ELSEWHERE = ("FL11", "callable-agent", "owned-prompt", "owned-context", "resume-api", "prefetched-context")


def _found(rows: Kept, text: str) -> Counter[tuple[str, str]]:
    """Findings and evidence without the name of the definition, which is another inside a function."""
    left = (*_ELSEWHERE, "FL12") if "global " in text else _ELSEWHERE  # what a module holds outlives a call
    told: Counter[tuple[str, str]] = Counter()
    for (check, owner, _), count in rows.items():
        if not check.startswith(left):
            told[check, owner] += count
    return told


# -- the score ---------------------------------------------------------------------------------------------------------

BROKEN = st.sampled_from(["def f(:\n", "x = (\n", "x = \0\n", "print 'x'\n", "x = " + "[" * 300 + "]" * 300])


@few
@given(st.lists(programs, min_size=1, max_size=3), BROKEN)
def test_the_score_lies_in_its_bounds_and_an_unreadable_file_does_not_raise_it(texts: list[str], broken: str) -> None:
    files = {f"m{at}.py": text for at, text in enumerate(texts)}
    whole = report(files).summary.score
    more = report(files | {"broken.py": f"import crewai\n{broken}"}).summary.score
    assert more == whole
    assert whole is None or 0 <= whole <= 100


@few
@given(st.lists(st.integers(0, 9), min_size=1, max_size=6))
def test_the_score_lies_in_its_bounds_for_every_factor(numbers: list[int]) -> None:
    told = report({"app.py": composed(numbers)})
    assert all(one.score is None or 0 <= one.score <= 100 for one in told.verdicts)


# -- what sets aside ---------------------------------------------------------------------------------------------------


def remarked(text: str, found: list[Finding]) -> str:
    """TEXT with a comment at the line of each finding."""
    lines = text.split("\n")
    for line in sorted({one.site.span.line for one in found}):
        codes = sorted({one.site.check.code or "" for one in found if one.site.span.line == line})
        lines[line - 1] += f"  # factorlint: ignore[{', '.join(codes)}] known"
    return "\n".join(lines)


@few
@given(generated)
def test_what_a_comment_sets_aside_it_is_used_for(text: str) -> None:
    found = open_ones(report({"app.py": text}))
    assume(found)
    told = report({"app.py": remarked(text, found)})
    assert [one.site.check.code for one in open_ones(told)] == []
    assert sum(one.status is Status.SUPPRESSED for one in told.sites) == len(found)


@few
@given(generated)
def test_where_nothing_is_found_the_same_comment_is_unused(text: str) -> None:
    found = open_ones(report({"app.py": text}))
    assume(found)
    tame = remarked(text, found).replace("crewai", "crow").replace("openai", "open_").replace("langchain", "long")
    told = report({"app.py": tame.replace("tenacity", "tenor")})
    assume(not told.problems)
    assert {one.site.check.code for one in open_ones(told)} <= {"FL9001"}
    assert {one.site.span.line for one in open_ones(told)} == {one.site.span.line for one in found}


@few
@given(st.lists(programs, min_size=1, max_size=2), generated)
def test_a_baseline_silences_exactly_its_run(texts: list[str], other: str) -> None:
    files = {f"m{at}.py": text for at, text in enumerate(texts)}
    with tree(files) as root:
        first = run.examine(root, (), AUDITOR).report
        baseline.create(root / "known.json", baseline.entries(first.sites))
        told = Settings(jobs=1, persona=Persona.AUDITOR, include_tests=True, baseline=root / "known.json")
        again = run.audit(root, (), told)
        assert (open_ones(again), again.stale) == ([], 0)
        (root / "more.py").write_text(other, encoding="utf-8")
        more = run.audit(root, (), told)
        new = open_ones(run.examine(root, (), AUDITOR).report)
        assert sorted(one.fingerprint for one in open_ones(more)) == sorted(
            one.fingerprint for one in new if one.site.path == "more.py"
        )


# -- fixes -------------------------------------------------------------------------------------------------------------


@few
@given(programs, st.booleans())
def test_fixing_ends_and_what_comes_of_it_parses(text: str, unsafe: bool) -> None:
    with tree({"app.py": text}) as root:
        first = run.examine(root, (), AUDITOR).report
        for change in fix.fixes(root, fix.wanted(first.sites, unsafe)):
            ast.parse(change.after)
            (root / change.path).write_text(change.after, encoding="utf-8")
        again = run.examine(root, (), AUDITOR).report
        assert not again.problems
        assert [one.path for one in fix.fixes(root, fix.wanted(again.sites, unsafe))] == []
