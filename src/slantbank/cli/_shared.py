"""What the commands share: the bank they work on, the articles that are named, and how problems and faults are printed."""

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
    help="Folder of the bank; else the one here or in a folder above, or its data/.",
)
BUILT = click.option("--built", is_flag=True, help="Read the last build as it is, also where the bank's files have changed since.")


def bank_folder(bank: Path | None) -> Path:
    """The bank that a command reads: as given; else the nearest one, or the shipped one, which is then named."""
    found = _given_or_near(bank)
    if found is not None:
        return found
    from slantbank import frames

    _name_once("the one that comes with slantbank")
    return Path(frames.path()) / "data"


def own_bank(bank: Path | None) -> Path:
    """The bank that a command writes to: as given; else the nearest one, which is then named. Never one in an installed package."""
    found = _given_or_near(bank)
    if found is None:
        raise click.UsageError("there is no bank here or in a folder above; `slantbank init my-bank` makes one, --bank names one")
    refuse_shipped(found)
    return found


def _given_or_near(bank: Path | None) -> Path | None:
    """The bank that is given; else the one in the working folder or one above, as git looks for a repository."""
    if bank is not None:
        if not _is_bank(bank, any):
            raise click.UsageError(f"{bank} is no bank: it has neither topics/ nor articles/")
        staged.sweep(bank)
        return bank
    here = Path.cwd()
    for folder in (here, *here.parents):
        for near in (folder / "data", folder):
            if _is_bank(near, all):
                _name_once(str(near) if folder != here else os.path.relpath(near))
                staged.sweep(near)
                return Path(os.path.relpath(near))
    return None


def _is_bank(folder: Path, have: Callable[[Iterable[bool]], bool]) -> bool:
    return have(os.path.isdir(folder / part) for part in ("topics", "articles"))  # noqa: PTH112 - also of a name that is too long


FOLDER = click.Path(path_type=Path, file_okay=False)


def swept(_: click.Context, __: click.Parameter, folder: Path | None) -> Path | None:
    """The folder of an option, without what a command that was killed has left there."""
    if folder is not None:
        staged.sweep(folder)
    return folder


def _name_once(name: str) -> None:
    """Say which bank it is that nobody named, once a command."""
    context = click.get_current_context(silent=True)
    if context is not None and not context.meta.setdefault(f"{__name__}.named", False):
        context.meta[f"{__name__}.named"] = True
        tell(f"bank: {name}")


def refuse_shipped(folder: Path) -> None:
    """Refuse to write to the bank inside an installed package."""
    if _is_shipped(folder):
        raise click.UsageError(
            "the bank that comes with the package is read-only: say --into, or make one of your own with `slantbank init my-bank`"
        )


def _is_shipped(folder: Path) -> bool:
    return folder.resolve().is_relative_to(Path(__file__).resolve().parents[1])


def show_problems(problems: Any, *, err: bool = False) -> None:
    from slantbank.problem import show

    for problem in problems:
        first, *rest = show(problem).split("\n")
        place, level, message = first.partition(f": {problem.level} ")
        colour = {"error": "red", "warning": "yellow"}.get(problem.level, "cyan")
        click.echo(click.style(place, bold=True) + click.style(level, fg=colour) + message, err=err)
        for line in rest:
            click.echo(line if "^" not in line else click.style(line, fg=colour), err=err)


@contextmanager
def contributions() -> Iterator[None]:
    """Tell the problems of a bank that cannot be used, and end with exit code 1."""
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
def usage() -> Iterator[None]:
    """Tell a value that cannot be used as wrong usage; the problems of a bank are none."""
    from slantbank.problem import ContributionError, printable

    try:
        yield
    except ContributionError:
        raise
    except ValueError as error:
        raise click.UsageError(printable(str(error))) from error


def progress(paths: list[Path]) -> Iterator[Path]:
    """The paths; with a progress bar on a terminal, which is loaded once the work on them has taken a second."""
    start = time.monotonic()
    for done, path in enumerate(paths):
        if time.monotonic() - start > 1 and sys.stderr.isatty():
            from tqdm import tqdm

            yield from tqdm(paths[done:], "reading", len(paths), initial=done, unit=" articles", leave=False)
            return
        yield path


def tell(line: str) -> None:
    """Say something about the work beside its result."""
    from slantbank.problem import printable

    click.echo(printable(line), err=True)


def missing_extra(error: ImportError, name: str) -> str:
    how = f"pip install 'slantbank[{name}]', or in a clone pip install -e '.[{name}]'"
    return f"{error.name} is missing; it comes with the extra {name}: {how}"


def plural(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def errors_and_warnings(problems: Any) -> str:
    counts = Counter(problem.level for problem in problems)
    files = len({problem.path for problem in problems})
    found = f"{plural(counts['error'], 'error')} and {plural(counts['warning'], 'warning')} in {plural(files, 'file')}"
    return found + f", {counts['unfinished']:,} unfinished" * bool(counts["unfinished"])


def write_summary(text: str) -> None:
    """Add a text to the summary of the step, where GitHub keeps one."""
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(text)


def absolute(path: str | Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - links are not followed, so that the check can tell of them


class Chosen(NamedTuple):
    """What a command works on: a bank, the articles to read (None: all), and the files to report on, if not all."""

    folder: Path
    articles: set[str] | None
    paths: set[Path]

    def tells(self, path: Path) -> bool:
        """Whether a file of the bank is one of those that were named."""
        place = absolute(path)
        return not self.paths or bool(self.paths & {place, *place.parents})

    def wanted(self, path: str) -> bool:
        """Whether a file is one of those that were named, by its path in the bank."""
        return self.tells(self.folder / path)


def choose(named: tuple[str, ...], bank: Path | None) -> Chosen:
    """What is named: ids of articles; articles, topics, and files of them, by their paths; banks by theirs."""
    folder, ids, articles, paths = bank, set(), set(), set()
    for name in named:
        path = absolute(name)
        inside = next((one for one in (path, *path.parents) if one.parent.name in ("articles", "topics")), None)
        if _is_bank(path, any):
            root = path
        elif inside is None or not os.path.lexists(path):
            ids.add(name)
            continue
        else:
            root = inside.parents[1]
            paths.add(path)
            articles |= {inside.name} if inside.parent.name == "articles" else set()
        if folder is not None and absolute(folder) != root:
            raise click.UsageError(f"{name} is not in the bank {folder}")
        folder = folder or (Path(os.path.relpath(root)) if root.is_relative_to(Path.cwd()) else root)
    found = bank_folder(folder)
    known = sorted(path.name for path in (found / "articles").glob("*")) if ids else []
    missing = sorted(ids.difference(known))
    if missing:
        from slantbank.problem import nearest

        raise click.UsageError(f"no article {missing[0]!r} in {found}; {nearest(missing[0], known)}")
    paths |= {absolute(found / "articles" / one) for one in ids}
    return Chosen(found, articles | ids if paths else None, paths)


def article_folder(bank: Path, article_id: str) -> Path:
    folder = bank / "articles" / Path(article_id).name
    if not os.path.isdir(folder):  # noqa: PTH112 - which is no error of a name that is too long
        from slantbank.problem import nearest

        known = sorted(path.name for path in (bank / "articles").glob("*") if path.is_dir())
        raise click.UsageError(f"no article {article_id!r} in {bank}; {nearest(Path(article_id).name, known)}")
    return folder


def frames_of(bank: Path | None, *, built: bool = False) -> Any:
    """The frames of a bank as its files are: read from Parquet where nothing has changed since they were built, else made anew.

    The shipped bank, one without article folders, and on request any is read as it was `built`.
    """
    from slantbank import frames

    folder = bank_folder(bank)
    if built or _is_shipped(folder) or not any((folder / "articles").glob("*/")):
        return _as_built(folder)
    changed = frames.outdated(folder)
    if changed == []:
        return _as_built(folder)
    from slantbank import publish

    if changed:
        more = f" and {len(changed) - 1:,} more" if len(changed) > 1 else ""
        tell(f"{changed[0]}{more} changed since the last build: read from the bank's files")
    return publish.tabulate(folder, progress=progress, tell=tell)


def _as_built(folder: Path) -> Any:
    """The frames of a built bank; warn of files that are not as their build wrote them."""
    from slantbank import frames

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", UserWarning)
        loaded = frames.load_all(folder, collection=None)
    for one in told:
        tell(str(one.message))
    return loaded


COLLECTION = click.option("--collection", metavar="NAME", help="Of this collection alone; `core` if left out, `all` for all.")


def of_collection(frames: Any, name: str | None) -> Any:
    """The frames' rows of the collection called so, for `all` of every one; without a name of `core`, or the only one there is."""
    from slantbank.codebook import ALL, CORE
    from slantbank.problem import nearest

    known = sorted(set(frames["articles"]["collection"]))
    if name == ALL or (name is None and len(known) < 2):
        return frames
    if name is None and CORE not in known:
        raise click.UsageError(f"name a --collection: {', '.join(known)}, or {ALL}")
    if name is not None and name not in known:
        raise click.UsageError(f"no collection {name!r}; {nearest(name, [*known, ALL])}")
    return {frame: rows.filter(collection=name or CORE) for frame, rows in frames.items()}
