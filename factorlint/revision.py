"""The files of a git revision: read as blobs into a folder of their own, never checked out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from factorlint import git
from factorlint.git import LIMIT, Blob, Place


def extract(folder: Place, revision: str, into: Path, what: str) -> str:
    """Write what an audit reads of FOLDER as it was at REVISION to the empty folder INTO; returns the commit.

    Raises RevisionError, naming WHAT was asked for.
    """
    commit = git.commit(folder, revision, what)
    blobs = git.files(folder, commit, what)
    sizes = git.sizes(folder, sorted({blob.name for blob in blobs}), what)
    write(folder, [blob for blob in blobs if sizes.get(blob.name, 0) <= LIMIT], into, what)
    return commit


def write(folder: Place, blobs: Sequence[Blob], into: Path, what: str) -> None:
    """Write the BLOBS of the repository around FOLDER to the folder INTO. Raises RevisionError for a missing one."""
    for blob, raw in zip(blobs, git.contents(folder, [blob.name for blob in blobs], what), strict=True):
        target = into.joinpath(*blob.path.split("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(raw)
