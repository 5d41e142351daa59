"""One tree of a fleet, audited by a process of its own: a hang, a crash or greed for memory costs this tree alone.

The process is told a folder and settings, answers with the JSON report, and lives no longer than whoever asked: it ends
when its standard input closes, so that a worker of a cluster that is killed leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from factorlint.config import Settings
from factorlint.model import Problem


class Tree(NamedTuple):
    """What a task is told: the tree's name in the tables, where it lies, and what to make of it."""

    repo: str
    root: str  # an absolute folder
    bare: bool  # a git directory without files around it, audited as it is at HEAD
    seconds: float
    settings: Settings


def audit(tree: Tree) -> str | Problem:
    """The answer of `main` for TREE, or the Problem that it is."""
    with tempfile.TemporaryDirectory(prefix="factorlint-") as scratch:
        process = subprocess.Popen(
            [sys.executable, "-m", "factorlint.apart"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=sys.prefix,  # a new interpreter looks for its first modules in the current folder
            start_new_session=True,  # so that its workers can be ended with it
        )
        assert process.stdin
        try:
            pickle.dump((tree, scratch), process.stdin)
            process.stdin.flush()
            said, complaint = _listen(process, tree.seconds)
        except subprocess.TimeoutExpired:
            return Problem(".", None, "timeout", f"took over {tree.seconds:g} seconds")
        except OSError as error:
            return Problem(".", None, "worker-died", f"the tree's process could not be told: {error}")
        finally:
            _end(process)
    if process.returncode < 0:
        return Problem(".", None, "worker-died", f"the tree's process died of signal {-process.returncode}")
    if process.returncode:
        last = complaint.decode("utf-8", "replace").strip().splitlines()
        return Problem(".", None, "crash", last[-1][:300] if last else f"exit {process.returncode}")
    return said.decode("ascii")


def _listen(process: subprocess.Popen[bytes], seconds: float) -> tuple[bytes, bytes]:
    """What PROCESS says while its standard input stays open."""
    stdin, process.stdin = process.stdin, None  # `communicate` would close it, and that ends the process
    try:
        return process.communicate(timeout=seconds)
    finally:
        process.stdin = stdin


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):  # it is gone already
        os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            with contextlib.suppress(OSError):
                stream.close()


def main() -> None:
    """Answer for the tree that standard input names: its JSON report with the commit that was read."""
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints is no part of the answer
    tree, scratch = pickle.load(sys.stdin.buffer)  # noqa: S301 - from `audit`, through our own pipe
    threading.Thread(target=_watch, daemon=True).start()
    with answer:
        answer.write(json.dumps(_document(tree, Path(scratch))).encode("ascii"))


def _watch() -> NoReturn:
    while os.read(0, 1):  # below Python's own buffer, whose lock would be missed at the end
        pass
    os._exit(1)


def _document(tree: Tree, scratch: Path) -> dict[str, Any]:
    from factorlint import git, revision, run
    from factorlint.report import json_

    root, commit = Path(tree.root), None
    try:
        if tree.bare:
            scratch /= root.name.removesuffix(".git")  # a root that is a package is called by its folder
            scratch.mkdir()
            commit = revision.extract(git.Bare(root), "HEAD", scratch, "HEAD")
            root = scratch
        elif not root.is_dir():
            return _failed("missing", "no such folder")
        report = run.examine(root, (), tree.settings).report
    except git.RevisionError as error:
        return _failed("revision", str(error))
    return {"commit": commit, **json_.document(report)}


def _failed(kind: str, message: str) -> dict[str, Any]:
    return {"failed": {"kind": kind, "message": message}}


if __name__ == "__main__":
    main()
