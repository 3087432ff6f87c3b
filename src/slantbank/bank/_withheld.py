"""A text that may not be redistributed: the article without its words, and the words put back from a reader's own copy.

Of a withheld article those keys are kept that `KEPT` names, and of their values none that shares words with the text. `MASK` stands
for every character of a sentence, spaces included, in `article.txt` and wherever an annotation quotes it, so that offsets are what
they were; how many words a sentence has is kept as a number. There is no `source.txt`.

What verifies a copy must confirm no guess at a sentence. A slow hash of the whole text does; and, to tell where a copy differs, for
each sentence a few bits of a hash of *all that stands up to its end*, no more than one for every eight characters of the sentence.
Somebody who guesses learns less of it than a reader of English could guess anyway, and nothing before all sentences above it are
known. The hashes begin with the article's id, so that no other article's help, and to strip again tells nothing new.
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
from slantbank.bank import _article as article
from slantbank.bank import _quotes as quotes
from slantbank.bank._article import Annotation, Annotator, Article, Draft, Gap, Mark, Metadata, Sentence
from slantbank.bank._quotes import listed_at, quotations, quoted_at
from slantbank.bank._topic import Topic
from slantbank.bank.toml import TextFile
from slantbank.codebook import GOLD, AnnotatorKind
from slantbank.problem import ContributionError, Problem, quoted

MASK = quotes.MASK
WORDS = re.compile(rf"[^\n{MASK}]+")
"""What a mask does not hold."""

REFUSED = "the text of {} is withheld, and labels are made by reading: `slantbank hydrate` it from your own copy first"
"""Why a command that needs the words refuses."""

CHECKS = ("source_check", "text_check", "sentence_words", "sentence_checks", "gap")
"""The keys of article.toml that a withheld text has, and no other."""

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
"""The keys that a withheld article keeps; all others are left out, those of a later version of the form included."""


def mask(text: str) -> str:
    """`MASK` for every character of each line.

    >>> mask("He said so.")
    '███████████'
    """
    return re.sub(r"[^\n]", MASK, text)


def is_mask(text: str) -> bool:
    """Whether nothing is left of the lines but their lengths; true of an empty text.

    >>> is_mask("███████"), is_mask("██ ████"), is_mask("███said")
    (True, False, False)
    """
    return WORDS.search(text) is None


@dataclass(frozen=True)
class Stripped:
    """An article without its text, and how many things were left out since they may quote it, by file and by what they are."""

    article: Article
    left_out: Counter[tuple[str, str]]


def strip(one: Article, topic: Topic) -> Stripped:
    """The article with its text withheld.

    Of what is kept, a value is left out that shares words with the text: a detail, the `ref` of a span, a score, a licence, the
    name of an annotator. An annotator's id that does becomes `annotator-1`, and a codebook `unknown`. Words of the article's id,
    title, author, outlet, url and topic are no secret. Raises ValueError if the text is withheld already, or labels do not fit it.
    """
    meta = one.meta
    if not meta.includes_text:
        raise ValueError(f"the text of {meta.id} is withheld already")
    lines, tells = one.lines, _telltale(one, topic)
    left_out: Counter[tuple[str, str]] = Counter()
    names = _names(meta.annotator, tells)

    def annotator(who: Annotator) -> Annotator:
        kept = _kept(who)
        if tells(who.codebook) and not re.fullmatch(r"[0-9.]+", who.codebook):
            kept["codebook"] = "unknown"
        if who.name is not None and tells(who.name):
            del kept["name"]
        left_out["article.toml", "codebook of an annotator"] += kept["codebook"] != who.codebook
        left_out["article.toml", "name of an annotator"] += kept.get("name") != who.name
        left_out["article.toml", f"id of an annotator, now {names[who.id]}"] += names[who.id] != who.id
        return Annotator(**{**kept, "id": names[who.id]})

    values = _kept(meta)
    values |= {"includes_text": False, "annotator": tuple(map(annotator, meta.annotator)), **_checks(meta.id, one.source, one.text)}
    values["details"] = {name: value for name, value in meta.details.items() if not tells(name) and not tells(value)}
    left_out["article.toml", "detail"] += len(meta.details) - len(values["details"])
    for key in ("license", "annotations_license"):
        if key in values and tells(values[key]):
            del values[key]
            left_out["article.toml", key] += 1
    left_out["article.toml", "note"] += sum(note is not None for note in (meta.note, *(who.note for who in meta.annotator)))
    annotations = {}
    for name, annotation in one.annotations.items():
        found, file = [_bare(labels, lines[labels.n], tells) for labels in annotation.sentence], f"annotations/{names[name]}.toml"
        annotations[names[name]] = Annotation(sentence=tuple(labels for labels, _ in found))
        for _, lost in found:
            left_out.update({(file, what): count for what, count in lost.items()})
    return Stripped(Article(Metadata(**values), "", mask(one.text), annotations), +left_out)


def _kept(table: Any) -> dict[str, Any]:
    """The values of a table that a withheld article keeps, those that are not stated left out."""
    return {name: value for name in KEPT[type(table)] if (value := getattr(table, name)) is not None}


def _bare(labels: Sentence, line: str, tells: Callable[[str], bool]) -> tuple[Sentence, Counter[str]]:
    """The labels of a sentence without its words, and what was left out."""
    lost: Counter[str] = Counter(note=labels.note is not None)
    masked = _reworded(labels, line, mask(line))
    values = _kept(masked)
    for key in ("source_party", "source_perspective"):
        if key in values and tells(values[key]):
            del values[key]
            lost[key] += 1
    for key, what in (("stance", "party"), ("facts", "fact"), ("scores", "score")):
        if key in values:
            sound = {name: value for name, value in values[key].items() if not tells(name)}
            lost[what] += len(values[key]) - len(sound)
            values[key] = sound
    if labels.decided_by is not None:
        values["decided_by"] = {layer: rules for layer, rules in labels.decided_by.items() if not any(map(tells, rules))}
        lost["rule"] += len(labels.decided_by) - len(values["decided_by"])
    spans = [span.model_copy(update={"ref": None}) if span.ref and tells(span.ref) else span for span in masked.spans]
    lost["ref of a span"] += sum(ours != theirs for ours, theirs in zip(spans, masked.spans, strict=True))
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
"""Words of ids, codebooks and licences that tell nothing."""


def _telltale(one: Article, topic: Topic) -> Callable[[str], bool]:
    """Whether a string gives away words of the text: one that is long, a number or in another script; or two of any kind.

    That is a word of four letters, a number of two digits, or two letters of another script than ASCII; also one of five letters
    inside of another word.
    """
    meta = one.meta
    found = (meta.id, meta.title, meta.author, meta.outlet, meta.url, meta.corpus, meta.corpus_id, meta.agency)
    known = [*found, *_strings(topic.model_dump())]
    public = {word for part in known for word in _words(part or "")} | _NEUTRAL
    text, words = _folded(one.text), set(_words(one.text)) - public
    inner = [word for word in words if len(word) >= 5]

    @cache
    def tells(value: str) -> bool:
        others = set(_words(value)) - public
        shared = others & words
        # a script without spaces has no words to look up
        foreign = any(not word.isascii() and word in text for word in others)
        inside = any(part in word for word in others for part in inner)
        return foreign or inside or len(shared) > 1 or any(len(word) >= 4 or not word.isalpha() for word in shared)

    return tells


def _strings(value: Any) -> Iterator[str]:
    """Every string in a value made of tables and lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for item in value.items() for part in item for text in _strings(part))
    elif isinstance(value, (list, tuple)):
        yield from (text for item in value for text in _strings(item))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _words(text: str) -> list[str]:
    """The words and numbers of two characters or more, without regard to letter case."""
    return re.findall(r"[^\W_]{2,}", _folded(text))


def _names(annotators: Sequence[Annotator], tells: Callable[[str], bool]) -> dict[str, str]:
    """What each annotator is called in a withheld article, by its id."""
    taken = {who.id for who in annotators}
    free = (name for number in range(1, 2 * len(annotators) + 1) if (name := f"annotator-{number}") not in taken)
    return {who.id: next(free) if tells(who.id) else who.id for who in annotators}


# What verifies a copy

_COST = 2**16
"""The cost of the slow hash: a fifth of a second and 64 MB."""
_BITS, _CHARACTERS = 16, 8
"""A sentence's check has a bit for so many of its characters, and no more than so many bits."""


def _checks(article_id: str, source: str, text: str) -> dict[str, Any]:
    """The keys of `CHECKS` for a text and the source that it was made from."""
    lines = [line for line in text.split("\n") if line]
    hashes = accumulate(lines, _longer, initial=_begun(article_id))
    checks = [_first_bits(found, _bits(lines, n)) for n, found in enumerate(islice(hashes, 1, None))]
    return {
        "source_check": _slow(article_id, "source", source),
        "text_check": _slow(article_id, "text", text),
        "sentence_words": tuple(len(line.split()) for line in lines),
        "sentence_checks": tuple(checks),
        "gap": tuple(Gap(n=n, after=after, text=gap) for n, line in enumerate(lines) for after, gap in _gaps(line).items()),
    }


def _slow(article_id: str, what: str, text: str) -> str:
    """A hash that takes time and memory, so that few guesses can be tried (RFC 7914)."""
    salt = f"slantbank {what} of {article_id}".encode()
    return hashlib.scrypt(text.encode(), salt=salt, n=_COST, r=8, p=1, maxmem=2**28, dklen=32).hex()


def _bits(lines: Sequence[str], n: int) -> int:
    """How many bits the check of a sentence has: none for the last, of which the slow hash tells."""
    return 0 if n == len(lines) - 1 else min(_BITS, len(lines[n]) // _CHARACTERS)


def _begun(article_id: str) -> Any:
    """The hash of no sentence yet."""
    return hashlib.sha256(f"slantbank sentences of {article_id}\n".encode())


def _longer(before: Any, line: str) -> Any:
    """The hash with a sentence more."""
    found = before.copy()
    found.update(f"{line}\n".encode())
    return found


def _first_bits(found: Any, bits: int) -> int:
    """The first bits of a hash, as a number."""
    return int.from_bytes(found.digest()[:2]) >> (_BITS - bits)


def _spaces(words: int, gaps: Mapping[int, str]) -> list[str]:
    """The white space around `words` words: single spaces, except where `gaps` says otherwise."""
    return [gaps.get(i, gap) for i, gap in enumerate(["", *[" "] * (words - 1), ""])]


def _gaps(line: str) -> dict[int, str]:
    """The white space of a sentence that is not a single space between two words, by the number of words before it."""
    spaces = re.split(r"\S+", line)
    return {i: gap for i, (gap, plain) in enumerate(zip(spaces, _spaces(len(spaces) - 1, {}), strict=True)) if gap != plain}


# Putting the words back


def _reworded(labels: Sentence, old: str, new: str) -> Sentence:
    """The labels of a sentence, whose words are `new` in place of `old`, of the same length; every span stays where it is.

    Which occurrence is meant is said where it must be. Raises ValueError if a quotation or a span is not in `old`.
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
    """An article with its text again, and in what alone the copy differs from it where that only looks alike; else empty."""

    article: Article
    differs: str


def hydrate(found: Draft, copy: TextFile) -> Hydrated:
    """The article with its text, taken from a copy that may be wrapped otherwise and have more before, between and after.

    The sentences are looked for in order; a headline that the copy lacks is taken from the title. A copy in another Unicode
    normalisation, or with other quotation marks, gives the text as it was, verified as any. If the copy is the file that was
    taken in, it is the source again; otherwise the text itself is, and `source_sha256` is its hash. Raises ContributionError with
    the first sentence that was not found, or if the folder or the copy cannot be read; ValueError if the article has its text.
    """
    one = found.article
    if one is None or found.text is None or found.meta is None or copy.text is None:
        raise ContributionError(copy.problems + found.problems + [fault for file in found.files for fault in file.problems])
    meta = one.meta
    if meta.includes_text:
        raise ValueError(f"{meta.id} has its text")
    masks = one.lines
    if not len(masks) == len(meta.sentence_words) == len(meta.sentence_checks):
        raise ContributionError([found.meta.at("SB310", f"sentence_words and sentence_checks for {len(masks)} sentences")])
    searches = []
    for like, differs in chain([(copy.text, "")], alike.variants(copy.text)):
        for stream in _streams(like):
            search = _Search(one, masks, stream)
            if (lines := search.run()) is not None:
                return Hydrated(_with_text(one, copy, lines), differs)
            searches.append((search, differs))
    farthest = max((search for search, differs in searches if not differs), key=lambda search: search.reached)
    problem = _missing(found.text, one, farthest, copy)
    alike_, differs = max(searches, key=lambda pair: pair[0].reached)
    if alike_.reached > farthest.reached:
        problem = replace(problem, message=f"{problem.message}; the copy differs from the text in {differs}, and in more")
    raise ContributionError([problem])


def _with_text(one: Article, copy: TextFile, lines: Sequence[str]) -> Article:
    """The article with its sentences, which came from a copy."""
    meta, masks = one.meta, one.lines
    text = _filled(one, lines)
    annotations = {
        name: Annotation(sentence=tuple(_reworded(labels, masks[labels.n], lines[labels.n]) for labels in annotation.sentence))
        for name, annotation in one.annotations.items()
    }
    source = next((one for one in article.ways(copy) if _slow(meta.id, "source", one) == meta.source_check), text)
    nothing = {key: Metadata.model_fields[key].default for key in CHECKS}
    changes = {"includes_text": True, "source_sha256": article.sha256(source), **nothing}
    return Article(meta.model_copy(update=changes), source, text, annotations)


def write_articles(articles: Sequence[Article], folder: Path, into: Path | None = None, was: Sequence[Article] = ()) -> list[Path]:
    """Write articles of the bank in `folder` to the bank `into`, with their topics if it lacks them, or else in their own place.

    There they replace the articles that they were made of, as each `was` read. Their folders. Raises FileExistsError, and writes
    nothing, if `into` has such an article; ChangedError at one that is no longer as it was.
    """
    targets = [(into or folder) / "articles" / one.meta.id for one in articles]
    taken = [target for target in targets if into is not None and target.exists()]
    if taken:
        raise FileExistsError(f"{taken[0]} is there already")
    if into is None:
        for one, target, before in zip(articles, targets, was, strict=True):
            article.replace(one, target, before)
        return targets
    for one, target in zip(articles, targets, strict=True):
        topic = Path("topics") / f"{one.meta.topic}.toml"
        if not (into / topic).exists():
            staged.write(into / topic, (folder / topic).read_bytes(), root=into, new=True)
        article.write(one, target)
    return targets


def _filled(one: Article, lines: Sequence[str]) -> str:
    """The text of a withheld article, whose sentences are given."""
    text = one.text
    for place, line in zip(one.sentences, lines, strict=True):
        text = text[: place.start] + line + text[place.end :]
    return text


class _Stream:
    """What counts of a copy, without the white space: the text, where each character stood, and where a word begins.

    `wrapped` are the words that begin a line.
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


_SKIPPED = (re.compile(r"\s+|\A\ufeff"), re.compile(rf"(?:(?![\u200c\u200d]){article.IGNORED.pattern[:-1]})+"), article.IGNORED)
"""White space; also what is not seen, but for the joiners that scripts need; also these. A text may have been cleaned of them."""


def _streams(copy: str) -> Iterator[_Stream]:
    """The ways to read a copy, the strictest first."""
    seen: set[str] = set()
    for skipped in _SKIPPED:
        stream = _Stream(copy, skipped)
        if stream.text not in seen:
            yield stream
        seen.add(stream.text)


_TRIES = 1_000_000
"""So many places of a copy are tried for the sentences of one text; more is not a copy of an article."""
_WHOLE = 100
"""So many texts whose sentences all fit their checks are tried by the slow hash."""
_FITTING = 10_000
"""The likeliest of so many are."""


class _Found(NamedTuple):
    """A sentence, where the next can begin, the hash up to here, and how many characters of the copy stand before it."""

    line: str
    end: int
    hashed: Any
    skipped: int


class _Search:
    """The search for the sentences of a withheld text in a copy: each where the one before ends, or at the start of a word after.

    Where none fits, the one before is looked for farther on. `reached` is how many were found in order, and `after` where, when the
    search came farthest; `fits` is whether all did, though the text is another.
    """

    def __init__(self, one: Article, masks: Sequence[str], stream: _Stream) -> None:
        self.one, self.masks, self.stream = one, masks, stream
        gaps: dict[int, dict[int, str]] = {}
        for gap in one.meta.gap:
            gaps.setdefault(gap.n, {})[gap.after] = gap.text
        self.spaces = [_spaces(words, gaps.get(n, {})) for n, words in enumerate(one.meta.sentence_words)]
        self.tries, self.reached, self.after, self.fits = _TRIES, 0, 0, False

    def run(self) -> list[str] | None:
        """The sentences, if the copy has them all."""
        for lines in self._likely():
            if _slow(self.one.meta.id, "text", _filled(self.one, lines)) == self.one.meta.text_check:
                return lines
            self.fits = True
        return None

    def _likely(self) -> Iterator[list[str]]:
        """The texts to try: the first that fits; where that is another, since short sentences have no bits, the likeliest.

        In a copy, sentences stand one after another, with something between here and there: the fewer such gaps, the likelier.
        """
        fitting = self._fitting()
        for _, _, lines in islice(fitting, 1):
            yield lines
        found: dict[bytes, tuple[tuple[int, int], list[str]]] = {}
        for digest, gaps, lines in fitting:
            if digest not in found or gaps < found[digest][0]:
                found[digest] = gaps, lines
            if len(found) == _FITTING:
                break
        for _, lines in nsmallest(_WHOLE, found.values(), key=itemgetter(0)):
            yield lines

    def _fitting(self) -> Iterator[tuple[bytes, tuple[int, int], list[str]]]:
        """The texts whose sentences all fit their checks: the hash, the number and the length of gaps, the sentences."""
        found: list[_Found] = []
        open_ = [self._places(0, 0, _begun(self.one.meta.id))]
        while open_:
            one = next(open_[-1], None)
            del found[len(open_) - 1 :]
            if one is None:
                open_.pop()
                continue
            found.append(one)
            if len(found) == len(self.masks):
                gaps = sum(each.skipped > 0 for each in found), sum(each.skipped for each in found)
                yield one.hashed.digest(), gaps, [each.line for each in found]
                continue
            if len(found) > self.reached:
                self.reached, self.after = len(found), one.end
            open_.append(self._places(len(found), one.end, one.hashed))

    def _places(self, n: int, at: int, before: Any) -> Iterator[_Found]:
        """Where sentence `n` can be, from a place on."""
        bits, known = _bits(self.masks, n), self.one.meta.sentence_checks[n]

        def fitting(line: str | None, end: int, skipped: int) -> Iterator[_Found]:
            if line is not None and len(line) == len(self.masks[n]):
                hashed = _longer(before, line)
                if _first_bits(hashed, bits) == known:
                    yield _Found(line, end, hashed, skipped)

        if n == 0:
            yield from fitting(self.one.meta.title, at, 0)
        starts = self.stream.starts
        later = range(bisect_right(starts, at), len(starts))
        for start in chain([at], map(starts.__getitem__, later)):
            if not self.tries:
                return
            self.tries -= 1
            yield from fitting(*self._cut(n, start), start - at)

    def _cut(self, n: int, start: int) -> tuple[str | None, int]:
        """The text of the length and the number of words of sentence `n` that begins in the copy at `start`; and where it ends."""
        spaces, stream = self.spaces[n], self.stream
        end = start + len(self.masks[n]) - sum(map(len, spaces))
        first, last = bisect_right(stream.starts, start), bisect_left(stream.starts, end)
        inner, word = stream.starts[first:last], stream.starts[last : last + 1] == [end] or end == len(stream.text)
        if len(inner) >= len(spaces) - 1:  # the lines of a script without spaces are wrapped between any two characters
            inner = [place for place in inner if place not in stream.wrapped]
        if len(inner) != len(spaces) - 2 or end > len(stream.text) or (stream.text[end - 1].isalnum() and not word):
            return None, end
        words = [stream.text[a:b] for a, b in zip([start, *inner], [*inner, end], strict=True)]
        return "".join(part for pair in zip(spaces, [*words, ""], strict=True) for part in pair), end


_SURE = 10
"""A sentence is told from those before it once their checks have so many bits."""


def _missing(file: TextFile, one: Article, search: _Search, copy: TextFile) -> Problem:
    """The problem for the sentence that was not found, or for the run of short sentences, with few bits each, that holds it."""
    masks, text = search.masks, copy.text or ""
    n = first = len(masks) - 1 if search.fits else search.reached
    bits = 0
    while first and (bits := bits + _bits(masks, first - 1)) < _SURE:
        first -= 1
    after = search.stream.places[search.after - 1] + 1 if search.after else 0
    line, column = copy.position(min(after + len(text[after:]) - len(text[after:].lstrip()), len(text)))
    there = quoted(" ".join(text[after : after + 400].split()), 40)
    what = f"sentence {n} ({one.meta.sentence_words[n]} words)" if first == n else f"one of the sentences {first} to {n}"
    place = one.sentences[first]
    message = f"{what} is not found, from {copy.path}:{line}:{column} on: {there}"
    return file.problem("SB310", message, place.start, one.sentences[n].end - place.start)
