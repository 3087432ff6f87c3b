"""Render the codebook, the schema, the rules and the versions as files, and the rendered parts of the dataset card."""

import json
import re
from collections.abc import Mapping
from importlib import metadata
from typing import TYPE_CHECKING, Any

import polars as pl
import yaml
from pydantic import BaseModel

from slantbank import codebook, measure
from slantbank.bank import Annotation, Metadata, Topic, version
from slantbank.codebook import AnnotatorKind, Code, Stance
from slantbank.frames import hub, schema
from slantbank.publish import _reference as reference
from slantbank.rules import rulebook
from slantbank.show import markdown_table
from slantbank.show import terminal as table

if TYPE_CHECKING:
    import click

MODELS: dict[str, type[BaseModel]] = {"article": Metadata, "topic": Topic, "annotation": Annotation}
_NOTICE = reference.NOTICE
MEASURES = "docs/measures.md"
"""The page in which only the tables of measures are rendered; people write the rest."""


def files(commands: "click.Group | None" = None) -> dict[str, str]:
    """Return the text of each rendered file except the card, by path in the repository; with `commands`, also their page."""
    return {
        "schema/codebook.md": codebook_page(),
        "schema/columns.md": columns_page(),
        **{f"schema/{name}.schema.json": json_schema(name) for name in MODELS},
        "docs/rules.md": rulebook(),
        "docs/versions.md": versions_page(),
        "docs/api.md": reference.api_page(),
        **({"docs/cli.md": reference.commands_page(commands)} if commands else {}),
    }


def versions_page() -> str:
    """Return the page about versions: the four versions, and which changes raise that of the data."""
    rule = [(f"**{level.name.lower()}**", text) for level, text in version.RULE.items()]
    parts = [
        "# Versions",
        _NOTICE,
        "Four things have a version each. A release of the package contains one version of each.",
        markdown_table(("version of", "", "where it stands"), _versions(None)),
        "## Of the data",
        (
            f"The newest heading of a bank's {version.CHANGELOG} is the version of its data. "
            "The most serious change decides which part of it rises:"
        ),
        markdown_table(("rises", "when"), rule),
        (
            "The rule also holds below 1.0.0. `slantbank diff REV` prints what changed since a revision and what the version must "
            "be; with `--require-version` it exits with code 1 if the version is too low. A bank without a changelog needs no "
            "version; `diff` says that it has none."
        ),
        "## Of the codebook",
        (
            "`codebook` in article.toml says which codebook an annotator followed. If a rule came with a newer codebook, it gives "
            "warnings, which do not fail a check. A codebook that the installed slantbank does not know is an error (SB409)."
        ),
        "## Of the layout",
        (
            "slantbank reads a bank of an older layout: a key that the bank does not have gives a column of nulls. "
            "Layout 1.1 needs one decision: the `axis` of topics whose sides are compared with those of others (SB410). "
            "`slantbank fmt` writes a comment where you must decide. `slantbank build` then writes the frames of the new layout."
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _versions(data: version.Version | None) -> list[tuple[str, str, str]]:
    return [
        (
            "package",
            metadata.version("slantbank"),
            "the newest dated heading of the package's CHANGELOG.md; `slantbank.__version__`",
        ),
        ("data", str(data or "each bank has its own"), f"the newest heading of the bank's {version.CHANGELOG}"),
        ("codebook", codebook.VERSION, "`slantbank.codebook`; `codebook` of each annotator in article.toml"),
        ("layout of files and frames", schema.VERSION, "`slantbank.frames.schema`"),
    ]


def measures_page(text: str) -> str:
    """Return the page of measures with a table of each family: what a measure means, and what its denominator counts."""
    tables = {
        family: markdown_table(
            ("measure", "meaning", "of"),
            [(f"`{name}`", definition.meaning, definition.counts) for name, definition in measures.items()],
        )
        for family, measures in measure.FAMILIES.items()
    }
    return _with_regions(text, tables)


def codebook_page() -> str:
    """Return the page of the codebook: sections with their labels and decision rules."""
    parts = [
        f"# Codebook {codebook.VERSION}",
        _NOTICE,
        "The order of each table is public: it numbers the classes of the dataset. Labels are appended, never moved or removed.",
        (
            "A ruling (in italics) completes the rule under which it stands. Its name has the number of the rule and its subject: "
            "`0.1 wishes`. All rulings are of codebook 1.1. Those on questions (1) and disputed facts (3.1) change rules of 1.0."
        ),
    ]
    for number, section in enumerate(codebook.SECTIONS):
        parts += [f"## {number}. {section.title}", section.preamble.text]
        parts += [label_table(labels) for labels in section.labels]
        parts.append("\n".join([*_rulings(section.preamble), *(_rule(name, rule) for name, rule in section.rules.items())]))
    parts.append("## Other sets of values")
    for values in _OTHER_VALUES:
        parts += [f"### {values.__name__}", (values.__doc__ or "").split("\n")[0], label_table(values)]
    return "\n\n".join(parts) + "\n"


_OTHER_VALUES = (
    *(codebook.Side, codebook.Role, codebook.Favours, codebook.Split, codebook.Origin),
    *(codebook.AnnotatorKind, codebook.Unit, codebook.SpanLayer),
)


def _rule(name: str, rule: codebook.DecisionRule) -> str:
    return "\n".join([f"- **{name}** {rule.text}", *(f"  {line}" for line in _rulings(rule))])


def _rulings(rule: codebook.DecisionRule) -> list[str]:
    return [f"- *{about}*: {text}" for about, text in rule.rulings.items()]


def label_table(labels: type[Code] | type[Stance]) -> str:
    """Return a set of labels as a Markdown table."""
    if issubclass(labels, Stance):
        return markdown_table(("value", "meaning"), [(f"`{label.value}`", label.definition) for label in labels])
    rows = [(f"`{label.value}`", label.definition, label.rule, label.example) for label in labels]
    used = [i for i in range(4) if i < 2 or any(row[i] for row in rows)]
    names = ("label", "definition", "notes", "example")
    return markdown_table([names[i] for i in used], [[row[i] for i in used] for row in rows])


def columns_page() -> str:
    """Return the page of frames: type, meaning, null and origin of every column, and the rules of each frame."""
    parts = [
        "# Frames and their columns",
        _NOTICE,
        "Types are those of polars. In Parquet, labels are strings; `load_dataset` returns "
        + ", ".join(f"`{name}`" for name in codebook.CLASS_LABELS)
        + " as classes. All offsets are half-open, in code points of `article.txt`.",
        (
            "A topic belongs to a *collection* (`core` if its file names none) and to a *split* (`train` if its file names none). "
            "The config `sentences` of the dataset has the sentences of `core`. Every other collection has a config of its own, "
            "under its name, with the same columns. The other frames are configs over all collections. Each config has the splits "
            "of its topics: `<config>.parquet` for training, `<config>.test.parquet` for tests. `slantbank.load` reads the "
            'collection `core`; with `collection="…"` it reads another one, and with `collection=None` all. It reads both splits.'
        ),
    ]
    for frame, columns in schema.FRAMES.items():
        rows = [
            (f"`{name}`", f"`{_type(column.dtype)}`", _meaning(column), column.null or "never", column.origin)
            for name, column in columns.items()
        ]
        rules = "\n".join(f"- `{rule.column}`: {title}" for title, rule in schema.RULES[frame].items())
        parts += [f"## {frame}", markdown_table(("column", "type", "meaning", "null", "origin"), rows), "Rules:", rules]
    return "\n\n".join(parts) + "\n"


def _meaning(column: schema.Column) -> str:
    if column.labels is None:
        return column.meaning
    return f"{column.meaning} One of {', '.join(f'`{label}`' for label in column.labels)}."


def _type(dtype: Any) -> str:
    if isinstance(dtype, pl.List):
        return f"List[{_type(dtype.inner)}]"
    if isinstance(dtype, pl.Struct):
        return "{" + ", ".join(f"{field.name}: {_type(field.dtype)}" for field in dtype.fields) + "}"
    return str(dtype)


def json_schema(name: str) -> str:
    """Return the JSON Schema (draft 2020-12) of a kind of TOML file, for editors; labels are listed with their definitions."""
    model = MODELS[name]
    generated = model.model_json_schema(by_alias=True)
    codes = {code.__name__: code for code in _codes(Code)}
    definitions = {
        key: _enumeration(codes[key]) if key in codes else _tidy(value) for key, value in generated.pop("$defs", {}).items()
    }
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"slantbank {name} file",
        "description": (model.__doc__ or "").split("\n")[0],
    }
    return json.dumps({**head, **_tidy(generated, top=True), "$defs": definitions}, ensure_ascii=False, indent=2) + "\n"


def _codes(base: type[Code]) -> list[type[Code]]:
    return [base, *(code for subclass in base.__subclasses__() for code in _codes(subclass))]


def _enumeration(code: type[Code]) -> dict[str, Any]:
    """Return the schema of a set of labels in both forms that editors read: `oneOf` with descriptions, and Taplo's extension."""
    described = {label.value: f"{label.definition} {label.rule}".strip() for label in code}
    return {
        "description": (code.__doc__ or "").split("\n")[0],
        "type": "string",
        "enum": list(described),
        "oneOf": [{"const": value, "description": text} for value, text in described.items()],
        "x-taplo": {"docs": {"enumValues": list(described.values())}},
    }


def _tidy(node: Any, *, top: bool = False) -> Any:
    """Return a part of a schema without null, which TOML does not have, and without titles that repeat the key."""
    if isinstance(node, list):
        return [_tidy(child) for child in node]
    if not isinstance(node, dict):
        return node
    if "anyOf" in node:
        choices = [choice for choice in node["anyOf"] if choice != {"type": "null"}]
        if len(choices) == 1:
            node = {**{key: value for key, value in node.items() if key != "anyOf"}, **choices[0]}
    skipped = {"title", "description"} if top else {"title"}
    tidy = {
        key: {name: _tidy(child) for name, child in value.items()} if key == "properties" else _tidy(value)
        for key, value in node.items()
        if not (key in skipped and isinstance(value, str)) and not (key == "default" and value is None)
    }
    if node.get("title") == "Quote":
        return {"anyOf": [{"type": "string"}, tidy]}
    labels = ("claim_type", "attribution", "source_type", "stance", "loaded", "facts")
    for key in labels if node.get("title") == "Sentence" and "properties" in node else ():
        # an empty label is a label that has not been decided yet
        described = dict(tidy["properties"][key])
        tidy["properties"][key] = {"description": described.pop("description", ""), "anyOf": [described, {"const": ""}]}
    return tidy


def card_head(stated: Mapping[str, Any], frames: Mapping[str, pl.DataFrame], parquet: str) -> str:
    """Return the YAML head of the dataset card: `stated`, with the keys that describe the frames and their files in `parquet`."""
    configs, infos = hub.configs(frames, parquet)
    rows = frames["sentences"].height
    sizes = (("n<1K", 1_000), ("1K<n<10K", 10_000), ("10K<n<100K", 100_000), ("100K<n<1M", 1_000_000))
    head = {
        **stated,
        "language": sorted(set(frames["articles"]["language"].to_list())),
        "annotations_creators": _creators(frames["articles"]),
        "size_categories": [next((name for name, limit in sizes if rows < limit), "n>1M")],
        "configs": configs,
        "dataset_info": infos,
    }
    return hub.yaml_head(head)


def _creators(articles: pl.DataFrame) -> list[str]:
    """Return who made the labels, in the terms of the Hugging Face Hub."""
    kinds = {annotator["kind"] for annotators in articles["annotators"] for annotator in annotators}
    terms = {AnnotatorKind.MODEL.value: "machine-generated", AnnotatorKind.HUMAN.value: "expert-generated"}
    return sorted(term for kind, term in terms.items() if kind in kinds) or ["no-annotation"]


_END = "<!-- end -->"
_LISTED = 100
_HEAD = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def card(text: str, frames: Mapping[str, pl.DataFrame], parquet: str, data: version.Version | None = None) -> str:
    """Return a card with its rendered parts updated: the keys of the YAML head that describe the data, and each marked region.

    Other keys of the head are kept. `data` is the version of the data; None if the bank has none. Raises ValueError if the head
    cannot be read.
    """
    head = _HEAD.match(text)
    try:
        stated = (yaml.safe_load(head[0].strip("-\n")) or {}) if head else {}
    except yaml.YAMLError as error:
        raise ValueError("the YAML head cannot be read: " + " ".join(str(error).split())) from error
    if not isinstance(stated, dict):
        raise ValueError("the YAML head holds no keys and values")  # noqa: TRY004 - a fault of the text, not of the caller
    body = _with_regions(_HEAD.sub("", text), _regions(frames, data))
    return card_head(stated, frames, parquet) + body


def _with_regions(text: str, regions: Mapping[str, str]) -> str:
    """Return the text with each region between the marks of its name; a region without marks is left out."""
    for name, rendered in regions.items():
        before, mark, after = text.partition(f"<!-- rendered: {name} -->\n")
        if mark:
            text = f"{before}{mark}{rendered}\n{after[after.index(_END) :]}"
    return text


def first_card(name: str) -> str:
    """Return a first dataset card for a bank called `name`, with a TODO for what only its makers know."""
    head = {"pretty_name": name, "tags": ["media-bias", "news"], "task_categories": ["text-classification"]}
    titles = {"claim-type": "Claim type", "attribution": "Attribution", "source-perspective": "Source perspective"}
    parts = [
        f"# {name}",
        "TODO: where the texts come from, under which licences, who labelled them and how, and what they must not be used for.",
        "Articles, each sentence labelled with claim type, attribution and source perspective, after the codebook of slantbank.",
        *(f"## {title}\n\n<!-- rendered: {region} -->\n{_END}" for region, title in titles.items()),
        f"## Articles\n\n<!-- rendered: articles -->\n{_END}",
        f"## Who labelled\n\n<!-- rendered: coders -->\n{_END}",
        f"## Agreement of the coders\n\n<!-- rendered: agreement -->\n{_END}",
        f"## Scores of the coders\n\n<!-- rendered: scores -->\n{_END}",
    ]
    return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---\n" + "\n\n".join(parts) + "\n"


def _regions(frames: Mapping[str, pl.DataFrame], data: version.Version | None) -> dict[str, str]:
    labels = {name.replace("_", "-"): label_table(codebook.LABELS[name]) for name in codebook.CLASS_LABELS}
    labels["versions"] = markdown_table(("version of", "", "where it stands"), _versions(data))
    return {
        **labels,
        "articles": _articles(frames["articles"]),
        "coders": _coders(frames["articles"]),
        "agreement": _agreement(frames),
        "scores": _scores(frames),
    }


def _agreement(frames: Mapping[str, pl.DataFrame]) -> str:
    """Return the agreement of coders in each collection, under its name if there are several."""
    collections = frames["articles"]["collection"].unique().sort().to_list() or [codebook.CORE]
    parts = []
    for name in sorted(collections, key=lambda name: (name != codebook.CORE, name)):
        rows_of_collection = {frame: rows.filter(pl.col("collection") == name) for frame, rows in frames.items()}
        parts += [f"Collection `{name}`:"] * (len(collections) > 1) + [
            table.agreement_markdown(measure.agreement(rows_of_collection))
        ]
    return "\n\n".join(parts)


def _scores(frames: Mapping[str, pl.DataFrame]) -> str:
    """Return the scores of coders, baselines and the ceiling against gold, in each collection with adjudicated labels.

    The learned baseline is left to `slantbank score`, so that the card does not depend on the version of scikit-learn.
    """
    adjudicated = frames["annotations"].filter(pl.col("annotator_id") == codebook.GOLD)["collection"].unique().to_list()
    parts = []
    for name in sorted(adjudicated, key=lambda name: (name != codebook.CORE, name)):
        rows_of_collection = {frame: rows.filter(pl.col("collection") == name) for frame, rows in frames.items()}
        scores = measure.score(rows_of_collection, learned=False)
        related = measure.related_models(rows_of_collection)
        bias = f"Models of the adjudicator's family, whose scores may be too high: {', '.join(related)}." if related else ""
        units = ", ".join(scores["rests_on"].drop_nulls().unique().sort())
        intervals = f"95 % intervals, for {units} like these. Errors are the coder's value minus gold's."
        parts += [f"Collection `{name}`:"] * (len(adjudicated) > 1) + [table.score_markdown(scores)]
        parts.append(table.escape_markdown(" ".join(filter(None, [intervals, bias]))))
    return "\n\n".join(parts) or "No article has adjudicated labels."


def _coders(articles: pl.DataFrame) -> str:
    annotations = articles.explode("annotators").unnest("annotators", separator="_")
    counted = annotations.group_by(pl.col(f"annotators_{name}") for name in ("kind", "name", "codebook", "coded")).agg(
        pl.len(), pl.col("article_id").n_unique().alias("articles")
    )
    rows = [
        (
            row["annotators_kind"],
            table.escape_markdown(row["annotators_name"] or ""),
            table.escape_markdown(row["annotators_codebook"]),
            row["annotators_coded"] or "",
            row["len"],
            row["articles"],
        )
        for row in counted.sort(counted.columns).iter_rows(named=True)
    ]
    return markdown_table(("labels by", "name", "codebook", "day", "annotations", "articles"), rows)


def _articles(articles: pl.DataFrame) -> str:
    """Return a table of the topics of the bank, with the number and kind of their accounts."""
    rows = [
        (
            collection,
            f"`{topic}`",
            table.escape_markdown(group["topic_title"][0]),
            group.height,
            ", ".join(sorted({_origin(row) for row in group.iter_rows(named=True)})),
            group["n_sentences"].sum(),
        )
        for (collection, topic), group in articles.sort("collection", "topic_id").group_by(
            "collection", "topic_id", maintain_order=True
        )
    ]
    topics = markdown_table(("collection", "topic", "event", "accounts", "origin", "sentences"), rows[:_LISTED])
    return topics + (f"\n\n… and {len(rows) - _LISTED:,} more." if len(rows) > _LISTED else "")


def _origin(row: Mapping[str, Any]) -> str:
    return str(row["origin"]) if row["includes_text"] else f"{row['origin']}, text withheld"
