"""The files of a git revision: read as blobs into a folder of their own, never checked out."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from pathlib import Path

from factorlint import git
from factorlint.git import LIMIT, Blob, Place
from factorlint.roles import manifest


def extract(folder: Place, revision: str, into: Path, what: str) -> str:
    """Write what an audit reads of FOLDER as it was at REVISION to the empty folder INTO; returns the commit.

    Raises RevisionError, naming WHAT was asked for.
    """
    commit = git.commit(folder, revision, what)
    blobs = git.files(folder, commit, what)
    sizes = git.sizes(folder, sorted({blob.name for blob in blobs}), what)
    write(folder, [blob for blob in blobs if _fits(blob, sizes)], into, what)
    return commit


def _fits(blob: Blob, sizes: Mapping[str, int]) -> bool:
    """Whether BLOB is to be written. What a clone left out is missed only where an audit is sure to read it."""
    if blob.name in sizes:
        return sizes[blob.name] <= LIMIT
    return blob.path.endswith((".py", ".pyw", ".ipynb")) or manifest(blob.path)


def write(folder: Place, blobs: Sequence[Blob], into: Path, what: str) -> list[Blob]:
    """Write the BLOBS of the repository around FOLDER to the folder INTO; returns those that files can be made of.

    Raises RevisionError for a missing one.
    """
    written = []
    for blob, raw in zip(blobs, git.contents(folder, [blob.name for blob in blobs], what), strict=True):
        target = into.joinpath(*blob.path.split("/"))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(raw)
        except OSError as error:
            if error.errno not in _NO_FILE:
                raise
        else:
            written.append(blob)
    return written


# Of git's trees not all can lie on a disk: a name may be too long, or that of a file and of a folder.
_NO_FILE = (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR)
