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
def new(originals: tuple[str, ...], article_id: str | None, bank: Path | None, **given: Any) -> None:
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
        known = curate.many.existing(folder) if several or not (article_id and given["annotator"]) else curate.many.Existing()
        single = {"id": article_id, "title": given.pop("title"), "url": given.pop("url")}
        taker = _Taker(folder, known, given)
        if not several:
            (one,) = curate.many.incoming(originals)
            sys.exit(taker.take(one, single))
        if wrong := next((name for name, value in single.items() if value is not None), None):
            raise click.UsageError(f"--{wrong} is for one article; a list has a column of that name")
        _take_all(taker, originals)


def _take_all(taker: "_Taker", originals: tuple[str, ...]) -> None:
    """Take in all that can be, and sum up; exit code 1 if something could not be."""
    from slantbank import curate

    taken, there, left = 0, 0, []
    for one in curate.many.incoming(originals):
        before = taker.passed
        try:
            taker.take(one, {})
        except (click.ClickException, ValueError, OSError) as error:
            message = error.format_message() if isinstance(error, click.ClickException) else str(error)
            left.append(f"{one.where}: {message}")
            notify(f"{one.where}: not taken in: {message}")
            continue
        there += taker.passed - before
        taken += taker.passed == before
    click.echo(f"{plural(taken, 'article')} taken in, {there:,} there already, {len(left):,} not")
    for line in left:
        click.echo(f"  {line}")
    if left:
        click.echo("The same command tries those again, and passes over what is there.")
    if taken:
        click.echo("Next: slantbank status")
    if left:
        sys.exit(1)


class _Taker:
    """Takes originals into a bank, with what is given for all of them."""

    def __init__(self, folder: Path, known: Any, given: Mapping[str, Any]) -> None:
        from slantbank.bank import topic

        self.folder, self.known, self.passed = folder, known, 0
        self.given = dict(given)
        self.topic = topic.read(_topic(folder, self.given.pop("topic_id")))
        self.annotator = self.given.pop("annotator") or _annotator(known)
        self.encoding = self.given.pop("encoding")
        published = self.given.pop("published")
        self.given["published"] = published and published.date()

    def take(self, one: Any, single: Mapping[str, str | None]) -> int:
        """Take one in; 0, since all is well, else an error is raised."""
        from slantbank import curate
        from slantbank.bank import article, segment
        from slantbank.codebook import AnnotatorKind, Origin

        details = {**one.details, **{name: value for name, value in single.items() if value is not None}}
        address = one.name if "://" in one.name else details.get("url")
        if not single and address and (there := self.known.urls.get(address)):
            return self._pass(one.where, there)
        title, article_id = details.pop("title", None), details.pop("id", None)
        found = _original(one, title, self.encoding)
        there = self.known.has(found.text)
        if there and not single:
            return self._pass(one.where, there)
        if there and article_id is None:
            raise click.UsageError(
                f"{one.where} is in the bank already, as {there}: delete that folder first, or give another --id"
            )
        given = {
            **self.given,
            **{key: curate.many.iso_day(value) if key == "published" else value for key, value in details.items()},
        }
        kind, origin = AnnotatorKind(given.pop("kind")), Origin(given.pop("origin"))
        headed = None if one.text or found.extracted == () else title
        wanted = article_id or self._id(found, title, given)
        made = curate.new(found, self.topic, wanted, self.annotator, kind=kind, origin=origin, title=headed, **given)
        target = self.folder / "articles" / wanted
        article.write_files(made.files, target)
        self.known.add(wanted, made.meta)
        click.echo(f"{target}: {plural(len(segment.lines(made.files['article.txt'])), 'sentence')}")
        for remark in (*found.remarks, *made.remarks):
            click.echo(_plain(f"  {remark}"))
        if single:
            _say_what_is_next(found, target, self.annotator)
        return 0

    def _pass(self, where: str, there: str) -> int:
        self.passed += 1
        click.echo(_plain(f"{where}: is in the bank already, as {there}"))
        return 0

    def _id(self, found: Any, title: str | None, given: Mapping[str, Any]) -> str:
        from slantbank import curate

        said = {**found.metadata, **{name: value for name, value in given.items() if value}}
        headline = title or next((line for line in found.text.lstrip("\ufeff").splitlines() if line.strip()), "")
        return curate.ids.free(curate.ids.of_article(headline, said.get("outlet"), said.get("published")), self.known.ids)


def _say_what_is_next(found: Any, target: Path, annotator: str) -> None:
    if found.extracted:
        click.echo(
            "Compare the text with the original: what extraction left out is not known. Then confirm `extracted` in article.toml."
        )
    click.echo(f"Correct sentence boundaries in article.txt first, then fill in annotations/{annotator}.toml, then:")
    click.echo(f"  slantbank check {target}")


def _topic(folder: Path, name: str | None) -> Path:
    """The file of the topic: the one named, else the only one."""
    from slantbank.problem import nearest

    known = {path.stem: path for path in sorted((folder / "topics").glob("[!.]*.toml"))}
    if not known:
        raise click.UsageError(f"there is no topic in {folder / 'topics'} yet; `slantbank topic new` makes one")
    if name is None and len(known) > 1:
        raise click.UsageError(f"name a --topic: {', '.join(known)}")
    if name is not None and name not in known:
        raise click.UsageError(f"no topic {name!r} in {folder / 'topics'}; {nearest(name, list(known))}")
    return known[name] if name is not None else next(iter(known.values()))


def _annotator(known: Any) -> str:
    """The only person who has coded so far."""
    if len(known.coders) != 1:
        raise click.UsageError(f"name an --annotator: {', '.join(sorted(known.coders)) or 'an id for you, as ada'}")
    return str(*known.coders)


def _original(one: Any, title: str | None, encoding: str | None) -> Any:
    """The original in a file, on standard input, in a list, or at an address; only an address touches the network."""
    from slantbank.curate import extract as original
    from slantbank.curate import web

    if one.text:
        text = one.text if title is None else f"{title}\n\n{one.text}"
        return original.Original(text.rstrip("\n") + "\n", {})
    if not one.name:
        raise click.UsageError("the row has no text, file or url")
    try:
        if "://" in one.name:
            return original.read_page(web.fetch(one.name), one.name, title=title)
        file = click.File("rb").convert(one.name, None, click.get_current_context())
        name, content = "standard input" if one.name == "-" else one.name, file.read(original.MOST + 1)
        if title is not None and one.details.get("title"):  # a list says it of any file
            return _headed(original.read(name, content, charset=encoding), name, content, title)
        return original.read(name, content, title=title, charset=encoding)
    except ValueError as error:
        raise click.UsageError(_plain(str(error))) from error
    except ImportError as error:
        raise click.UsageError(missing_extra(error, "web")) from error
    except web.FetchError as error:
        raise click.ClickException(_plain(str(error))) from error


def _headed(found: Any, name: str, content: bytes, title: str) -> Any:
    """The original under the headline that a list gives: of a plain text it is put on top, where it is not there."""
    from dataclasses import replace

    from slantbank.curate import extract

    if found.extracted:
        return extract.read(name, content, title=title)
    first = next((line for line in found.text.removeprefix("\ufeff").splitlines() if line.strip()), "")
    if first.split() == title.split():
        return found
    body = found.text.removeprefix("\ufeff")
    return replace(found, text=f"{title}\n\n{body}", remarks=(*found.remarks, "the headline of the list stands above the text"))


def _plain(text: str) -> str:
    from slantbank.problem import printable

    return printable(text)
