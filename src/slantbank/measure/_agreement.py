"""How far coders agree: chance-corrected agreement with intervals, scores against gold, confusions, and who stands apart.

`frames` are those of `schema.FRAMES` by name; `sentences` and `annotations` are used, and the order of their rows does not
matter. Every layer becomes a matrix of units × annotators. A unit is a sentence, but for

- `loaded`: a token (a run of non-space), in a loaded span or not; one that is partly in a span is in it;
- `stance`: a sentence and a party that some coder refers to in it. A coder who leaves the party out gives no value: that is
  missing, and not 0. Whether the party is referred to at all is the layer `mention`;
- `mention`, `facts`, `perspective_party`: a sentence and a party or fact, listed for it or not, for each that some coder lists
  anywhere in the topic. What nobody lists is left out: it would pass for agreement.

Null is missing: the layer was not coded. `source_type` is missing where the author speaks, since whether there is a source is
a matter of `attribution`. The adjudicated labels are no coder's. Parties and facts of one id are pooled over topics; group by
`topic_id` to part them.

Gamma (Mathet, Widlöcher & Métivier 2015) is left out: its one implementation, pygamma-agreement, runs today but has had no
release since March 2024, and pins the solver that it needs to a single version.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from slantbank.codebook import GOLD, LABELS, AnnotatorKind, Layer, SpanLayer, Stance
from slantbank.problem import nearest

Frames = Mapping[str, pl.DataFrame]
Metric = Literal["nominal", "ordinal"]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Codes = NDArray[np.int16]
Flags = NDArray[np.bool_]
Row = dict[str, Any]
Measure = Callable[[Floats], Floats]

FEW = 5
"""With fewer articles their sentences are resampled, and with fewer sentences nothing is.

Four clusters have C(7, 3) = 35 distinct resamples, so that the outer 2.5 % are less than one of them; five have 126.
"""

ALL = "all"
"""The `annotator_kind` of what is measured among the coders of every kind."""

SPANS = {SpanLayer.SOURCE: "attribution", SpanLayer.CUE: "attribution", SpanLayer.LOADED: "loaded_words", SpanLayer.FACT: "facts"}
"""The layers of spans that are compared, each with the column that is null where they were not coded."""

_MISSING = -1

_AGREEMENT = {
    **dict.fromkeys(("annotator_kind", "layer", "item", "measure"), pl.String),
    **dict.fromkeys(("value", "low", "high"), pl.Float64),
    "interval": pl.String,
    **dict.fromkeys(("n_units", "n_coders"), pl.Int64),
    "reason": pl.String,
}
_SCORES = {
    **dict.fromkeys(("layer", "label", "annotator_id", "annotator_kind"), pl.String),
    **dict.fromkeys(("precision", "recall", "f1"), pl.Float64),
    "support": pl.Int64,
    "reason": pl.String,
}
_CONFUSION = {**dict.fromkeys(("layer", "annotator_a", "annotator_b", "a", "b"), pl.String), "count": pl.Int64}
_OUTLIERS = {
    **dict.fromkeys(("layer", "annotator_id", "annotator_kind"), pl.String),
    **dict.fromkeys(("percent_agreement", "alpha", "alpha_without", "gain"), pl.Float64),
    "reason": pl.String,
}


def alpha(ratings: ArrayLike, metric: Metric = "nominal") -> float | None:
    """Krippendorff's alpha of a matrix of units × coders, NaN where a rating is missing; None where it is undefined.

    Units with fewer than two ratings do not count. Alpha is undefined if none is left, or if only one value occurs in them.
    Raises ValueError for another metric. The example is that of Krippendorff (2011), Computing Krippendorff's
    Alpha-Reliability.

    >>> nan = float("nan")
    >>> observers = [
    ...     [1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan],
    ...     [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3],
    ...     [nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan],
    ...     [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan],
    ... ]
    >>> units = list(zip(*observers))
    >>> round(alpha(units), 3), round(alpha(units, "ordinal"), 3)
    (0.743, 0.815)
    """
    if metric not in ("nominal", "ordinal"):
        raise ValueError(f"no metric {metric!r}: choose nominal or ordinal")
    return _or_none(_alpha(_coincidences(_counts(*_codes(ratings))).sum(axis=-1), metric))


def fleiss(ratings: ArrayLike) -> float | None:
    """Fleiss' kappa of a matrix of units × ratings, NaN where one is missing; None where it is undefined.

    It is undefined if the units that were rated differ in their number of ratings or have only one, or if only one value
    occurs. After Fleiss (1971), Measuring nominal scale agreement among many raters.

    >>> round(fleiss([[1, 1], [1, 1], [2, 2], [2, 1]]), 3)
    0.467
    """
    counts = _counts(*_codes(ratings))
    return _or_none(_fleiss(_coincidences(counts).sum(axis=-1))) if _even(counts) else None


def cohen(ratings: ArrayLike) -> float | None:
    """Cohen's kappa of a matrix of units × coders, NaN where a rating is missing: the mean over pairs of coders.

    A pair is compared on the units that both have rated, and left out where its kappa is undefined: if they share no unit, or
    both give one and the same value throughout. None if no pair is left. After Cohen (1960), A coefficient of agreement for
    nominal scales.

    >>> cohen([[1, 1], [1, 1], [2, 2], [2, 1]])
    0.5
    """
    return _cohen(*_codes(ratings))


def agreement(frames: Frames, *, by: str | None = None, replicates: int = 1000, seed: int = 20171) -> pl.DataFrame:
    """Every measure of every layer, among coders of all kinds and of each, over all articles and in each group of `by`.

    One row is one measure:

    - `article_id`, or what `by` names: the group; null is all. `by` is a column of `sentences` that is not nested;
    - `annotator_kind`: the kind of the coders compared, or `all`;
    - `layer`: a layer of the codebook, `mention`, `perspective_party`, or a layer of spans; `item`: the party or fact, null for
      the layer as a whole;
    - `measure`: `alpha`, ordinal for stance and nominal elsewhere; `percent_agreement`, the share of the pairs of ratings of a
      unit that are equal, a unit weighing as many as its ratings; `fleiss_kappa`; `cohen_kappa`, the mean over pairs of coders;
      and of spans `exact_f1` and `overlap_f1`, the share of the spans of either coder of a pair that the other marks too, end
      to end or in part, pooled over pairs (Hripcsak & Rothschild 2005; the spans of facts are compared fact by fact);
    - `value`: null where it is undefined;
    - `low`, `high`: the 95 % percentile interval over `replicates` bootstrap resamples (Zapf et al. 2016; of clusters, Field &
      Welsh 2007), not for Cohen's kappa; null with fewer than `FEW` sentences, and where more than one resample in twenty is
      undefined. With 5 to 10 articles such intervals are known to be too short (Cameron, Gelbach & Miller 2008);
    - `interval`: what was resampled: whole `articles`, or, as there are fewer than `FEW`, `sentences`: such an interval speaks
      of these articles and of no others;
    - `n_units`: units that two coders or more have rated (of spans: sentences); `n_coders`: coders who have rated any;
    - `reason`: why there is no value or no interval.

    Raises ValueError if `by` names no such column.
    """
    data = _read(frames, by)
    ratings, spans = _ratings(data), [_compared(data, layer) for layer in SPANS]
    bootstrap = _Bootstrap(data.article, replicates, seed)

    def measured(first: int, last: int, columns: Flags) -> Iterator[Row]:
        for layer in ratings:
            whole = layer.part(first, last, columns)
            for item, part in [(None, whole), *whole.by_item()]:
                for row in _reliability(part, bootstrap):
                    yield {"layer": layer.layer, "item": item, **row}
        for marked in spans:
            for row in _span_f1(marked.part(first, last, columns), bootstrap):
                yield {"layer": marked.layer, **row}

    rows: list[Row] = []
    for group, first, last in data.groups:
        found: dict[bytes, list[Row]] = {}
        for kind, columns in data.kinds.items():
            if (key := columns.tobytes()) not in found:  # often all coders are of one kind
                found[key] = list(measured(first, last, columns))
            rows += [{data.by: group, "annotator_kind": kind, **row} for row in found[key]]
    return pl.DataFrame(rows, {data.by: data.sentences.schema[data.by], **_AGREEMENT}, orient="row")


def scores(frames: Frames) -> pl.DataFrame:
    """Precision, recall and F1 of each coder against gold: one row a layer, label and coder, if either of the two gives it.

    Units are those that both have rated, and `support` is the number of them to which gold gives the label. Of what is listed
    or not, the label is the party or fact, and of tokens it is `loaded`. `precision` is null where the coder never gives the
    label, and `recall` where gold never does; `reason` says so.
    """
    data = _read(frames)
    rows: list[Row] = []
    for layer in _ratings(data):
        for item, units in layer.by_item() if layer.listed else [(None, layer)]:
            labels = dict(enumerate(layer.labels)) or {1: item or layer.layer}
            for coder, gold in data.against_gold:
                table = _crosstab(units.values[coder], units.values[gold], units.k)
                for code, label in labels.items():
                    given, support, hits = int(table[code].sum()), int(table[:, code].sum()), int(table[code, code])
                    if given or support:
                        rows.append(
                            {
                                "layer": layer.layer,
                                "label": label,
                                **data.annotators[coder],
                                "precision": hits / given if given else None,
                                "recall": hits / support if support else None,
                                "f1": 2 * hits / (given + support),
                                "support": support,
                                "reason": None if given and support else f"{'the coder' if support else 'gold'} never gives it",
                            }
                        )
    return pl.DataFrame(rows, _SCORES, orient="row")


def confusion(frames: Frames) -> pl.DataFrame:
    """How often, of the units that two annotators rate, one says `a` and the other `b`: one row a layer, pair, `a` and `b`.

    Pairs are those of coders, in the order of their ids, and of each coder with gold, which is then `annotator_b`. Labels are
    those of the codebook and the values of stance; what does not occur has no row.
    """
    data = _read(frames)
    pairs = [*combinations(np.flatnonzero(data.coders).tolist(), 2), *data.against_gold]
    rows = [
        {
            "layer": layer.layer,
            "annotator_a": data.annotators[first]["annotator_id"],
            "annotator_b": data.annotators[second]["annotator_id"],
            "a": layer.labels[a],
            "b": layer.labels[b],
            "count": int(table[a, b]),
        }
        for layer in _ratings(data)
        if layer.labels
        for first, second in pairs
        for table in [_crosstab(layer.values[first], layer.values[second], layer.k)]
        for a, b in np.argwhere(table).tolist()
    ]
    return pl.DataFrame(rows, _CONFUSION, orient="row")


def outliers(frames: Frames) -> pl.DataFrame:
    """How far each coder stands apart: one row a layer and coder, the one whose leaving raises alpha most first in each layer.

    `percent_agreement` is the share of the others' ratings of the same units that equal the coder's; `alpha` is that of all
    coders, `alpha_without` that of the others, and `gain` the difference, null where either is undefined, and `reason` says so.
    The rows at the top, where `layer` is null, are the means over layers; those of alpha, over layers that have a gain.
    """
    data = _read(frames)
    rows: list[Row] = []
    for layer in _ratings(data):
        if layer.layer not in set(Layer):  # the others are views of these
            continue
        together = layer.part(0, len(data.sentences), data.coders)
        whole = together.alpha()
        for place, column in enumerate(np.flatnonzero(data.coders)):
            if (together.values[place] == _MISSING).all():
                continue
            others = data.coders & (np.arange(len(data.coders)) != column)
            without = layer.part(0, len(data.sentences), others).alpha()
            gain = None if whole is None or without is None else without - whole
            rows.append(
                {
                    "layer": layer.layer,
                    **data.annotators[column],
                    "percent_agreement": together.agreed(place),
                    "alpha": whole,
                    "alpha_without": without,
                    "gain": gain,
                    "reason": "alpha is undefined with or without the coder" if gain is None else None,
                }
            )
    layers = pl.DataFrame(rows, _OUTLIERS, orient="row")
    defined = pl.col("gain").is_not_null()
    means = layers.group_by("annotator_id", "annotator_kind").agg(
        pl.col("percent_agreement").mean(),
        pl.col("alpha", "alpha_without", "gain").filter(defined).mean(),
        pl.col("reason").filter(~defined.any()).first(),
    )
    order = {layer.value: place for place, layer in enumerate(Layer)}
    return (
        pl.concat([layers, means], how="diagonal")
        .with_columns(place=pl.col("layer").replace_strict(order, default=-1), loss=-pl.col("gain"))
        .sort("place", "loss", "percent_agreement", "annotator_id", "annotator_kind", nulls_last=True)
        .select(*_OUTLIERS)
    )


@dataclass(frozen=True)
class _Data:
    """The frames as they are needed here: sentences in order, with their place as `row`, and labels with row and annotator.

    `article` numbers the article of each sentence. `groups` are those of `by`, each with its first row and the row after its
    last, and before them all. `kinds` says which annotators are the coders of a kind.
    """

    by: str
    sentences: pl.DataFrame
    labels: pl.DataFrame
    annotators: list[Row]
    article: Ints
    groups: list[tuple[Any, int, int]]
    kinds: dict[str, Flags]

    @property
    def coders(self) -> Flags:
        """Which annotators are coders."""
        return self.kinds[ALL]

    @property
    def against_gold(self) -> list[tuple[int, int]]:
        """Each coder with gold, where there is gold."""
        golds = [column for column, one in enumerate(self.annotators) if one["annotator_id"] == GOLD]
        return [(coder, gold) for coder in np.flatnonzero(self.coders).tolist() for gold in golds]


def _read(frames: Frames, by: str | None = None) -> _Data:
    name = by or "article_id"
    choices = [column for column, dtype in frames["sentences"].schema.items() if not dtype.is_nested()]
    if name not in choices:
        raise ValueError(f"no column {name!r} to group by: {nearest(name, choices)}")
    sentences = frames["sentences"].sort(name, "article_id", "n").with_row_index("row")
    who = ["annotator_id", "annotator_kind"]
    annotators = frames["annotations"].select(who).unique().sort(who)
    labels = (
        frames["annotations"]
        .join(sentences.select("sentence_id", "row"), on="sentence_id")
        .join(annotators.with_row_index("annotator"), on=who)
    )
    groups: list[tuple[Any, int, int]] = [(None, 0, len(sentences))]
    if by:
        bounds = pl.col("row").min().alias("first"), pl.col("row").max().alias("last") + 1
        groups += sentences.drop_nulls(by).group_by(by, maintain_order=True).agg(bounds).rows()
    kind = annotators["annotator_kind"]
    kinds = {ALL: (kind != AnnotatorKind.ADJUDICATED).to_numpy()}
    kinds |= {str(one): (kind == one).to_numpy() for one in AnnotatorKind if one != AnnotatorKind.ADJUDICATED and one in kind}
    return _Data(name, sentences, labels, annotators.to_dicts(), _numbered(sentences["article_id"])[0], groups, kinds)


def _numbered(names: pl.Series) -> tuple[Ints, tuple[str, ...]]:
    """Each name as its place in the sorted names, and those."""
    known = names.unique().sort()
    return _ints(names.cast(pl.Enum(known)).to_physical()), tuple(known)


def _ints(numbers: pl.Series) -> Ints:
    return numbers.cast(pl.Int64).to_numpy()


@dataclass(frozen=True)
class _Ratings:
    """A layer as a matrix of annotators × units, -1 where a rating is missing.

    A value is a place in `labels`; without labels it is 1 or 0: listed or not, loaded or not. `sentence` is the row of the
    unit's sentence, increasing, and `item` its party or fact as a place in `items`, if the layer has those.
    """

    layer: str
    values: Codes
    sentence: Ints
    item: Ints
    items: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    metric: Metric = "nominal"

    @property
    def k(self) -> int:
        """How many values there are."""
        return len(self.labels) or 2

    @property
    def listed(self) -> bool:
        """Whether a value says that an item is listed."""
        return bool(self.items) and not self.labels

    def where(self, units: Ints) -> "_Ratings":
        """Some of the units."""
        values = np.take(self.values, units, axis=1)  # unlike values[:, units] it keeps each annotator's values side by side
        return replace(self, values=values, sentence=self.sentence[units], item=self.item[units])

    def part(self, first: int, last: int, columns: Flags) -> "_Ratings":
        """Some sentences and annotators: the units that one of them has rated, and the items that one of them has listed."""
        here = slice(*np.searchsorted(self.sentence, (first, last)))
        found = replace(self, values=self.values[columns, here], sentence=self.sentence[here], item=self.item[here])
        rated = (found.values != _MISSING).any(axis=0)
        if self.listed:
            rated &= np.isin(found.item, found.item[(found.values == 1).any(axis=0)])
        return found.where(np.flatnonzero(rated))

    def by_item(self) -> Iterator[tuple[str, "_Ratings"]]:
        """The units of each party or fact, where the layer has those."""
        order = np.argsort(self.item, kind="stable")
        for units in np.split(order, np.flatnonzero(np.diff(self.item[order])) + 1):
            if self.items and len(units):
                yield self.items[self.item[units[0]]], self.where(units)

    def alpha(self) -> float | None:
        """Krippendorff's alpha."""
        return _or_none(_alpha(_coincidences(_counts(self.values, self.k)).sum(axis=-1), self.metric))

    def agreed(self, column: int) -> float | None:
        """The share of the other annotators' ratings that equal an annotator's rating of the unit."""
        own = self.values[column]
        rated = np.flatnonzero(own != _MISSING)
        counts = _counts(self.values[:, rated], self.k)
        others = counts.sum() - len(rated)
        return float((counts[own[rated], np.arange(len(rated))] - 1).sum() / others) if others else None


def _ratings(data: _Data) -> list[_Ratings]:
    """The layers, in the order of the codebook."""
    perspective = pl.when(pl.col("source_perspective").is_not_null()).then(pl.concat_list("perspective_party").list.drop_nulls())
    return [
        *(_labelled(data, layer) for layer in LABELS),
        _listed(data, "perspective_party", perspective),
        _stance(data),
        _listed(data, "mention", pl.col("stance").list.eval(pl.element().struct.field("party"))),
        _tokens(data),
        _listed(data, "facts", pl.col("facts")),
    ]


def _labelled(data: _Data, layer: str) -> _Ratings:
    labels = tuple(str(label) for label in LABELS[layer])
    given = data.labels.select("row", "annotator", value=pl.col(layer).cast(pl.Enum(labels)).to_physical()).drop_nulls()
    n = len(data.sentences)
    values = _matrix(n, data, given.rename({"row": "unit"}))
    return _Ratings(layer, values, np.arange(n), np.zeros(n, np.int64), labels=labels)


def _stance(data: _Data) -> _Ratings:
    given = data.labels.select("row", "annotator", "stance").explode("stance").unnest("stance").drop_nulls("party")
    units = given.select("row", "party").unique().sort("row", "party").with_row_index("unit")
    values = _matrix(len(units), data, given.join(units, on=["row", "party"]).with_columns(pl.col("value") - int(min(Stance))))
    labels = tuple(str(int(value)) for value in sorted(Stance))
    return _Ratings(Layer.STANCE.value, values, _ints(units["row"]), *_numbered(units["party"]), labels, "ordinal")


def _matrix(n_units: int, data: _Data, given: pl.DataFrame) -> Codes:
    values = np.full((len(data.annotators), n_units), _MISSING, np.int16)
    values[given["annotator"], given["unit"]] = given["value"]
    return values


def _coded(data: _Data, by: pl.Expr) -> Codes:
    """Annotators × sentences: 0, or -1 where a column is null, so that the layer was not coded."""
    return _matrix(len(data.sentences), data, data.labels.filter(by.is_not_null()).select("annotator", unit="row", value=0))


def _listed(data: _Data, layer: str, names: pl.Expr) -> _Ratings:
    """Sentences and each name that an annotator lists anywhere in the topic; `names` is a list, null where not coded."""
    topics = data.sentences.select("topic_id", "row")
    listed = data.labels.select("row", "annotator", name=names).explode("name").drop_nulls("name")
    known = listed.join(topics, on="row").select("topic_id", "name").unique()
    units = topics.join(known, on="topic_id").sort("row", "name").with_row_index("unit")
    listed = listed.join(units, on=["row", "name"])
    values = np.take(_coded(data, names), units["row"], axis=1)
    values[listed["annotator"], listed["unit"]] = 1
    return _Ratings(layer, values, _ints(units["row"]), *_numbered(units["name"]))


def _tokens(data: _Data) -> _Ratings:
    words = _ints(data.sentences["n_words"])
    row = np.repeat(np.arange(len(words)), words)
    values = np.take(_coded(data, pl.col("loaded_at")), row, axis=1)
    loaded = data.labels.select("row", "annotator", "loaded_at").explode("loaded_at").drop_nulls()
    first = np.cumsum(words) - words
    values[loaded["annotator"], first[loaded["row"]] + _ints(loaded["loaded_at"])] = 1
    return _Ratings(Layer.LOADED.value, values, row, np.zeros(len(row), np.int64))


def _marked(data: _Data, layer: SpanLayer) -> pl.DataFrame:
    """The spans of a layer, each once, of the annotators who coded it; `ref` is the fact."""
    return (
        data.labels.filter(pl.col(SPANS[layer]).is_not_null())
        .select("row", "annotator", "spans")
        .explode("spans")
        .unnest("spans")
        .filter(pl.col("layer") == layer)
        .select("row", "annotator", "start", "end", ref=pl.col("ref") if layer is SpanLayer.FACT else pl.lit(""))
        .unique()
        .sort("row", "annotator", "start", "end", "ref")
    )


@dataclass(frozen=True)
class _Spans:
    """The spans of a layer, each with each other annotator who coded its sentence: whether that one has marked it too.

    `met` is 3 × spans: marked from end to end, marked in part, and 1. `coded` is annotators × sentences.
    """

    layer: str
    coded: Flags
    sentence: Ints
    marker: Ints
    other: Ints
    met: Floats

    def part(self, first: int, last: int, columns: Flags) -> "_Spans":
        """Some sentences and annotators."""
        here = np.arange(*np.searchsorted(self.sentence, (first, last)))
        here = here[columns[self.marker[here]] & columns[self.other[here]]]
        return _Spans(
            self.layer,
            coded=self.coded[columns, first:last],
            sentence=self.sentence[here],
            marker=self.marker[here],
            other=self.other[here],
            met=self.met[:, here],
        )


def _compared(data: _Data, layer: SpanLayer) -> _Spans:
    marked = _marked(data, layer)
    coded = data.labels.filter(pl.col(SPANS[layer]).is_not_null())
    theirs = marked.rename({"annotator": "other", "start": "their_start", "end": "their_end"})
    pairs = (
        marked.with_row_index("span")
        .join(coded.select("row", other="annotator"), on="row")
        .filter(pl.col("annotator") != pl.col("other"))
        .join(theirs, on=["row", "other", "ref"], how="left")
        .group_by("span", "row", "annotator", "other")
        .agg(
            exact=((pl.col("start") == pl.col("their_start")) & (pl.col("end") == pl.col("their_end"))).any(),
            overlap=((pl.col("start") < pl.col("their_end")) & (pl.col("end") > pl.col("their_start"))).any(),
            spans=pl.lit(1),
        )
        .sort("span", "other")
    )
    return _Spans(
        layer.value,
        coded=_coded(data, pl.col(SPANS[layer])) != _MISSING,
        sentence=_ints(pairs["row"]),
        marker=_ints(pairs["annotator"]),
        other=_ints(pairs["other"]),
        met=pairs.select(pl.col("exact", "overlap", "spans").cast(pl.Float64)).to_numpy().T,
    )


@dataclass(frozen=True)
class _Bootstrap:
    """How intervals are made: the article of each sentence, how many resamples, and the seed of their random numbers."""

    article: Ints
    replicates: int
    seed: int

    def estimates(self, tables: Floats, sentence: Ints, measures: Mapping[str, Measure], undefined: str) -> dict[str, Row]:
        """Value and interval of measures of a sum of tables, one a unit (the last axis); `undefined` is why a value is NaN."""
        clusters, interval = self.clusters(tables, sentence)
        draws = self.resample(clusters) if interval and self.replicates else None
        rows: dict[str, Row] = {}
        for name, measure in measures.items():
            row: Row = {"value": _or_none(measure(tables.sum(axis=-1)))}
            rows[name] = row
            if row["value"] is None:
                row["reason"] = undefined
            elif draws is not None:
                values = measure(draws)
                values = values[~np.isnan(values)]
                if len(values) < 0.95 * self.replicates:
                    row["reason"] = "no interval: undefined in more than one resample of twenty"
                else:
                    low, high = np.percentile(values, (2.5, 97.5)).tolist()
                    row |= {"low": low, "high": high, "interval": interval}
            elif self.replicates:
                row["reason"] = f"no interval: fewer than {FEW} sentences"
        return rows

    def clusters(self, tables: Floats, sentence: Ints) -> tuple[Floats, str | None]:
        """The tables (now the first axis) summed by article, or by sentence where articles are few; None: those are few too."""
        for name, cluster in (("articles", self.article[sentence]), ("sentences", sentence)):
            order = np.argsort(cluster, kind="stable")
            starts = np.flatnonzero(np.diff(cluster[order], prepend=-1))
            if len(starts) >= FEW:
                return np.moveaxis(np.add.reduceat(np.take(tables, order, axis=-1), starts, axis=-1), -1, 0), name
        return tables, None

    def resample(self, tables: Floats) -> Floats:
        """Sums of as many tables as there are, drawn with replacement.

        How often each distinct table is drawn is multinomial, so that a resample is a product and no table is copied.
        """
        distinct, counts = np.unique(tables.reshape(len(tables), -1), axis=0, return_counts=True)
        weights = np.random.default_rng(self.seed).multinomial(len(tables), counts / len(tables), size=self.replicates)
        return (weights.astype(np.float64) @ distinct).reshape(-1, *tables.shape[1:])


def _reliability(ratings: _Ratings, bootstrap: _Bootstrap) -> list[Row]:
    rated = ratings.values != _MISSING
    counts = _counts(ratings.values, ratings.k)
    paired = counts.sum(axis=0) >= 2
    lack = _lack(rated)
    measures: dict[str, Measure] = {
        "alpha": partial(_alpha, metric=ratings.metric),
        "percent_agreement": _observed,
        "fleiss_kappa": _fleiss,
    }
    tables, sentence = _coincidences(np.compress(paired, counts, axis=1)), ratings.sentence[paired]
    rows = bootstrap.estimates(tables, sentence, measures, lack or "only one value occurs")
    if not lack and not _even(counts):
        rows["fleiss_kappa"] = {"reason": "units differ in their number of ratings"}
    kappa = _cohen(ratings.values, ratings.k)
    rows["cohen_kappa"] = {"value": kappa, "reason": (lack or "no two coders give two values") if kappa is None else None}
    return [{"measure": name, **row, **_size(rated)} for name, row in rows.items()]


def _span_f1(spans: _Spans, bootstrap: _Bootstrap) -> list[Row]:
    measures: dict[str, Measure] = {
        "exact_f1": lambda met: _ratio(met[..., 0], met[..., 2]),
        "overlap_f1": lambda met: _ratio(met[..., 1], met[..., 2]),
    }
    lack = _lack(spans.coded)
    rows = bootstrap.estimates(spans.met, spans.sentence, measures, lack or "no span is marked")
    return [{"measure": name, **row, **_size(spans.coded)} for name, row in rows.items()]


def _size(rated: Flags) -> Row:
    return {"n_units": int((rated.sum(axis=0) >= 2).sum()), "n_coders": int(rated.any(axis=1).sum())}


def _lack(rated: Flags) -> str | None:
    """Why no agreement can be measured in coders × units, given which of them are rated."""
    if rated.any(axis=1).sum() < 2:
        return "fewer than two coders"
    return None if (rated.sum(axis=0) >= 2).any() else "no unit has two ratings"


def _codes(ratings: ArrayLike) -> tuple[Codes, int]:
    """A matrix of numbers, each as its place among their values, -1 for NaN; and how many values there are."""
    matrix = np.asarray(ratings, np.float64).T
    if matrix.ndim != 2:
        raise ValueError(f"ratings are a matrix of units × coders, not an array of {matrix.ndim} dimensions")
    codes = np.full(matrix.shape, _MISSING, np.int16)
    known = ~np.isnan(matrix)
    values, codes[known] = np.unique(matrix[known], return_inverse=True)
    return codes, len(values)


def _counts(codes: Codes, k: int) -> Ints:
    """How many ratings of each unit are of each value: values × units."""
    counts: Ints = (codes == np.arange(k, dtype=np.int16)[:, None, None]).sum(axis=1)
    return counts


def _even(counts: Ints) -> bool:
    """Whether all units that were rated have the same number of ratings, and more than one."""
    ratings = counts.sum(axis=0)
    numbers = np.unique(ratings[ratings > 0])
    return len(numbers) == 1 and bool(numbers[0] > 1)


def _coincidences(counts: Ints) -> Floats:
    """The coincidence matrix of each unit, its ordered pairs of ratings over its ratings less one: values × values × units."""
    pairs = counts[:, None] * (counts - np.eye(len(counts), dtype=np.int64)[:, :, None])
    return _ratio(pairs, np.maximum(counts.sum(axis=0) - 1, 1))


def _alpha(tables: Floats, metric: Metric) -> Floats:
    """Alpha of coincidence matrices, the last two axes; NaN where it is undefined."""
    marginals = tables.sum(axis=-1)
    n = marginals.sum(axis=-1)
    if metric == "ordinal":  # the distance of two values is that of their mean ranks
        ranks = marginals.cumsum(axis=-1) - marginals / 2
        distances = np.square(ranks[..., :, None] - ranks[..., None, :])
    else:
        distances = 1 - np.eye(tables.shape[-1])
    observed = (tables * distances).sum(axis=(-2, -1))
    expected = (marginals[..., :, None] * marginals[..., None, :] * distances).sum(axis=(-2, -1))
    return 1 - _ratio((n - 1) * observed, expected)


def _observed(tables: Floats) -> Floats:
    """The share of equal pairs in coincidence matrices; NaN where there is none."""
    return _ratio(np.trace(tables, axis1=-2, axis2=-1), tables.sum(axis=(-2, -1)))


def _fleiss(tables: Floats) -> Floats:
    """Fleiss' kappa of coincidence matrices, whose units must have equally many ratings; NaN where it is undefined."""
    marginals = tables.sum(axis=-1)
    expected = np.square(_ratio(marginals, marginals.sum(axis=-1, keepdims=True))).sum(axis=-1)
    return _ratio(_observed(tables) - expected, 1 - expected)


def _cohen(codes: Codes, k: int) -> float | None:
    kappas = []
    for first, second in combinations(codes, 2):
        table = _crosstab(first, second, k)
        n = table.sum()
        expected = table.sum(axis=0) @ table.sum(axis=1)
        if expected < n * n:  # else they share no unit, or give one value
            kappas.append((n * np.trace(table) - expected) / (n * n - expected))
    return float(np.mean(kappas)) if kappas else None


def _crosstab(first: Codes, second: Codes, k: int) -> Ints:
    """How often two coders give each pair of values to one unit: values × values."""
    both = (first != _MISSING) & (second != _MISSING)
    return np.bincount(first[both].astype(np.int64) * k + second[both], minlength=k * k).reshape(k, k)


def _ratio(numerator: NDArray[Any], denominator: NDArray[Any]) -> Floats:
    """NaN where both are 0."""
    with np.errstate(invalid="ignore"):
        return np.asarray(numerator / denominator)


def _or_none(value: Floats) -> float | None:
    return None if np.isnan(value) else float(value)
