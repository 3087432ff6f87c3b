"""Party swap: the names of two parties are exchanged in a text, and the same coder codes it again.

Who does something is then another, and nothing else: what was in favour of one party is in favour of the other, and the claim, its
attribution and the loaded words are what they were. Where a coder's labels do not follow, it judged the name. Not all that moves is
judged by name, for a coder may answer otherwise to the same words: what moves of `claim_type` and `attribution`, to which names
mean nothing, tells how much does anyway. Names are exchanged; what else tells who is meant (a trade, a pronoun) stays.

The direction is told by leans. A label leans toward party a (1), toward b (-1) or neither; where the names are exchanged and the
label follows, it leans as far the other way, and the mean of the two is 0. What it is instead is what the names alone do.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from slantbank.bank import Article, Party, Sentence, Topic, sha256
from slantbank.codebook import Origin, Side
from slantbank.coders._client import UnansweredError
from slantbank.coders._response import validate_response
from slantbank.coders._run import Coder, Plan, do_nothing, run_concurrently

LAYERS = ("source_perspective", "stance", "loaded", "claim_type", "attribution")
"""The layers that are compared."""

LabelComparison = tuple[int, str, bool, float | None]
"""Of a sentence, by its number, and a layer: whether the label moved, and how far both lean to a (1) or b (-1), if they can."""


@dataclass(frozen=True)
class PartySwap:
    """Two parties, a and b, by their ids, and for each name of one the name of the other that stands in its place."""

    parties: tuple[str, str]
    names: Mapping[str, str]

    def text(self, words: str) -> str:
        """The words with the names exchanged. A name that begins small may begin a sentence.

        >>> PartySwap(("a", "b"), {"union": "Meridane", "Meridane": "union"}).text("Meridane met. Union members met Meridane's.")
        "Union met. Meridane members met union's."
        """
        swapped = self._pattern.sub(self._other, words)
        return swapped[:1].upper() + swapped[1:] if words[:1].isupper() else swapped

    def party(self, name: str) -> str:
        """The party in whose place another stands; any other as it is."""
        return dict(zip(self.parties, reversed(self.parties), strict=True)).get(name, name)

    def count(self, words: str) -> int:
        """How many names are exchanged."""
        return len(self._pattern.findall(words))

    def left(self, words: str, topic: Topic) -> Counter[str]:
        """What may still tell one of the parties from the other: its other names, and words that begin as one of its names does.

        Of "Tarvenia" this is "Tarvenian". A word that both have in their names tells nothing.
        """
        parts = [{word for name in _heads(party) for word in re.findall(r"\w{4,}", name)} for party in self._of(topic)]
        begun = [re.escape(word) + r"\w*" for word in parts[0] ^ parts[1] if word[0].isupper()]
        others = [_either(name) for party in self._of(topic) for name in _heads(party) if name not in self.names]
        pattern = re.compile(rf"(?<!\w)(?:{'|'.join([*sorted(others, key=len, reverse=True), *begun])})(?!\w)")
        return Counter(match[0] for match in pattern.finditer(self._pattern.sub("\0", words))) if others or begun else Counter()

    def _of(self, topic: Topic) -> list[Party]:
        return [next(party for party in topic.party if party.id == name) for name in self.parties]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        names = sorted(self.names, key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(_either, names))})(?!\w)")

    def _other(self, match: re.Match[str]) -> str:
        own = match[0] if match[0] in self.names else match[0][0].lower() + match[0][1:]
        other = self.names[own]
        return other[0].upper() + other[1:] if own != match[0] else other


def _either(name: str) -> str:
    """The pattern of a name; one that begins small may begin a sentence."""
    return f"[{name[0].upper()}{name[0]}]{re.escape(name[1:])}" if name[0].islower() else re.escape(name)


def party_swap(topic: Topic, names: Mapping[str, str] | None = None) -> PartySwap:
    """The first party of side a for the first of side b: the `names` given, and of their names and aliases the others in order.

    Of a party with more names, those left over stand for the other's last. Raises ValueError where a side has no party, or where
    there are no names.
    """
    party_a, party_b = (next((party for party in topic.party if party.side is side), None) for side in (Side.A, Side.B))
    if party_a is None or party_b is None:
        raise ValueError(f"topic {topic.id} has no party on each side")
    chosen_names = dict(names or {})
    back = {b: a for a, b in chosen_names.items()} | chosen_names
    ours, theirs = ([name for name in _heads(party) if name[0].isupper() and name not in back] for party in (party_a, party_b))
    pairs: dict[str, str] = {}
    if ours and theirs:
        pairs = {b: ours[min(k, len(ours) - 1)] for k, b in enumerate(theirs)}
        pairs |= {a: theirs[min(k, len(theirs) - 1)] for k, a in enumerate(ours)}
    elif not names:
        raise ValueError(f"topic {topic.id} has no name with a capital for each party; give the names")
    return PartySwap((party_a.id, party_b.id), pairs | back)


def _heads(party: Party) -> list[str]:
    """The names of a party without articles and descriptions. Those without a capital are words that mean more than it."""
    heads = (re.split(r"[,:;(]| which ", name)[0] for name in (party.name, *party.aliases))
    bare = (re.sub(r"^(?:[Tt]he|[Aa]n?) ", "", head).strip() for head in heads)
    return list(dict.fromkeys(name for name in bare if name))


def swap_article(article: Article, topic: Topic, swap: PartySwap) -> tuple[Article, Topic]:
    """The article, without labels, and the facts of its topic with the names exchanged."""
    text, source = ("\n".join(map(swap.text, words.split("\n"))) for words in (article.text, article.source))
    meta = article.meta.model_copy(
        update={"title": swap.text(article.meta.title), "source_sha256": sha256(source), "annotator": (), "repeats_headline": ()}
    )
    facts = tuple(
        fact.model_copy(update={"text": swap.text(fact.text), "claimed_by": fact.claimed_by and swap.party(fact.claimed_by)})
        for fact in topic.fact
    )
    return Article(meta, source, text, {}), topic.model_copy(update={"fact": facts})


@dataclass(frozen=True)
class AuditResult:
    """What came of an article: how labels moved, for each sentence and layer that was decided twice; or why nothing did."""

    article: str
    topic: str
    comparisons: tuple[LabelComparison, ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class AuditPlan:
    """What is to be coded twice: articles with their topics, and how names are exchanged in each."""

    articles: dict[str, tuple[Article, Topic, PartySwap]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def plan_audit(planned: Plan, names: Mapping[str, Mapping[str, str]] | None = None) -> AuditPlan:
    """The articles of a plan in whose text names can be exchanged: constructed ones, of topics with a party on each side.

    `names` are those to be exchanged besides the topic's own, by the id of the topic.
    """
    audit_plan = AuditPlan(left_out=dict(planned.left_out))
    for name, (article, topic, _) in planned.articles.items():
        try:
            swap = party_swap(topic, (names or {}).get(topic.id))
        except ValueError as error:
            audit_plan.left_out[name] = str(error)
            continue
        if article.meta.origin is not Origin.CONSTRUCTED:
            audit_plan.left_out[name] = "it is about real parties; names are exchanged in constructed texts"
        elif not swap.count(article.text):
            audit_plan.left_out[name] = "its text has none of the names"
        else:
            audit_plan.articles[name] = article, topic, swap
    return audit_plan


def audit(planned: AuditPlan, coder: Coder, *, jobs: int = 1, stopping: Callable[[], object] = do_nothing) -> Iterator[AuditResult]:
    """Have the coder code each article twice, `jobs` at once, and write nothing but its record; stopped as `run` is."""
    tasks = [partial(_audited, *entry, coder) for entry in planned.articles.values()]
    return run_concurrently(tasks, coder, jobs=jobs, stopping=stopping)


def _audited(
    article: Article, about: Topic, swap: PartySwap, coder: Callable[[Article, Topic], Mapping[str, object]]
) -> AuditResult:
    result = AuditResult(article.meta.id, about.id)
    try:
        first, second = (
            validate_response(coder(text, topic), text, topic).annotation.sentence
            for text, topic in ((article, about), swap_article(article, about, swap))
        )
    except UnansweredError as error:
        return replace(result, reason=str(error))
    except Exception as error:  # noqa: BLE001 - whatever a coder does, the other articles are audited
        return replace(result, reason=f"{type(error).__name__}: {error}")
    return replace(result, comparisons=tuple(compare_codings(first, second, swap)))


def compare_codings(first: Sequence[Sentence], second: Sequence[Sentence], swap: PartySwap) -> Iterator[LabelComparison]:
    """For each sentence and layer that was decided both times whether the label is another than the exchange makes of the first."""
    for before_, after_ in zip(first, second, strict=True):
        turned = before_.stance and {swap.party(name): value for name, value in before_.stance.items()}
        before: dict[str, object] = {
            "stance": turned,
            "source_perspective": before_.source_perspective and swap.party(before_.source_perspective),
            "loaded": _words(before_, swap.text),
        }
        for layer in LAYERS:
            mine, theirs = (
                before.get(layer, getattr(before_, layer)),
                _words(after_) if layer == "loaded" else getattr(after_, layer),
            )
            if mine is not None and theirs is not None:
                leans = [_lean(sentence, layer, swap) for sentence in (before_, after_)]
                yield before_.n, layer, mine != theirs, None if None in leans else sum(filter(None, leans)) / 2


def _words(sentence: Sentence, text: Callable[[str], str] = str) -> Counter[str] | None:
    return None if sentence.loaded is None else Counter(text(quote.text).casefold() for quote in sentence.loaded)


def _lean(sentence: Sentence, layer: str, swap: PartySwap) -> float | None:
    """How far a label is toward party a: from -1, which is toward b, to 1; None of a layer that is toward neither."""
    a, b = swap.parties
    if layer == "stance" and sentence.stance is not None:
        return (int(sentence.stance.get(a, 0)) - int(sentence.stance.get(b, 0))) / 2
    return (sentence.source_perspective == a) - (sentence.source_perspective == b) if layer == "source_perspective" else None
