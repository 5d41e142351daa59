"""Files of strangers opened without being led away, and files of ours written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

_ONLY_IN_PLACE = (errno.EACCES, errno.EBUSY, errno.EPERM)  # the file is ours to write, its folder is not; a mount


def no_detour(path: str, flags: int) -> int:
    """An opener for ``open()``: a link is not followed, and a pipe, empty as it is, does not hang the run.

    A path may hold something else than when it was found.
    """
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def write(path: Path, raw: bytes) -> None:
    """RAW in place of what PATH holds, with its rights; until all of it is on the disk the old is there.

    What a link leads to is written; a pipe or device is, as it is. Raises OSError.
    """
    target = Path(os.path.realpath(path))
    if (target.exists() and not target.is_file()) or path.is_relative_to("/dev"):
        path.write_bytes(raw)
        return
    try:
        with _beside(target, raw) as made:
            made.chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask())
            made.replace(target)
    except OSError as error:
        if error.errno not in _ONLY_IN_PLACE or not target.exists():
            raise
        target.write_bytes(raw)


def create(path: Path, raw: bytes) -> None:
    """RAW as the new file PATH. Raises FileExistsError if there is one, and OSError."""
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, "exists", str(path))
    with _beside(path, raw) as made:
        made.chmod(0o666 & ~_umask())
        try:
            os.link(made, path)  # unlike a renaming, never over a file that came meanwhile
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            made.replace(path)


def create_folder(path: Path, held: Mapping[str, bytes]) -> None:
    """The new folder PATH with the files HELD (path in it → raw), all of them or none.

    Raises FileExistsError if anything is there, and OSError.
    """
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, "exists", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name[:50]}.", suffix=".tmp"))
    try:
        for name, raw in held.items():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_bytes(raw)
        work.chmod(0o777 & ~_umask())
        work.rename(path)
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextlib.contextmanager
def _beside(target: Path, raw: bytes) -> Iterator[Path]:
    """A file with RAW in the folder of TARGET, gone afterwards whatever happens."""
    number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:50]}.", suffix=".tmp")
    made = Path(name)
    try:
        with os.fdopen(number, "wb") as stream:
            stream.write(raw)
        yield made
    finally:
        made.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
