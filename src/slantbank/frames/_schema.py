"""The frames and their rules: columns with type and meaning, and each rule as one polars expression.

`RULES` has all rules. `model` attaches them to pandera schemas, which `validate` uses; `failures` evaluates the same
expressions without loading pandera. They assume frames sorted by article and sentence, and that order is itself a rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from slantbank.bank import FIRST_NEWS, ID_PATTERN
from slantbank.codebook import (
    LABELS,
    AnnotatorKind,
    Code,
    Favours,
    Layer,
    Origin,
    Perspective,
    Role,
    Side,
    SpanLayer,
    Split,
    Unit,
)

if TYPE_CHECKING:
    import pandera.polars as pa

VERSION = "1.1"
"""The version of the layout: the keys of the files and the columns of the frames."""


@dataclass(frozen=True)
class Column:
    """A column: its type, what it means, what null means (empty: never null), where it comes from, and its labels."""

    dtype: pl.DataType
    meaning: str
    origin: str
    null: str = ""
    labels: type[Code] | None = None

    @property
    def nullable(self) -> bool:
        """Whether the column may hold nulls."""
        return bool(self.null)


STANCE = pl.List(pl.Struct({"party": pl.String, "value": pl.Int8}))
SPANS = pl.List(pl.Struct({"layer": pl.String, "start": pl.Int32, "end": pl.Int32, "text": pl.String, "ref": pl.String}))
ANNOTATORS = pl.List(
    pl.Struct(
        {
            **dict.fromkeys(("id", "kind", "name", "codebook"), pl.String),
            "coded": pl.Date,
            "facts": pl.List(pl.String),
            "brief_sha256": pl.String,
            "output_sha256": pl.String,
        }
    )
)
DECIDED_BY = pl.List(pl.Struct({"layer": pl.String, "rule": pl.String}))
DETAILS = pl.List(pl.Struct({"name": pl.String, "value": pl.String}))
SCORES = pl.List(pl.Struct({"name": pl.String, "value": pl.Float32}))
RELIABILITY = pl.Struct({layer.value: pl.Float32 for layer in Layer})

_STRING = pl.String()
_INT = pl.Int32()
_NOT_CODED = "the layer was not coded"

_SET = {
    "collection": Column(_STRING, "The collection that the topic belongs to.", "topic file"),
    "split": Column(_STRING, "Whether the topic is for training or for tests alone.", "topic file", labels=Split),
}
_AXIS = Column(
    _STRING, "What sides a and b mean across topics; `none`: nothing that other topics share.", "topic file", "not stated"
)
_PLACE = {
    "sentence_id": Column(_STRING, "`<article_id>:<n>`.", "derived"),
    "article_id": Column(_STRING, "The article.", "article.toml `id`"),
    "topic_id": Column(_STRING, "The topic of the article.", "article.toml `topic`"),
    **_SET,
    "n": Column(_INT, "Number of the sentence in its article; the headline is 0.", "article.txt"),
}
_LABEL_COLUMNS = {
    "claim_type": Column(_STRING, "What would settle the claim.", "annotation", _NOT_CODED, LABELS["claim_type"]),
    "attribution": Column(_STRING, "Whose words state the claim.", "annotation", _NOT_CODED, LABELS["attribution"]),
    "source_type": Column(
        _STRING, "What kind of source it is.", "annotation", "the author's own voice, or not coded", LABELS["source_type"]
    ),
    "source_perspective": Column(
        _STRING,
        "Side of the party whose account the sentence gives.",
        "annotation, by the party's side",
        _NOT_CODED,
        LABELS["source_perspective"],
    ),
    "perspective_party": Column(_STRING, "The party whose account the sentence gives.", "annotation", "neutral, or not coded"),
    "source_party": Column(_STRING, "The party that the source belongs to or speaks for.", "annotation", "none, or not coded"),
    "stance": Column(
        STANCE, "Stance toward each party that the sentence refers to: -1 bad, 0 neither, 1 good.", "annotation", _NOT_CODED
    ),
    "facts": Column(pl.List(pl.String), "The facts of the topic that the sentence reports.", "annotation", _NOT_CODED),
    "loaded_words": Column(_INT, "How many words of the sentence are in loaded spans.", "derived from spans", _NOT_CODED),
    "loaded_at": Column(pl.List(_INT), "The numbers of these words in the sentence, from 0.", "derived from spans", _NOT_CODED),
    "spans": Column(
        SPANS,
        "Marked words; `start` and `end` are half-open code-point offsets into article.txt, `ref` the party, fact or target. "
        "Where the text is withheld, `text` is null.",
        "annotation, located in article.txt",
    ),
    "decided_by": Column(
        DECIDED_BY,
        "The rules of the codebook that decided the layers on which coders differed.",
        "annotation",
        "not stated, as when coders agreed",
    ),
}

FRAMES: dict[str, dict[str, Column]] = {
    "sentences": {
        **_PLACE,
        "unit": Column(_STRING, "Headline or body.", "article.txt", labels=Unit),
        "paragraph": Column(_INT, "Number of the paragraph; the headline is 0.", "article.txt"),
        "start": Column(_INT, "First code point of the sentence in article.txt.", "article.txt"),
        "end": Column(_INT, "One past the last code point of the sentence.", "article.txt"),
        "text": Column(_STRING, "The sentence.", "article.txt", "the text is withheld"),
        "n_words": Column(_INT, "Number of words of the sentence: runs between white space.", "article.txt"),
        "repeats_headline": Column(
            pl.Boolean(),
            "Whether the sentence only repeats the headline, so that measures may leave it out.",
            "article.toml",
            "not stated",
        ),
        **_LABEL_COLUMNS,
        "n_annotators": Column(_INT, "How many coders labelled the sentence; gold is not counted.", "annotations"),
        "reliability": Column(
            RELIABILITY,
            "For each layer, the share of coders whose label equals the gold one; null unless gold and a coder coded it.",
            "derived from annotations",
        ),
    },
    "annotations": {
        **_PLACE,
        "annotator_id": Column(_STRING, "The annotator; `gold` for the adjudicated labels.", "article.toml `annotator`"),
        "annotator_kind": Column(
            _STRING,
            "Kind of annotator: a person, a model, or the adjudicated labels.",
            "article.toml `annotator`",
            labels=AnnotatorKind,
        ),
        **_LABEL_COLUMNS,
        "scores": Column(SCORES, "Ratings that the codebook does not have (imported corpora).", "annotation"),
        "note": Column(_STRING, "A doubt of the coder, or the rule that decided.", "annotation", "nothing noted"),
    },
    "articles": {
        "article_id": Column(_STRING, "The article.", "article.toml `id`"),
        "topic_id": Column(_STRING, "Its topic.", "article.toml `topic`"),
        **_SET,
        "topic_title": Column(_STRING, "The topic in words.", "topic file `title`"),
        "axis": _AXIS,
        "title": Column(_STRING, "The headline.", "article.toml"),
        "outlet": Column(_STRING, "The outlet that published the text.", "article.toml", "not known"),
        "author": Column(_STRING, "The author as named by the outlet.", "article.toml", "not known"),
        "published": Column(pl.Date(), "Day of publication.", "article.toml", "not known"),
        "url": Column(_STRING, "Address of the text.", "article.toml", "not known"),
        "language": Column(_STRING, "Language of the text, as a BCP 47 tag.", "article.toml"),
        "origin": Column(_STRING, "Published, or constructed as a control.", "article.toml", labels=Origin),
        "corpus": Column(_STRING, "The published corpus that has the text.", "article.toml", "none, or not known"),
        "corpus_id": Column(_STRING, "The text's id in that corpus.", "article.toml", "none, or not known"),
        "agency": Column(_STRING, "The news agency whose copy the text is.", "article.toml", "no agency's, or not known"),
        "license": Column(_STRING, "Licence of the text.", "article.toml", "not known: rights remain with their holder"),
        "annotations_license": Column(_STRING, "Licence of the annotations.", "article.toml", "not stated"),
        "includes_text": Column(
            pl.Boolean(),
            "Whether the bank has the text; false: it is withheld.",
            "article.toml",
        ),
        "source_sha256": Column(_STRING, "SHA-256 of the text as received.", "article.toml", "the text is withheld"),
        "n_sentences": Column(_INT, "Number of sentences, the headline counted.", "article.txt"),
        "n_words": Column(_INT, "Number of words: runs between white space.", "article.txt"),
        "details": Column(DETAILS, "Further properties of the article, from the corpus that it was imported from.", "article.toml"),
        "annotators": Column(
            ANNOTATORS,
            "The annotators. `facts` lists the facts that an annotator was asked about; null: all of the topic.",
            "article.toml `annotator`",
        ),
        "note": Column(_STRING, "What else is known about the text.", "article.toml", "nothing noted"),
    },
    "parties": {
        "topic_id": Column(_STRING, "The topic.", "topic file `id`"),
        **_SET,
        "axis": _AXIS,
        "party_id": Column(_STRING, "The party.", "topic file `party.id`"),
        "name": Column(_STRING, "Its name.", "topic file"),
        "aliases": Column(pl.List(pl.String), "Other names and borderline members.", "topic file"),
        "side": Column(_STRING, "The party's side in the dispute.", "topic file", labels=Side),
        "role": Column(_STRING, "What kind of party it is.", "topic file", "not stated", Role),
    },
    "facts": {
        "topic_id": Column(_STRING, "The topic.", "topic file `id`"),
        **_SET,
        "fact_id": Column(_STRING, "The fact.", "topic file `fact.id`"),
        "text": Column(_STRING, "The fact, stated neutrally.", "topic file"),
        "since": Column(pl.Date(), "Day from which the fact could be known.", "topic file", "from the start, or not stated"),
        "favours": Column(_STRING, "The side that a report of the fact helps.", "topic file", "not stated", Favours),
        "disputed": Column(pl.Boolean(), "Whether the topic marks the fact as disputed.", "topic file"),
        "claimed_by": Column(_STRING, "The party that claims the fact.", "topic file", "not disputed"),
    },
}
"""The columns of each frame, in order. The first frame is the default config of the dataset."""


KEYS: dict[str, tuple[str, ...]] = {
    "sentences": ("article_id", "n"),
    "annotations": ("article_id", "n", "annotator_id"),
    "articles": ("article_id",),
    "parties": ("topic_id", "party_id"),
    "facts": ("topic_id", "fact_id"),
}
"""For each frame, the columns that identify a row and by which rows are sorted."""


def dtypes(frame: str) -> pl.Schema:
    """Return the polars schema of a frame.

    >>> dtypes("facts")["text"]
    String
    """
    return pl.Schema({name: column.dtype for name, column in FRAMES[frame].items()})


@dataclass(frozen=True)
class FrameRule:
    """A rule of a frame: its column, and an expression that is true in every row that keeps the rule."""

    column: str
    holds: pl.Expr


def _order(*keys: str) -> pl.Expr:
    """Whether rows increase strictly by the keys, so that no two rows share them."""
    greater = pl.lit(False)
    for key in reversed(keys):
        column, before = pl.col(key), pl.col(key).shift()
        greater = (column > before) | ((column == before) & greater)
    return (pl.int_range(pl.len()) == 0) | greater


def _every(column: str, test: pl.Expr) -> pl.Expr:
    """Whether `test` holds for every element of a list column; true of empty and null lists."""
    return pl.col(column).list.eval(test).list.all().fill_null(True)


def _labels(frame: str) -> dict[str, FrameRule]:
    return {
        f"{name} is a label": FrameRule(name, pl.col(name).is_null() | pl.col(name).is_in([str(label) for label in column.labels]))
        for name, column in FRAMES[frame].items()
        if column.labels is not None
    }


def _id(column: str) -> FrameRule:
    return FrameRule(column, pl.col(column).str.contains(ID_PATTERN))


_SAME = pl.col("article_id") == pl.col("article_id").shift()
_ELEMENT = pl.element().struct
_LABEL_RULES = {
    "sentence_id is article_id:n": FrameRule("sentence_id", pl.col("sentence_id") == pl.format("{}:{}", "article_id", "n")),
    "the author's own voice has no source type": FrameRule(
        "source_type", pl.col("source_type").is_null() | (pl.col("attribution") != "author").fill_null(True)
    ),
    "the author's own voice has no source party": FrameRule(
        "source_party", pl.col("source_party").is_null() | (pl.col("attribution") != "author").fill_null(True)
    ),
    "a perspective that is not neutral has a party": FrameRule(
        "perspective_party",
        pl.col("perspective_party").is_null() == (pl.col("source_perspective").fill_null("neutral") == Perspective.NEUTRAL.value),
    ),
    "stance is -1, 0 or 1": FrameRule(
        "stance",
        _every("stance", _ELEMENT.field("value").is_between(-1, 1).fill_null(False) & _ELEMENT.field("party").is_not_null()),
    ),
    "stance names a party once": FrameRule(
        "stance",
        (pl.col("stance").list.eval(_ELEMENT.field("party")).list.n_unique() == pl.col("stance").list.len()).fill_null(True),
    ),
    "facts are named once": FrameRule(
        "facts",
        ((pl.col("facts").list.n_unique() == pl.col("facts").list.len()) & _every("facts", pl.element().is_not_null())).fill_null(
            True
        ),
    ),
    "loaded_words counts loaded_at": FrameRule("loaded_words", pl.col("loaded_words").eq_missing(pl.col("loaded_at").list.len())),
    "loaded_at rises from 0": FrameRule(
        "loaded_at",
        _every("loaded_at", (pl.element() >= 0) & (pl.element() > pl.element().shift().fill_null(-1)).fill_null(False)),
    ),
    "a span is of a known layer": FrameRule(
        "spans", _every("spans", _ELEMENT.field("layer").is_in([str(layer) for layer in SpanLayer]).fill_null(False))
    ),
    "a span has as many code points as its text": FrameRule(
        "spans",
        _every(
            "spans",
            (_ELEMENT.field("end") - _ELEMENT.field("start") == _ELEMENT.field("text").str.len_chars()).fill_null(
                _ELEMENT.field("text").is_null()
            )
            & (_ELEMENT.field("start") < _ELEMENT.field("end")).fill_null(False),
        ),
    ),
}

RULES: dict[str, dict[str, FrameRule]] = {
    "sentences": {
        "rows are in order, none twice": FrameRule("article_id", _order(*KEYS["sentences"])),
        "numbers run from 0": FrameRule(
            "n", pl.when(_SAME).then(pl.col("n") == pl.col("n").shift() + 1).otherwise(pl.col("n") == 0)
        ),
        "sentence 0 is the headline": FrameRule("unit", (pl.col("unit") == Unit.HEADLINE.value) == (pl.col("n") == 0)),
        "paragraphs run from 0": FrameRule(
            "paragraph",
            pl.when(_SAME)
            .then((pl.col("paragraph") - pl.col("paragraph").shift()).is_between(0, 1))
            .otherwise(pl.col("paragraph") == 0),
        ),
        "sentences do not overlap": FrameRule(
            "start", pl.when(_SAME).then(pl.col("start") > pl.col("end").shift()).otherwise(pl.col("start") >= 0)
        ),
        "end - start is the length of the text": FrameRule(
            "end", (pl.col("end") - pl.col("start") == pl.col("text").str.len_chars()).fill_null(pl.col("end") > pl.col("start"))
        ),
        "text is one line, not blank": FrameRule(
            "text",
            # four times as fast as the regular expression ^\s|\s$|\n|^$
            (pl.col("text").str.strip_chars().str.len_bytes() == pl.col("text").str.len_bytes()).fill_null(True)
            & ~pl.col("text").str.contains("\n", literal=True).fill_null(False)
            & (pl.col("text") != "").fill_null(True),
        ),
        "a sentence has words": FrameRule("n_words", pl.col("n_words") > 0),
        "loaded_at numbers words of the sentence": FrameRule(
            "loaded_at", (pl.col("loaded_at").list.max() < pl.col("n_words")).fill_null(True)
        ),
        **_LABEL_RULES,
        "a span lies in its sentence": FrameRule(
            "spans",
            (pl.col("spans").list.eval(_ELEMENT.field("start")).list.min() >= pl.col("start")).fill_null(True)
            & (pl.col("spans").list.eval(_ELEMENT.field("end")).list.max() <= pl.col("end")).fill_null(True),
        ),
        "n_annotators is not negative": FrameRule("n_annotators", pl.col("n_annotators") >= 0),
        "reliability is a share": FrameRule(
            "reliability",
            pl.all_horizontal(pl.col("reliability").struct.field(layer.value).is_between(0, 1).fill_null(True) for layer in Layer),
        ),
        **_labels("sentences"),
    },
    "annotations": {
        "rows are in order, none twice": FrameRule("article_id", _order(*KEYS["annotations"])),
        "n is not negative": FrameRule("n", pl.col("n") >= 0),
        **_LABEL_RULES,
        **_labels("annotations"),
    },
    "articles": {
        "rows are in order, none twice": FrameRule("article_id", _order(*KEYS["articles"])),
        "article_id is an id": _id("article_id"),
        "published is a day that news can have": FrameRule("published", (pl.col("published") >= FIRST_NEWS).fill_null(True)),
        "source_sha256 is a hash, where the text is here": FrameRule(
            "source_sha256", pl.col("source_sha256").str.contains(r"^[0-9a-f]{64}$").fill_null(~pl.col("includes_text"))
        ),
        "an article has sentences and words": FrameRule("n_sentences", (pl.col("n_sentences") > 0) & (pl.col("n_words") > 0)),
        **_labels("articles"),
    },
    "parties": {
        "rows are in order, none twice": FrameRule("topic_id", _order(*KEYS["parties"])),
        "party_id is an id": _id("party_id"),
        **_labels("parties"),
    },
    "facts": {
        "rows are in order, none twice": FrameRule("topic_id", _order(*KEYS["facts"])),
        "fact_id is an id": _id("fact_id"),
        "since is a day that news can have": FrameRule("since", (pl.col("since") >= FIRST_NEWS).fill_null(True)),
        "what is disputed is claimed by a party": FrameRule("claimed_by", pl.col("claimed_by").is_not_null() == pl.col("disputed")),
        **_labels("facts"),
    },
}
"""The rules of each frame by name. A frame built from files that `check` passes keeps all of them."""


@cache
def model(frame: str) -> "pa.DataFrameSchema":
    """Return the pandera schema of a frame: strict in columns and order, with every rule as a check of its column."""
    import pandera.polars as pa

    def checks(name: str) -> list["pa.Check"]:
        # a rule sees the whole frame, and pandera wants one truth value a row
        return [
            pa.Check(lambda data, holds=rule.holds: data.lazyframe.select(holds.fill_null(False)), name=title, error=title)
            for title, rule in RULES[frame].items()
            if rule.column == name
        ]

    return pa.DataFrameSchema(
        {
            name: pa.Column(column.dtype, checks(name), nullable=column.nullable, description=column.meaning)
            for name, column in FRAMES[frame].items()
        },
        strict=True,
        ordered=True,
        name=frame,
    )


def validate(frame: str, data: pl.DataFrame) -> pl.DataFrame:
    """Return the frame if pandera finds it valid. Raises pandera.errors.SchemaErrors with all failures otherwise."""
    return model(frame).validate(data, lazy=True)


@dataclass(frozen=True)
class Failure:
    """A row of a frame that breaks a rule."""

    frame: str
    rule: str
    column: str
    row: int


def failures(frame: str, data: pl.DataFrame) -> list[Failure]:
    """Return every row that breaks a rule, with the rule: the same verdict as `validate`, in one pass and without pandera.

    Raises polars.exceptions.SchemaError if the frame has other columns or types than its schema.
    """
    _check_types(frame, data)
    # a lazy query computes expressions that several rules share only once
    return _broken(frame, data.lazy().select(**_tests(frame)).collect())


def _tests(frame: str) -> dict[str, pl.Expr]:
    """Return every rule by its title, and for columns without nulls the rule that says so: true or false in every row."""
    never = {f"{name} is never null": pl.col(name).is_not_null() for name, column in FRAMES[frame].items() if not column.nullable}
    return {title: rule.holds.fill_null(False) for title, rule in RULES[frame].items()} | never


def _check_types(frame: str, data: pl.DataFrame) -> None:
    if data.schema != dtypes(frame):
        raise pl.exceptions.SchemaError(f"{frame} has other columns or types than its schema: {data.schema}")


def _broken(frame: str, verdicts: pl.DataFrame) -> list[Failure]:
    columns = {title: rule.column for title, rule in RULES[frame].items()}
    columns |= {f"{name} is never null": name for name in FRAMES[frame]}
    broken = (verdict for verdict in verdicts if not verdict.all())
    return [
        Failure(frame, verdict.name, columns[verdict.name], row) for verdict in broken for row in (~verdict).arg_true().to_list()
    ]


def failures_in(frame: str, path: Path, rows: int = 64_000) -> Iterator[Failure]:
    """Yield the failures of a frame in a Parquet file by row, reading `rows` at a time, so that memory does not grow with the file.

    Rules look back one row at most, so each batch is judged after the last row of the batch before. Raises as `failures`
    does.
    """
    before, tests = pl.DataFrame(schema=pl.read_parquet_schema(path)), _tests(frame)
    _check_types(frame, before)
    start = 0
    for batch in pl.scan_parquet(path).collect_batches(chunk_size=rows, maintain_order=True):
        data = pl.concat([before, batch])
        # not lazily: for so few rows, planning the query takes longer than it saves
        broken = (replace(failure, row=failure.row - before.height) for failure in _broken(frame, data.select(**tests)))
        yield from sorted(
            (replace(failure, row=start + failure.row) for failure in broken if failure.row >= 0), key=attrgetter("row")
        )
        start += batch.height
        before = batch.tail(1)


REFERENCES: tuple[tuple[str, str, str, pl.Expr], ...] = (
    ("facts", "claimed_by", "parties", pl.col("claimed_by")),
    *(
        (frame, column, registry, key)
        for frame in ("sentences", "annotations")
        for column, registry, key in (
            ("article_id", "articles", pl.col("article_id")),
            ("perspective_party", "parties", pl.col("perspective_party")),
            ("source_party", "parties", pl.col("source_party")),
            ("stance", "parties", pl.col("stance").list.eval(_ELEMENT.field("party"))),
            ("facts", "facts", pl.col("facts")),
        )
    ),
)
"""References between frames: frame, column, the frame that it refers to, and the expression of the ids in the column."""


def dangling(frames: dict[str, pl.DataFrame]) -> list[Failure]:
    """Return every row that contradicts another frame: its article, party or fact is missing there, or its words are withheld."""
    broken = list(_withheld(frames))
    for frame, column, registry, key in REFERENCES:
        used = frames[frame].select(pl.int_range(pl.len()).alias("row"), "topic_id", key.alias("id"))
        if isinstance(used.schema["id"], pl.List):
            used = used.explode("id")
        id_column = {"articles": "article_id", "parties": "party_id", "facts": "fact_id"}[registry]
        ids = frames[registry].select("topic_id", pl.col(id_column).alias("id"))
        missing = used.drop_nulls("id").join(ids, on=["topic_id", "id"], how="anti")
        title = f"{column} is in {registry}"
        broken += [Failure(frame, title, column, row) for row in missing["row"].unique().sort().to_list()]
    return broken


_WORDS = {
    "text": pl.col("text").is_not_null(),
    "spans": pl.col("spans").list.eval(_ELEMENT.field("text").is_not_null()),
}


def _withheld(frames: dict[str, pl.DataFrame]) -> Iterator[Failure]:
    """Yield every row that has words of a withheld text, or lacks the words of a text that the bank has."""
    here = frames["articles"].select("article_id", "includes_text")
    for frame, column in (("sentences", "text"), ("sentences", "spans"), ("annotations", "spans")):
        rows = frames[frame].select(pl.int_range(pl.len()).alias("row"), "article_id", words=_WORDS[column])
        rows = rows.explode("words") if column == "spans" else rows
        wrong = rows.drop_nulls("words").join(here, on="article_id").filter(pl.col("words") != pl.col("includes_text"))
        title = f"{column} has words, unless the text is withheld"
        yield from (Failure(frame, title, column, row) for row in wrong["row"].unique().sort())
