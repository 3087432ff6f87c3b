"""Withhold the text of an article that may not be redistributed, and restore it from a reader's own copy.

A withheld article keeps only the keys in `KEPT`, and no value that shares words with the text. In `article.txt`, and wherever an
annotation quotes it, `MASK` replaces every character of a sentence, spaces included, so that offsets stay valid; the number of
words of each sentence is kept. There is no `source.txt`.

The hashes that verify a copy must not confirm a guess at a sentence. The whole text has a slow hash. To show where a copy differs,
each sentence has a few bits of a hash of *the text up to its end*: at most one bit for every eight characters of the sentence.
Somebody who guesses a sentence learns less from them than a reader of English could guess anyway, and nothing unless all sentences
above it are known. The hashes include the article's id, so that those of other articles do not help; and stripping the article
again reveals nothing new.
"""

import hashlib
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from heapq import nsmallest
from itertools import accumulate, chain, islice
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from slantbank import staged
from slantbank.bank import _alike as alike
from slantbank.bank import _quotes as quotes
from slantbank.bank._article import IGNORED, Annotation, Annotator, Article, Draft, Gap, Mark, Metadata, Sentence, sha256, ways
from slantbank.bank._article import replace as replace_article
from slantbank.bank._article import write as write_article
from slantbank.bank._quotes import listed_at, quotations, quoted_at
from slantbank.bank._topic import Topic
from slantbank.bank.toml import TextFile
from slantbank.codebook import GOLD, AnnotatorKind
from slantbank.problem import ContributionError, Problem, quoted

MASK = quotes.MASK
WORDS = re.compile(rf"[^\n{MASK}]+")
"""Matches characters that are no mask."""

REFUSED = "the text of {} is withheld, and labels are made by reading: `slantbank hydrate` it from your own copy first"
"""The message of a command that needs the words."""

CHECKS = ("source_check", "text_check", "sentence_words", "sentence_checks", "gap")
"""The keys that only the article.toml of a withheld text has."""

KEPT: dict[type[Any], tuple[str, ...]] = {
    Metadata: (
        *("id", "topic", "title", "outlet", "author", "published", "url", "language", "origin", "corpus", "corpus_id", "agency"),
        *("repeats_headline", "license", "annotations_license", "includes_text", "accepted", "details", "annotator", *CHECKS),
    ),
    Annotator: ("id", "kind", "codebook", "name", "coded", "layers", "facts", "brief_sha256"),
    Sentence: (
        *("n", "text", "claim_type", "attribution", "source", "cue", "source_type", "source_party", "source_perspective", "stance"),
        *("loaded", "loaded_at", "facts", "spans", "scores", "decided_by", "undecided"),
    ),
    Mark: ("layer", "start", "end", "text", "ref"),
    Gap: ("n", "after", "text"),
}
"""The keys that a withheld article keeps; all others are left out, also those of a later version of slantbank."""


def mask(text: str) -> str:
    """Replace every character of each line by `MASK`.

    >>> mask("He said so.")
    '███████████'
    """
    return re.sub(r"[^\n]", MASK, text)


def is_mask(text: str) -> bool:
    """Whether the lines consist of masks only; True for an empty text.

    >>> is_mask("███████"), is_mask("██ ████"), is_mask("███said")
    (True, False, False)
    """
    return WORDS.search(text) is None


@dataclass(frozen=True)
class Stripped:
    """An article without its text, and the number of values that were left out, by file and kind of value."""

    article: Article
    left_out: Counter[tuple[str, str]]


def strip(article: Article, topic: Topic) -> Stripped:
    """Return the article with its text withheld.

    Values that share words with the text are left out: details, the `ref` of a span, scores, licences, names of annotators. An
    annotator's id that does becomes `annotator-1`, a codebook `unknown`. Words of the article's id, title, author, outlet, url and
    topic are public. Raises ValueError if the text is withheld already, or if labels do not fit it.
    """
    meta = article.meta
    if not meta.includes_text:
        raise ValueError(f"the text of {meta.id} is withheld already")
    lines, reveals = article.lines, _make_detector(article, topic)
    left_out: Counter[tuple[str, str]] = Counter()
    names = _new_ids(meta.annotator, reveals)

    def strip_annotator(annotator: Annotator) -> Annotator:
        kept = _kept(annotator)
        if reveals(annotator.codebook) and not re.fullmatch(r"[0-9.]+", annotator.codebook):
            kept["codebook"] = "unknown"
        if annotator.name is not None and reveals(annotator.name):
            del kept["name"]
        left_out["article.toml", "codebook of an annotator"] += kept["codebook"] != annotator.codebook
        left_out["article.toml", "name of an annotator"] += kept.get("name") != annotator.name
        new_id = names[annotator.id]
        left_out["article.toml", f"id of an annotator, now {new_id}"] += new_id != annotator.id
        return Annotator(**{**kept, "id": new_id})

    values = _kept(meta)
    values |= {"includes_text": False, "annotator": tuple(map(strip_annotator, meta.annotator))}
    values |= _checks(meta.id, article.source, article.text)
    values["details"] = {name: value for name, value in meta.details.items() if not reveals(name) and not reveals(value)}
    left_out["article.toml", "detail"] += len(meta.details) - len(values["details"])
    for key in ("license", "annotations_license"):
        if key in values and reveals(values[key]):
            del values[key]
            left_out["article.toml", key] += 1
    notes = (meta.note, *(annotator.note for annotator in meta.annotator))
    left_out["article.toml", "note"] += sum(note is not None for note in notes)
    annotations = {}
    for name, annotation in article.annotations.items():
        stripped = [_strip_sentence(labels, lines[labels.n], reveals) for labels in annotation.sentence]
        annotations[names[name]] = Annotation(sentence=tuple(labels for labels, _ in stripped))
        for _, lost in stripped:
            left_out.update({(f"annotations/{names[name]}.toml", kind): count for kind, count in lost.items()})
    return Stripped(Article(Metadata(**values), "", mask(article.text), annotations), +left_out)


def _kept(table: Any) -> dict[str, Any]:
    """Return the values of a table that a withheld article keeps, without None."""
    return {name: value for name in KEPT[type(table)] if (value := getattr(table, name)) is not None}


def _strip_sentence(labels: Sentence, line: str, reveals: Callable[[str], bool]) -> tuple[Sentence, Counter[str]]:
    """Return the labels of a sentence without its words, and the number of values left out, by kind."""
    lost: Counter[str] = Counter(note=labels.note is not None)
    masked = _replace_words(labels, line, mask(line))
    values = _kept(masked)
    for key in ("source_party", "source_perspective"):
        if key in values and reveals(values[key]):
            del values[key]
            lost[key] += 1
    for key, kind in (("stance", "party"), ("facts", "fact"), ("scores", "score")):
        if key in values:
            safe = {name: value for name, value in values[key].items() if not reveals(name)}
            lost[kind] += len(values[key]) - len(safe)
            values[key] = safe
    if labels.decided_by is not None:
        values["decided_by"] = {layer: rules for layer, rules in labels.decided_by.items() if not any(map(reveals, rules))}
        lost["rule"] += len(labels.decided_by) - len(values["decided_by"])
    spans = [span.model_copy(update={"ref": None}) if span.ref and reveals(span.ref) else span for span in masked.spans]
    lost["ref of a span"] += sum(after != before for after, before in zip(spans, masked.spans, strict=True))
    values["spans"] = tuple(spans)
    values["undecided"] = tuple(name for name in labels.undecided if name in Sentence.model_fields)
    values["loaded_at"] = quotes.loaded_at(labels)
    return Sentence(**values), +lost


_NEUTRAL = {
    *AnnotatorKind,
    GOLD,
    "annotator",
    "coder",
    "unknown",
    "license",
    "licenseref",
    "rights",
    "reserved",
    "public",
    "domain",
}
"""Common words of ids, codebooks and licences, which reveal nothing of a text."""


def _make_detector(article: Article, topic: Topic) -> Callable[[str], bool]:
    """Make the function that says whether a string reveals words of the text.

    A string does so if it shares two words with the text, or one that has four letters, has a digit, or is in another script than
    ASCII, or if it has a word of the text with five letters inside another word. Words of public metadata do not count.
    """
    meta = article.meta
    fields = (meta.id, meta.title, meta.author, meta.outlet, meta.url, meta.corpus, meta.corpus_id, meta.agency)
    public = {word for part in (*fields, *_strings(topic.model_dump())) for word in _words(part or "")} | _NEUTRAL
    text, words = _fold(article.text), set(_words(article.text)) - public
    long_words = [word for word in words if len(word) >= 5]

    @cache
    def reveals(value: str) -> bool:
        others = set(_words(value)) - public
        shared = others & words
        # a script without spaces has no words to look up
        foreign = any(not word.isascii() and word in text for word in others)
        inside = any(part in word for word in others for part in long_words)
        return foreign or inside or len(shared) > 1 or any(len(word) >= 4 or not word.isalpha() for word in shared)

    return reveals


def _strings(value: Any) -> Iterator[str]:
    """Yield every string in a value made of tables and lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for item in value.items() for part in item for text in _strings(part))
    elif isinstance(value, (list, tuple)):
        yield from (text for item in value for text in _strings(item))


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _words(text: str) -> list[str]:
    """Return the words and numbers of at least two characters, in lower case."""
    return re.findall(r"[^\W_]{2,}", _fold(text))


def _new_ids(annotators: Sequence[Annotator], reveals: Callable[[str], bool]) -> dict[str, str]:
    """Return the id of each annotator in the withheld article, by its present id."""
    taken = {annotator.id for annotator in annotators}
    free = (name for number in range(1, 2 * len(annotators) + 1) if (name := f"annotator-{number}") not in taken)
    return {name: next(free) if reveals(name) else name for name in (annotator.id for annotator in annotators)}


# The hashes that verify a copy

_COST = 2**16
"""The cost of the slow hash: a fifth of a second and 64 MB of memory."""
_BITS, _CHARACTERS = 16, 8
"""The check of a sentence has one bit for every `_CHARACTERS` characters, and at most `_BITS` bits."""


def _checks(article_id: str, source: str, text: str) -> dict[str, Any]:
    """Return the values of the keys in `CHECKS` for a text and its source."""
    lines = [line for line in text.split("\n") if line]
    hashes = accumulate(lines, _extend, initial=_start_hash(article_id))
    checks = [_first_bits(digest, _bits(lines, n)) for n, digest in enumerate(islice(hashes, 1, None))]
    return {
        "source_check": _slow_hash(article_id, "source", source),
        "text_check": _slow_hash(article_id, "text", text),
        "sentence_words": tuple(len(line.split()) for line in lines),
        "sentence_checks": tuple(checks),
        "gap": tuple(Gap(n=n, after=after, text=gap) for n, line in enumerate(lines) for after, gap in _gaps(line).items()),
    }


def _slow_hash(article_id: str, kind: str, text: str) -> str:
    """Return a hash that takes time and memory, so that few guesses can be tried (scrypt, RFC 7914)."""
    salt = f"slantbank {kind} of {article_id}".encode()
    return hashlib.scrypt(text.encode(), salt=salt, n=_COST, r=8, p=1, maxmem=2**28, dklen=32).hex()


def _bits(lines: Sequence[str], n: int) -> int:
    """Return the number of bits in the check of a sentence: none for the last one, which the slow hash verifies."""
    return 0 if n == len(lines) - 1 else min(_BITS, len(lines[n]) // _CHARACTERS)


def _start_hash(article_id: str) -> Any:
    """Return the hash before the first sentence."""
    return hashlib.sha256(f"slantbank sentences of {article_id}\n".encode())


def _extend(before: Any, line: str) -> Any:
    """Return the hash after one more sentence."""
    digest = before.copy()
    digest.update(f"{line}\n".encode())
    return digest


def _first_bits(digest: Any, bits: int) -> int:
    """Return the first bits of a hash as a number."""
    return int.from_bytes(digest.digest()[:2]) >> (_BITS - bits)


def _spaces(words: int, gaps: Mapping[int, str]) -> list[str]:
    """Return the white space around `words` words: single spaces unless `gaps` has something else."""
    return [gaps.get(i, gap) for i, gap in enumerate(["", *[" "] * (words - 1), ""])]


def _gaps(line: str) -> dict[int, str]:
    """Return the white space of a sentence that is no single space between words, by the number of words before it."""
    spaces = re.split(r"\S+", line)
    return {i: gap for i, (gap, plain) in enumerate(zip(spaces, _spaces(len(spaces) - 1, {}), strict=True)) if gap != plain}


# Restoring the words


def _replace_words(labels: Sentence, old: str, new: str) -> Sentence:
    """Return the labels of a sentence after its text `old` is replaced by `new`, of the same length; all offsets stay.

    A quotation gets the number of its occurrence if it needs one. Raises ValueError if a quotation or a span is not in `old`.
    """
    if labels.text != old or len(old) != len(new):
        raise ValueError(f"sentence {labels.n} is not that of the text")

    places: dict[str, dict[Any, tuple[int, int]]] = {"source": {}, "cue": {}, "loaded": {}, "facts": {}}
    for quote in quotations(labels):
        if quote.place is None or quoted_at(new, *quote.place) is None:
            raise ValueError(f"sentence {labels.n}: {quote.words!r} is not in it")
        places[quote.key][quote.item] = quote.place
    for span in labels.spans:
        if not 0 <= span.start < span.end <= len(old) or old[span.start : span.end] != span.text:
            raise ValueError(f"sentence {labels.n}: a span is not where it should be")
    facts = {fact: quoted_at(new, *place) for fact, place in places["facts"].items()}
    changes: dict[str, Any] = {
        "text": new,
        **{key: quoted_at(new, *place) for key in ("source", "cue") for place in places[key].values()},
        "loaded": None if labels.loaded is None else listed_at(new, places["loaded"].values()),
        "loaded_at": None,
        "facts": None if labels.facts is None else {**labels.facts, **facts},
        "spans": tuple(span.model_copy(update={"text": new[span.start : span.end]}) for span in labels.spans),
    }
    return labels.model_copy(update=changes)


class Hydrated(NamedTuple):
    """An article with its text restored, and the invisible difference of the copy from it, if there is one."""

    article: Article
    differs: str


def hydrate(draft: Draft, copy: TextFile) -> Hydrated:
    """Restore the text of an article from a copy, which may be wrapped in another way and have more text around the sentences.

    The sentences are searched in order; a headline that the copy lacks is taken from the title. A copy in another Unicode
    normalisation, or with other quotation marks, gives the original text, which is verified like any other. If the copy is the file
    that was taken in, it becomes the source again; otherwise the text itself does, and `source_sha256` is its hash. Raises
    ContributionError with the first sentence that was not found, or if the folder or the copy cannot be read; ValueError if the
    article has its text.
    """
    withheld = draft.article
    if withheld is None or draft.text is None or draft.meta is None or copy.text is None:
        raise ContributionError(copy.problems + draft.problems + [problem for file in draft.files for problem in file.problems])
    meta = withheld.meta
    if meta.includes_text:
        raise ValueError(f"{meta.id} has its text")
    masks = withheld.lines
    if not len(masks) == len(meta.sentence_words) == len(meta.sentence_checks):
        raise ContributionError([draft.meta.at("SB310", f"sentence_words and sentence_checks for {len(masks)} sentences")])
    searches = []
    for variant, differs in chain([(copy.text, "")], alike.variants(copy.text)):
        for stream in _streams(variant):
            search = _Search(withheld, masks, stream)
            if (lines := search.run()) is not None:
                return Hydrated(_with_text(withheld, copy, lines), differs)
            searches.append((search, differs))
    farthest = max((search for search, differs in searches if not differs), key=lambda search: search.reached)
    problem = _missing(draft.text, withheld, farthest, copy)
    best_variant, differs = max(searches, key=lambda pair: pair[0].reached)
    if best_variant.reached > farthest.reached:
        problem = replace(problem, message=f"{problem.message}; the copy differs from the text in {differs}, and in more")
    raise ContributionError([problem])


def _with_text(withheld: Article, copy: TextFile, lines: Sequence[str]) -> Article:
    """Return the article with the sentences found in a copy."""
    meta, masks = withheld.meta, withheld.lines
    text = _fill(withheld, lines)
    annotations = {
        name: Annotation(sentence=tuple(_replace_words(labels, masks[labels.n], lines[labels.n]) for labels in annotation.sentence))
        for name, annotation in withheld.annotations.items()
    }
    source = next((source for source in ways(copy) if _slow_hash(meta.id, "source", source) == meta.source_check), text)
    no_checks = {key: Metadata.model_fields[key].default for key in CHECKS}
    changes = {"includes_text": True, "source_sha256": sha256(source), **no_checks}
    return Article(meta.model_copy(update=changes), source, text, annotations)


def write_articles(articles: Sequence[Article], folder: Path, into: Path | None = None, was: Sequence[Article] = ()) -> list[Path]:
    """Write articles of the bank in `folder` to the bank `into`, or replace them in `folder`; return their folders.

    `into` also gets the topics that it lacks. `was` holds the articles to be replaced as they were read. Raises FileExistsError,
    and writes nothing, if `into` has such an article; ChangedError if an article to be replaced was changed.
    """
    targets = [(into or folder) / "articles" / article.meta.id for article in articles]
    taken = [target for target in targets if into is not None and target.exists()]
    if taken:
        raise FileExistsError(f"{taken[0]} is there already")
    if into is None:
        for article, target, before in zip(articles, targets, was, strict=True):
            replace_article(article, target, before)
        return targets
    for article, target in zip(articles, targets, strict=True):
        topic = Path("topics") / f"{article.meta.topic}.toml"
        if not (into / topic).exists():
            staged.write(into / topic, (folder / topic).read_bytes(), root=into, new=True)
        write_article(article, target)
    return targets


def _fill(withheld: Article, lines: Sequence[str]) -> str:
    """Return the text of a withheld article with its sentences replaced by `lines`."""
    text = withheld.text
    for span, line in zip(withheld.sentences, lines, strict=True):
        text = text[: span.start] + line + text[span.end :]
    return text


class _Stream:
    """The text of a copy without white space, with the offset of each character in the copy.

    `starts` are the offsets in the stream at which words begin, `wrapped` those of words that begin a line.
    """

    def __init__(self, copy: str, skipped: re.Pattern[str]) -> None:
        runs: list[tuple[int, int]] = []
        self.starts: list[int] = []
        self.wrapped: set[int] = set()
        at = size = 0
        for match in chain(skipped.finditer(copy), [None]):
            end = match.start() if match else len(copy)
            runs.append((at, end))
            size += end - at
            if match:
                at = match.end()
                if re.search(r"\s", match[0]) and size and (not self.starts or self.starts[-1] < size):
                    self.starts.append(size)
                    self.wrapped |= {size} if re.search(r"[\n\r]", match[0]) else set()
        self.text = "".join(copy[start:end] for start, end in runs)
        self.places = [at for run in runs for at in range(*run)]


_SKIPPED = (re.compile(r"\s+|\A\ufeff"), re.compile(rf"(?:(?![\u200c\u200d]){IGNORED.pattern[:-1]})+"), IGNORED)
"""Characters to skip in a copy: white space; also invisible ones except joiners, which some scripts need; also joiners."""


def _streams(copy: str) -> Iterator[_Stream]:
    """Yield the streams of a copy, first the one that skips least."""
    seen: set[str] = set()
    for skipped in _SKIPPED:
        stream = _Stream(copy, skipped)
        if stream.text not in seen:
            yield stream
        seen.add(stream.text)


_TRIES = 1_000_000
"""The maximum number of places in a copy that are tried for the sentences of a text."""
_HASHED = 100
"""The maximum number of texts, among those whose sentences all fit their checks, that are tried with the slow hash."""
_FITTING = 10_000
"""The maximum number of texts from which the likeliest are chosen for that."""


class _Match(NamedTuple):
    """A sentence in a copy, the offset of its end, the hash up to there, and the number of characters skipped before it."""

    line: str
    end: int
    hashed: Any
    skipped: int


class _Search:
    """The search for the sentences of a withheld text in a copy.

    A sentence is tried where the one before ends, then at the start of each later word. If none fits, the search goes back and
    tries the one before farther on. `reached` is the maximum number of sentences found in order, `after` the offset of their end.
    `fits` says that all sentences fitted their checks, but the slow hash was another.
    """

    def __init__(self, withheld: Article, masks: Sequence[str], stream: _Stream) -> None:
        self.withheld, self.masks, self.stream = withheld, masks, stream
        gaps: dict[int, dict[int, str]] = {}
        for gap in withheld.meta.gap:
            gaps.setdefault(gap.n, {})[gap.after] = gap.text
        self.spaces = [_spaces(words, gaps.get(n, {})) for n, words in enumerate(withheld.meta.sentence_words)]
        self.tries, self.reached, self.after, self.fits = _TRIES, 0, 0, False

    def run(self) -> list[str] | None:
        """Return the sentences, or None if the copy does not have them all."""
        for lines in self._candidates():
            if _slow_hash(self.withheld.meta.id, "text", _fill(self.withheld, lines)) == self.withheld.meta.text_check:
                return lines
            self.fits = True
        return None

    def _candidates(self) -> Iterator[list[str]]:
        """Yield the texts to try with the slow hash: the first that fits the checks, then the likeliest of the others.

        The first may be wrong, since short sentences have no bits. Most sentences of a copy follow each other directly: a text with
        fewer gaps is likelier.
        """
        fitting = self._fitting()
        for _, _, lines in islice(fitting, 1):
            yield lines
        texts: dict[bytes, tuple[tuple[int, int], list[str]]] = {}
        for digest, gaps, lines in fitting:
            if digest not in texts or gaps < texts[digest][0]:
                texts[digest] = gaps, lines
            if len(texts) == _FITTING:
                break
        for _, lines in nsmallest(_HASHED, texts.values(), key=itemgetter(0)):
            yield lines

    def _fitting(self) -> Iterator[tuple[bytes, tuple[int, int], list[str]]]:
        """Yield the texts whose sentences all fit their checks: the hash, the number and the length of gaps, the sentences."""
        path: list[_Match] = []
        untried = [self._matches(0, 0, _start_hash(self.withheld.meta.id))]
        while untried:
            match = next(untried[-1], None)
            del path[len(untried) - 1 :]
            if match is None:
                untried.pop()
                continue
            path.append(match)
            if len(path) == len(self.masks):
                gaps = sum(step.skipped > 0 for step in path), sum(step.skipped for step in path)
                yield match.hashed.digest(), gaps, [step.line for step in path]
                continue
            if len(path) > self.reached:
                self.reached, self.after = len(path), match.end
            untried.append(self._matches(len(path), match.end, match.hashed))

    def _matches(self, n: int, at: int, before: Any) -> Iterator[_Match]:
        """Yield the matches of sentence `n` from an offset on; `before` is the hash up to it."""
        bits, expected = _bits(self.masks, n), self.withheld.meta.sentence_checks[n]

        def fitting(line: str | None, end: int, skipped: int) -> Iterator[_Match]:
            if line is not None and len(line) == len(self.masks[n]):
                hashed = _extend(before, line)
                if _first_bits(hashed, bits) == expected:
                    yield _Match(line, end, hashed, skipped)

        if n == 0:
            yield from fitting(self.withheld.meta.title, at, 0)
        starts = self.stream.starts
        later = range(bisect_right(starts, at), len(starts))
        for start in chain([at], map(starts.__getitem__, later)):
            if not self.tries:
                return
            self.tries -= 1
            yield from fitting(*self._cut(n, start), start - at)

    def _cut(self, n: int, start: int) -> tuple[str | None, int]:
        """Return the text at `start` with the length and the number of words of sentence `n`, and the offset of its end.

        The text is None if there is no such text.
        """
        spaces, stream = self.spaces[n], self.stream
        end = start + len(self.masks[n]) - sum(map(len, spaces))
        first, last = bisect_right(stream.starts, start), bisect_left(stream.starts, end)
        starts, word = stream.starts[first:last], stream.starts[last : last + 1] == [end] or end == len(stream.text)
        if len(starts) >= len(spaces) - 1:  # in a script without spaces, a line may be wrapped between any two characters
            starts = [start for start in starts if start not in stream.wrapped]
        if len(starts) != len(spaces) - 2 or end > len(stream.text) or (stream.text[end - 1].isalnum() and not word):
            return None, end
        words = [stream.text[a:b] for a, b in zip([start, *starts], [*starts, end], strict=True)]
        return "".join(part for pair in zip(spaces, [*words, ""], strict=True) for part in pair), end


_SURE = 10
"""The number of bits of checks that make sure that a sentence, and not one before it, is the one that differs."""


def _missing(file: TextFile, withheld: Article, search: _Search, copy: TextFile) -> Problem:
    """Return the problem for the sentence that was not found, or for the short sentences with few bits among which it is."""
    masks, text = search.masks, copy.text or ""
    n = first = len(masks) - 1 if search.fits else search.reached
    bits = 0
    while first and (bits := bits + _bits(masks, first - 1)) < _SURE:
        first -= 1
    after = search.stream.places[search.after - 1] + 1 if search.after else 0
    line, column = copy.position(min(after + len(text[after:]) - len(text[after:].lstrip()), len(text)))
    excerpt = quoted(" ".join(text[after : after + 400].split()), 40)
    which = f"sentence {n} ({withheld.meta.sentence_words[n]} words)" if first == n else f"one of the sentences {first} to {n}"
    start = withheld.sentences[first].start
    message = f"{which} is not found, from {copy.path}:{line}:{column} on: {excerpt}"
    return file.problem("SB310", message, start, withheld.sentences[n].end - start)
