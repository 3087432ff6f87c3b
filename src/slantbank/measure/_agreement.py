"""Agreement of coders: chance-corrected coefficients with intervals, layer by layer, and which coder agrees least.

Every layer becomes a matrix of annotators × units. A unit is a sentence, except for

- `loaded`: a token (a run of non-space characters), in a loaded span or not; a token that is partly in a span counts as in it;
- `stance`: a sentence and a party that some coder refers to in it. A coder who leaves the party out has a missing value, and not 0.
  Whether the party is referred to at all is the layer `mention`;
- `mention`, `facts`, `perspective_party`: a sentence and a party or fact, listed for it or not. Units are made for each party or
  fact that one of the coders compared lists anywhere in the topic; more units would count as agreement. Where the coders list
  nothing at all, each sentence is one unit in which they agree.

Null is missing: the layer was not coded. `source_type` is missing where the attribution is `author`, since whether there is a
source is decided by `attribution`. Adjudicated labels are no coder's. Parties and facts with the same id are pooled over topics;
group by `topic_id` to separate them. The order of rows does not matter.

Gamma (Mathet, Widlöcher & Métivier 2015) is left out: its one implementation, pygamma-agreement, runs today but has had no
release since March 2024, and pins the solver that it needs to a single version.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slantbank.codebook import LABELS, AnnotatorKind, Layer, SpanLayer, Stance
from slantbank.measure import _intervals as intervals
from slantbank.measure._intervals import MIN_UNITS, Bools, Floats, Ints
from slantbank.measure._labels import Frames, coder_ids, decisive_labels, require_annotator, unasked_facts
from slantbank.problem import nearest

Metric = Literal["nominal", "ordinal"]
Codes = NDArray[np.int16]
Row = dict[str, Any]

MIN_CLUSTERS = 3
"""With fewer articles an interval rests on their sentences, and holds for these articles alone."""

ALL = "all"
"""The `annotator_kind` of agreement among the coders of every kind."""

SPANS = {SpanLayer.SOURCE: "attribution", SpanLayer.CUE: "attribution", SpanLayer.LOADED: "loaded_words", SpanLayer.FACT: "facts"}
"""The layers of spans that are compared, each with the column that is null where they were not coded."""

_MISSING = -1
_WIDE = "the interval is as wide as from chance to perfect agreement"

_AGREEMENT = {
    **dict.fromkeys(("annotator_kind", "layer", "item", "measure"), pl.String),
    **dict.fromkeys(("value", "low", "high"), pl.Float64),
    **dict.fromkeys(("rests_on", "method"), pl.String),
    "too_little": pl.Boolean,
    **dict.fromkeys(("n_units", "n_articles", "n_coders"), pl.Int64),
    **dict.fromkeys(("reliability", "reason"), pl.String),
}
_OUTLIERS = {
    **dict.fromkeys(("layer", "annotator_id", "annotator_kind"), pl.String),
    **dict.fromkeys(("percent_agreement", "alpha", "alpha_without", "gain"), pl.Float64),
    "reason": pl.String,
}


def agreement(
    frames: Frames, *, by: str | None = None, labels: str | None = None, coders: str | Collection[str] | None = None
) -> pl.DataFrame:
    """Every agreement coefficient of every layer, among coders of all kinds and of each kind, overall and in each group of `by`.

    `coders` names the coders to compare, at least two; otherwise all are compared. One row is one coefficient:

    - `article_id`, or the column that `by` names: the group; null is all. `by` is a column of `sentences` that is not nested; its
      labels are the decisive ones (gold, or the only coder's), or those that `labels` chooses;
    - `annotator_kind`: the kind of the coders compared, or `all`;
    - `layer`: a layer of the codebook, `mention`, `perspective_party`, or a layer of spans; `item`: the party or fact, null for
      the layer as a whole;
    - `measure`: `alpha` (Krippendorff), ordinal for stance and nominal elsewhere; `percent_agreement`, the share of the pairs of
      ratings of a unit that are equal, with each unit weighted by its number of ratings; `fleiss_kappa` (1971); `cohen_kappa`
      (1960), the mean over pairs of coders; and for spans `exact_f1` and `overlap_f1`, the share of the spans of either coder of a
      pair that the other marks too, end to end or in part, pooled over pairs (Hripcsak and Rothschild 2005; spans of facts are
      compared fact by fact);
    - `value`: null where it is undefined; then `reason` says why;
    - `low`, `high`: the 95 % interval of the delete-one-article jackknife, on the logit of disagreement, with Student's t. Where
      nothing varies, as where all agree, it is the `exact` one of the share of disagreements over the disagreement by chance;
    - `rests_on`: what the interval generalizes to: `articles` like these; with fewer than three, more `sentences` of these alone;
    - `too_little`: the interval holds, and there are too few data to conclude more than it shows: fewer than three articles (or
      sentences) have any value but the commonest, so that chance is hardly known; or it is 1 wide or wider. `reason` says which;
    - `n_units`: the units that two coders or more have rated (for spans: sentences), in `n_articles`; `n_coders`: who rated any;
    - `reliability`: `stability`, where all coders are instances of one model, and it is the model's agreement with itself, an upper
      bound; else `agreement`.

    Raises ValueError if `by` names no such column, and for an unknown coder.

    >>> import slantbank
    >>> found = slantbank.agreement(slantbank.load_all())
    >>> found.filter(layer="claim_type", annotator_kind="all")["measure"].to_list()
    ['alpha', 'percent_agreement', 'fleiss_kappa', 'cohen_kappa']
    """
    data = _prepare(frames, by, labels, coders)
    layers, span_layers = _layers(data), [_span_pairs(data, layer) for layer in SPANS]

    def group_rows(first: int, last: int, annotators: Bools) -> Iterator[Row]:
        for layer in layers:
            ratings = layer.select(first, last, annotators, data.topic)
            for item, part in [(None, ratings), *ratings.by_item()]:
                for row in _coefficients(part, data.article):
                    yield {"layer": layer.layer, "item": item, **row}
        for spans in span_layers:
            for row in _span_f1(spans, first, last, annotators, data.article):
                yield {"layer": spans.layer, **row}

    rows: list[Row] = []
    for group, first, last in data.groups:
        cache: dict[bytes, list[Row]] = {}
        for kind, annotators in data.kinds.items():
            if (key := annotators.tobytes()) not in cache:  # often all coders are of one kind
                cache[key] = list(group_rows(first, last, annotators))
            rows += [{data.by: group, "annotator_kind": kind, "reliability": data.reliability[kind], **row} for row in cache[key]]
    return pl.DataFrame(rows, {data.by: data.sentences.schema[data.by], **_AGREEMENT}, orient="row")


def outliers(frames: Frames, *, coders: str | Collection[str] | None = None) -> pl.DataFrame:
    """Each coder's agreement with the others, layer by layer: first the coder without whom alpha rises most.

    `coders` names the coders to compare; otherwise all are compared. One row is a layer and coder:

    - `percent_agreement`: the share of the others' ratings of the same units that equal the coder's;
    - `alpha`: that of all coders; `alpha_without`: that of the others; `gain`: the difference, null where either is undefined, and
      then `reason` says so.

    The rows at the top, where `layer` is null, are the means over layers; those of alpha, over layers that have a gain. Raises
    ValueError for an unknown coder.
    """
    data = _prepare(frames, coders=coders)
    rows: list[Row] = []
    for layer in _layers(data):
        if layer.layer not in set(Layer):  # the others are views of these
            continue
        everyone = layer.select(0, len(data.sentences), data.kinds[ALL], data.topic)
        alpha = everyone.alpha()
        for number, annotator in enumerate(np.flatnonzero(data.kinds[ALL])):
            if (everyone.values[number] == _MISSING).all():
                continue
            others = data.kinds[ALL] & (np.arange(len(data.kinds[ALL])) != annotator)
            without = layer.select(0, len(data.sentences), others, data.topic).alpha()
            gain = None if alpha is None or without is None else without - alpha
            rows.append(
                {
                    "layer": layer.layer,
                    **data.annotators[annotator],
                    "percent_agreement": everyone.percent_agreement(number),
                    "alpha": alpha,
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
    order = {layer.value: rank for rank, layer in enumerate(Layer)}
    return (
        pl.concat([layers, means], how="diagonal")
        .with_columns(rank=pl.col("layer").replace_strict(order, default=-1), loss=-pl.col("gain"))
        .sort("rank", "loss", "percent_agreement", "annotator_id", "annotator_kind", nulls_last=True)
        .select(*_OUTLIERS)
    )


@dataclass(frozen=True)
class _Data:
    """The sentences in order, with their number as `row`, and the labels with the numbers of row and annotator.

    `article` and `topic` number the article and topic of each sentence. `groups` has each group of `by` with its first row and the
    row after its last; the first group is all sentences. `kinds` marks the annotators that are coders of a kind; `reliability` says
    whether their coefficients are agreement or stability.
    """

    by: str
    sentences: pl.DataFrame
    labels: pl.DataFrame
    annotators: list[Row]
    article: Ints
    topic: Ints
    groups: list[tuple[Any, int, int]]
    kinds: dict[str, Bools]
    reliability: dict[str, str]
    unasked: pl.DataFrame


def _prepare(
    frames: Frames, by: str | None = None, labels: str | None = None, coders: str | Collection[str] | None = None
) -> _Data:
    name = by or "article_id"
    decisive = frames if "articles" not in frames else decisive_labels(frames, labels)[0]
    columns = [column for column, dtype in decisive["sentences"].lazy().collect_schema().items() if not dtype.is_nested()]
    if name not in columns:
        raise ValueError(f"no column {name!r} to group by: {nearest(name, columns)}")
    sentences = decisive["sentences"].lazy().sort(name, "article_id", "n").collect().with_row_index("row")
    keys = ["annotator_id", "annotator_kind"]
    notes = frames["annotations"].lazy().collect()
    if coders is not None:
        names = [coders] if isinstance(coders, str) else list(coders)
        ids = coder_ids(frames)
        for coder in names:
            require_annotator(coder, ids)
        if len(set(names)) < 2:
            raise ValueError(f"name two coders or more of {', '.join(ids)}")
        notes = notes.filter(pl.col("annotator_id").is_in(names))
    annotators = notes.select(keys).unique().sort(keys)
    rows = sentences.select("sentence_id", "row")
    labelled = notes.join(rows, on="sentence_id").join(annotators.with_row_index("annotator"), on=keys)
    groups: list[tuple[Any, int, int]] = [(None, 0, len(sentences))]
    if by:
        bounds = pl.col("row").min().alias("first"), pl.col("row").max().alias("last") + 1
        groups += sentences.drop_nulls(by).group_by(by, maintain_order=True).agg(bounds).rows()
    kind = annotators["annotator_kind"]
    kinds = {ALL: (kind != AnnotatorKind.ADJUDICATED).to_numpy()}
    coder_kinds = [member for member in AnnotatorKind if member != AnnotatorKind.ADJUDICATED and member in kind]
    kinds |= {str(member): (kind == member).to_numpy() for member in coder_kinds}
    model = _models(frames)
    models = {name: {model.get(row) for row in annotators.filter(pl.Series(members)).rows()} for name, members in kinds.items()}
    reliability = {kind: "stability" if len(same) == 1 and None not in same else "agreement" for kind, same in models.items()}
    article, topic = (_numbered(sentences[column])[0] for column in ("article_id", "topic_id"))
    unasked = unasked_facts(frames) if "articles" in frames else pl.DataFrame()
    return _Data(name, sentences, labelled, annotators.to_dicts(), article, topic, groups, kinds, reliability, unasked)


def _models(frames: Frames) -> dict[tuple[str, str], str | None]:
    """The name of the model of each coder (id, kind) that is a model, where all articles name the same one."""
    if "articles" not in frames:
        return {}
    listed = frames["articles"].lazy().select(pl.col("annotators").explode()).unnest("annotators")
    names = listed.filter(kind=AnnotatorKind.MODEL).group_by("id", "kind").agg(pl.col("name").unique()).collect()
    return {(coder, kind): models[0] for coder, kind, models in names.rows() if len(models) == 1}


def _numbered(names: pl.Series) -> tuple[Ints, tuple[str, ...]]:
    """The number of each name among the sorted names, and the sorted names."""
    unique = names.unique().sort()
    return _ints(names.cast(pl.Enum(unique)).to_physical()), tuple(unique)


def _ints(numbers: pl.Series) -> Ints:
    return numbers.cast(pl.Int64).to_numpy()


@dataclass(frozen=True)
class _Ratings:
    """A layer as a matrix of annotators × units, -1 where a rating is missing.

    A value is an index of `labels`; without labels it is 1 or 0: listed or not, loaded or not. `sentence` is the row of the unit's
    sentence, increasing, and `item` the index of its party or fact in `items`, if the layer has items. In a listed layer each
    sentence has one more unit without an item, for coders who list nothing.
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
        """The number of possible values."""
        return len(self.labels) or 2

    @property
    def listed(self) -> bool:
        """Whether a value says that an item is listed."""
        return bool(self.items) and not self.labels

    def take(self, units: Ints) -> "_Ratings":
        """The ratings of these units."""
        values = np.take(self.values, units, axis=1)  # unlike values[:, units] it keeps each annotator's values side by side
        return replace(self, values=values, sentence=self.sentence[units], item=self.item[units])

    def select(self, first: int, last: int, annotators: Bools, topic: Ints) -> "_Ratings":
        """The units of some sentences that any of these annotators rated; of listed items, those that they list in the topic."""
        units = slice(*np.searchsorted(self.sentence, (first, last)))
        part = replace(self, values=self.values[annotators, units], sentence=self.sentence[units], item=self.item[units])
        rated = (part.values != _MISSING).any(axis=0)
        if self.listed:
            topic_item = topic[part.sentence] * len(self.items) + part.item
            named = np.isin(topic_item, topic_item[(part.values == 1).any(axis=0)]) & (part.item != _MISSING)
            rated &= named if named.any() else part.item == _MISSING
        return part.take(np.flatnonzero(rated))

    def by_item(self) -> Iterator[tuple[str, "_Ratings"]]:
        """The units of each party or fact, where the layer has those."""
        order = np.argsort(self.item, kind="stable")
        for units in np.split(order, np.flatnonzero(np.diff(self.item[order])) + 1):
            if self.items and len(units) and self.item[units[0]] != _MISSING:
                yield self.items[self.item[units[0]]], self.take(units)

    def alpha(self) -> float | None:
        """Krippendorff's alpha, or None where it is undefined."""
        tables, _ = _coincidences(self.values, self.k, np.zeros(self.values.shape[1], np.int64), 1)
        alpha = float(krippendorff_alpha(tables, self.metric)[0])
        return None if np.isnan(alpha) else alpha

    def percent_agreement(self, annotator: int) -> float | None:
        """The share of the other annotators' ratings that equal an annotator's rating of the unit."""
        own = self.values[annotator]
        rated = self.values[:, own != _MISSING]
        others = (rated != _MISSING).sum() - rated.shape[1]
        return float(((rated == own[own != _MISSING]).sum() - rated.shape[1]) / others) if others else None


def _layers(data: _Data) -> list[_Ratings]:
    """The ratings of each layer, in the order of the codebook."""
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
    rated = data.labels.select("annotator", unit="row", value=pl.col(layer).cast(pl.Enum(labels)).to_physical()).drop_nulls()
    row = np.arange(len(data.sentences))
    return _Ratings(layer, _matrix(len(row), data, rated), row, 0 * row, labels=labels)


def _stance(data: _Data) -> _Ratings:
    stances = data.labels.select("row", "annotator", "stance").explode("stance").unnest("stance").drop_nulls("party")
    units = stances.select("row", "party").unique().sort("row", "party").with_row_index("unit")
    values = _matrix(len(units), data, stances.join(units, on=["row", "party"]).with_columns(pl.col("value") - int(min(Stance))))
    labels = tuple(str(int(value)) for value in sorted(Stance))
    items, names = _numbered(units["party"])
    return _Ratings(Layer.STANCE.value, values, _ints(units["row"]), items, names, labels, "ordinal")


def _matrix(n_units: int, data: _Data, rated: pl.DataFrame) -> Codes:
    """Annotators × units from rows of `annotator`, `unit` and `value`; -1 where there is none."""
    values = np.full((len(data.annotators), n_units), _MISSING, np.int16)
    values[rated["annotator"], rated["unit"]] = rated["value"]
    return values


def _coded(data: _Data, by: pl.Expr) -> Codes:
    """Annotators × sentences: 0, or -1 where the column is null, which means that the layer was not coded."""
    return _matrix(len(data.sentences), data, data.labels.filter(by.is_not_null()).select("annotator", unit="row", value=0))


def _listed(data: _Data, layer: str, names: pl.Expr) -> _Ratings:
    """The ratings of a listed layer: each name that an annotator lists anywhere in the topic is a unit of each of its sentences.

    `names` is a list column, null where the layer was not coded.
    """
    topics = data.sentences.select("topic_id", "row")
    listed = data.labels.select("row", "annotator", name=names).explode("name").drop_nulls("name")
    in_topic = listed.join(topics, on="row").select("topic_id", "name").unique()
    units = pl.concat([topics.join(in_topic, on="topic_id"), topics.with_columns(name=pl.lit(None, pl.String))])
    units = units.sort("row", "name", nulls_last=True).with_row_index("unit")
    listed = listed.join(units, on=["row", "name"])
    values = np.take(_coded(data, names), units["row"], axis=1)
    if layer == "facts" and data.unasked.height:
        values[*_unasked_units(data, units)] = _MISSING
    values[listed["annotator"], listed["unit"]] = 1
    items = in_topic["name"].unique().sort()
    item = units["name"].cast(pl.Enum(items)).to_physical().cast(pl.Int64).fill_null(_MISSING).to_numpy()
    return _Ratings(layer, values, _ints(units["row"]), item, tuple(items))


def _unasked_units(data: _Data, units: pl.DataFrame) -> tuple[Ints, Ints]:
    """The pairs of annotator and unit where the annotator was not asked about the fact."""
    numbers = {annotator["annotator_id"]: number for number, annotator in enumerate(data.annotators)}
    rows = data.unasked.filter(pl.col("annotator_id").is_in(list(numbers)))
    rows = rows.join(data.sentences.select("article_id", "row"), on="article_id")
    rows = rows.join(units, left_on=["row", "fact_id"], right_on=["row", "name"])
    return np.array([numbers[annotator] for annotator in rows["annotator_id"]], np.int64), _ints(rows["unit"])


def _tokens(data: _Data) -> _Ratings:
    """The ratings of tokens as loaded or not."""
    words = _ints(data.sentences["n_words"])
    row = np.repeat(np.arange(len(words)), words)
    values = np.take(_coded(data, pl.col("loaded_at")), row, axis=1)
    loaded = data.labels.select("row", "annotator", "loaded_at").explode("loaded_at").drop_nulls()
    first = np.cumsum(words) - words
    values[loaded["annotator"], first[loaded["row"]] + _ints(loaded["loaded_at"])] = 1
    return _Ratings(Layer.LOADED.value, values, row, 0 * row)


@dataclass(frozen=True)
class _Spans:
    """The spans of a layer, each paired with every other annotator who coded its sentence.

    `matches` says in two columns whether the other annotator marked the span from end to end, and in part. `coded` is annotators ×
    sentences.
    """

    layer: str
    coded: Bools
    sentence: Ints
    annotator: Ints
    other: Ints
    matches: Floats


def match_spans(spans: pl.DataFrame, others: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """The spans (`start`, `end`, `ref`), with whether any of the others on the same keys and `ref` is `exact`, and is `overlap`."""
    exact = (pl.col("start") == pl.col("start_other")) & (pl.col("end") == pl.col("end_other"))
    overlap = (pl.col("start") < pl.col("end_other")) & (pl.col("end") > pl.col("start_other"))
    others = others.select(*on, "ref", start_other="start", end_other="end")
    pairs = spans.join(others, on=[*on, "ref"], how="left", nulls_equal=True)
    return pairs.group_by(spans.columns).agg(exact=exact.any(), overlap=overlap.any())


def _span_pairs(data: _Data, layer: SpanLayer) -> _Spans:
    coded = data.labels.filter(pl.col(SPANS[layer]).is_not_null()).select("row", "annotator", "spans")
    spans = coded.explode("spans").unnest("spans").filter(pl.col("layer") == layer)
    ref = pl.col("ref") if layer is SpanLayer.FACT else pl.lit("")
    marked = spans.select("row", "annotator", "start", "end", ref=ref).unique()
    pairs = marked.join(coded.select("row", other="annotator"), on="row").filter(pl.col("annotator") != pl.col("other"))
    pairs = match_spans(pairs, marked.rename({"annotator": "other"}), ["row", "other"])
    row, annotator, other = (_ints(pairs[name]) for name in ("row", "annotator", "other"))
    matches = pairs.select(pl.col("exact", "overlap").cast(pl.Float64)).to_numpy()
    return _Spans(layer.value, _coded(data, pl.col(SPANS[layer])) != _MISSING, row, annotator, other, matches)


def _clusters(sentence: Ints, article: Ints) -> tuple[Ints, int, str, int]:
    """The clusters of the jackknife: the number of each unit's cluster, how many there are, their name, and the number of articles.

    Clusters are articles; if these are fewer than `MIN_CLUSTERS`, sentences.
    """
    articles, cluster = np.unique(article[sentence], return_inverse=True)
    if len(articles) >= MIN_CLUSTERS:
        return cluster, len(articles), "articles", len(articles)
    sentences, cluster = np.unique(sentence, return_inverse=True)
    return cluster, len(sentences), "sentences", len(articles)


def _coefficients(ratings: _Ratings, article: Ints) -> Iterator[Row]:
    """The agreement coefficients of a matrix, with their intervals."""
    rated = ratings.values != _MISSING
    number = rated.sum(axis=0)
    paired = number > 1
    cluster, clusters, rests_on, articles = _clusters(ratings.sentence[paired], article)
    size = {"n_units": int(paired.sum()), "n_articles": articles, "n_coders": int(rated.any(axis=1).sum())}
    if lack := _lack(rated):
        for name in ("alpha", "percent_agreement", "fleiss_kappa", "cohen_kappa"):
            yield {"measure": name, "reason": lack, **size}
        return
    tables, pairs = _coincidences(ratings.values[:, paired], ratings.k, cluster, clusters)
    marginals, mean = tables.sum(axis=-1), number[paired].mean()
    units = marginals.sum(axis=-1)
    differ = units - np.trace(tables, axis1=-2, axis2=-1)
    differing = intervals.jackknife_ratios(np.array([0]), differ[:, None] / mean, units[:, None] / mean)
    chance = 1 - float(np.square(marginals.sum(axis=0) / units.sum()).sum())
    rarer = np.delete(marginals, marginals.sum(axis=0).argmax(), axis=1).any(axis=1).sum()
    lack = f"fewer than {MIN_UNITS} {rests_on} have any value but the commonest"
    measures: dict[str, tuple[Callable[[Floats], Floats], Floats, str]] = {
        "alpha": (partial(krippendorff_alpha, metric=ratings.metric), tables, "only one value occurs"),
        "percent_agreement": (_percent_agreement, tables, ""),
        "fleiss_kappa": (_fleiss_kappa, tables, "only one value occurs"),
        "cohen_kappa": (_cohen_kappa, pairs, "no two coders give two values"),
    }
    for name, (measure, counts, undefined) in measures.items():
        total = counts.sum(axis=0)
        value = float(measure(total[None])[0])
        if name == "fleiss_kappa" and len(np.unique(number[number > 0])) > 1:
            yield {"measure": name, "reason": "units differ in their number of ratings", **size}
            continue
        if np.isnan(value):
            yield {"measure": name, "reason": undefined, **size}
            continue
        if name == "percent_agreement":
            low, high, smooth, little = 1 - differing.high[0, 0], 1 - differing.low[0, 0], not differing.exact[0, 0], None
        else:  # -1 is the agreement of two coders who always differ
            low, high, smooth = intervals.jackknife(value, measure(total - counts), (-1, 1))
            if not smooth:
                least, most = (float(limit[0, 0]) for limit in differing.exact_limits)
                low, high = max(-1, 1 - most / chance), min(1, 1 - least / chance)
            little = lack if rarer < MIN_UNITS else _WIDE if high - low >= 1 else None
        row = {"measure": name, "value": value, "low": low, "high": high, "rests_on": rests_on, **size}
        row |= {"method": "jackknife" if smooth else "exact", "too_little": little is not None}
        yield row | {"reason": f"too little to say: {little}" if little else None}


def _span_f1(spans: _Spans, first: int, last: int, annotators: Bools, article: Ints) -> Iterator[Row]:
    """The F1 of exact and of overlapping spans among some annotators, in some sentences (Hripcsak and Rothschild 2005)."""
    pairs = (spans.sentence >= first) & (spans.sentence < last) & annotators[spans.annotator] & annotators[spans.other]
    coded = spans.coded[annotators, first:last]
    cluster, clusters, rests_on, articles = _clusters(spans.sentence[pairs], article)
    size = {
        "n_units": int((coded.sum(axis=0) > 1).sum()),
        "n_articles": articles,
        "n_coders": int(coded.any(axis=1).sum()),
    }
    if reason := _lack(coded) or (None if clusters else "no span is marked"):
        yield from ({"measure": name, "reason": reason, **size} for name in ("exact_f1", "overlap_f1"))
        return
    weights = [spans.matches[pairs, 0], spans.matches[pairs, 1], np.ones(pairs.sum())]
    exact, overlap, total = (np.bincount(cluster, weight, clusters) for weight in weights)
    f1 = intervals.jackknife_ratios(np.array([0]), np.stack([exact, overlap], axis=1), np.stack([total, total], axis=1))
    for at, name in enumerate(("exact_f1", "overlap_f1")):
        row = {end: float(getattr(f1, end)[0, at]) for end in ("value", "low", "high")}
        method, few = "exact" if f1.exact[0, at] else "jackknife", clusters < MIN_UNITS
        reason = f"too little to say: spans are marked in fewer than {MIN_UNITS} {rests_on}" if few else None
        yield {"measure": name, **row, "rests_on": rests_on, "method": method, "too_little": few, "reason": reason, **size}


def _lack(rated: Bools) -> str | None:
    """Why no agreement can be measured, or None if it can; `rated` is coders × units."""
    if rated.any(axis=1).sum() < 2:
        return "fewer than two coders"
    return None if (rated.sum(axis=0) >= 2).any() else "no unit has two ratings"


def _coincidences(values: Codes, k: int, cluster: Ints, number: int) -> tuple[Floats, Floats]:
    """Krippendorff's coincidence matrices, clusters × k × k, and the contingency tables of coders, clusters × pairs × k × k.

    In a coincidence matrix a pair of ratings has the weight 1 over the number of ratings of its unit less one.
    """
    rated = values != _MISSING
    weight = 1 / np.maximum(rated.sum(axis=0) - 1, 1)
    sums, pairs = np.zeros((number, k, k)), []
    for first, second in combinations(range(len(values)), 2):
        both = rated[first] & rated[second]
        cell = (cluster[both] * k + values[first, both]) * k + values[second, both]
        size = number * k * k
        pairs.append(np.bincount(cell, minlength=size).reshape(number, k, k))
        weighted = np.bincount(cell, weight[both], minlength=size).reshape(number, k, k)
        sums += weighted + weighted.swapaxes(1, 2)
    return sums, np.stack(pairs, axis=1).astype(np.float64) if pairs else np.zeros((number, 0, k, k))


def krippendorff_alpha(tables: Floats, metric: Metric = "nominal") -> Floats:
    """Krippendorff's alpha (2019) of coincidence matrices, the last two axes; NaN where it is undefined."""
    marginals = tables.sum(axis=-1)
    if metric == "ordinal":  # the distance of two values is that of their mean ranks
        ranks = marginals.cumsum(axis=-1) - marginals / 2
        distances = np.square(ranks[..., :, None] - ranks[..., None, :])
    else:
        distances = 1 - np.eye(tables.shape[-1])
    expected = (marginals[..., :, None] * marginals[..., None, :] * distances).sum(axis=(-2, -1))
    return _chance_corrected((marginals.sum(axis=-1) - 1) * (tables * distances).sum(axis=(-2, -1)), expected)


def _percent_agreement(tables: Floats) -> Floats:
    """The percent agreement of coincidence matrices."""
    total = tables.sum(axis=(-2, -1))
    return _chance_corrected(total - np.trace(tables, axis1=-2, axis2=-1), total)


def _fleiss_kappa(tables: Floats) -> Floats:
    """Fleiss' kappa (1971) of coincidence matrices, whose units must have the same number of ratings."""
    total = tables.sum(axis=(-2, -1))
    expected = total - intervals.divide(np.square(tables.sum(axis=-1)).sum(axis=-1), total)
    return _chance_corrected(total - np.trace(tables, axis1=-2, axis2=-1), expected)


def _cohen_kappa(tables: Floats) -> Floats:
    """Cohen's kappa (1960), the mean over pairs of coders that share a unit and use two values; `tables` is … × pairs × k × k."""
    n = tables.sum(axis=(-2, -1))
    expected = n * n - (tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1)
    differ = np.where(expected > 0, intervals.divide(n * (n - np.trace(tables, axis1=-2, axis2=-1)), expected), 0)
    return _chance_corrected(differ.sum(axis=-1), (expected > 0).sum(axis=-1).astype(np.float64))


def _chance_corrected(observed: Floats, expected: Floats) -> Floats:
    """1 less the observed over the expected disagreement, NaN where none is expected."""
    return np.where(expected > 0, 1 - intervals.divide(observed, expected), np.nan)
