"""Croissant 1.1 metadata (https://docs.mlcommons.org/croissant/), which describe the Parquet files of a built bank."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from slantbank import bank
from slantbank.codebook import AnnotatorKind, Origin
from slantbank.frames import files, schema

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    **{name: f"cr:{name}" for name in ("arrayShape", "citeAs", "column", "containedIn")},
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    "sc": "https://schema.org/",
    **{
        name: f"cr:{name}"
        for name in (
            *("equivalentProperty", "extract", "field", "fileProperty", "fileObject", "fileSet", "format", "includes", "isArray"),
            *("isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex", "repeated"),
            *("replace", "samplingRate", "separator", "source", "subField", "transform"),
        )
    },
}
_KEYS = {
    "sentences": ("sentence_id",),
    "annotations": ("sentence_id", "annotator_id"),
    "articles": ("article_id",),
    "parties": ("topic_id", "party_id"),
    "facts": ("topic_id", "fact_id"),
}


def write(frames: Mapping[str, pl.DataFrame], folder: Path) -> Iterator[str]:
    """Yield the metadata of the bank in `folder` as JSON; paths of files are relative to it.

    Raises FileNotFoundError if the bank has not been built.
    """
    yield json.dumps(metadata(frames, folder), ensure_ascii=False, indent=1) + "\n"


def metadata(frames: Mapping[str, pl.DataFrame], folder: Path) -> dict[str, Any]:
    """Return the metadata as a JSON-LD object: files, a record set for each, and responsible AI as far as the bank states it."""
    articles = frames["articles"]
    topics = articles["topic_title"].unique().sort().to_list()
    names = [name for name, _ in files.files(frames)]
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": _name(folder.resolve()),
        "description": f"{articles.height} articles on {len(topics)} topics, labelled sentence by sentence with claim type, "
        "attribution, source perspective, stance, loaded language and facts.",
        "inLanguage": articles["language"].unique().sort().to_list(),
        "license": _licences(articles),
        "keywords": topics,
        "isLiveDataset": False,
        **_published(folder),
        **_responsible(frames, _stated(folder)),
        "distribution": [_file(name, folder) for name in names],
        "recordSet": [_records(name) for name in names],
    }


def _name(folder: Path) -> str:
    """Return the name of a bank: that of the dataset card beside it, else that of its folder."""
    card = folder.parent / "README.md"
    match = re.search(r"^pretty_name: (.+)$", card.read_text(encoding="utf-8"), re.MULTILINE) if card.is_file() else None
    return match[1] if match else folder.name


_STATED = {
    "Curation": "rai:dataCollection",
    "Coders": "rai:dataAnnotationAnalysis",
    "Contamination": "rai:dataLimitations",
    "People named, and personal data": "rai:personalSensitiveInformation",
    "Uses and misuses": "rai:dataUseCases",
    "Bias": "rai:dataBiases",
    "Social impact": "rai:dataSocialImpact",
    "Synthetic content": "rai:dataManipulationProtocol",
    "Maintenance and removal": "rai:dataReleaseMaintenancePlan",
}
"""The headings of a Data Statement, with the properties of Croissant RAI 1.0 to which they belong."""


def _stated(folder: Path) -> dict[str, str]:
    """Return the sections of the Data Statement beside the bank, docs/datasheet.md, by property; empty if there is none."""
    page = folder.resolve().parent / "docs" / "datasheet.md"
    if not page.is_file():
        return {}
    sections = dict(part.split("\n", 1) for part in page.read_text(encoding="utf-8").split("\n## ")[1:])
    return {key: _plain(sections[title]) for title, key in _STATED.items() if title in sections}


def _plain(text: str) -> str:
    """Return Markdown as a line of text, with the text of links and without their addresses."""
    return " ".join(re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", text).split())


def _published(folder: Path) -> dict[str, str]:
    """Return the version of the data and the day of the first one, from the bank's changelog, and the citation from the card."""
    changelog = bank.changelog(folder)
    text = (changelog.text if changelog else None) or ""
    data, _ = bank.newest(text)
    days = re.findall(r"^## .*(\d{4}-\d{2}-\d{2})", text, re.MULTILINE)
    card = folder.resolve().parent / "README.md"
    cite = (
        re.search(r"^```bibtex\n(@.*?^\})$", card.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL) if card.is_file() else None
    )
    return {
        **({"version": str(data)} if data else {}),
        **({"datePublished": min(days)} if days else {}),
        **({"citeAs": cite[1]} if cite else {}),
    }


def _licences(articles: pl.DataFrame) -> list[str]:
    """Return the licences of labels and texts, and a note if texts have none, for then they are not free to use."""
    columns = articles.select("annotations_license", "license")
    licences = {name for column in columns for name in column.drop_nulls().to_list()}
    unknown = columns["license"].null_count()
    return sorted(licences) + ([f"No licence is stated for the text of {unknown} articles"] if unknown else [])


def _responsible(frames: Mapping[str, pl.DataFrame], stated: Mapping[str, str]) -> dict[str, Any]:
    """Return the Croissant RAI properties that follow from the bank, and those that are `stated`; others are left out."""
    annotators = frames["articles"].select("article_id", "annotators").explode("annotators").unnest("annotators")
    annotators = annotators.filter(pl.col("id").is_not_null())
    codebooks = annotators["codebook"].unique().sort().to_list()
    models = annotators.filter(kind=AnnotatorKind.MODEL.value)["name"].drop_nulls().unique().sort().to_list()
    coders = frames["sentences"]["n_annotators"]
    constructed = frames["articles"].filter(origin=Origin.CONSTRUCTED.value).height
    properties: dict[str, Any] = {}
    if codebooks:
        properties["rai:dataAnnotationProtocol"] = f"Each sentence was labelled by codebook {', '.join(codebooks)}."
    if coders.len():
        numbers = " to ".join(map(str, coders.unique().sort()[[0, -1]].unique(maintain_order=True)))
        properties["rai:annotationsPerItem"] = f"{numbers} coders a sentence, adjudicated labels not counted"
    if models:
        properties["rai:machineAnnotationTools"] = models
    if constructed:
        properties["rai:dataLimitations"] = f"{constructed} of {frames['articles'].height} articles were written for the dataset."
    for key, text in stated.items():
        properties[key] = f"{properties[key]} {text}" if key in properties else text
    return properties


def _file(name: str, folder: Path) -> dict[str, Any]:
    path = folder / bank.BUILT / f"{name}.parquet"
    content = path.read_bytes()
    return {
        "@type": "cr:FileObject",
        "@id": path.name,
        "name": path.name,
        "contentUrl": f"{bank.BUILT}/{path.name}",
        "contentSize": str(path.stat().st_size) + " B",
        "encodingFormat": "application/x-parquet",
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _records(name: str) -> dict[str, Any]:
    frame = files.frame(name)
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "key": [{"@id": f"{name}/{key}"} for key in _KEYS[frame]],
        "field": [_field(name, key, column.meaning, column.dtype) for key, column in schema.FRAMES[frame].items()],
    }


_TYPES: dict[Any, str] = {
    pl.String: "sc:Text",
    pl.Int8: "cr:Int8",
    pl.Int32: "cr:Int32",
    pl.Float32: "cr:Float32",
    pl.Boolean: "sc:Boolean",
    pl.Date: "sc:Date",
}


def _shape(dtype: Any) -> tuple[dict[str, Any], Any]:
    """Return the properties that make a column an array, if it is one, and the type of its items."""
    return ({"isArray": True, "arrayShape": "-1"}, dtype.inner) if isinstance(dtype, pl.List) else ({}, dtype)


def _field(file: str, name: str, meaning: str, dtype: Any) -> dict[str, Any]:
    """Return a column as a field: a list becomes an array, a struct gets subfields."""
    shape, item_type = _shape(dtype)
    source = {"fileObject": {"@id": f"{file}.parquet"}, "extract": {"column": name}}
    field: dict[str, Any] = {"@type": "cr:Field", "@id": f"{file}/{name}", "name": name, "description": meaning, **shape}
    if not isinstance(item_type, pl.Struct):
        return {**field, "dataType": _TYPES[item_type.base_type()], "source": source}
    parts = [
        {
            "@type": "cr:Field",
            "@id": f"{file}/{name}/{part.name}",
            "name": part.name,
            "dataType": _TYPES[_shape(part.dtype)[1].base_type()],
            **_shape(part.dtype)[0],
            "source": {**source, "transform": {"jsonPath": part.name}},
        }
        for part in item_type.fields
    ]
    return {**field, "subField": parts}
