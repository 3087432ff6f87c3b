"""The commands build and render write what others read: Parquet, the dataset card, schemas, reference pages."""

import itertools
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from slantbank.cli._shared import (
    BANK,
    clean,
    exit_on_problems,
    missing_extra,
    notify,
    plural,
    progress_bar,
    readable_bank,
    show_problems,
    usage_errors,
    writable_bank,
)


@click.command()
@click.argument("shards", nargs=-1, metavar="[SHARD]...")
@BANK
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit with code 1 if a build would change anything.")
@click.option("--card", is_flag=True, help="Make a dataset card (README.md) if the bank has none.")
@click.option("--into", metavar="FOLDER", help="Shards: the folder or URL to write to. Repeat a stopped command to continue it.")
@click.option("--topic", "topic_id", help="Shards: id of the topic of articles that name none.")
@click.option("--language", help="Shards: language of articles that name none.  [default: en]")
@click.option("--engine", type=click.Choice(["local", "dask"]), help="Shards: where the work is done.  [default: local]")
@click.option("--workers", type=click.IntRange(min=1), help="Shards: number of processes.  [default: number of cores]")
@click.option("--address", help="Shards: a Dask scheduler, as tcp://host:8786. If left out, a cluster is started here.")
def build(shards: tuple[str, ...], bank: Path | None, only_check: bool, card: bool, **crawl: Any) -> None:
    """Build the Parquet files and the dataset card of a bank.

    A bank without a card (README.md) gets one with --card.

    With SHARDs, build the articles of a crawl instead. A SHARD is a file in JSON Lines, Parquet or WARC, or a folder or pattern of
    such files, local or on object storage; the topics are those of the bank. See docs/scale.md.
    """
    if shards:
        if only_check or card or crawl["into"] is None:
            raise click.UsageError("shards are built --into a folder, and without --check or --card")
        _build_shards(shards, readable_bank(bank), **crawl)
        return
    if misplaced := next((name for name, value in crawl.items() if value is not None), None):
        raise click.UsageError(f"--{misplaced.removesuffix('_id')} is for shards, and none is named")
    from slantbank import publish

    folder = readable_bank(bank) if only_check else writable_bank(bank)
    with exit_on_problems():
        if only_check:
            changes = publish.stale(folder, progress=progress_bar)
            for change in changes:
                click.echo(f"stale: {change}; run `slantbank build`", err=True)
            if changes:
                sys.exit(1)
            click.echo("the Parquet files and the card are up to date")
        else:
            frames = publish.build(folder, card=card, progress=progress_bar, tell=notify)
            singular = {"parties": "party"}
            rows = ", ".join(
                f"{frame.height:,} {name if frame.height != 1 else singular.get(name, name[:-1])}" for name, frame in frames.items()
            )
            click.echo(f"{folder / 'parquet'}: {rows}")


_SHOWN = 20
"""The number of refused records that are printed; the files in refused/ have all of them."""


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
    """Build the shards of a crawl, and print which records were refused."""
    from slantbank import bank as banks
    from slantbank import crawl
    from slantbank.crawl import engine as engines
    from slantbank.problem import nearest, printable

    if address and engine != "dask":
        raise click.UsageError("--address is of a Dask scheduler: say --engine dask")
    with exit_on_problems():
        topics = banks.topics(bank)
    if topic_id is not None and topic_id not in topics:
        raise click.UsageError(f"no topic {topic_id!r} in {bank}; {nearest(topic_id, sorted(topics))}")
    try:
        with usage_errors(), engines.dask(address, workers) if engine == "dask" else engines.process_pool(workers) as run:
            paths = crawl.find_shards(shards)
            report = crawl.build(paths, into, topics.values(), topic=topic_id, language=language or "en", run=run, progress=_stage)
    except ModuleNotFoundError as error:
        raise click.UsageError(missing_extra(error, "dist" if error.name in ("dask", "distributed") else "web")) from error
    except OSError as error:
        click.echo(f"slantbank: {printable(str(error))}", err=True)
        sys.exit(1)
    show_problems([*report.failed, *itertools.islice(report.problems(into), _SHOWN)], err=True)
    click.echo(
        f"{into}: {plural(report.total('articles'), 'article')}, {plural(report.total('sentences'), 'sentence')} "
        f"of {plural(len(report.reports), 'shard')}"
    )
    if report.ignored:
        click.echo("keys ignored: " + ", ".join(f"{printable(name)} ({count:,})" for name, count in report.ignored.most_common(10)))
    if report.passed_over:
        kinds = ", ".join(f"{name} ({count:,})" for name, count in report.passed_over.most_common())
        click.echo(f"records without a page passed over: {kinds}")
    if report.remarked:
        kinds = ", ".join(f"{name} ({count:,})" for name, count in report.remarked.most_common())
        click.echo(f"articles to look at, whose `note` says why: {kinds}")
    if report.refused:
        codes = ", ".join(f"{count:,} {code}" for code, count in sorted(report.refused.items()))
        click.echo(f"{plural(report.refused.total(), 'record')} refused ({codes}); {into}/refused/ names each", err=True)
    if report.failed:
        click.echo(f"{plural(len(report.failed), 'shard')} could not be read; the same command tries again", err=True)
    if report.refused or report.failed:
        sys.exit(1)


def _stage(results: Iterable[Any], total: int, name: str) -> Iterable[Any]:
    """Wrap the results of a stage in a progress bar, which shows on a terminal only."""
    from tqdm import tqdm

    bar: Iterable[Any] = tqdm(results, total=total, desc=name, unit="", delay=1, disable=None, leave=False, smoothing=0.05)
    return bar


@click.command()
@click.option(
    "--into",
    callback=clean,
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    show_default=True,
    help="Root of the repository, or with --schemas the folder of a bank.",
)
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit with code 1 if a file is not up to date.")
@click.option(
    "--schemas", is_flag=True, help="Write only the codebook and the JSON Schemas, as schema/ of your own bank (--into BANK)."
)
def render(into: Path, only_check: bool, schemas: bool) -> None:
    """Write the schemas and reference pages that come from the code.

    These are codebook, columns, JSON Schemas, rule book, and the reference of commands and functions. `slantbank build` writes the
    dataset card.
    """
    from slantbank import publish
    from slantbank.cli import cli

    if only_check:
        changes = publish.stale_rendered(into, cli)
        for change in changes:
            click.echo(f"stale: {change}; run `slantbank render`", err=True)
        if changes:
            sys.exit(1)
    for path in [] if only_check else publish.write_rendered(into, cli, for_coders=schemas):
        click.echo(f"written: {path}")
