"""Commands on models that code: code."""

import re
import sys
import time
from pathlib import Path
from typing import Any

import click

from slantbank.cli._shared import BANK, Chosen, choose, contributions, missing_extra, plural, refuse_shipped, usage


@click.command()
@click.argument("articles", nargs=-1, metavar="[ARTICLE]...")
@click.option("--model", "name", help="The model, by the name that the server knows it under.")
@click.option("--base-url", help="Address of an OpenAI-compatible server, as http://localhost:11434/v1; else OpenAI's.")
@click.option("--annotator", help="Id of the annotator; else made from the model's name.")
@click.option("--record", "record_path", type=click.Path(path_type=Path, dir_okay=False), help="The run record; else in the bank.")
@click.option(
    "--replay", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Code from this record, without network."
)
@click.option("--jobs", default=4, show_default=True, type=click.IntRange(1, 256), help="Requests at once.")
@click.option("--budget", type=click.IntRange(1), metavar="TOKENS", help="Ask nothing more when so many tokens are spent.")
@click.option("--temperature", default=0.0, show_default=True)
@click.option("--seed", type=int)
@click.option("--max-tokens", type=click.IntRange(1), help="Most tokens of an answer; else by its sentences.")
@click.option("--window", default=40, show_default=True, type=click.IntRange(1), help="Sentences asked for at once.")
@click.option("--timeout", default=120.0, show_default=True, help="Seconds to wait for an answer.")
@click.option("--weights", help="Quantisation or hash of the weights, to be noted.")
@click.option("--dry-run", is_flag=True, help="Say what would be asked, and ask nothing.")
@click.option("--show-prompt", is_flag=True, help="Print the first prompt, and ask nothing.")
@click.option("--checklist", is_flag=True, help="Print the GUIDE-LLM checklist of what --annotator coded, and ask nothing.")
@BANK
def code(
    articles: tuple[str, ...],
    name: str | None,
    base_url: str | None,
    annotator: str | None,
    record_path: Path | None,
    replay: Path | None,
    jobs: int,
    budget: int | None,
    timeout: float,
    dry_run: bool,
    show_prompt: bool,
    checklist: bool,
    bank: Path | None,
    **asked: Any,
) -> None:
    """Have a model code ARTICLEs (ids), or all of the bank, by the codebook; with slantbank[models].

    The key of the server is OPENAI_API_KEY of the environment. Every request and answer goes to the run record; a run that was
    stopped goes on there. What breaks a rule of the bank goes back to the model three times; what is still wrong is undecided.
    Exit code 1 if an article could not be coded.
    """
    from slantbank import coders

    chosen = choose(articles, bank)
    refuse_shipped(chosen.folder)
    with contributions(), usage():
        if checklist:
            click.echo(coders.checklist(_listed(chosen, annotator or _id(name or ""))), nl=False)
            return
        if replay is not None:
            record = coders.Record(replay)
            settings = record.settings()
            if annotator and annotator != settings.annotator:
                raise click.UsageError(f"the record is of annotator {settings.annotator}")
        elif name is None and not show_prompt:
            raise click.UsageError("give the --model, or --replay a record")
        else:
            settings = coders.Settings(annotator or _id(name or "model"), name or "model", **asked)
            record = coders.Record(None)
        planned = coders.plan(chosen.folder, settings.annotator, chosen.articles)
        if show_prompt or dry_run:
            _preview(planned, settings, whole=show_prompt)
            return
        if replay is None:
            own = coders.record_path(chosen.folder, settings.annotator)
            record = coders.Record(record_path or own, None if record_path else chosen.folder)
            coders.hold(record, chosen.folder)
        client = None if replay is not None else _connect(base_url, timeout)
        model = coders.Model(settings, record, client, jobs, coders.Budget(budget))
    sys.exit(_run(planned, model, jobs))


def _id(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80].strip("-")


def _listed(chosen: Chosen, annotator: str) -> list[Any]:
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
    start, sentences, failed, undecided = time.monotonic(), 0, 0, 0
    try:
        for number, done in enumerate(coders.run(planned, model, model.settings.annotator, jobs=jobs), 1):
            sentences += done.sentences
            minutes = max(time.monotonic() - start, 1e-9) / 60
            left = (planned.sentences - sentences) / (sentences / minutes)
            if done.reason is not None:
                failed += 1
                what = f"not coded: {printable(done.reason)}"
            else:
                undecided += done.undecided
                what = f"{plural(done.sentences, 'sentence')}, {done.undecided} with something undecided"
            click.echo(f"{done.article}: {what}")
            click.echo(
                f"  {number} of {len(planned.articles)}; {number / minutes:,.0f} articles and {sentences / minutes:,.0f} sentences "
                f"a minute; {model.budget.spent:,} tokens; about {left:.1f} minutes left",
                err=True,
            )
    except KeyboardInterrupt:
        click.echo("stopped; what is done is kept, and the same command goes on from there", err=True)
        return 130
    click.echo(
        f"{plural(len(planned.articles) - failed, 'article')} coded; {plural(undecided, 'sentence')} with something undecided"
    )
    if model.record.path is not None:
        click.echo(f"record: {model.record.path}", err=True)
    return int(bool(failed or planned.left_out))
