"""The editor server: the Language Server Protocol over stdio, spoken by pygls (the extra ``server``).

What is open in the editor stands for what is on the disk, saved or not, for every file of the project. One audit runs
at a time, in a thread, so that the editor is answered meanwhile; what was typed during it starts the next.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path
from pygls.workspace import TextDocument

from factorlint import __version__, protocol
from factorlint.around import Around
from factorlint.config import ConfigError, project, resolve
from factorlint.model import Report
from factorlint.protocol import Opened

DELAY = 0.3  # seconds without a key before an audit begins
_FIXES = (types.CodeActionKind.QuickFix, types.CodeActionKind.SourceFixAll)


class Server(LanguageServer):
    """What is open, and what was found in it last."""

    def __init__(self) -> None:
        super().__init__("factorlint", __version__)
        self.documents: dict[str, TextDocument] = {}
        self.opened: dict[str, Opened] = {}  # by address, as it was audited
        self.stale = False
        self.task: asyncio.Task[None] | None = None

    def ask(self) -> None:
        """Have everything that is open audited, soon."""
        self.stale = True
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self.work())

    async def work(self) -> None:
        while self.stale:
            self.stale = False
            await asyncio.sleep(DELAY)
            if self.stale:
                continue
            for root, held in self.projects().items():
                await self.check(root, held)

    def projects(self) -> dict[Path, dict[str, TextDocument]]:
        """The open Python files (by path from there) of every project that one is open of."""
        found: dict[Path, dict[str, TextDocument]] = {}
        for uri, document in self.documents.items():
            path = _path(uri)
            if path is None:
                continue
            root = project([Path(path)])
            found.setdefault(root, {})[os.path.relpath(path, root).replace(os.sep, "/")] = document
        return found

    async def check(self, root: Path, held: dict[str, TextDocument]) -> None:
        texts = {path: document.source for path, document in held.items()}
        try:
            report = await asyncio.to_thread(_audit, root, texts)
        except (ConfigError, OSError) as error:
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"factorlint: {error}"))
            return
        for path, document in held.items():
            if document.uri not in self.documents or document.source != texts[path]:
                continue  # closed, or typed on: the next audit is about that
            opened = Opened(root, path, document, texts[path], report)
            self.opened[document.uri] = opened
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(document.uri, protocol.diagnostics(opened), document.version)
            )

    def current(self, uri: str) -> Opened | None:
        """What was found in the document at URI, if it still reads as it did."""
        opened = self.opened.get(uri)
        return opened if opened and opened.text == opened.document.source else None


def _path(uri: str) -> str | None:
    """The Python file at URI; None for what is no file: a text without a name yet, an old revision, a cell."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    if path is None or "\0" in path or not os.path.isabs(path):  # noqa: PTH117
        return None
    return path if path.endswith((".py", ".pyw")) else None


def _audit(root: Path, texts: dict[str, str]) -> Report:
    from factorlint.run import audit

    unsaved = {path: text.encode("utf-8", "surrogatepass") for path, text in texts.items()}
    return audit(root, [root / path for path in texts], resolve(root, {}), Around(unsaved))


def made() -> Server:
    """The server with everything that it answers to."""
    server = Server()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def opened(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
        uri = params.text_document.uri
        ls.documents[uri] = ls.workspace.get_text_document(uri)
        ls.ask()

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
        ls.ask()

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
        ls.ask()

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        ls.documents.pop(uri, None)
        ls.opened.pop(uri, None)
        ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
        ls.ask()

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
        found = ls.current(params.text_document.uri)
        return protocol.hover(found, params.position) if found else None

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=_FIXES))
    def actions(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
        found = ls.current(params.text_document.uri)
        return list(_offered(found, params)) if found else []

    return server


def _offered(opened: Opened, params: types.CodeActionParams) -> Iterator[types.CodeAction]:
    wanted = params.context.only
    for action in protocol.actions(opened, params.range):
        kind = str(getattr(action.kind, "value", action.kind))
        if wanted is None or any(kind == one or kind.startswith(f"{one}.") for one in map(_word, wanted)):
            yield action


def _word(kind: types.CodeActionKind | str) -> str:
    return str(getattr(kind, "value", kind))


def serve() -> None:
    """Speak with the editor until it goes. Standard output is the editor's alone: whatever else is printed, is not."""
    coming, going = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with open(os.devnull) as nothing:  # noqa: PTH123 - workers must not find the editor's words in their input
        sys.stdin = nothing
        made().start_io(coming, going)
