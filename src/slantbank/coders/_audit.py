"""Party swap: exchange the names of two parties in a text, and have the same coder code it again.

Only the actors change: what favoured one party now favours the other, while the claim, its attribution and the loaded words stay
the same. A coder whose labels do not follow the swap has judged by name. Coders also vary between identical requests; `claim_type`
and `attribution`, to which names mean nothing, show how much. Only names are exchanged: a trade or a pronoun that tells who is
meant stays.

The *lean* gives the direction. A label leans toward party a (1), toward party b (-1) or to neither (0). If the label follows the
swap, it leans as far the other way, and the mean of both codings is 0; the difference from 0 is the effect of the names alone.
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
"""Number of the sentence, layer, whether the label moved, and the mean lean of both codings (None if the layer has no lean)."""


@dataclass(frozen=True)
class PartySwap:
    """The ids of two parties, a and b, and a mapping from each name of one to the name of the other that replaces it."""

    parties: tuple[str, str]
    names: Mapping[str, str]

    def text(self, words: str) -> str:
        """Exchange the names in a text. A name with a small first letter is also found with a capital, as in a sentence's start.

        >>> PartySwap(("a", "b"), {"union": "Meridane", "Meridane": "union"}).text("Meridane met. Union members met Meridane's.")
        "Union met. Meridane members met union's."
        """
        swapped = self._pattern.sub(self._other, words)
        return swapped[:1].upper() + swapped[1:] if words[:1].isupper() else swapped

    def party(self, name: str) -> str:
        """The other party of the swap for one of its two; any other party unchanged."""
        return dict(zip(self.parties, reversed(self.parties), strict=True)).get(name, name)

    def count(self, words: str) -> int:
        """The number of names in a text that are exchanged."""
        return len(self._pattern.findall(words))

    def remaining(self, words: str, topic: Topic) -> Counter[str]:
        """Words of a text that may still identify a party after the swap: its other names, and words that start like its names.

        For "Tarvenia" this is "Tarvenian". A word that is in the names of both parties identifies neither.
        """
        parts = [
            {word for name in _short_names(party) for word in re.findall(r"\w{4,}", name)} for party in self._parties_in(topic)
        ]
        prefixes = [re.escape(word) + r"\w*" for word in parts[0] ^ parts[1] if word[0].isupper()]
        others = [
            _name_pattern(name) for party in self._parties_in(topic) for name in _short_names(party) if name not in self.names
        ]
        pattern = re.compile(rf"(?<!\w)(?:{'|'.join([*sorted(others, key=len, reverse=True), *prefixes])})(?!\w)")
        return Counter(match[0] for match in pattern.finditer(self._pattern.sub("\0", words))) if others or prefixes else Counter()

    def _parties_in(self, topic: Topic) -> list[Party]:
        return [next(party for party in topic.party if party.id == name) for name in self.parties]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        names = sorted(self.names, key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(_name_pattern, names))})(?!\w)")

    def _other(self, match: re.Match[str]) -> str:
        name = match[0] if match[0] in self.names else match[0][0].lower() + match[0][1:]
        other = self.names[name]
        return other[0].upper() + other[1:] if name != match[0] else other


def _name_pattern(name: str) -> str:
    """A regular expression for a name; a small first letter matches a capital, too."""
    return f"[{name[0].upper()}{name[0]}]{re.escape(name[1:])}" if name[0].islower() else re.escape(name)


def party_swap(topic: Topic, names: Mapping[str, str] | None = None) -> PartySwap:
    """Swap the first party of side a with the first of side b: the given `names`, then their own names and aliases in order.

    If one party has more names, its remaining names are swapped with the other's last. Raises ValueError if a side has no party,
    or there are no names to swap.
    """
    party_a, party_b = (next((party for party in topic.party if party.side is side), None) for side in (Side.A, Side.B))
    if party_a is None or party_b is None:
        raise ValueError(f"topic {topic.id} has no party on each side")
    chosen_names = dict(names or {})
    both_ways = {b: a for a, b in chosen_names.items()} | chosen_names
    names_a, names_b = (
        [name for name in _short_names(party) if name[0].isupper() and name not in both_ways] for party in (party_a, party_b)
    )
    pairs: dict[str, str] = {}
    if names_a and names_b:
        pairs = {b: names_a[min(k, len(names_a) - 1)] for k, b in enumerate(names_b)}
        pairs |= {a: names_b[min(k, len(names_b) - 1)] for k, a in enumerate(names_a)}
    elif not names:
        raise ValueError(f"topic {topic.id} has no name with a capital for each party; give the names")
    return PartySwap((party_a.id, party_b.id), pairs | both_ways)


def _short_names(party: Party) -> list[str]:
    """The names of a party without articles and descriptions; those without a capital are common nouns with other meanings, too."""
    parts = (re.split(r"[,:;(]| which ", name)[0] for name in (party.name, *party.aliases))
    bare = (re.sub(r"^(?:[Tt]he|[Aa]n?) ", "", part).strip() for part in parts)
    return list(dict.fromkeys(name for name in bare if name))


def swap_article(article: Article, topic: Topic, swap: PartySwap) -> tuple[Article, Topic]:
    """The article without labels, and its topic, with the names exchanged in the text and the facts."""
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
    """The result of an article: a comparison for each sentence and layer decided in both codings, or the reason for a failure."""

    article: str
    topic: str
    comparisons: tuple[LabelComparison, ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class AuditPlan:
    """The articles to code twice, with their topics and swaps, and the reasons why others are left out."""

    articles: dict[str, tuple[Article, Topic, PartySwap]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def plan_audit(planned: Plan, names: Mapping[str, Mapping[str, str]] | None = None) -> AuditPlan:
    """Choose the articles of a plan whose names can be swapped: constructed texts, on topics with a party on each side.

    `names` has more names to exchange, by the id of the topic.
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
    """Have the coder code each article twice, `jobs` at once, and write only its record. Stopping works as for `run`."""
    tasks = [partial(_audit_article, *entry, coder) for entry in planned.articles.values()]
    return run_concurrently(tasks, coder, jobs=jobs, stopping=stopping)


def _audit_article(
    article: Article, topic: Topic, swap: PartySwap, coder: Callable[[Article, Topic], Mapping[str, object]]
) -> AuditResult:
    result = AuditResult(article.meta.id, topic.id)
    try:
        codings = [(article, topic), swap_article(article, topic, swap)]
        first, second = (validate_response(coder(*coding), *coding).annotation.sentence for coding in codings)
    except UnansweredError as error:
        return replace(result, reason=str(error))
    except Exception as error:  # noqa: BLE001 - a fault of the coder in one article must not stop the others
        return replace(result, reason=f"{type(error).__name__}: {error}")
    return replace(result, comparisons=tuple(compare_codings(first, second, swap)))


def compare_codings(first: Sequence[Sentence], second: Sequence[Sentence], swap: PartySwap) -> Iterator[LabelComparison]:
    """Compare each label of the second coding with the first one's after the swap, where both codings decided the layer."""
    for before, after in zip(first, second, strict=True):
        expected: dict[str, object] = {
            "stance": before.stance and {swap.party(name): value for name, value in before.stance.items()},
            "source_perspective": before.source_perspective and swap.party(before.source_perspective),
            "loaded": _loaded_words(before, swap.text),
        }
        for layer in LAYERS:
            label = expected.get(layer, getattr(before, layer))
            actual = _loaded_words(after) if layer == "loaded" else getattr(after, layer)
            if label is not None and actual is not None:
                leans = [_lean(sentence, layer, swap) for sentence in (before, after)]
                yield before.n, layer, label != actual, None if None in leans else sum(filter(None, leans)) / 2


def _loaded_words(sentence: Sentence, text: Callable[[str], str] = str) -> Counter[str] | None:
    return None if sentence.loaded is None else Counter(text(quote.text).casefold() for quote in sentence.loaded)


def _lean(sentence: Sentence, layer: str, swap: PartySwap) -> float | None:
    """The lean of a label, from -1 (toward party b) to 1 (toward a); None for a layer without a lean."""
    a, b = swap.parties
    if layer == "stance" and sentence.stance is not None:
        return (int(sentence.stance.get(a, 0)) - int(sentence.stance.get(b, 0))) / 2
    return (sentence.source_perspective == a) - (sentence.source_perspective == b) if layer == "source_perspective" else None
