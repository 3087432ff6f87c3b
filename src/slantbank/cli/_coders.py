"""The commands code and audit ask a language model for labels."""

import re
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import click

from slantbank.cli._measure import FORMATS, OUTPUT, output_text, write_frame
from slantbank.cli._shared import (
    BANK,
    Targets,
    exit_on_problems,
    find_targets,
    missing_extra,
    plural,
    refuse_shipped,
    usage_errors,
)


def _model_options(command: Any) -> Any:
    """Add the options of commands that ask a model."""
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
@_model_options
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

    targets = find_targets(articles, bank)
    refuse_shipped(targets.folder)
    with exit_on_problems(), usage_errors():
        if checklist:
            click.echo(coders.checklist(_annotators(targets, asked["annotator"] or _id(asked["name"] or ""))), nl=False)
            return
        settings, record = _settings(asked, needed=not show_prompt)
        planned = coders.plan(targets.folder, settings.annotator, targets.articles)
        if show_prompt or dry_run:
            _preview(planned, settings, whole=show_prompt)
            return
        model = _model(settings, record, asked, targets, jobs)
    sys.exit(_run(planned, model, jobs))


def _settings(asked: dict[str, Any], *, needed: bool) -> tuple[Any, Any]:
    """Return the settings for asking a model, and the record of --replay, if given."""
    from slantbank import coders

    annotator, name = asked["annotator"], asked["name"]
    if asked["replay"] is not None:
        record = coders.RunRecord(asked["replay"])
        settings = record.settings()
        if annotator and annotator != settings.annotator:
            raise click.UsageError(f"the record is of annotator {settings.annotator}")
        return settings, record
    if name is None and needed:
        raise click.UsageError("give a --model, or --replay a record")
    options = {key: asked[key] for key in ("temperature", "seed", "max_tokens", "window", "weights")}
    return coders.Settings(annotator or _id(name or "model"), name or "model", **options), None


def _model(settings: Any, record: Any, asked: dict[str, Any], targets: Targets, jobs: int) -> Any:
    """Return the model with its record; without --replay also with a connection to the server."""
    from slantbank import coders

    client = None
    if record is None:
        default = coders.record_path(targets.folder, settings.annotator)
        record = coders.RunRecord(asked["record_path"] or default, None if asked["record_path"] else targets.folder)
        coders.ensure_record_allowed(record, targets.folder)
        client = _connect(asked["base_url"], asked["timeout"])
    return coders.ModelCoder(settings, record, client, jobs, coders.Budget(asked["budget"]))


@click.command()
@click.argument("articles", nargs=-1, metavar="[ARTICLE]...")
@_model_options
@click.option("--exchange", "exchanged", multiple=True, metavar="NAME=NAME", help="Exchange these two names, too; may be repeated.")
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
    exchanged: tuple[str, ...],
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
    from slantbank.show import terminal as table

    targets = find_targets(articles, bank)
    with exit_on_problems(), usage_errors():
        settings, record = _settings(asked, needed=not dry_run)
        whole = coders.plan(targets.folder, settings.annotator, targets.articles, written=False)
        topics = {path.stem for path in (targets.folder / "topics").glob("*.toml")}
        planned = coders.plan_audit(whole, _more_names(exchanged, names, topics))
        if targets.articles:
            _print_left_out(planned)
        if not planned.articles:
            raise click.UsageError("there is no constructed article that has its text and names parties of two sides")
        if dry_run:
            _print_exchange(planned)
            return
        model = _model(settings, record, asked, targets, jobs)
    _warn_of_names(planned)
    try:
        rows, failed = _audited(planned, model, jobs)
    except KeyboardInterrupt:
        click.echo("stopped; the answers so far are in the record, and the same command goes on from there", err=True)
        sys.exit(130)
    if rows:
        shares = measure.moved_shares(pl.DataFrame(rows, infer_schema_length=None))
        if style == "table":
            output_text(table.moved_text(shares), output)
        else:
            write_frame(shares, style, output)
    sys.exit(int(failed > 0 or not rows))


def _id(name: str) -> str:
    """Return an id made from the name of a model."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80].strip("-")


def _annotators(targets: Targets, annotator: str) -> list[Any]:
    """Return the entries of an annotator in the metadata of the articles."""
    from slantbank import bank

    drafts = bank.draft(targets.folder, targets.articles).articles.values()
    metas = [draft.meta.value for draft in drafts if draft.meta and draft.meta.value]
    return [entry for meta in metas for entry in meta.annotator if entry.id == annotator]


def _connect(base_url: str | None, timeout: float) -> Any:
    from slantbank import coders

    try:
        return coders.connect(base_url, timeout=timeout)
    except ImportError as error:
        raise click.UsageError(missing_extra(error, "models")) from error


def _preview(planned: Any, settings: Any, *, whole: bool) -> None:
    """Print what would be asked: the first prompt (`whole`), or the number of requests with their tokens, four characters each."""
    from slantbank import coders
    from slantbank.problem import printable

    total = requests = 0
    for article, topic, _ in planned.articles.values():
        for part in coders.windows(len(article.lines), settings.window):
            prompt = coders.messages(article, topic, part)
            size = sum(len(message["content"]) for message in prompt) // 4
            total, requests = total + size, requests + 1
            if whole:
                for message in prompt:
                    click.echo(f"--- {message['role']}")
                    click.echo("\n".join(map(printable, message["content"].replace("\t", "  ").split("\n"))))
                click.echo(f"--- about {size:,} tokens (four characters each)", err=True)
                return
    click.echo(
        f"{plural(len(planned.articles), 'article')}, {plural(planned.sentences, 'sentence')}, {plural(requests, 'request')}, "
        f"about {total:,} tokens of prompts (four characters each)"
    )
    _print_left_out(planned)


def _print_left_out(planned: Any) -> None:
    """Name the articles that are not coded, with the reason."""
    from slantbank.problem import printable

    for name, reason in planned.left_out.items():
        click.echo(f"{name}: left out: {printable(reason)}", err=True)


def _run(planned: Any, model: Any, jobs: int) -> int:
    """Code the planned articles and print how far it is; return the exit code."""
    from slantbank import coders
    from slantbank.problem import printable

    _print_left_out(planned)
    if model.record.torn:
        click.echo(f"{model.record.path}: the last line is cut off and is ignored", err=True)
    progress, failed, undecided = _Progress(model, len(planned.articles), planned.sentences), 0, 0
    try:
        for result in coders.run(planned, model, model.settings.annotator, jobs=jobs, stopping=progress.print_stopping):
            if result.reason is not None:
                failed += 1
                outcome = f"not coded: {printable(result.reason)}"
            else:
                undecided += result.undecided
                outcome = f"{plural(result.sentences, 'sentence')}, {result.undecided} with something undecided"
            progress.clear()
            click.echo(f"{result.article}: {outcome}")
            progress.update(result.sentences)
    except KeyboardInterrupt:
        click.echo("stopped; the answers so far are kept, and the same command goes on from there", err=True)
        return 130
    progress.clear()
    click.echo(
        f"{plural(len(planned.articles) - failed, 'article')} coded; {plural(undecided, 'sentence')} with something undecided"
    )
    if model.record.path is not None:
        click.echo(f"record: {model.record.path}; {model.budget.spent:,} tokens spent", err=True)
    return int(bool(failed or planned.left_out))


class _Progress:
    """A line on a terminal that shows how far a run is: articles and sentences a minute, tokens, the time left."""

    def __init__(self, model: Any, articles: int, sentences: int) -> None:
        self.model, self.articles, self.sentences = model, articles, sentences
        self.start, self.coded_articles, self.coded_sentences = time.monotonic(), 0, 0
        self.visible = sys.stderr.isatty()

    def update(self, sentences: int) -> None:
        """Rewrite the line after an article with this number of sentences."""
        self.coded_articles += 1
        self.coded_sentences += sentences
        minutes = max(time.monotonic() - self.start, 1e-9) / 60
        left = (self.sentences - self.coded_sentences) / (self.coded_sentences / minutes)
        pace = f"{self.coded_articles / minutes:,.0f} articles, {self.coded_sentences / minutes:,.0f} sentences a minute"
        line = f"{self.coded_articles} of {self.articles}; {pace}; {self.model.budget.spent:,} tokens; {_duration(left)} left"
        self.clear()
        self._write(line[: shutil.get_terminal_size().columns - 1])  # a wrapped line could not be cleared

    def clear(self) -> None:
        """Clear the line, before something else is printed."""
        self._write("\r\x1b[K")

    def print_stopping(self) -> None:
        """Say after Ctrl-C that the command waits for open requests."""
        self.clear()
        click.echo("stopping: waiting for the answers to open requests, which are kept", err=True)

    def _write(self, text: str) -> None:
        if self.visible:
            click.echo(text, nl=False, err=True)


def _duration(minutes: float) -> str:
    if minutes >= 90:
        return f"{minutes / 60:,.1f} hours"
    return f"{minutes:.0f} minutes" if minutes >= 2 else f"{minutes * 60:.0f} seconds"


def _more_names(exchanged: tuple[str, ...], path: Path | None, topics: set[str]) -> dict[str, dict[str, str]]:
    """Return the names to exchange for each topic: those of the file of --names for it, and those of --exchange."""
    everywhere = {}
    for value in exchanged:
        name, _, other = (part.strip() for part in value.partition("="))
        if not name or not other:
            raise click.UsageError(f"--exchange {value!r}: write NAME=NAME")
        everywhere[name] = other
    tables = _read_names(path, topics) if path else {}
    return {topic: {**tables.get(topic, {}), **everywhere} for topic in topics}


def _read_names(path: Path, topics: set[str]) -> dict[str, dict[str, str]]:
    """Return the tables in the file of --names. Raises UsageError for an unknown topic, or values that are no names."""
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
            name.strip() and isinstance(other, str) and other.strip() for name, other in table.items()
        ):
            raise click.UsageError(f'{path}: write the names of {topic} as a table: ["{topic}"], and under it "NAME" = "NAME"')
    return tables


def _warn_of_names(planned: Any) -> None:
    """Say in how many texts some names of the parties are left."""
    count = sum(bool(exchange.remaining(article.text, topic)) for article, topic, exchange in planned.articles.values())
    if count:
        texts = plural(len(planned.articles), "text")
        click.echo(f"{count} of {texts} may still show who is meant, by names that are left; --dry-run shows them", err=True)


def _print_exchange(planned: Any) -> None:
    """Print for each article how many names would be exchanged, the first changed sentence, and which names are left."""
    from slantbank import coders
    from slantbank.problem import printable

    for name, (article, topic, exchange) in planned.articles.items():
        click.echo(f"{name}: {plural(exchange.count(article.text), 'name')} of {' and '.join(exchange.parties)} exchanged")
        lines = zip(article.lines, coders.swap_article(article, topic, exchange)[0].lines, strict=True)
        before, after = next((pair for pair in lines if pair[0] != pair[1]), ("", ""))
        click.echo(f"  {printable(before)}\n  {printable(after)}")
        left = ", ".join(f"{words} ({n})" for words, n in sorted(exchange.remaining(article.text, topic).items()))
        if left:
            click.echo(f"  left, which may show who is meant: {printable(left)}")


def _audited(planned: Any, model: Any, jobs: int) -> tuple[list[dict[str, Any]], int]:
    """Return a row for each sentence and layer that was decided in both texts, and the number of articles that failed."""
    from slantbank import coders
    from slantbank.problem import printable

    rows: list[dict[str, Any]] = []
    failed = 0
    sizes = {name: 2 * len(article.lines) for name, (article, _, _) in planned.articles.items()}
    progress = _Progress(model, len(sizes), sum(sizes.values()))
    for result in coders.audit(planned, model, jobs=jobs, stopping=progress.print_stopping):
        progress.clear()
        if result.reason is not None:
            failed += 1
            click.echo(f"{result.article}: not coded: {printable(result.reason)}", err=True)
        ids = {"topic_id": result.topic, "article_id": result.article}
        rows += [
            {**ids, "sentence_id": f"{result.article}:{n}", "layer": layer, "moved": moved, "lean": lean}
            for n, layer, moved, lean in result.comparisons
        ]
        progress.update(sizes[result.article])
    progress.clear()
    order = {layer: k for k, layer in enumerate(coders.LAYERS)}
    return sorted(rows, key=lambda row: (order[row["layer"]], row["sentence_id"])), failed
