"""Build a bank: its article folders to validated frames, and those to Parquet, whole or not at all."""

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
"""What is done with a line about what a build leaves out."""


def build(
    folder: Path | str, *, card: bool = False, progress: bank.Progress = list, tell: Tell = warnings.warn
) -> dict[str, pl.DataFrame]:
    """Check the bank in `folder`, build its frames, have pandera validate them, and write them to `<folder>/parquet/`.

    Labels that are unfinished, and an article of which nothing else is left, are left out, and each is told. The frames are
    returned by name. The dataset card of the bank, if it has one or is to get its first `card`, is rendered anew.
    Raises ContributionError, and writes nothing, if the bank has errors; OSError if it cannot be written, the old build then being
    untouched; FileExistsError if a README.md without a YAML head is where the card would be.

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
            raise FileExistsError(f"{path} is there, and is no dataset card: it does not start with a YAML head")
    built, origin = _tabulated(folder, progress, tell)
    text = None if path is None else _card(path, folder, built)
    write(frames.files.files(built), folder / bank.BUILT, origin)
    if path is not None and text is not None:
        staged.write(path, text)
    return built


def tabulate(folder: Path, *, progress: bank.Progress = list, tell: Tell = warnings.warn) -> dict[str, pl.DataFrame]:
    """The valid frames of the bank, as `build` writes them. Raises ContributionError if the bank has errors."""
    return _tabulated(folder, progress, tell)[0]


def _tabulated(folder: Path, progress: bank.Progress, tell: Tell) -> tuple[dict[str, pl.DataFrame], fingerprint.Fingerprint]:
    """The valid frames of the bank, and the fingerprint of what went into them."""
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
    """What a build would change: the Parquet files whose rows differ, and the card; empty if all is up to date.

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
        reasons.append(f"{folder / bank.BUILT / fingerprint.NAME} is of another state of the bank")
    path_of_card = _card_path(folder)
    if path_of_card is not None and _sizeless(path_of_card.read_text(encoding="utf-8")) != _sizeless(
        _card(path_of_card, folder, built)
    ):
        reasons.append(f"{path_of_card} is not as rendered")
    return reasons


def _sizeless(card: str) -> str:
    """A card without its numbers of bytes, which differ between versions of polars."""
    return re.sub(r"num_bytes: \d+", "num_bytes:", card)


def _same(path: Path, frame: pl.DataFrame) -> bool:
    try:
        written = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError):
        return False
    return written.schema == frame.schema and written.equals(frame)


def _card_path(folder: Path) -> Path | None:
    """The dataset card that describes the bank: a README.md with a YAML head, in the bank or in the folder around it."""
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
    """Write each file of frames as `<folder>/<name>.parquet` with their fingerprint, replacing what the folder held, in one step.

    The same frames give the same bytes. Killed at any moment, the old folder is whole or the new one is.
    """
    with staged.place(folder, root=folder.parent) as temporary:
        temporary.mkdir()
        checksums = {}
        for name, frame in files:
            data = frames.store.parquet(frame)  # which polars itself would not write to a full disk with an error that says so
            (temporary / f"{name}.parquet").write_bytes(data)
            checksums[f"{name}.parquet"] = fingerprint.checksum(data)
        text = replace(origin or fingerprint.Fingerprint(), files=checksums).dumps()
        (temporary / fingerprint.NAME).write_text(text, encoding="utf-8")


def write_rendered(root: Path, commands: "click.Group | None" = None, *, for_coders: bool = False) -> list[Path]:
    """Write the rendered files that differ from those at `root`, without the card; return their paths.

    With `for_coders`, only what a bank needs while it is labelled: the codebook and the JSON Schemas.
    """
    ends = ("codebook.md", ".schema.json") if for_coders else ""
    changed = {path: text for path, text in _rendered(root, commands).items() if path.name.endswith(ends) and _text(path) != text}
    for path, text in changed.items():
        staged.write(path, text, root=root)
    return list(changed)


def stale_rendered(root: Path, commands: "click.Group | None" = None) -> list[str]:
    """The rendered files of the repository at `root` that are not as rendered."""
    return [f"{path} is not as rendered" for path, text in _rendered(root, commands).items() if _text(path) != text]


def _rendered(root: Path, commands: "click.Group | None") -> dict[Path, str]:
    from slantbank.publish import _render as render

    rendered = {root / name: text for name, text in render.files(commands).items()}
    page = root / render.MEASURES
    return rendered | ({page: render.measures_page(text)} if (text := _text(page)) is not None else {})


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
