"""Build a bank: make validated frames of its articles, and write them to Parquet files, all or none."""

import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from slantbank import bank, frames, rules, staged
from slantbank.bank import fingerprint, newest
from slantbank.codebook import FRAMES
from slantbank.problem import ContributionError, Problem

if TYPE_CHECKING:
    import click


Tell = Callable[[str], object]
"""A function that is called with a line of text about each article or labels that a build leaves out as unfinished."""


def build(
    folder: Path | str, *, card: bool = False, progress: bank.Progress = list, tell: Tell = warnings.warn
) -> dict[str, pl.DataFrame]:
    """Check the bank in `folder`, build its frames, have pandera validate them, and write them to `<folder>/parquet/`.

    Unfinished labels are left out, and so is an article without other labels; `tell` gets a line about each. The frames are
    returned by name. The dataset card of the bank is rendered again; `card` writes a first one if there is none.
    Raises ContributionError if the bank has errors, and OSError if a file cannot be written; the old build is then untouched.
    Raises FileExistsError if the card would replace a README.md without a YAML head.

    >>> import shutil, slantbank, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for part in ("topics", "articles/2017-07-free-iran-rally-katiraie"):
    ...         _ = shutil.copytree(f"{slantbank.path()}/data/{part}", f"{folder}/{part}")
    ...     built = slantbank.build(folder)
    >>> built["articles"]["article_id"].to_list()
    ['2017-07-free-iran-rally-katiraie']
    """
    folder = Path(folder)
    path = _card_path(folder)
    if card and path is None:
        path = folder / "README.md"
        if path.exists():
            raise FileExistsError(f"{path} exists, and is no dataset card: it does not start with a YAML head")
    built, origin = _tabulated(folder, progress, tell)
    text = None if path is None else _card(path, folder, built)
    write(frames.files.files(built), folder / bank.BUILT, origin)
    if path is not None and text is not None:
        staged.write(path, text)
    return built


def tabulate(folder: Path, *, progress: bank.Progress = list, tell: Tell = warnings.warn) -> dict[str, pl.DataFrame]:
    """Return the valid frames of a bank, as `build` writes them. Raises ContributionError if the bank has errors."""
    return _tabulated(folder, progress, tell)[0]


def _tabulated(folder: Path, progress: bank.Progress, tell: Tell) -> tuple[dict[str, pl.DataFrame], fingerprint.Fingerprint]:
    """Return the valid frames of the bank, and the fingerprint of its files."""
    problems: list[Problem] = []
    unfinished: list[str] = []
    built: dict[str, list[pl.DataFrame]] = {name: [] for name in FRAMES}
    origins = []
    for portion, in_portion, parts in rules.judge(bank.portions(folder, progress=progress), full=True):
        problems += in_portion
        unfinished += rules.unfinished(portion, in_portion)
        origins.append(fingerprint.make(portion))
        for name, frame in parts.items():
            built[name].append(frame)
    if errors := [problem for problem in rules.ordered(problems) if problem.level == "error"]:
        raise ContributionError(errors)
    for line in unfinished:
        tell(f"left out: {line}")
    for name in ("parties", "facts"):
        del built[name][1:]  # the first portion has all topics, others those of their articles again
    return {name: pl.concat(built.pop(name), rechunk=True) for name in FRAMES}, fingerprint.joined(origins)


def stale(folder: Path, *, progress: bank.Progress = list) -> list[str]:
    """Return a line for each Parquet file or card that a build would change; empty if all are up to date.

    Rows and types are compared, not bytes, which another version of polars writes differently. Raises ContributionError
    if the bank has errors.
    """
    built, origin = _tabulated(folder, progress, lambda line: None)
    reasons = []
    written = fingerprint.read(folder / bank.BUILT)
    files = {folder / bank.BUILT / f"{name}.parquet": rows for name, rows in frames.files.files(built)}
    for path, rows in files.items():
        if not path.is_file():
            reasons.append(f"{path} is not there")
        elif not _same(path, rows):
            reasons.append(f"{path} has other rows than the articles")
        elif written is None or written.files.get(path.name) != fingerprint.checksum(path.read_bytes()):
            reasons.append(f"{path} is not as its build wrote it")
    reasons += [f"{path} is of no collection" for path in sorted((folder / bank.BUILT).glob("*.parquet")) if path not in files]
    if written is None or (written.inputs, written.withheld) != (origin.inputs, origin.withheld):
        reasons.append(f"{folder / bank.BUILT / fingerprint.NAME} was written from other articles or topics")
    path_of_card = _card_path(folder)
    if path_of_card is not None and _sizeless(path_of_card.read_text(encoding="utf-8")) != _sizeless(
        _card(path_of_card, folder, built)
    ):
        reasons.append(f"{path_of_card} is not as rendered")
    return reasons


def _sizeless(card: str) -> str:
    """Return a card without its numbers of bytes, which differ between versions of polars."""
    return re.sub(r"num_bytes: \d+", "num_bytes:", card)


def _same(path: Path, frame: pl.DataFrame) -> bool:
    try:
        written = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError):
        return False
    return written.schema == frame.schema and written.equals(frame)


def _card_path(folder: Path) -> Path | None:
    """Return the path of the bank's dataset card: a README.md with a YAML head, in the bank or in the folder around it."""
    for path in (folder / "README.md", folder.resolve().parent / "README.md"):
        if path.is_file() and path.read_text(encoding="utf-8").startswith("---\n"):
            return path
    return None


def _card(path: Path, folder: Path, built: Mapping[str, pl.DataFrame]) -> str:
    from slantbank.publish import _render as render

    parquet = (folder.resolve() / bank.BUILT).relative_to(path.resolve().parent).as_posix()
    text = path.read_text(encoding="utf-8") if path.exists() else render.first_card(folder.resolve().name)
    changelog = bank.changelog(folder)
    data = newest(changelog.text or "")[0] if changelog else None
    try:
        return render.card(text, built, parquet, data)
    except ValueError as error:
        raise ContributionError([Problem(str(path), 1, 1, "SB107", str(error))]) from error


def write(files: Iterable[tuple[str, pl.DataFrame]], folder: Path, origin: fingerprint.Fingerprint | None = None) -> None:
    """Replace a folder, in one step, by one with each file of frames as `<name>.parquet` and the fingerprint of these files.

    The same frames give the same bytes. If the process is killed, the folder is either the old or the new one, complete.
    """
    with staged.place(folder, root=folder.parent) as temporary:
        temporary.mkdir()
        checksums = {}
        for name, frame in files:
            data = frames.store.parquet(frame)  # polars' own writer gives no clear error on a full disk
            (temporary / f"{name}.parquet").write_bytes(data)
            checksums[f"{name}.parquet"] = fingerprint.checksum(data)
        text = replace(origin or fingerprint.Fingerprint(), files=checksums).dumps()
        (temporary / fingerprint.NAME).write_text(text, encoding="utf-8")


def write_rendered(root: Path, commands: "click.Group | None" = None, *, for_coders: bool = False) -> list[Path]:
    """Write the rendered files, except the card, that differ from those at `root`; return their paths.

    With `for_coders`, write only the files that coders of a bank need: the codebook and the JSON Schemas.
    """
    endings = ("codebook.md", ".schema.json") if for_coders else ""
    changed = {
        path: text for path, text in _rendered(root, commands).items() if path.name.endswith(endings) and _text(path) != text
    }
    for path, text in changed.items():
        staged.write(path, text, root=root)
    return list(changed)


def stale_rendered(root: Path, commands: "click.Group | None" = None) -> list[str]:
    """Return a line for each rendered file of the repository at `root` that is out of date."""
    return [f"{path} is not as rendered" for path, text in _rendered(root, commands).items() if _text(path) != text]


def _rendered(root: Path, commands: "click.Group | None") -> dict[Path, str]:
    from slantbank.publish import _render as render

    rendered = {root / name: text for name, text in render.files(commands).items()}
    page = root / render.MEASURES
    return rendered | ({page: render.measures_page(text)} if (text := _text(page)) is not None else {})


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
