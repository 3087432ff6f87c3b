"""A corpus of claims: a JSON Lines file, an article a line, in which each sentence has the type of its claim.

A type that is none of the codebook's is not coded. The one topic has no party, for the corpus names none.
"""

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from slantbank.bank import Annotator, Article, Party, Sentence, Topic
from slantbank.codebook import AnnotatorKind, ClaimType, Origin, Side
from slantbank.importers._report import Report
from slantbank.importers._text import assemble, coded, plain, slug

_TOPIC = Topic(
    id="claims",
    title="A corpus of claims",
    party=(Party(id="ours", name="Our side", side=Side.A), Party(id="theirs", name="Their side", side=Side.B)),
)


class _Line(BaseModel):
    text: str
    claim: str


class _Row(BaseModel):
    id: str
    lines: list[_Line]


def read(path: Path, report: Report) -> Iterator[Topic | Article]:
    """The topic and articles of the corpus in `path`, the folder of `claims.jsonl`. Raises FileNotFoundError if it is not there."""
    yield _TOPIC
    with (path / "claims.jsonl").open(encoding="utf-8") as rows:
        for number, row in enumerate(rows, 1):
            where = f"claims.jsonl:{number}"
            with report.reading(where):
                yield _article(_Row.model_validate_json(row), where, report)


def _article(row: _Row, where: str, report: Report) -> Article:
    labels = [_labels(n, line, f"{where} line {n}", report) for n, line in enumerate(row.lines)]
    lines = [one.text for one in labels]
    fields = {"id": slug(row.id, prefix="claims"), "topic": _TOPIC.id, "title": lines[0], "origin": Origin.PUBLISHED}
    coder = Annotator(id="claims", kind=AnnotatorKind.HUMAN, codebook="claims", layers=coded(labels))
    source = "\n\n".join([lines[0], " ".join(lines[1:])]) + "\n"
    return assemble(fields, source, [lines[:1], lines[1:]], [(coder, labels)], where, report)


def _labels(n: int, line: _Line, where: str, report: Report) -> Sentence:
    if line.claim not in list(ClaimType):
        report.fail(where, "unknown claim type", repr(line.claim))
    return Sentence(n=n, text=plain(line.text), claim_type=ClaimType(line.claim) if line.claim in list(ClaimType) else None)
