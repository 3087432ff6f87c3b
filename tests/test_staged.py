"""A file or folder is written completely or not at all, and nothing else is changed."""

import errno
import multiprocessing
import os
import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slantbank import staged
from tests.conftest import posix


def fill(made: Path) -> None:
    made.mkdir()
    (made / "a.txt").write_text("new")


def run_killed(work: Callable[[], None]) -> None:
    """Run a function in a new process and check that it kills itself."""
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def write_locked(folder: Path) -> None:
    with staged.locked(folder):
        (folder / "b").write_text("x")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("content", ["Zoë\r\n", b"Zo\xc3\xab\r\n", ["Zo", b"\xc3\xab", "\r\n"]])
def test_a_text_is_written_byte_for_byte_and_missing_folders_are_made(tmp_path: Path, content: staged.Content) -> None:
    staged.write(tmp_path / "bank" / "topics" / "a.toml", content, root=tmp_path / "bank")
    assert (tmp_path / "bank" / "topics" / "a.toml").read_bytes() == b"Zo\xc3\xab\r\n"
    assert names(tmp_path / "bank") == {"topics"}


def test_a_failed_write_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")

    def parts() -> Iterator[str]:
        yield "new"
        raise OSError(errno.ENOSPC, "No space left on device")

    def half(made: Path) -> None:
        fill(made)
        list(parts())

    with pytest.raises(OSError, match="No space"):
        staged.write(tmp_path / "a", parts())
    with pytest.raises(OSError, match="No space"), staged.place(tmp_path / "folder") as made:
        half(made)
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == {"a"}


@posix
def test_a_replaced_file_keeps_its_mode_and_a_new_one_has_the_default(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    (tmp_path / "a").write_text("old")
    (tmp_path / "a").chmod(0o640)
    staged.write(tmp_path / "a", "new")
    staged.write(tmp_path / "b", "new")
    with staged.place(tmp_path / "folder") as made:
        fill(made)
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "a", "b", "folder/a.txt")}
    assert modes["a"] == 0o640
    assert modes["b"] == modes["folder/a.txt"] == modes["plain"]


def test_with_new_nothing_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder").mkdir()
    for name in ("a", "link", "folder"):
        with pytest.raises(FileExistsError, match="is there already"):
            staged.write(tmp_path / name, "new", new=True)
        with pytest.raises(FileExistsError, match="is there already"), staged.place(tmp_path / name, new=True):
            pass
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == {"a", "link", "folder"}


@pytest.mark.parametrize("make", [fill, Path.touch], ids=["folder", "file"])
def test_with_new_something_that_appears_meanwhile_is_not_replaced(tmp_path: Path, make: Callable[[Path], None]) -> None:
    def both(made: Path) -> None:
        make(made)
        make(tmp_path / "a")

    with pytest.raises(FileExistsError, match="is there already"), staged.place(tmp_path / "a", new=True) as made:
        both(made)
    assert names(tmp_path) == {"a"}


def test_a_file_that_was_changed_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("edited")
    for name in ("a", "gone"):
        with pytest.raises(staged.ChangedError, match=f"{name} was changed by somebody else"):
            staged.write(tmp_path / name, "made of the old", expected=b"judged")
    assert (tmp_path / "a").read_text() == "edited"
    assert names(tmp_path) == {"a"}
    staged.write(tmp_path / "a", "made of this", expected=b"edited")
    assert (tmp_path / "a").read_text() == "made of this"


def test_no_link_is_written_through(tmp_path: Path) -> None:
    bank, outside = tmp_path / "bank", tmp_path / "outside"
    (bank / "articles").mkdir(parents=True)
    outside.mkdir()
    (outside / "a.toml").write_text("precious")
    (bank / "topics").symlink_to(outside)
    (bank / "articles" / "b").symlink_to(outside)
    (bank / "c.toml").symlink_to(outside / "a.toml")
    for name in ("topics/a.toml", "topics/new.toml", "articles/b/annotations/x.toml", "articles/b", "c.toml"):
        with pytest.raises(staged.LinkError, match="not written through"):
            staged.write(bank / name, "x", root=bank)
        with pytest.raises(staged.LinkError, match="not written through"):
            staged.append(bank / name, b"x", root=bank)
    with pytest.raises(staged.LinkError, match=r"c\.toml"):
        staged.write(bank / "c.toml", "x")
    assert (outside / "a.toml").read_text() == "precious"
    assert names(outside) == {"a.toml"}
    assert names(bank) == {"articles", "topics", "c.toml"}
    with pytest.raises(ValueError, match="is not in"):
        staged.write(outside / "a.toml", "x", root=bank)


def test_an_output_goes_through_links_of_the_user_and_through_none_in_a_bank(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank, outside = tmp_path / "bank", tmp_path / "outside"
    for folder in (bank / "topics", bank / "articles", outside):
        folder.mkdir(parents=True)
    (bank / "articles" / "theirs").symlink_to(outside)
    (tmp_path / "mine").symlink_to(outside)
    monkeypatch.chdir(bank)
    for path in (bank / "articles/theirs/a.csv", bank / "articles/theirs/new/a.csv", Path("articles/theirs/a.csv")):
        with pytest.raises(staged.LinkError, match="theirs is a symbolic link"):
            staged.write(path, "x")
    assert names(outside) == set()
    staged.write(tmp_path / "mine" / "new" / "a.csv", "x")
    staged.write(Path("a.csv"), "x")
    assert (outside / "new" / "a.csv").read_text() == (bank / "a.csv").read_text() == "x"


@posix
def test_a_locked_folder_is_waited_for(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=write_locked, args=(tmp_path,))
    with staged.locked(tmp_path):
        process.start()
        process.join(3)
        assert names(tmp_path) == set()
    process.join()
    assert names(tmp_path) == {"b"}


@posix
def test_a_device_or_pipe_is_written_to_directly(tmp_path: Path) -> None:
    staged.write(Path("/dev/null"), "x")
    os.mkfifo(tmp_path / "pipe")
    reader = subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE)
    staged.write(tmp_path / "pipe", ["a", "b"])
    assert reader.communicate()[0] == b"ab"


@posix
def test_git_ignores_what_a_killed_command_leaves_and_the_next_command_removes_it(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "a").write_text("old")

    def write() -> None:
        with staged.place(tmp_path / "a") as made:
            made.write_text("the words of a text")
            die()

    run_killed(write)
    (leftover,) = names(tmp_path) - {"a", ".git"}
    assert stat.S_IMODE((tmp_path / leftover).stat().st_mode) == 0o700
    assert (
        subprocess.run(["git", "status", "--porcelain", "-uall"], cwd=tmp_path, capture_output=True, check=True).stdout == b"?? a\n"
    )
    staged.write(tmp_path / "b", "x")
    assert names(tmp_path) == {"a", "b", ".git"}
    assert (tmp_path / "a").read_text() == "old"


def test_the_staging_folder_of_a_running_command_is_not_removed(tmp_path: Path) -> None:
    with staged.place(tmp_path / "a") as made:
        fill(made)
        other = multiprocessing.get_context("spawn").Process(target=staged.sweep, args=(tmp_path,))
        other.start()
        other.join()
        staged.sweep(tmp_path)
        with staged.place(tmp_path / "b") as also:
            fill(also)
    assert names(tmp_path) == {"a", "b"}
    assert (tmp_path / "a" / "a.txt").read_text() == "new"


def test_sweep_neither_removes_nor_follows_a_link(tmp_path: Path) -> None:
    bank, outside = tmp_path / "bank", tmp_path / "outside"
    for folder in (bank, outside, bank / ".slantbank-hostile", bank / ".slantbank-theirs"):
        folder.mkdir()
    for name in (".gitignore", "precious"):
        (outside / name).write_text("*")
    (bank / ".slantbank-link").symlink_to(outside)
    (bank / ".slantbank-theirs" / "notes").write_text("no .gitignore: nothing that slantbank made")
    (bank / ".slantbank-hostile" / ".gitignore").write_text("*")
    (bank / ".slantbank-hostile" / "made").symlink_to(outside)
    (bank / ".slantbank-hostile" / "place").write_text("../outside/new")
    (bank / ".slantbank-hostile" / "old").mkdir()
    staged.sweep(bank)
    assert names(outside) == {".gitignore", "precious"}
    assert names(bank) == {".slantbank-link", ".slantbank-theirs"}


@posix
@pytest.mark.parametrize("swaps", [True, False], ids=["in one step", "in two steps"])
def test_a_folder_is_replaced_and_restored_after_a_kill_between_two_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swaps: bool
) -> None:
    if not swaps:
        monkeypatch.setattr(staged, "_swap", lambda *_: False)
    folder = tmp_path / "articles" / "a"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("old")
    rename = Path.rename

    def dies(path: Path, target: Path) -> Path:
        if path.name == "made":
            die()
        return rename(path, target)

    def replace() -> None:
        with staged.place(folder, root=tmp_path) as made:
            fill(made)

    if not swaps:
        monkeypatch.setattr(Path, "rename", dies)
        run_killed(replace)
        assert not folder.exists()
        monkeypatch.undo()
        staged.sweep(tmp_path)
        assert (folder / "a.txt").read_text() == "old"
        assert names(tmp_path) == {"articles"}
        monkeypatch.setattr(staged, "_swap", lambda *_: False)
    replace()
    assert (folder / "a.txt").read_text() == "new"
    assert names(tmp_path) == {"articles"}


def test_append_adds_all_bytes_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "records" / "a.jsonl"
    staged.append(path, b"one\n")
    staged.append(path, b"tw")
    staged.append(path, b"two\n", size=4)
    assert path.read_bytes() == b"one\ntwo\n"

    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        staged.append(path, b"three\n")
    assert path.read_bytes() == b"one\ntwo\n"
