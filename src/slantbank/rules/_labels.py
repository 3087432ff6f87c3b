"""Labels and references."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from slantbank.bank import Topic, decided
from slantbank.bank.toml import Document, Place
from slantbank.codebook import NEUTRAL, Layer, SourceType
from slantbank.problem import Edit, Example, Problem, nearest, quoted
from slantbank.rules._example import LABELS, META
from slantbank.rules._run import Hints, Run, ids, metadata, quoted_words, rule, sentence_name, tables


@rule("SB201", Example(LABELS, 'claim_type = "evaluative"', 'claim_type = "evaluation"'))
def unknown_claim_type(run: Run) -> Iterable[Problem]:
    """The codebook has no such claim type."""
    return run.read("SB201")


@rule("SB202", Example(LABELS, 'attribution = "indirect"', 'attribution = "reported"'))
def unknown_attribution(run: Run) -> Iterable[Problem]:
    """The codebook has no such attribution."""
    return run.read("SB202")


@rule("SB203", Example(LABELS, 'source_type = "person"', 'source_type = "politician"'))
def unknown_source_type(run: Run) -> Iterable[Problem]:
    """The codebook has no such source type."""
    return run.read("SB203")


@rule("SB204", Example(LABELS, 'source_perspective = "city"', 'source_perspective = "mayor"'))
def unknown_perspective(run: Run) -> Iterator[Problem]:
    """A perspective is a party of the topic, or neutral."""
    topics, hint = _topic_ids(run, "party"), Hints()
    for draft, _, document, i, sentence in run.labelled:
        topic, parties = topics.get(draft.folder.name, (None, {}))
        value = sentence.get("source_perspective")
        if topic and value and value != NEUTRAL and value not in parties:
            choices = {**parties, NEUTRAL: None}
            message = f"unknown perspective {quoted(value)}; {hint(document, _nearest_party, value, topic, choices)}"
            place = ("sentence", i, "source_perspective")
            yield replace(document.at("SB204", message, *place), fix=_same_but_case(document, value, choices, place))


@rule("SB205", Example(LABELS, 'source_party = "city"', 'source_party = "Zoë Hall"'))
def unknown_party(run: Run) -> Iterator[Problem]:
    """The topic has no such party."""
    topics, hint = _topic_ids(run, "party"), Hints()
    for registry in run.bank.topics.values():
        listed = ids(registry, "party")
        for i, fact in enumerate(tables(registry, "fact")):
            party = fact.get("claimed_by")
            if party and listed is not None and party not in listed:
                message = f"unknown party {quoted(party)}; {hint(registry, _nearest_party, party, registry, listed)}"
                yield registry.at("SB205", message, "fact", i, "claimed_by")
    for draft, _, document, i, sentence in run.labelled:
        topic, parties = topics.get(draft.folder.name, (None, {}))
        if topic is None:
            continue
        party = sentence.get("source_party")
        if party and party not in parties:
            message = f"unknown party {quoted(party)}; {hint(document, _nearest_party, party, topic, parties)}"
            place = ("sentence", i, "source_party")
            yield replace(document.at("SB205", message, *place), fix=_same_but_case(document, party, parties, place))
        for party in sentence.get("stance", {}):
            if party not in parties:
                message = f"unknown party {quoted(party)}; {hint(document, _nearest_party, party, topic, parties)}"
                yield document.at("SB205", message, "sentence", i, "stance", party, key=True)


def _topic_ids(run: Run, kind: str) -> dict[str, tuple[Document[Topic], dict[str, None]]]:
    """Return, for each article with a readable topic, the topic and the ids of its parties or facts."""
    listed = {name: (topic, ids(topic, kind)) for name, topic in run.bank.all_topics.items()}
    by_topic = {name: (topic, dict.fromkeys(names)) for name, (topic, names) in listed.items() if names is not None}
    by_article = {name: by_topic.get(draft.meta.tree.get("topic", "")) for name, draft in run.bank.articles.items() if draft.meta}
    return {name: entry for name, entry in by_article.items() if entry is not None}


def _same_but_case(document: Document[Any], value: str, choices: Iterable[str], place: Place) -> Edit | None:
    """Return the edit to the only choice that equals the value except in letter case and outer white space."""
    meant = [choice for choice in choices if choice.casefold() == value.strip().casefold()]
    return document.value_edit(meant[0], *place) if len(meant) == 1 else None


def _nearest_party(name: str, topic: Document[Topic], choices: Iterable[str]) -> str:
    """Return a hint like `nearest`, which also finds a party by an alias or a word of one."""
    for party in tables(topic, "party"):
        aliases = [alias.casefold() for alias in party.get("aliases", [])]
        if name.casefold() in aliases or any(name.casefold() in alias.split() for alias in aliases):
            return f"did you mean {party['id']!r}?"
    return nearest(name, choices)


@rule("SB206", Example(LABELS, 'bridge-closed = "the closing"', 'bridge-shut = "the closing"'))
def unknown_fact(run: Run) -> Iterator[Problem]:
    """The topic has no such fact."""
    topics, hint = _topic_ids(run, "fact"), Hints()
    for draft, _, document, i, sentence in run.labelled:
        topic, facts = topics.get(draft.folder.name, (None, {}))
        for fact in sentence.get("facts", {}) if topic else ():
            if fact not in facts:
                message = f"unknown fact {quoted(fact)}; {hint(document, nearest, fact, facts)}"
                yield document.at("SB206", message, "sentence", i, "facts", fact, key=True)


@rule("SB207", Example(META, 'kind = "human"', 'kind = "person"'))
def unknown_choice(run: Run) -> Iterator[Problem]:
    """The value is not one of those that the key allows."""
    from slantbank.rules._check import RULES

    yield from run.read("SB207")
    warnings = [rule.code for rule in RULES.values() if rule.level == "warning"]
    for draft in run.drafts:
        for i, code in enumerate(draft.meta.tree.get("accepted", []) if draft.meta else []):
            if code and code not in warnings:
                message = (
                    f"{code} is not the code of a warning, and only warnings can be accepted; choose from {', '.join(warnings)}"
                )
                yield metadata(draft).at("SB207", message, "accepted", i)


@rule("SB208", Example(LABELS, "stance = { city = 1 }", "stance = { city = 2 }"))
def stance_value(run: Run) -> Iterable[Problem]:
    """Stance is -1, 0 or 1."""
    return run.read("SB208")


@rule("SB209", Example(LABELS, 'claim_type = "factual"\nattribution = "author"', 'claim_type = "factual"'), level="unfinished")
def label_missing(run: Run) -> Iterator[Problem]:
    """An annotator decides every layer for every sentence, or states the layers in article.toml."""
    layers = run.once(_layers)
    for draft, name, document, i, sentence in run.labelled:
        missing = decided.missing_layers(sentence, layers[draft.shown].get(name, [])) if sentence else []
        for layer in missing:
            if layer != Layer.SOURCE_TYPE and not document.unread("sentence", i, layer):
                yield document.at("SB209", f"{sentence_name(sentence, i)} has no {layer}", "sentence", i)


def _layers(run: Run) -> dict[str, dict[str, list[str]]]:
    """Return, for each article and annotator, the layers to decide for every sentence."""
    return {draft.shown: decided.layers(draft) for draft in run.drafts}


@rule("SB210", Example(LABELS, 'claim_type = "evaluative"', 'claim_type = ""'), level="unfinished")
def label_empty(run: Run) -> Iterator[Problem]:
    """The label has not been decided yet."""
    for _, _, document, i, sentence in run.labelled:
        waiting = decided.undecided_keys(sentence)
        empty = [key for key in waiting if sentence.get(key) == ""]
        listed = [key for key in waiting if key not in empty]
        if waiting:
            fields = [*map(quoted, listed[:10])] + ["…"] * (len(listed) > 10)
            tasks = [f"fill in {', '.join(empty)}"] * bool(empty)
            tasks += [f"decide {', '.join(fields)}, and delete each decided name from `undecided`"] * bool(fields)
            message = f"{sentence_name(sentence, i)}: {'; '.join(tasks)}"
            yield document.at("SB210", message, "sentence", i, *([empty[0]] if empty else ["undecided"]))


@rule("SB211", Example(LABELS, 'attribution = "author"', 'attribution = "author"\nsource = "Bridge"'))
def source_of_author(run: Run) -> Iterator[Problem]:
    """A claim in the author's own voice has no source, cue, source type or source party."""
    for _, _, document, i, sentence in run.labelled:
        if sentence.get("attribution") == "author":
            for key in ("source", "cue", "source_type", "source_party"):
                if quoted_words(sentence.get(key)):
                    message = (
                        f"{sentence_name(sentence, i)} is attributed to the author: take out the {key}, "
                        "or say that the claim is direct, indirect or mixed"
                    )
                    yield document.at("SB211", message, "sentence", i, key)


@rule("SB212", Example(LABELS, 'source_type = "person"\nsource_party = "city"', 'source_party = "city"'), level="unfinished")
def source_type_missing(run: Run) -> Iterator[Problem]:
    """An attributed claim has a source type."""
    layers = run.once(_layers)
    for draft, name, document, i, sentence in run.labelled:
        to_decide = layers[draft.shown].get(name, [])
        if Layer.SOURCE_TYPE in decided.missing_layers(sentence, to_decide) and not document.unread("sentence", i, "source_type"):
            choices = ", ".join(SourceType)
            message = f"{sentence_name(sentence, i)} is attributed ({sentence['attribution']}): give its source_type, {choices}"
            yield document.at("SB212", message, "sentence", i, "source_type")


@rule("SB213", Example(META, 'language = "en"', 'language = "en"\nextracted = ["published", "text"]'), level="unfinished")
def unconfirmed(run: Run) -> Iterator[Problem]:
    """A person compares what a program extracted from a page with the page before it counts."""
    for draft in run.drafts:
        names = [quoted(name) for name in draft.meta.tree.get("extracted", []) if name] if draft.meta else []
        if names:
            message = f"{', '.join(names)} not confirmed yet; compare each with the original, then delete its name from `extracted`"
            yield metadata(draft).at("SB213", message, "extracted")
