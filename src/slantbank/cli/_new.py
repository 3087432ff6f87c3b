"""The command new takes in articles, one or many."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from slantbank.cli._shared import BANK, exit_on_problems, missing_extra, notify, plural, usage_errors, writable_bank


@click.command()
@click.argument("originals", nargs=-1, required=True, metavar="ORIGINAL...")
@click.option(
    "--id", "article_id", help="Id of the article, and name of its folder. If left out, it is made from month, outlet and title."
)
@click.option("--topic", "topic_id", help="Id of the topic, a file in topics/. May be left out if there is only one.")
@click.option(
    "--annotator", help="Id of the annotator, and name of the annotation file. May be left out if there is only one so far."
)
@click.option("--kind", type=click.Choice(["human", "model"]), default="human", show_default=True, help="What the annotator is.")
@click.option(
    "--origin",
    type=click.Choice(["published", "constructed"]),
    default="published",
    show_default=True,
    help="A constructed text was written for the bank.",
)
@click.option("--language", help="Language tag. If left out, it is taken from the page or guessed, and printed.")
@click.option("--encoding", help="Character encoding of a text that is not UTF-8, as windows-1252.")
@click.option("--wrapped", is_flag=True, help="The lines of the text are wrapped; blank lines separate paragraphs.")
@click.option("--title", help="The headline, if the original has none or a wrong one; not for plain text.")
@click.option("--outlet", help="Who published the article.")
@click.option("--author", help="The author. A byline with this name in a plain text is then left out of the sentences.")
@click.option("--published", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="Day of publication, as 2017-07-03.")
@click.option("--url", help="Address of the article on the web.")
@BANK
def new(originals: tuple[str, ...], article_id: str | None, bank: Path | None, **options: Any) -> None:
    """Take in an article: a text, a page, a Word file or an address.

    Example: `slantbank new article.txt --topic my-topic --annotator ada`

    The article becomes a folder with its text and an empty annotation sheet. ORIGINAL is a text file, or - for standard input. With
    slantbank[web] it may also be a page (HTML or MHTML), a .md or .docx file, or an http(s) address; the content decides which,
    before the name. The command prints what it left out. Confirm in article.toml what it extracted; options replace that.

    To take in many articles, give several ORIGINALs, a folder of files, a file with one address on each line, or a .csv file with
    any of the columns id, title, outlet, author, published, url, language, and text or file. Articles that are in the bank already
    are skipped, so you can repeat a command that was stopped. One that cannot be taken in does not stop the others.
    """
    from slantbank import curate

    folder = writable_bank(bank)
    with exit_on_problems(), usage_errors():
        several = curate.many.is_many(originals)
        there = curate.many.existing(folder) if several or not (article_id and options["annotator"]) else curate.many.Existing()
        own = {"id": article_id, "title": options.pop("title"), "url": options.pop("url")}
        taker = _Taker(folder, there, options)
        if not several:
            (original,) = curate.many.incoming(originals)
            taker.take(original, own)
            return
        if misplaced := next((name for name, value in own.items() if value is not None), None):
            raise click.UsageError(f"--{misplaced} is for one article; a list has a column of that name")
        _take_all(taker, originals)


def _take_all(taker: "_Taker", originals: tuple[str, ...]) -> None:
    """Take in every original that can be taken in, and print a summary; exit code 1 if one could not be."""
    from slantbank import curate

    taken, failures = 0, []
    for original in curate.many.incoming(originals):
        try:
            taken += taker.take(original, {})
        except (click.ClickException, ValueError, OSError) as error:
            message = error.format_message() if isinstance(error, click.ClickException) else str(error)
            failures.append(f"{original.where}: {message}")
            notify(f"{original.where}: not taken in: {message}")
    click.echo(f"{plural(taken, 'article')} taken in, {taker.skipped:,} there already, {len(failures):,} not")
    for line in failures:
        click.echo(f"  {line}")
    if failures:
        click.echo("The same command tries these again, and skips the articles that are there.")
    if taken:
        click.echo("Next: slantbank status")
    if failures:
        sys.exit(1)


class _Taker:
    """Takes originals into a bank, with the options that hold for all of them."""

    def __init__(self, folder: Path, there: Any, options: Mapping[str, Any]) -> None:
        from slantbank.bank import topic

        self.folder, self.there, self.skipped = folder, there, 0
        self.options = dict(options)
        self.topic = topic.read(_topic(folder, self.options.pop("topic_id")))
        self.annotator = self.options.pop("annotator") or _annotator(there)
        self.encoding = self.options.pop("encoding")
        published = self.options.pop("published")
        self.options["published"] = published and published.date()

    def take(self, item: Any, own: Mapping[str, str | None]) -> bool:
        """Take in one original; `own` are the options for a single one. Returns False if the bank has it and it is one of many."""
        from slantbank import curate
        from slantbank.bank import article, segment
        from slantbank.codebook import AnnotatorKind, Origin

        details = {**item.details, **{name: value for name, value in own.items() if value is not None}}
        address = item.name if "://" in item.name else details.get("url")
        if not own and address and (existing := self.there.urls.get(address)):
            return self._skip(item.where, existing)
        title, article_id = details.pop("title", None), details.pop("id", None)
        original = _read_original(item, title, self.encoding)
        existing = self.there.has(original.text)
        if existing and not own:
            return self._skip(item.where, existing)
        if existing and article_id is None:
            raise click.UsageError(
                f"{item.where} is in the bank already, as {existing}: delete that folder first, or give another --id"
            )
        details = {key: curate.many.iso_day(value) if key == "published" else value for key, value in details.items()}
        metadata = {**self.options, **details}
        kind, origin = AnnotatorKind(metadata.pop("kind")), Origin(metadata.pop("origin"))
        headline = None if item.text or original.extracted == () else title
        article_id = article_id or self._make_id(original, title, metadata)
        draft = curate.new(original, self.topic, article_id, self.annotator, kind=kind, origin=origin, title=headline, **metadata)
        target = self.folder / "articles" / article_id
        article.write_files(draft.files, target)
        self.there.add(article_id, draft.meta)
        click.echo(f"{target}: {plural(len(segment.sentence_spans(draft.files['article.txt'])), 'sentence')}")
        for remark in (*original.remarks, *draft.remarks):
            click.echo(_plain(f"  {remark}"))
        if own:
            _print_next_steps(original, target, self.annotator)
        return True

    def _skip(self, where: str, existing: str) -> bool:
        self.skipped += 1
        click.echo(_plain(f"{where}: is in the bank already, as {existing}"))
        return False

    def _make_id(self, original: Any, title: str | None, options: Mapping[str, Any]) -> str:
        """Make an id, which no article has yet, of month, outlet and headline."""
        from slantbank import curate

        metadata = {**original.metadata, **{name: value for name, value in options.items() if value}}
        headline = title or next((line for line in original.text.lstrip("\ufeff").splitlines() if line.strip()), "")
        return curate.ids.free(curate.ids.of_article(headline, metadata.get("outlet"), metadata.get("published")), self.there.ids)


def _print_next_steps(original: Any, target: Path, annotator: str) -> None:
    if original.extracted:
        click.echo(
            "Compare the text with the original: extraction may have left something out. Then confirm `extracted` in article.toml."
        )
    click.echo(f"Correct sentence boundaries in article.txt first, then fill in annotations/{annotator}.toml, then:")
    click.echo(f"  slantbank check {target}")


def _topic(folder: Path, name: str | None) -> Path:
    """Return the file of the topic that is named, else of the only one."""
    from slantbank.problem import nearest

    files = {path.stem: path for path in sorted((folder / "topics").glob("[!.]*.toml"))}
    if not files:
        raise click.UsageError(f"there is no topic in {folder / 'topics'} yet; `slantbank topic new` makes one")
    if name is None and len(files) > 1:
        raise click.UsageError(f"name a --topic: {', '.join(files)}")
    if name is not None and name not in files:
        raise click.UsageError(f"no topic {name!r} in {folder / 'topics'}; {nearest(name, list(files))}")
    return files[name] if name is not None else next(iter(files.values()))


def _annotator(there: Any) -> str:
    """Return the only person who has coded so far. Raises UsageError if there is none, or several."""
    if len(there.coders) != 1:
        raise click.UsageError(f"name an --annotator: {', '.join(sorted(there.coders)) or 'an id for you, as ada'}")
    return str(*there.coders)


def _read_original(item: Any, title: str | None, encoding: str | None) -> Any:
    """Read an original from a file, standard input, a row of a list, or an address; only an address uses the network."""
    from slantbank.curate import extract, web

    if item.text:
        text = item.text if title is None else f"{title}\n\n{item.text}"
        return extract.Original(text.rstrip("\n") + "\n", {})
    if not item.name:
        raise click.UsageError("the row has no text, file or url")
    try:
        if "://" in item.name:
            return extract.read_page(web.fetch(item.name), item.name, title=title)
        file = click.File("rb").convert(item.name, None, click.get_current_context())
        name, content = "standard input" if item.name == "-" else item.name, file.read(extract.MOST + 1)
        if title is not None and item.details.get("title"):  # a list may give a title for any kind of file
            return _add_headline(extract.read(name, content, charset=encoding), name, content, title)
        return extract.read(name, content, title=title, charset=encoding)
    except ValueError as error:
        raise click.UsageError(_plain(str(error))) from error
    except ImportError as error:
        raise click.UsageError(missing_extra(error, "web")) from error
    except web.FetchError as error:
        raise click.ClickException(_plain(str(error))) from error


def _add_headline(original: Any, name: str, content: bytes, title: str) -> Any:
    """Return the original with the headline of a list: put above a plain text unless it is there, else used in extraction."""
    from dataclasses import replace

    from slantbank.curate import extract

    if original.extracted:
        return extract.read(name, content, title=title)
    body = original.text.removeprefix("\ufeff")
    first = next((line for line in body.splitlines() if line.strip()), "")
    if first.split() == title.split():
        return original
    remarks = (*original.remarks, "the headline of the list was put above the text")
    return replace(original, text=f"{title}\n\n{body}", remarks=remarks)


def _plain(text: str) -> str:
    from slantbank.problem import printable

    return printable(text)
