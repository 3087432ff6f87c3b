"""Party swap: the names of two parties are exchanged in a text, and the same coder codes it again.

Who does something is then another, and nothing else: what was in favour of one party is in favour of the other, and the claim, its
attribution and the loaded words are what they were. Where a coder's labels do not follow, it judged the name. Not all that moves is
judged by name, for a coder may answer otherwise to the same words: what moves of `claim_type` and `attribution`, to which names
mean nothing, tells how much does anyway. Names are exchanged; what else tells who is meant (a trade, a pronoun) stays.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from functools import cached_property

from slantbank.bank import Article, Party, Sentence, Topic, sha256
from slantbank.codebook import Origin, Side
from slantbank.coders._answer import coded
from slantbank.coders._client import Model, UnansweredError
from slantbank.coders._run import Coder, Plan

LAYERS = ("source_perspective", "stance", "loaded", "claim_type", "attribution")
"""The layers that are compared."""


@dataclass(frozen=True)
class Exchange:
    """Two parties, by their ids, and for each name of one the name of the other that stands in its place."""

    parties: tuple[str, str]
    names: Mapping[str, str]

    def text(self, words: str) -> str:
        """The words with the names exchanged. A name that begins small may begin a sentence.

        >>> Exchange(("a", "b"), {"union": "Meridane", "Meridane": "union"}).text("Meridane met. Union members met Meridane's.")
        "Union met. Meridane members met union's."
        """
        found = self._pattern.sub(self._other, words)
        return found[:1].upper() + found[1:] if words[:1].isupper() else found

    def party(self, name: str | None) -> str | None:
        """The party in whose place another stands; any other as it is."""
        return dict(zip(self.parties, reversed(self.parties), strict=True)).get(name or "", name)

    def count(self, words: str) -> int:
        """How many names are exchanged."""
        return len(self._pattern.findall(words))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        names = sorted(self.names, key=len, reverse=True)
        first = (f"[{name[0].upper()}{name[0]}]{re.escape(name[1:])}" if name[0].islower() else re.escape(name) for name in names)
        return re.compile(rf"(?<!\w)(?:{'|'.join(first)})(?!\w)")

    def _other(self, match: re.Match[str]) -> str:
        own = match[0] if match[0] in self.names else match[0][0].lower() + match[0][1:]
        other = self.names[own]
        return other[0].upper() + other[1:] if own != match[0] else other


def exchange(about: Topic, names: Mapping[str, str] | None = None) -> Exchange:
    """The first party of side a for the first of side b: their names and aliases in order, or the `names` that are given.

    Of a party with more names, those left over stand for the other's last. Raises ValueError where a side has no party.
    """
    sides = [next((party for party in about.party if party.side is side), None) for side in (Side.A, Side.B)]
    one, other = sides
    if one is None or other is None:
        raise ValueError(f"topic {about.id} has no party on each side")
    if names is None:
        ours, theirs = _names(one), _names(other)
        if not ours or not theirs:
            raise ValueError(f"topic {about.id} has no name with a capital for each party; give the names")
        names = {a: theirs[min(k, len(theirs) - 1)] for k, a in enumerate(ours)}
        back = {b: ours[min(k, len(ours) - 1)] for k, b in enumerate(theirs)}
    else:
        back = {b: a for a, b in names.items()}
    return Exchange((one.id, other.id), {**back, **names})


def _names(party: Party) -> list[str]:
    """The names of a party that have a capital, without articles and descriptions: others are words that mean more than it."""
    heads = (re.split(r"[,:;(]| which ", name)[0] for name in (party.name, *party.aliases))
    bare = (re.sub(r"^(?:[Tt]he|[Aa]n?) ", "", head).strip() for head in heads)
    return list(dict.fromkeys(name for name in bare if name[:1].isupper()))


def swapped(one: Article, about: Topic, way: Exchange) -> tuple[Article, Topic]:
    """The article and the facts of its topic with the names exchanged; nobody has labelled it."""
    text, source = ("\n".join(map(way.text, words.split("\n"))) for words in (one.text, one.source))
    meta = one.meta.model_copy(
        update={"title": way.text(one.meta.title), "source_sha256": sha256(source), "annotator": (), "repeats_headline": ()}
    )
    facts = tuple(
        fact.model_copy(update={"text": way.text(fact.text), "claimed_by": way.party(fact.claimed_by)}) for fact in about.fact
    )
    return Article(meta, source, text, {}), about.model_copy(update={"fact": facts})


@dataclass(frozen=True)
class Audited:
    """What came of an article: for each sentence and layer that was decided twice whether it moved; or why nothing did."""

    article: str
    topic: str
    names: int = 0
    moves: tuple[tuple[int, str, bool], ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class Pairs:
    """What is to be coded twice: articles with their topics, and how names are exchanged in each."""

    articles: dict[str, tuple[Article, Topic, Exchange]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def pairs(planned: Plan, names: Mapping[str, str] | None = None) -> Pairs:
    """The articles of a plan in whose text names can be exchanged: constructed ones, of topics with a party on each side."""
    found = Pairs(left_out=dict(planned.left_out))
    for name, (one, about, _) in planned.articles.items():
        try:
            way = exchange(about, names)
        except ValueError as error:
            found.left_out[name] = str(error)
            continue
        if one.meta.origin is not Origin.CONSTRUCTED:
            found.left_out[name] = "it is about real parties; names are exchanged in constructed texts"
        elif not way.count(one.text):
            found.left_out[name] = "its text has none of the names"
        else:
            found.articles[name] = one, about, way
    return found


def audit(planned: Pairs, coder: Coder, *, jobs: int = 1) -> Iterator[Audited]:
    """Have the coder code each article twice, `jobs` articles at once; nothing is written but its record."""
    pool = ThreadPoolExecutor(jobs)
    waiting = [pool.submit(_audited, *one, coder) for one in planned.articles.values()]
    try:
        for future in as_completed(waiting):
            yield future.result()
    except BaseException:
        if isinstance(coder, Model):
            coder.stop.set()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _audited(one: Article, about: Topic, way: Exchange, coder: Callable[[Article, Topic], Mapping[str, object]]) -> Audited:
    done = Audited(one.meta.id, about.id, way.count(one.text))
    try:
        first, second = (
            coded(coder(text, topic), text, topic).annotation.sentence for text, topic in ((one, about), swapped(one, about, way))
        )
    except UnansweredError as error:
        return replace(done, reason=str(error))
    except Exception as error:  # noqa: BLE001 - whatever a coder does, the other articles are audited
        return replace(done, reason=f"{type(error).__name__}: {error}")
    return replace(done, moves=tuple(moves(first, second, way)))


def moves(first: Sequence[Sentence], second: Sequence[Sentence], way: Exchange) -> Iterator[tuple[int, str, bool]]:
    """For each sentence and layer that was decided both times whether the label is another than the exchange makes of the first."""
    for one, other in zip(first, second, strict=True):
        pairs_: dict[str, tuple[object, object]] = {
            "source_perspective": (way.party(one.source_perspective), other.source_perspective),
            "stance": (one.stance and {way.party(name): value for name, value in one.stance.items()}, other.stance),
            "claim_type": (one.claim_type, other.claim_type),
            "attribution": (one.attribution, other.attribution),
        }
        if one.loaded is not None and other.loaded is not None:
            words = Counter(way.text(quote.text).casefold() for quote in one.loaded)
            pairs_["loaded"] = words, Counter(quote.text.casefold() for quote in other.loaded)
        for layer in LAYERS:
            before, after = pairs_.get(layer, (None, None))
            if before is not None and after is not None:
                yield one.n, layer, before != after
