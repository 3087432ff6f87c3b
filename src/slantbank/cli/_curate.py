"""The commands adjudicate, strip and hydrate change article folders."""

import sys
import textwrap
from pathlib import Path
from typing import Any

import click

from slantbank.cli._shared import (
    BANK,
    FOLDER,
    article_folder,
    clean,
    exit_on_problems,
    missing_extra,
    notify,
    plural,
    readable_bank,
    refuse_shipped,
    usage_errors,
    writable_bank,
)

INTO = click.option("--into", callback=clean, type=FOLDER, help="Folder of the bank to write to.")


@click.command()
@click.argument("article_id", metavar="ARTICLE")
@BANK
def adjudicate(article_id: str, bank: Path | None) -> None:
    """List what the coders of an ARTICLE differ on, to decide it.

    The first time, it writes annotations/gold.toml with the labels that the coders agree on; decide the others there, by the rules
    that it prints. Run it again to see what is left: an existing gold file is never changed. Exit code 1 while anything is left.
    """
    from slantbank import curate
    from slantbank.codebook import DECISION_RULES
    from slantbank.problem import printable

    folder = article_folder(writable_bank(bank), article_id)
    with exit_on_problems(), usage_errors():
        state = curate.state(folder)
        if state.lacks and not state.has_gold:
            click.echo(f"{folder.name}: {state.lacks}.")
            sys.exit(1)
        for n, disputes in state.undecided.items():
            click.echo(click.style(f"[{n}] ", bold=True) + printable(state.texts[n]))
            for dispute in disputes:
                click.echo(f"    {printable(str(dispute))}  (rules {', '.join(dispute.rules)})")
        for number in state.rules:
            click.echo(f"\n  {number:<4} {textwrap.shorten(DECISION_RULES[number].text, 100, placeholder=' …')}", nl=False)
        if state.rules:
            click.echo("\n\n`slantbank explain NUMBER` shows a rule whole, with its cases.")
        click.echo(f"\n{plural(sum(map(len, state.disputes.values())), 'dispute')} on {plural(len(state.disputes), 'sentence')}")
        if not state.has_gold:
            click.echo(f"written: {curate.write_first_gold(folder, state)}; decide what is empty there, or listed in `undecided`")
        for n, todo in state.left.items():
            click.echo(printable(f"left: sentence {n}: {'; '.join(todo)}"))
    if state.left or not state.has_gold:
        sys.exit(1)
    click.echo("gold.toml decides every sentence")


@click.command()
@click.argument("article_ids", nargs=-1, required=True, metavar="ARTICLE...")
@INTO
@click.option("--in-place", is_flag=True, help="Instead of --into: replace the articles. Their words are then gone from this bank.")
@BANK
def strip(article_ids: tuple[str, ...], into: Path | None, in_place: bool, bank: Path | None) -> None:
    """Replace the words of ARTICLEs by masks, and keep the labels.

    Example: `slantbank strip 2017-07-my-article --into ../public`

    This is for texts that may not be redistributed. Notes are left out, and metadata that shares words with the text.
    CONTRIBUTING.md says what a reader can still find out. `slantbank hydrate` puts the words back.
    """
    from slantbank import rules
    from slantbank.bank import withheld

    if in_place == (into is not None):
        raise click.UsageError("say where to write: --into a bank (the articles stay as they are here), or --in-place")
    folder = writable_bank(bank) if in_place else readable_bank(bank)
    if into is not None:
        refuse_shipped(into)
    with exit_on_problems(), usage_errors():
        names = {article_folder(folder, article_id).name for article_id in article_ids}
        existing = [into / "articles" / name for name in sorted(names) if (into / "articles" / name).exists()] if into else []
        for path in existing:
            notify(f"{path} is there already, and is skipped")
            names.remove(path.name)
        before = rules.sound_articles(folder, names)
        results = [withheld.strip(article, topic) for article, topic in before]
        targets = withheld.write_articles([result.article for result in results], folder, into, [article for article, _ in before])
    for result, target in zip(results, targets, strict=True):
        click.echo(f"{target}: {plural(len(result.article.sentences), 'sentence')} withheld")
        for (file, kind), count in sorted(result.left_out.items()):
            click.echo(f"  left out of {file}: {plural(count, kind)}")
    if in_place:
        click.echo("Keep a copy of the texts elsewhere. The built Parquet files and the history of git still hold them;")
        click.echo("`slantbank build` removes them from the Parquet files.")


@click.command()
@click.argument("article_id", metavar="[ARTICLE]", required=False)
@click.option(
    "--text", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Your copy of the article, as it was taken in."
)
@click.option(
    "--corpus",
    type=(str, click.Path(path_type=Path, exists=True, file_okay=False)),
    metavar="NAME PATH",
    help="A published corpus, as basil, and the folder of your copy: restore all its texts (docs/importers.md).",
)
@INTO
@BANK
def hydrate(
    article_id: str | None, text: Path | None, corpus: tuple[str, Path] | None, into: Path | None, bank: Path | None
) -> None:
    """Put the words of a stripped ARTICLE back, from your own copy.

    Example: `slantbank hydrate 2017-07-my-article --text my-copy.txt`

    The copy is verified. Its lines may be wrapped in another way, and it may have more text before, between and after. With
    --corpus the words of all articles come from your copy of a published corpus, and the bank is built. Without --into the articles
    are replaced.
    """
    if (corpus is None) == (article_id is None) or (article_id is None) != (text is None):
        raise click.UsageError("give an ARTICLE and --text with your copy of it, or --corpus with its name and your copy")
    folder = writable_bank(bank) if into is None else readable_bank(bank)
    if into is not None:
        refuse_shipped(into)
    if corpus is not None:
        _hydrate_corpus(folder, *corpus, into)
    elif article_id is not None and text is not None:
        _hydrate_article(folder, article_id, text, into)


def _hydrate_article(folder: Path, article_id: str, text: Path, into: Path | None) -> None:
    from slantbank import rules
    from slantbank.bank import article, withheld

    with exit_on_problems(), usage_errors():
        path = article_folder(folder, article_id)
        rules.sound_articles(folder, [path.name])
        draft = article.draft(path, str(path))
        copy = _read_copy(text, draft.meta)
        restored, differs = withheld.hydrate(draft, copy)
        (target,) = withheld.write_articles([restored], folder, into, [draft.article or restored])
    click.echo(f"{target}: {plural(len(restored.sentences), 'sentence')} restored and verified")
    if differs:
        click.echo(f"{text} differs from the text only in {differs}; the text is as it was withheld")
    if restored.source not in article.ways(copy):
        click.echo(f"{text} is not the file that was taken in: source.txt now equals article.txt, and source_sha256 is its hash")


def _read_copy(path: Path, meta: Any) -> Any:
    """Read a copy: a text file, or the text that `slantbank new` extracts from a page or a Word file."""
    from slantbank.bank import toml
    from slantbank.curate import extract

    title = meta.value.title if meta is not None and meta.value is not None else None
    try:
        original = extract.read(str(path), path.read_bytes()[: extract.MOST + 1])
        if original.extracted:
            text = extract.read(str(path), path.read_bytes(), title=title).text
            return toml.TextFile(str(path), text.encode("utf-8"), text)
    except extract.OriginalError:
        pass  # read_text says what is wrong with it as a text
    except ImportError as error:
        raise click.UsageError(missing_extra(error, "web")) from error
    return toml.read_text(path, str(path))


def _hydrate_corpus(folder: Path, name: str, path: Path, into: Path | None) -> None:
    from slantbank import importers, publish
    from slantbank.bank import withheld

    target = into or folder
    with exit_on_problems(), usage_errors():
        restored = importers.restore(folder, name, path)
        withheld.write_articles([text.article for text in restored], folder, into, [text.was for text in restored])
        frames = publish.build(target, tell=notify)
    sentences = sum(len(text.article.sentences) for text in restored)
    click.echo(f"{target}: {plural(len(restored), 'text')} of {name} restored and verified, {plural(sentences, 'sentence')}")
    for text in restored:
        if text.differs:
            click.echo(f"{text.article.meta.id}: the copy differs only in {text.differs}; the text is as it was withheld")
        elif not text.as_taken_in:
            click.echo(f"{text.article.meta.id}: source.txt now equals article.txt, since the copy has other white space")
    rows = frames["articles"].filter(frames["articles"]["article_id"].is_in([text.article.meta.id for text in restored]))
    click.echo("Load it with:")
    for collection in rows["collection"].unique().sort():
        click.echo(f'  slantbank.load("sentences", {str(target)!r}, collection={collection!r})')
    click.echo("The texts are their publishers': do not pass them on, nor commit them. `slantbank strip` withholds them again.")
