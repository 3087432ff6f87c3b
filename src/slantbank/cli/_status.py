"""The command status shows how far the work on a bank is."""

from pathlib import Path

import click

from slantbank.cli._shared import BANK, plural, progress, select_articles


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

    chosen = select_articles(articles, bank)
    found = banks.draft(chosen.folder, chosen.articles, progress)
    if not found.topics:
        click.echo("no topic yet\n  next: slantbank topic new")
    elif not found.articles:
        click.echo(f"{plural(len(found.topics), 'topic')}, no article yet\n  next: slantbank new ARTICLE --annotator YOU")
    for one in curate.status(found):
        click.echo(click.style(one.article, bold=True) + printable(f"  {one.title}"))
        width = max(map(len, one.coders), default=0)
        for name, done in one.coders.items():
            click.echo(f"  {name:<{width}}  {done.decided} of {done.sentences} sentences")
        if one.disputes is not None:
            click.echo(f"  {plural(one.disputes, 'dispute')}{', decided' if one.disputes and not one.next else ''}")
        if one.next:
            click.echo(printable(f"  next: {one.next}"))
