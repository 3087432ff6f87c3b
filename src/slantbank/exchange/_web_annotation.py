"""W3C Web Annotation JSON-LD (https://www.w3.org/TR/annotation-model/): the labels of sentences, and the words marked in them.

The model counts a TextPositionSelector in Unicode code points, as a bank does; the text counted is `article.txt`.
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
_AROUND = 32
"""How many code points of a quotation's surroundings are given with it."""
_NAMED = ("claim_type", "attribution", "source_type", "source_party", "source_perspective")

_AGENTS = {AnnotatorKind.HUMAN.value: "Person", AnnotatorKind.MODEL.value: "Software"}


def write(frames: Mapping[str, pl.DataFrame], _: Path) -> Iterator[str]:
    """An AnnotationCollection whose one page holds an annotation for each labelled sentence, and for each span in it."""
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
    """What of an article's text is known from its sentences: each at its place, white space between them."""

    def __init__(self, sentences: pl.DataFrame) -> None:
        self._text = ""
        for start, end, text in sentences.sort("start").select("start", "end", "text").iter_rows():
            gap = start - len(self._text)
            self._text += ("\n" * gap if gap else "") + (withheld.MASK * (end - start) if text is None else text)

    def selectors(self, start: int, end: int) -> list[dict[str, Any]]:
        """The words from start to end by position; and by quotation with what stands around them, unless they are withheld."""
        position = {"type": "TextPositionSelector", "start": start, "end": end}
        if withheld.is_mask(self._text[start:end]):
            return [position]
        quote = {
            "type": "TextQuoteSelector",
            "exact": self._text[start:end],
            "prefix": self._text[max(0, start - _AROUND) : start],
            "suffix": self._text[end : end + _AROUND],
        }
        return [position, quote]


def _annotations(row: dict[str, Any], creator: dict[str, Any], text: _Text) -> Iterator[dict[str, Any]]:
    """The annotation of a sentence, with a body for each label, and one of each span."""
    bodies = [f"{name}: {row[name]}" for name in _NAMED if row[name] is not None]
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
    """The address of a licence that is given by its SPDX id; a name that is none becomes an IRI of our own."""
    return f"https://spdx.org/licenses/{name}" if not name.startswith("LicenseRef-") else f"urn:slantbank:{name}"
