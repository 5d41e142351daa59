"""`factorlint new-rule`: a rule that works, its fixture, and the package around them, for an author to change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from factorlint.factors import FACTORS
from factorlint.keys import ConfigError

_CODE = re.compile(r"FL(?P<factor>\d\d)\d\d")
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")

_RULE = '''"""{title}: one check of factor {factor}, {chapter}."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.model import Check, Owner, Severity
from factorlint.rule import Here, Mark, Rule

CHECK = Check(
    "{code}",
    "{name}",
    Owner.NOBODY,
    Severity.WARNING,
    "{{symbol}} blocks the whole process",
    "Say what to do instead.",
)


class {kind}(Rule):
    """What this rule is about, in one line.

    What it looks at
    ----------------
    Calls of `time.sleep` in agent code. Change this, and the rest.

    Why it matters
    --------------
    Say why a reader should care.

    What breaks at 80 %
    -------------------
    Say what goes wrong when the demo becomes a product.

    Framework-owned (code)
    ----------------------
        time.sleep(1)

    Owned (code)
    ------------
        await asyncio.sleep(1)

    What it cannot see
    ------------------
    Say where it is blind.
    """

    factor = {factor}
    name = "{name}"
    checks = (CHECK,)

    def visit_Call(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        for callee in here.callees(node):
            if callee.path == "time.sleep":
                yield here.mark(CHECK, node, callee)
'''

_FIXTURE = """import asyncio
import time as clock

from agents import Runner


async def ask(agent, question):
    clock.sleep(1)  # expect: {code}
    await asyncio.sleep(1)  # ok: {code}
    return await Runner.run(agent, question)


class Bed:
    def sleep(self, hours):
        return hours


def rest(time: Bed):
    return time.sleep(8)  # ok: {code}
"""

_PACKAGE = """[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "factorlint-{name}"
version = "0.1.0"
dependencies = ["factorlint"]

[project.entry-points."factorlint.rules"]
{name} = "{module}"

[tool.setuptools]
py-modules = ["{module}"]
"""


def files(code: str, name: str) -> Mapping[str, str]:
    """The files (path → text) of a rule with one check. Raises ConfigError for a CODE or NAME that cannot be one."""
    found = _CODE.fullmatch(code)
    factor = next((one for one in FACTORS if found and one.number == int(found["factor"])), None)
    if factor is None:
        raise ConfigError(f"a code is FL, a factor from 01 to 13 and a check, such as FL0850, not {code!r}")
    if not _NAME.fullmatch(name):
        raise ConfigError(f"a name is words joined by hyphens, such as sleeping-tool, not {name!r}")
    words = name.split("-")
    told = {
        "code": code,
        "name": name,
        "module": "_".join(words),
        "kind": "".join(word.capitalize() for word in words),
        "title": " ".join(words).capitalize(),
        "factor": factor.number,
        "chapter": factor.title.lower(),
    }
    return {
        f"{told['module']}.py": _RULE.format(**told),
        f"fixtures/{told['module']}/example.py": _FIXTURE.format(**told),
        "pyproject.toml": _PACKAGE.format(**told),
    }


def write(folder: Path, code: str, name: str) -> list[str]:
    """Write the files under FOLDER and return their names. Nothing is overwritten: a package that is there stays, and
    for anything else that is there ConfigError is raised before a byte is written."""
    wanted = dict(files(code, name))
    if (folder / "pyproject.toml").exists():
        del wanted["pyproject.toml"]
    there = [path for path in wanted if (folder / path).exists()]
    if there:
        raise ConfigError(f"{folder / there[0]} exists")
    for path, text in wanted.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="\n")
    return list(wanted)
