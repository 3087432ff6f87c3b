"""The command line: parse, call, print. Exit code 0: all well, 1: findings, 2: wrong usage, 3: a fault of slantbank itself."""

import itertools
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import click

BANK = click.option(
    "--bank", type=click.Path(path_type=Path, file_okay=False), help="Folder of the bank; else ./data, ., or the one shipped."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="slantbank")
def cli() -> None:
    """Articles labelled sentence by sentence, so that accounts of one event can be laid side by side."""


def main() -> None:
    """Run the command line."""
    try:
        cli.main(standalone_mode=True)
    except OSError as error:
        click.echo(f"slantbank: {error}", err=True)
        sys.exit(3)
    except Exception as error:  # noqa: BLE001 - the one place where a fault of slantbank itself is told as such
        if os.environ.get("SLANTBANK_TRACEBACK"):
            import traceback

            traceback.print_exc()
        from slantbank.problem import printable

        click.echo(f"slantbank: internal fault: {type(error).__name__}: {printable(str(error))}", err=True)
        click.echo("Please report it; SLANTBANK_TRACEBACK=1 shows where it arose.", err=True)
        sys.exit(3)


def _bank(bank: Path | None) -> Path:
    """The bank that a command works on: as given, in the working folder, or the shipped one."""
    if bank is not None:
        if not any((bank / part).is_dir() for part in ("topics", "articles")):
            raise click.UsageError(f"{bank} is no bank: it has neither topics/ nor articles/")
        return bank
    for folder in (Path("data"), Path()):
        if (folder / "topics").is_dir() and (folder / "articles").is_dir():
            return folder
    from slantbank import frames

    return Path(frames.path()) / "data"


def _show(problems: Any, *, err: bool = False) -> None:
    from slantbank.problem import show

    for problem in problems:
        first, *rest = show(problem).split("\n")
        place, level, message = first.partition(f": {problem.level} ")
        colour = "red" if problem.level == "error" else "yellow"
        click.echo(click.style(place, bold=True) + click.style(level, fg=colour) + message, err=err)
        for line in rest:
            click.echo(line if "^" not in line else click.style(line, fg=colour), err=err)


@contextmanager
def _contributions() -> Iterator[None]:
    """Tell the problems of a bank that cannot be used, and end with exit code 1."""
    from slantbank.problem import ContributionError, printable

    try:
        yield
    except ContributionError as error:
        _show(error.problems, err=True)
        click.echo(_count(error.problems), err=True)
        sys.exit(1)
    except (FileNotFoundError, FileExistsError, PermissionError, IsADirectoryError, NotADirectoryError) as error:
        click.echo(f"slantbank: {printable(str(error))}", err=True)
        sys.exit(1)


@contextmanager
def _usage() -> Iterator[None]:
    """Tell a value that cannot be used as wrong usage; the problems of a bank are none."""
    from slantbank.problem import ContributionError, printable

    try:
        yield
    except ContributionError:
        raise
    except ValueError as error:
        raise click.UsageError(printable(str(error))) from error


def _progress(paths: list[Path]) -> Iterator[Path]:
    """The paths; with a progress bar on a terminal, which is loaded once the work on them has taken a second."""
    start = time.monotonic()
    for done, path in enumerate(paths):
        if time.monotonic() - start > 1 and sys.stderr.isatty():
            from tqdm import tqdm

            yield from tqdm(paths[done:], "reading", len(paths), initial=done, unit=" articles", leave=False)
            return
        yield path


def _extra(error: ImportError, name: str) -> str:
    how = f"pip install 'slantbank[{name}]', or in a clone pip install -e '.[{name}]'"
    return f"{error.name} is missing; it comes with the extra {name}: {how}"


def _plural(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _count(problems: Any) -> str:
    errors = sum(problem.level == "error" for problem in problems)
    files = len({problem.path for problem in problems})
    return f"{_plural(errors, 'error')} and {_plural(len(problems) - errors, 'warning')} in {_plural(files, 'file')}"


def _absolute(path: str | Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - links are not followed, so that the check can tell of them


class _Chosen(NamedTuple):
    """What a command is to work on: a bank, the articles of it that are read (None for all), and the files told of, if not all."""

    folder: Path
    articles: set[str] | None
    paths: set[Path]

    def tells(self, path: Path) -> bool:
        """Whether a file of the bank is one of those that were named."""
        absolute = _absolute(path)
        return not self.paths or bool(self.paths & {absolute, *absolute.parents})


def _chosen(named: tuple[str, ...], bank: Path | None) -> _Chosen:
    """What is named: ids of articles; articles, topics, and files of them, by their paths; banks by theirs."""
    folder, ids, articles, paths = bank, set(), set(), set()
    for name in named:
        path = _absolute(name)
        inside = next((one for one in (path, *path.parents) if one.parent.name in ("articles", "topics")), None)
        if any((path / part).is_dir() for part in ("topics", "articles")):
            root = path
        elif inside is None or not os.path.lexists(path):
            ids.add(name)
            continue
        else:
            root = inside.parents[1]
            paths.add(path)
            articles |= {inside.name} if inside.parent.name == "articles" else set()
        if folder is not None and _absolute(folder) != root:
            raise click.UsageError(f"{name} is not in the bank {folder}")
        folder = folder or (Path(os.path.relpath(root)) if root.is_relative_to(Path.cwd()) else root)
    found = folder or _bank(None)
    known = sorted(path.name for path in (found / "articles").glob("*")) if ids else []
    missing = sorted(ids.difference(known))
    if missing:
        from slantbank.problem import nearest

        raise click.UsageError(f"no article {missing[0]!r} in {found}; {nearest(missing[0], known)}")
    paths |= {_absolute(found / "articles" / one) for one in ids}
    return _Chosen(found, articles | ids if paths else None, paths)


@cli.command()
@click.argument("articles", nargs=-1, metavar="[ARTICLE]...")
@BANK
@click.option("--full", is_flag=True, help="Build the frames and have pandera judge them too, as build does.")
@click.option("--select", multiple=True, metavar="CODE", help="Only rules whose code starts so; may be given more than once.")
@click.option("--ignore", multiple=True, metavar="CODE", help="All but these; the build does not ignore them.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "github", "sarif", "junit"]),
    help="text; github when GITHUB_ACTIONS is set.",
)
@click.option("--fix", is_flag=True, help="Put right what needs no decision, and tell what is left.")
@click.option("--diff", is_flag=True, help="With --fix: write nothing, show what it would write.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes, until Ctrl-C.")
def check(
    articles: tuple[str, ...],
    bank: Path | None,
    full: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    style: str | None,
    fix: bool,
    diff: bool,
    watch: bool,
) -> None:
    """Check a bank, or some ARTICLEs of it (ids, folders, or files in them): every problem of every file, with its place.

    A problem that says [fixable] is one that --fix puts right without a decision.
    """
    from slantbank import bank as banks
    from slantbank.rules import check as find

    _codes(select + ignore)
    if watch and (fix or diff or style):
        raise click.UsageError("--watch goes with none of --fix, --diff and --format")
    if diff and not fix:
        raise click.UsageError("--diff shows what --fix would write; give both")
    chosen = _chosen(articles, bank)
    if all(path.parent.name == "articles" for path in chosen.paths):
        chosen = chosen._replace(paths=set())  # what is told of articles is told of their topics, too

    def problems(folder: Path = chosen.folder) -> list[Any]:
        try:
            found = banks.draft(folder, chosen.articles, _progress)
        except NotADirectoryError as error:
            raise click.UsageError(str(error)) from error
        looked_at[:] = [len(found.articles), sum(len(draft.annotations) for draft in found.articles.values()), len(found.topics)]
        return [
            problem
            for problem in find(found, full=full)
            if (not select or problem.code.startswith(select))
            and not (ignore and problem.code.startswith(ignore))
            and chosen.tells(chosen.folder / problem.path)
        ]

    def tell(left: Sequence[Any], style: str) -> int:
        _tell(list(left), style, chosen.folder)
        if left:
            fixable = sum(problem.fix is not None for problem in left)
            click.echo(_count(left) + (f"; {fixable:,} fixable with --fix" if fixable else ""), err=True)
        else:
            counted = ", ".join(map(_plural, looked_at, ("article", "annotation", "topic")))
            click.echo(f"{counted}: no problems", err=style in ("json", "sarif", "junit"))
        return int(any(not problem.codebook for problem in left))  # an older codebook's labels are warned about alone

    looked_at: list[int] = []
    style = style or ("github" if os.environ.get("GITHUB_ACTIONS") else "text")
    if watch:
        sys.exit(_watch(chosen.folder, lambda: tell(problems(), "text")))
    if not fix:
        sys.exit(tell(problems(), style))
    from slantbank import rules
    from slantbank.curate import diff as shown

    result = rules.rehearse(chosen.folder, chosen.articles, problems) if diff else rules.fix(chosen.folder, problems)
    click.echo(shown(result.changes) if diff else "", nl=False, err=style != "text")
    how = "would be fixed" if diff else "fixed"
    click.echo(f"{result.fixed:,} {how} in {_plural(len(result.changes), 'file')}, {len(result.left):,} left", err=True)
    sys.exit(tell(result.left, style))


_POLL_SECONDS = 0.3


def _watch(folder: Path, run: Callable[[], int]) -> int:
    """Run whenever a file of the bank has changed, on a cleared screen, until Ctrl-C; what the last run returned."""
    before, result = None, 0
    try:
        while True:
            now = {}
            for path in (*folder.glob("topics/*"), *folder.glob("articles/**/*")):
                with suppress(OSError):  # it may go while it is looked at
                    now[path] = (path.stat().st_mtime_ns, path.stat().st_size)
            if now != before:
                before = now
                click.clear()
                click.echo(time.strftime("%H:%M:%S  ") + f"checking {folder}\n")
                result = run()
                click.echo("\nwaiting for changes; Ctrl-C ends")
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        return result


@cli.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@BANK
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 if anything would change.")
@click.option("--diff", "show_diff", is_flag=True, help="Write nothing; show what would change.")
def fmt(paths: tuple[str, ...], bank: Path | None, only_check: bool, show_diff: bool) -> None:
    """Lay the TOML files out alike: those of a bank, or of PATHs in it. Values and comments stay.

    Where lines of article.txt were joined or split, labels are carried along to the sentences that stand there now.
    """
    from slantbank import bank as banks
    from slantbank import curate
    from slantbank.problem import printable

    chosen = _chosen(paths, bank)
    result = curate.fmt(banks.draft(chosen.folder, chosen.articles, _progress), chosen.tells)
    _tell(sorted(result.problems), "text", chosen.folder)
    if show_diff:
        click.echo(curate.diff(result.changes), nl=False)
    for remark in result.remarks:
        click.echo(printable(remark), err=True)
    dry = only_check or show_diff
    if not dry:
        curate.write(result.changes)
    for change in result.changes if not show_diff else ():
        click.echo(f"{'would change' if dry else 'changed'}: {printable(str(change.path))}")
    click.echo(f"{_plural(result.files, 'file')}, {len(result.changes):,} {'to change' if dry else 'changed'}", err=True)
    if result.problems or (dry and result.changes):
        sys.exit(1)


def _codes(codes: tuple[str, ...]) -> None:
    from slantbank.problem import nearest
    from slantbank.rules import RULES

    for code in codes:
        if not any(known.startswith(code) for known in RULES):
            raise click.UsageError(f"no rule {code!r}; {nearest(code, list(RULES))}")


def _tell(problems: list[Any], style: str, folder: Path) -> None:
    """Print the problems, their paths as seen from here; on GitHub, write all of them to the summary of the step, too."""
    from slantbank.rules import formats

    here = Path(os.path.relpath(folder))
    problems = formats.within(folder.resolve() if here.parts[:1] == ("..",) and style == "text" else here, problems)
    if style == "text":
        _show(problems)
        return
    click.echo(formats.FORMATS[style](problems), nl=False)
    if (summary := os.environ.get("GITHUB_STEP_SUMMARY")) and style == "github":
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(formats.summary(problems))


@cli.command()
@click.argument("revision", metavar="REV")
@BANK
@click.option("--require-version", is_flag=True, help="Exit 1 if the bank's changelog has too low a version for the changes.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "markdown", "json", "github"]),
    help="text; github when GITHUB_ACTIONS is set: annotations, and a summary of the step.",
)
def diff(revision: str, bank: Path | None, require_version: bool, style: str | None) -> None:
    """Tell what changed in a bank since REV, a revision of its git repository, and what its data version must be.

    Labels are compared sentence by sentence, annotator by annotator; sentences are aligned by their text. What git would
    add that is no plain file of a bank is a problem.
    """
    from slantbank import history
    from slantbank.history import review
    from slantbank.rules import formats

    folder = _bank(bank)
    style = style or ("github" if os.environ.get("GITHUB_ACTIONS") else "text")
    try:
        with _usage():
            found = history.diff(folder, revision)
    except OSError as error:
        click.echo(f"slantbank: {error}", err=True)
        sys.exit(3)
    problems = found.problems + (history.version_problems(found, folder) if require_version else [])
    problems = formats.within(Path(os.path.relpath(folder)), problems)
    if style == "github":
        click.echo(formats.FORMATS["github"](problems), nl=False)
        if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(review.markdown(found, problems))
    else:
        click.echo(review.FORMATS[style](found, problems), nl=False)
        _show(problems, err=True)
    if problems:
        click.echo(_count(problems), err=True)
        sys.exit(1)


@cli.command()
@click.argument("rule", required=False)
@click.option("--all", "everything", is_flag=True, help="The whole rule book.")
def explain(rule: str | None, everything: bool) -> None:
    """Explain a RULE: why it is there, and what keeps it and breaks it.

    A rule of `slantbank check` goes by its code or name, a decision rule of the codebook by its number, as 3.2.
    """
    from slantbank import rules

    if everything == bool(rule):
        raise click.UsageError("name one rule, or ask for --all")
    try:
        click.echo(rules.explain(rule) if rule else rules.rulebook(), nl=False)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


@cli.command()
@click.argument("shards", nargs=-1, metavar="[SHARD]...")
@BANK
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 if a build would change anything.")
@click.option("--card", is_flag=True, help="Make a dataset card (README.md) for a bank that has none.")
@click.option("--into", metavar="FOLDER", help="Of shards: the folder or URL to write to. The same command again goes on.")
@click.option("--topic", "topic_id", help="Of shards: id of the topic of articles that name none.")
@click.option("--language", help="Of shards: language of articles that name none; else en.")
@click.option("--engine", type=click.Choice(["local", "dask"]), help="Of shards: where the work is done; else local.")
@click.option("--workers", type=click.IntRange(min=1), help="Of shards: how many processes; else as many as cores.")
@click.option("--address", help="Of shards: the Dask scheduler, as tcp://host:8786; else a cluster is started here.")
def build(shards: tuple[str, ...], bank: Path | None, only_check: bool, card: bool, **crawl: Any) -> None:
    """Build the bank's Parquet files, and its dataset card if it has one, from its articles.

    Or from SHARDs of a crawl: files of articles in JSON Lines, Parquet or WARC, folders or patterns of them, here or on
    object storage; the topics are the bank's. See docs/scale.md.
    """
    if shards:
        if only_check or card or crawl["into"] is None:
            raise click.UsageError("shards are built --into a folder, and without --check or --card")
        _build_shards(shards, _bank(bank), **crawl)
        return
    if given := next((name for name, value in crawl.items() if value is not None), None):
        raise click.UsageError(f"--{given.removesuffix('_id')} is for shards, and none is named")
    from slantbank import publish

    folder = _bank(bank)
    with _contributions():
        if only_check:
            changes = publish.stale(folder, progress=_progress)
            for change in changes:
                click.echo(f"stale: {change}; run `slantbank build`", err=True)
            if changes:
                sys.exit(1)
            click.echo("the Parquet files and the card are up to date")
        else:
            frames = publish.build(folder, card=card, progress=_progress)
            one = {"parties": "party"}
            rows = ", ".join(
                f"{frame.height:,} {name if frame.height != 1 else one.get(name, name[:-1])}" for name, frame in frames.items()
            )
            click.echo(f"{folder / 'parquet'}: {rows}")


_SHOWN = 20
"""How many of the records that were refused are shown; the files have them all."""


def _build_shards(
    shards: tuple[str, ...],
    bank: Path,
    into: str,
    topic_id: str | None,
    language: str | None,
    engine: str | None,
    workers: int | None,
    address: str | None,
) -> None:
    """Build the shards of a crawl, and tell what was refused."""
    from slantbank import bank as banks
    from slantbank import crawl
    from slantbank.crawl import engine as engines
    from slantbank.problem import ContributionError, nearest, printable

    if address and engine != "dask":
        raise click.UsageError("--address is of a Dask scheduler: say --engine dask")
    drafts = banks.draft(bank, only=()).topics.values()
    with _contributions():
        if faulty := [problem for draft in drafts for problem in draft.problems]:
            raise ContributionError(faulty)
    topics = {draft.value.id: draft.value for draft in drafts if draft.value is not None}
    if topic_id is not None and topic_id not in topics:
        raise click.UsageError(f"no topic {topic_id!r} in {bank}; {nearest(topic_id, sorted(topics))}")
    count = workers or len(os.sched_getaffinity(0) if sys.platform == "linux" else range(os.cpu_count() or 1))
    try:
        with _usage(), engines.dask(address, count) if engine == "dask" else engines.local(count) as run:
            found = crawl.shards(shards)
            done = crawl.build(found, into, topics.values(), topic=topic_id, language=language or "en", run=run, progress=_stage)
    except ModuleNotFoundError as error:
        raise click.UsageError(_extra(error, "dist" if error.name in ("dask", "distributed") else "web")) from error
    except OSError as error:
        click.echo(f"slantbank: {printable(str(error))}", err=True)
        sys.exit(3)
    first = itertools.islice(done.problems(into), _SHOWN)
    _show([*done.failed, *first], err=True)
    click.echo(
        f"{into}: {_plural(done.total('articles'), 'article')}, {_plural(done.total('sentences'), 'sentence')} "
        f"of {_plural(len(done.reports), 'shard')}"
    )
    if done.ignored:
        click.echo("keys ignored: " + ", ".join(f"{printable(name)} ({count:,})" for name, count in done.ignored.most_common(10)))
    if done.passed_over:
        kinds = ", ".join(f"{name} ({count:,})" for name, count in done.passed_over.most_common())
        click.echo(f"records without a page passed over: {kinds}")
    if done.refused:
        codes = ", ".join(f"{count:,} {code}" for code, count in sorted(done.refused.items()))
        click.echo(f"{_plural(done.refused.total(), 'record')} refused ({codes}); {into}/refused/ names each", err=True)
    if done.failed:
        click.echo(f"{_plural(len(done.failed), 'shard')} could not be read; the same command tries again", err=True)
    if done.refused or done.failed:
        sys.exit(1)


def _stage(results: Iterable[Any], total: int, what: str) -> Iterable[Any]:
    """A progress bar over the results of a stage, with rate and time left, on a terminal."""
    from tqdm import tqdm

    bar: Iterable[Any] = tqdm(results, total=total, desc=what, unit="", delay=1, disable=None, leave=False, smoothing=0.05)
    return bar


@cli.command()
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False), default=Path(), show_default=True, help="Root of the repository."
)
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 if anything is not as rendered.")
@click.option("--schemas", is_flag=True, help="The JSON Schemas alone, as schema/ of a bank of your own (--into BANK).")
def render(into: Path, only_check: bool, schemas: bool) -> None:
    """Render the codebook, columns, JSON Schemas and rule book and reference from the code; `build` renders the card."""
    from slantbank import publish

    if only_check:
        changes = publish.stale_rendered(into, cli)
        for change in changes:
            click.echo(f"stale: {change}; run `slantbank render`", err=True)
        if changes:
            sys.exit(1)
    for path in [] if only_check else publish.write_rendered(into, cli, ".schema.json" if schemas else ""):
        click.echo(f"written: {path}")


@cli.command()
@click.argument("original")
@click.option("--id", "article_id", required=True, help="Id of the article, and name of its folder.")
@click.option("--topic", "topic_id", required=True, help="Id of its topic, a file in topics/.")
@click.option("--annotator", required=True, help="Id of the annotator, and name of the annotation file.")
@click.option("--kind", type=click.Choice(["human", "model"]), default="human", show_default=True)
@click.option("--origin", type=click.Choice(["published", "constructed"]), default="published", show_default=True)
@click.option("--language", help="Language tag; else as found, else en.")
@click.option("--wrapped", is_flag=True, help="The text's lines are wrapped: blank lines part its paragraphs.")
@click.option("--title", help="The headline, where the original has none or a wrong one; not for plain text.")
@click.option("--outlet")
@click.option("--author")
@click.option("--published", type=click.DateTime(["%Y-%m-%d"]), help="Day of publication, as 2017-07-03.")
@click.option("--url")
@BANK
def new(
    original: str,
    article_id: str,
    topic_id: str,
    annotator: str,
    published: Any,
    kind: str,
    origin: str,
    title: str | None,
    wrapped: bool,
    bank: Path | None,
    **details: Any,
) -> None:
    """Take in the article in ORIGINAL: its folder, with an empty annotation sheet.

    ORIGINAL is a text file (UTF-8), - for standard input, or, with slantbank[web], an .html, .md or .docx file or an http(s)
    address. What is extracted from these is to be confirmed in article.toml; options come before it.
    """
    from pydantic import ValidationError

    from slantbank.bank import article, topic
    from slantbank.codebook import AnnotatorKind, Origin
    from slantbank.curate import new as make
    from slantbank.problem import nearest

    folder = _bank(bank)
    known = {path.stem: path for path in (folder / "topics").glob("*.toml")}
    if topic_id not in known:
        raise click.UsageError(f"no topic {topic_id!r} in {folder / 'topics'}; {nearest(topic_id, sorted(known))}")
    target = folder / "articles" / article_id
    given = {name: value for name, value in details.items() if value is not None}
    if published:
        given["published"] = published.date()
    with _contributions(), _usage():
        found = _original(original, title)
        if wrapped and found.extracted:
            raise click.UsageError("--wrapped is for plain text")
        try:
            files = make(
                found.text,
                topic.read(known[topic_id]),
                article_id,
                annotator,
                kind=AnnotatorKind(kind),
                origin=Origin(origin),
                wrapped=wrapped,
                extracted=[name for name in found.extracted if name not in given and not (title and name == "title")],
                note=found.note,
                **{**found.metadata, **given},
            )
        except ValidationError as error:
            fault = error.errors()[0]
            name = "-".join(str(part) for part in fault["loc"])
            form = name == "id" and fault["type"] == "string_pattern_mismatch"
            wanted = "use small letters, digits and single hyphens, as in 2017-07-my-article" if form else fault["msg"]
            raise click.UsageError(f"{name} {fault['input']!r}: {wanted}") from error
        article.write_files(files, target)
    click.echo(f"{target}: {files['article.txt'].count(chr(10)) - files['article.txt'].count(chr(10) * 2)} sentences")
    if found.extracted:
        click.echo(
            "Compare the text with the original: what extraction left out is not known. Then confirm `extracted` in article.toml."
        )
    click.echo(f"Correct sentence boundaries in article.txt first, then fill in annotations/{annotator}.toml, then:")
    click.echo(f"  slantbank check {target}")


def _original(name: str, title: str | None) -> Any:
    """The original in a file, on standard input, or at an address; only an address touches the network."""
    from slantbank.curate import extract as original
    from slantbank.curate import web
    from slantbank.problem import printable

    try:
        if "://" in name:
            return original.read_page(web.fetch(name), name, title=title)
        file = click.File("rb").convert(name, None, click.get_current_context())
        return original.read("standard input" if name == "-" else name, file.read(original.MOST + 1), title=title)
    except ValueError as error:
        raise click.UsageError(printable(str(error))) from error
    except ImportError as error:
        raise click.UsageError(_extra(error, "web")) from error
    except web.FetchError as error:
        click.echo(f"slantbank: {printable(str(error))}", err=True)
        sys.exit(3)


@cli.command("import")
@click.argument("corpus")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder of the bank to write to.")
@click.option("--strict", is_flag=True, help="Stop at the first thing that cannot be read.")
@click.option("--parquet", is_flag=True, help="Straight to Parquet, without article folders; resumes where it was stopped.")
def import_(corpus: str, path: Path, into: Path, strict: bool, parquet: bool) -> None:
    """Make a bank of your own copy of a published CORPUS, or of a table: see docs/importers.md.

    What was mapped, dropped and could not be read is listed. A later `build` of the bank replaces what --parquet wrote.
    What an annotation tool exported (label-studio, doccano) comes into the articles of the bank: see docs/exchange.md.
    """
    from slantbank import exchange, importers
    from slantbank.problem import nearest, printable

    known = [*importers.IMPORTERS, *(name for name, tool in exchange.TOOLS.items() if tool.read)]
    if corpus not in known:
        raise click.UsageError(f"no importer {corpus!r}; {nearest(corpus, known)}")
    if parquet and corpus in exchange.TOOLS:
        raise click.UsageError(f"what {corpus} exported goes into the articles of a bank, not straight to Parquet")
    make = importers.to_parquet if parquet else exchange.run if corpus in exchange.TOOLS else importers.run
    with _contributions(), _usage():
        report = make(corpus, path, into, strict=strict, progress=_progress)
    for remark in report.remarks:
        click.echo(printable(str(remark)), err=True)
    for line in report.summary:
        click.echo(printable(line))
    if any(kind == "unread" for kind, _ in report.counts):
        sys.exit(1)


@cli.command()
@click.argument("article_id", metavar="ARTICLE")
@click.option("--annotator", required=True, help="Id of the annotator, and name of the annotation file.")
@click.option("--kind", type=click.Choice(["human", "model"]), default="human", show_default=True)
@BANK
def sheet(article_id: str, annotator: str, kind: str, bank: Path | None) -> None:
    """Make an empty annotation sheet for another annotator of an ARTICLE (id), and list the annotator in article.toml."""
    from slantbank import curate
    from slantbank.codebook import AnnotatorKind

    folder = _article(_bank(bank), article_id)
    with _contributions(), _usage():
        path = curate.add_annotator(folder, annotator, AnnotatorKind(kind))
    click.echo(f"{path}: fill it in, then run `slantbank check {folder}`")


@cli.command()
@click.argument("article_id", metavar="ARTICLE")
@BANK
def adjudicate(article_id: str, bank: Path | None) -> None:
    """Decide what the coders of an ARTICLE (id) differ on: the disputes, the rules, and a first gold to decide in.

    A gold file that is there is never changed; what is left to do in it is listed, and only that. Exit code 1 while anything is.
    """
    from slantbank import curate
    from slantbank.codebook import DECISION_RULES
    from slantbank.problem import printable

    folder = _article(_bank(bank), article_id)
    with _contributions(), _usage():
        found = curate.state(folder)
        undone = {place: disputes for place, disputes in found.disputes.items() if found.gold is None or place in found.left}
        for place, disputes in undone.items():
            click.echo(click.style(f"[{place}] ", bold=True) + printable(found.texts[place]))
            for dispute in disputes:
                click.echo(f"    {printable(str(dispute))}  (rules {', '.join(dispute.rules)})")
        rules = {number for disputes in undone.values() for dispute in disputes for number in dispute.rules}
        if rules:
            click.echo("".join(f"\n  {number:<4} {DECISION_RULES[number]}" for number in DECISION_RULES if number in rules))
        click.echo(f"\n{_plural(sum(map(len, found.disputes.values())), 'dispute')} on {_plural(len(found.disputes), 'sentence')}")
        if found.gold is None:
            click.echo(f"written: {curate.write_first_gold(folder, found)}; decide what is listed in `undecided`")
        for place, todo in found.left.items():
            click.echo(printable(f"left: sentence {place}: {'; '.join(todo)}"))
    if found.left or found.gold is None:
        sys.exit(1)
    click.echo("gold.toml decides every sentence")


INTO = click.option("--into", type=click.Path(path_type=Path, file_okay=False), help="Folder of the bank to write to.")


@cli.command()
@click.argument("article_ids", nargs=-1, required=True, metavar="ARTICLE...")
@INTO
@click.option("--in-place", is_flag=True, help="Instead of --into: replace the articles, whose words are then gone from here.")
@BANK
def strip(article_ids: tuple[str, ...], into: Path | None, in_place: bool, bank: Path | None) -> None:
    """Withhold the text of ARTICLEs (ids) that may not be redistributed: masks in place of words, labels as they were.

    Notes, which may quote the text, are left out. Metadata and built files stay: see CONTRIBUTING.md on what can still be known.
    """
    from slantbank.bank import withheld

    if in_place == (into is not None):
        raise click.UsageError("say where to write: --into a bank (the articles stay as they are here), or --in-place")
    folder = _bank(bank)
    with _contributions(), _usage():
        done = [withheld.strip(*one) for one in _sound(folder, article_ids)]
        targets = withheld.put([one.article for one in done], folder, into)
    for stripped, target in zip(done, targets, strict=True):
        click.echo(f"{target}: {_plural(len(stripped.article.sentences), 'sentence')} withheld")
        for (file, what), count in sorted(stripped.left_out.items()):
            click.echo(f"  left out of {file}: {_plural(count, what)}")
    if in_place:
        click.echo("Keep a copy of the texts elsewhere. The built Parquet files, and the history of git, still hold them;")
        click.echo("`slantbank build` takes them out of the former.")


@cli.command()
@click.argument("article_id", metavar="ARTICLE")
@click.option("--text", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=True, help="Your copy (UTF-8).")
@INTO
@BANK
def hydrate(article_id: str, text: Path, into: Path | None, bank: Path | None) -> None:
    """Put the words of an ARTICLE (id) whose text is withheld back, from your own copy; each sentence is verified by its hash.

    The copy may be wrapped otherwise, and have more text before, between and after. Without --into the article is replaced.
    """
    from slantbank.bank import article, toml, withheld

    folder = _bank(bank)
    with _contributions(), _usage():
        _sound(folder, [article_id])
        found = _article(folder, article_id)
        copy = toml.read_text(text, str(text))
        one = withheld.hydrate(article.draft(found, str(found)), copy)
        (target,) = withheld.put([one], folder, into)
    click.echo(f"{target}: {_plural(len(one.sentences), 'sentence')} restored, each verified by its hash")
    if one.source != copy.text:
        click.echo(f"{text} is not the file that was taken in: source.txt is now as article.txt, and source_sha256 is its hash")


def _sound(folder: Path, article_ids: Iterable[str]) -> list[tuple[Any, Any]]:
    """The articles named, each with its topic. Raises ContributionError if the check finds an error in them."""
    from slantbank import bank as banks
    from slantbank.problem import ContributionError
    from slantbank.rules import check, formats

    found = banks.draft(folder, {_article(folder, article_id).name for article_id in article_ids})
    errors = [problem for problem in check(found) if problem.level == "error"]
    if errors:
        raise ContributionError(formats.within(folder, errors))
    articles = [draft.article for draft in found.articles.values()]
    return [(one, found.topics[one.meta.topic].value) for one in articles if one is not None]


def _article(bank: Path, article_id: str) -> Path:
    folder = bank / "articles" / Path(article_id).name
    if not folder.is_dir():
        from slantbank.problem import nearest

        known = sorted(path.name for path in (bank / "articles").glob("*") if path.is_dir())
        raise click.UsageError(f"no article {article_id!r} in {bank}; {nearest(Path(article_id).name, known)}")
    return folder


FORMATS = click.option(
    "--format", "style", type=click.Choice(["table", "markdown", "json", "csv", "parquet"]), default="table", show_default=True
)
OUTPUT = click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file.")


def _frames(bank: Path | None) -> Any:
    """The built frames of a bank. Those of the shipped bank and of a folder that has been built are read from Parquet."""
    from slantbank import frames

    folder = _bank(bank)
    if frames.outdated(folder):
        click.echo("Annotations were edited after the last build; `slantbank build` brings them in.", err=True)
    loaded = frames.load_all(folder)
    if named := frames.withheld_since(folder, loaded["articles"]):
        raise click.ClickException(f"the text of {named[0]} is withheld, and the files built before hold it; run `slantbank build`")
    return loaded


def _put(frame: Any, style: str, output: Path | None) -> None:
    """Write a frame in a format that other programs read."""
    if style == "parquet":
        if output is None:
            raise click.UsageError("--format parquet needs --output")
        frame.write_parquet(output)
        return
    from slantbank.show import terminal as table

    text = table.markdown(frame) if style == "markdown" else frame.write_json() if style == "json" else frame.write_csv()
    _write(text.rstrip("\n"), output, exact=style != "markdown")


def _write(text: str, output: Path | None, *, exact: bool = False) -> None:
    """Print a text or write it to a file: `exact`, for programs, or for people, with nothing in it that a terminal obeys."""
    from slantbank.problem import printable

    text = text if exact else "\n".join(map(printable, text.split("\n")))
    if output is None:
        click.echo(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")


@cli.command()
@click.argument("only", nargs=-1, metavar="[TOPIC|ARTICLE]...")
@click.option("--by", default="article_id", show_default=True, help="A column of `articles` to group by: outlet, origin, …")
@click.option(
    "--show",
    type=click.Choice(["values", "differences", "distances", "facts", "coders"]),
    default="values",
    show_default=True,
    help="The measures; tests of how groups differ; how far apart they are; who reports what; how far it hangs on the coder.",
)
@click.option("--measure", "measures", multiple=True, help="A measure; may be given more than once. Otherwise the main ones.")
@click.option("--all", "everything", is_flag=True, help="Every measure.")
@click.option("--explain", metavar="ITEM", help="The sentences behind the one --measure of the one ARTICLE; ITEM, or '' for all.")
@click.option("--headline", is_flag=True, help="The headlines alone, instead of the bodies.")
@click.option("--replicates", default=1000, show_default=True, help="Bootstrap replicates; 0 for no intervals.")
@click.option("--seed", default=20171, show_default=True)
@click.option("--coders", is_flag=True, help="From the coders' own labels; coders are resampled too.")
@FORMATS
@OUTPUT
@BANK
def compare(
    only: tuple[str, ...],
    by: str,
    show: str,
    measures: tuple[str, ...],
    everything: bool,
    explain: str | None,
    headline: bool,
    replicates: int,
    seed: int,
    coders: bool,
    style: str,
    output: Path | None,
    bank: Path | None,
) -> None:
    """Compare accounts: the bank's articles, or those of some TOPICs, or some ARTICLEs (ids)."""
    from slantbank import measure
    from slantbank.show import terminal as table

    common: dict[str, Any] = {"only": only or None, "headline": headline}
    width = shutil.get_terminal_size((80, 24)).columns
    with _contributions(), _usage():
        frames = _frames(bank)
        measures = tuple(name.replace(" ", "_") for name in measures)
        asked = table.within(frames, only)
        chosen = None if everything else measures or table.main(asked["articles"])
        columns: list[str] = []
        if coders and (show != "values" or explain is not None):
            raise click.UsageError("--coders goes with the measures alone, without --show and --explain")
        if explain is not None:
            if len(only) != 1 or len(measures) != 1:
                raise click.UsageError("--explain wants one ARTICLE and one --measure")
            found = measure.evidence(frames, only[0], measures[0], explain or None, headline=headline)
            columns = ["n", "item", "contribution", "text"]
        elif show == "differences":
            found = measure.differences(frames, by, measures=chosen, seed=seed, **common)
            columns = ["a", "b", "measure", "item", "difference", "p", "p_holm"]
        elif show == "distances":
            found = measure.distances(frames, by, seed=seed, **common)
            columns = ["a", "b", "label", "distance", "chance", "p"]
        elif show == "facts":
            found = measure.coverage(frames, only=only or None)
            columns = ["fact_id", "article_id", "reported", "words"]
        elif show == "coders":
            found = measure.by_coder(frames, by, measures=chosen, **common)
            columns = [by, "measure", "item", "gold", "lowest", "highest"]
        else:
            found = measure.compare(frames, by, measures=chosen, replicates=replicates, seed=seed, coders=coders, **common)
    if style != "table":
        _put(found, style, output)
    elif columns:
        _write(table.plain(found, frames["articles"], "article_id" if explain is not None else by, columns, width), output)
    else:
        _write(table.comparison(frames, found, by, width, [] if coders else table.partial(asked["sentences"])), output)


@cli.command()
@click.option("--by-article", is_flag=True, help="Each article for itself, too.")
@click.option("--replicates", default=1000, show_default=True, help="Bootstrap replicates; 0 for no intervals.")
@click.option("--seed", default=20171, show_default=True)
@click.option("--coders", is_flag=True, help="How far each coder agrees with the others instead: who stands out.")
@FORMATS
@OUTPUT
@BANK
def agreement(
    by_article: bool, replicates: int, seed: int, coders: bool, style: str, output: Path | None, bank: Path | None
) -> None:
    """Tell how far the coders of a bank agree, layer by layer, with intervals."""
    from slantbank import measure
    from slantbank.show import terminal as table

    with _contributions():
        frames = _frames(bank)
        if coders:
            found = measure.outliers(frames)
        else:
            found = measure.agreement(frames, by="article_id" if by_article else None, replicates=replicates, seed=seed)
        if style == "table":
            _write(table.outliers(found) if coders else table.agreement(found), output)
        else:
            _put(found, style, output)


@cli.command()
@click.argument("form", metavar="FORMAT")
@click.argument("articles", nargs=-1, metavar="[ARTICLE]...")
@click.option("--annotator", "annotators", multiple=True, help="Whose labels; may be given more than once.")
@click.option("--blind", is_flag=True, help="For an annotation tool: without anybody's labels.")
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Folder for an annotation tool's files."
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File for any other format; else it is printed."
)
@BANK
def export(
    form: str,
    articles: tuple[str, ...],
    annotators: tuple[str, ...],
    blind: bool,
    into: Path,
    output: Path | None,
    bank: Path | None,
) -> None:
    """Give the bank, or some ARTICLEs (ids), to other programs: see docs/exchange.md.

    FORMAT is csv, jsonl, web-annotation or croissant; or an annotation tool, for which one ARTICLE is made into files:
    label-studio, doccano, conll.
    """
    from slantbank import exchange

    folder = _bank(bank)
    with _contributions(), _usage():
        if form not in exchange.TOOLS:
            if blind or into != Path():
                raise click.UsageError("--blind and --into are for annotation tools")
            texts = exchange.export(form, _frames(bank), folder, articles, annotators)
            if output is None:
                for part in texts[""]:
                    click.echo(part, nl=False)
            else:
                for suffix, parts in texts.items():
                    click.echo(f"written: {exchange.put(parts, output.with_suffix(suffix) if suffix else output)}")
            return
        if len(articles) != 1 or output or (blind and annotators):
            raise click.UsageError(f"{form} wants one ARTICLE, and --into; --blind is without --annotator")
        found = exchange.files(form, _article(folder, articles[0]), () if blind else annotators or None)
        for name, text in found.items():
            click.echo(f"written: {exchange.put([text], into / name)}")


@cli.command()
@click.argument("topic", required=False)
@click.option("--format", "style", type=click.Choice(["html", "md", "svg", "png"]), default="html", show_default=True)
@click.option("--chart", help="The measure to draw, for --format svg and png.")
@OUTPUT
@click.option("--replicates", default=1000, show_default=True, help="Bootstrap replicates for the intervals.")
@click.option("--seed", default=20171, show_default=True)
@BANK
def report(topic: str, style: str, chart: str | None, output: Path | None, replicates: int, seed: int, bank: Path | None) -> None:
    """Write the report on a TOPIC (id): one HTML file, for reading without a network; or Markdown, or a single chart.

    The TOPIC may be left out where the bank has one.
    """
    from slantbank import measure, show

    with _contributions():
        frames = _frames(bank)
        if topic is None:
            topics = frames["articles"]["topic_id"].unique().sort().to_list()
            if not topics:
                raise click.UsageError("the bank has no article to report on")
            if len(topics) != 1:
                raise click.UsageError(f"name one topic of {', '.join(topics[:10])}{' …' if len(topics) > 10 else ''}")
            topic = str(topics[0])
        try:
            measures = measure.compare(frames, only=[topic], replicates=replicates, seed=seed)
            page: str | bytes
            if style == "html":
                agreed = measure.agreement(frames, replicates=replicates, seed=seed)
                apart = measure.distances(frames, only=[topic], replicates=0)  # of which chance is not shown
                page = show.report(frames, topic, measures, agreed, apart)
            elif style == "md":
                page = show.markdown(frames, topic, measures)
            else:
                page = show.image(frames, topic, measures, chart or "", style)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        except ImportError as error:
            raise click.UsageError(_extra(error, "report")) from error
        target = output or Path(f"{topic}{f'-{chart}' if chart else ''}.{style}")
        target.write_bytes(page if isinstance(page, bytes) else page.encode("utf-8"))
    click.echo(f"written: {target}")
