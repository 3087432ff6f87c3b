"""The command status shows how far the work on a bank is."""

from pathlib import Path

import click

from slantbank.cli._shared import BANK, find_targets, plural, progress_bar


@click.command()
@click.argument("articles", nargs=-1, metavar="[ARTICLE]...")
@BANK
def status(articles: tuple[str, ...], bank: Path | None) -> None:
    """Show how far each article is, and what to do next.

    For all articles, or ARTICLEs (ids), it shows how many sentences each coder has decided, and how many disputes there are.
    """
    from slantbank import bank as banks
    from slantbank import curate
    from slantbank.problem import printable

    targets = find_targets(articles, bank)
    draft = banks.draft(targets.folder, targets.articles, progress_bar)
    if not draft.topics:
        click.echo("no topic yet\n  next: slantbank topic new")
    elif not draft.articles:
        click.echo(f"{plural(len(draft.topics), 'topic')}, no article yet\n  next: slantbank new ARTICLE --annotator YOU")
    for row in curate.status(draft):
        click.echo(click.style(row.article, bold=True) + printable(f"  {row.title}"))
        width = max(map(len, row.coders), default=0)
        for name, progressed in row.coders.items():
            click.echo(f"  {name:<{width}}  {progressed.decided} of {progressed.sentences} sentences")
        if row.disputes is not None:
            click.echo(f"  {plural(row.disputes, 'dispute')}{', decided' if row.disputes and not row.next else ''}")
        if row.next:
            click.echo(printable(f"  next: {row.next}"))
