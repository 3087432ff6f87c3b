"""How far coders agree: chance-corrected agreement with intervals, layer by layer, and who stands apart.

Every layer becomes a matrix of annotators × units. A unit is a sentence, but for

- `loaded`: a token (a run of non-space), in a loaded span or not; one that is partly in a span is in it;
- `stance`: a sentence and a party that some coder refers to in it. A coder who leaves the party out gives no value: that is
  missing, and not 0. Whether the party is referred to at all is the layer `mention`;
- `mention`, `facts`, `perspective_party`: a sentence and a party or fact, listed for it or not, for each that one of the coders
  compared lists anywhere in the topic. What none of them lists is left out: it would pass for agreement. Where they list nothing
  at all, each sentence is one unit in which they agree.

Null is missing: the layer was not coded. `source_type` is missing where the author speaks, since whether there is a source is
a matter of `attribution`. The adjudicated labels are no coder's. Parties and facts of one id are pooled over topics; group by
`topic_id` to part them. The order of rows does not matter.

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
from slantbank.measure._intervals import SHOWN, Floats, Ints
from slantbank.measure._labels import Frames, known, named, speaking, unasked
from slantbank.problem import nearest

Metric = Literal["nominal", "ordinal"]
Codes = NDArray[np.int16]
Flags = NDArray[np.bool_]
Row = dict[str, Any]

FEW = 3
"""With fewer articles an interval rests on their sentences, and speaks of these articles alone."""

ALL = "all"
"""The `annotator_kind` of what is measured among the coders of every kind."""

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
    """Every measure of every layer, among coders of all kinds and of each, over all articles and in each group of `by`.

    `coders` names those who are compared, at least two; otherwise all are. One row is one measure:

    - `article_id`, or what `by` names: the group; null is all. `by` is a column of `sentences` that is not nested, whose labels
      are those that speak (see `speaking`, and `labels` there);
    - `annotator_kind`: the kind of the coders compared, or `all`;
    - `layer`: a layer of the codebook, `mention`, `perspective_party`, or a layer of spans; `item`: the party or fact, null for
      the layer as a whole;
    - `measure`: `alpha`, ordinal for stance and nominal elsewhere; `percent_agreement`, the share of the pairs of ratings of a
      unit that are equal, a unit weighing as many as its ratings; `fleiss_kappa`; `cohen_kappa`, the mean over pairs of coders;
      and of spans `exact_f1` and `overlap_f1`, the share of the spans of either coder of a pair that the other marks too, end
      to end or in part, pooled over pairs (Hripcsak & Rothschild 2005; the spans of facts are compared fact by fact);
    - `value`: null where it is undefined; then `reason` says why;
    - `low`, `high`: the 95 % interval of the delete-one-article jackknife, on the logit of disagreement, with Student's t. Where
      nothing can vary, as where all agree, it is the `exact` one of the share of disagreements over what chance would give;
    - `rests_on`: `articles` like these; or, of fewer than `FEW`, their `sentences`: such an interval speaks of these alone;
    - `too_little`: the interval is honest, and there is too little to say more than it does: fewer than three of these have any
      value but the commonest, so that chance is hardly known; or it is 1 wide or wider. `reason` says which;
    - `n_units`: units that two coders or more have rated (of spans: sentences), in `n_articles`; `n_coders`: who rated any;
    - `reliability`: `stability`, where all coders are instances of one model: how far it agrees with itself, which is an upper
      bound; else `agreement`.

    Raises ValueError if `by` names no such column, and for a coder that there is not.

    >>> import slantbank
    >>> found = slantbank.agreement(slantbank.load_all())
    >>> found.filter(layer="claim_type", annotator_kind="all")["measure"].to_list()
    ['alpha', 'percent_agreement', 'fleiss_kappa', 'cohen_kappa']
    """
    data = _read(frames, by, labels, coders)
    ratings, spans = _ratings(data), [_compared(data, layer) for layer in SPANS]

    def measured(first: int, last: int, columns: Flags) -> Iterator[Row]:
        for layer in ratings:
            whole = layer.part(first, last, columns, data.topic)
            for item, part in [(None, whole), *whole.by_item()]:
                for row in _reliability(part, data.article):
                    yield {"layer": layer.layer, "item": item, **row}
        for marked in spans:
            for row in _span_f1(marked, first, last, columns, data.article):
                yield {"layer": marked.layer, **row}

    rows: list[Row] = []
    for group, first, last in data.groups:
        found: dict[bytes, list[Row]] = {}
        for kind, columns in data.kinds.items():
            if (key := columns.tobytes()) not in found:  # often all coders are of one kind
                found[key] = list(measured(first, last, columns))
            rows += [{data.by: group, "annotator_kind": kind, "reliability": data.reliability[kind], **row} for row in found[key]]
    return pl.DataFrame(rows, {data.by: data.sentences.schema[data.by], **_AGREEMENT}, orient="row")


def outliers(frames: Frames, *, coders: str | Collection[str] | None = None) -> pl.DataFrame:
    """How far each coder stands apart: one row a layer and coder, the one whose leaving raises alpha most first in each layer.

    `coders` names those who are compared; otherwise all are. Raises ValueError for a coder that there is not.

    `percent_agreement` is the share of the others' ratings of the same units that equal the coder's; `alpha` is that of all
    coders, `alpha_without` that of the others, and `gain` the difference, null where either is undefined, and `reason` says so.
    The rows at the top, where `layer` is null, are the means over layers; those of alpha, over layers that have a gain.
    """
    data = _read(frames, coders=coders)
    rows: list[Row] = []
    for layer in _ratings(data):
        if layer.layer not in set(Layer):  # the others are views of these
            continue
        together = layer.part(0, len(data.sentences), data.kinds[ALL], data.topic)
        whole = together.alpha()
        for place, column in enumerate(np.flatnonzero(data.kinds[ALL])):
            if (together.values[place] == _MISSING).all():
                continue
            others = data.kinds[ALL] & (np.arange(len(data.kinds[ALL])) != column)
            without = layer.part(0, len(data.sentences), others, data.topic).alpha()
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

    `article` and `topic` number those of each sentence. `groups` are those of `by`, each with its first row and the row after its
    last, and before them all. `kinds` says which annotators are the coders of a kind, `reliability` what their agreement is.
    """

    by: str
    sentences: pl.DataFrame
    labels: pl.DataFrame
    annotators: list[Row]
    article: Ints
    topic: Ints
    groups: list[tuple[Any, int, int]]
    kinds: dict[str, Flags]
    reliability: dict[str, str]
    unasked: pl.DataFrame


def _read(frames: Frames, by: str | None = None, labels: str | None = None, coders: str | Collection[str] | None = None) -> _Data:
    name = by or "article_id"
    kept = frames if "articles" not in frames else speaking(frames, labels)[0]
    choices = [column for column, dtype in kept["sentences"].lazy().collect_schema().items() if not dtype.is_nested()]
    if name not in choices:
        raise ValueError(f"no column {name!r} to group by: {nearest(name, choices)}")
    sentences = kept["sentences"].lazy().sort(name, "article_id", "n").collect().with_row_index("row")
    who = ["annotator_id", "annotator_kind"]
    notes = frames["annotations"].lazy().collect()
    if coders is not None:
        names = [coders] if isinstance(coders, str) else list(coders)
        there = named(frames)
        for one in names:
            known(one, there)
        if len(set(names)) < 2:
            raise ValueError(f"name two coders or more of {', '.join(there)}")
        notes = notes.filter(pl.col("annotator_id").is_in(names))
    annotators = notes.select(who).unique().sort(who)
    rows = sentences.select("sentence_id", "row")
    labelled = notes.join(rows, on="sentence_id").join(annotators.with_row_index("annotator"), on=who)
    groups: list[tuple[Any, int, int]] = [(None, 0, len(sentences))]
    if by:
        bounds = pl.col("row").min().alias("first"), pl.col("row").max().alias("last") + 1
        groups += sentences.drop_nulls(by).group_by(by, maintain_order=True).agg(bounds).rows()
    kind = annotators["annotator_kind"]
    kinds = {ALL: (kind != AnnotatorKind.ADJUDICATED).to_numpy()}
    kinds |= {str(one): (kind == one).to_numpy() for one in AnnotatorKind if one != AnnotatorKind.ADJUDICATED and one in kind}
    model = _models(frames)
    alike = {one: {model.get(row) for row in annotators.filter(pl.Series(columns)).rows()} for one, columns in kinds.items()}
    reliability = {one: "stability" if len(same) == 1 and None not in same else "agreement" for one, same in alike.items()}
    article, topic = (_numbered(sentences[column])[0] for column in ("article_id", "topic_id"))
    late = unasked(frames) if "articles" in frames else pl.DataFrame()
    return _Data(name, sentences, labelled, annotators.to_dicts(), article, topic, groups, kinds, reliability, late)


def _models(frames: Frames) -> dict[tuple[str, str], str | None]:
    """The model that each coder (id, kind) that is one is an instance of, as articles list it, where it is one throughout."""
    if "articles" not in frames:
        return {}
    listed = frames["articles"].lazy().select(pl.col("annotators").explode()).unnest("annotators")
    names = listed.filter(kind=AnnotatorKind.MODEL).group_by("id", "kind").agg(pl.col("name").unique()).collect()
    return {(who, kind): found[0] for who, kind, found in names.rows() if len(found) == 1}


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
    unit's sentence, increasing, and `item` its party or fact as a place in `items`, if the layer has those. Of what is listed each
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

    def part(self, first: int, last: int, columns: Flags, topic: Ints) -> "_Ratings":
        """Some sentences and annotators: the units that any of them has rated; of listed items those named in the topic."""
        here = slice(*np.searchsorted(self.sentence, (first, last)))
        found = replace(self, values=self.values[columns, here], sentence=self.sentence[here], item=self.item[here])
        rated = (found.values != _MISSING).any(axis=0)
        if self.listed:
            place = topic[found.sentence] * len(self.items) + found.item
            named = np.isin(place, place[(found.values == 1).any(axis=0)]) & (found.item != _MISSING)
            rated &= named if named.any() else found.item == _MISSING
        return found.where(np.flatnonzero(rated))

    def by_item(self) -> Iterator[tuple[str, "_Ratings"]]:
        """The units of each party or fact, where the layer has those."""
        order = np.argsort(self.item, kind="stable")
        for units in np.split(order, np.flatnonzero(np.diff(self.item[order])) + 1):
            if self.items and len(units) and self.item[units[0]] != _MISSING:
                yield self.items[self.item[units[0]]], self.where(units)

    def alpha(self) -> float | None:
        """Krippendorff's alpha."""
        return _whole(self.values, self.k, self.metric)

    def agreed(self, column: int) -> float | None:
        """The share of the other annotators' ratings that equal an annotator's rating of the unit."""
        own = self.values[column]
        rated = self.values[:, own != _MISSING]
        others = (rated != _MISSING).sum() - rated.shape[1]
        return float(((rated == own[own != _MISSING]).sum() - rated.shape[1]) / others) if others else None


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
    row = np.arange(len(data.sentences))
    return _Ratings(layer, _matrix(len(row), data, given.rename({"row": "unit"})), row, 0 * row, labels=labels)


def _stance(data: _Data) -> _Ratings:
    given = data.labels.select("row", "annotator", "stance").explode("stance").unnest("stance").drop_nulls("party")
    units = given.select("row", "party").unique().sort("row", "party").with_row_index("unit")
    values = _matrix(len(units), data, given.join(units, on=["row", "party"]).with_columns(pl.col("value") - int(min(Stance))))
    labels = tuple(str(int(value)) for value in sorted(Stance))
    items, names = _numbered(units["party"])
    return _Ratings(Layer.STANCE.value, values, _ints(units["row"]), items, names, labels, "ordinal")


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
    units = pl.concat([topics.join(known, on="topic_id"), topics.with_columns(name=pl.lit(None, pl.String))])
    units = units.sort("row", "name", nulls_last=True).with_row_index("unit")
    listed = listed.join(units, on=["row", "name"])
    values = np.take(_coded(data, names), units["row"], axis=1)
    if layer == "facts" and data.unasked.height:
        values[*_unasked(data, units)] = _MISSING
    values[listed["annotator"], listed["unit"]] = 1
    items = known["name"].unique().sort()
    item = units["name"].cast(pl.Enum(items)).to_physical().cast(pl.Int64).fill_null(_MISSING).to_numpy()
    return _Ratings(layer, values, _ints(units["row"]), item, tuple(items))


def _unasked(data: _Data, units: pl.DataFrame) -> tuple[Ints, Ints]:
    """The annotators and units of which the annotator was not asked about the fact."""
    numbers = {one["annotator_id"]: i for i, one in enumerate(data.annotators)}
    rows = data.unasked.join(data.sentences.select("article_id", "row"), on="article_id")
    found = rows.join(units, left_on=["row", "fact_id"], right_on=["row", "name"]).filter(
        pl.col("annotator_id").is_in(list(numbers))
    )
    return np.array([numbers[one] for one in found["annotator_id"]], np.int64), _ints(found["unit"])


def _tokens(data: _Data) -> _Ratings:
    words = _ints(data.sentences["n_words"])
    row = np.repeat(np.arange(len(words)), words)
    values = np.take(_coded(data, pl.col("loaded_at")), row, axis=1)
    loaded = data.labels.select("row", "annotator", "loaded_at").explode("loaded_at").drop_nulls()
    first = np.cumsum(words) - words
    values[loaded["annotator"], first[loaded["row"]] + _ints(loaded["loaded_at"])] = 1
    return _Ratings(Layer.LOADED.value, values, row, 0 * row)


@dataclass(frozen=True)
class _Spans:
    """The spans of a layer, each with each other annotator who coded its sentence: whether that one has marked it too.

    `met` has a column for marked from end to end, and one for marked in part. `coded` is annotators × sentences.
    """

    layer: str
    coded: Flags
    sentence: Ints
    marker: Ints
    other: Ints
    met: Floats


def _compared(data: _Data, layer: SpanLayer) -> _Spans:
    coded = data.labels.filter(pl.col(SPANS[layer]).is_not_null()).select("row", "annotator", "spans")
    spans = coded.explode("spans").unnest("spans").filter(pl.col("layer") == layer)
    ref = pl.col("ref") if layer is SpanLayer.FACT else pl.lit("")
    marked = spans.select("row", "annotator", "start", "end", ref=ref).unique().sort("row", "annotator", "start", "end", "ref")
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
        )
        .sort("span", "other")
    )
    row, marker, other = (_ints(pairs[name]) for name in ("row", "annotator", "other"))
    met = pairs.select(pl.col("exact", "overlap").cast(pl.Float64)).to_numpy()
    return _Spans(layer.value, _coded(data, pl.col(SPANS[layer])) != _MISSING, row, marker, other, met)


def _clusters(sentence: Ints, article: Ints) -> tuple[Ints, int, str, int]:
    """What is left out in turn: the number of each unit's cluster, how many there are, what they are, and the number of articles.

    They are articles, or where these are fewer than `FEW` their sentences.
    """
    articles, of = np.unique(article[sentence], return_inverse=True)
    if len(articles) >= FEW:
        return of, len(articles), "articles", len(articles)
    sentences, of = np.unique(sentence, return_inverse=True)
    return of, len(sentences), "sentences", len(articles)


def _reliability(ratings: _Ratings, article: Ints) -> Iterator[Row]:
    """The measures of a matrix."""
    rated = ratings.values != _MISSING
    number = rated.sum(axis=0)
    paired = number > 1
    of, clusters, rests_on, articles = _clusters(ratings.sentence[paired], article)
    size = {"n_units": int(paired.sum()), "n_articles": articles, "n_coders": int(rated.any(axis=1).sum())}
    if lack := _lack(rated):
        for name in ("alpha", "percent_agreement", "fleiss_kappa", "cohen_kappa"):
            yield {"measure": name, "reason": lack, **size}
        return
    tables, pairs = _tables(ratings.values[:, paired], ratings.k, of, clusters)
    marginals, mean = tables.sum(axis=-1), number[paired].mean()
    units = marginals.sum(axis=-1)
    differ = units - np.trace(tables, axis1=-2, axis2=-1)
    share = intervals.grouped(np.array([0]), differ[:, None] / mean, units[:, None] / mean)
    chance = 1 - float(np.square(marginals.sum(axis=0) / units.sum()).sum())
    rarer = np.delete(marginals, marginals.sum(axis=0).argmax(), axis=1).any(axis=1).sum()
    lack = f"fewer than {SHOWN} {rests_on} have any value but the commonest"
    measures: dict[str, tuple[Callable[[Floats], Floats], Floats, str]] = {
        "alpha": (partial(alpha_of_tables, metric=ratings.metric), tables, "only one value occurs"),
        "percent_agreement": (_percent, tables, ""),
        "fleiss_kappa": (_fleiss, tables, "only one value occurs"),
        "cohen_kappa": (_cohen, pairs, "no two coders give two values"),
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
            low, high, smooth, little = 1 - share.high[0, 0], 1 - share.low[0, 0], not share.exact[0, 0], None
        else:  # both ends are at least -1: none lets agreement be worse than that of two who always differ
            most, least, smooth = intervals.replicated((1 - value) / 2, (1 - measure(total - counts)) / 2)
            low, high = 1 - 2 * least, 1 - 2 * most
            if not smooth:
                low, high = max(-1, 1 - share.outer[1][0, 0] / chance), min(1, 1 - share.outer[0][0, 0] / chance)
            little = lack if rarer < SHOWN else _WIDE if high - low >= 1 else None
        row = {"measure": name, "value": value, "low": low, "high": high, "rests_on": rests_on, **size}
        row |= {"method": "jackknife" if smooth else "exact", "too_little": little is not None}
        yield row | {"reason": f"too little to say: {little}" if little else None}


def _span_f1(spans: _Spans, first: int, last: int, columns: Flags, article: Ints) -> Iterator[Row]:
    """The measures of a layer of spans among some annotators, in some sentences."""
    here = (spans.sentence >= first) & (spans.sentence < last) & columns[spans.marker] & columns[spans.other]
    coded = spans.coded[columns, first:last]
    of, clusters, rests_on, articles = _clusters(spans.sentence[here], article)
    size = {
        "n_units": int((coded.sum(axis=0) > 1).sum()),
        "n_articles": articles,
        "n_coders": int(coded.any(axis=1).sum()),
    }
    if reason := _lack(coded) or (None if clusters else "no span is marked"):
        yield from ({"measure": name, "reason": reason, **size} for name in ("exact_f1", "overlap_f1"))
        return
    weights = [spans.met[here, 0], spans.met[here, 1], np.ones(here.sum())]
    exact, overlap, every = (np.bincount(of, one, clusters) for one in weights)
    found = intervals.grouped(np.array([0]), np.stack([exact, overlap], axis=1), np.stack([every, every], axis=1))
    for at, name in enumerate(("exact_f1", "overlap_f1")):
        row = {end: float(getattr(found, end)[0, at]) for end in ("value", "low", "high")}
        method, few = "exact" if found.exact[0, at] else "jackknife", clusters < SHOWN
        reason = f"too little to say: spans are marked in fewer than {SHOWN} {rests_on}" if few else None
        yield {"measure": name, **row, "rests_on": rests_on, "method": method, "too_little": few, "reason": reason, **size}


def _lack(rated: Flags) -> str | None:
    """Why no agreement can be measured in coders × units, given which of them are rated."""
    if rated.any(axis=1).sum() < 2:
        return "fewer than two coders"
    return None if (rated.sum(axis=0) >= 2).any() else "no unit has two ratings"


def _tables(values: Codes, k: int, cluster: Ints, number: int) -> tuple[Floats, Floats]:
    """Coincidence matrices, clusters × k × k, and how often each two coders give each pair of values, clusters × pairs × k × k.

    In the first a pair of ratings weighs 1 over the number of ratings of its unit less one.
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


def _whole(values: Codes, k: int, metric: Metric) -> float | None:
    """Krippendorff's alpha of coders × units."""
    found = float(alpha_of_tables(_tables(values, k, np.zeros(values.shape[1], np.int64), 1)[0], metric)[0])
    return None if np.isnan(found) else found


def alpha_of_tables(tables: Floats, metric: Metric = "nominal") -> Floats:
    """Krippendorff's alpha of coincidence matrices, the last two axes: like all that follow NaN where it is undefined."""
    marginals = tables.sum(axis=-1)
    if metric == "ordinal":  # the distance of two values is that of their mean ranks
        ranks = marginals.cumsum(axis=-1) - marginals / 2
        distances = np.square(ranks[..., :, None] - ranks[..., None, :])
    else:
        distances = 1 - np.eye(tables.shape[-1])
    expected = (marginals[..., :, None] * marginals[..., None, :] * distances).sum(axis=(-2, -1))
    return _corrected((marginals.sum(axis=-1) - 1) * (tables * distances).sum(axis=(-2, -1)), expected)


def _percent(tables: Floats) -> Floats:
    """The percent agreement of coincidence matrices."""
    total = tables.sum(axis=(-2, -1))
    return _corrected(total - np.trace(tables, axis1=-2, axis2=-1), total)


def _fleiss(tables: Floats) -> Floats:
    """Fleiss' kappa of coincidence matrices, whose units must have equally many ratings (1971)."""
    total = tables.sum(axis=(-2, -1))
    expected = total - intervals.ratio(np.square(tables.sum(axis=-1)).sum(axis=-1), total)
    return _corrected(total - np.trace(tables, axis1=-2, axis2=-1), expected)


def _cohen(tables: Floats) -> Floats:
    """Cohen's kappa (1960), the mean over pairs of coders that share a unit and give two values: … × pairs × k × k."""
    n = tables.sum(axis=(-2, -1))
    expected = n * n - (tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1)
    differ = np.where(expected > 0, intervals.ratio(n * (n - np.trace(tables, axis1=-2, axis2=-1)), expected), 0)
    return _corrected(differ.sum(axis=-1), (expected > 0).sum(axis=-1).astype(np.float64))


def _corrected(observed: Floats, expected: Floats) -> Floats:
    """1 less the observed disagreement over that which chance would give, NaN where chance would give none."""
    return np.where(expected > 0, 1 - intervals.ratio(observed, expected), np.nan)
