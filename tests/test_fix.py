"""Fixes: what they change, that they change nothing else, and that a second time changes nothing at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from installed import call, put
from making import OPAQUE, make_site

from factorlint import checking, fix, run
from factorlint.config import Settings
from factorlint.fix import fixed
from factorlint.model import Fix, Span

STOP = Fix("stop", "stop_after_attempt(3)", "tenacity")
LIMIT = Fix("max_iter", "20")

FIXABLE = ("FL0204", "FL0703", "FL0803", "FL0901", "FL0902", "FL0903", "FL0904", "FL1002", "FL9001", "FL9002")
BEFORE = {
    "a.py": """import traceback

import backoff
import tenacity
from tenacity import wait_fixed
from crewai import Agent
from openai import OpenAI

client = OpenAI()


def save(path: str, text: str) -> str:
    return text


@tenacity.retry
def one(q):
    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": q}])


@tenacity.retry(wait=wait_fixed(1))
def two(q):
    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": q}])


@backoff.on_exception(
    backoff.expo,
    Exception,  # anything
)
def three(q):
    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": q}])


agent = Agent(
    role="x", goal="y",
    backstory='z',
    tools=[save],
    max_iter=50,  # many
)
other = Agent(role="x", goal="y", backstory="z", tools=[save])  # factorlint: ignore[FL0201, FL0901] as it is
# factorlint: ignore[FL0301] gone
x = 1  # factorlint: ignore[FL0301] gone  # noqa: E501


def four(messages, log):
    try:
        return client.chat.completions.create(model="m", messages=messages, temperature=0.7)
    except Exception:
        log.error("no")  # told


def five(messages):
    try:
        return client.chat.completions.create(model="m", messages=messages)
    except Exception:
        return None


def six(messages):
    for _ in range(3):
        try:
            messages.append(client.chat.completions.create(model="m", messages=messages))
        except Exception as error:
            messages.append({"role": "user", "content": traceback.format_exc()})
""",
    "p.py": '''#!/usr/bin/env python
"""Prompts inside functions."""

from openai import OpenAI

client = OpenAI()
ASK_PROMPT = 1


# What is said of it.
@staticmethod
def ask(q):
    return client.chat.completions.create(
        model="m",
        messages=[
            {"role": "system", "content": """One.
            Two.
              Three.
            Four."""},
            {"role": "user", "content": f"Five {q}\\nsix\\nseven\\neight"},
        ],
    )


class Bot:
    def ask(self, q):
        first = [{"role": "user", "content": "a\\nb\\nc\\nd"}, {"role": "system", "content": (
            "e\\n"
            "f\\n"  # remark
            'g\\nh'
        )}]
        return client.chat.completions.create(model="m", messages=first)
''',
    "t.py": """from agents import Agent, function_tool
from langchain.agents import AgentExecutor


@function_tool
def delete_file(path: str) -> str:
    import os

    try:
        os.remove(path)
    except OSError as problem:
        pass
    return "ok"


agent = Agent(name="x", instructions="y", tools=[delete_file])


def run(a, t):
    e = AgentExecutor(agent=a, tools=t, handle_parsing_errors = True)
    return e.invoke({"input": "x"})  # factorlint: ignore we know
""",
    "like.py": """from agents import Agent, function_tool
from my_agents import Executor, Worker, retry


@retry
def one(q, temperature=0.9, max_iter=500):
    try:
        return Worker(temperature=0.9, max_iter=500, max_turns=500, tools=[one]).stream({"messages": [q]})
    except ValueError:
        pass


@function_tool
def temperature(city: str) -> str:
    return f"warm in {city}"


agent = Agent(name="x", instructions="y", tools=[temperature])
executor = Executor(agent=agent, handle_parsing_errors=True, temperature=0.9)
""",
    "g.py": """from langgraph.prebuilt import create_react_agent


def delete_file(path: str) -> str:
    import os

    os.remove(path)
    return "ok"


agent = create_react_agent("openai:m", tools=[delete_file])


def ask(q):
    return agent.invoke({"messages": [q]})
""",
}
CONSTANTS = (
    (
        """# What is said of it.
""",
        '''ASK_SYSTEM_PROMPT = """One.
            Two.
              Three.
            Four."""


ASK_PROMPT_2 = "Five {q}\\nsix\\nseven\\neight"


# What is said of it.
''',
    ),
    (
        '''"content": """One.
            Two.
              Three.
            Four."""}''',
        '"content": ASK_SYSTEM_PROMPT}',
    ),
    (
        '"content": f"Five {q}\\nsix\\nseven\\neight"',
        '"content": ASK_PROMPT_2.format(q=q)',
    ),
    (
        "class Bot:",
        """ASK_PROMPT_3 = "a\\nb\\nc\\nd"


ASK_SYSTEM_PROMPT_2 = (
    "e\\n"
    "f\\n"  # remark
    'g\\nh'
)


class Bot:""",
    ),
    ('"content": "a\\nb\\nc\\nd"}', '"content": ASK_PROMPT_3}'),
    (
        """"content": (
            "e\\n"
            "f\\n"  # remark
            'g\\nh'
        )}""",
        '"content": ASK_SYSTEM_PROMPT_2}',
    ),
)
SAFE = (
    *CONSTANTS,
    (", FL0901] as", "] as"),
    ("# factorlint: ignore[FL0301] gone\nx = 1  # factorlint: ignore[FL0301] gone  # noqa", "x = 1  # noqa"),
)
UNSAFE = (
    ("@tenacity.retry\n", "@tenacity.retry(stop=tenacity.stop_after_attempt(3))\n"),
    ("wait_fixed(1))", "wait_fixed(1), stop=tenacity.stop_after_attempt(3))"),
    ("    Exception,  # anything\n", "    Exception,  # anything\n    max_tries=3,\n"),
    ("max_iter=50,  # many", "max_iter=20,  # many"),
    ('backstory="z", tools=[save])', 'backstory="z", tools=[save], max_iter=20)'),
    ('m", tools=[delete_file])', 'm", tools=[delete_file], interrupt_before=["tools"])'),
    ('agent.invoke({"messages": [q]})', 'agent.invoke({"messages": [q]}, config={"recursion_limit": 20})'),
    ('        log.error("no")  # told\n', '        log.error("no")  # told\n        raise\n'),
    ("        return None\n", "        raise\n"),
    ("traceback.format_exc()", "repr(error)"),
    ("@function_tool\ndef delete_file", "@function_tool(needs_approval=True)\ndef delete_file"),
    ('        pass\n    return "ok', '        return f"{type(problem).__name__}: {problem}"\n    return "ok'),
    ("handle_parsing_errors = True", "handle_parsing_errors = False"),
    ("ignore we know", "ignore[FL0801] we know"),
)


def changed(*edits: tuple[str, str]) -> dict[str, str]:
    after = dict(BEFORE)
    for old, new in edits:
        (name,) = (name for name, text in after.items() if old in text)
        after[name] = after[name].replace(old, new)
    return after


def read(folder: Path) -> dict[str, str]:
    return {name: (folder / name).read_text(encoding="utf-8") for name in BEFORE}


def test_safe_fixes_change_comments_only(tmp_path: Path) -> None:
    put(tmp_path, BEFORE)
    done = call(tmp_path, "audit", "--isolated", "--fix", "--exit-zero", "-o", "json")
    assert read(tmp_path) == changed(*SAFE)
    assert "factorlint: 7 findings fixed in 2 files\n" in done.err
    assert "more can be fixed with --unsafe-fixes" in done.err
    assert done.lines("FL9001") == []


def test_what_was_saved_meanwhile_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the fixes are made, the lines of one file move; before they are written, another is saved."""
    text = "import crewai\nx = 1  # factorlint: ignore[FL0801] gone\n"
    put(tmp_path, {"moved.py": text, "saved.py": text, "app.py": text})
    found = fix.wanted(run.audit(tmp_path, (), Settings(jobs=1, no_cache=True)).sites, False)
    put(tmp_path, {"moved.py": "import os\n\n" + text})
    changes = list(fix.fixes(tmp_path, found))
    assert [one.path for one in changes] == ["app.py", "saved.py"]
    put(tmp_path, {"saved.py": text + "y = 2\n"})
    checking._make(tmp_path, changes, None)
    assert (tmp_path / "saved.py").read_text() == text + "y = 2\n"
    assert (tmp_path / "app.py").read_text() == "import crewai\nx = 1\n"


def test_all_fixes_and_the_second_time_nothing(tmp_path: Path) -> None:
    put(tmp_path, BEFORE)
    words = ("audit", "--isolated", "--unsafe-fixes", "-o", "json")
    shown = call(tmp_path, *words, "--diff")
    assert (shown.code, read(tmp_path)) == (1, BEFORE)
    assert '+    return agent.invoke({"messages": [q]}, config={"recursion_limit": 20})\n' in shown.out
    done = call(tmp_path, *words, "--fix")
    assert read(tmp_path) == changed(*SAFE, *UNSAFE)
    assert [one["code"] for one in done.report["sites"] if one["fixable"] and one["status"] == "new"] == []
    assert not {one["code"] for one in done.report["sites"]} & set(FIXABLE)
    again = call(tmp_path, *words, "--diff")
    assert (again.code, again.out, again.err) == (0, "", "")


def test_a_configuration_can_order_no_fix(tmp_path: Path) -> None:
    put(tmp_path, {"factorlint.toml": "fix = true\n"})
    assert call(tmp_path, "check").code == 2


def one(text: str, fix: Fix, span: Span) -> str:
    return fixed(text, [make_site(OPAQUE, span=span, fix=fix)])[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f()\n", "f(max_iter=20)\n"),
        ("f(a)\n", "f(a, max_iter=20)\n"),
        ("f(a,)\n", "f(a, max_iter=20,)\n"),
        ("f(\n  a\n)\n", "f(\n  a,\n  max_iter=20,\n)\n"),
        ("f(\n\ta,\n\n)\n", "f(\n\ta,\n\tmax_iter=20,\n\n)\n"),
        ("f(a, max_iter = 50)\n", "f(a, max_iter = 20)\n"),
        ("f(x(1), y=(2, 3))\n", "f(x(1), y=(2, 3), max_iter=20)\n"),
        ("\ufefff()\n", "\ufefff(max_iter=20)\n"),
    ],
)
def test_arguments_are_added_and_set(before: str, after: str) -> None:
    lines = before.removeprefix("\ufeff").rstrip("\n").split("\n")
    assert one(before, LIMIT, Span(1, 1, len(lines), len(lines[-1]) + 1)) == after


@pytest.mark.parametrize(
    ("head", "after"),
    [
        ("import tenacity as t\n", "import tenacity as t\n@r(stop=t.stop_after_attempt(3))\n"),
        (
            "from tenacity import retry\n",
            "from tenacity import retry, stop_after_attempt\n@r(stop=stop_after_attempt(3))\n",
        ),
        (
            "from tenacity import stop_after_attempt\n",
            "from tenacity import stop_after_attempt\n@r(stop=stop_after_attempt(3))\n",
        ),
        (
            "from a import r\n",
            "from a import r\nfrom tenacity import stop_after_attempt\n@r(stop=stop_after_attempt(3))\n",
        ),
    ],
)
def test_the_import_that_a_fix_needs_comes_with_it(head: str, after: str) -> None:
    text = f"{head}@r\ndef f(): ...\n"
    assert one(text, STOP, Span(2, 1, 2, 3)) == f"{after}def f(): ...\n"


def test_what_is_not_there_any_more_is_left_alone() -> None:
    for text in ("x = 1\n", "f(\n", ""):
        assert one(text, LIMIT, Span(1, 1, 1, 4)) == text


def test_ends_of_lines_stay(tmp_path: Path) -> None:
    text = "x = 1  # factorlint: ignore[FL0801] gone\r\ny = 2\r\n"
    (tmp_path / "a.py").write_bytes(text.encode())
    (tmp_path / "b.py").write_bytes(text.replace("\r\ny", "\ny").encode())
    assert call(tmp_path, "check", "--isolated", "--fix", "-o", "json").lines("FL9001") == [1]
    assert (tmp_path / "a.py").read_bytes() == b"x = 1\r\ny = 2\r\n"


def test_the_list_of_rules_says_what_can_be_fixed(tmp_path: Path) -> None:
    rows = [line.split() for line in call(tmp_path, "rules").out.splitlines()]
    assert {row[0]: row[-1] for row in rows if row[-1] in ("safe", "unsafe")} == {
        code: "safe" if code in ("FL0204", "FL9001") else "unsafe" for code in FIXABLE
    }
