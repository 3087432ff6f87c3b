"""The command sheet makes the file that an annotator fills in, as TOML or as a spreadsheet."""

from pathlib import Path

import click

from slantbank import staged
from slantbank.cli._shared import BANK, article_folder, exit_on_problems, missing_extra, plural, usage_errors, writable_bank


@click.command()
@click.argument("article_ids", nargs=-1, metavar="[ARTICLE]...")
@click.option("--annotator", required=True, help="Id of the annotator, and name of the annotation file.")
@click.option("--kind", type=click.Choice(["human", "model"]), default="human", show_default=True, help="What the annotator is.")
@click.option("--format", "form", type=click.Choice(["csv", "xlsx"]), help="Also write a spreadsheet, with the labels so far.")
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Folder for spreadsheets.  [default: .]"
)
@click.option("--facts", "later", is_flag=True, help="Ask the annotator about facts that were added to the topic after the coding.")
@BANK
def sheet(
    article_ids: tuple[str, ...], annotator: str, kind: str, form: str | None, into: Path, later: bool, bank: Path | None
) -> None:
    """Make an empty annotation sheet for an annotator.

    Example: `slantbank sheet 2017-07-my-article --annotator ben --format xlsx`

    The annotator is listed in article.toml of each ARTICLE (id). The sheet of `gold` is filled in as far as the coders agree, as
    `slantbank adjudicate` does. A spreadsheet has a row for each sentence; .xlsx (slantbank[sheet]) has drop-downs. `slantbank
    import sheet` brings it back, as often as you like. With --format and no ARTICLE, every article of the bank gets one.
    """
    folder = writable_bank(bank)
    if not article_ids and form is None:
        raise click.UsageError("name an ARTICLE; with --format, all articles get a spreadsheet")
    names = article_ids or tuple(sorted(path.name for path in (folder / "articles").glob("[!.]*/")))
    for place in [article_folder(folder, name) for name in names]:
        with exit_on_problems(), usage_errors():
            if later:
                _ask_facts(place, annotator)
                continue
            if not (form and (place / "annotations" / f"{annotator}.toml").is_file()):
                _make(place, annotator, kind, told=form is None)
            if form:
                _spreadsheet(place, annotator, form, into / f"{place.name}-{annotator}.{form}")
    if form:
        shown = into if len(names) > 1 else into / f"{names[0]}-{annotator}.{form}"
        click.echo(f"Fill in, then: slantbank import sheet {shown}")


def _make(folder: Path, annotator: str, kind: str, *, told: bool) -> None:
    """Make the sheet as TOML."""
    from slantbank import curate
    from slantbank.codebook import GOLD, AnnotatorKind

    if annotator == GOLD:
        found = curate.state(folder)
        if found.lacks:
            raise click.UsageError(f"{folder.name}: {found.lacks}")
        path, then = curate.write_first_gold(folder, found), f"decide what is left, then run `slantbank adjudicate {folder.name}`"
    else:
        path, then = (
            curate.add_annotator(folder, annotator, AnnotatorKind(kind)),
            f"fill it in, then run `slantbank check {folder}`",
        )
    if told:
        click.echo(f"{path}: {then}")


def _spreadsheet(folder: Path, annotator: str, form: str, path: Path) -> None:
    """Write the spreadsheet; one that is there is not overwritten, for it may be filled in."""
    from slantbank import exchange

    if path.exists():
        raise FileExistsError(f"{path} is there already, and may be filled in; move it away, or name another folder as --into")
    try:
        data = exchange.spreadsheet(folder, annotator, form)
    except ImportError as error:
        raise click.UsageError(missing_extra(error, "sheet")) from error
    staged.write(path, data, new=True)
    click.echo(f"written: {path}")


def _ask_facts(folder: Path, annotator: str) -> None:
    """Ask an annotator for the facts that their topic got later, one by one, and write down each answer as it is given."""
    from slantbank import curate
    from slantbank.bank import article, topic
    from slantbank.problem import nearest, printable

    found = article.draft(folder, str(folder))
    if found.meta is None or found.meta.value is None:
        raise click.UsageError(f"{folder / 'article.toml'} cannot be read; `slantbank check {folder.name}` says why")
    if annotator not in found.annotations:
        raise click.UsageError(f"no annotator {annotator!r} of {folder.name}; {nearest(annotator, list(found.annotations))}")
    about = topic.read(folder.parents[1] / "topics" / f"{found.meta.value.topic}.toml")
    asked = curate.facts.added_later(found, about).get(annotator, [])
    for n, line in enumerate(found.lines if asked else []):
        click.echo(printable(f"[{n}] {line}"))
    for fact in asked:
        look = ", ".join(map(str, curate.facts.related_sentences(fact.text, found.lines)))
        click.echo("\n" + printable(f"{fact.id}: {fact.described}") + (f"\n  words of it stand in {look}" if look else ""))
        given = click.prompt("Sentences that report it (numbers; Enter for none)", default="", show_default=False)
        if not all(part.isdecimal() for part in given.replace(",", " ").split()):
            raise click.UsageError(f"{given!r}: give numbers of sentences, as 2 5")
        numbers = map(int, given.replace(",", " ").split())
        words = "The words in [{}] that report it (Enter where no one run of words does)"
        reported = {n: click.prompt(words.format(n), default="", show_default=False) for n in numbers}
        curate.facts.write_answer(folder, annotator, fact.id, reported)
    click.echo(f"{folder.name}: {plural(len(asked), 'fact')} coded by {annotator}")
