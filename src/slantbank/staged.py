"""Files and folders put in place whole or not at all: by this, and nothing else, does a command write.

What is written is made in a folder whose name nobody can foresee, `.slantbank-` and letters, and gets its own name when it is on
the disk. The folder is the user's alone, and git takes nothing of it, for it has a `.gitignore` that says so. A command that was
killed leaves such a folder, without the lock that a live one holds; the next command removes it.
"""

import ctypes
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = ".slantbank-"
_LOCK = ".gitignore"
_MADE, _OLD, _PLACE = "made", "old", "place"
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class LinkError(OSError):
    """A symbolic link stands where something is to be written: what it leads to may be anything."""


class ChangedError(OSError):
    """A file is no longer what it was when it was read, so that what was made of it is out of date."""


Content = str | bytes | Iterable[str | bytes]


def write(path: Path, content: Content, *, root: Path | None = None, new: bool = False, was: bytes | None = None) -> None:
    """Put a text (as UTF-8), bytes or the parts of them into the file `path`; see `place` for all else.

    To a device or a pipe of the user's (`root` left out) it is written as it comes.
    """
    parts = [content] if isinstance(content, (str, bytes)) else content
    data = (part.encode("utf-8") if isinstance(part, str) else part for part in parts)
    if root is None and path.exists() and not path.is_file() and not path.is_dir():
        with path.open("wb") as file:
            file.writelines(data)
        return
    with place(path, root=root, new=new, was=was) as made, made.open("xb") as file:
        file.writelines(data)


def append(path: Path, data: bytes, *, root: Path | None = None, size: int | None = None) -> None:
    """Add bytes to the end of a file, first cut to a `size`: all of them, on the disk, or none. Links are as in `place`."""
    _refuse_links(path, path.parent if root is None else root)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab", buffering=0) as file:
        if size is not None:
            file.truncate(size)
        end = file.seek(0, os.SEEK_END)
        try:
            if file.write(data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))  # noqa: TRY301 - told as the system tells it
            os.fsync(file)
        except OSError:
            file.truncate(end)
            raise


@contextmanager
def place(path: Path, *, root: Path | None = None, new: bool = False, was: bytes | None = None) -> Iterator[Path]:
    """Where to make a file or a folder, that gets the name `path` when it is whole and on the disk; after an error nothing changes.

    It takes the place of a file or folder of that name. `root` is the folder whose part it becomes, of a bank the bank's: no link
    below it is followed, and what is missing between is made. Left out, it is the folder that holds `path`.

    Raises FileExistsError if it is to be `new` and something is there, ChangedError if the file is no longer `was`, LinkError if a
    link stands in the way, and OSError if it cannot be written.
    """
    root = path.parent if root is None else root
    sweep(root)
    if new and os.path.lexists(path):
        raise FileExistsError(f"{path} is there already")
    _refuse_links(path, root)
    root.mkdir(parents=True, exist_ok=True)
    with _staging(root) as staging:
        made = staging / _MADE
        yield made
        _settle(made)
        _refuse_links(path, root)
        path.parent.mkdir(parents=True, exist_ok=True)
        if made.is_dir():
            _name_folder(made, path, root, new=new)
        else:
            _name_file(made, path, new=new, was=was)
        for folder in (path, *path.parents):  # their names are on the disk when the folders that list them are
            if folder != path:
                _settle_folder(folder)
            if folder == root:
                break


def sweep(root: Path) -> None:
    """Remove what commands that were killed have left in the folder, and put back what one of them had moved away."""
    found: list[Path] = []
    with suppress(OSError), os.scandir(root) as entries:
        found = [Path(one.path) for one in entries if one.name.startswith(_PREFIX) and one.is_dir(follow_symlinks=False)]
    for staging in found:
        try:
            lock = os.open(staging / _LOCK, os.O_RDWR | _NO_LINK)
        except OSError:
            with suppress(OSError):
                staging.rmdir()
            continue
        if _lock(lock, wait=False):
            with suppress(OSError, ValueError):
                _restore(staging, root)
            _remove(staging, lock)
        else:
            os.close(lock)


def _refuse_links(path: Path, root: Path) -> None:
    """Raise LinkError if `path`, or a folder between it and `root`, is a link."""
    for part in (path, *path.parents):
        if part == root:
            return
        if part.is_symlink():
            raise LinkError(f"{part} is a symbolic link, which is not written through")
    raise ValueError(f"{path} is not in {root}")


@contextmanager
def _staging(root: Path) -> Iterator[Path]:
    """A folder of `root` to make something in, locked while it is used; what is left in it is removed."""
    lock = None
    while lock is None:
        staging = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
        lock = _claimed(staging)
    try:
        yield staging
    finally:
        _remove(staging, lock)


def _claimed(staging: Path) -> int | None:
    """The lock on a new folder; None if somebody has swept it away before it was locked."""
    try:
        lock = os.open(staging / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o600)
    except FileNotFoundError:
        return None
    try:
        _lock(lock, wait=True)
        os.write(lock, b"*\n")
        os.fsync(lock)
    except OSError:
        _remove(staging, lock)
        raise
    if (staging / _LOCK).exists():
        return lock
    os.close(lock)
    return None


def _lock(file: int, *, wait: bool) -> bool:
    """Whether the lock on an open file was had; the system gives it back when the process ends, however it does."""
    if sys.platform == "win32":
        import msvcrt

        how = msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK
        try:
            msvcrt.locking(file, how, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:  # held, or a file system without locks: then nothing there is swept
        return False
    return True


def _remove(staging: Path, lock: int) -> None:
    """Remove a folder: last of all the file that keeps git, and others who sweep, from it."""
    with suppress(OSError):
        for entry in list(staging.iterdir()):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            elif entry.name != _LOCK:
                entry.unlink()
    os.close(lock)
    with suppress(OSError):
        if {entry.name for entry in staging.iterdir()} <= {_LOCK}:
            (staging / _LOCK).unlink(missing_ok=True)
            staging.rmdir()


def _settle(made: Path) -> None:
    """Have a file, or a folder with all that is in it, written out to the disk."""
    if not made.is_dir():
        file = os.open(made, os.O_RDWR | _NO_LINK)
        try:
            os.fsync(file)
        finally:
            os.close(file)
        return
    for entry in made.iterdir():
        _settle(entry)
    _settle_folder(made)


def _settle_folder(folder: Path) -> None:
    with suppress(OSError):  # Windows opens no folder, and some file systems have no such thing
        file = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)


def _name_file(made: Path, path: Path, *, new: bool, was: bytes | None) -> None:
    if new:
        try:
            os.link(made, path)
        except FileExistsError:
            raise FileExistsError(f"{path} is there already") from None
        except OSError:  # a file system without links of this kind
            if os.path.lexists(path):
                raise FileExistsError(f"{path} is there already") from None
            made.rename(path)
        return
    if path.exists():
        shutil.copymode(path, made)
    if was is not None and (not path.is_file() or path.read_bytes() != was):
        raise ChangedError(f"{path} was changed by somebody else meanwhile, and is left alone")
    made.replace(path)


def _name_folder(made: Path, path: Path, root: Path, *, new: bool) -> None:
    if not os.path.lexists(path):
        try:
            made.rename(path)
        except OSError:
            if not os.path.lexists(path):
                raise
        else:
            return
    if new:
        raise FileExistsError(f"{path} is there already")
    if not _swapped(made, path):
        _replace_folder(made, path, root)


_AT_FDCWD = -100
_EXCHANGE = 2


def _swapped(one: Path, other: Path) -> bool:
    """Swap the names of two folders in one step, which Linux and macOS can; whether it was done."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            done = libc.renamex_np(os.fsencode(one), os.fsencode(other), _EXCHANGE)
        else:
            done = libc.renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE)
    except (AttributeError, OSError, TypeError):
        return False
    return bool(done == 0)


def _replace_folder(made: Path, path: Path, root: Path) -> None:
    """Put a folder in the place of another in two steps; whoever is killed between them has written where the old one belongs."""
    old = made.with_name(_OLD)
    made.with_name(_PLACE).write_bytes(path.relative_to(root).as_posix().encode("utf-8"))
    _settle(made.with_name(_PLACE))
    path.rename(old)
    try:
        made.rename(path)
    except BaseException:
        old.rename(path)
        raise


def _restore(staging: Path, root: Path) -> None:
    """Put a folder back that had been moved away for another, which did not come."""
    old, note = staging / _OLD, staging / _PLACE
    if old.is_dir() and not old.is_symlink() and not note.is_symlink():
        path = root / note.read_bytes().decode("utf-8")
        if ".." not in path.parts and not os.path.lexists(path):
            _refuse_links(path, root)
            old.rename(path)
