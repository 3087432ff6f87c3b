"""How well a coder, or any predictions, meet the adjudicated labels: layer by layer, and in what a comparison then says.

Every measure of labels is a ratio of two sums over units, so that the intervals are those of `_intervals`, closed form, by
clusters: topics, or of fewer than `FEW` of these articles, or of fewer of these sentences. Macro-F1 and alpha are no such ratios,
and have the delete-one-cluster jackknife.

A unit is a sentence where gold and the coder both have a label; for stance a sentence and party that either refers to. Of spans, of
facts and of mentions F1 is that of the sets. What a coder left undecided lowers `coverage`, and counts in nothing else.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import permutations
from typing import Any

import numpy as np
import polars as pl

from slantbank.codebook import GOLD, LABELS, AnnotatorKind, Attribution, Layer, SpanLayer
from slantbank.measure import _intervals as intervals
from slantbank.measure._agreement import SPANS, alpha_of_tables
from slantbank.measure._compare import compare
from slantbank.measure._intervals import Floats
from slantbank.problem import nearest

Frames = Mapping[str, pl.DataFrame]
Row = dict[str, Any]

FEW = 3
SUPPORT = 20
"""How often gold must have a label for it to count in macro-F1, where one sentence more or less would else move the mean."""
CEILING = "ceiling: the coders, each against the others"
MAJORITY, QUOTES, WORDS = "baseline: majority label", "baseline: quotation marks", "baseline: TF-IDF of words"
SAID = ("attribution", "perspective_balance", "side_stance", "loaded")
"""The measures of a comparison whose errors are told; of attribution the author's own voice."""

_SCORE = {
    **dict.fromkeys(("annotator_id", "layer", "item", "measure"), pl.String),
    **dict.fromkeys(("value", "low", "high"), pl.Float64),
    "rests_on": pl.String,
    **dict.fromkeys(("n_units", "n_clusters"), pl.Int64),
    "reason": pl.String,
}
_KEYS = ("sentence_id", "article_id", "topic_id")
_LABELS = (*LABELS, "stance", "facts", "loaded_words", "spans")


def score(frames: Frames, annotators: Iterable[str] = (), predictions: pl.DataFrame | None = None) -> pl.DataFrame:
    """Every measure of the annotators named, or all coders, and of predictions, against gold; then baselines and the ceiling.

    `predictions` has `sentence_id` and any label columns of `annotations`; what a column leaves out or is null in is not covered.
    One row is one measure:

    - `annotator_id`: a coder, `predictions`, a baseline, or the ceiling: what the coders get when each in turn is taken for gold
      of another, pooled over all pairs, beyond which gold itself can hardly be hit;
    - `layer`; `item`: a label, or what a measure of a comparison is about; null is the layer as a whole;
    - `measure`: `coverage`, the share of the sentences with gold that have a label; `accuracy`; `macro_f1`, over the labels that
      gold has at least 20 times; `f1` of a label; `alpha`; `ordinal_error` of stance, the mean distance from gold, from 0 to 2;
      `f1` of the set of facts and of the parties mentioned; `exact_f1` and `overlap_f1` of spans; and `error` of what `compare`
      says of articles: the mean of the coder's values less gold's, with the sign, and the interval of Student's t;
      `absolute_error`, without it;
    - `value`, `low`, `high`: with a 95 % interval, which speaks for `rests_on` like these; `n_units`: for a label its support in
      gold; `n_clusters`; `reason`: why there is no value, or no interval.

    Raises ValueError if nothing is adjudicated, for an annotator that there is not, and for predictions of unknown sentences.
    """
    gold = _of(frames, frames["annotations"].filter(pl.col("annotator_id") == GOLD))
    if gold.is_empty():
        raise ValueError("no article has adjudicated labels, against which coders are scored")
    coders = frames["annotations"].filter(pl.col("annotator_kind") != AnnotatorKind.ADJUDICATED)
    known = coders["annotator_id"].unique().sort().to_list()
    for name in annotators:
        if name not in known:
            raise ValueError(f"no coder {name!r}; {nearest(name, known)}")
    named = list(annotators) or ([] if predictions is not None else known)
    scored = {name: _of(frames, coders.filter(pl.col("annotator_id") == name)) for name in named}
    if predictions is not None:
        scored["predictions"] = _predicted(frames, predictions)
    rows: list[Row] = []
    for name, labels in scored.items():
        pairs = _pairs([(labels, gold.join(labels.select("article_id").unique(), on="article_id", how="semi"))])
        rows += [{"annotator_id": name, **row} for row in _layers(pairs)]
        rows += [{"annotator_id": name, **row} for row in _errors(frames, labels, gold)]
    for name, labels, reason in _baselines(frames, gold):
        found = _layers(_pairs([(labels, gold)])) if reason is None else [{"layer": None, "measure": "accuracy", "reason": reason}]
        guessed = [layer for layer in LABELS if labels[layer].is_not_null().any()] if reason is None else [None]
        rows += [{"annotator_id": name, **row} for row in found if row["layer"] in guessed and row["measure"] != "coverage"]
    everyone = [_of(frames, coders.filter(pl.col("annotator_id") == name)) for name in known]
    if len(everyone) > 1:
        rows += [
            {"annotator_id": CEILING, **row}
            for row in _layers(_pairs(list(permutations(everyone, 2))))
            if row["measure"] != "coverage"
        ]
    else:
        rows.append({"annotator_id": CEILING, "measure": "accuracy", "reason": "fewer than two coders"})
    return pl.DataFrame(rows, _SCORE, orient="row")


def confusion(frames: Frames, annotator: str, layer: str) -> pl.DataFrame:
    """How often gold has each label where the annotator has each: columns `gold`, `label`, `n`. Raises ValueError for no layer."""
    if layer not in LABELS:
        raise ValueError(f"no layer of labels {layer!r}; {nearest(layer, list(LABELS))}")
    notes = frames["annotations"].select(*_KEYS[:1], "annotator_id", label=layer).drop_nulls("label")
    gold = notes.filter(pl.col("annotator_id") == GOLD).select("sentence_id", gold="label")
    own = notes.filter(pl.col("annotator_id") == annotator)
    return own.join(gold, on="sentence_id").group_by("gold", "label").agg(n=pl.len().cast(pl.Int64)).sort("gold", "label")


FAMILIES = re.compile(r"claude|gpt|gemini|gemma|llama|mistral|mixtral|qwen|deepseek|phi|command|olmo|smollm|grok", re.IGNORECASE)
"""The names of families of models, as they stand in the names of models."""


def kin(frames: Frames) -> list[str]:
    """The coders that are models of one family with who adjudicated: gold may share their mistakes, and flatters them."""
    listed = (
        frames["articles"].select("annotators").explode("annotators").unnest("annotators").select("id", "kind", "name").unique()
    )
    families: dict[str, set[str]] = {}
    for who, name in listed.select("id", "name").iter_rows():
        families.setdefault(who, set()).update(one.lower() for one in FAMILIES.findall(name or ""))
    judge = families.get(GOLD, set())
    models = listed.filter(pl.col("kind") == str(AnnotatorKind.MODEL))["id"].unique().sort()
    return [who for who in models if families.get(who, set()) & judge]


def _of(frames: Frames, notes: pl.DataFrame) -> pl.DataFrame:
    return notes.select(*_KEYS, *_LABELS)


def _predicted(frames: Frames, given: pl.DataFrame) -> pl.DataFrame:
    """Predictions as the labels of an annotator; what they do not have is null."""
    schema = frames["annotations"].schema
    if "sentence_id" not in given.columns:
        raise ValueError("predictions need a column sentence_id")
    unknown = [name for name in given.columns if name not in schema and name not in ("text", "n")]
    if unknown:
        raise ValueError(f"predictions have a column {unknown[0]!r}; {nearest(unknown[0], [*_LABELS])}")
    if given["sentence_id"].is_duplicated().any():
        raise ValueError(f"sentence {given.filter(given['sentence_id'].is_duplicated())['sentence_id'][0]!r} is predicted twice")
    strange = given.join(frames["sentences"], on="sentence_id", how="anti")["sentence_id"]
    if len(strange):
        raise ValueError(f"predictions of {len(strange)} sentences that are not in the bank, as {strange[0]!r}")
    for layer, labels in LABELS.items():
        if layer in given.columns:
            odd = given[layer].cast(pl.String).drop_nulls()
            odd = odd.filter(~odd.is_in([str(label) for label in labels]) & (odd != ""))
            if len(odd):
                raise ValueError(f"{layer} {odd[0]!r} is no label; {nearest(odd[0], [str(label) for label in labels])}")
    have = [name for name in _LABELS if name in given.columns]
    try:
        cast = given.select("sentence_id", *(pl.col(name).cast(schema[name]) for name in have))
    except pl.exceptions.PolarsError as error:
        raise ValueError(f"predictions have not the types of `annotations`: {error}") from error
    cast = cast.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)) for name in have if schema[name] == pl.String)
    blank = [pl.lit(None, schema[name]).alias(name) for name in _LABELS if name not in have]
    return frames["sentences"].select(_KEYS).join(cast, on="sentence_id").with_columns(blank).select(*_KEYS, *_LABELS)


def _pairs(pairs: list[tuple[pl.DataFrame, pl.DataFrame]]) -> pl.DataFrame:
    """Sentences that gold has, with its labels and those of a coder, one pair of frames after the other.

    `cluster` is what varies together; by `weight` all pairs together weigh as one, since the same sentences are in each.
    """
    found = pl.concat(
        [
            gold.rename({name: f"gold_{name}" for name in _LABELS}).join(
                labels.drop("article_id", "topic_id"), on="sentence_id", how="left"
            )
            for labels, gold in pairs
        ]
    )
    for name, column in (("topics", "topic_id"), ("articles", "article_id"), ("sentences", "sentence_id")):
        if found[column].n_unique() >= FEW or name == "sentences":
            of = pl.col(column).rank("dense").cast(pl.Int64) - 1
            return found.with_columns(cluster=of, rests_on=pl.lit(name), weight=pl.lit(1 / len(pairs)))
    raise AssertionError


def _layers(pairs: pl.DataFrame) -> list[Row]:
    rows = []
    for layer in Layer:
        column = SPANS[SpanLayer.LOADED] if layer is Layer.LOADED else layer.value
        asked = pairs.filter(pl.col(f"gold_{column}").is_not_null())
        if asked.is_empty():
            rows.append({"layer": layer.value, "measure": "coverage", "reason": "gold has not this layer"})
            continue
        # an author has no source, so that who says `author` has decided on its type, too
        decided = pl.col(column).is_not_null() | (
            pl.lit(layer is Layer.SOURCE_TYPE) & (pl.col("attribution") == Attribution.AUTHOR)
        )
        rows.append(_ratio(layer.value, None, "coverage", asked, decided.fill_null(value=False), pl.lit(1)))
        both = asked.filter(pl.col(column).is_not_null())
        if both.is_empty():
            continue
        if layer.value in LABELS:
            rows += _labelled(both, layer.value)
        elif layer is Layer.STANCE:
            rows += _stance(both)
        elif layer is Layer.FACTS:
            rows.append(_sets(both, layer.value, pl.col("facts"), pl.col("gold_facts")))
    for span, column in SPANS.items():
        both = pairs.filter(pl.col(f"gold_{column}").is_not_null() & pl.col(column).is_not_null())
        if not both.is_empty():
            rows += _spans(both, span)
    return rows


def _labelled(both: pl.DataFrame, layer: str) -> list[Row]:
    labels = [str(label) for label in LABELS[layer]]
    mine, gold = pl.col(layer), pl.col(f"gold_{layer}")
    rows = [_ratio(layer, None, "accuracy", both, mine == gold, pl.lit(1))]
    codes = both.select(
        "cluster", *(pl.col(name).cast(pl.Enum(labels)).to_physical().cast(pl.Int64) for name in (f"gold_{layer}", layer))
    ).to_numpy()
    clusters, of = np.unique(codes[:, 0], return_inverse=True)
    k = len(labels)
    counts = np.bincount((of * k + codes[:, 1]) * k + codes[:, 2], minlength=len(clusters) * k * k).reshape(-1, k, k)
    tables = counts.astype(np.float64)
    frequent = np.flatnonzero(tables.sum(axis=(0, 2)) * both["weight"][0] >= SUPPORT)
    if len(frequent) > 1:
        row = _replicated(tables, lambda one: _macro_f1(one, frequent), 0, both)
    else:
        row = {"reason": f"gold has fewer than two labels {SUPPORT} times or more"}
    rows.append({"layer": layer, "measure": "macro_f1", **row})
    rows.append({"layer": layer, "measure": "alpha", **_replicated(tables, _alpha, -1, both)})
    for label in labels:
        hit, either = (mine == label) & (gold == label), ((mine == label).cast(pl.Float64) + (gold == label)) / 2
        if both.select(((mine == label) | (gold == label)).any()).item():
            row = _ratio(layer, label, "f1", both, hit, either)
            rows.append({**row, "n_units": _size(both.filter(gold == label))})
    return rows


def _alpha(tables: Floats) -> Floats:
    return alpha_of_tables(tables + tables.swapaxes(-1, -2))


def _macro_f1(tables: Floats, labels: Any) -> Floats:
    """The mean F1 of the labels of these numbers, of tables … × gold × label; a label that a table lacks counts nothing in it."""
    hits = np.diagonal(tables, axis1=-2, axis2=-1)[..., labels]
    gold, mine = tables.sum(axis=-1)[..., labels], tables.sum(axis=-2)[..., labels]
    with np.errstate(all="ignore"):
        f1 = np.where(gold > 0, 2 * hits / (gold + mine), np.nan)
        found: Floats = np.nanmean(f1, axis=-1)
    return found


def _stance(both: pl.DataFrame) -> list[Row]:
    field = pl.element().struct.field
    parties = [pl.col(name).list.eval(field("party")) for name in ("stance", "gold_stance")]
    rows = [_sets(both, "mention", *parties)]
    keys = ["pair", "cluster", "rests_on", "weight"]
    long = [
        both.with_row_index("pair")
        .select(*keys, name)
        .explode(name)
        .unnest(name)
        .drop_nulls("party")
        .rename({"value": f"{name}_value"})
        for name in ("stance", "gold_stance")
    ]
    joined = long[0].join(long[1], on=[*keys, "party"])
    if joined.is_empty():
        return rows
    gap = (pl.col("stance_value").cast(pl.Int64) - pl.col("gold_stance_value").cast(pl.Int64)).abs()
    rows.append(_ratio("stance", None, "accuracy", joined, gap == 0, pl.lit(1)))
    row = _ratio("stance", None, "ordinal_error", joined, gap / 2, pl.lit(1))
    rows.append({**row, **{name: row[name] * 2 for name in ("value", "low", "high")}})
    return rows


def _sets(both: pl.DataFrame, layer: str, mine: pl.Expr, gold: pl.Expr) -> Row:
    hit = mine.list.set_intersection(gold).list.len()
    return _ratio(layer, None, "f1", both, hit, (mine.list.len().cast(pl.Float64) + gold.list.len()) / 2, "nothing is listed")


def _spans(both: pl.DataFrame, span: SpanLayer) -> list[Row]:
    """Exact: from end to end, as sets. Overlapping: of the spans of both, those that the other meets (Hripcsak and Rothschild)."""
    mine, gold = (
        both.with_row_index("pair")
        .select("pair", name)
        .explode(name)
        .unnest(name)
        .filter(pl.col("layer") == span)
        .select("pair", "start", "end", ref=pl.col("ref") if span is SpanLayer.FACT else pl.lit(""))
        .unique()
        for name in ("spans", "gold_spans")
    )
    sums = []
    for ours, theirs in ((mine, gold), (gold, mine)):
        met = (
            ours.with_row_index("span")
            .join(theirs.rename({"start": "from", "end": "to"}), on=["pair", "ref"], how="left", nulls_equal=True)
            .group_by("span", "pair")
            .agg(
                exact=((pl.col("start") == pl.col("from")) & (pl.col("end") == pl.col("to"))).fill_null(value=False).any(),
                overlap=((pl.col("start") < pl.col("to")) & (pl.col("end") > pl.col("from"))).fill_null(value=False).any(),
            )
        )
        sums.append(met.group_by("pair").agg(pl.col("exact", "overlap").sum().cast(pl.Int64), spans=pl.len().cast(pl.Int64)))
    summed = pl.concat(sums).group_by("pair").agg(pl.col("exact", "overlap", "spans").sum())
    of = both.with_row_index("pair").select("pair", "cluster", "rests_on", "weight")
    joined = of.join(summed, on="pair", how="left").with_columns(pl.col("exact", "overlap", "spans").fill_null(0))
    halves = pl.col("spans") / 2
    return [
        _ratio(f"{span.value} words", None, name, joined, pl.col(column) / 2, halves, "no span is marked")
        for name, column in (("exact_f1", "exact"), ("overlap_f1", "overlap"))
    ]


def _ratio(
    layer: str, item: str | None, measure: str, frame: pl.DataFrame, x: pl.Expr, y: pl.Expr, empty: str = "nothing counts"
) -> Row:
    """A measure that is the ratio of two sums over rows, with its interval by clusters."""
    weighed = {name: one.cast(pl.Float64) * pl.col("weight") for name, one in (("x", x), ("y", y))}
    sums = frame.select("cluster", **weighed).group_by("cluster").sum().sort("cluster")
    row = {"layer": layer, "item": item, "measure": measure, "n_units": _size(frame), "rests_on": frame["rests_on"][0]}
    row["n_clusters"] = int((sums["y"] > 0).sum())
    if not sums["y"].sum():
        return {**row, "reason": empty}
    found = intervals.grouped(np.array([0]), sums["x"].to_numpy()[:, None], sums["y"].to_numpy()[:, None])
    return row | {name: float(getattr(found, name)[0, 0]) for name in ("value", "low", "high")}


def _replicated(tables: Floats, measure: Callable[[Floats], Floats], least: int, frame: pl.DataFrame) -> Row:
    """A measure of summed tables, from `least` to 1, with the interval of the jackknife."""
    total = tables.sum(axis=0)
    value = float(measure(total[None])[0])
    row = {"n_units": _size(frame), "n_clusters": len(tables), "rests_on": frame["rests_on"][0]}
    if np.isnan(value):
        return {**row, "reason": "only one value occurs"}
    scale = 1 - least
    low, high, smooth = intervals.replicated((value - least) / scale, (measure(total - tables) - least) / scale)
    if not smooth:
        return {**row, "value": value, "reason": "it does not vary between so few"}
    return {**row, "value": value, "low": least + scale * low, "high": least + scale * high}


def _size(frame: pl.DataFrame) -> int:
    return round(frame["weight"].sum())


def _errors(frames: Frames, labels: pl.DataFrame, gold: pl.DataFrame) -> Iterator[Row]:
    """How far what a comparison says of articles is off, where the labels speak instead of gold."""
    ids = labels.select("article_id").unique().join(gold.select("article_id").unique(), on="article_id")
    articles = (
        frames["articles"].join(ids, on="article_id").with_columns(annotators=pl.lit(None, frames["articles"].schema["annotators"]))
    )
    plain = frames["sentences"].join(ids, on="article_id", how="semi")
    missing = [name for name in SAID if labels[_NEEDS[name]].is_null().all()]
    wanted = [name for name in SAID if name not in missing]
    yield from ({"layer": "compare", "item": name, "measure": "error", "reason": "not labelled"} for name in missing)
    if not wanted or ids.is_empty():
        return
    said = []
    for one in (labels, gold):
        replaced = plain.drop(_LABELS).join(one.select("sentence_id", *_LABELS), on="sentence_id", how="left")
        kept = {**frames, "articles": articles, "sentences": replaced.select(plain.columns)}
        found = compare(kept, measures=wanted).filter(pl.col("measure") != "warning")
        said.append(found.select("article_id", "measure", "item", "value"))
    both = (
        said[0]
        .join(said[1], on=["article_id", "measure", "item"], suffix="_gold", nulls_equal=True)
        .drop_nulls(["value", "value_gold"])
    )
    both = both.filter((pl.col("measure") != "attribution") | (pl.col("item") == Attribution.AUTHOR))
    for (measure, item), part in both.group_by("measure", "item", maintain_order=True):
        name = "own voice" if measure == "attribution" else f"{measure} {item or ''}".strip().replace("_", " ")
        off = (part["value"] - part["value_gold"]).to_numpy()
        row = {"layer": "compare", "item": name, "n_units": len(off), "n_clusters": len(off), "rests_on": "articles"}
        for kind, values in (("error", off), ("absolute_error", np.abs(off))):
            yield {**row, "measure": kind, **_mean(values, -np.inf if kind == "error" else 0)}


_NEEDS = {
    "attribution": "attribution",
    "perspective_balance": "source_perspective",
    "side_stance": "stance",
    "loaded": "loaded_words",
}


def _mean(values: Floats, least: float) -> Row:
    """The mean of articles, not below `least`, with the interval of Student's t."""
    mean, spread = float(values.mean()), float(values.std(ddof=1)) if len(values) >= FEW else 0
    if not spread:
        return {"value": mean, "reason": f"fewer than {FEW} articles" if len(values) < FEW else "it does not vary between so few"}
    width = float(intervals.quantile(np.float64(len(values) - 1))) * spread / np.sqrt(len(values))
    return {"value": mean, "low": max(least, mean - width), "high": mean + width}


def _baselines(frames: Frames, gold: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame, str | None]]:
    """What needs no reading: each with its labels, or the reason why it cannot be had."""
    texts = gold.select("sentence_id").join(frames["sentences"].select("sentence_id", "text"), on="sentence_id", how="left")["text"]
    blank = gold.with_columns(pl.lit(None, gold.schema[name]).alias(name) for name in _LABELS)
    topics = gold["topic_id"].unique().sort().to_list()
    majority = blank
    for topic in topics:  # learned from the other topics, where there are any
        others = gold.filter(pl.col("topic_id") != topic) if len(topics) > 1 else gold
        most = {layer: mode[0] for layer in LABELS if len(mode := others[layer].drop_nulls().mode().sort())}
        here = pl.col("topic_id") == topic
        majority = majority.with_columns(
            pl.when(here).then(pl.lit(label, pl.String)).otherwise(pl.col(name)).alias(name) for name, label in most.items()
        )
    yield MAJORITY, majority, None
    if texts.null_count():
        yield QUOTES, blank, "texts are withheld"
        yield WORDS, blank, "texts are withheld"
        return
    yield QUOTES, blank.with_columns(attribution=pl.Series([_by_quotes(text) for text in texts], dtype=pl.String)), None
    if len(topics) < 2:
        yield WORDS, blank, "there is no other topic to learn from"
        return
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline
        from sklearn.svm import LinearSVC
    except ImportError:
        yield WORDS, blank, "scikit-learn is not installed; it comes with the extra `score`"
        return
    guessed: dict[str, list[str | None]] = {layer: [None] * len(gold) for layer in LABELS}
    of, words = gold["topic_id"].to_numpy(), texts.to_numpy()
    for topic in topics:
        for layer in LABELS:
            known = gold[layer].is_not_null().to_numpy()
            train, test = np.flatnonzero((of != topic) & known), np.flatnonzero((of == topic) & known)
            if len(train) and len(test) and gold[layer].gather(train).n_unique() > 1:
                model = make_pipeline(TfidfVectorizer(sublinear_tf=True), LinearSVC(class_weight="balanced", random_state=0))
                model.fit(words[train], gold[layer].gather(train).to_list())
                for row, label in zip(test, model.predict(words[test]), strict=True):
                    guessed[layer][row] = str(label)
    yield WORDS, blank.with_columns(pl.Series(layer, values, pl.String) for layer, values in guessed.items()), None


_QUOTED = re.compile(r"[“\"«][^”\"»]*[”\"»]?|(?<!\w)[‘'][^’']*[’'](?!\w)")


def _by_quotes(text: str) -> str:
    """The attribution that the quotation marks of a sentence suggest."""
    quoted, all_words = sum(len(run.split()) for run in _QUOTED.findall(text)), len(text.split())
    if 2 * quoted > all_words:
        return Attribution.DIRECT.value
    return Attribution.MIXED.value if quoted else Attribution.AUTHOR.value
