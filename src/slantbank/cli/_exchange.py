"""The commands import and export move data between a bank and other programs."""

import sys
from pathlib import Path

import click

from slantbank.cli._shared import (
    BANK,
    BUILT,
    article_folder,
    clean,
    exit_on_problems,
    progress_bar,
    read_frames,
    readable_bank,
    refuse_shipped,
    usage_errors,
    writable_bank,
)


@click.command("import")
@click.argument("corpus")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--into",
    callback=clean,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the bank to write to. May be left out for files of an annotation tool, if you are in the bank.",
)
@click.option("--strict", is_flag=True, help="Stop at the first unreadable record.")
@click.option(
    "--parquet", is_flag=True, help="Write Parquet directly, without article folders. Repeat a stopped command to continue it."
)
def import_(corpus: str, path: Path, into: Path | None, strict: bool, parquet: bool) -> None:
    """Import a published corpus, a table, or labels from a tool.

    Example: `slantbank import basil path/to/BASIL --into my-bank`

    A corpus or table (docs/importers.md) becomes a bank. The command lists what was mapped, what was dropped and what could not be
    read. A later `slantbank build` replaces the files of --parquet.

    Labels from an annotation tool (label-studio, doccano), or from a spreadsheet of `slantbank sheet` (sheet), go into the articles
    of the bank: see docs/exchange.md.
    """
    from slantbank import exchange, importers
    from slantbank.problem import nearest, printable

    choices = [*importers.IMPORTERS, *(name for name, tool in exchange.TOOLS.items() if tool.read)]
    if corpus not in choices:
        raise click.UsageError(f"no importer {corpus!r}; {nearest(corpus, choices)}")
    if parquet and corpus in exchange.TOOLS:
        raise click.UsageError(f"labels from {corpus} go into the articles of a bank: leave out --parquet")
    if into is None and corpus not in exchange.TOOLS:
        raise click.UsageError("give --into, the folder of the bank to write")
    into = into or writable_bank(None)
    run = importers.to_parquet if parquet else exchange.import_labels if corpus in exchange.TOOLS else importers.run
    refuse_shipped(into)
    with exit_on_problems(), usage_errors():
        report = run(corpus, path, into, strict=strict, progress=progress_bar)
    for remark in report.remarks:
        click.echo(printable(str(remark)), err=True)
    for line in report.summary:
        click.echo(printable(line))
    if any(kind == "unread" for kind, _ in report.counts):
        sys.exit(1)


@click.command()
@click.argument("form", metavar="FORMAT")
@click.argument("articles", nargs=-1, metavar="[ARTICLE]...")
@click.option("--annotator", "annotators", multiple=True, help="Only labels of this annotator; may be repeated.")
@click.option("--blind", is_flag=True, help="For an annotation tool: export no labels.")
@click.option(
    "--into",
    callback=clean,
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder for the files of an annotation tool.  [default: .]",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write any other format to this file instead of printing it.",
)
@BUILT
@BANK
def export(
    form: str,
    articles: tuple[str, ...],
    annotators: tuple[str, ...],
    blind: bool,
    into: Path,
    output: Path | None,
    built: bool,
    bank: Path | None,
) -> None:
    """Export the bank to another format or an annotation tool.

    Example: `slantbank export csv --output labels.csv`

    FORMAT is csv, jsonl, web-annotation or croissant, for the bank or some ARTICLEs (ids); or label-studio, doccano or conll, which
    make files of one ARTICLE for an annotation tool. See docs/exchange.md.
    """
    from slantbank import exchange

    folder = readable_bank(bank)
    with exit_on_problems(), usage_errors():
        if form not in exchange.TOOLS:
            if blind or into != Path():
                raise click.UsageError("--blind and --into are for annotation tools")
            texts = exchange.export(form, read_frames(bank, built=built), folder, articles, annotators)
            if output is None:
                for part in texts[""]:
                    click.echo(part, nl=False)
            else:
                for suffix, parts in texts.items():
                    click.echo(f"written: {exchange.write_text(parts, output.with_suffix(suffix) if suffix else output)}")
            return
        if len(articles) != 1 or output or (blind and annotators):
            raise click.UsageError(f"give {form} one ARTICLE, --into instead of --output, and only one of --blind and --annotator")
        files = exchange.tool_files(form, article_folder(folder, articles[0]), () if blind else annotators or None)
        for name, text in files.items():
            click.echo(f"written: {exchange.write_text([text], into / name)}")
