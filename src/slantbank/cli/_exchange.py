"""Commands between a bank and other programs: import, export."""

import sys
from pathlib import Path

import click

from slantbank.cli._shared import (
    BANK,
    BUILT,
    article_folder,
    bank_folder,
    contributions,
    frames_of,
    own_bank,
    progress,
    refuse_shipped,
    swept,
    usage,
)


@click.command("import")
@click.argument("corpus")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--into",
    callback=swept,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the bank to write to; of what a tool exported, else the one here or in a folder above.",
)
@click.option("--strict", is_flag=True, help="Stop at the first thing that cannot be read.")
@click.option("--parquet", is_flag=True, help="Straight to Parquet, without article folders; resumes where it was stopped.")
def import_(corpus: str, path: Path, into: Path | None, strict: bool, parquet: bool) -> None:
    """Make a bank of your own copy of a published CORPUS, or of a table: see docs/importers.md.

    What was mapped, dropped and could not be read is listed. A later `build` of the bank replaces what --parquet wrote.
    What an annotation tool exported (label-studio, doccano), or a spreadsheet that `slantbank sheet` wrote (sheet), comes into the
    articles of the bank: see docs/exchange.md.
    """
    from slantbank import exchange, importers
    from slantbank.problem import nearest, printable

    known = [*importers.IMPORTERS, *(name for name, tool in exchange.TOOLS.items() if tool.read)]
    if corpus not in known:
        raise click.UsageError(f"no importer {corpus!r}; {nearest(corpus, known)}")
    if parquet and corpus in exchange.TOOLS:
        raise click.UsageError(f"what {corpus} exported goes into the articles of a bank, not straight to Parquet")
    if into is None and corpus not in exchange.TOOLS:
        raise click.UsageError("say --into which folder to write the bank")
    into = into or own_bank(None)
    make = importers.to_parquet if parquet else exchange.run if corpus in exchange.TOOLS else importers.run
    refuse_shipped(into)
    with contributions(), usage():
        report = make(corpus, path, into, strict=strict, progress=progress)
    for remark in report.remarks:
        click.echo(printable(str(remark)), err=True)
    for line in report.summary:
        click.echo(printable(line))
    if any(kind == "unread" for kind, _ in report.counts):
        sys.exit(1)


@click.command()
@click.argument("form", metavar="FORMAT")
@click.argument("articles", nargs=-1, metavar="[ARTICLE]...")
@click.option("--annotator", "annotators", multiple=True, help="Whose labels; may be given more than once.")
@click.option("--blind", is_flag=True, help="For an annotation tool: without anybody's labels.")
@click.option(
    "--into",
    callback=swept,
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder for an annotation tool's files.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File for any other format; else it is printed."
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
    """Give the bank, or some ARTICLEs (ids), to other programs: see docs/exchange.md.

    FORMAT is csv, jsonl, web-annotation or croissant; or an annotation tool, for which one ARTICLE is made into files:
    label-studio, doccano, conll.
    """
    from slantbank import exchange

    folder = bank_folder(bank)
    with contributions(), usage():
        if form not in exchange.TOOLS:
            if blind or into != Path():
                raise click.UsageError("--blind and --into are for annotation tools")
            texts = exchange.export(form, frames_of(bank, built=built), folder, articles, annotators)
            if output is None:
                for part in texts[""]:
                    click.echo(part, nl=False)
            else:
                for suffix, parts in texts.items():
                    click.echo(f"written: {exchange.put(parts, output.with_suffix(suffix) if suffix else output)}")
            return
        if len(articles) != 1 or output or (blind and annotators):
            raise click.UsageError(f"{form} wants one ARTICLE, and --into; --blind is without --annotator")
        found = exchange.files(form, article_folder(folder, articles[0]), () if blind else annotators or None)
        for name, text in found.items():
            click.echo(f"written: {exchange.put([text], into / name)}")
