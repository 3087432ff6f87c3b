"""Write and read spreadsheets with a row for each sentence, which are filled in with Excel, LibreOffice or the like.

A blank cell is not decided. A coder who has decided a sentence marks it `done`; then a blank cell for stance, loaded words, facts
or the words of a source means that there are none. Words are copied from the sentence, several in a cell with `|` between
them; `x` in the column of a fact says that the sentence reports it, but in no single run of words. A file .xlsx (extra
`sheet`) has drop-downs for labels and a page of definitions; a file .csv is the same table in UTF-8.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from slantbank.bank import Article, Quote, Sentence, Topic, alike, quotations
from slantbank.codebook import NEUTRAL, VERSION, Attribution, ClaimType, SourceType, SpanLayer
from slantbank.exchange._answers import NONE, STANCE, Answers, SentenceAnswers, Span
from slantbank.importers import Report, refusal, slug

_SINGLE = ("claim_type", "attribution", "source_type", "source_party", "source_perspective")
_PARTY = "stance "
_FACT = "fact "
_LAST = ("note", "article", "annotator", "codebook")
_NO_WORDS = "x"
_DONE = "done"
_SEPARATOR = "|"
_FORMULA = ("=", "+", "-", "@")
MOST = 50_000_000
"""Bytes that a spreadsheet may unpack to."""

Row = dict[str, str]


def columns(topic: Topic) -> list[str]:
    """Return the columns of the sheet for an article of the topic."""
    return [
        *("n", "text", _DONE, "claim_type", "attribution", "source", "cue", "source_type", "source_party", "source_perspective"),
        *(f"{_PARTY}{party.id}" for party in topic.party),
        "loaded",
        *(f"{_FACT}{fact.id}" for fact in topic.fact),
        *_LAST,
    ]


def rows(article: Article, topic: Topic, annotator: str) -> list[Row]:
    """Return the table for an annotator: the labels so far, and blank cells for what is not decided."""
    labelled = (
        {sentence.n: sentence for sentence in article.annotations[annotator].sentence} if annotator in article.annotations else {}
    )
    codebook = next((coder.codebook for coder in article.meta.annotator if coder.id == annotator), VERSION)
    last = {"article": article.meta.id, "annotator": annotator, "codebook": codebook}
    return [
        {**dict.fromkeys(columns(topic), ""), **_cells(labelled.get(n, Sentence(n=n, text=line))), **last}
        for n, line in enumerate(article.lines)
    ]


def _cells(sentence: Sentence) -> Row:
    """Return the cells of a sentence that are not blank. Words that occur more than once have their number after #."""
    cells = {"n": str(sentence.n), "text": sentence.text, "note": sentence.note or ""}
    cells |= {name: str(getattr(sentence, name) or "") for name in _SINGLE}
    cells |= {name: _words(getattr(sentence, name)) for name in ("source", "cue")}
    cells |= {f"{_PARTY}{party}": str(value) for party, value in (sentence.stance or {}).items()}
    cells["loaded"] = f" {_SEPARATOR} ".join(_words(quote) for quote in sentence.loaded or ())
    cells |= {f"{_FACT}{fact}": _words(quote) or _NO_WORDS for fact, quote in (sentence.facts or {}).items()}
    whole = all(getattr(sentence, name) is not None for name in ("stance", "loaded", "facts", "claim_type", "attribution"))
    cells[_DONE] = _NO_WORDS if whole and not sentence.undecided else ""
    return cells


def _words(quote: Quote | None) -> str:
    return "" if quote is None else quote.text + (f" #{quote.nth}" if quote.nth else "")


def write_csv(article: Article, topic: Topic, annotator: str) -> bytes:
    """Return the table as CSV in UTF-8, with a byte order mark, which Excel needs."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns(topic), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _without_formula(cell) for name, cell in row.items()} for row in rows(article, topic, annotator))
    return out.getvalue().encode("utf-8-sig")


def _without_formula(cell: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet would take for a formula; a number is kept."""
    return f"'{cell}" if cell.startswith(_FORMULA) and not re.fullmatch(r"[+-]?\d", cell) else cell


def files(article: Article, topic: Topic, annotators: Sequence[str]) -> dict[str, str]:
    """Return a table as CSV for each annotator, by file name, or an empty one if there are none."""
    return {f"{article.meta.id}-{name}.csv": write_csv(article, topic, name).decode("utf-8") for name in annotators or ("coder",)}


# Reading


def read(path: Path, report: Report) -> Iterator[SentenceAnswers]:
    """Read the answers in a spreadsheet. Raises ValueError for a file that is no spreadsheet."""
    table = _xlsx(path) if zipfile.is_zipfile(path) else _csv(path)
    for line, row in table:
        where = f"{path.name}:{line}"
        with report.reading(where):
            for name in ("n", "text", "article", "annotator"):
                if name not in row:
                    raise ValueError(f"no column {name!r}; keep the columns that `slantbank sheet` wrote")
            if not row["n"] and not row["text"]:
                continue
            codebook = row.get("codebook") or VERSION
            answers = _answers(row, where, report)
            yield SentenceAnswers(
                where, slug(row["annotator"]), row["article"], int(float(row["n"])), row["text"], codebook, answers
            )


def _csv(path: Path) -> Iterator[tuple[int, Row]]:
    try:
        text = path.read_bytes()[:MOST].decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8; save it as “CSV UTF-8”, or as .xlsx") from error
    first = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    for row in reader:
        yield reader.line_num, {key.strip(): _cell_text(key.strip(), value) for key, value in row.items() if isinstance(key, str)}


def _xlsx(path: Path) -> Iterator[tuple[int, Row]]:
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > MOST:
            raise ValueError(f"unpacks to more than {MOST:,} bytes")
    import openpyxl

    try:
        page = openpyxl.load_workbook(path, read_only=False, data_only=True).worksheets[0]
    except Exception as error:  # openpyxl does not document what it raises for a broken file
        raise ValueError("is no .xlsx file that can be read") from error
    head, *rest = page.iter_rows(values_only=True)
    names = [str(cell or "").strip() for cell in head]
    for line, cells in enumerate(rest, 2):
        yield line, {name: _cell_text(name, cell) for name, cell in zip(names, cells, strict=False) if name}


def _cell_text(name: str, cell: Any) -> str:
    """Return a cell as text: a whole number without its decimal point, and without the apostrophe before a formula."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = "" if cell is None else str(cell)
    text = text if name == "text" else text.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _answers(row: Row, where: str, report: Report) -> Answers:
    is_done, text = bool(row.get(_DONE)), row["text"]
    choices: dict[str, tuple[str, ...]] = {name: (row[name],) for name in _SINGLE if row.get(name)}
    stances = {name.removeprefix(_PARTY): cell for name, cell in row.items() if name.startswith(_PARTY) and cell}
    choices |= {f"{STANCE}{party}": (cell.replace("−", "-").removeprefix("+"),) for party, cell in stances.items()}
    facts = {name.removeprefix(_FACT): cell for name, cell in row.items() if name.startswith(_FACT) and cell}
    if wordless := tuple(fact for fact, cell in facts.items() if cell.casefold() == _NO_WORDS):
        choices["facts"] = wordless
    quoted: list[tuple[SpanLayer, str | None, str]] = [
        (SpanLayer.SOURCE, None, row.get("source", "")),
        (SpanLayer.CUE, None, row.get("cue", "")),
    ]
    quoted += [(SpanLayer.FACT, fact, cell) for fact, cell in facts.items() if fact not in wordless]
    quoted += [(SpanLayer.LOADED, None, words.strip()) for words in row.get("loaded", "").split(_SEPARATOR)]
    spans: list[Span] = []
    refused = set[str]()
    for layer, ref, cell in quoted:
        if not cell:
            continue
        try:
            start, end, difference = _find_words(text, cell, [(span.start, span.end) for span in spans if span.layer is layer])
        except ValueError as error:
            refused.add(refusal.layer_key(layer))
            report.fail(where, f"words that are not in the sentence ({ref or layer.value})", str(error))
            continue
        if difference:
            report.change(
                where, f"words that differ from the sentence in {difference} alone; those of the sentence are taken", cell
            )
        spans.append(Span(start, end, layer, ref))
    choices |= _none(row, spans, stances, facts, refused, is_done=is_done)
    return Answers(choices, tuple(spans), row.get("note") or None, frozenset(refused))


def _none(
    row: Row, spans: Sequence[Span], stances: Mapping[str, str], facts: Mapping[str, str], refused: set[str], *, is_done: bool
) -> dict[str, tuple[str, ...]]:
    """Return the answer to the question `none`, which follows from the blank cells of a sentence marked as done."""
    if not is_done:
        return {}
    answered = {refusal.layer_key(span.layer) for span in spans} | refused
    answered |= ({"stance"} if stances else set()) | ({"facts"} if facts else set())
    attributed = row.get("attribution", "") not in ("", Attribution.AUTHOR.value)
    possible = [name for name in NONE if attributed or name not in ("source", "cue")]
    none = tuple(name for name in possible if name not in answered)
    return {"none": none} if none else {}


def _find_words(text: str, cell: str, taken: Sequence[tuple[int, int]]) -> tuple[int, int, str]:
    """Return start and end of a cell's words in the sentence, and how their characters differ from it (empty: not at all).

    Places in `taken` are passed over, so that words listed twice get two places. Raises ValueError if the words are not there.
    """
    match = re.fullmatch(r"(.+) #(\d+)", cell)
    words, nth = (match[1], int(match[2])) if match and cell not in text else (cell, None)
    (quote,) = quotations({"text": text, "cue": words if nth is None else {"text": words, "nth": nth}})
    starts = [start for start in quote.starts if nth is not None or (start, start + len(words)) not in taken]
    if nth is not None and quote.place:
        return *quote.place, ""
    if starts and nth is None:
        return starts[0], starts[0] + len(words), ""
    similar = [place for place in alike.find_words(text, words) if place not in taken]
    if len(similar) == 1 and (difference := alike.difference(words, text[slice(*similar[0])])):
        return *similar[0], difference
    raise ValueError(f"{cell!r}; copy the words exactly" + (" (it has them less often)" if quote.starts else ""))


# Writing Excel


def write_xlsx(article: Article, topic: Topic, annotator: str) -> bytes:
    """Return the table as .xlsx, with drop-downs for labels and a page of definitions.

    Raises ImportError without openpyxl.
    """
    import openpyxl
    from openpyxl.comments import Comment
    from openpyxl.formatting.rule import FormulaRule
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = openpyxl.Workbook()
    page, names, table = book.active, columns(topic), rows(article, topic, annotator)
    assert page is not None
    page.title = "labels"
    choices, meanings = _choices(topic), book.create_sheet("definitions")
    places = _define(meanings, choices)
    page.append(names)
    for row in table:
        page.append([None] * len(names))
        for k, name in enumerate(names, 1):
            cell = page.cell(page.max_row, k)
            cell.value = int(row[name]) if name == "n" or re.fullmatch(r"-?[01]", row[name]) else row[name] or None
            if isinstance(cell.value, str):
                cell.data_type = "s"  # never a formula
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    last = len(table) + 1
    for k, name in enumerate(names, 1):
        letter, head = get_column_letter(k), page.cell(1, k)
        head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor="DDE6F0")
        head.alignment = Alignment(wrap_text=True, vertical="top")
        page.column_dimensions[letter].width = {"n": 4, "text": 60, _DONE: 6, "note": 24}.get(name, 14)
        page.column_dimensions[letter].hidden = name in ("article", "annotator", "codebook")
        if hint := _hint(name, topic, choices):
            head.comment = Comment(hint, "slantbank", width=420, height=260)
        if name in places:
            drop_down = DataValidation("list", formula1=places[name], allow_blank=True, showErrorMessage=True)
            drop_down.error, drop_down.errorTitle = f"Choose one of the list for {name}, or leave the cell blank.", "No such label"
            page.add_data_validation(drop_down)
            drop_down.add(f"{letter}2:{letter}{last}")
    asked, source = get_column_letter(names.index("attribution") + 1), names.index("source") + 1
    grey = cast("Any", FormulaRule)([f'${asked}2="author"'], fill=PatternFill("solid", bgColor="D9D9D9"))
    page.conditional_formatting.add(f"{get_column_letter(source)}2:{get_column_letter(source + 3)}{last}", grey)
    page.freeze_panes = "D2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _choices(topic: Topic) -> dict[str, list[tuple[str, str]]]:
    """Return the choices of the drop-downs by column, each with its meaning."""
    parties = [(party.id, "; ".join([party.name, *party.aliases])) for party in topic.party]
    stance = [("-1", "in a bad light"), ("0", "in neither"), ("1", "in a good light")]
    return {
        _DONE: [(_NO_WORDS, "decided: what is blank of stance, loaded words, facts and words of a source is none")],
        **{
            name: [(label.value, f"{label.definition} {label.rule}".strip()) for label in labels]
            for name, labels in (("claim_type", ClaimType), ("attribution", Attribution), ("source_type", SourceType))
        },
        "source_party": parties,
        "source_perspective": [(NEUTRAL, "no one party's account"), *parties],
        **{f"{_PARTY}{party.id}": stance for party in topic.party},
    }


def _define(page: Any, choices: Mapping[str, list[tuple[str, str]]]) -> dict[str, str]:
    """Write the page of definitions, and return the range of cells with the choices of each column."""
    from openpyxl.styles import Alignment

    page.append(["column", "choice", "meaning"])
    places = {}
    for name, listed in choices.items():
        first = page.max_row + 1
        for value, meaning in listed:
            page.append([name, int(value) if re.fullmatch(r"-?\d", value) else value, meaning])
            page.cell(page.max_row, 3).alignment = Alignment(wrap_text=True, vertical="top")
        places[name] = f"definitions!$B${first}:$B${page.max_row}"
    for letter, width in (("A", 22), ("B", 18), ("C", 110)):
        page.column_dimensions[letter].width = width
    return places


def _hint(name: str, topic: Topic, choices: Mapping[str, list[tuple[str, str]]]) -> str:
    """Return the comment on the head of a column."""
    words = {
        "source": "The shortest exact words that name the source. Only where the attribution is not author.",
        "cue": "The exact words that mark the attribution. Only where it is not author.",
        "loaded": f"Exact words that push the reader, several parted by {_SEPARATOR}. Listed twice: their second occurrence, too.",
        "note": "A doubt: name the rule that leaves it.",
    }
    facts = {f"{_FACT}{fact.id}": fact.described for fact in topic.fact}
    if name in facts:
        return f"{facts[name]}\n\nThe exact words that report it; {_NO_WORDS} where no one run of words does."
    return words.get(name) or "\n".join(f"{value}: {meaning}" for value, meaning in choices.get(name, ()))
