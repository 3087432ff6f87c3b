"""Atomic writes: a file or folder is put in place complete or not at all. Every command writes with this module only.

It is made in a staging folder, `.slantbank-` and random letters, and renamed once it is on the disk. Only the user may read that
folder, and its `.gitignore` keeps git away. A killed command leaves its staging folder behind, but not the lock on it: the next
command removes a folder without a lock.
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
_NEW, _OLD, _TARGET = "made", "old", "place"
"""Names in a staging folder: what is made, what it replaces, and a note with the path of the latter."""
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class LinkError(OSError):
    """A symbolic link is in the way of a write: its target could be any file."""


class ChangedError(OSError):
    """A file was changed after it was read, so that what is to be written is out of date."""


Content = str | bytes | Iterable[str | bytes]


def write(path: Path, content: Content, *, root: Path | None = None, new: bool = False, expected: bytes | None = None) -> None:
    """Write a file atomically: a text (as UTF-8), bytes, or an iterable of them. `place` explains the arguments.

    A device or pipe that the user names (`root` left out) is written to directly.
    """
    parts = [content] if isinstance(content, (str, bytes)) else content
    data = (part.encode("utf-8") if isinstance(part, str) else part for part in parts)
    if root is None and path.exists() and not path.is_file() and not path.is_dir():
        with path.open("wb") as file:
            file.writelines(data)
        return
    with place(path, root=root, new=new, expected=expected) as staged, staged.open("xb") as file:
        file.writelines(data)


def append(path: Path, data: bytes, *, root: Path | None = None, size: int | None = None) -> None:
    """Append all bytes to a file or none, after cutting it to `size`. No link is written through, as in `place`."""
    _refuse_links(path, path.parent if root is None else root)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab", buffering=0) as file:
        if size is not None:
            file.truncate(size)
        end = file.seek(0, os.SEEK_END)
        try:
            if file.write(data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))  # noqa: TRY301 - the same error as from the system
            os.fsync(file)
        except OSError:
            file.truncate(end)
            raise


@contextmanager
def place(path: Path, *, root: Path | None = None, new: bool = False, expected: bytes | None = None) -> Iterator[Path]:
    """Yield a temporary path at which to make a file or folder; afterwards rename it to `path`, or remove it after an error.

    It replaces a file or folder at `path`. `root` is a folder above `path`, such as that of the bank: no link below it is followed,
    and missing folders between are made. If left out, it is the bank around `path`, or else the parent of `path`: links outside a
    bank are the user's own, and are followed.

    Raises FileExistsError if `new` and something is there, ChangedError if the content of the file is not the `expected` one,
    LinkError if a link is in the way, and OSError if it cannot be written.
    """
    root = _bank_around(path) if root is None else root
    sweep(root)
    if new and os.path.lexists(path):
        raise FileExistsError(f"{path} is there already")
    _refuse_links(path, root)
    root.mkdir(parents=True, exist_ok=True)
    with _staging(root) as staging:
        staged = staging / _NEW
        yield staged
        _sync(staged)
        _refuse_links(path, root)
        path.parent.mkdir(parents=True, exist_ok=True)
        if staged.is_dir():
            _rename_folder(staged, path, root, new=new)
        else:
            _rename_file(staged, path, new=new, expected=expected)
        for folder in (path, *path.parents):  # a name is on the disk only when the folder that lists it is
            if folder != path:
                _sync_folder(folder)
            if folder == root:
                break


def sweep(root: Path) -> None:
    """Remove the staging folders of killed commands from a folder, and restore what one of them had moved away."""
    folders: list[Path] = []
    with suppress(OSError), os.scandir(root) as entries:
        folders = [Path(entry.path) for entry in entries if entry.name.startswith(_PREFIX) and entry.is_dir(follow_symlinks=False)]
    for staging in folders:
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


def _bank_around(path: Path) -> Path:
    """Return the folder above `path` that is a bank, as far as the path names it; else the parent of `path`."""
    folders = path.parents if ".." not in path.parts else ()
    return next((folder for folder in folders if (folder / "topics").is_dir() and (folder / "articles").is_dir()), path.parent)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder so that other commands that want to hold it wait; Windows locks no folder, and nobody waits there."""
    try:
        lock = os.open(folder, os.O_RDONLY | _NO_LINK)
    except OSError:
        yield
        return
    try:
        _lock(lock, wait=True)
        yield
    finally:
        os.close(lock)


@contextmanager
def _staging(root: Path) -> Iterator[Path]:
    """Make a locked staging folder in `root`, and remove it afterwards."""
    lock = None
    while lock is None:
        staging = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
        lock = _claim(staging)
    try:
        yield staging
    finally:
        _remove(staging, lock)


def _claim(staging: Path) -> int | None:
    """Lock a new folder and return the lock; None if another command has removed it before."""
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
    """Lock an open file; return whether that worked. The system releases the lock when the process ends, even if it is killed."""
    if sys.platform == "win32":
        import msvcrt

        mode = msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK
        try:
            msvcrt.locking(file, mode, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:  # another process has it, or the file system has no locks: then nothing is removed
        return False
    return True


def _remove(staging: Path, lock: int) -> None:
    """Remove a staging folder; its lock goes last, since it keeps git and other commands away."""
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


def _sync(path: Path) -> None:
    """Write a file, or a folder with everything in it, out to the disk."""
    if not path.is_dir():
        file = os.open(path, os.O_RDWR | _NO_LINK)
        try:
            os.fsync(file)
        finally:
            os.close(file)
        return
    for entry in path.iterdir():
        _sync(entry)
    _sync_folder(path)


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # Windows cannot open a folder, and some file systems cannot sync one
        file = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)


def _rename_file(staged: Path, path: Path, *, new: bool, expected: bytes | None) -> None:
    if new:
        try:
            os.link(staged, path)
        except FileExistsError:
            raise FileExistsError(f"{path} is there already") from None
        except OSError:  # a file system without hard links
            if os.path.lexists(path):
                raise FileExistsError(f"{path} is there already") from None
            staged.rename(path)
        return
    if path.exists():
        shutil.copymode(path, staged)
    if expected is not None and (not path.is_file() or path.read_bytes() != expected):
        raise ChangedError(f"{path} was changed by somebody else meanwhile, and is left alone")
    staged.replace(path)


def _rename_folder(staged: Path, path: Path, root: Path, *, new: bool) -> None:
    if not os.path.lexists(path):
        try:
            staged.rename(path)
        except OSError:
            if not os.path.lexists(path):
                raise
        else:
            return
    if new:
        raise FileExistsError(f"{path} is there already")
    if not _swap(staged, path):
        _replace_folder(staged, path, root)


_AT_FDCWD = -100
_EXCHANGE = 2


def _swap(first: Path, second: Path) -> bool:
    """Swap the names of two folders in one step, which works on Linux and macOS; return whether it worked."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            result = libc.renamex_np(os.fsencode(first), os.fsencode(second), _EXCHANGE)
        else:
            result = libc.renameat2(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _EXCHANGE)
    except (AttributeError, OSError, TypeError):
        return False
    return bool(result == 0)


def _replace_folder(staged: Path, path: Path, root: Path) -> None:
    """Replace a folder in two steps. A note says where the old one belongs, in case the process is killed between them."""
    old, note = staged.with_name(_OLD), staged.with_name(_TARGET)
    note.write_bytes(path.relative_to(root).as_posix().encode("utf-8"))
    _sync(note)
    path.rename(old)
    try:
        staged.rename(path)
    except BaseException:
        old.rename(path)
        raise


def _restore(staging: Path, root: Path) -> None:
    """Put the old folder back if `_replace_folder` was killed between its two steps."""
    old, note = staging / _OLD, staging / _TARGET
    if old.is_dir() and not old.is_symlink() and not note.is_symlink():
        path = root / note.read_bytes().decode("utf-8")
        if ".." not in path.parts and not os.path.lexists(path):
            _refuse_links(path, root)
            old.rename(path)
