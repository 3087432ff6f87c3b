"""Scores of a coder, or of predictions, against the adjudicated labels: layer by layer, and in the results of a comparison.

Most scores are ratios of two sums over units, with the closed-form intervals of `_intervals` over clusters: topics; or articles, if
there are fewer than `MIN_CLUSTERS` topics; or sentences, if there are fewer articles. Macro-F1 and alpha are not such ratios, and
have the delete-one-cluster jackknife.

A unit is a sentence where gold and the coder both have a label; for stance, a sentence and party to which both refer. For spans,
facts and mentions, F1 is that of the sets. What a coder left undecided lowers `coverage`, and nothing else.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any

import numpy as np
import polars as pl

from slantbank.codebook import GOLD, LABELS, AnnotatorKind, Attribution, Layer, SpanLayer
from slantbank.measure import _intervals as intervals
from slantbank.measure._agreement import MIN_CLUSTERS, SPANS, krippendorff_alpha, match_spans
from slantbank.measure._compare import compare
from slantbank.measure._intervals import Floats
from slantbank.measure._labels import unasked_facts
from slantbank.problem import nearest

Frames = Mapping[str, pl.DataFrame]
Row = dict[str, Any]

SUPPORT = 20
"""Macro-F1 is over the labels that gold has at least so often: with fewer, a single sentence would move the mean."""
CEILING = "ceiling: the coders, each against the others"
MAJORITY, QUOTES, WORDS = "baseline: majority label", "baseline: quotation marks", "baseline: TF-IDF of words"
COMPARED = {
    "attribution": "attribution",
    "perspective_balance": "source_perspective",
    "side_stance": "stance",
    "loaded": "loaded_words",
}
"""The measures of a comparison whose errors are scored, each with the layer that it needs; of attribution, only `author`."""

_SCORE = {
    **dict.fromkeys(("annotator_id", "layer", "item", "measure"), pl.String),
    **dict.fromkeys(("value", "low", "high"), pl.Float64),
    "rests_on": pl.String,
    **dict.fromkeys(("n_units", "n_clusters"), pl.Int64),
    "reason": pl.String,
}
_KEYS = ("sentence_id", "article_id", "topic_id")
_LABELS = (*LABELS, "stance", "facts", "loaded_words", "spans")


def score(
    frames: Frames, annotators: Iterable[str] = (), predictions: pl.DataFrame | None = None, *, learned: bool = True
) -> pl.DataFrame:
    """The scores of the annotators named, or all coders, and of predictions, against gold; then of baselines, and the ceiling.

    `predictions` has `sentence_id` and any label columns of `annotations`; a sentence or label that is missing is not covered. The
    baseline that is `learned` needs scikit-learn, and takes longest. One row is one score:

    - `annotator_id`: a coder, `predictions`, a baseline, or the ceiling. The ceiling is the scores of the coders when each in turn
      is taken as gold for another, pooled over all pairs: a score above it is hardly possible;
    - `layer`; `item`: a label, or a measure of `compare`; null is the layer as a whole;
    - `measure`: `coverage`, the share of the sentences with gold that have a label; `accuracy`; `macro_f1`, over the labels that
      gold has at least 20 times; `f1` of a label; `alpha`; `ordinal_error` of stance, the mean distance from gold, from 0 to 2;
      `f1` of the set of facts and of the parties mentioned; `exact_f1` and `overlap_f1` of spans. For measures of `compare`:
      `error`, the mean over articles of the coder's value minus gold's, with the interval of Student's t; `absolute_error`, the
      mean of its size;
    - `value`, `low`, `high`: with a 95 % interval, which holds for `rests_on` like these; `n_units`: the units scored, for a label
      its support in gold; `n_clusters`; `reason`: why there is no value, or no interval.

    Raises ValueError if nothing is adjudicated, for an unknown annotator, and for predictions of unknown sentences.
    """
    annotations = _with_unasked(frames)
    gold = _labels(annotations.filter(pl.col("annotator_id") == GOLD))
    if gold.is_empty():
        raise ValueError("no article has adjudicated labels, against which coders are scored")
    coders = annotations.filter(pl.col("annotator_kind") != AnnotatorKind.ADJUDICATED)
    by_coder = {name: _labels(coders.filter(pl.col("annotator_id") == name)) for name in coders["annotator_id"].unique().sort()}
    for name in annotators:
        if name not in by_coder:
            raise ValueError(f"no coder {name!r}; {nearest(name, list(by_coder))}")
    scored = {name: by_coder[name] for name in (list(annotators) or ([] if predictions is not None else by_coder))}
    if predictions is not None:
        scored["predictions"] = _predicted_labels(frames, predictions)
    rows: list[Row] = []
    for name, labels in scored.items():
        pairs = _pairs([(labels, gold.join(labels.select("article_id").unique(), on="article_id", how="semi"))])
        rows += [{"annotator_id": name, **row} for row in (*_layer_scores(pairs), *_comparison_errors(frames, labels, gold))]
    for name, labels, reason in _baselines(frames, gold, learned=learned):
        if reason is not None:
            rows.append({"annotator_id": name, "measure": "accuracy", "reason": reason})
            continue
        guessed = [layer for layer in LABELS if labels[layer].is_not_null().any()]
        scores = [row for row in _layer_scores(_pairs([(labels, gold)])) if row["layer"] in guessed]
        rows += [{"annotator_id": name, **row} for row in scores if row["measure"] != "coverage"]
    if len(by_coder) > 1:
        scores = _layer_scores(_pairs(list(permutations(by_coder.values(), 2))))
        rows += [{"annotator_id": CEILING, **row} for row in scores if row["measure"] != "coverage"]
    else:
        rows.append({"annotator_id": CEILING, "measure": "accuracy", "reason": "fewer than two coders"})
    return pl.DataFrame(rows, _SCORE, orient="row")


def confusion(frames: Frames, annotator: str, layer: str) -> pl.DataFrame:
    """The confusion matrix of an annotator against gold: columns `gold`, `label`, `n`. Raises ValueError for an unknown layer."""
    if layer not in LABELS:
        raise ValueError(f"no layer of labels {layer!r}; {nearest(layer, list(LABELS))}")
    notes = frames["annotations"].select("sentence_id", "annotator_id", label=layer).drop_nulls("label")
    gold = notes.filter(pl.col("annotator_id") == GOLD).select("sentence_id", gold="label")
    labels = notes.filter(pl.col("annotator_id") == annotator)
    return labels.join(gold, on="sentence_id").group_by("gold", "label").agg(n=pl.len().cast(pl.Int64)).sort("gold", "label")


FAMILIES = re.compile(r"claude|gpt|gemini|gemma|llama|mistral|mixtral|qwen|deepseek|phi|command|olmo|smollm|grok", re.IGNORECASE)
"""The families of models, by the words in the names of models."""


def related_models(frames: Frames) -> list[str]:
    """The coders that are models of the adjudicator's family: gold may share their mistakes, which raises their scores."""
    listed = (
        frames["articles"].select("annotators").explode("annotators").unnest("annotators").select("id", "kind", "name").unique()
    )
    families: dict[str, set[str]] = {}
    for annotator, name in listed.select("id", "name").iter_rows():
        families.setdefault(annotator, set()).update(family.lower() for family in FAMILIES.findall(name or ""))
    adjudicator = families.get(GOLD, set())
    models = listed.filter(pl.col("kind") == str(AnnotatorKind.MODEL))["id"].unique().sort()
    return [model for model in models if families.get(model, set()) & adjudicator]


def _with_unasked(frames: Frames) -> pl.DataFrame:
    """The annotations with `unasked`: the facts that the annotator was not asked about, for they came later."""
    keys = ["article_id", "annotator_id"]
    unasked = unasked_facts(frames).group_by(keys).agg(unasked="fact_id")
    return frames["annotations"].join(unasked, on=keys, how="left").with_columns(pl.col("unasked").fill_null([]))


def _labels(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(*_KEYS, *_LABELS, "unasked")


def _predicted_labels(frames: Frames, predictions: pl.DataFrame) -> pl.DataFrame:
    """The predictions in the form of an annotator's labels, null where there is none. Raises ValueError if they cannot be used."""
    schema = frames["annotations"].schema
    if "sentence_id" not in predictions.columns:
        raise ValueError("predictions need a column sentence_id")
    unknown = [name for name in predictions.columns if name not in schema and name not in ("text", "n")]
    if unknown:
        raise ValueError(f"predictions have a column {unknown[0]!r}; {nearest(unknown[0], [*_LABELS])}")
    ids = predictions["sentence_id"]
    if ids.is_duplicated().any():
        raise ValueError(f"sentence {ids.filter(ids.is_duplicated())[0]!r} is predicted twice")
    missing = predictions.join(frames["sentences"], on="sentence_id", how="anti")["sentence_id"]
    if len(missing):
        raise ValueError(f"predictions of {len(missing)} sentences that are not in the bank, as {missing[0]!r}")
    for layer, labels in LABELS.items():
        if layer in predictions.columns:
            values = predictions[layer].cast(pl.String).drop_nulls()
            values = values.filter(~values.is_in([str(label) for label in labels]) & (values != ""))
            if len(values):
                raise ValueError(f"{layer} {values[0]!r} is no label; {nearest(values[0], [str(label) for label in labels])}")
    layers = [name for name in _LABELS if name in predictions.columns]
    try:
        cast = predictions.select("sentence_id", *(pl.col(name).cast(schema[name]) for name in layers))
    except pl.exceptions.PolarsError as error:
        raise ValueError(f"predictions have not the types of `annotations`: {error}") from error
    cast = cast.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)) for name in layers if schema[name] == pl.String)
    blank = [pl.lit(None, schema[name]).alias(name) for name in _LABELS if name not in layers]
    asked = pl.lit([], pl.List(pl.String)).alias("unasked")
    return _labels(frames["sentences"].select(_KEYS).join(cast, on="sentence_id").with_columns(*blank, asked))


def _pairs(pairs: Sequence[tuple[pl.DataFrame, pl.DataFrame]]) -> pl.DataFrame:
    """The sentences of gold with the labels of a coder and of gold (`gold_…`), for one pair of frames after the other.

    Facts that one of the two was not asked about are left out of both. The `weight` of each row makes all pairs together count as
    one, since they have the same sentences.
    """
    rows = pl.concat(
        [
            gold.rename({name: f"gold_{name}" for name in (*_LABELS, "unasked")}).join(
                labels.drop("article_id", "topic_id"), on="sentence_id", how="left"
            )
            for labels, gold in pairs
        ]
    )
    unasked = pl.concat_list(pl.col("unasked").fill_null([]), "gold_unasked")
    rows = rows.with_columns(unasked=unasked).with_columns(pl.col("facts", "gold_facts").list.set_difference(pl.col("unasked")))
    return with_clusters(rows).with_columns(weight=pl.lit(1 / len(pairs)))


def with_clusters(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with the number of each row's `cluster`, and `rests_on`, the kind of clusters."""
    columns = {"topics": "topic_id", "articles": "article_id", "sentences": "sentence_id"}
    kind = next((kind for kind, column in columns.items() if frame[column].n_unique() >= MIN_CLUSTERS), "sentences")
    return frame.with_columns(cluster=pl.col(columns[kind]).rank("dense").cast(pl.Int64) - 1, rests_on=pl.lit(kind))


def _layer_scores(pairs: pl.DataFrame) -> list[Row]:
    rows = []
    for layer in Layer:
        column = SPANS[SpanLayer.LOADED] if layer is Layer.LOADED else layer.value
        adjudicated = pairs.filter(pl.col(f"gold_{column}").is_not_null())
        if adjudicated.is_empty():
            rows.append({"layer": layer.value, "measure": "coverage", "reason": "gold has not this layer"})
            continue
        # the attribution `author` decides on the source type, too: there is no source
        decided = pl.col(column).is_not_null() | (
            pl.lit(layer is Layer.SOURCE_TYPE) & (pl.col("attribution") == Attribution.AUTHOR)
        )
        rows.append(ratio_row(layer.value, None, "coverage", adjudicated, decided.fill_null(value=False), pl.lit(1)))
        both = adjudicated.filter(pl.col(column).is_not_null())
        if both.is_empty():
            continue
        if layer.value in LABELS:
            rows += _label_scores(both, layer.value)
        elif layer is Layer.STANCE:
            rows += _stance_scores(both)
        elif layer is Layer.FACTS:
            rows.append(_set_f1(both, layer.value, pl.col("facts"), pl.col("gold_facts")))
    for span, column in SPANS.items():
        both = pairs.filter(pl.col(f"gold_{column}").is_not_null() & pl.col(column).is_not_null())
        if not both.is_empty():
            rows += _span_f1(both, span)
    return rows


def _label_scores(both: pl.DataFrame, layer: str) -> list[Row]:
    labels = [str(label) for label in LABELS[layer]]
    coder, gold = pl.col(layer), pl.col(f"gold_{layer}")
    rows = [ratio_row(layer, None, "accuracy", both, coder == gold, pl.lit(1))]
    codes = both.select(
        "cluster", *(pl.col(name).cast(pl.Enum(labels)).to_physical().cast(pl.Int64) for name in (f"gold_{layer}", layer))
    ).to_numpy()
    clusters, cluster = np.unique(codes[:, 0], return_inverse=True)
    k = len(labels)
    counts = np.bincount((cluster * k + codes[:, 1]) * k + codes[:, 2], minlength=len(clusters) * k * k).reshape(-1, k, k)
    tables = counts.astype(np.float64)
    frequent = np.flatnonzero(tables.sum(axis=(0, 2)) * both["weight"][0] >= SUPPORT)
    if len(frequent) > 1:
        row = _jackknife_row(tables, lambda tables: _macro_f1(tables, frequent), 0, both)
    else:
        row = {"reason": f"gold has fewer than two labels {SUPPORT} times or more"}
    rows.append({"layer": layer, "measure": "macro_f1", **row})
    coincidences = tables + tables.swapaxes(-1, -2)
    rows.append({"layer": layer, "measure": "alpha", **_jackknife_row(coincidences, krippendorff_alpha, -1, both)})
    for label in labels:
        hit, mean = (coder == label) & (gold == label), ((coder == label).cast(pl.Float64) + (gold == label)) / 2
        if both.select(((coder == label) | (gold == label)).any()).item():
            row = ratio_row(layer, label, "f1", both, hit, mean)
            rows.append({**row, "n_units": _size(both.filter(gold == label))})
    return rows


def _macro_f1(tables: Floats, labels: Any) -> Floats:
    """The mean F1 of the labels with these numbers, in confusion matrices (… × gold × coder), over those that gold has."""
    hits = np.diagonal(tables, axis1=-2, axis2=-1)[..., labels]
    gold, coder = tables.sum(axis=-1)[..., labels], tables.sum(axis=-2)[..., labels]
    with np.errstate(all="ignore"):
        f1 = np.where(gold > 0, 2 * hits / (gold + coder), np.nan)
        mean: Floats = np.nanmean(f1, axis=-1)
    return mean


def _stance_scores(both: pl.DataFrame) -> list[Row]:
    field = pl.element().struct.field
    parties = [pl.col(name).list.eval(field("party")) for name in ("stance", "gold_stance")]
    rows = [_set_f1(both, "mention", *parties)]
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
    rows.append(ratio_row("stance", None, "accuracy", joined, gap == 0, pl.lit(1)))
    row = ratio_row("stance", None, "ordinal_error", joined, gap / 2, pl.lit(1))
    rows.append({**row, **{name: row[name] * 2 for name in ("value", "low", "high")}})
    return rows


def _set_f1(both: pl.DataFrame, layer: str, coder: pl.Expr, gold: pl.Expr) -> Row:
    hits = coder.list.set_intersection(gold).list.len()
    mean = (coder.list.len().cast(pl.Float64) + gold.list.len()) / 2
    return ratio_row(layer, None, "f1", both, hits, mean, "nothing is listed")


def _span_f1(both: pl.DataFrame, layer: SpanLayer) -> list[Row]:
    """F1 of exact spans, and of spans that overlap one of the other annotator's (Hripcsak and Rothschild 2005)."""
    coder, gold = (
        both.with_row_index("pair")
        .select("pair", "unasked", name)
        .explode(name)
        .unnest(name)
        .filter((pl.col("layer") == layer) & ((layer is not SpanLayer.FACT) | ~pl.col("ref").is_in(pl.col("unasked"))))
        .select("pair", "start", "end", ref=pl.col("ref") if layer is SpanLayer.FACT else pl.lit(""))
        .unique()
        for name in ("spans", "gold_spans")
    )
    matches = pl.concat([match_spans(coder, gold, ["pair"]), match_spans(gold, coder, ["pair"])]).group_by("pair")
    sums = matches.agg(pl.col("exact", "overlap").sum().cast(pl.Int64), spans=pl.len().cast(pl.Int64))
    sentences = both.with_row_index("pair").select("pair", "cluster", "rests_on", "weight")
    joined = sentences.join(sums, on="pair", how="left").with_columns(pl.col("exact", "overlap", "spans").fill_null(0))
    return [
        ratio_row(f"{layer.value} words", None, f"{kind}_f1", joined, pl.col(kind) / 2, pl.col("spans") / 2, "no span is marked")
        for kind in ("exact", "overlap")
    ]


def ratio_row(
    layer: str, item: str | None, measure: str, frame: pl.DataFrame, x: pl.Expr, y: pl.Expr, empty: str = "nothing counts"
) -> Row:
    """The row of a score that is the ratio of two weighted sums over rows, with its interval over clusters."""
    weighted = {name: term.cast(pl.Float64) * pl.col("weight") for name, term in (("x", x), ("y", y))}
    sums = frame.select("cluster", **weighted).group_by("cluster").sum().sort("cluster")
    row = {"layer": layer, "item": item, "measure": measure, "n_units": _size(frame), "rests_on": frame["rests_on"][0]}
    row["n_clusters"] = int((sums["y"] > 0).sum())
    if not sums["y"].sum():
        return {**row, "reason": empty}
    ratios = intervals.jackknife_ratios(np.array([0]), sums["x"].to_numpy()[:, None], sums["y"].to_numpy()[:, None])
    return row | {name: float(getattr(ratios, name)[0, 0]) for name in ("value", "low", "high")}


def _jackknife_row(tables: Floats, measure: Callable[[Floats], Floats], least: int, frame: pl.DataFrame) -> Row:
    """The row of a score of summed confusion matrices, from `least` to 1, with the delete-one-cluster jackknife."""
    total = tables.sum(axis=0)
    value = float(measure(total[None])[0])
    row = {"n_units": _size(frame), "n_clusters": len(tables), "rests_on": frame["rests_on"][0]}
    if np.isnan(value):
        return {**row, "reason": "only one value occurs"}
    low, high, smooth = intervals.jackknife(value, measure(total - tables), (least, 1))
    if not smooth:
        return {**row, "value": value, "reason": "it does not vary between so few"}
    return {**row, "value": value, "low": low, "high": high}


def _size(frame: pl.DataFrame) -> int:
    """The number of units: rows by weight."""
    return round(frame["weight"].sum())


def _comparison_errors(frames: Frames, labels: pl.DataFrame, gold: pl.DataFrame) -> Iterator[Row]:
    """The errors of the values that `compare` gives for articles with these labels instead of gold."""
    ids = labels.select("article_id").unique().join(gold.select("article_id").unique(), on="article_id")
    articles = (
        frames["articles"].join(ids, on="article_id").with_columns(annotators=pl.lit(None, frames["articles"].schema["annotators"]))
    )
    sentences = frames["sentences"].join(ids, on="article_id", how="semi")
    missing = [name for name, layer in COMPARED.items() if labels[layer].is_null().all()]
    measures = [name for name in COMPARED if name not in missing]
    yield from ({"layer": "compare", "item": name, "measure": "error", "reason": "not labelled"} for name in missing)
    if not measures or ids.is_empty():
        return

    def values(labels: pl.DataFrame) -> pl.DataFrame:
        relabelled = sentences.drop(_LABELS).join(labels.select("sentence_id", *_LABELS), on="sentence_id", how="left")
        rows = compare({**frames, "articles": articles, "sentences": relabelled.select(sentences.columns)}, measures=measures)
        return rows.filter(pl.col("measure") != "warning").select("article_id", "measure", "item", "value")

    both = values(labels).join(values(gold), on=["article_id", "measure", "item"], suffix="_gold", nulls_equal=True)
    both = both.drop_nulls(["value", "value_gold"])
    both = both.filter((pl.col("measure") != "attribution") | (pl.col("item") == Attribution.AUTHOR))
    for (measure, item), part in both.group_by("measure", "item", maintain_order=True):
        name = "own voice" if measure == "attribution" else f"{measure} {item or ''}".strip().replace("_", " ")
        errors = (part["value"] - part["value_gold"]).to_numpy()
        row = {"layer": "compare", "item": name, "n_units": len(errors), "n_clusters": len(errors), "rests_on": "articles"}
        yield {**row, "measure": "error", **_mean(errors, -np.inf)}
        yield {**row, "measure": "absolute_error", **_mean(np.abs(errors), 0)}


def _mean(values: Floats, least: float) -> Row:
    """The mean of articles with the interval of Student's t, cut at `least`."""
    if len(values) < MIN_CLUSTERS:
        return {"value": float(values.mean()), "reason": f"fewer than {MIN_CLUSTERS} articles"}
    mean, spread = float(values.mean()), float(values.std(ddof=1))
    if not spread:
        return {"value": mean, "reason": "it does not vary between so few"}
    width = float(intervals.t_quantile(np.float64(len(values) - 1))) * spread / np.sqrt(len(values))
    return {"value": mean, "low": max(least, mean - width), "high": mean + width}


def _baselines(frames: Frames, gold: pl.DataFrame, *, learned: bool = True) -> Iterator[tuple[str, pl.DataFrame, str | None]]:
    """The baselines that read no text, or only its surface: each with its labels, or with the reason why it has none."""
    texts = gold.select("sentence_id").join(frames["sentences"].select("sentence_id", "text"), on="sentence_id", how="left")["text"]
    blank = gold.with_columns(pl.lit(None, gold.schema[name]).alias(name) for name in _LABELS)
    topics = gold["topic_id"].unique().sort().to_list()
    majority = blank
    for topic in topics:  # from the other topics, where there are any
        others = gold.filter(pl.col("topic_id") != topic) if len(topics) > 1 else gold
        most = {layer: mode[0] for layer in LABELS if len(mode := others[layer].drop_nulls().mode().sort())}
        in_topic = pl.col("topic_id") == topic
        majority = majority.with_columns(
            pl.when(in_topic).then(pl.lit(label, pl.String)).otherwise(pl.col(name)).alias(name) for name, label in most.items()
        )
    yield MAJORITY, majority, None
    if texts.null_count():
        yield QUOTES, blank, "texts are withheld"
        if learned:
            yield WORDS, blank, "texts are withheld"
        return
    yield QUOTES, blank.with_columns(attribution=pl.Series([_by_quotes(text) for text in texts], dtype=pl.String)), None
    if not learned:
        return
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
    topic_ids, words = gold["topic_id"].to_numpy(), texts.to_numpy()
    for topic in topics:
        for layer in LABELS:
            coded = gold[layer].is_not_null().to_numpy()
            train, test = np.flatnonzero((topic_ids != topic) & coded), np.flatnonzero((topic_ids == topic) & coded)
            if len(train) and len(test) and gold[layer].gather(train).n_unique() > 1:
                model = make_pipeline(TfidfVectorizer(sublinear_tf=True), LinearSVC(class_weight="balanced", random_state=0))
                model.fit(words[train], gold[layer].gather(train).to_list())
                for row, label in zip(test, model.predict(words[test]), strict=True):
                    guessed[layer][row] = str(label)
    yield WORDS, blank.with_columns(pl.Series(layer, values, pl.String) for layer, values in guessed.items()), None


_QUOTED = re.compile(r"[“\"«][^”\"»]*[”\"»]?|(?<!\w)[‘'][^’']*[’'](?!\w)")


def _by_quotes(text: str) -> str:
    """The attribution that the quotation marks of a sentence suggest."""
    quoted = sum(len(run.split()) for run in _QUOTED.findall(text))
    if 2 * quoted > len(text.split()):
        return Attribution.DIRECT.value
    return Attribution.MIXED.value if quoted else Attribution.AUTHOR.value
