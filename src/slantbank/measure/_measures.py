"""The table of measures: each is a ratio of two sums, stated as two polars expressions for each of its items.

`over` says what is summed: `sentences`; mentions of `parties` or of `sides`, with a row for each sentence and party or side, which
is then the item; or `articles`, which have one pair of numbers each. A value lies on the measure's `scale`. `by_side` measures
name a side: they are never pooled over topics whose sides mean different things.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from slantbank.codebook import LABELS, Attribution, Perspective, Side, SourceType
from slantbank.problem import nearest

Sums = tuple[pl.Expr, pl.Expr]
Over = Literal["sentences", "parties", "sides", "articles"]

DRAWN = 5
"""The sample size of rarefaction: different sources are counted among so many attributions, drawn at random."""


@dataclass(frozen=True)
class Measure:
    """A measure: its meaning, and for each item a numerator and a denominator that are summed over rows.

    `layers` are the columns that must be coded; `counts` is what the denominator counts; `empty` is the reason for a missing value
    where all layers are coded. `withheld` measures compare wordings, which a withheld text does not have. `evidence` marks the
    sentences behind a measure over articles.
    """

    meaning: str
    layers: tuple[str, ...]
    items: Mapping[str, Sums]
    over: Over = "sentences"
    scale: tuple[float, float] = (0, 1)
    counts: str = "sentences"
    empty: str = "no sentence counts"
    by_side: bool = False
    withheld: bool = False
    evidence: pl.Expr | None = None

    @property
    def rests_on(self) -> str:
        """The units that the interval of one article rests on, for a measure over articles."""
        return "facts" if self.counts == "facts" else "attributions"


def _is(column: str, label: str | int) -> pl.Expr:
    return pl.col(column) == label


def _coded(column: str) -> pl.Expr:
    return pl.col(column).is_not_null()


def _shares(column: str, meaning: str, empty: str = "no sentence counts", *, by_side: bool = False) -> Measure:
    items = {str(label): (_is(column, label), _coded(column)) for label in LABELS[column]}
    return Measure(meaning, (column,), items, empty=empty, by_side=by_side)


def _balance(among: pl.Expr) -> Sums:
    a, b = ((among & _is("source_perspective", side)).cast(pl.Int32) for side in (Perspective.SIDE_A, Perspective.SIDE_B))
    return a - b, a + b


def _loaded(among: pl.Expr) -> Sums:
    return pl.when(among).then(100 * pl.col("loaded_words")), pl.when(among & _coded("loaded_words")).then("n_words")


_EVERY, _OWN, ATTRIBUTED = pl.lit(value=True), _is("attribution", Attribution.AUTHOR), pl.col("attribution") != Attribution.AUTHOR
_UNATTRIBUTED = "no sentence is attributed"


def _stance(of: str, over: Over, note: str = "") -> dict[str, Measure]:
    good, bad, referred = pl.col("good"), pl.col("bad"), f"Of the sentences that refer to the {of}, the share that shows"
    shares = {
        "good": (f"{referred} it in a good light{note}.", good),
        "neither": (f"{referred} it in neither light.", ~good & ~bad),
        "bad": (f"{referred} it in a bad light{note}.", bad),
    }

    def measure(meaning: str, sums: Sums, **options: Any) -> Measure:
        options = {"layers": ("stance",), "empty": f"no sentence refers to the {of}", **options}
        return Measure(meaning, items={"": sums}, over=over, by_side=over == "sides", **options)

    measures = {
        "stance": measure(
            f"Mean stance toward the {of} in the sentences that refer to it, the share of good less that of bad: from -1 to 1.",
            (good.cast(pl.Int32) - bad.cast(pl.Int32), _coded("good")),
            scale=(-1, 1),
        ),
        **{f"stance_{name}": measure(text, (x, _coded("good"))) for name, (text, x) in shares.items()},
        "loaded_against": measure(
            f"Loaded words in every 100 words of the sentences that show the {of} in a bad light.",
            _loaded(bad),
            layers=("stance", "loaded_words"),
            scale=(0, 100),
            counts="words",
            empty=f"no sentence shows the {of} in a bad light",
        ),
    }
    return measures if over == "parties" else {f"side_{name}": stated for name, stated in measures.items()}


def _different(column: str, meaning: str, of: str, **options: Any) -> Measure:
    empty = f"fewer than {DRAWN} sentences of an article are attributed to a {of}"
    sums = {"": (pl.col(column), pl.col(f"{column}_of"))}
    return Measure(meaning, ("attribution",), sums, "articles", (1, DRAWN), "articles", empty, **options)


def _facts(meaning: str, sums: Mapping[str, str], empty: str, **options: Any) -> Measure:
    items = {item: (pl.col(column), pl.col(f"{column}_of")) for item, column in sums.items()}
    return Measure(meaning, ("facts",), items, "articles", counts="facts", empty=empty, **options)


FAMILIES: dict[str, dict[str, Measure]] = {
    "shares": {
        "claim_type": _shares("claim_type", "Share of the sentences whose claim is of the type."),
        "attribution": _shares("attribution", "Share of the sentences whose claim is attributed in this way."),
        "source_type": _shares("source_type", "Share of the attributed sentences whose source is of the type.", _UNATTRIBUTED),
        "source_perspective": _shares(
            "source_perspective", "Share of the sentences that give the account of the side.", by_side=True
        ),
        "claim_type_by_attribution": Measure(
            "Of the sentences attributed in this way, the share whose claim is of the type.",
            ("claim_type", "attribution"),
            {
                f"{attribution}/{claim}": (
                    _is("attribution", attribution) & _is("claim_type", claim),
                    _is("attribution", attribution) & _coded("claim_type"),
                )
                for attribution in LABELS["attribution"]
                for claim in LABELS["claim_type"]
            },
            empty="no sentence is attributed in this way",
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
            {"": _balance(_EVERY)},
            scale=(-1, 1),
            empty="no sentence gives either side's account",
            by_side=True,
        ),
        "perspective_balance_by_voice": Measure(
            "The perspective balance of what the author says, and of what sources say.",
            ("source_perspective", "attribution"),
            {"author": _balance(_OWN), "sources": _balance(ATTRIBUTED)},
            scale=(-1, 1),
            empty="no sentence in that voice gives either side's account",
            by_side=True,
        ),
    },
    "stance": _stance("party", "parties") | _stance("side", "sides", ", by any of its parties"),
    "loaded": {
        "loaded": Measure(
            "Loaded words in every 100 words.", ("loaded_words",), {"": _loaded(_EVERY)}, scale=(0, 100), counts="words"
        ),
        "loaded_by_quarter": Measure(
            "Loaded words in every 100 words of a quarter of the body, the first to the fourth by number of sentences.",
            ("loaded_words",),
            {str(quarter): _loaded(_is("quarter", quarter)) for quarter in (1, 2, 3, 4)},
            scale=(0, 100),
            counts="words",
            empty="no sentence stands there",
        ),
    },
    "sourcing": {
        "attributed": Measure(
            "Share of the sentences whose claim is left to a source.", ("attribution",), {"": (ATTRIBUTED, _coded("attribution"))}
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
            {str(side): (_is("source_side", side), _coded("source_side")) for side in Side},
            empty="no source belongs to a party",
            by_side=True,
        ),
        "different_sources": _different(
            "different_sources",
            f"Different wordings of the source among {DRAWN} attributions drawn at random from an article; of a group, the mean.",
            "source whose words are marked",
            withheld=True,
            evidence=pl.col("spans").list.eval(pl.element().struct.field("layer") == "source").list.any(),
        ),
        "different_source_parties": _different(
            "different_source_parties",
            f"Different parties among {DRAWN} attributions to parties drawn at random from an article; of a group, the mean.",
            "party",
            evidence=_coded("source_party"),
        ),
    },
    "facts": {
        "facts_reported": _facts(
            "Share of the topic's facts that an article reports, headline included.", {"": "reported"}, "the topic lists no facts"
        ),
        "facts_left_out": _facts(
            "Of the facts that other articles on the topic report, the share that an article leaves out.",
            {"": "left_out"},
            "no other article on the topic reports a fact",
        ),
        "facts_left_out_beyond_length": _facts(
            "The share of the topic's reported facts that an article leaves out, less that of each other article, both cut to "
            "the length of the shorter: above 0, it leaves out more than its length explains.",
            {"": "beyond"},
            "no other article on the topic is coded",
            scale=(-1, 1),
        ),
        "facts_left_out_favouring": _facts(
            "Of the facts that favour the side and that other articles on the topic report, the share that an article leaves out.",
            {side: f"left_out_{side}" for side in ("a", "b", "none")},
            "no other article reports a fact that the topic says favours it",
            by_side=True,
        ),
    },
}
"""The measures by family and name: the meaning of each, its numerator and its denominator."""

MEASURES: dict[str, Measure] = {name: measure for family in FAMILIES.values() for name, measure in family.items()}


def select_measures(names: "str | Iterable[str] | None") -> dict[str, Measure]:
    """The measures of these names, or all. Raises ValueError for a name that no measure has."""
    names = [names] if isinstance(names, str) else None if names is None else list(names)
    for name in names or ():
        if name not in MEASURES:
            raise ValueError(f"no measure {name!r}; {nearest(name, list(MEASURES))}")
    return {name: measure for name, measure in MEASURES.items() if names is None or name in names}


def sort_by_measure(rows: pl.DataFrame, measures: Mapping[str, Measure], *first: str) -> pl.DataFrame:
    """The rows sorted by the columns in `first`, then in the order of the table of measures, then by item."""
    items = [(name, item, at) for name, measure in measures.items() for at, item in enumerate(measure.items)]
    order = pl.DataFrame(items, {"measure": pl.String, "item": pl.String, "at": pl.Int64}, orient="row")
    rank = pl.col("measure").replace_strict(list(measures), range(len(measures)), return_dtype=pl.Int64)
    return rows.join(order, on=["measure", "item"], how="left").sort(*first, rank, "at", "item", nulls_last=True).drop("at")
