"""Adjudication: where the coders of an article disagree, and a first gold annotation in which to decide."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from slantbank.bank import Annotation, Annotator, Draft, Quote, Sentence, article, decided, dumps, quotations, toml, withheld
from slantbank.codebook import DECISION_RULES, GOLD, VERSION, AnnotatorKind
from slantbank.problem import ContributionError

_RULES = {
    "claim_type": r"0|0\..|1",
    "attribution": r"0\.1|0\.3|2|2\.1",
    "source": r"2\.2",
    "cue": r"2\.3",
    "source_type": r"2\.4",
    "source_party": r"2\.[45]",
    "source_perspective": r"3\..",
    "stance": r"4\..",
    "loaded": r"5|5\..",
    "facts": r"6\..",
}
"""The fields that coders decide, each with a regular expression for the numbers of its decision rules."""


@dataclass(frozen=True)
class Dispute:
    """A field of a sentence on which coders disagree, with the choice of each coder.

    For `stance` and `facts`, the choices are about one party or fact, which `item` names; for `loaded`, about one run of words.
    """

    n: int
    field: str
    item: str
    choices: Mapping[str, Any]

    @property
    def rules(self) -> list[str]:
        """The numbers of the decision rules for the field."""
        return [number for number in DECISION_RULES if re.fullmatch(_RULES[self.field], number)]

    @property
    def is_about_words(self) -> bool:
        """Whether all coders see the fact in the sentence, and disagree only on the words that report it."""
        return self.field == "facts" and None not in self.choices.values()

    def __str__(self) -> str:
        name = f"{self.field} {self.item}".strip()
        votes: dict[str, list[str]] = {}
        for coder, choice in self.choices.items():
            votes.setdefault("none" if choice is None else str(choice), []).append(coder)
        ranked = sorted(votes.items(), key=lambda vote: -len(vote[1]))
        counts = [len(coders) for _, coders in ranked]
        majority = f", {counts[0]} to {sum(counts[1:])}" if 2 * counts[0] > sum(counts) else ""
        return f"{name}: " + "; ".join(f"{choice} ({', '.join(coders)})" for choice, coders in ranked) + majority


@dataclass(frozen=True)
class State:
    """How far the adjudication of an article is.

    `coders` are those who have decided every sentence; `waiting` has the progress of the others. `asked` names the facts that a
    coder was asked about (None: all); on other facts the coder has no vote. `left` says what gold has yet to decide, by sentence.
    """

    texts: list[str]
    coders: dict[str, Annotation]
    asked: dict[str, tuple[str, ...] | None]
    waiting: dict[str, decided.Progress]
    disputes: dict[int, list[Dispute]]
    has_gold: bool
    left: dict[int, list[str]]

    @property
    def lacks(self) -> str:
        """Why nothing can be adjudicated yet, as a message; empty if two coders have finished."""
        if len(self.coders) > 1:
            return ""
        if self.waiting:
            progress = [
                f"{name} has decided {coder.decided} of {coder.sentences} sentences" for name, coder in self.waiting.items()
            ]
            return "; ".join(progress) + ": an article can be adjudicated when two coders have finished it"
        if not self.coders:
            return "nobody has coded it yet; `slantbank sheet` makes a sheet for a coder"
        (name,) = self.coders
        use = f"`slantbank compare` and `slantbank report` use the labels of {name}, and say that nobody has checked them"
        return f"only {name} has coded it, so there is nothing to adjudicate. {use}. `slantbank sheet` adds a coder"

    @property
    def undecided(self) -> dict[int, list[Dispute]]:
        """The disputes of the sentences in which gold has something left to decide, by sentence."""
        return {n: disputes for n, disputes in self.disputes.items() if not self.has_gold or n in self.left}

    @property
    def rules(self) -> list[str]:
        """The numbers of the decision rules for the undecided disputes, in the order of the codebook."""
        asked = {number for disputes in self.undecided.values() for dispute in disputes for number in dispute.rules}
        return [number for number in DECISION_RULES if number in asked]


def state(folder: Path) -> State:
    """Return how far the adjudication of the article in `folder` is.

    Raises ContributionError if its files cannot be read, ValueError if its text is withheld.
    """
    return draft_state(article.draft(folder, str(folder)))


def draft_state(draft: Draft) -> State:
    """Return how far the adjudication of a draft is; errors as `state`."""
    problems = draft.problems + [problem for file in draft.files for problem in file.problems]
    if problems or draft.meta is None or draft.meta.value is None or draft.text is None or draft.text.text is None:
        raise ContributionError(problems)
    if draft.withheld:
        raise ValueError(withheld.REFUSED.format(draft.folder.name))
    kinds = {annotator.id: annotator.kind for annotator in draft.meta.value.annotator}
    values = {name: document.value for name, document in draft.annotations.items() if document.value is not None}
    named = [name for name in sorted(values) if name != GOLD and kinds.get(name) != AnnotatorKind.ADJUDICATED]
    progress = decided.progress(draft)
    coders = {name: values[name] for name in named if progress[name].is_whole}
    by_n: dict[int, list[Dispute]] = {}
    asked = {annotator.id: annotator.facts for annotator in draft.meta.value.annotator if annotator.id in coders}
    for dispute in disputes(coders, asked):
        by_n.setdefault(dispute.n, []).append(dispute)
    gold = draft.annotations.get(GOLD)
    todo = remaining(gold.tree.get("sentence", []), coders, by_n) if gold else {}
    waiting = {name: progress[name] for name in named if name not in coders}
    return State(draft.lines, coders, asked, waiting, by_n, gold is not None, todo)


def write_first_gold(folder: Path, state: State) -> Path:
    """Write a first gold file, list gold in article.toml, and return the path of the file.

    Raises FileExistsError if there is a gold file already.
    """
    asked = list(state.asked.values())
    facts = None if None in asked else tuple(dict.fromkeys(fact for ids in asked for fact in ids or ()))
    gold = Annotator(id=GOLD, kind=AnnotatorKind.ADJUDICATED, codebook=VERSION, facts=facts)
    return article.add(folder, gold, first_gold(state.coders, state.disputes), new=True)


def disputes(coders: Mapping[str, Annotation], asked: Mapping[str, Collection[str] | None] = MappingProxyType({})) -> list[Dispute]:
    """Return every field on which coders disagree, in the order of the sentences.

    A coder who left out a sentence has no vote on it. A coder who was `asked` about some facts has no vote on the others.
    """
    disputes: list[Dispute] = []
    by_n: dict[int, dict[str, Sentence]] = {}
    for name, annotation in coders.items():
        for sentence in annotation.sentence:
            by_n.setdefault(sentence.n, {})[name] = sentence
    for n, sentences in sorted(by_n.items()):
        for field in _RULES:
            items = {name: _choices_by_item(field, sentence) for name, sentence in sentences.items()}
            for item in dict.fromkeys(item for choice in items.values() for item in choice):
                voters = [name for name in items if field != "facts" or (facts := asked.get(name)) is None or item in facts]
                choices = {name: items[name].get(item) for name in voters}
                if len(set(map(repr, choices.values()))) > 1:
                    disputes.append(Dispute(n, field, item, choices))
    return disputes


def _choices_by_item(field: str, sentence: Sentence) -> dict[str, Any]:
    """The decisions in a field by party, fact or run of words; in other fields a single one under the key ""."""
    value = getattr(sentence, field)
    if field == "stance":
        return dict(value or {})
    if field == "facts":
        return {fact: repr(quote.plain()) for fact, quote in (value or {}).items()}
    if field == "loaded":
        quotes = (quote for quote in quotations(sentence) if quote.key == "loaded")
        return {repr(quote.words) + (f" ({quote.nth})" if (quote.nth or 1) > 1 else ""): "loaded" for quote in quotes}
    if isinstance(value, Quote):
        return {"": repr(value.plain()) if value.text else None}
    return {"": value}


def first_gold(coders: Mapping[str, Annotation], disputed: Mapping[int, list[Dispute]]) -> str:
    """Return the text of a first gold file, filled in where all coders agree.

    Disputed fields are empty, and a comment lists the choices; a field that is disputed in part (stance, loaded words, facts) is
    listed in `undecided`. A fact that all coders see, but in different words, is kept without words.
    """
    by_n = {sentence.n: sentence for annotation in coders.values() for sentence in annotation.sentence}
    texts = [_first_sentence(sentence, disputed.get(n, [])) for n, sentence in sorted(by_n.items())]
    return toml.dumps(toml.parse("\n".join(texts)), Annotation)


def _first_sentence(sentence: Sentence, disputed: list[Dispute]) -> str:
    fields = list(dict.fromkeys(dispute.field for dispute in disputed))
    update: dict[str, Any] = {
        "note": None,
        "decided_by": None,
        "undecided": tuple(field for field in fields if field not in decided.SINGLE),
    }
    open_items = {field: {dispute.item for dispute in disputed if dispute.field == field} for field in fields}
    for field in fields:
        value = getattr(sentence, field)
        if field == "stance":
            update[field] = {party: number for party, number in (value or {}).items() if party not in open_items[field]}
        elif field == "facts":
            words = dict.fromkeys((dispute.item for dispute in disputed if dispute.is_about_words), Quote(text=""))
            update[field] = {fact: quote for fact, quote in (value or {}).items() if fact not in open_items[field]} | words
        elif field == "loaded":
            update[field] = tuple(quote for quote in value or () if repr(quote.text) not in open_items[field])
        elif field in ("source", "cue"):
            update[field] = Quote(text="")
        else:
            update[field] = None
    lines = [dumps(Annotation(sentence=(sentence.model_copy(update=update),)))]
    lines += [f'{field} = ""\n' for field in fields if field in decided.SINGLE]
    lines += [f"# disputed: {dispute}\n" for dispute in disputed]
    return "".join(lines)


def remaining(
    gold: Sequence[Mapping[str, Any]], coders: Mapping[str, Annotation], disputed: Collection[int]
) -> dict[int, list[str]]:
    """Return what is left to do in a gold file, by sentence: missing, undecided, or decided without a rule; `gold` as in TOML."""
    todo: dict[int, list[str]] = {}
    by_n = {sentence.get("n"): sentence for sentence in gold}
    for n in sorted({sentence.n for annotation in coders.values() for sentence in annotation.sentence}):
        sentence = by_n.get(n)
        if sentence is None:
            todo[n] = ["not in gold.toml"]
            continue
        open_ = [f"{field} undecided" for field in decided.undecided_keys(sentence)]
        if n in disputed and not open_ and not sentence.get("decided_by") and not sentence.get("note"):
            open_.append("no decided_by that names the rule")
        if open_:
            todo[n] = open_
    return todo
