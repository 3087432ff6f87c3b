"""Adjudication: where the coders of an article differ, and a first gold annotation to decide it in."""

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
"""The fields that coders decide, each with a pattern of the numbers of its rules."""


@dataclass(frozen=True)
class Dispute:
    """A field of a sentence on which coders differ: what each chose, and the numbers of the rules that decide it.

    The choices of `stance` and `facts` are those about one party or fact, named by `item`; of `loaded`, about one run of words.
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
    def of_words(self) -> bool:
        """Whether all see the fact in the sentence, and differ only on the words that report it."""
        return self.field == "facts" and None not in self.choices.values()

    def __str__(self) -> str:
        name = f"{self.field} {self.item}".strip()
        votes: dict[str, list[str]] = {}
        for coder, choice in self.choices.items():
            votes.setdefault("none" if choice is None else str(choice), []).append(coder)
        most = sorted(votes.items(), key=lambda one: -len(one[1]))
        counts = [len(coders) for _, coders in most]
        majority = f", {counts[0]} to {sum(counts[1:])}" if 2 * counts[0] > sum(counts) else ""
        return f"{name}: " + "; ".join(f"{choice} ({', '.join(coders)})" for choice, coders in most) + majority


@dataclass(frozen=True)
class State:
    """How far the adjudication of an article is: its sentences, what its coders dispute, its gold, and what is left to do.

    Of the coders those count who have decided every sentence; how far the others are stands in `waiting`. Those `asked` about some
    facts alone have no vote on others.
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
        """What is lacking for there to be something to adjudicate; empty if nothing is."""
        if len(self.coders) > 1:
            return ""
        if self.waiting:
            done = [f"{name} has decided {one.decided} of {one.sentences} sentences" for name, one in self.waiting.items()]
            return "; ".join(done) + ": what two coders have finished can be adjudicated"
        if not self.coders:
            return "nobody has coded it yet; `slantbank sheet` makes a sheet for a coder"
        (name,) = self.coders
        speak = f"`slantbank compare` and `slantbank report` speak from the labels of {name}, and say that nobody has checked them"
        return f"only {name} has coded it, so that nothing is to be adjudicated. {speak}. `slantbank sheet` adds a coder"

    @property
    def undecided(self) -> dict[int, list[Dispute]]:
        """The disputes, by sentence, of which the gold has not decided all."""
        return {n: disputes for n, disputes in self.disputes.items() if not self.has_gold or n in self.left}

    @property
    def rules(self) -> list[str]:
        """The numbers of the decision rules for what is undecided, in order."""
        asked = {number for disputes in self.undecided.values() for dispute in disputes for number in dispute.rules}
        return [number for number in DECISION_RULES if number in asked]


def state(folder: Path) -> State:
    """How far the adjudication of the article in `folder` is.

    Raises ContributionError if its files cannot be read, ValueError if its text is withheld.
    """
    return draft_state(article.draft(folder, str(folder)))


def draft_state(found: Draft) -> State:
    """The same of an article as found."""
    problems = found.problems + [problem for file in found.files for problem in file.problems]
    if problems or found.meta is None or found.meta.value is None or found.text is None or found.text.text is None:
        raise ContributionError(problems)
    if found.withheld:
        raise ValueError(withheld.REFUSED.format(found.folder.name))
    kinds = {annotator.id: annotator.kind for annotator in found.meta.value.annotator}
    values = {name: document.value for name, document in found.annotations.items() if document.value is not None}
    named = [name for name in sorted(values) if name != GOLD and kinds.get(name) != AnnotatorKind.ADJUDICATED]
    done = decided.progress(found)
    coders = {name: values[name] for name in named if done[name].is_whole}
    by_n: dict[int, list[Dispute]] = {}
    asked = {one.id: one.facts for one in found.meta.value.annotator if one.id in coders}
    for dispute in disputes(coders, asked):
        by_n.setdefault(dispute.n, []).append(dispute)
    gold = found.annotations.get(GOLD)
    todo = remaining(gold.tree.get("sentence", []), coders, by_n) if gold else {}
    waiting = {name: done[name] for name in named if name not in coders}
    return State(found.lines, coders, asked, waiting, by_n, gold is not None, todo)


def write_first_gold(folder: Path, found: State) -> Path:
    """Write a first gold file, and list gold in article.toml if it is not; its path. Raises FileExistsError if it is there."""
    known = list(found.asked.values())
    facts = None if None in known else tuple(dict.fromkeys(fact for one in known for fact in one or ()))
    gold = Annotator(id=GOLD, kind=AnnotatorKind.ADJUDICATED, codebook=VERSION, facts=facts)
    return article.add(folder, gold, first_gold(found.coders, found.disputes), new=True)


def disputes(coders: Mapping[str, Annotation], asked: Mapping[str, Collection[str] | None] = MappingProxyType({})) -> list[Dispute]:
    """Every field on which coders differ, in order of the sentences.

    A coder who left a sentence out has no vote on it, nor one who was `asked` about other facts on a fact.
    """
    found: list[Dispute] = []
    by_n: dict[int, dict[str, Sentence]] = {}
    for name, annotation in coders.items():
        for sentence in annotation.sentence:
            by_n.setdefault(sentence.n, {})[name] = sentence
    for n, sentences in sorted(by_n.items()):
        for field in _RULES:
            items = {name: _items(field, sentence) for name, sentence in sentences.items()}
            for item in dict.fromkeys(item for choice in items.values() for item in choice):
                known = [name for name in items if field != "facts" or (facts := asked.get(name)) is None or item in facts]
                choices = {name: items[name].get(item) for name in known}
                if len(set(map(repr, choices.values()))) > 1:
                    found.append(Dispute(n, field, item, choices))
    return found


def _items(field: str, sentence: Sentence) -> dict[str, Any]:
    """The decisions in a field, one for each party, fact or run of words; a single one, named "", in the other fields."""
    value = getattr(sentence, field)
    if field == "stance":
        return dict(value or {})
    if field == "facts":
        return {fact: repr(quote.plain()) for fact, quote in (value or {}).items()}
    if field == "loaded":
        found = (quote for quote in quotations(sentence) if quote.key == "loaded")
        return {repr(quote.words) + (f" ({quote.nth})" if (quote.nth or 1) > 1 else ""): "loaded" for quote in found}
    if isinstance(value, Quote):
        return {"": repr(value.plain()) if value.text else None}
    return {"": value}


def first_gold(coders: Mapping[str, Annotation], disputed: Mapping[int, list[Dispute]]) -> str:
    """The text of a gold file to decide in: filled in as far as all coders agree.

    The rest is left empty, and explained in a comment; words, parties and facts of which coders dispute a part are listed in
    `undecided`. A fact that all report in other words keeps its place, with no words.
    """
    by_n = {sentence.n: sentence for annotation in coders.values() for sentence in annotation.sentence}
    texts = [_first(sentence, disputed.get(n, [])) for n, sentence in sorted(by_n.items())]
    return toml.dumps(toml.parse("\n".join(texts)), Annotation)


def _first(sentence: Sentence, disputed: list[Dispute]) -> str:
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
            update[field] = {item: one for item, one in (value or {}).items() if item not in open_items[field]}
        elif field == "facts":
            words = dict.fromkeys((dispute.item for dispute in disputed if dispute.of_words), Quote(text=""))
            update[field] = {item: one for item, one in (value or {}).items() if item not in open_items[field]} | words
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
    """What is still to do in a gold file, as TOML has it, by sentence: undecided, missing, or decided without a rule."""
    todo: dict[int, list[str]] = {}
    done = {sentence.get("n"): sentence for sentence in gold}
    for n in sorted({sentence.n for annotation in coders.values() for sentence in annotation.sentence}):
        sentence = done.get(n)
        if sentence is None:
            todo[n] = ["not in gold.toml"]
            continue
        open_ = [f"{field} undecided" for field in decided.undecided_keys(sentence)]
        if n in disputed and not open_ and not sentence.get("decided_by") and not sentence.get("note"):
            open_.append("no decided_by that names the rule")
        if open_:
            todo[n] = open_
    return todo
