"""Commands that make and change article folders: new, sheet, adjudicate, strip, hydrate."""

import sys
from pathlib import Path
from typing import Any

import click

from slantbank.cli._shared import (
    BANK,
    FOLDER,
    article_folder,
    bank_folder,
    contributions,
    missing_extra,
    plural,
    refuse_shipped,
    swept,
    tell,
    usage,
)

INTO = click.option("--into", callback=swept, type=FOLDER, help="Folder of the bank to write to.")


@click.command()
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

    ORIGINAL is a text file (UTF-8), - for standard input, or, with slantbank[web], a page of HTML or MHTML, a .md or .docx file,
    or an http(s) address; its content decides which, before its name. What was left out is told. What is extracted is to be
    confirmed in article.toml; options come before it.
    """
    from slantbank.bank import article, segment, topic
    from slantbank.codebook import AnnotatorKind, Origin
    from slantbank.curate import new as make
    from slantbank.problem import nearest, printable

    folder = bank_folder(bank)
    known = {path.stem: path for path in (folder / "topics").glob("*.toml")}
    if topic_id not in known:
        raise click.UsageError(f"no topic {topic_id!r} in {folder / 'topics'}; {nearest(topic_id, sorted(known))}")
    target = folder / "articles" / article_id
    with contributions(), usage():
        found = _original(original, title)
        files = make(
            found,
            topic.read(known[topic_id]),
            article_id,
            annotator,
            kind=AnnotatorKind(kind),
            origin=Origin(origin),
            wrapped=wrapped,
            title=title,
            published=published and published.date(),
            **details,
        )
        article.write_files(files, target)
    click.echo(f"{target}: {len(segment.lines(files['article.txt']))} sentences")
    for remark in found.remarks:
        click.echo(printable(f"  {remark}"))
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
        raise click.UsageError(missing_extra(error, "web")) from error
    except web.FetchError as error:
        click.echo(f"slantbank: {printable(str(error))}", err=True)
        sys.exit(1)


@click.command()
@click.argument("article_id", metavar="ARTICLE")
@click.option("--annotator", required=True, help="Id of the annotator, and name of the annotation file.")
@click.option("--kind", type=click.Choice(["human", "model"]), default="human", show_default=True)
@BANK
def sheet(article_id: str, annotator: str, kind: str, bank: Path | None) -> None:
    """Make an empty annotation sheet for another annotator of an ARTICLE (id), and list the annotator in article.toml.

    For the annotator `gold` it is filled in as far as the coders agree, as `slantbank adjudicate` does.
    """
    from slantbank import curate
    from slantbank.codebook import GOLD, AnnotatorKind

    folder = article_folder(bank_folder(bank), article_id)
    with contributions(), usage():
        if annotator == GOLD:
            found = curate.state(folder)
            if found.lacks:
                raise click.UsageError(f"{folder.name}: {found.lacks}")
            click.echo(
                f"{curate.write_first_gold(folder, found)}: decide what is left, then run `slantbank adjudicate {folder.name}`"
            )
            return
        path = curate.add_annotator(folder, annotator, AnnotatorKind(kind))
    click.echo(f"{path}: fill it in, then run `slantbank check {folder}`")


@click.command()
@click.argument("article_id", metavar="ARTICLE")
@BANK
def adjudicate(article_id: str, bank: Path | None) -> None:
    """Decide what the coders of an ARTICLE (id) differ on: the disputes, the rules, and a first gold to decide in.

    A gold file that is there is never changed; what is left to do in it is listed, and only that. Exit code 1 while anything is.
    """
    from slantbank import curate
    from slantbank.codebook import DECISION_RULES
    from slantbank.problem import printable

    folder = article_folder(bank_folder(bank), article_id)
    with contributions(), usage():
        found = curate.state(folder)
        if found.lacks and not found.has_gold:
            click.echo(f"{folder.name}: {found.lacks}.")
            sys.exit(1)
        for place, disputes in found.undecided.items():
            click.echo(click.style(f"[{place}] ", bold=True) + printable(found.texts[place]))
            for dispute in disputes:
                click.echo(f"    {printable(str(dispute))}  (rules {', '.join(dispute.rules)})")
        for number in found.rules:
            click.echo(f"\n  {number:<4} {DECISION_RULES[number].text}", nl=False)
        if found.rules:
            click.echo("\n\n`slantbank explain NUMBER` shows a rule's cases.")
        click.echo(f"\n{plural(sum(map(len, found.disputes.values())), 'dispute')} on {plural(len(found.disputes), 'sentence')}")
        if not found.has_gold:
            click.echo(f"written: {curate.write_first_gold(folder, found)}; decide what is empty there, or listed in `undecided`")
        for place, todo in found.left.items():
            click.echo(printable(f"left: sentence {place}: {'; '.join(todo)}"))
    if found.left or not found.has_gold:
        sys.exit(1)
    click.echo("gold.toml decides every sentence")


@click.command()
@click.argument("article_ids", nargs=-1, required=True, metavar="ARTICLE...")
@INTO
@click.option("--in-place", is_flag=True, help="Instead of --into: replace the articles, whose words are then gone from here.")
@BANK
def strip(article_ids: tuple[str, ...], into: Path | None, in_place: bool, bank: Path | None) -> None:
    """Withhold the text of ARTICLEs (ids) that may not be redistributed: masks in place of words, labels as they were.

    Notes are left out, and whatever else shares words with the text. See CONTRIBUTING.md on what can still be known.
    """
    from slantbank import rules
    from slantbank.bank import withheld

    if in_place == (into is not None):
        raise click.UsageError("say where to write: --into a bank (the articles stay as they are here), or --in-place")
    folder = bank_folder(bank)
    with contributions(), usage():
        names = {article_folder(folder, article_id).name for article_id in article_ids}
        found = rules.sound_articles(folder, names)
        done = [withheld.strip(article, topic) for article, topic in found]
        targets = withheld.put([one.article for one in done], folder, into, [was for was, _ in found])
    for stripped, target in zip(done, targets, strict=True):
        click.echo(f"{target}: {plural(len(stripped.article.sentences), 'sentence')} withheld")
        for (file, what), count in sorted(stripped.left_out.items()):
            click.echo(f"  left out of {file}: {plural(count, what)}")
    if in_place:
        click.echo("Keep a copy of the texts elsewhere. The built Parquet files, and the history of git, still hold them;")
        click.echo("`slantbank build` takes them out of the former.")


@click.command()
@click.argument("article_id", metavar="[ARTICLE]", required=False)
@click.option("--text", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Your copy of ARTICLE (UTF-8).")
@click.option(
    "--corpus",
    type=(str, click.Path(path_type=Path, exists=True, file_okay=False)),
    metavar="NAME PATH",
    help="A published corpus, as basil, and the folder of your copy (docs/importers.md): restores all texts that are of it.",
)
@INTO
@BANK
def hydrate(
    article_id: str | None, text: Path | None, corpus: tuple[str, Path] | None, into: Path | None, bank: Path | None
) -> None:
    """Put the words of an ARTICLE (id) whose text is withheld back, from your own copy, which is verified.

    The copy may be wrapped otherwise, and have more text before, between and after. With --corpus the words of all articles come
    from your copy of a published corpus, and the bank is built. Without --into the articles are replaced.
    """
    if (corpus is None) == (article_id is None) or (article_id is None) != (text is None):
        raise click.UsageError("give an ARTICLE and --text with your copy of it, or --corpus with its name and your copy")
    folder = bank_folder(bank)
    if into is None:
        refuse_shipped(folder)
    if corpus is not None:
        _hydrate_corpus(folder, *corpus, into)
    elif article_id is not None and text is not None:
        _hydrate_article(folder, article_id, text, into)


def _hydrate_article(folder: Path, article_id: str, text: Path, into: Path | None) -> None:
    from slantbank import rules
    from slantbank.bank import article, toml, withheld

    with contributions(), usage():
        found = article_folder(folder, article_id)
        rules.sound_articles(folder, [found.name])
        copy = toml.read_text(text, str(text))
        draft = article.draft(found, str(found))
        one, differs = withheld.hydrate(draft, copy)
        (target,) = withheld.put([one], folder, into, [draft.article or one])
    click.echo(f"{target}: {plural(len(one.sentences), 'sentence')} restored and verified")
    if differs:
        click.echo(f"{text} differs from the text in {differs} alone; the text is as it was withheld")
    if one.source not in article.ways(copy):
        click.echo(f"{text} is not the file that was taken in: source.txt is now as article.txt, and source_sha256 is its hash")


def _hydrate_corpus(folder: Path, name: str, path: Path, into: Path | None) -> None:
    from slantbank import importers, publish
    from slantbank.bank import withheld

    target = into or folder
    with contributions(), usage():
        restored = importers.restore(folder, name, path)
        withheld.put([one.article for one in restored], folder, into, [one.was for one in restored])
        frames = publish.build(target, tell=tell)
    sentences = sum(len(one.article.sentences) for one in restored)
    click.echo(f"{target}: {plural(len(restored), 'text')} of {name} restored and verified, {plural(sentences, 'sentence')}")
    for one in restored:
        if one.differs:
            click.echo(f"{one.article.meta.id}: the copy differs in {one.differs} alone; the text is as it was withheld")
        elif not one.as_taken_in:
            click.echo(f"{one.article.meta.id}: source.txt is now as article.txt, for the copy is spaced otherwise")
    found = frames["articles"].filter(frames["articles"]["article_id"].is_in([one.article.meta.id for one in restored]))
    click.echo("Load it with:")
    for collection in found["collection"].unique().sort():
        click.echo(f'  slantbank.load("sentences", {str(target)!r}, collection={collection!r})')
    click.echo("The texts are their publishers': do not pass them on, nor commit them. `slantbank strip` withholds them again.")
