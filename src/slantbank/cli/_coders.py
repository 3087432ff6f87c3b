"""The commands code and audit ask a language model for labels."""

import re
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import click

from slantbank.cli._measure import FORMATS, OUTPUT, write_frame, write_text
from slantbank.cli._shared import (
    BANK,
    Selection,
    exit_on_problems,
    missing_extra,
    plural,
    refuse_shipped,
    select_articles,
    usage_errors,
)


def _asking(command: Any) -> Any:
    """The options of commands that ask a model."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option("--model", "name", help="Name of the model on the server."),
    click.option("--base-url", help="Address of an OpenAI-compatible server, as http://localhost:11434/v1. If left out, OpenAI's."),
    click.option("--annotator", help="Id of the annotator. If left out, it is made from the model's name."),
    click.option(
        "--record",
        "record_path",
        type=click.Path(path_type=Path, dir_okay=False),
        help="File of the run record. If left out, it is in the bank.",
    ),
    click.option(
        "--replay",
        type=click.Path(path_type=Path, dir_okay=False, exists=True),
        help="Take the answers from this record, without network.",
    ),
    click.option("--jobs", default=4, show_default=True, type=click.IntRange(1, 256), help="Number of requests at once."),
    click.option("--budget", type=click.IntRange(1), metavar="TOKENS", help="Stop asking when this many tokens are spent."),
    click.option("--temperature", default=0.0, show_default=True, help="Sampling temperature."),
    click.option("--seed", type=int, help="Random seed that is sent to the server."),
    click.option(
        "--max-tokens",
        type=click.IntRange(1),
        help="Maximum tokens of an answer. If left out, it depends on the number of sentences.",
    ),
    click.option("--window", default=40, show_default=True, type=click.IntRange(1), help="Number of sentences in a request."),
    click.option("--timeout", default=120.0, show_default=True, help="Seconds to wait for an answer."),
    click.option("--weights", help="Quantisation or hash of the weights, for the record."),
)


@click.command()
@click.argument("articles", nargs=-1, metavar="[ARTICLE]...")
@_asking
@click.option("--dry-run", is_flag=True, help="Ask nothing; show how much would be asked.")
@click.option("--show-prompt", is_flag=True, help="Ask nothing; print the first prompt.")
@click.option("--checklist", is_flag=True, help="Ask nothing; print the GUIDE-LLM checklist for the labels of --annotator.")
@BANK
def code(
    articles: tuple[str, ...], dry_run: bool, show_prompt: bool, checklist: bool, bank: Path | None, jobs: int, **asked: Any
) -> None:
    """Have a language model code articles by the codebook.

    Example: `slantbank code --model qwen3 --base-url http://localhost:11434/v1`

    Needs slantbank[models]. The model codes ARTICLEs (ids), or all of the bank. The key of the server is taken from the environment
    variable OPENAI_API_KEY. Every request and answer goes to the run record; repeat a stopped command to continue it. Labels that
    break a rule go back to the model, up to three times; what is still wrong is left undecided. Exit code 1 if an article could not
    be coded.
    """
    from slantbank import coders

    chosen = select_articles(articles, bank)
    refuse_shipped(chosen.folder)
    with exit_on_problems(), usage_errors():
        if checklist:
            click.echo(coders.checklist(_listed(chosen, asked["annotator"] or _id(asked["name"] or ""))), nl=False)
            return
        settings, record = _settings(asked, needed=not show_prompt)
        planned = coders.plan(chosen.folder, settings.annotator, chosen.articles)
        if show_prompt or dry_run:
            _preview(planned, settings, whole=show_prompt)
            return
        model = _model(settings, record, asked, chosen, jobs)
    sys.exit(_run(planned, model, jobs))


def _settings(asked: dict[str, Any], *, needed: bool) -> tuple[Any, Any]:
    """How a model is asked, and the record to replay, if one is."""
    from slantbank import coders

    annotator, name = asked["annotator"], asked["name"]
    if asked["replay"] is not None:
        record = coders.RunRecord(asked["replay"])
        settings = record.settings()
        if annotator and annotator != settings.annotator:
            raise click.UsageError(f"the record is of annotator {settings.annotator}")
        return settings, record
    if name is None and needed:
        raise click.UsageError("give the --model, or --replay a record")
    how = {key: asked[key] for key in ("temperature", "seed", "max_tokens", "window", "weights")}
    return coders.Settings(annotator or _id(name or "model"), name or "model", **how), None


def _model(settings: Any, record: Any, asked: dict[str, Any], chosen: Selection, jobs: int) -> Any:
    """The model as a coder, with its record."""
    from slantbank import coders

    client = None
    if record is None:
        own = coders.record_path(chosen.folder, settings.annotator)
        record = coders.RunRecord(asked["record_path"] or own, None if asked["record_path"] else chosen.folder)
        coders.ensure_record_allowed(record, chosen.folder)
        client = _connect(asked["base_url"], asked["timeout"])
    return coders.ModelCoder(settings, record, client, jobs, coders.Budget(asked["budget"]))


@click.command()
@click.argument("articles", nargs=-1, metavar="[ARTICLE]...")
@_asking
@click.option("--exchange", "given", multiple=True, metavar="NAME=NAME", help="Exchange these two names, too; may be repeated.")
@click.option(
    "--names",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="TOML file with more names to exchange: a table for each topic, under its id.",
)
@click.option("--dry-run", is_flag=True, help="Ask nothing; show which names would be exchanged.")
@FORMATS
@OUTPUT
@BANK
def audit(
    articles: tuple[str, ...],
    given: tuple[str, ...],
    names: Path | None,
    dry_run: bool,
    style: str,
    output: Path | None,
    bank: Path | None,
    jobs: int,
    **asked: Any,
) -> None:
    """Test whether a model's labels change with the parties' names.

    It exchanges the parties' names in constructed ARTICLEs (ids, or all), has the model code both texts, and counts what changed.
    With a fair model, perspective and stance follow the names; loaded words, claim types and attribution stay. A name that is left
    in a text misleads a fair model, too: --dry-run shows such names, --exchange and --names add them.

    Answers in the record are not asked for again; with --replay, all come from there. No article is changed. See docs/coders.md.
    Exit code 1 if an article could not be coded.
    """
    import polars as pl

    from slantbank import coders, measure
    from slantbank.problem import printable
    from slantbank.show import terminal as table

    chosen = select_articles(articles, bank)
    with exit_on_problems(), usage_errors():
        settings, record = _settings(asked, needed=not dry_run)
        whole = coders.plan(chosen.folder, settings.annotator, chosen.articles, written=False)
        planned = coders.plan_audit(
            whole, _exchanged(given, names, {path.stem for path in (chosen.folder / "topics").glob("*.toml")})
        )
        for name, why in planned.left_out.items() if chosen.articles else ():
            click.echo(f"{name}: left out: {printable(why)}", err=True)
        if not planned.articles:
            raise click.UsageError("no constructed article with names of two sides, whose text is there")
        if dry_run:
            _show_exchange(planned)
            return
        model = _model(settings, record, asked, chosen, jobs)
    _warn_of_names(planned)
    try:
        rows, failed = _audited(planned, model, jobs)
    except KeyboardInterrupt:
        click.echo("stopped; what was answered is in the record, and the same command goes on from there", err=True)
        sys.exit(130)
    if rows:
        shares = measure.moved(pl.DataFrame(rows, infer_schema_length=None))
        if style == "table":
            write_text(table.moved(shares), output)
        else:
            write_frame(shares, style, output)
    sys.exit(int(failed > 0 or not rows))


def _id(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80].strip("-")


def _listed(chosen: Selection, annotator: str) -> list[Any]:
    from slantbank import bank

    drafts = bank.draft(chosen.folder, chosen.articles).articles.values()
    metas = [draft.meta.value for draft in drafts if draft.meta and draft.meta.value]
    return [who for meta in metas for who in meta.annotator if who.id == annotator]


def _connect(base_url: str | None, timeout: float) -> Any:
    from slantbank import coders

    try:
        return coders.connect(base_url, timeout=timeout)
    except ImportError as error:
        raise click.UsageError(missing_extra(error, "models")) from error


def _preview(planned: Any, settings: Any, *, whole: bool) -> None:
    """What would be asked. Tokens are estimated: four characters make one."""
    from slantbank import coders
    from slantbank.problem import printable

    total = requests = 0
    for one, about, _ in planned.articles.values():
        for part in coders.windows(len(one.lines), settings.window):
            talk = coders.messages(one, about, part)
            size = sum(len(message["content"]) for message in talk) // 4
            total, requests = total + size, requests + 1
            if whole:
                for message in talk:
                    click.echo(f"--- {message['role']}")
                    click.echo("\n".join(map(printable, message["content"].replace("\t", "  ").split("\n"))))
                click.echo(f"--- about {size:,} tokens (four characters each)", err=True)
                return
    click.echo(
        f"{plural(len(planned.articles), 'article')}, {plural(planned.sentences, 'sentence')}, {plural(requests, 'request')}, "
        f"about {total:,} tokens of prompts (four characters each)"
    )
    _left_out(planned)


def _left_out(planned: Any) -> None:
    from slantbank.problem import printable

    for name, why in planned.left_out.items():
        click.echo(f"{name}: left out: {printable(why)}", err=True)


def _run(planned: Any, model: Any, jobs: int) -> int:
    """Code what is planned, and tell how far it is; the exit code."""
    from slantbank import coders
    from slantbank.problem import printable

    _left_out(planned)
    if model.record.torn:
        click.echo(f"{model.record.path}: the last line is cut off, and does not count", err=True)
    progress, failed, undecided = _Progress(model, len(planned.articles), planned.sentences), 0, 0
    try:
        for done in coders.run(planned, model, model.settings.annotator, jobs=jobs, stopping=progress.stopping):
            if done.reason is not None:
                failed += 1
                what = f"not coded: {printable(done.reason)}"
            else:
                undecided += done.undecided
                what = f"{plural(done.sentences, 'sentence')}, {done.undecided} with something undecided"
            progress.clear()
            click.echo(f"{done.article}: {what}")
            progress.tell(done.sentences)
    except KeyboardInterrupt:
        click.echo("stopped; what is done is kept, and the same command goes on from there", err=True)
        return 130
    progress.clear()
    click.echo(
        f"{plural(len(planned.articles) - failed, 'article')} coded; {plural(undecided, 'sentence')} with something undecided"
    )
    if model.record.path is not None:
        click.echo(f"record: {model.record.path}; {model.budget.spent:,} tokens spent", err=True)
    return int(bool(failed or planned.left_out))


class _Progress:
    """How far a run is: articles and sentences a minute, tokens, the time left. A line on a terminal, and nothing elsewhere."""

    def __init__(self, model: Any, articles: int, sentences: int) -> None:
        self.model, self.articles, self.sentences = model, articles, sentences
        self.start, self.number, self.done = time.monotonic(), 0, 0
        self.shown = sys.stderr.isatty()

    def tell(self, sentences: int) -> None:
        """Rewrite the line after an article of so many sentences."""
        self.number, self.done = self.number + 1, self.done + sentences
        minutes = max(time.monotonic() - self.start, 1e-9) / 60
        left = (self.sentences - self.done) / (self.done / minutes)
        pace = f"{self.number / minutes:,.0f} articles, {self.done / minutes:,.0f} sentences a minute"
        line = f"{self.number} of {self.articles}; {pace}; {self.model.budget.spent:,} tokens; {_time(left)} left"
        self.clear()
        self._write(line[: shutil.get_terminal_size().columns - 1])  # one that breaks could not be taken away

    def clear(self) -> None:
        """Take the line away, before another is printed."""
        self._write("\r\x1b[K")

    def stopping(self) -> None:
        """Say at Ctrl-C that there is something to wait for."""
        self.clear()
        click.echo("stopping: what has been asked is waited for and kept", err=True)

    def _write(self, text: str) -> None:
        if self.shown:
            click.echo(text, nl=False, err=True)


def _time(minutes: float) -> str:
    return (
        f"{minutes / 60:,.1f} hours"
        if minutes >= 90
        else f"{minutes:.0f} minutes"
        if minutes >= 2
        else f"{minutes * 60:.0f} seconds"
    )


def _exchanged(given: tuple[str, ...], path: Path | None, topics: set[str]) -> dict[str, dict[str, str]]:
    """The names of `--exchange` for every topic, and those that `--names` has for it."""
    pairs = [name.partition("=") for name in given]
    if odd := next((name for name, pair in zip(given, pairs, strict=True) if not pair[0].strip() or not pair[2].strip()), None):
        raise click.UsageError(f"--exchange {odd!r}: write NAME=NAME")
    flagged = {one.strip(): other.strip() for one, _, other in pairs}
    tables = _tables(path, topics) if path else {}
    return {topic: {**tables.get(topic, {}), **flagged} for topic in topics}


def _tables(path: Path, topics: set[str]) -> dict[str, dict[str, str]]:
    """The tables of a file of names. Raises UsageError for one of a topic that the bank has not, or with other than names."""
    import tomllib

    from slantbank.problem import nearest

    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.UsageError(f"{path} cannot be read as TOML: {error}") from error
    for topic, table in tables.items():
        if topic not in topics:
            raise click.UsageError(f"{path}: the bank has no topic {topic!r}; {nearest(topic, sorted(topics))}")
        if not isinstance(table, dict) or not all(
            name.strip() and isinstance(to, str) and to.strip() for name, to in table.items()
        ):
            raise click.UsageError(f'{path}: write the names of {topic} as a table: ["{topic}"], and under it "NAME" = "NAME"')
    return tables


def _warn_of_names(planned: Any) -> None:
    """Say of how many texts the parties' names could not all be exchanged."""
    odd = sum(bool(way.left(one.text, about)) for one, about, way in planned.articles.values())
    if odd:
        texts = plural(len(planned.articles), "text")
        click.echo(f"{odd} of {texts} may still tell who is meant, by names that are left; --dry-run shows which", err=True)


def _show_exchange(planned: Any) -> None:
    """What would be exchanged in each article: how many names, the first sentence that has one, and what is left."""
    from slantbank import coders
    from slantbank.problem import printable

    for name, (one, about, way) in planned.articles.items():
        click.echo(f"{name}: {plural(way.count(one.text), 'name')} of {' and '.join(way.parties)} exchanged")
        lines = zip(one.lines, coders.swap_article(one, about, way)[0].lines, strict=True)
        before, after = next((pair for pair in lines if pair[0] != pair[1]), ("", ""))
        click.echo(f"  {printable(before)}\n  {printable(after)}")
        left = ", ".join(f"{words} ({n})" for words, n in sorted(way.left(one.text, about).items()))
        if left:
            click.echo(f"  left, which may tell who is meant: {printable(left)}")


def _audited(planned: Any, model: Any, jobs: int) -> tuple[list[dict[str, Any]], int]:
    """A row for each sentence and layer that was decided twice, and how many articles could not be coded."""
    from slantbank import coders
    from slantbank.problem import printable

    rows: list[dict[str, Any]] = []
    failed = 0
    sizes = {name: 2 * len(one.lines) for name, (one, _, _) in planned.articles.items()}
    progress = _Progress(model, len(sizes), sum(sizes.values()))
    for done in coders.audit(planned, model, jobs=jobs, stopping=progress.stopping):
        progress.clear()
        if done.reason is not None:
            failed += 1
            click.echo(f"{done.article}: not coded: {printable(done.reason)}", err=True)
        place = {"topic_id": done.topic, "article_id": done.article}
        rows += [
            {**place, "sentence_id": f"{done.article}:{n}", "layer": layer, "moved": moved, "lean": lean}
            for n, layer, moved, lean in done.comparisons
        ]
        progress.tell(sizes[done.article])
    progress.clear()
    order = {layer: k for k, layer in enumerate(coders.LAYERS)}
    return sorted(rows, key=lambda row: (order[row["layer"]], row["sentence_id"])), failed
