"""Accounts of one event side by side: measures of articles and groups, how sure they are, and the sentences behind them.

Every measure is a ratio of two sums over rows: sentences, mentions of a party in a sentence, or articles. `MEASURES` states
them all. So an article enters a group's measures as pairs of numbers (see `tally`), and a resample of articles (or of one
article's sentences) needs only how often each was drawn: a multinomial draw, exact, and the same for all measures of a group. Of
many units whose sums are as good as normal the sums themselves are drawn (see `_is_normal`), which is cheap for millions of
sentences.

Wherever a function takes `frames`, it takes the frames of `schema.FRAMES` by name: `sentences`, `articles`, `parties` and
`facts`, and `annotations` where the coders' own labels are asked for. `by` is any column of `articles` that is not nested;
articles that have no value there are left out. `only` keeps the named articles or topics. Sentences of the body are measured,
or with `headline=True` the headlines alone. A name that there is not raises ValueError, which names the nearest that there is.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import combinations
from math import comb
from typing import Any, Literal, NamedTuple
from zlib import crc32

import numpy as np
import polars as pl

from slantbank.codebook import LABELS, AnnotatorKind, Attribution, Perspective, Side, SourceType, SpanLayer, Unit
from slantbank.measure import _tally as tally
from slantbank.measure._tally import Added, Floats, Ints, Rows, Sums, Tally
from slantbank.problem import nearest

Frames = Mapping[str, pl.DataFrame]
Names = str | Collection[str] | None

SEED = 20171

FEW = 5
"""With fewer articles, or fewer sentences that count, there is no interval.

Four units have C(7, 3) = 35 distinct resamples, so that the outer 2.5 % are less than one of them; five have 126. And where
five of many units count, fewer than one resample in a hundred (e⁻⁵) has none of them.
"""

MANY = 1000
"""With fewer units each resample is drawn unit by unit."""

DEALS = 40
"""Two groups are not tested if their units can be dealt to them in fewer ways: no two-sided p could be 0.05 or less."""


@dataclass(frozen=True)
class Measure:
    """A measure: what it means, and for each item its numerator and its denominator, expressions to be summed over `rows`.

    `rows` are sentences; the parties that sentences refer to, or the sides of those (party or side is then the item); or
    articles, which have one number each. `layers` are the columns that must be coded, `counts` is what the denominator counts,
    and `empty` why there is no value where all is coded. `evidence` is the part of an article's number that is in a sentence.
    `wordings` are compared, and cannot be where the text is withheld.
    """

    meaning: str
    layers: tuple[str, ...]
    items: Mapping[str, Sums]
    rows: Literal["sentences", "parties", "sides", "articles"] = "sentences"
    counts: str = "sentences"
    empty: str = "no sentence counts"
    evidence: pl.Expr | None = None
    wordings: bool = False


def _is(column: str, label: str | int) -> pl.Expr:
    return pl.col(column) == label


def _coded(column: str) -> pl.Expr:
    return pl.col(column).is_not_null()


def _shares(column: str, labels: Iterable[str]) -> dict[str, Sums]:
    return {str(label): (_is(column, label), _coded(column)) for label in labels}


def _labels(column: str, meaning: str, empty: str = "no sentence counts") -> Measure:
    return Measure(meaning, (column,), _shares(column, LABELS[column]), empty=empty)


def _balance(among: pl.Expr) -> Sums:
    a, b = ((among & _is("source_perspective", side)).cast(pl.Int32) for side in (Perspective.SIDE_A, Perspective.SIDE_B))
    return a - b, a + b


def _loaded(among: pl.Expr) -> Sums:
    return pl.when(among).then(100 * pl.col("loaded_words")), pl.when(among & _coded("loaded_words")).then("n_words")


_ALL, _OWN, _ATTRIBUTED = pl.lit(value=True), _is("attribution", Attribution.AUTHOR), pl.col("attribution") != Attribution.AUTHOR
_HAS_SOURCE = pl.col("spans").list.eval(pl.element().struct.field("layer") == SpanLayer.SOURCE).list.any().cast(pl.Int32)
_HAS_PARTY = _coded("source_party").cast(pl.Int32)
_UNATTRIBUTED = "no sentence is attributed"
_WITHHELD = "the text is withheld, and wordings are not known"


def _stance(of: str, rows: Literal["parties", "sides"], prefix: str = "") -> dict[str, Measure]:
    none = f"no sentence refers to the {of}"
    found = {
        "stance": Measure(
            f"Mean light on the {of} in the sentences that refer to it: from -1 (bad) to 1 (good).",
            ("stance",),
            {"": (pl.col("value"), _coded("value"))},
            rows,
            empty=none,
        ),
        "loaded_against": Measure(
            f"Loaded words in every 100 words of the sentences that show the {of} in a bad light.",
            ("stance", "loaded_words"),
            {"": _loaded(_is("value", -1))},
            rows,
            "words",
            f"no sentence shows the {of} in a bad light",
        ),
    } | {
        f"stance_{light}": Measure(
            f"Of the sentences that refer to the {of}, the share that shows it in {words} light.",
            ("stance",),
            {"": (_is("value", value), _coded("value"))},
            rows,
            empty=none,
        )
        for light, words, value in (("good", "a good", 1), ("neither", "neither", 0), ("bad", "a bad", -1))
    }
    return {prefix + name: measure for name, measure in found.items()}


def _number(column: str, meaning: str, evidence: pl.Expr, empty: str, *, wordings: bool = False) -> Measure:
    meaning = f"{meaning}; of a group, the mean of its articles."
    return Measure(
        meaning, ("attribution",), {"": (pl.col(column), _coded(column))}, "articles", "articles", empty, evidence, wordings
    )


FAMILIES: dict[str, dict[str, Measure]] = {
    "shares": {
        "claim_type": _labels("claim_type", "Share of the sentences whose claim is of the type."),
        "attribution": _labels("attribution", "Share of the sentences whose claim is so sourced."),
        "source_type": _labels("source_type", "Share of the attributed sentences whose source is of the type.", _UNATTRIBUTED),
        "source_perspective": _labels("source_perspective", "Share of the sentences that give the account of the side."),
        "claim_type_by_attribution": Measure(
            "Of the sentences so sourced, the share whose claim is of the type.",
            ("claim_type", "attribution"),
            {
                f"{how}/{claim}": (among & _is("claim_type", claim), among & _coded("claim_type"))
                for how, among in ((how, _is("attribution", how)) for how in LABELS["attribution"])
                for claim in LABELS["claim_type"]
            },
            empty="no sentence is so sourced",
        ),
        "own_voice": Measure(
            "Of the claims of the type, the share that the article asserts in its own voice.",
            ("claim_type", "attribution"),
            {
                str(claim): (_is("claim_type", claim) & _OWN, _is("claim_type", claim) & _coded("attribution"))
                for claim in LABELS["claim_type"]
            },
            empty="no claim is of the type",
        ),
    },
    "balance": {
        "perspective_balance": Measure(
            "Sentences that give side a's account less those that give side b's, over both: from -1 (all b) to 1 (all a).",
            ("source_perspective",),
            {"": _balance(_ALL)},
            empty="no sentence gives either side's account",
        ),
        "perspective_balance_by_voice": Measure(
            "The perspective balance of what the author says, and of what sources say.",
            ("source_perspective", "attribution"),
            {"author": _balance(_OWN), "sources": _balance(_ATTRIBUTED)},
            empty="no sentence in that voice gives either side's account",
        ),
    },
    "stance": _stance("party", "parties") | _stance("side", "sides", "side_"),
    "loaded": {
        "loaded": Measure("Loaded words in every 100 words.", ("loaded_words",), {"": _loaded(_ALL)}, counts="words"),
        "loaded_by_quarter": Measure(
            "Loaded words in every 100 words of a quarter of the body, the first to the fourth by number of sentences.",
            ("loaded_words",),
            {str(quarter): _loaded(_is("quarter", quarter)) for quarter in (1, 2, 3, 4)},
            counts="words",
            empty="no sentence stands there",
        ),
    },
    "sourcing": {
        "attributed": Measure(
            "Share of the sentences whose claim is left to a source.", ("attribution",), {"": (_ATTRIBUTED, _coded("attribution"))}
        ),
        "unnamed": Measure(
            "Of the attributed sentences, the share whose source is an unnamed person or group.",
            ("source_type",),
            {"": (pl.col("source_type").is_in([SourceType.UNNAMED, SourceType.COLLECTIVE]), _coded("source_type"))},
            empty=_UNATTRIBUTED,
        ),
        "source_side": Measure(
            "Of the attributed sentences whose source belongs to a party, the share of the side.",
            ("attribution",),
            _shares("source_side", Side),
            empty="no source belongs to a party",
        ),
        "sources": _number("sources", "Different wordings that name a source", _HAS_SOURCE, "no source is marked", wordings=True),
        "effective_sources": _number(
            "effective_sources",
            "Effective number of the wordings that name a source",
            _HAS_SOURCE,
            "no source is marked",
            wordings=True,
        ),
        "source_parties": _number("source_parties", "Parties of the sources", _HAS_PARTY, "no source belongs to a party"),
        "effective_source_parties": _number(
            "effective_source_parties", "Effective number of the parties of the sources", _HAS_PARTY, "no source belongs to a party"
        ),
    },
    "facts": {
        "facts_reported": Measure(
            "Share of the topic's facts that an article reports, headline included.",
            ("facts",),
            {"": (pl.col("reported"), pl.col("known"))},
            "articles",
            "facts",
            "the topic lists no facts",
        ),
        "facts_left_out": Measure(
            "Of the facts that other articles on the topic report, the share that an article leaves out.",
            ("facts",),
            {"": (pl.col("left_out"), pl.col("elsewhere"))},
            "articles",
            "facts",
            "no other article on the topic reports a fact",
        ),
    },
}
"""The measures by family and name, to be read: what each means, and what is divided by what."""

MEASURES: dict[str, Measure] = {name: measure for family in FAMILIES.values() for name, measure in family.items()}


def compare(
    frames: Frames,
    by: str = "article_id",
    *,
    measures: Names = None,
    only: Names = None,
    headline: bool = False,
    replicates: int = 1000,
    seed: int = SEED,
    coders: bool = False,
) -> pl.DataFrame:
    """Every measure (or those named) of every group, with a 95 % interval: one row a group, measure and item.

    `n` is what the denominator counts. `interval` says what was resampled: of one article its `sentences`, as if independent, so
    that the interval speaks of this text and not of its outlet; of several the `articles`, whole. Where there is no value or no
    interval it is null, and `reason` says why. With `coders=True` the labels are the coders' own, pooled, and each replicate draws
    coders too, as wholes, because a coder's habits run through all that he or she labels. `replicates=0` gives no intervals.

    Percentile bootstrap (Efron 1979), of clusters (Field and Welsh 2007), crossed with coders (Owen 2007). From few articles it is
    rather short: in a simulation of shares it held the truth in 86 of 100 cases with 5 articles, 93 with 10 and 95 with 20.
    """
    chosen = _measures(measures)
    rows = _rows(frames, by, only, headline=headline, coders=_coders(frames) if coders else ())
    groups = _groups(rows, chosen, sentences=replicates > 0)
    resamples = _Resamples(replicates, seed) if replicates else None
    found = [row for _, values in _values(rows, groups, chosen, resamples) for row in values]
    columns: dict[str, Any] = {"group": frames["articles"].schema[by], "measure": pl.String, "item": pl.String}
    columns |= {"value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "interval": pl.String}
    columns |= {"n": pl.Int64, "n_articles": pl.Int64, "reason": pl.String}
    frame = pl.DataFrame({name: [row.get(name) for row in found] for name in columns}, columns)
    return frame.rename({"group": by}).with_columns(seed=pl.lit(seed))


def shares(frames: Frames, by: str = "article_id", *, only: Names = None, headline: bool = False) -> pl.DataFrame:
    """Shares of claim type, attribution, source type and perspective, and which claims are left to sources.

    Those of a measure sum to 1 (of `claim_type_by_attribution`, within the attribution); each of `own_voice` stands for itself.
    """
    return _family("shares", frames, by, only, headline=headline)


def balance(frames: Frames, by: str = "article_id", *, only: Names = None, headline: bool = False) -> pl.DataFrame:
    """Balance of the two sides' accounts, (a - b) / (a + b), overall, in the author's own voice and in that of sources.

    The relative difference of Kim and Fording (2002; see Lowe et al. 2011). Null, not 0, where neither side's account occurs.
    """
    return _family("balance", frames, by, only, headline=headline)


def stance(frames: Frames, by: str = "article_id", *, only: Names = None, headline: bool = False) -> pl.DataFrame:
    """Mean light on each party, shares of good, neither and bad, and loaded words where it is bad; then the same by side.

    The mean of -1, 0 and 1 is the net tone of content analysis, good less bad over all mentions (Young and Soroka 2012).
    A party id that occurs in several topics counts as one party. Across topics rather compare the sides.
    """
    return _family("stance", frames, by, only, headline=headline)


def loaded(frames: Frames, by: str = "article_id", *, only: Names = None, headline: bool = False) -> pl.DataFrame:
    """Loaded words in every 100 words, in all and by quarter of the body (on loaded words, Recasens et al. 2013)."""
    return _family("loaded", frames, by, only, headline=headline)


def sourcing(frames: Frames, by: str = "article_id", *, only: Names = None, headline: bool = False) -> pl.DataFrame:
    """What is attributed, to whom and to how many. Wordings of sources are compared in lower case; a pronoun is a wording too.

    The effective number is the exponential of Shannon's entropy (Hill 1973, of order 1; Jost 2006).
    """
    return _family("sourcing", frames, by, only, headline=headline)


def differences(
    frames: Frames,
    by: str,
    *,
    measures: Names = None,
    only: Names = None,
    headline: bool = False,
    replicates: int = 9999,
    seed: int = SEED,
) -> pl.DataFrame:
    """How far the groups differ, pair by pair, and whether more than if their articles were dealt to them at random.

    One row a pair `a`, `b`, measure and item: `difference` = `value_a` - `value_b`, its two-sided `p` (twice the smaller tail),
    and `p_holm`, corrected for all tests of this call (Holm 1979): so name the `measures` before you look. Articles are dealt
    whole; of two single articles the sentences are, which speaks of the two texts only; `dealt` says which. All deals are made
    if they are at most `replicates`, and `exact` is true, or else so many at random (Phipson and Smyth 2010). Outlets that
    write on different topics differ by that too: compare them within a topic, by `only`.
    """
    chosen = _measures(measures)
    measured = _rows(frames, by, only, headline=headline)
    values: dict[tuple[Any, ...], dict[str, Any]] = {}
    samples: dict[str, dict[tuple[Any, ...], _Sample]] = {"articles": {}, "sentences": {}}
    for sentences in (True, False):
        for group, own in _values(measured, _groups(measured, chosen, sentences=sentences), chosen):
            parts = group.added()
            for row in own:
                added = parts[row["block"]]
                units = row["unit"] if sentences else "articles"
                key = (group.name, row["measure"], row["item"])
                values[key] = row
                samples[units][key] = _distinct(np.stack([added.x[row["at"], :, 0], added.y[row["at"], :, 0]], axis=1))

    def of(pair: tuple[Any, Any]) -> list[dict[str, Any]]:
        a, b = pair
        rows = []
        for measure, item in [name for group, *name in values if group == a and (b, *name) in values]:
            both = [values[group, measure, item] for group in pair]
            value_a, value_b = (one["value"] for one in both)
            dealt = "sentences" if all(one["unit"] == "sentences" for one in both) else "articles"
            row = {"a": a, "b": b, "measure": measure, "item": item, "value_a": value_a, "value_b": value_b, "dealt": dealt}
            if value_a is None or value_b is None:
                row["reason"] = "; ".join(f"{one['group']}: {one['reason']}" for one in both if one["value"] is None)
            else:
                sample_a, sample_b = (samples[dealt][group, measure, item] for group in pair)
                deals = _deal(sample_a, sample_b, replicates, _rng(seed, a, b, measure, item))
                null = _over(*deals.a.T) - _over(*deals.b.T)
                row |= {"difference": value_a - value_b, "exact": deals.exact, "reason": deals.reason}
                row["p"] = _p(null, value_a - value_b, exact=deals.exact, two_sided=True)
            rows.append(row)
        return rows

    pairs = combinations(dict.fromkeys(group for group, *_ in values), 2)
    rows = [row for found in tally.each(of, pairs) for row in found]
    columns: dict[str, Any] = dict.fromkeys(("a", "b"), frames["articles"].schema[by]) | dict.fromkeys(
        ("measure", "item"), pl.String
    )
    columns |= dict.fromkeys(("value_a", "value_b", "difference", "p", "p_holm"), pl.Float64)
    columns |= {"dealt": pl.String, "exact": pl.Boolean, "reason": pl.String}
    return pl.DataFrame(rows, columns).with_columns(p_holm=_holm(pl.col("p")), seed=pl.lit(seed))


def distances(
    frames: Frames, by: str = "article_id", *, only: Names = None, headline: bool = False, replicates: int = 1000, seed: int = SEED
) -> pl.DataFrame:
    """How far apart the accounts of each two groups are: one row a pair `a`, `b` and label column, and one for their `mean`.

    `distance` is that of Jensen and Shannon between the shares of the labels, the square root of the divergence to base 2: a
    metric from 0 (same shares) to 1 (no label in common) (Lin 1991; Endres and Schindelin 2003). Small samples are never quite
    alike: `chance` is the mean distance when the same articles (of two single articles the sentences; see `dealt`) are dealt at
    random, and `p` the share of deals at least as far apart; `replicates=0` gives neither. Resampling only adds distance, so
    there is no bootstrap interval.
    """
    measured = _rows(frames, by, only, headline=headline)
    samples = {"articles": _counts(measured), "sentences": _counts(measured, sentences=True)}

    def of(pair: tuple[Any, Any]) -> list[dict[str, Any]]:
        dealt = "sentences" if all(one in samples["sentences"] for one in pair) else "articles"
        sample_a, sample_b = (samples[dealt][one] for one in pair)
        observed = _label_distances(sample_a.times @ sample_a.numbers, sample_b.times @ sample_b.numbers)
        deals = _deal(sample_a, sample_b, replicates, _rng(seed, *pair))
        null = _label_distances(deals.a, deals.b)
        rows = []
        for label, distance, chances in zip((*LABELS, "mean"), observed.tolist(), null.T, strict=True):
            row = {"a": pair[0], "b": pair[1], "label": label, "dealt": dealt}
            known = chances[~np.isnan(chances)]
            if np.isnan(distance):
                row["reason"] = "on one side no sentence has such a label"
            else:
                p = _p(known, distance, exact=deals.exact, two_sided=False)
                row |= {"distance": distance, "chance": known.mean() if len(known) else None, "p": p, "reason": deals.reason}
            rows.append(row)
        return rows

    rows = [row for found in tally.each(of, combinations(samples["articles"], 2)) for row in found]
    columns: dict[str, Any] = dict.fromkeys(("a", "b"), frames["articles"].schema[by]) | {"label": pl.String}
    columns |= dict.fromkeys(("distance", "chance", "p"), pl.Float64) | {"dealt": pl.String, "reason": pl.String}
    return pl.DataFrame(rows, columns).with_columns(seed=pl.lit(seed))


def layout(distances: pl.DataFrame) -> pl.DataFrame:
    """A map of the groups: `x` and `y` such that the distances on it come near the mean ones of the frame `distances`.

    Classical scaling (Torgerson 1952). `fit` is the share of the variation that the map shows. The axes have no meaning of their
    own, and each points to the group farthest out. A group with no distance to the others has nulls and a `reason`.
    """
    mean = distances.filter(pl.col("label") == "mean")
    groups = pl.concat([mean["a"], mean["b"]]).unique().sort()
    at = {group: i for i, group in enumerate(groups)}
    square = np.zeros((len(at), len(at)))
    for a, b, distance in mean.select("a", "b", "distance").iter_rows():
        square[at[a], at[b]] = square[at[b], at[a]] = np.nan if distance is None else distance
    kept = list(at.values())
    while np.isnan(square[np.ix_(kept, kept)]).any():
        kept.remove(max(kept, key=lambda i: int(np.isnan(square[i, kept]).sum())))
    centre = np.eye(len(kept)) - 1 / max(len(kept), 1)
    values, vectors = np.linalg.eigh(-centre @ square[np.ix_(kept, kept)] ** 2 @ centre / 2)
    values = values.clip(min=0)
    places = np.full((len(at), 2), np.nan)
    places[kept] = 0
    for axis, place in enumerate((vectors * np.sqrt(values)).T[::-1][:2]):
        farthest = np.abs(place).round(9).argmax()  # rounded, so that the last bits do not decide between equals
        places[kept, axis] = place if place[farthest] >= 0 else -place
    fit = values[-2:].sum() / values.sum() if values.sum() > 0 else None
    lost = pl.col("x").is_null()
    return pl.DataFrame({"group": groups, "x": places[:, 0], "y": places[:, 1]}, nan_to_null=True).with_columns(
        fit=pl.when(~lost).then(pl.lit(fit, pl.Float64)), reason=pl.when(lost).then(pl.lit("no distance to some other group"))
    )


def coverage(frames: Frames, *, only: Names = None) -> pl.DataFrame:
    """What each article makes of each fact of its topic: one row a fact and article, side by side.

    `reported` (null: facts not coded), in which `sentences` (by number, 0 the headline) and in which `words`, where such are
    marked; how many `others` report it; and `left_out`, when others do and this article does not (D'Alessio and Allen 2000).
    """
    articles = _articles(frames, "article_id", only).filter("chosen").select("topic_id", "article_id")
    told = (
        frames["sentences"]
        .select("topic_id", "article_id", "n", fact_id="facts")
        .explode("fact_id")
        .drop_nulls("fact_id")
        .group_by("topic_id", "article_id", "fact_id")
        .agg(sentences=pl.col("n").sort())
    )
    spans = frames["sentences"].select("article_id", "n", "spans").explode("spans").unnest("spans")
    words = (
        spans.filter(pl.col("layer") == SpanLayer.FACT)
        .sort("n", "start")
        .group_by("article_id", fact_id="ref", maintain_order=True)
        .agg(words=pl.col("text").drop_nulls())
    )
    tellers = told.group_by("topic_id", "fact_id").agg(tellers=pl.len().cast(pl.Int64))
    coded = frames["sentences"].group_by("article_id").agg(coded=_coded("facts").any())
    tells = _coded("sentences")
    return (
        frames["facts"]
        .join(articles, on="topic_id")
        .join(told.drop("topic_id"), on=["article_id", "fact_id"], how="left")
        .join(tellers, on=["topic_id", "fact_id"], how="left")
        .join(words, on=["article_id", "fact_id"], how="left")
        .join(coded, on="article_id")
        .with_columns(reported=pl.when("coded").then(tells), others=pl.col("tellers").fill_null(0) - tells.cast(pl.Int64))
        .with_columns(pl.col("sentences", "words").fill_null([]), left_out=pl.when("coded").then(~tells & (pl.col("others") > 0)))
        .select("topic_id", "fact_id", "text", "article_id", "reported", "others", "left_out", "sentences", "words")
        .sort("topic_id", "fact_id", "article_id")
    )


def jaccard(frames: Frames, *, only: Names = None) -> pl.DataFrame:
    """How much two articles on a topic report the same facts: those that `both` report over those that `either` does.

    One row a pair `a`, `b` of articles (Jaccard 1901). Null where neither reports a fact; articles without the layer are left out.
    """
    facts = coverage(frames, only=only).filter(_coded("reported")).select("topic_id", "fact_id", "article_id", "reported")
    one, other = pl.col("reported"), pl.col("reported_b")
    return (
        facts.join(facts, on=["topic_id", "fact_id"], suffix="_b")
        .filter(pl.col("article_id") < pl.col("article_id_b"))
        .group_by("topic_id", a="article_id", b="article_id_b")
        .agg(both=(one & other).sum(), either=(one | other).sum())
        .with_columns(value=pl.when(pl.col("either") > 0).then(pl.col("both") / pl.col("either")))
        .sort("topic_id", "a", "b")
    )


def by_coder(
    frames: Frames, by: str = "article_id", *, measures: Names = None, only: Names = None, headline: bool = False
) -> pl.DataFrame:
    """Every measure by the labels of each coder in turn: `gold`, and the `lowest` and the `highest` of the coders.

    One row a group, measure and item; `coders` counts those whose labels give a value. What holds from the lowest to the highest
    does not hang on who coded.
    """
    chosen, names = _measures(measures), _coders(frames)
    rows = _rows(frames, by, only, headline=headline, coders=names)
    each = [
        {"group": group.name, "measure": measure, "item": item}
        | {str(c): value for c, value in enumerate(_over(added.x[at].sum(axis=0), added.y[at].sum(axis=0)).tolist())}
        for group in _groups(rows, chosen, sentences=False)
        for added in group.added()
        for at, (measure, item) in enumerate(added.keys)
    ]
    own = [str(c) for c in range(len(names))]
    columns: dict[str, Any] = {
        "group": frames["articles"].schema[by],
        "measure": pl.String,
        "item": pl.String,
        **dict.fromkeys(own, pl.Float64),
    }
    coded = pl.DataFrame(each, columns).with_columns(pl.col(own).fill_nan(None))
    gold = compare(frames, by, measures=measures, only=only, headline=headline, replicates=0)
    return gold.join(
        coded, left_on=[by, "measure", "item"], right_on=["group", "measure", "item"], how="left", maintain_order="left"
    ).select(
        *(by, "measure", "item"),
        gold="value",
        lowest=pl.min_horizontal(own),
        highest=pl.max_horizontal(own),
        coders=len(own) - pl.sum_horizontal(pl.col(own).is_null()),
    )


def evidence(
    frames: Frames, article_id: str, measure: str, item: str | None = None, n: int = 10, *, headline: bool = False
) -> pl.DataFrame:
    """The sentences behind a measure of an article, most telling first, at most `n` for each item (or for the one named).

    `contribution` is what the sentence adds to the value, so that all of them together make it up; those of the value's sign
    stand first, the greatest before. Numbers that are no such sums have null there: behind them stand the sentences that name a
    source, or those that report a fact, which then is the item; behind facts left out, the sentences of other articles.
    """
    stated = _measures(measure)[measure]
    known = frames["articles"]["article_id"]
    if article_id not in known:
        raise ValueError(f"no article {article_id!r}; {nearest(article_id, known.to_list())}")
    if measure in FAMILIES["facts"]:
        kind = "left_out" if measure == "facts_left_out" else "reported"
        texts = frames["sentences"].filter((pl.col("unit") == Unit.HEADLINE) | (not headline))
        facts = coverage({**frames, "sentences": texts}, only=article_id).filter(kind).select("topic_id", facts="fact_id")
        told = texts.filter((pl.col("article_id") == article_id) == (kind == "reported")).explode("facts")
        rows = told.join(facts, on=["topic_id", "facts"]).select("article_id", "n", item="facts", x=1.0, y=0.0)
    elif stated.evidence is not None:
        measured = _rows(frames, "article_id", article_id, headline=headline).frame.filter(article_id=article_id)
        rows = measured.select("article_id", "n", item=pl.lit(""), x=stated.evidence.cast(pl.Float64), y=0.0)
    else:
        units = Tally(_rows(frames, "article_id", article_id, headline=headline), {measure: stated}, sentences=True)
        rows = pl.concat(
            pl.DataFrame({"article_id": [article_id] * units.size, "n": units.n, "item": name, "x": x, "y": y})
            for added in units.added(np.arange(units.size))
            for (_, name), x, y in zip(added.keys, added.x[..., 0], added.y[..., 0], strict=True)
        )
    # of what is not counted, only the items of a measure by labels are named all the same
    rows = rows.cast({"n": pl.Int32}).filter((pl.col("x") != 0) | (pl.col("y") != 0) | (stated.rows == "sentences"))
    items = list(stated.items) if stated.rows == "sentences" else rows["item"].unique().sort().to_list()
    if item is not None and item not in items:
        raise ValueError(f"no item {item!r} of {measure!r} here; {nearest(item, items)}")
    x, total = pl.col("x"), pl.col("y").sum().over("item")
    return (
        rows.with_columns(
            contribution=pl.when(total > 0).then(x / total),
            weight=x * x.sum().over("item").sign(),
            place=pl.col("item").replace_strict(items, range(len(items))),
        )
        .filter(x != 0, pl.col("item").is_in(items if item is None else [item]))
        .sort("place", -pl.col("weight"), "article_id", "n")
        .group_by("item", maintain_order=True)
        .head(n)
        .join(frames["sentences"], on=["article_id", "n"], maintain_order="left")
        .select("sentence_id", "article_id", "n", "item", "contribution", "text")
    )


# How they are reckoned

_TINY = 1e-12  # numbers no farther apart differ by rounding only


class _Sample(NamedTuple):
    """The distinct rows of numbers that a group's units have, and how many units have each; a unit is an article or a sentence."""

    numbers: Floats  # distinct rows × numbers
    times: Ints  # distinct rows


class _Deals(NamedTuple):
    """The sums of two groups when their units are dealt to them anew: `exact` if in every way, none for the `reason`."""

    a: Floats  # deals × numbers
    b: Floats
    exact: bool | None
    reason: str | None


def _measures(names: Names) -> dict[str, Measure]:
    names = [names] if isinstance(names, str) else names
    for name in names or ():
        if name not in MEASURES:
            raise ValueError(f"no measure {name!r}; {nearest(name, list(MEASURES))}")
    return {name: measure for name, measure in MEASURES.items() if names is None or name in names}


def _family(name: str, frames: Frames, by: str, only: Names, *, headline: bool) -> pl.DataFrame:
    found = compare(frames, by, measures=FAMILIES[name], only=only, headline=headline, replicates=0)
    return found.drop("low", "high", "interval", "seed")


def _coders(frames: Frames) -> tuple[str, ...]:
    coders = frames["annotations"].filter(pl.col("annotator_kind") != AnnotatorKind.ADJUDICATED)["annotator_id"]
    if coders.is_empty():
        raise ValueError("the frame annotations has no coder's labels")
    return tuple(coders.unique().sort())


def _articles(frames: Frames, by: str, only: Names, starts: Ints | None = None) -> pl.DataFrame:
    """The articles that have sentences, sorted by id; of each that is `chosen` its `group`, and whether it is `alone` there.

    `starts` are the rows of `sentences` at which a stretch of one article begins, if they are known.
    """
    articles, wanted = frames["articles"], pl.lit(value=True)
    columns = [name for name, kind in articles.schema.items() if not kind.is_nested()]
    if by not in columns:
        raise ValueError(f"articles cannot be grouped by {by!r}; {nearest(by, columns)}")
    if only is not None:
        names = [only] if isinstance(only, str) else list(only)
        known = {*articles["article_id"], *articles["topic_id"]}
        for name in names:
            if name not in known:
                raise ValueError(f"no article or topic {name!r}; {nearest(name, sorted(known))}")
        wanted = pl.col("article_id").is_in(names) | pl.col("topic_id").is_in(names)
    listed = articles.select("article_id", "n_sentences", "includes_text", listed="topic_id", group=by, chosen=_coded(by) & wanted)
    # what articles report that are not among these counts for the others, as it does for articles that are not chosen
    sentences = frames["sentences"].select("article_id", "topic_id")
    found = (
        sentences[tally.starts(sentences["article_id"]) if starts is None else starts]
        .lazy()
        .unique("article_id")
        .join(listed.lazy(), on="article_id", how="left")
        .with_columns(pl.col("chosen").fill_null(value=False), topic_id=pl.coalesce("listed", "topic_id"))
        .with_columns(group=pl.when("chosen").then("group"), alone=pl.col("chosen") & (pl.len().over("group", "chosen") == 1))
        .sort("article_id")
        .collect()
    )
    if not found["chosen"].any():
        raise ValueError(f"no article with sentences has a value in {by!r}")
    return found


def _labelled(frames: Frames, *, coders: bool) -> pl.DataFrame:
    """The sentences with their labels: the adjudicated ones, or a row for each coder."""
    sentences = frames["sentences"]
    if not coders:
        return sentences
    labels = frames["annotations"].filter(pl.col("annotator_kind") != AnnotatorKind.ADJUDICATED)
    return labels.join(sentences.select("article_id", "n", "unit", "n_words"), on=["article_id", "n"])


def _rows(frames: Frames, by: str, only: Names, *, headline: bool, coders: tuple[str, ...] = ()) -> Rows:
    starts = tally.starts(frames["sentences"]["article_id"])
    articles = _articles(frames, by, only, starts)
    labelled = _labelled(frames, coders=bool(coders))
    unit = Unit.HEADLINE if headline else Unit.BODY
    if headline:
        labelled = labelled.filter(pl.col("unit") == unit)
    registry = tally.Registry(articles["topic_id"], frames["parties"])
    first = starts if labelled is frames["sentences"] else None
    return Rows.of(labelled, articles, registry, frames["facts"], unit, coders or ("",), first=first)


@dataclass(frozen=True, eq=False)
class _Group:
    """A group: its name, whether it is one article, its number of articles, and the units of it in each tally."""

    name: Any
    alone: bool
    n_articles: int
    units: list[tuple[Tally, Ints, Collection[str]]]

    def added(self) -> list[Added]:
        """What the units add to the measures."""
        return [one for units, own, kinds in self.units for one in units.added(own, kinds)]


def _groups(rows: Rows, measures: Mapping[str, Measure], *, sentences: bool) -> Iterator[_Group]:
    """The groups in order. Of one that is a single article, the units are its `sentences` where a measure is summed over such."""
    alone, chosen = rows.articles["alone"], rows.articles["chosen"]
    split = Tally(rows, measures, sentences=True) if sentences and alone.any() else None
    # where every group is split, articles are counted only for what is summed over articles
    counted = {name: one for name, one in measures.items() if one.rows == "articles" or not split or (chosen & ~alone).any()}
    whole = Tally(rows, counted)
    parts = {group.name: group.units for group in split.groups} if split else {}
    for name, single, units in whole.groups:
        if split and single:
            yield _Group(name, single, len(units), [(split, parts[name], tally.SUMMED), (whole, units, {"articles"})])
        else:
            yield _Group(name, single, len(units), [(whole, units, {*tally.SUMMED, "articles"})])


def _uncoded(rows: Rows, measures: Mapping[str, Measure]) -> tuple[dict[Any, set[str]], set[Any]]:
    """The layers that no row of a group has coded, by group; and the groups whose texts are all withheld."""
    groups, chosen = rows.articles["group"], rows.articles["chosen"]
    layers = {layer for one in measures.values() for layer in one.layers}
    tests = {layer: _coded(layer) for layer in layers | {"attribution"}} | {"attributed": _ATTRIBUTED}
    coded = {name: set(groups.filter(pl.Series(where)).unique()) for name, where in rows.articles_where(tests).items()}
    # only an attributed claim has one, and nothing is attributed before attribution is coded
    coded["source_type"] = coded.get("source_type", set()) | (coded["attribution"] - coded["attributed"])
    every = set(groups.filter(chosen).unique())
    uncoded = {name: {layer for layer in layers if name not in coded[layer]} for name in every}
    return uncoded, every - set(groups.filter(chosen & rows.articles["includes_text"].fill_null(value=False)).unique())


def _values(
    rows: Rows, groups: Iterable[_Group], measures: Mapping[str, Measure], resamples: "_Resamples | None" = None
) -> Iterator[tuple[_Group, list[dict[str, Any]]]]:
    """For each group a row for each measure and item: the value with its interval, what they rest on, or why there is none."""
    order = {key: at for at, key in enumerate((name, item) for name, one in measures.items() for item in one.items)}
    lacking = cache(lambda: _uncoded(rows, measures))  # rarely asked for, and as dear as to count

    def of(group: _Group) -> tuple[_Group, list[dict[str, Any]]]:
        found = []
        for block, added in enumerate(group.added()):
            own = []
            x, y = added.x.sum(axis=(1, 2)), added.y.sum(axis=(1, 2))
            counted = np.count_nonzero(added.y.sum(axis=2) > 0, axis=1)
            for at, (name, item) in enumerate(added.keys):
                one, n = measures[name], int(y[at])
                unit = "sentences" if group.alone and one.rows != "articles" else "articles"
                row = {"group": group.name, "measure": name, "item": item, "n": n, "n_articles": group.n_articles, "unit": unit}
                row |= {"value": x[at] / y[at] if n else None, "counted": int(counted[at]), "block": block, "at": at}
                row["order"] = order[name, item if (name, item) in order else ""], item
                own.append(row)
            if resamples:
                _intervals(group, added, own, resamples)
            found += own
        return group, sorted(found, key=lambda row: row["order"])

    for group, found in tally.each(of, groups):
        for row in found:
            if row["value"] is None:
                uncoded, withheld = lacking()
                one = measures[row["measure"]]
                lost = sorted(uncoded[group.name] & set(one.layers))
                text = _WITHHELD if group.name in withheld and one.wordings else one.empty
                row["reason"] = f"not coded: {', '.join(lost)}" if lost else text
        yield group, found


def _intervals(group: _Group, added: Added, rows: list[dict[str, Any]], resamples: "_Resamples") -> None:
    """Add to each row the interval of its value, or the doubt that stands against one."""
    wanted = []
    for row in rows:
        unit = row["unit"]
        if row["value"] is None:
            continue
        if group.alone and unit == "articles":
            row["reason"] = "one number an article: an interval needs several articles"
        elif row["counted"] < FEW:
            row["reason"] = f"an interval needs {FEW} {unit} that count, and has {row['counted']}"
        else:
            wanted.append(row)
    at = [row["at"] for row in wanted]
    names = [(group.name, row["measure"], row["item"]) for row in wanted]
    for row, (low, high), coders in zip(wanted, *resamples.intervals(added.x[at], added.y[at], names), strict=True):
        if high - low > _TINY:
            row |= {"low": low, "high": high, "interval": row["unit"] if coders == 1 else f"{row['unit']} and coders"}
        else:
            row["reason"] = f"all {row['unit']} agree: resampling them cannot show how far it might vary"


def _rng(seed: int, *names: object) -> np.random.Generator:
    """A generator for the thing so named: what it draws does not depend on what else is computed, or in what order."""
    return np.random.default_rng([seed, crc32("|".join(map(str, names)).encode())])


def _batches(replicates: int, width: int) -> Iterator[int]:
    """Sizes of batches of replicates, so that a batch's counts of `width` distinct rows fit well into memory."""
    size = max(1, 4_000_000 // width)
    for start in range(0, replicates, size):
        yield min(size, replicates - start)


class _Resamples:
    """Resamples of units and of coders, `replicates` of each; groups of one size share them, as they are drawn by size alone."""

    def __init__(self, replicates: int, seed: int) -> None:
        self.replicates, self.seed = replicates, seed
        self.units = lru_cache(maxsize=8)(self._draw)
        self.coders = lru_cache(maxsize=None)(self._draw)
        self.normal = lru_cache(maxsize=None)(self._draw_normal)

    def _draw(self, size: int) -> Floats:
        """How often each of `size` things is drawn, in each resample of them."""
        return _rng(self.seed, size).multinomial(size, [1 / size] * size, self.replicates).astype(np.float64)

    def _draw_normal(self, numbers: int) -> Floats:
        """So many numbers in each resample, of the standard normal distribution."""
        return _rng(self.seed, "normal", numbers).standard_normal((self.replicates, numbers))

    def intervals(self, x: Floats, y: Floats, names: Sequence[tuple[Any, ...]]) -> tuple[list[tuple[float, float]], list[int]]:
        """The 95 % interval of each ratio of sums, and from how many coders; `x` and `y` are ratios × units × coders."""
        coded = y.any(axis=1)  # ratios × coders: those who coded it
        ratios = np.full((len(names), self.replicates), np.nan)
        for own in np.unique(coded, axis=0):
            same = np.flatnonzero((coded == own).all(axis=1))
            number = int(own.sum())
            who = self.coders(number) if number > 1 else np.ones((self.replicates, 1))
            sums = self._sums(x[same][:, :, own], y[same][:, :, own], [names[at] for at in same.tolist()])
            ratios[same] = _over(*np.einsum("kprc,rc->pkr", sums, who))
        return _bounds(ratios), coded.sum(axis=1).tolist()

    def _sums(self, x: Floats, y: Floats, names: Sequence[tuple[Any, ...]]) -> Floats:
        """Numerators and denominators in each resample of the units: ratios × 2 × replicates × coders."""
        if x.shape[1] < MANY:
            drawn = self.units(x.shape[1])
            return np.stack([drawn @ x, drawn @ y], axis=1)
        return np.stack([self._many(*one) for one in zip(x, y, names, strict=True)])

    def _many(self, x: Floats, y: Floats, name: tuple[Any, ...]) -> Floats:
        """The same for one ratio of many units: 2 × replicates × coders."""
        numbers = np.concatenate([x.T, y.T])
        units = numbers.shape[1]
        if _is_normal(x.T, y.T):
            mean = numbers.mean(axis=1, keepdims=True)
            values, vectors = np.linalg.eigh((numbers - mean) @ (numbers - mean).T)
            sums = units * mean.T + self.normal(len(numbers)) @ (vectors * np.sqrt(values.clip(min=0))).T
        else:
            rows, times = _distinct(numbers.T)
            rng = _rng(self.seed, *name)
            draws = [rng.multinomial(units, times / units, batch) @ rows for batch in _batches(self.replicates, len(rows))]
            sums = np.concatenate(draws)
        found: Floats = sums.reshape(self.replicates, 2, -1).swapaxes(0, 1)
        return found


def _bounds(ratios: Floats) -> list[tuple[float, float]]:
    """The 2.5 and 97.5 percentiles of each row, resamples in which nothing counts left out."""
    whole = ~np.isnan(ratios).any(axis=1)
    bounds = np.empty((2, len(ratios)))
    bounds[:, whole] = np.percentile(ratios[whole], [2.5, 97.5], axis=1)
    for at in np.flatnonzero(~whole):
        bounds[:, at] = np.nanpercentile(ratios[at], [2.5, 97.5])
    return [(low, high) for low, high in bounds.T.tolist()]


def _distinct(rows: Floats) -> _Sample:
    """The distinct rows, and how often each occurs."""
    if rows.shape[1] == 2:  # as complex numbers, which are sorted far faster than rows
        found, times = np.unique(rows[:, 0] + 1j * rows[:, 1], return_counts=True)
        return _Sample(np.stack([found.real, found.imag], axis=1), times)
    return _Sample(*np.unique(rows, axis=0, return_counts=True))


def _is_normal(x: Floats, y: Floats) -> bool:
    """Whether the sums over a resample of so many units (columns) are as good as normal, so that they need not be drawn.

    They are nearly so with many units that are not too unlike: here, where skewness moves no 2.5 % point of what makes the ratio
    vary by more than 0.02 of its standard error (Cornish and Fisher 1938: the skewness over the root of the size, times
    (1.96² - 1) / 6), nor through the denominator, by which that is divided. A thousand replicates by themselves scatter it by
    0.085.
    """
    totals = y.sum(axis=1)
    rest = x - _over(x.sum(axis=1), totals)[:, None] * y
    moved = []
    for numbers in (rest, y):
        apart = numbers - numbers.mean(axis=1, keepdims=True)
        square = apart * apart
        spread = square.sum(axis=1)
        if numbers is rest and (spread <= _TINY * x.shape[1]).any():
            return False
        moved.append(np.abs((square * apart).sum(axis=1)) * (1.96**2 - 1) / 6 / np.maximum(spread, _TINY) ** 1.5)
    # in standard errors of the denominator, which are so small a part of it
    moved[1] *= 1.96 * np.sqrt(spread) / totals
    return bool(max(one.max() for one in moved) <= 0.02)


def _deal(a: _Sample, b: _Sample, limit: int, rng: np.random.Generator) -> _Deals:
    """The units of both dealt to `a` and `b` anew: in every way if these are at most `limit`, else so often at random.

    A deal at random draws without replacement: how often each distinct row falls to `a` is multivariate hypergeometric.
    """
    numbers, times = np.concatenate([a.numbers, b.numbers]), np.concatenate([a.times, b.times])
    size, total = int(a.times.sum()), int(times.sum())
    ways = comb(total, size)
    if ways < DEALS or not limit:
        none = np.empty((0, numbers.shape[1]))
        reason = f"the units can be dealt in {ways} ways: no p could be 0.05 or less" if limit else None
        return _Deals(none, none, exact=None, reason=reason)
    if ways <= limit:
        units = np.repeat(numbers, times, axis=0)
        sums = np.stack([units[list(dealt)].sum(axis=0) for dealt in combinations(range(total), size)])
    else:
        # both draw from the same distribution: "marginals" takes time by distinct rows, "count" by units, but far less for each
        method: Literal["count", "marginals"] = "count" if len(times) > 50 and total < 20 * len(times) else "marginals"
        batches = _batches(limit, len(times))
        sums = np.concatenate([rng.multivariate_hypergeometric(times, size, n, method=method) @ numbers for n in batches])
    return _Deals(sums, times @ numbers - sums, exact=ways <= limit, reason=None)


def _p(null: Floats, observed: float, *, exact: bool | None, two_sided: bool) -> float | None:
    """The share of deals at least as large as the one observed; on two sides, twice that of the smaller tail."""
    null = null[~np.isnan(null)]
    if not len(null):
        return None
    drawn = 0 if exact else 1  # what was observed is one of the deals that could be drawn
    above = (int((null >= observed - _TINY).sum()) + drawn) / (len(null) + drawn)
    below = (int((null <= observed + _TINY).sum()) + drawn) / (len(null) + drawn)
    return min(1.0, 2 * min(above, below)) if two_sided else above


def _holm(p: pl.Expr) -> pl.Expr:
    """The p-values corrected: the k-th smallest of m times m - k + 1, and never less than one before it (Holm 1979).

    >>> pl.select(_holm(pl.lit(pl.Series([0.01, None, 0.03, 0.02])))).to_series().to_list()
    [0.03, None, 0.04, 0.04]
    """
    order = p.arg_sort(nulls_last=True)
    raised = p.gather(order) * (p.count() - pl.int_range(p.len()))
    return raised.cum_max().clip(upper_bound=1).gather(order.arg_sort())


_LABELS: dict[str, Measure] = {column: _labels(column, "") for column in LABELS}


def _counts(rows: Rows, *, sentences: bool = False) -> dict[Any, _Sample]:
    """For each group the distinct rows of label counts of its articles or sentences, the label columns side by side."""
    units = Tally(rows, _LABELS, sentences=sentences)
    groups = ((group.name, list(units.added(group.units))) for group in units.groups)
    return {name: _distinct(np.concatenate([one.x[..., 0] for one in added]).T) for name, added in groups}


def _label_distances(a: Floats, b: Floats) -> Floats:
    """Distances of rows of label counts, for each label column and then their mean; nan where a column has no labels."""
    ends = np.cumsum([len(labels) for labels in LABELS.values()])[:-1]
    each = np.stack([_jensen_shannon(*parts) for parts in zip(np.split(a, ends, -1), np.split(b, ends, -1), strict=True)], -1)
    known = ~np.isnan(each)
    mean = _over(np.where(known, each, 0).sum(-1, keepdims=True), known.sum(-1, keepdims=True))
    return np.concatenate([each, mean], -1)


def _jensen_shannon(a: Floats, b: Floats) -> Floats:
    """The distance, 0 to 1, between the shares in two rows of counts, or in rows of rows; nan where one has none.

    >>> float(_jensen_shannon(np.array([2.0, 2.0, 0.0]), np.array([0.0, 0.0, 1.0])))
    1.0
    """
    p, q = (_over(counts, counts.sum(-1, keepdims=True)) for counts in (a, b))
    middle = (p + q) / 2
    surprise = [one * np.log2(np.divide(one, middle, out=np.ones_like(one), where=one != 0)) for one in (p, q)]
    distance: Floats = np.sqrt(np.clip(np.sum(surprise, axis=(0, -1)) / 2, 0, 1))
    return distance


def _over(x: Floats, y: Floats) -> Floats:
    """The ratio x / y, nan where y is 0."""
    ratio: Floats = np.divide(x, y, out=np.full(np.broadcast_shapes(x.shape, y.shape), np.nan), where=y > 0)
    return ratio
