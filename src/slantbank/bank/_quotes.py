"""Quotations: the words that the labels of a sentence quote from it, and their positions in it.

A quotation is the words and, if they occur more than once, a number: `nth`, or for loaded words the number of times that the list
has named the same words so far. Only this module counts occurrences.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from slantbank.bank._article import Quote, Sentence
from slantbank.codebook import SpanLayer

_LAYERS = {"source": SpanLayer.SOURCE, "cue": SpanLayer.CUE, "loaded": SpanLayer.LOADED, "facts": SpanLayer.FACT}


def matches_at(text: str, start: int, end: int, words: str) -> bool:
    """Whether the text between two offsets is the words; False if an offset is outside of the text.

    >>> matches_at("He left.", 3, 8, "left."), matches_at("He left.", 3, 9, "left.")
    (True, False)
    """
    return 0 <= start < end <= len(text) and text[start:end] == words


class Quotation(NamedTuple):
    """Words quoted from a sentence: the key that quotes them, and the fact or the index in the list of loaded words.

    `nth` is the occurrence that is meant, from 1, or None if the label does not say; `starts` are the offsets of all occurrences.
    """

    key: str
    item: str | int | None
    words: str
    nth: int | None
    starts: Sequence[int]

    @property
    def path(self) -> tuple[str | int, ...]:
        """The path of the quotation in the labels: its key, and its item if it has one."""
        return (self.key,) if self.item is None else (self.key, self.item)

    @property
    def layer(self) -> SpanLayer:
        """The layer of spans that the words belong to."""
        return _LAYERS[self.key]

    @property
    def place(self) -> tuple[int, int] | None:
        """The offsets of the words in the sentence, by default of the first occurrence; None if there is no such occurrence."""
        nth = self.nth or 1
        return (self.starts[nth - 1], self.starts[nth - 1] + len(self.words)) if nth <= len(self.starts) else None

    @property
    def is_ambiguous(self) -> bool:
        """Whether the words occur several times and the label does not say which is meant."""
        return self.nth is None and len(self.starts) > 1


def quotations(sentence: Sentence | Mapping[str, Any]) -> Iterator[Quotation]:
    """Yield the quotations of a labelled sentence, or of its table in TOML, in the order of its keys; empty ones are left out.

    >>> labels = {"text": "He said he would.", "cue": "said", "loaded": ["e", "e"]}
    >>> [(quote.key, quote.item, quote.place) for quote in quotations(labels)]
    [('cue', None, (3, 7)), ('loaded', 0, (1, 2)), ('loaded', 1, (9, 10))]
    """
    values = dict(sentence)
    listed: list[tuple[str, str | int | None, Any]] = [(key, None, values.get(key)) for key in ("source", "cue")]
    listed += [("loaded", k, quote) for k, quote in enumerate(values.get("loaded") or ())]
    listed += [("facts", fact, quote) for fact, quote in (values.get("facts") or {}).items()]
    named: Counter[str] = Counter()
    for key, item, raw in listed:
        words, nth = _words(raw)
        if words:
            named[words] += key == "loaded"
            nth = nth or (named[words] if key == "loaded" else None)
            yield Quotation(key, item, words, nth, occurrences(values.get("text", ""), words))


def _words(quote: Any) -> tuple[str, int | None]:
    """Return the words of a quotation and its number, if it has one; no words if they are invalid."""
    if isinstance(quote, Quote):
        return quote.text, quote.nth
    words, nth = (quote.get("text"), quote.get("nth")) if isinstance(quote, Mapping) else (quote, None)
    return words if isinstance(words, str) else "", nth


def quoted_at(text: str, start: int, end: int) -> Quote | None:
    """Return the quotation for a place in a sentence; None for a part of a word that occurs elsewhere as a whole word.

    >>> quoted_at("He said he would.", 8, 10), quoted_at("The heat, he said.", 1, 3)
    (Quote(text='he', nth=None), None)
    """
    words, starts = text[start:end], occurrences(text, text[start:end])
    return Quote(text=words, nth=starts.index(start) + 1 if len(starts) > 1 else None) if start in starts else None


def listed_at(text: str, places: Iterable[tuple[int, int]]) -> tuple[Quote, ...]:
    """Return the list of loaded words at places of a sentence; a word gets a number only if its order in the list is not enough.

    >>> listed_at("so, so bad", [(0, 2), (4, 6)]), listed_at("so, so bad", [(4, 6)])
    ((Quote(text='so', nth=None), Quote(text='so', nth=None)), (Quote(text='so', nth=2),))
    """
    named: Counter[str] = Counter()
    quotes: list[Quote] = []
    for start, end in places:
        quote = quoted_at(text, start, end)
        if quote is not None:
            named[quote.text] += 1
            quotes.append(Quote(text=quote.text) if (quote.nth or 1) == named[quote.text] else quote)
    return tuple(quotes)


def loaded_at(labels: Sentence) -> tuple[int, ...] | None:
    """Return the indices, from 0, of the words of a sentence that overlap loaded spans; None if loaded language was not coded.

    >>> loaded_at(Sentence(n=0, text="The so-called heat came.", loaded=("so", "heat")))
    (1, 2)
    """
    if labels.loaded is None or labels.loaded_at is not None:
        return labels.loaded_at
    places = [(mark.start, mark.end) for mark in labels.spans if mark.layer is SpanLayer.LOADED]
    places += [quote.place for quote in quotations(labels) if quote.layer is SpanLayer.LOADED and quote.place]
    words = [word.span() for word in re.finditer(r"\S+", labels.text)] if places else []
    return tuple(i for i, (start, end) in enumerate(words) if any(start < to and at < end for at, to in places))


MASK = "\u2588"
"""The character that replaces each character of a withheld sentence and of words quoted from it."""
_MOST_PLACES = 1_000


def occurrences(sentence: str, words: str) -> Sequence[int]:
    """Return the offsets of the words in the sentence: as whole words, or if there are none, anywhere; at most 1,000.

    In a withheld sentence every offset counts, so that the number of an occurrence gives its offset.

    >>> occurrences("The heat, he said, came as he left.", "he"), occurrences("█████", "███")
    ([10, 27], range(0, 3))
    """
    if words and not words.strip(MASK) and not sentence.strip(MASK):
        return range(max(0, len(sentence) - len(words) + 1))
    return list(_occurrences(sentence, words))


@lru_cache(maxsize=64)
def _occurrences(sentence: str, words: str) -> tuple[int, ...]:
    starts: list[int] = []
    at = sentence.find(words) if words else -1
    if at >= 0 and sentence.find(words, at + 1) < 0:
        return (at,)
    while at >= 0 and len(starts) < _MOST_PLACES:
        starts.append(at)
        at = sentence.find(words, at + 1)
    return tuple(at for at in starts if _is_whole(sentence, at, at + len(words))) or tuple(starts)


def _is_whole(sentence: str, start: int, end: int) -> bool:
    """Whether the characters between two offsets are whole words."""
    before, after = sentence[start - 1 : start], sentence[end : end + 1]
    return not (before.isalnum() and sentence[start].isalnum()) and not (after.isalnum() and sentence[end - 1].isalnum())
