"""Helpers of all commands: find the bank, select articles, print problems."""

import os
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import click

from slantbank import staged

BANK = click.option(
    "--bank",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the bank. If left out, slantbank looks here and in the folders above.",
)
BUILT = click.option("--built", is_flag=True, help="Use the last build, even if the bank's files have changed since.")


def readable_bank(bank: Path | None) -> Path:
    """Return the bank that a command reads: `bank` if given, else the nearest one, else the shipped one."""
    folder = _nearest_bank(bank)
    if folder is not None:
        return folder
    from slantbank import frames

    _print_bank_once("the one that comes with slantbank")
    return Path(frames.path()) / "data"


def writable_bank(bank: Path | None) -> Path:
    """Return the bank that a command writes to: `bank` if given, else the nearest one. The shipped bank is refused."""
    folder = _nearest_bank(bank)
    if folder is None:
        raise click.UsageError("there is no bank here or in a folder above; `slantbank init my-bank` makes one, --bank names one")
    refuse_shipped(folder)
    return folder


def _nearest_bank(bank: Path | None) -> Path | None:
    """Return `bank` if given, else the bank in the working folder or the nearest folder above it; None if there is none."""
    if bank is not None:
        if not _has_parts(bank, any):
            raise click.UsageError(f"{bank} is no bank: it has neither topics/ nor articles/")
        staged.sweep(bank)
        return bank
    here = Path.cwd()
    for folder in (here, *here.parents):
        for candidate in (folder / "data", folder):
            if _has_parts(candidate, all):
                _print_bank_once(str(candidate) if folder != here else os.path.relpath(candidate))
                staged.sweep(candidate)
                return Path(os.path.relpath(candidate))
    return None


def _has_parts(folder: Path, quantifier: Callable[[Iterable[bool]], bool]) -> bool:
    """Whether `any` or `all` of the two folders of a bank, topics/ and articles/, exist."""
    return quantifier(os.path.isdir(folder / part) for part in ("topics", "articles"))  # noqa: PTH112 - Path fails on too long names


FOLDER = click.Path(path_type=Path, file_okay=False)


def clean(_: click.Context, __: click.Parameter, folder: Path | None) -> Path | None:
    """Remove what a killed command left in the folder of an option; a callback of click."""
    if folder is not None:
        staged.sweep(folder)
    return folder


def _print_bank_once(name: str) -> None:
    """Say which bank a command works on if the user named none; once for each command."""
    context = click.get_current_context(silent=True)
    if context is not None and not context.meta.setdefault(f"{__name__}.named", False):
        context.meta[f"{__name__}.named"] = True
        notify(f"bank: {name}")


def refuse_shipped(folder: Path) -> None:
    """Refuse to write to the bank inside an installed package."""
    if _is_shipped(folder):
        raise click.UsageError(
            "the bank that comes with the package is read-only: say --into, or make one of your own with `slantbank init my-bank`"
        )


def _is_shipped(folder: Path) -> bool:
    return folder.resolve().is_relative_to(Path(__file__).resolve().parents[1])


def show_problems(problems: Any, *, err: bool = False) -> None:
    """Print problems, in colour on a terminal, each with its line of the file."""
    from slantbank.problem import show

    for problem in problems:
        heading, *excerpt = show(problem).split("\n")
        place, level, message = heading.partition(f": {problem.level} ")
        colour = {"error": "red", "warning": "yellow"}.get(problem.level, "cyan")
        click.echo(click.style(place, bold=True) + click.style(level, fg=colour) + message, err=err)
        for line in excerpt:
            click.echo(line if "^" not in line else click.style(line, fg=colour), err=err)


@contextmanager
def exit_on_problems() -> Iterator[None]:
    """Print the problems of a bank that cannot be used, or the fault of a file, and exit with code 1."""
    from slantbank.problem import ContributionError, printable

    try:
        yield
    except ContributionError as error:
        show_problems(error.problems, err=True)
        click.echo(errors_and_warnings(error.problems), err=True)
        sys.exit(1)
    except (FileNotFoundError, FileExistsError, PermissionError, IsADirectoryError, NotADirectoryError) as error:
        click.echo(f"slantbank: {printable(str(error))}", err=True)
        sys.exit(1)


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn a ValueError into wrong usage (exit code 2), unless it holds the problems of a bank."""
    from slantbank.problem import ContributionError, printable

    try:
        yield
    except ContributionError:
        raise
    except ValueError as error:
        raise click.UsageError(printable(str(error))) from error


def progress_bar(paths: list[Path]) -> Iterator[Path]:
    """Yield the paths; on a terminal, show a progress bar if the work on them takes more than a second."""
    start = time.monotonic()
    for number, path in enumerate(paths):
        if time.monotonic() - start > 1 and sys.stderr.isatty():
            from tqdm import tqdm

            yield from tqdm(paths[number:], "reading", len(paths), initial=number, unit=" articles", leave=False)
            return
        yield path


def notify(line: str) -> None:
    """Print a remark to standard error, so that it does not mix with the result."""
    from slantbank.problem import printable

    click.echo(printable(line), err=True)


def missing_extra(error: ImportError, name: str) -> str:
    """Return the message for an optional dependency that is not installed."""
    command = f"pip install 'slantbank[{name}]', or in a clone pip install -e '.[{name}]'"
    return f"{error.name} is missing; it comes with the extra {name}: {command}"


def plural(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def errors_and_warnings(problems: Any) -> str:
    counts = Counter(problem.level for problem in problems)
    files = len({problem.path for problem in problems})
    text = f"{plural(counts['error'], 'error')} and {plural(counts['warning'], 'warning')} in {plural(files, 'file')}"
    return text + f", {counts['unfinished']:,} unfinished" * bool(counts["unfinished"])


def append_step_summary(text: str) -> None:
    """Append a text to the summary of the step in a GitHub workflow; elsewhere do nothing."""
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(text)


def _absolute(path: str | Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - links are not followed, so that the check can report them


class Targets(NamedTuple):
    """What a command works on: a bank, the ids of the articles to read (None: all), and the paths to report on (empty: all)."""

    folder: Path
    articles: set[str] | None
    paths: set[Path]

    def covers(self, path: Path) -> bool:
        """Whether a file was named, or a folder that holds it."""
        path = _absolute(path)
        return not self.paths or bool(self.paths & {path, *path.parents})

    def covers_file(self, path: str) -> bool:
        """Whether a file was named, given its path relative to the bank."""
        return self.covers(self.folder / path)


def find_targets(named: tuple[str, ...], bank: Path | None) -> Targets:
    """Find what the arguments name: ids of articles, paths of articles and topics or of files in them, paths of banks."""
    folder, ids, articles, paths = bank, set(), set(), set()
    for name in named:
        path = _absolute(name)
        entry = next((part for part in (path, *path.parents) if part.parent.name in ("articles", "topics")), None)
        if _has_parts(path, any):
            root = path
        elif entry is None or not os.path.lexists(path):
            ids.add(name)
            continue
        else:
            root = entry.parents[1]
            paths.add(path)
            articles |= {entry.name} if entry.parent.name == "articles" else set()
        if folder is not None and _absolute(folder) != root:
            raise click.UsageError(f"{name} is not in the bank {folder}")
        folder = folder or (Path(os.path.relpath(root)) if root.is_relative_to(Path.cwd()) else root)
    folder = readable_bank(folder)
    existing = sorted(path.name for path in (folder / "articles").glob("*")) if ids else []
    missing = sorted(ids.difference(existing))
    if missing:
        from slantbank.problem import nearest

        raise click.UsageError(f"no article {missing[0]!r} in {folder}; {nearest(missing[0], existing)}")
    paths |= {_absolute(folder / "articles" / article_id) for article_id in ids}
    return Targets(folder, articles | ids if paths else None, paths)


def article_folder(bank: Path, article_id: str) -> Path:
    """Return the folder of an article. Raises UsageError if the bank has no such article."""
    folder = bank / "articles" / Path(article_id).name
    if not os.path.isdir(folder):  # noqa: PTH112 - Path fails on too long names
        from slantbank.problem import nearest

        existing = sorted(path.name for path in (bank / "articles").glob("*") if path.is_dir())
        raise click.UsageError(f"no article {article_id!r} in {bank}; {nearest(Path(article_id).name, existing)}")
    return folder


def read_frames(bank: Path | None, *, built: bool = False) -> Any:
    """Return the frames of a bank as its files are now: from Parquet if nothing has changed since the build, else made anew.

    With `built`, and for the shipped bank and one without article folders, they are those of the last build.
    """
    from slantbank import frames

    folder = readable_bank(bank)
    if built or _is_shipped(folder) or not any((folder / "articles").glob("*/")):
        return _read_built(folder)
    changed = frames.outdated(folder)
    if changed == []:
        return _read_built(folder)
    from slantbank import publish

    if changed:
        more = f" and {len(changed) - 1:,} more" if len(changed) > 1 else ""
        notify(f"{changed[0]}{more} changed since the last build: read from the bank's files")
    return publish.tabulate(folder, progress=progress_bar, tell=notify)


def _read_built(folder: Path) -> Any:
    """Return the frames of a built bank; warn about files that were changed after the build."""
    from slantbank import frames

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        loaded = frames.load_all(folder, collection=None)
    for warning in caught:
        notify(str(warning.message))
    return loaded


COLLECTION = click.option(
    "--collection", metavar="NAME", help="Only articles of this collection; `all` for those of all.  [default: core]"
)


def filter_collection(frames: Any, name: str | None) -> Any:
    """Keep the rows of one collection: `name`, or without one `core` or the only one. The name `all` keeps every row."""
    from slantbank.codebook import ALL, CORE
    from slantbank.problem import nearest

    existing = sorted(set(frames["articles"]["collection"]))
    if not existing:
        raise click.UsageError("no article of this bank has finished labels; `slantbank status` says what to do next")
    if name == ALL or (name is None and len(existing) < 2):
        return frames
    if name is None and CORE not in existing:
        raise click.UsageError(f"name a --collection: {', '.join(existing)}, or {ALL}")
    if name is not None and name not in existing:
        raise click.UsageError(f"no collection {name!r}; {nearest(name, [*existing, ALL])}")
    return {frame: rows.filter(collection=name or CORE) for frame, rows in frames.items()}
