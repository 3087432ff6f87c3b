"""Text."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from slantbank.bank import Draft, Quotation, alike, article, quotations, withheld
from slantbank.bank.toml import Document, Place, TextFile, comments
from slantbank.codebook import SpanLayer
from slantbank.problem import Edit, Example, Problem, quoted
from slantbank.rules._characters import CONTROL, mixed_words
from slantbank.rules._example import LABELS, META, SOURCE, TEXT
from slantbank.rules._run import FEW, Hints, Labelled, Run, called, content, few, metadata, quoted_words, rule, tables


def counted(text: str) -> str:
    """The characters of a text that are not `article.IGNORED`; most texts have only white space to leave out, which is quicker."""
    plain = "".join(text.split())
    return plain if plain.isprintable() else article.IGNORED.sub("", plain)


@rule("SB301", Example(TEXT, "the closing a triumph", "the closing a great triumph"))
def text_differs_from_source(run: Run) -> Iterator[Problem]:
    """article.txt holds the words of source.txt, all of them and in order."""
    for _, text, source in run.once(_differing):
        ours, theirs = counted(text.text or ""), counted(source.text or "")
        same = _first_difference(ours, theirs)
        here, there = (_nth_counted(file.text or "", same) for file in (text, source))
        line, column = source.position(there)
        had = _ahead(text.text or "", here if same < len(ours) else None)
        has = _ahead(source.text or "", there if same < len(theirs) else None)
        if way := alike.difference(ours, theirs):
            remedy = f"they differ in {way} alone: copy the characters of source.txt"
        else:
            remedy = "put back the words of source.txt, or, if those are wrong, delete the folder and take in a corrected copy"
        yield text.problem("SB301", f"article.txt has {had} here, and source.txt {has} at {line}:{column}; {remedy}", here)


def _differing(run: Run) -> list[tuple[Draft, TextFile, TextFile]]:
    """The articles whose article.txt has other words than source.txt, with both files."""
    return [
        (draft, text, source)
        for draft in run.drafts
        if (text := draft.text) and (source := draft.source) and content(text) and content(source)
        if content(text).split() != content(source).split() and counted(content(text)) != counted(content(source))
    ]


def ahead_of_text(run: Run) -> set[str]:
    """The annotation files that have the words of source.txt where article.txt has others: SB301 says that article.txt is wrong."""
    return {
        document.path
        for draft, _, source in run.once(_differing)
        for document in draft.annotations.values()
        if counted("".join(_labelled(document))) == counted(content(source))
    }


def _first_difference(first: str, other: str) -> int:
    """The offset of the first character that differs; the shorter length where one starts with the other."""
    return next((i for i, (a, b) in enumerate(zip(first, other, strict=False)) if a != b), min(len(first), len(other)))


def _ahead(text: str, offset: int | None) -> str:
    """The words at an offset and after, for a message."""
    if offset is None or offset >= len(text):
        return "nothing more"
    start = next((at for at in range(offset, max(0, offset - 20), -1) if text[at - 1].isspace()), offset)
    return quoted(" ".join(text[start : start + 80].split()), offset - start + 24)


def _nth_counted(text: str, n: int) -> int:
    """The offset of the n-th character that counts, or of the last if there are not so many."""
    at = 0
    for match in article.IGNORED.finditer(text):
        if match.start() - at > n:
            break
        n -= match.start() - at
        at = match.end()
    return min(at + n, max(0, len(text.rstrip()) - 1))


@rule("SB302", Example(SOURCE, "Bridge closed\n\nMayor Zoë Hall", "Bridge closed\n\nMayor Hall"))
def source_hash(run: Run) -> Iterator[Problem]:
    """source_sha256 is the hash of source.txt, which is never edited; line ends that git or an editor changed do no harm."""
    for draft in run.drafts:
        if draft.meta and draft.source and content(draft.source) and not draft.withheld and not draft.meta.unread("source_sha256"):
            stated = draft.meta.tree.get("source_sha256")
            actual = article.sha256(article.received(draft.source, stated) or "")
            if stated != actual:
                yield draft.meta.at("SB302", f"source.txt has the hash {actual}", "source_sha256")


@rule("SB303", Example(LABELS, 'text = "Bridge closed"', 'text = "Bridge shut"'))
def sentence_differs(run: Run) -> Iterator[Problem]:
    """A label and its sentence are read together: the text equals the line of article.txt.

    Where a sentence boundary was moved there, `slantbank fmt` carries the labels along.
    """
    for draft in run.drafts:
        lines = run.lines(draft)
        numbers = {line: n for n, line in enumerate(lines)}
        for document in draft.annotations.values():
            if document.path in run.once(ahead_of_text):
                continue  # SB301 names the cause
            if document.path in run.once(moved):
                i = next(i for i, (one, line) in enumerate(zip(_labelled(document), lines, strict=False)) if one != line)
                message = (
                    f"sentence boundaries were moved in article.txt; `slantbank fmt {draft.folder.name}` carries the labels along"
                )
                yield document.at("SB303", message, "sentence", i, "text")
                continue
            for i, sentence in enumerate(tables(document, "sentence")):
                n, text = sentence.get("n"), sentence.get("text")
                if n is None or text is None or not 0 <= n < len(lines) or text == lines[n]:
                    continue
                if CONTROL.sub("", text) == CONTROL.sub("", lines[n]):
                    continue  # SB004 says so
                same = _first_difference(text, lines[n])
                word = text.rfind(" ", 0, same) + 1
                ours, theirs = (_ahead(one, word if same - word < FEW else same) for one in (text, lines[n]))
                if ours == theirs:  # they differ in white space, which the message must then keep
                    ours, theirs = (quoted(one[max(0, same - 3) :], 24) for one in (text, lines[n]))
                message = f"sentence {n} has {ours} here, and {theirs} in article.txt"
                if text in numbers:
                    message = f"this is sentence {numbers[text]} of article.txt, not {n}"
                    same = 0
                place = ("sentence", i, "text")
                # offsets of spans would count the white space that a new text has or has not
                respaced = "".join(text.split()) == "".join(lines[n].split())
                way = alike.difference(text, lines[n])
                if text not in numbers:
                    message += f"; they differ in {way} alone" if way else "; copy that line"
                fix = document.value_edit(lines[n], *place) if (respaced or way) and not sentence.get("spans") else None
                yield replace(_within(document, "SB303", message, place, same), fix=fix)


def moved(run: Run) -> set[str]:
    """The annotation files whose sentences are cut otherwise than article.txt is now, and whose words are the same."""
    paths = set()
    for draft in run.drafts:
        lines = run.lines(draft)
        for document in draft.annotations.values() if not draft.withheld else ():
            ours = _labelled(document)
            cut = [["".join(text.split()) for text in texts] for texts in (ours, lines)]
            if ours and cut[0] != cut[1] and "".join(cut[0]) == "".join(cut[1]):
                paths.add(document.path)
    return paths


def _labelled(document: Document[Any]) -> list[str]:
    """The texts of the labelled sentences; none if one of them could not be read."""
    texts = [sentence.get("text") for sentence in tables(document, "sentence")]
    return [] if None in texts else [str(text) for text in texts]


def _within(document: Document[Any], code: str, message: str, place: Place, offset: int) -> Problem:
    """A problem at a code point of a string, if its place is known: on one line, without escapes before it."""
    _, start, end = document.places.get(place, (0, 0, 0))
    raw = (document.text or "")[start:end]
    if not offset or raw[:3] in ('"""', "'''") or "\\" in raw[: offset + 1]:
        return document.at(code, message, *place)
    return document.at(code, message, *place, offset=1 + offset, length=1)


def _doubtful(run: Run) -> list[Labelled]:
    """The labelled sentences in which a quotation does not stand exactly once, so that SB304 and SB305 look closer."""
    return [labelled for labelled in run.labelled if not _is_quoted_once(labelled.sentence)]


def _is_quoted_once(sentence: dict[str, Any]) -> bool:
    """Whether the quotations are strings that stand in the sentence once each, and are listed once."""
    text = sentence.get("text", "")
    quotes = (sentence.get("source"), sentence.get("cue"), *(sentence.get("loaded") or ()), *(sentence.get("facts") or {}).values())
    words = [quote for quote in quotes if quote]
    once = all(isinstance(quote, str) and quote == quote.strip() and 0 <= text.find(quote) == text.rfind(quote) for quote in words)
    return once and len(set(words)) == len(words)


@rule("SB304", Example(LABELS, 'source = "Mayor Zoë Hall"', 'source = "mayor Zoë Hall"'))
def quote_not_found(run: Run) -> Iterator[Problem]:
    """Quoted words are copied exactly from the sentence."""
    hint = Hints()
    lines: dict[str, set[str]] = {}
    shown: Counter[str] = Counter()
    for draft, _, document, i, sentence in run.once(_doubtful):
        for quote in quotations(sentence) if "text" in sentence else ():
            times, edged = len(quote.starts), quote.words != quote.words.strip()
            if (quote.nth or 1) <= times and not edged:
                continue
            shown[document.path] += 1
            if not times:
                meant = hint(document, _closest, sentence["text"], quote.words, shown[document.path] <= FEW)
                message = f"{quoted(quote.words)} is not in {called(sentence, i)}{meant}"
            elif edged:
                message = f"{quoted(quote.words)} has white space at its edge, which is none of the words"
            else:
                often = f"{times} times" if times > 1 else "only once"
                message = f"{quoted(quote.words)} stands {often} in {called(sentence, i)}, so there is no number {quote.nth}"
            # where the sentence itself is not as in article.txt, that comes first
            if draft.shown not in lines:
                lines[draft.shown] = set(run.lines(draft))
            slip = (not times or edged) and sentence["text"] in lines[draft.shown]
            fix = _recopied(document, sentence, i, quote) if slip else None
            yield replace(document.at("SB304", message, "sentence", i, *quote.path), fix=fix)


def _recopied(document: Document[Any], sentence: dict[str, Any], i: int, quote: Quotation) -> Edit | None:
    """The edit to words that look alike in the sentence, if they stand in it exactly once and are listed once."""
    words = " ".join(quote.words.split())
    if not words or quote.nth not in (None, 1) or len(quote.words) > _LONG:
        return None
    text = sentence["text"]
    meant = [text[start:end] for start, end in _whole(text, alike.find_words(text, words))]
    if len(meant) != 1 or meant[0] in map(quoted_words, sentence.get("loaded", [])):
        return None
    place = ("sentence", i, *quote.path)
    return document.value_edit(meant[0], *((*place, "text") if (*place, "text") in document.places else place))


def _whole(text: str, places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The places if all of them are whole words; else none, since it is unclear which is meant."""
    cut = any(re.match(r"\w\w", text[at - 1 : at + 1]) for place in places for at in place if at)
    return [] if cut else places


def _closest(text: str, words: str, far: bool) -> str:
    """A hint for the common slips: letter case, characters that look alike, spaces around; and `far`, the words most like them."""
    wanted = " ".join(words.split())
    for one, other in ((text, wanted), (text.casefold(), wanted.casefold())):
        places = alike.find_words(one, other) if len(one) == len(text) else []
        if places:
            start, end = places[0]
            return f"; did you mean {quoted(text[start:end])}?"
    near = _most_alike(text, words) if far else ""
    return f"; did you mean {quoted(near)}?" if near else ""


_LONG = 300
_LONGEST_SENTENCE = 1_000


def _most_alike(text: str, words: str) -> str:
    """The words of a sentence that are most like those quoted, if any are much so; none for what is too long to compare."""
    if len(words) > _LONG or len(text) > _LONGEST_SENTENCE:
        return ""
    places = [match.span() for match in re.finditer(r"\w+(?:[’'-]\w+)*", text)]
    count = len(words.split())
    runs = {
        text[places[first][0] : places[last][1]]
        for first in range(len(places))
        for last in range(first + max(0, count - 2), min(first + count + 1, len(places)))
    }
    near = next(iter(get_close_matches(" ".join(words.split()), sorted(runs), n=1, cutoff=0.75)), "")
    return "" if any(mixed_words(near)) else near  # what looks the same, SB007 explains


@rule("SB305", Example(LABELS, 'cue = { text = "called", nth = 1 }', 'cue = "called"'))
def quote_ambiguous(run: Run) -> Iterator[Problem]:
    """Words that occur more than once could mean either place."""
    for _, _, document, i, sentence in run.once(_doubtful):
        for quote in quotations(sentence):
            if quote.is_ambiguous:
                message = (
                    f"{quoted(quote.words)} stands {len(quote.starts)} times in {called(sentence, i)}; "
                    f"write {{ text = …, nth = 1 }}, with the number of the one that is meant"
                )
                yield document.at("SB305", message, "sentence", i, *quote.path)


@rule("SB306", Example(LABELS, 'loaded = ["triumph", "disaster"]', 'loaded = ["a triumph", "triumph", "disaster"]'))
def spans_cross(run: Run) -> Iterator[Problem]:
    """Spans of one layer are disjoint or nested."""
    for _, _, document, i, sentence in run.labelled:
        several = len(sentence.get("loaded", ())) > 1 or len(sentence.get("spans", ())) > 1
        for layer, marks in _marks(sentence).items() if several else ():
            around: list[tuple[int, int]] = []
            for start, end, place in sorted(marks, key=lambda mark: (mark[0], -mark[1])):
                while around and around[-1][1] <= start:
                    around.pop()
                if around and (around[-1][1] < end or layer == SpanLayer.LOADED):
                    one, other = (quoted(sentence["text"][a:b]) for a, b in (around[-1], (start, end)))
                    message = f"{layer} spans {one} and {other} of {called(sentence, i)} overlap"
                    yield document.at("SB306", message, "sentence", i, *place)
                else:
                    around.append((start, end))


def _marks(sentence: dict[str, Any]) -> dict[str, list[tuple[int, int, Place]]]:
    """The spans of a sentence that may not cross, by layer, as far as they are sound."""
    text = sentence.get("text", "")
    marks = defaultdict(list)
    for quote in quotations(sentence):
        if quote.key == "loaded" and quote.place:
            marks[quote.layer.value].append((*quote.place, quote.path))
    for k, mark in enumerate(sentence.get("spans", [])):
        if {"layer", "start", "end"} <= set(mark) and 0 <= mark["start"] < mark["end"] <= len(text):
            marks[mark["layer"]].append((mark["start"], mark["end"], ("spans", k)))
    return marks


@rule("SB307", Example(LABELS, "start = 22, end = 43", "start = 23, end = 44"))
def span_offsets(run: Run) -> Iterator[Problem]:
    """A span has 0 <= start < end <= length of its sentence, and its text stands there."""
    for _, _, document, i, sentence in run.labelled:
        text = sentence.get("text")
        for k, mark in enumerate(sentence.get("spans", [])):
            if text is None or not {"start", "end", "text"} <= set(mark):
                continue
            start, end = mark["start"], mark["end"]
            if not 0 <= start < end <= len(text):
                message = f"start {start}, end {end}: a span of {called(sentence, i)} has 0 <= start < end <= {len(text)}"
                yield document.at("SB307", message, "sentence", i, "spans", k)
            elif text[start:end] != mark["text"]:
                message = f"{start} to {end} of {called(sentence, i)} is {quoted(text[start:end])}, not {quoted(mark['text'])}"
                yield document.at("SB307", message, "sentence", i, "spans", k)


@rule("SB308", Example(TEXT, "Bridge closed\n\nMayor", "Bridge closed\nMayor"))
def article_layout(run: Run) -> Iterator[Problem]:
    """article.txt: headline, blank line, then a sentence a line, a blank line between paragraphs."""
    for draft in run.drafts:
        text = content(draft.text)
        # carriage returns, and a mark before the headline, would shift every place; they go first
        if draft.text and text == draft.text.text:
            yield from few(draft.text, "SB308", _layout(text))


_SPACE = r"[^\S\n\v\f\x1c-\x1f\x85\u2028\u2029]"
_LAYOUT = re.compile(rf"(\A\n+)|(\n{{3,}}(?=[^\n]))|(?m:(^{_SPACE}+))|(?m:((?<!{_SPACE}){_SPACE}+$))|([^\n]\Z)|(\n{{2,}}\Z)")


def _is_laid_out(text: str) -> bool:
    """Whether the layout is faultless, without a search for the fault."""
    blank = text[:1] == "\n" or "\n\n\n" in text or text[-1:] != "\n" or text[-2:] == "\n\n"
    return not blank and text[text.find("\n") :][:2] == "\n\n" and all(line == line.strip() for line in text.split("\n"))


def _layout(text: str) -> Iterator[tuple[int, int, str]]:
    """What is wrong with the layout: offset, length, message."""
    if _is_laid_out(text):
        return
    for match in _LAYOUT.finditer(text):
        where, message = (
            (0, "no blank line before the headline"),
            (2, "one blank line between paragraphs, not more"),
            (0, "no space at the start of a line"),
            (0, "no space at the end of a line"),
            (0, "the last line ends with a line feed too"),
            (1, "no blank line at the end"),
        )[(match.lastindex or 1) - 1]
        yield match.start() + where, 1 if "\n" in match[0] else len(match[0]), message
    first = text.find("\n")
    if first > 0 and text[first + 1 :].strip() and text[first + 1] != "\n":
        yield first + 1, 1, "the headline stands alone: put a blank line after it"


@rule("SB309", Example(META, 'origin = "constructed"', 'origin = "constructed"\nincludes_text = false'))
def withheld_text(run: Run) -> Iterator[Problem]:
    """Where includes_text is false, the folder holds no word of the text, nor what may quote it; see `slantbank strip`."""
    # the words are not shown: what is printed may be public
    for draft in run.drafts:
        for problem in open_words(draft) if draft.withheld else _closed_words(draft):
            yield replace(problem, source="", length=1)


def _closed_words(draft: Draft) -> Iterator[Problem]:
    text = (draft.text and draft.text.text) or ""
    if draft.text and text.strip() and withheld.is_mask(text) and not metadata(draft).unread("includes_text"):
        message = "a mask and no text; where the text is withheld, article.toml says `includes_text = false`"
        yield draft.text.problem("SB309", message)


def open_words(draft: Draft) -> Iterator[Problem]:
    """The words that stand in a withheld article where only masks may, and the comments that could hold some."""
    if draft.source:
        yield draft.source.problem("SB309", "article.toml says that the text is withheld; keep source.txt elsewhere")
    if draft.text and not withheld.is_mask(text := draft.text.text or ""):
        words = list(withheld.WORDS.finditer(text))
        more = f", and in {len(words) - 1} more places" if len(words) > 1 else ""
        yield draft.text.problem(
            "SB309",
            f"article.toml says that the text is withheld, and more stands here than a run of █ a sentence{more}",
            words[0].start(),
        )
    for place, keys in _left_out(metadata(draft).tree):
        message = f"a withheld article has no {', '.join(keys)}, which may tell of the text"
        yield metadata(draft).at("SB309", message, *place, keys[0], key=True)
    for document in draft.annotations.values():
        for i, sentence in enumerate(tables(document, "sentence")):
            if keys := _unmasked(sentence):
                message = f"{called(sentence, i)} of a withheld text has words in {', '.join(keys)}"
                yield document.at("SB309", message, "sentence", i, keys[0])
    files: list[TextFile | None] = [draft.meta, *draft.annotations.values()]
    for file in filter(None, files):
        for offset, comment in comments(file.text or ""):
            if not re.fullmatch(r"#:schema \S+", comment):  # which tells an editor where the schema is
                yield file.problem("SB309", "a comment, which may quote the withheld text; leave it out", offset)


def _unmasked(sentence: dict[str, Any]) -> list[str]:
    """The keys in which words stand. What a note says cannot be told, so that there may be none."""
    held: dict[str, list[Any]] = {key: [sentence.get(key)] for key in ("text", "source", "cue")}
    held |= {"loaded": sentence.get("loaded") or [], "facts": list((sentence.get("facts") or {}).values())}
    held |= {"spans": sentence.get("spans", [])}
    words = [key for key, all_ in held.items() if not withheld.is_mask("".join(map(quoted_words, all_)))]
    kept = withheld.KEPT[article.Sentence]
    return words + [key for key, value in sentence.items() if value and key not in kept and key in article.Sentence.model_fields]


def _left_out(tree: dict[str, Any]) -> Iterator[tuple[Place, list[str]]]:
    """The keys of article.toml, and of its annotators, that a withheld article has not, by the place of their table."""
    read: list[tuple[Place, type[Any], dict[str, Any]]] = [((), article.Metadata, tree)]
    read += [(("annotator", i), article.Annotator, annotator) for i, annotator in enumerate(tree.get("annotator", []))]
    for place, form, table in read:
        if keys := [key for key in table if key in form.model_fields and key not in withheld.KEPT[form]]:
            yield place, keys


@rule("SB310", Example(META, 'origin = "constructed"', 'origin = "constructed"\nsentence_words = [2, 10]'))
def withheld_checks(run: Run) -> Iterator[Problem]:
    """A copy of a withheld text is verified by a slow hash of all, and a check and the number of words of each sentence."""
    for draft in run.drafts:
        if draft.meta is None or draft.meta.unread("includes_text"):
            continue
        for key in withheld.CHECKS if not draft.withheld else ():
            if key in draft.meta.tree:
                message = f"the text is here, and {key} is for one that is withheld; leave it out"
                yield draft.meta.at("SB310", message, key, key=True)
        if draft.withheld:
            yield from _unchecked(draft.meta, run.lines(draft))
        for document in draft.annotations.values():
            for i, sentence in enumerate(tables(document, "sentence")):
                if message := _loaded_at(draft, sentence):
                    yield document.at("SB310", f"{called(sentence, i)}: {message}", "sentence", i, "loaded_at")


def _unchecked(meta: Document[article.Metadata], lines: list[str]) -> Iterator[Problem]:
    """What of a withheld text cannot be verified."""
    for key in ("sentence_words", "sentence_checks"):
        if lines and not meta.unread(key) and (count := len(meta.tree.get(key, []))) != len(lines):
            yield meta.at("SB310", f"{key} has {count} numbers, and article.txt {len(lines)} sentences; each has its own", key)
    for key in ("source_check", "text_check"):
        if key not in meta.tree and not meta.unread(key):
            yield meta.at("SB310", f"a withheld text has a {key}, which `slantbank strip` makes", key)
    for i, gap in enumerate(meta.tree.get("gap", [])):
        if lines and gap.get("n", 0) >= len(lines):
            yield meta.at("SB310", f"article.txt has no sentence {gap['n']}", "gap", i, "n")


def _loaded_at(draft: Draft, sentence: dict[str, Any]) -> str:
    """What is wrong with the numbers of the loaded words of a sentence; empty if nothing is."""
    at, coded = sentence.get("loaded_at"), sentence.get("loaded", "") != ""
    if not draft.withheld:
        return "the text is here, and loaded_at is for one that is withheld; leave it out" if at is not None else ""
    if at is None or not coded:
        return "" if (at is None) == (not coded) else "loaded and loaded_at stand together where the text is withheld"
    words = dict(enumerate(metadata(draft).tree.get("sentence_words", []))).get(sentence.get("n", -1))
    if sorted(set(at)) != list(at) or (words is not None and at and at[-1] >= words):
        return f"loaded_at has the numbers of words, rising, from 0 to {words - 1 if words else 'the last'}"
    marked = sentence["loaded"] or any(mark.get("layer") == SpanLayer.LOADED for mark in sentence.get("spans", []))
    return "" if bool(at) == bool(marked) else "loaded_at numbers words where loaded spans are, and there alone"


@rule("SB311", Example(META, 'origin = "constructed"', 'origin = "constructed"\nrepeats_headline = [2]'))
def repeated_headline(run: Run) -> Iterator[Problem]:
    """What repeats_headline lists are numbers of sentences of the body, each once."""
    for draft in run.drafts:
        numbers, last = (draft.meta.tree.get("repeats_headline", []) if draft.meta else []), len(run.lines(draft)) - 1
        for i, n in enumerate(numbers if last >= 0 else []):
            if n == "":
                continue  # it could not be read
            if not 1 <= n <= last:
                message = f"the body has no sentence {n}; it has {f'1 to {last}' if last else 'none'}"
                yield metadata(draft).at("SB311", message, "repeats_headline", i)
            elif n in numbers[:i]:
                yield metadata(draft).at("SB311", f"sentence {n} is listed already", "repeats_headline", i)
