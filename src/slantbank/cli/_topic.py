"""The command topic makes a topic, by questions or by options."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click

from slantbank.cli._shared import BANK, exit_on_problems, plural, usage_errors, writable_bank

_SIDES = click.Choice(["a", "b", "other"])


@click.group()
def topic() -> None:
    """Make topics: the events that articles are about."""


@topic.command("new")
@click.argument("topic_id", metavar="[ID]", required=False)
@click.option("--title", help="What happened, where and when.")
@click.option(
    "--party",
    "parties",
    type=(_SIDES, str),
    multiple=True,
    metavar="SIDE NAME",
    help="A party and its side; an id may come first: “council: Town council”.",
)
@click.option("--fact", "facts", multiple=True, metavar="TEXT", help="A fact, as one neutral sentence; an id may come first.")
@click.option("--axis", help="What sides a and b mean across topics, such as us-left-right; or none.")
@BANK
def new(
    topic_id: str | None,
    title: str | None,
    parties: tuple[tuple[str, str], ...],
    facts: tuple[str, ...],
    axis: str | None,
    bank: Path | None,
) -> None:
    """Make a topic: an event, its parties with their sides, and its facts.

    Example: `slantbank topic new`

    A fact is a proposition about the event that an account may report or omit. The command asks for what the options do not
    give; it asks nothing if they give a title and two parties.
    """
    from pydantic import ValidationError

    from slantbank.bank import Topic
    from slantbank.bank import topic as topics
    from slantbank.curate import ids

    folder = writable_bank(bank)
    if topic_id is not None:
        topic_id = _free_id(folder, topic_id)
    asks = not title or len(parties) < 2
    title = title or click.prompt("What happened, where and when")
    topic_id = topic_id or (
        click.prompt("Id of the topic", default=ids.slug(title), value_proc=partial(_free_id, folder)) if asks else ids.slug(title)
    )
    sides_and_names = [*parties, *(_ask_parties(len(parties)) if asks else ())]
    texts = [*facts, *(_ask_facts(len(facts)) if asks else ())]
    values: dict[str, Any] = {"id": topic_id, "axis": axis, "title": title}
    values["party"] = _with_ids([name for _, name in sides_and_names], "name", 1)
    values["party"] = [{**party, "side": side} for party, (side, _) in zip(values["party"], sides_and_names, strict=True)]
    values["fact"] = _with_ids(texts, "text", 3)
    with exit_on_problems(), usage_errors():
        try:
            topic = Topic.model_validate(values)
        except ValidationError as error:
            fault = error.errors()[0]
            raise click.UsageError(f"{' '.join(map(str, fault['loc']))} {fault['input']!r}: {fault['msg']}") from error
        path = topics.write(topic, folder / "topics")
    named = ", ".join(f"{party.id} ({party.side})" for party in topic.party)
    click.echo(f"{path}: {named}; {plural(len(topic.fact), 'fact')}")
    click.echo(
        "Edit that file to add more, now or later: parties, facts, aliases, the day of a fact (since), what is disputed. Then:"
    )
    click.echo(f"  slantbank new ARTICLE --topic {topic.id} --annotator YOU")


def _free_id(folder: Path, name: str) -> str:
    """Return `name` if it can be the id of a new topic. Raises UsageError otherwise, after which a prompt asks again."""
    from slantbank.bank import is_id

    if not is_id(name):
        raise click.UsageError(f"id {name!r}: use lower-case letters a-z, digits and single hyphens")
    if (path := folder / "topics" / f"{name}.toml").exists():
        raise click.UsageError(f"{path} is there already; add parties and facts in the file itself")
    return name


def _ask_parties(count: int) -> Iterator[tuple[str, str]]:
    """Ask for parties beyond the `count` that are given, two in all at least, until Enter; yield side and name."""
    while True:
        count += 1
        optional = count > 2
        text = f"Party {count}{' (Enter ends)' if optional else ''}"
        name = click.prompt(text, default="" if optional else None, show_default=False)
        if not name:
            return
        yield click.prompt("  its side", type=_SIDES), name


def _ask_facts(count: int) -> Iterator[str]:
    """Ask for facts beyond the `count` that are given, until Enter."""
    while text := click.prompt(f"Fact {(count := count + 1)} (Enter ends)", default="", show_default=False):
        yield text


def _with_ids(texts: list[str], key: str, words: int) -> list[dict[str, str]]:
    """Return each text under `key`, with the id written before it (“council: Town council”) or one made of its words."""
    from slantbank.curate import ids

    entries: list[dict[str, str]] = []
    for text in texts:
        match = re.fullmatch(r"([a-z0-9-]+):\s+(.+)", text)
        name, body = match.groups() if match else (ids.slug(text, words) or key, text)
        entries.append({"id": name if match else ids.free(name, {entry["id"] for entry in entries}), key: body})
    return entries
