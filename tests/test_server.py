"""The editor server, spoken to as editors do: the installed command, a real client, real messages."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from installed import PROGRAM, call, put

pytest.importorskip("pygls", reason="the extra is not installed")

from lsprotocol import types
from pygls.lsp.client import LanguageClient

RUN = "from crewai import Crew\n\nCrew().kickoff()\n"
RETRY = """from openai import OpenAI
from tenacity import retry

client = OpenAI()


@retry
def ask(messages):
    return "\U0001f600", client.chat.completions.create(model="m", messages=messages, temperature=0.7)
"""
PATIENCE = 60  # seconds: more is a hang


class Editor(LanguageClient):
    """An editor: opens, types, asks, and keeps what it is told of each document."""

    def __init__(self, root: Path) -> None:
        super().__init__("test-editor", "1")
        self.root = root
        self.told: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()
        self.version = 0

        @self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            self.told.put_nowait(params)

    def uri(self, name: str) -> str:
        return (self.root / name).as_uri()

    async def start(self) -> types.InitializeResult:
        await self.start_io(PROGRAM, "server")
        asked = types.InitializeParams(types.ClientCapabilities(), root_uri=self.root.as_uri())
        answer = await self.initialize_async(asked)
        self.initialized(types.InitializedParams())
        return answer

    def open(self, name: str, text: str) -> None:
        item = types.TextDocumentItem(self.uri(name), "python", self.version, text)
        self.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def type(self, name: str, text: str) -> None:
        self.version += 1
        what = types.VersionedTextDocumentIdentifier(self.version, self.uri(name))
        change = types.TextDocumentContentChangeWholeDocument(text)
        self.text_document_did_change(types.DidChangeTextDocumentParams(what, [change]))

    async def hear(self, name: str) -> list[types.Diagnostic]:
        """The next diagnostics of a document."""
        while True:
            params = await asyncio.wait_for(self.told.get(), PATIENCE)
            if params.uri == self.uri(name):
                return list(params.diagnostics)

    async def hover(self, name: str, line: int, column: int) -> str:
        what = types.TextDocumentIdentifier(self.uri(name))
        answer = await self.text_document_hover_async(types.HoverParams(what, types.Position(line, column)))
        return answer.contents.value if answer else ""  # type: ignore[union-attr]

    async def actions(self, name: str, line: int, *only: str) -> dict[str, types.CodeAction]:
        where = types.Range(types.Position(line, 0), types.Position(line, 200))
        context = types.CodeActionContext([], only=list(only) or None)
        asked = types.CodeActionParams(types.TextDocumentIdentifier(self.uri(name)), where, context)
        answer: Any = await self.text_document_code_action_async(asked)
        return {one.title: one for one in answer or ()}


def applied(text: str, action: types.CodeAction) -> str:
    """TEXT after ACTION, as an editor carries it out; the edits here begin and end with lines."""
    assert action.edit is not None
    assert action.edit.changes is not None
    ((_, edits),) = action.edit.changes.items()
    rows = text.splitlines(keepends=True)
    for edit in edits:
        rows[edit.range.start.line : edit.range.end.line] = [edit.new_text]
    return "".join(rows)


def edit(root: Path, story: Callable[[Editor], Awaitable[None]]) -> None:
    async def run() -> None:
        editor = Editor(root)
        try:
            await asyncio.wait_for(editor.start(), PATIENCE)
            await asyncio.wait_for(story(editor), 3 * PATIENCE)
            await asyncio.wait_for(editor.shutdown_async(None), PATIENCE)
            editor.exit(None)
        finally:
            await editor.stop()

    asyncio.run(run())


def codes(found: list[types.Diagnostic]) -> list[str]:
    return sorted(str(one.code) for one in found)


def test_diagnostics_follow_what_is_typed_and_not_what_is_saved(tmp_path: Path) -> None:
    put(tmp_path, {"pyproject.toml": "", "a.py": "x = 1\n", "team.py": "crew = None\n"})

    async def story(editor: Editor) -> None:
        editor.open("a.py", RUN)
        found = await editor.hear("a.py")
        assert codes(found) == ["FL0801", "FL0802"]
        (run,) = (one for one in found if one.code == "FL0801")
        assert (run.range.start, run.range.end) == (types.Position(2, 0), types.Position(2, 16))
        assert (run.severity, run.source) == (types.DiagnosticSeverity.Error, "factorlint")
        assert run.code_description is not None
        assert run.code_description.href.endswith("factor-08-own-your-control-flow.md")
        editor.type("a.py", "from team import crew\n\ncrew.kickoff()\n")
        assert await editor.hear("a.py") == []
        editor.open("team.py", "from crewai import Crew\n\ncrew = Crew()\n")
        assert codes(await editor.hear("a.py")) == ["FL0801"], "another file, unsaved too"
        editor.type("a.py", RUN + "def (\n")
        assert codes(await editor.hear("a.py")) == ["parse-error"]
        what = types.TextDocumentIdentifier(editor.uri("a.py"))
        editor.text_document_did_close(types.DidCloseTextDocumentParams(what))
        assert await editor.hear("a.py") == []

    edit(tmp_path, story)
    assert (tmp_path / "a.py").read_text(encoding="utf-8") == "x = 1\n"


def test_hovering_explains(tmp_path: Path) -> None:
    put(tmp_path, {"pyproject.toml": ""})

    async def story(editor: Editor) -> None:
        editor.open("a.py", RUN)
        await editor.hear("a.py")
        said = await editor.hover("a.py", 2, 9)
        assert said.startswith("**FL0801** crewai.Crew.kickoff runs the loop")
        assert "## Why it matters" in said
        assert await editor.hover("a.py", 0, 2) == ""

    edit(tmp_path, story)


def test_code_actions_fix_and_set_aside(tmp_path: Path) -> None:
    put(tmp_path, {"pyproject.toml": ""})

    async def story(editor: Editor) -> None:
        text = RETRY + "x = 1  # factorlint: ignore[FL0801] gone\n"
        editor.open("a.py", text)
        assert codes(await editor.hear("a.py")) == ["FL0901", "FL9001"]
        found = await editor.actions("a.py", 6)
        fix = found["FL0901: set stop=stop_after_attempt(3) (changes what the program does)"]
        assert (fix.kind, fix.is_preferred) == (types.CodeActionKind.QuickFix, None)
        mended = applied(text, fix)
        assert mended == text.replace("import retry\n", "import retry, stop_after_attempt\n").replace(
            "@retry\n", "@retry(stop=stop_after_attempt(3))\n"
        )
        aside = applied(text, found["FL0901: set it aside with a comment"])
        assert "@retry  # factorlint: ignore[FL0901]\n" in aside
        everything = await editor.actions("a.py", 0, "source.fixAll")
        assert list(everything) == ["Fix all that is safe to fix (factorlint)"]
        assert applied(text, everything[next(iter(everything))]) == RETRY + "x = 1\n"
        editor.type("a.py", applied(mended, everything[next(iter(everything))]))
        assert await editor.hear("a.py") == []
        assert await editor.actions("a.py", 6) == {}

    edit(tmp_path, story)


def test_columns_are_counted_as_the_editor_does(tmp_path: Path) -> None:
    put(tmp_path, {"pyproject.toml": ""})

    async def story(editor: Editor) -> None:
        editor.open("a.py", 'from crewai import Crew\n\n"\U0001f600", Crew().kickoff()\n')
        (run,) = (one for one in await editor.hear("a.py") if one.code == "FL0801")
        assert (run.range.start.character, run.range.end.character) == (6, 22)

    edit(tmp_path, story)


def test_settings_count_and_a_wrong_one_is_told(tmp_path: Path) -> None:
    put(tmp_path, {"factorlint.toml": 'ignore = ["FL0802"]\n'})

    async def story(editor: Editor) -> None:
        said: asyncio.Queue[str] = asyncio.Queue()

        @editor.feature(types.WINDOW_SHOW_MESSAGE)
        def shown(params: types.ShowMessageParams) -> None:
            said.put_nowait(params.message)

        editor.open("a.py", RUN)
        assert codes(await editor.hear("a.py")) == ["FL0801"]
        put(tmp_path, {"factorlint.toml": "nonsense = 1\n"})
        editor.type("a.py", RUN + "\n")
        assert "unknown key 'nonsense'" in await asyncio.wait_for(said.get(), PATIENCE)

    edit(tmp_path, story)


NO_FILES = (
    *("untitled:Untitled-1.py", "git:/a.py?ref", "http://example.org/a.py", "vscode-notebook-cell:/a.ipynb#1.py"),
    *("file:///a%00.py", "file:a.py", "a.py", "", "file:///dev/zero", "file://host/share/a.txt"),
)


def test_what_is_open_and_no_file_is_left_alone(tmp_path: Path) -> None:
    put(tmp_path, {"pyproject.toml": ""})

    async def story(editor: Editor) -> None:
        for uri in NO_FILES:
            item = types.TextDocumentItem(uri, "python", 1, RUN)
            editor.text_document_did_open(types.DidOpenTextDocumentParams(item))
        editor.open("a.py", RUN)
        assert codes(await editor.hear("a.py")) == ["FL0801", "FL0802"]
        assert editor.told.empty()

    edit(tmp_path, story)


ODD = {
    "half a character": (RUN + "x = '\ud800'\n", ["FL0801", "FL0802", "encoding"]),
    "nothing": ("", []),
    "no Python": (RUN + "\x00\x01<?php", ["encoding", "parse-error"]),
    "deep": (f"from crewai import Crew\nx = {'[' * 5_000}\n", ["not-analysed"]),
    "long": (RUN + f"x = '{'a' * 3_000_000}'\n", ["not-analysed"]),
    "too long": (RUN + "#" * 11_000_000, ["too-large"]),
}


def test_a_text_that_is_hostile_costs_only_itself(tmp_path: Path) -> None:
    put(tmp_path, {"pyproject.toml": ""})

    async def story(editor: Editor) -> None:
        editor.open("a.py", "x = 1\n")
        assert await editor.hear("a.py") == []
        for name, (text, expected) in ODD.items():
            editor.type("a.py", text)
            assert (name, codes(await editor.hear("a.py"))) == (name, expected)
        editor.type("a.py", RUN)
        assert codes(await editor.hear("a.py")) == ["FL0801", "FL0802"]

    edit(tmp_path, story)


def test_a_place_that_is_nowhere_has_nothing(tmp_path: Path) -> None:
    put(tmp_path, {"pyproject.toml": ""})

    async def story(editor: Editor) -> None:
        editor.open("a.py", RUN)
        await editor.hear("a.py")
        for line, column in ((10**9, 0), (2, 10**9), (2**31 - 1, 2**31 - 1)):
            assert await editor.hover("a.py", line, column) == ""
        assert await editor.hover("b.py", 0, 0) == ""
        assert await editor.actions("a.py", 10**9, "quickfix") == {}
        inside_out = types.Range(types.Position(9, 0), types.Position(0, 0))
        change = types.TextDocumentContentChangePartial(range=inside_out, text="")
        what = types.VersionedTextDocumentIdentifier(7, editor.uri("a.py"))
        editor.text_document_did_change(types.DidChangeTextDocumentParams(what, [change]))
        editor.type("a.py", "x = 1\n")
        while await editor.hear("a.py"):
            pass

    edit(tmp_path, story)


@pytest.mark.parametrize(
    "said", [b"", b"Content-Length: 99999999\r\n\r\n{", b"Content-Length: 2\r\n\r\n{]", b"\0" * 9_999]
)
def test_it_ends_with_the_editor_whatever_was_said_last(tmp_path: Path, said: bytes) -> None:
    done = subprocess.run([PROGRAM, "server"], cwd=tmp_path, input=said, capture_output=True, check=False, timeout=60)
    assert done.returncode in (0, 1, 2)
    assert b"Diagnostics" not in done.stdout


def test_without_the_extra_it_says_what_is_missing(tmp_path: Path) -> None:
    put(tmp_path, {"lib/pygls/__init__.py": "raise ModuleNotFoundError('no pygls', name='pygls')\n"})
    done = call(tmp_path, "server", env={"PYTHONPATH": str(tmp_path / "lib")}, stdin="")
    assert (done.code, done.out) == (2, "")
    assert "pip install 'factorlint[server]'" in done.err
