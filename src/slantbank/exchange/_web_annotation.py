"""Export to W3C Web Annotation JSON-LD (https://www.w3.org/TR/annotation-model/): labels of sentences, and spans.

The model counts a TextPositionSelector in Unicode code points, as a bank does; the text is `article.txt`.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from slantbank.bank import withheld
from slantbank.codebook import AnnotatorKind
from slantbank.exchange._tables import rows

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
_CONTEXT_LENGTH = 32
"""The number of code points before and after a quotation that are written with it."""
_SINGLE = ("claim_type", "attribution", "source_type", "source_party", "source_perspective")

_AGENTS = {AnnotatorKind.HUMAN.value: "Person", AnnotatorKind.MODEL.value: "Software"}


def write(frames: Mapping[str, pl.DataFrame], _: Path) -> Iterator[str]:
    """Yield an AnnotationCollection with one page, which has an annotation for each labelled sentence and for each span."""
    labelled = rows(frames).filter(pl.col("annotator_id").is_not_null())
    texts = {name: _Text(part) for (name,), part in frames["sentences"].group_by("article_id")}
    people = {
        (row["article_id"], annotator["id"]): annotator
        for row in frames["articles"].select("article_id", "annotators").iter_rows(named=True)
        for annotator in row["annotators"]
    }
    total = labelled.height + int(labelled["spans"].list.len().sum())
    head = {
        "@context": CONTEXT,
        "id": "urn:slantbank:annotations",
        "type": "AnnotationCollection",
        "label": "Labels of a slantbank bank",
        "total": total,
    }
    page = {"id": "urn:slantbank:annotations:1", "type": "AnnotationPage", "startIndex": 0, "items": []}
    opening = json.dumps({**head, "first": page}, ensure_ascii=False)
    yield opening.removesuffix("]}}") + "\n"
    mark = ""
    for row in labelled.iter_rows(named=True):
        creator = people[row["article_id"], row["annotator_id"]]
        for annotation in _annotations(row, creator, texts[row["article_id"]]):
            yield mark + json.dumps(annotation, ensure_ascii=False)
            mark = ",\n"
    yield "\n]}}\n"


class _Text:
    """The text of an article, rebuilt from its sentences: each at its offset, with white space between them."""

    def __init__(self, sentences: pl.DataFrame) -> None:
        self._text = ""
        for start, end, text in sentences.sort("start").select("start", "end", "text").iter_rows():
            gap = start - len(self._text)
            self._text += ("\n" * gap if gap else "") + (withheld.MASK * (end - start) if text is None else text)

    def selectors(self, start: int, end: int) -> list[dict[str, Any]]:
        """Return selectors of the words from start to end: by position, and by quotation with context unless they are withheld."""
        position = {"type": "TextPositionSelector", "start": start, "end": end}
        if withheld.is_mask(self._text[start:end]):
            return [position]
        quote = {
            "type": "TextQuoteSelector",
            "exact": self._text[start:end],
            "prefix": self._text[max(0, start - _CONTEXT_LENGTH) : start],
            "suffix": self._text[end : end + _CONTEXT_LENGTH],
        }
        return [position, quote]


def _annotations(row: dict[str, Any], creator: dict[str, Any], text: _Text) -> Iterator[dict[str, Any]]:
    """Yield the annotation of a sentence, with a body for each label, and an annotation for each span."""
    bodies = [f"{name}: {row[name]}" for name in _SINGLE if row[name] is not None]
    bodies += [f"stance: {stance['party']} {stance['value']:+d}" for stance in row["stance"] or ()]
    bodies += [f"fact: {fact}" for fact in row["facts"] or ()]
    name = f"urn:slantbank:{row['sentence_id']}:{row['annotator_id']}"
    kind = _AGENTS.get(creator["kind"])
    by: dict[str, Any] = {
        "id": f"urn:slantbank:{row['article_id']}:annotator:{creator['id']}",
        **({"type": kind} if kind else {}),
        "nickname": creator["id"],
        **({"name": creator["name"]} if creator["name"] else {}),
    }
    common: dict[str, Any] = {"type": "Annotation", "motivation": "classifying", "creator": by}
    if row["annotations_license"]:
        common["rights"] = _licence(row["annotations_license"])
    source: dict[str, Any] = {
        "id": f"urn:slantbank:{row['article_id']}",
        "type": "Text",
        "format": "text/plain",
        "language": row["language"],
    }

    def annotation(number: str, values: list[str], start: int, end: int) -> dict[str, Any]:
        body = [{"type": "TextualBody", "format": "text/plain", "purpose": "classifying", "value": value} for value in values]
        target = {"type": "SpecificResource", "source": source, "selector": text.selectors(start, end)}
        return {"id": f"{name}{number}", **common, "body": body, "target": target}

    notes = [{"type": "TextualBody", "format": "text/plain", "purpose": "commenting", "value": row["note"]}] if row["note"] else []
    whole = annotation("", bodies, row["start"], row["end"])
    yield {**whole, "body": [*whole["body"], *notes]}
    for k, span in enumerate(row["spans"] or ()):
        value = f"{span['layer']}: {span['ref']}" if span["ref"] else span["layer"]
        yield annotation(f":{k}", [value], span["start"], span["end"])


def _licence(name: str) -> str:
    """Return the address of a licence with an SPDX id; another name becomes an IRI of our own."""
    return f"https://spdx.org/licenses/{name}" if not name.startswith("LicenseRef-") else f"urn:slantbank:{name}"
