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
    for path in [article_folder(folder, name) for name in names]:
        with exit_on_problems(), usage_errors():
            if later:
                _ask_facts(path, annotator)
                continue
            if not (form and (path / "annotations" / f"{annotator}.toml").is_file()):
                _make_sheet(path, annotator, kind, quiet=form is not None)
            if form:
                _write_spreadsheet(path, annotator, form, into / f"{path.name}-{annotator}.{form}")
    if form:
        written = into if len(names) > 1 else into / f"{names[0]}-{annotator}.{form}"
        click.echo(f"Fill in, then: slantbank import sheet {written}")


def _make_sheet(folder: Path, annotator: str, kind: str, *, quiet: bool) -> None:
    """Make the sheet as TOML; print its path and the next step unless `quiet`."""
    from slantbank import curate
    from slantbank.codebook import GOLD, AnnotatorKind

    if annotator == GOLD:
        state = curate.state(folder)
        if state.lacks:
            raise click.UsageError(f"{folder.name}: {state.lacks}")
        path = curate.write_first_gold(folder, state)
        next_step = f"decide what is left, then run `slantbank adjudicate {folder.name}`"
    else:
        path = curate.add_annotator(folder, annotator, AnnotatorKind(kind))
        next_step = f"fill it in, then run `slantbank check {folder}`"
    if not quiet:
        click.echo(f"{path}: {next_step}")


def _write_spreadsheet(folder: Path, annotator: str, form: str, path: Path) -> None:
    """Write the spreadsheet. Raises FileExistsError if it exists, since it may be filled in."""
    from slantbank import exchange

    if path.exists():
        raise FileExistsError(f"{path} is there already and may be filled in; move it away, or give another folder as --into")
    try:
        data = exchange.spreadsheet(folder, annotator, form)
    except ImportError as error:
        raise click.UsageError(missing_extra(error, "sheet")) from error
    staged.write(path, data, new=True)
    click.echo(f"written: {path}")


def _ask_facts(folder: Path, annotator: str) -> None:
    """Ask an annotator about each fact that was added to the topic after the coding, and write each answer at once."""
    from slantbank import curate
    from slantbank.bank import article, topic
    from slantbank.problem import nearest, printable

    draft = article.draft(folder, str(folder))
    if draft.meta is None or draft.meta.value is None:
        raise click.UsageError(f"{folder / 'article.toml'} cannot be read; `slantbank check {folder.name}` says why")
    if annotator not in draft.annotations:
        raise click.UsageError(f"no annotator {annotator!r} of {folder.name}; {nearest(annotator, list(draft.annotations))}")
    facts = curate.facts.added_later(draft, topic.read(folder.parents[1] / "topics" / f"{draft.meta.value.topic}.toml"))
    open_facts = facts.get(annotator, [])
    for n, line in enumerate(draft.lines if open_facts else []):
        click.echo(printable(f"[{n}] {line}"))
    for fact in open_facts:
        similar = ", ".join(map(str, curate.facts.related_sentences(fact.text, draft.lines)))
        click.echo("\n" + printable(f"{fact.id}: {fact.described}") + (f"\n  words of it stand in {similar}" if similar else ""))
        answer = click.prompt("Sentences that report it (numbers; Enter for none)", default="", show_default=False)
        numbers = answer.replace(",", " ").split()
        if not all(number.isdecimal() for number in numbers):
            raise click.UsageError(f"{answer!r}: give numbers of sentences, as 2 5")
        question = "The words in [{}] that report it (Enter if no single phrase does)"
        reported = {int(n): click.prompt(question.format(n), default="", show_default=False) for n in numbers}
        curate.facts.write_answer(folder, annotator, fact.id, reported)
    click.echo(f"{folder.name}: {plural(len(open_facts), 'fact')} coded by {annotator}")
