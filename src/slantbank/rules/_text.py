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
from slantbank.rules._run import FEW, Hints, Labelled, Run, content, few, metadata, quoted_words, rule, sentence_name, tables


def without_ignored(text: str) -> str:
    """Return a text without the characters in `article.IGNORED`."""
    # most texts have only white space to leave out, which is quicker
    plain = "".join(text.split())
    return plain if plain.isprintable() else article.IGNORED.sub("", plain)


@rule("SB301", Example(TEXT, "the closing a triumph", "the closing a great triumph"))
def text_differs_from_source(run: Run) -> Iterator[Problem]:
    """article.txt holds all words of source.txt in the same order."""
    for _, text, source in run.once(_texts_unlike_source):
        ours, theirs = without_ignored(text.text or ""), without_ignored(source.text or "")
        same = _first_difference(ours, theirs)
        here, there = (_offset_in_text(file.text or "", same) for file in (text, source))
        line, column = source.position(there)
        had = _excerpt(text.text or "", here if same < len(ours) else None)
        has = _excerpt(source.text or "", there if same < len(theirs) else None)
        if way := alike.difference(ours, theirs):
            remedy = f"they differ in {way} alone: copy the characters of source.txt"
        else:
            remedy = "put back the words of source.txt, or, if those are wrong, delete the folder and take in a corrected copy"
        yield text.problem("SB301", f"article.txt has {had} here, and source.txt {has} at {line}:{column}; {remedy}", here)


def _texts_unlike_source(run: Run) -> list[tuple[Draft, TextFile, TextFile]]:
    """Return the articles in which the words of article.txt and source.txt differ, with both files."""
    return [
        (draft, text, source)
        for draft in run.drafts
        if (text := draft.text) and (source := draft.source) and content(text) and content(source)
        if content(text).split() != content(source).split() and without_ignored(content(text)) != without_ignored(content(source))
    ]


def annotations_with_source_words(run: Run) -> set[str]:
    """Return the paths of annotation files that agree with source.txt where article.txt does not: SB301 reports article.txt."""
    return {
        document.path
        for draft, _, source in run.once(_texts_unlike_source)
        for document in draft.annotations.values()
        if without_ignored("".join(_sentence_texts(document))) == without_ignored(content(source))
    }


def _first_difference(first: str, other: str) -> int:
    """Return the offset of the first difference; the shorter length if one text starts with the other."""
    return next((i for i, (a, b) in enumerate(zip(first, other, strict=False)) if a != b), min(len(first), len(other)))


def _excerpt(text: str, offset: int | None) -> str:
    """Return the words from an offset on, quoted for a message."""
    if offset is None or offset >= len(text):
        return "nothing more"
    start = next((at for at in range(offset, max(0, offset - 20), -1) if text[at - 1].isspace()), offset)
    return quoted(" ".join(text[start : start + 80].split()), offset - start + 24)


def _offset_in_text(text: str, n: int) -> int:
    """Return the offset in a text of character `n` of `without_ignored(text)`, or of the last if there are fewer."""
    at = 0
    for match in article.IGNORED.finditer(text):
        if match.start() - at > n:
            break
        n -= match.start() - at
        at = match.end()
    return min(at + n, max(0, len(text.rstrip()) - 1))


@rule("SB302", Example(SOURCE, "Bridge closed\n\nMayor Zoë Hall", "Bridge closed\n\nMayor Hall"))
def source_hash(run: Run) -> Iterator[Problem]:
    """source_sha256 is the hash of source.txt, which is never edited; changed line ends are accepted."""
    for draft in run.drafts:
        if draft.meta and draft.source and content(draft.source) and not draft.withheld and not draft.meta.unread("source_sha256"):
            stated = draft.meta.tree.get("source_sha256")
            actual = article.sha256(article.received(draft.source, stated) or "")
            if stated != actual:
                yield draft.meta.at("SB302", f"source.txt was changed: restore it; its hash is now {actual}", "source_sha256")


@rule("SB303", Example(LABELS, 'text = "Bridge closed"', 'text = "Bridge shut"'))
def sentence_differs(run: Run) -> Iterator[Problem]:
    """The text of a labelled sentence equals its line in article.txt, so that labels belong to the right words.

    If sentence boundaries were moved in article.txt, `slantbank fmt` moves the labels to the new sentences.
    """
    for draft in run.drafts:
        lines = run.lines(draft)
        numbers = {line: n for n, line in enumerate(lines)}
        for document in draft.annotations.values():
            if document.path in run.once(annotations_with_source_words):
                continue  # SB301 reports the cause
            if document.path in run.once(annotations_with_moved_boundaries):
                i = next(i for i, (text, line) in enumerate(zip(_sentence_texts(document), lines, strict=False)) if text != line)
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
                    continue  # SB004 reports the control character
                same = _first_difference(text, lines[n])
                word = text.rfind(" ", 0, same) + 1
                ours, theirs = (_excerpt(line, word if same - word < FEW else same) for line in (text, lines[n]))
                if ours == theirs:  # they differ in white space alone, which `_excerpt` leaves out
                    ours, theirs = (quoted(line[max(0, same - 3) :], 24) for line in (text, lines[n]))
                message = f"sentence {n} has {ours} here, and {theirs} in article.txt"
                if text in numbers:
                    message = f"this is sentence {numbers[text]} of article.txt, not {n}"
                    same = 0
                place = ("sentence", i, "text")
                # a new text with other white space would shift the offsets of spans, so there is no fix where a sentence has spans
                respaced = "".join(text.split()) == "".join(lines[n].split())
                way = alike.difference(text, lines[n])
                if text not in numbers:
                    message += f"; they differ in {way} alone" if way else "; copy that line"
                fix = document.value_edit(lines[n], *place) if (respaced or way) and not sentence.get("spans") else None
                yield replace(_problem_in_string(document, "SB303", message, place, same), fix=fix)


def annotations_with_moved_boundaries(run: Run) -> set[str]:
    """Return the paths of annotation files that have the words of article.txt, but other sentence boundaries."""
    paths = set()
    for draft in run.drafts:
        lines = run.lines(draft)
        for document in draft.annotations.values() if not draft.withheld else ():
            ours = _sentence_texts(document)
            cut = [["".join(text.split()) for text in texts] for texts in (ours, lines)]
            if ours and cut[0] != cut[1] and "".join(cut[0]) == "".join(cut[1]):
                paths.add(document.path)
    return paths


def _sentence_texts(document: Document[Any]) -> list[str]:
    """Return the texts of the labelled sentences; an empty list if any text could not be read."""
    texts = [sentence.get("text") for sentence in tables(document, "sentence")]
    return [] if None in texts else [str(text) for text in texts]


def _problem_in_string(document: Document[Any], code: str, message: str, place: Place, offset: int) -> Problem:
    """Return a problem at an offset in a string; at the whole string if it has several lines, or escapes before the offset."""
    _, start, end = document.places.get(place, (0, 0, 0))
    raw = (document.text or "")[start:end]
    if not offset or raw[:3] in ('"""', "'''") or "\\" in raw[: offset + 1]:
        return document.at(code, message, *place)
    return document.at(code, message, *place, offset=1 + offset, length=1)


def _with_unclear_quotations(run: Run) -> list[Labelled]:
    """Return the labelled sentences with a quotation that does not occur exactly once, for SB304 and SB305."""
    return [labelled for labelled in run.labelled if not _is_quoted_once(labelled.sentence)]


def _is_quoted_once(sentence: dict[str, Any]) -> bool:
    """Whether every quotation is a string that occurs once in the sentence and is listed once."""
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
    for draft, _, document, i, sentence in run.once(_with_unclear_quotations):
        for quote in quotations(sentence) if "text" in sentence else ():
            times, edged = len(quote.starts), quote.words != quote.words.strip()
            if (quote.nth or 1) <= times and not edged:
                continue
            shown[document.path] += 1
            if not times:
                meant = hint(document, _quotation_hint, sentence["text"], quote.words, shown[document.path] <= FEW)
                message = f"{quoted(quote.words)} is not in {sentence_name(sentence, i)}{meant}"
            elif edged:
                message = f"{quoted(quote.words)} has white space at its start or end; delete it"
            else:
                often = f"{times} times" if times > 1 else "only once"
                message = f"{quoted(quote.words)} stands {often} in {sentence_name(sentence, i)}, so there is no number {quote.nth}"
            # no fix if the sentence itself differs from article.txt: that must be corrected first
            if draft.shown not in lines:
                lines[draft.shown] = set(run.lines(draft))
            is_slip = (not times or edged) and sentence["text"] in lines[draft.shown]
            fix = _copy_fix(document, sentence, i, quote) if is_slip else None
            yield replace(document.at("SB304", message, "sentence", i, *quote.path), fix=fix)


def _copy_fix(document: Document[Any], sentence: dict[str, Any], i: int, quote: Quotation) -> Edit | None:
    """Return the edit to the words of the sentence that look like the quotation, if they occur once and are listed once."""
    words = " ".join(quote.words.split())
    if not words or quote.nth not in (None, 1) or len(quote.words) > _LONG:
        return None
    text = sentence["text"]
    meant = [text[start:end] for start, end in _if_whole_words(text, alike.find_words(text, words))]
    if len(meant) != 1 or meant[0] in map(quoted_words, sentence.get("loaded", [])):
        return None
    place = ("sentence", i, *quote.path)
    return document.value_edit(meant[0], *((*place, "text") if (*place, "text") in document.places else place))


def _if_whole_words(text: str, places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the places if all of them are whole words; else none, because it is unclear which is meant."""
    cut = any(re.match(r"\w\w", text[at - 1 : at + 1]) for place in places for at in place if at)
    return [] if cut else places


def _quotation_hint(text: str, words: str, similar: bool) -> str:
    """Return a hint about letter case, look-alike characters or spaces; if none fits and `similar`, the most similar words."""
    sought = " ".join(words.split())
    for searched, pattern in ((text, sought), (text.casefold(), sought.casefold())):
        places = alike.find_words(searched, pattern) if len(searched) == len(text) else []
        if places:
            start, end = places[0]
            return f"; did you mean {quoted(text[start:end])}?"
    near = _most_alike(text, words) if similar else ""
    return f"; did you mean {quoted(near)}?" if near else ""


_LONG = 300
_LONGEST_SENTENCE = 1_000


def _most_alike(text: str, words: str) -> str:
    """Return the words of a sentence that are most similar to the quotation; empty if none are, or if it is too long to compare."""
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
    return "" if any(mixed_words(near)) else near  # SB007 reports letters of another script


@rule("SB305", Example(LABELS, 'cue = { text = "called", nth = 1 }', 'cue = "called"'))
def quote_ambiguous(run: Run) -> Iterator[Problem]:
    """A quotation that occurs more than once in its sentence has a number that says which is meant."""
    for _, _, document, i, sentence in run.once(_with_unclear_quotations):
        for quote in quotations(sentence):
            if quote.is_ambiguous:
                message = (
                    f"{quoted(quote.words)} stands {len(quote.starts)} times in {sentence_name(sentence, i)}; "
                    f"write {{ text = …, nth = 1 }}, with the number of the one that is meant"
                )
                yield document.at("SB305", message, "sentence", i, *quote.path)


@rule("SB306", Example(LABELS, 'loaded = ["triumph", "disaster"]', 'loaded = ["a triumph", "triumph", "disaster"]'))
def spans_cross(run: Run) -> Iterator[Problem]:
    """Spans of one layer are disjoint or nested."""
    for _, _, document, i, sentence in run.labelled:
        several = len(sentence.get("loaded", ())) > 1 or len(sentence.get("spans", ())) > 1
        for layer, marks in _spans_by_layer(sentence).items() if several else ():
            around: list[tuple[int, int]] = []
            for start, end, place in sorted(marks, key=lambda mark: (mark[0], -mark[1])):
                while around and around[-1][1] <= start:
                    around.pop()
                if around and (around[-1][1] < end or layer == SpanLayer.LOADED):
                    first, second = (quoted(sentence["text"][a:b]) for a, b in (around[-1], (start, end)))
                    message = f"{layer} spans {first} and {second} of {sentence_name(sentence, i)} overlap; shorten or remove one"
                    yield document.at("SB306", message, "sentence", i, *place)
                else:
                    around.append((start, end))


def _spans_by_layer(sentence: dict[str, Any]) -> dict[str, list[tuple[int, int, Place]]]:
    """Return the valid spans of a sentence by layer: start, end and place in the file."""
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
                message = f"start {start}, end {end}: a span of {sentence_name(sentence, i)} has 0 <= start < end <= {len(text)}"
                yield document.at("SB307", message, "sentence", i, "spans", k)
            elif text[start:end] != mark["text"]:
                message = (
                    f"{start} to {end} of {sentence_name(sentence, i)} is {quoted(text[start:end])}, not "
                    f"{quoted(mark['text'])}; correct start and end, or the text"
                )
                yield document.at("SB307", message, "sentence", i, "spans", k)


@rule("SB308", Example(TEXT, "Bridge closed\n\nMayor", "Bridge closed\nMayor"))
def article_layout(run: Run) -> Iterator[Problem]:
    """article.txt has the headline, a blank line, then one sentence a line, and a blank line between paragraphs."""
    for draft in run.drafts:
        if draft.text and (text := content(draft.text)):
            yield from few(draft.text, "SB308", _layout(text))


_SPACE = r"[^\S\n\v\f\x1c-\x1f\x85\u2028\u2029]"
_LAYOUT = re.compile(rf"(\A\n+)|(\n{{3,}}(?=[^\n]))|(?m:(^{_SPACE}+))|(?m:((?<!{_SPACE}){_SPACE}+$))|([^\n]\Z)|(\n{{2,}}\Z)")


def _is_laid_out(text: str) -> bool:
    """Whether the layout is right: a quick test, which does not find the place of a fault."""
    blank = text[:1] == "\n" or "\n\n\n" in text or text[-1:] != "\n" or text[-2:] == "\n\n"
    return not blank and text[text.find("\n") :][:2] == "\n\n" and all(line == line.strip() for line in text.split("\n"))


def _layout(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield offset, length and message for each fault of the layout."""
    if _is_laid_out(text):
        return
    for match in _LAYOUT.finditer(text):
        where, message = (
            (0, "there is a blank line before the headline; delete it"),
            (2, "there is more than one blank line between paragraphs; leave one"),
            (0, "this line starts with white space; delete it"),
            (0, "this line ends with white space; delete it"),
            (0, "the last line has no line feed at its end; add one"),
            (1, "the file ends with a blank line; delete it"),
        )[(match.lastindex or 1) - 1]
        yield match.start() + where, 1 if "\n" in match[0] else len(match[0]), message
    first = text.find("\n")
    if first > 0 and text[first + 1 :].strip() and text[first + 1] != "\n":
        yield first + 1, 1, "the headline stands alone: put a blank line after it"


@rule("SB309", Example(META, 'origin = "constructed"', 'origin = "constructed"\nincludes_text = false'))
def withheld_text(run: Run) -> Iterator[Problem]:
    """If includes_text is false, the folder holds no word of the text and nothing that may quote it; see `slantbank strip`."""
    # the problem does not show the line, because the output may be public
    for draft in run.drafts:
        for problem in open_words(draft) if draft.withheld else _unmarked_masks(draft):
            yield replace(problem, source="", length=1)


def _unmarked_masks(draft: Draft) -> Iterator[Problem]:
    text = (draft.text and draft.text.text) or ""
    if draft.text and text.strip() and withheld.is_mask(text) and not metadata(draft).unread("includes_text"):
        message = "a mask instead of the text; if the text is withheld, write `includes_text = false` in article.toml"
        yield draft.text.problem("SB309", message)


def open_words(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for each place of a withheld article where words stand instead of masks, or a comment may quote them."""
    if draft.source:
        yield draft.source.problem("SB309", "article.toml says that the text is withheld; keep source.txt elsewhere")
    if draft.text and not withheld.is_mask(text := draft.text.text or ""):
        words = list(withheld.WORDS.finditer(text))
        more = f", and in {len(words) - 1} more places" if len(words) > 1 else ""
        yield draft.text.problem(
            "SB309",
            f"article.toml says that the text is withheld, but words stand here{more}; replace each sentence by a run of █",
            words[0].start(),
        )
    for place, keys in _forbidden_keys(metadata(draft).tree):
        message = f"a withheld article has no {', '.join(keys)}, which could reveal the text; delete what is listed"
        yield metadata(draft).at("SB309", message, *place, keys[0], key=True)
    for document in draft.annotations.values():
        for i, sentence in enumerate(tables(document, "sentence")):
            if keys := _unmasked_keys(sentence):
                message = (
                    f"{sentence_name(sentence, i)} has words in {', '.join(keys)}, but the text is withheld: mask or delete them"
                )
                yield document.at("SB309", message, "sentence", i, keys[0])
    files: list[TextFile | None] = [draft.meta, *draft.annotations.values()]
    for file in filter(None, files):
        for offset, comment in comments(file.text or ""):
            if not re.fullmatch(r"#:schema \S+", comment):  # this comment names the schema for editors
                yield file.problem("SB309", "a comment, which may quote the withheld text; leave it out", offset)


def _unmasked_keys(sentence: dict[str, Any]) -> list[str]:
    """Return the keys of a sentence that hold words instead of masks, or that a withheld article may not have, such as a note."""
    held: dict[str, list[Any]] = {key: [sentence.get(key)] for key in ("text", "source", "cue")}
    held |= {"loaded": sentence.get("loaded") or [], "facts": list((sentence.get("facts") or {}).values())}
    held |= {"spans": sentence.get("spans", [])}
    words = [key for key, all_ in held.items() if not withheld.is_mask("".join(map(quoted_words, all_)))]
    kept = withheld.KEPT[article.Sentence]
    return words + [key for key, value in sentence.items() if value and key not in kept and key in article.Sentence.model_fields]


def _forbidden_keys(tree: dict[str, Any]) -> Iterator[tuple[Place, list[str]]]:
    """Yield the keys of article.toml and its annotators that a withheld article may not have, with the place of their table."""
    tables_: list[tuple[Place, type[Any], dict[str, Any]]] = [((), article.Metadata, tree)]
    tables_ += [(("annotator", i), article.Annotator, annotator) for i, annotator in enumerate(tree.get("annotator", []))]
    for place, form, table in tables_:
        if keys := [key for key in table if key in form.model_fields and key not in withheld.KEPT[form]]:
            yield place, keys


@rule("SB310", Example(META, 'origin = "constructed"', 'origin = "constructed"\nsentence_words = [2, 10]'))
def withheld_checks(run: Run) -> Iterator[Problem]:
    """A withheld text has what a copy is verified by: a slow hash of the whole, and a check and word count for each sentence."""
    for draft in run.drafts:
        if draft.meta is None or draft.meta.unread("includes_text"):
            continue
        for key in withheld.CHECKS if not draft.withheld else ():
            if key in draft.meta.tree:
                message = f"this text is not withheld, and {key} is for a withheld text; delete it"
                yield draft.meta.at("SB310", message, key, key=True)
        if draft.withheld:
            yield from _check_problems(draft.meta, run.lines(draft))
        for document in draft.annotations.values():
            for i, sentence in enumerate(tables(document, "sentence")):
                if message := _loaded_at_fault(draft, sentence):
                    yield document.at("SB310", f"{sentence_name(sentence, i)}: {message}", "sentence", i, "loaded_at")


def _check_problems(meta: Document[article.Metadata], lines: list[str]) -> Iterator[Problem]:
    """Yield a problem for each value that is missing or wrong for verifying a copy of a withheld text."""
    for key in ("sentence_words", "sentence_checks"):
        if lines and not meta.unread(key) and (count := len(meta.tree.get(key, []))) != len(lines):
            yield meta.at(
                "SB310",
                f"{key} has {count} numbers, and article.txt {len(lines)} sentences; give one number for each sentence",
                key,
            )
    for key in ("source_check", "text_check"):
        if key not in meta.tree and not meta.unread(key):
            yield meta.at("SB310", f"{key} is missing; `slantbank strip` makes it for a withheld text", key)
    for i, gap in enumerate(meta.tree.get("gap", [])):
        if lines and gap.get("n", 0) >= len(lines):
            yield meta.at("SB310", f"article.txt has no sentence {gap['n']}", "gap", i, "n")


def _loaded_at_fault(draft: Draft, sentence: dict[str, Any]) -> str:
    """Return what is wrong with loaded_at, the numbers of the loaded words of a sentence; empty if nothing is."""
    at, coded = sentence.get("loaded_at"), sentence.get("loaded", "") != ""
    if not draft.withheld:
        return "this text is not withheld, and loaded_at is for a withheld text; delete it" if at is not None else ""
    if at is None or not coded:
        return (
            "" if (at is None) == (not coded) else "a sentence of a withheld text must have both loaded and loaded_at, or neither"
        )
    words = dict(enumerate(metadata(draft).tree.get("sentence_words", []))).get(sentence.get("n", -1))
    if sorted(set(at)) != list(at) or (words is not None and at and at[-1] >= words):
        return f"loaded_at must list numbers of words in rising order, each once, from 0 to {words - 1 if words else 'the last'}"
    marked = sentence["loaded"] or any(mark.get("layer") == SpanLayer.LOADED for mark in sentence.get("spans", []))
    return "" if bool(at) == bool(marked) else "loaded_at must list words if there are loaded spans, and be empty if there are none"


@rule("SB311", Example(META, 'origin = "constructed"', 'origin = "constructed"\nrepeats_headline = [2]'))
def repeated_headline(run: Run) -> Iterator[Problem]:
    """repeats_headline lists numbers of sentences of the body, each once."""
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
