"""Set the labels of the bank beside those that people made: BASIL's and PolNeAR's.

`python -m benchmarks.validity --basil PATH --polnear PATH` recomputes the figures from your copies of the corpora, writes them to
benchmarks/validity.json, and renders docs/validity.md from them; without paths it renders the page from the figures that are there.
Nothing of a text gets into either.
"""

# ruff: noqa: E501, ISC004
import argparse
import csv
import itertools
import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
from scipy.stats import t as student

import slantbank
from slantbank.bank import Article, Mark
from slantbank.importers import IMPORTERS, Report

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "benchmarks" / "validity.json"
PAGE = ROOT / "docs" / "validity.md"
CODING = ROOT / "data" / "coding"
LEANING = {"left": -1, "liberal": -1, "center": 0, "right": 1, "conservative": 1}
THRESHOLDS = (0.0, 0.25, 0.5, 0.75, 0.99)

Table = dict[tuple[bool, bool], int]
"""Sentences by whether the corpus marks them, and whether our labels do."""


def interval(statistic: Callable[[Sequence[Any]], float], clusters: Sequence[Any]) -> list[float] | None:
    """The statistic of all clusters, with its 95 % interval: the jackknife that leaves out one cluster at a time, and Student's t.

    None where the statistic of all, or without some cluster, does not exist.
    """
    whole = statistic(clusters)
    without = [statistic([*clusters[:k], *clusters[k + 1 :]]) for k in range(len(clusters))]
    if not all(map(math.isfinite, (whole, *without))):
        return None
    count = len(clusters)
    variance = (count - 1) / count * sum((value - whole) ** 2 for value in without)
    half = float(student.ppf(0.975, count - 1)) * math.sqrt(variance)
    return [whole, whole - half, whole + half]


def log_odds(tables: Sequence[Table]) -> float:
    """The logarithm of the odds ratio of the summed fourfold tables; infinite or not a number where a cell is empty."""
    cells = {key: sum(table.get(key, 0) for table in tables) for key in itertools.product((True, False), repeat=2)}
    if not all(cells.values()):
        return math.nan
    return math.log(cells[True, True] * cells[False, False] / (cells[True, False] * cells[False, True]))


def association(rows: Iterable[tuple[str, bool, bool]]) -> dict[str, Any]:
    """How far our mark follows the corpus's: rows of a cluster, the corpus's mark and ours."""
    tables: dict[str, Table] = defaultdict(Counter)
    for cluster, theirs, ours in rows:
        tables[cluster][theirs, ours] += 1
    every = list(tables.values())
    total = {key: sum(table.get(key, 0) for table in every) for key in itertools.product((True, False), repeat=2)}
    marked, unmarked = (total[mark, True] + total[mark, False] for mark in (True, False))
    odds = interval(log_odds, every)
    return {
        "clusters": len(every),
        "marked": marked,
        "unmarked": unmarked,
        "ours_of_marked": total[True, True],
        "ours_of_unmarked": total[False, True],
        "odds_ratio": [math.exp(value) for value in odds] if odds else None,
    }


def loaded() -> dict[str, Any]:
    """The case-control study of loaded words, from the labels that were made for it."""
    with (CODING / "loaded.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = association((row["corpus_id"], row["case"] == "1", int(row["runs"]) > 0) for row in rows)
    spans = sum(int(row["spans"]) for row in rows)
    return {**found, "spans": spans, "spans_touched": sum(int(row["touched"]) for row in rows)}


def basil_sentences(path: Path, stem: str) -> tuple[dict[int, list[dict[str, Any]]], str]:
    """The bias spans of a BASIL article by the number of the sentence (title 0, empty ones left out), and its relative stance."""
    (text_file,) = path.glob(f"articles/*/{stem}.json")
    (annotation_file,) = path.glob(f"annotations/*/{stem}_ann.json")
    text, annotated = (json.loads(file.read_text(encoding="utf-8")) for file in (text_file, annotation_file))
    sentences = [("title", text["title"])]
    sentences += [(f"p{k}", one) for k, one in enumerate(itertools.chain.from_iterable(text["body-paragraphs"]))]
    numbers = {name: n for n, (name, _) in enumerate(pair for pair in sentences if pair[1].strip())}
    spans: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for span in annotated["phrase-level-annotations"]:
        spans[numbers[span["id"]]].append(span)
    return spans, annotated["article-level-annotations"]["relative_stance"]


def spans_of_people(path: Path, frames: dict[str, pl.DataFrame]) -> dict[str, Any]:
    """Whether BASIL's informational and lexical spans go with labels of ours, sentence by sentence, and the polarity by target."""
    articles = frames["articles"].filter(pl.col("corpus") == "basil")
    parties = party_names(frames["parties"])
    pairs: dict[str, list[tuple[str, bool, bool]]] = defaultdict(list)
    polarity: dict[str, list[tuple[str, int, int | None]]] = {"quoted": [], "unquoted": []}
    unmatched = Counter[str]()
    for article_id, topic, stem in articles.select("article_id", "topic_id", "corpus_id").iter_rows():
        spans, _ = basil_sentences(path, stem)
        for row in frames["sentences"].filter(pl.col("article_id") == article_id).iter_rows(named=True):
            here = spans.get(row["n"], [])
            stance = {one["party"]: one["value"] for one in row["stance"]}
            for name, chosen in {
                "informational": [span for span in here if span["bias"] == "inf"],
                "informational_unquoted": [span for span in here if span["bias"] == "inf" and span["quote"] == "no"],
            }.items():
                pairs[f"{name}/perspective"].append((article_id, bool(chosen), row["source_perspective"] != "neutral"))
                pairs[f"{name}/stance"].append((article_id, bool(chosen), any(stance.values())))
            plain = [span for span in here if span["bias"] == "lex" and span["quote"] == "no"]
            pairs["lexical_unquoted/loaded"].append((article_id, bool(plain), row["loaded_words"] > 0))
            for span in here:
                where = "quoted" if span["quote"] == "yes" else "unquoted"
                party = parties[topic].get(normal(span["target"]))
                unmatched[where] += party is None
                if party is not None and span["polarity"] in ("pos", "neg"):
                    polarity[where].append((article_id, 1 if span["polarity"] == "pos" else -1, stance.get(party)))
    return {
        "association": {name: association(rows) for name, rows in pairs.items()},
        "polarity": {where: {**polarities(rows), "unmatched": unmatched[where]} for where, rows in polarity.items()},
    }


def normal(name: str) -> str:
    """A name as it is compared: lower case, blanks for underscores."""
    return " ".join(name.replace("_", " ").casefold().split())


def party_names(parties: pl.DataFrame) -> dict[str, dict[str, str]]:
    """For each topic, the party that each name or alias belongs to."""
    names: dict[str, dict[str, str]] = defaultdict(dict)
    for row in parties.iter_rows(named=True):
        for name in (row["party_id"].replace("-", " "), row["name"], *row["aliases"]):
            names[row["topic_id"]].setdefault(normal(name), row["party_id"])
    return names


def polarities(rows: Sequence[tuple[str, int, int | None]]) -> dict[str, Any]:
    """BASIL's polarity toward a target beside our stance toward its party in that sentence; kappa where both take a side."""
    both = [(cluster, theirs, ours) for cluster, theirs, ours in rows if ours]
    clusters: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for cluster, theirs, ours in both:
        assert ours is not None
        clusters[cluster].append((theirs, ours))
    return {
        "spans": len(rows),
        "not_referred": sum(ours is None for *_, ours in rows),
        "zero": sum(ours == 0 for *_, ours in rows),
        "sided": len(both),
        "same": sum(theirs == ours for _, theirs, ours in both),
        "kappa": interval(lambda groups: kappa([pair for group in groups for pair in group]), list(clusters.values())),
    }


def kappa(pairs: Sequence[tuple[Any, Any]]) -> float:
    """Agreement of pairs beyond what the two sets of labels would reach by chance (Cohen 1960); not a number where none could."""
    if not pairs:
        return math.nan
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    chance = sum(first[label] * second[label] for label in first) / len(pairs) ** 2
    return math.nan if chance == 1 else (sum(a == b for a, b in pairs) / len(pairs) - chance) / (1 - chance)


def orders(path: Path, frames: dict[str, pl.DataFrame]) -> dict[str, Any]:
    """Whether the accounts of a triplet stand in the order of BASIL's `relative_stance`: concordant less discordant pairs.

    Only topics whose axis is us-left-right, where side a is the left. The p is exact: every order of the three accounts of each
    triplet is counted, one-sided, for more agreement than chance.
    """
    articles = frames["articles"].filter((pl.col("corpus") == "basil") & (pl.col("axis") == "us-left-right"))
    values = slantbank.compare(frames, measures=("perspective_balance", "side_stance"), only=articles["article_id"].to_list())
    gaps = {
        "perspective_balance": dict(values.filter(pl.col("measure") == "perspective_balance").select("article_id", "value").iter_rows())
    }
    sides = {
        side: dict(values.filter(pl.col("measure") == "side_stance", pl.col("item") == side).select("article_id", "value").iter_rows())
        for side in ("a", "b")
    }
    gaps["stance_gap"] = {
        name: None if value is None or sides["b"].get(name) is None else value - sides["b"][name] for name, value in sides["a"].items()
    }
    found = {}
    for measure, ours in gaps.items():
        triplets = []
        for _, group in articles.group_by("topic_id", maintain_order=True):
            names = group.select("article_id", "corpus_id").rows()
            theirs = [-LEANING[basil_sentences(path, stem)[1]] for _, stem in names]
            mine = [ours.get(name) for name, _ in names]
            if all(value is not None for value in mine):
                triplets.append((theirs, mine))
        found[measure] = exact_order(triplets)
    return found


def concordance(first: Sequence[float], second: Sequence[float]) -> int:
    """Pairs that both order alike, less those that they order oppositely; ties count nothing."""
    sign = [((a > b) - (a < b)) * ((c > d) - (c < d)) for (a, c), (b, d) in itertools.combinations(zip(first, second, strict=True), 2)]
    return sum(sign)


def exact_order(triplets: Sequence[tuple[Sequence[float], Sequence[Any]]]) -> dict[str, Any]:
    """The concordance summed over triplets, and the share of all orders within them that reach it."""
    chances: dict[int, Fraction] = {0: Fraction(1)}
    for theirs, mine in triplets:
        deals = Counter(concordance(order, mine) for order in itertools.permutations(theirs))
        step: dict[int, Fraction] = defaultdict(Fraction)
        for (total, chance), (value, count) in itertools.product(chances.items(), deals.items()):
            step[total + value] += chance * Fraction(count, deals.total())
        chances = step
    reached = sum(concordance(*one) for one in triplets)
    return {
        "triplets": len(triplets),
        "concordance": reached,
        "most": sum(max(concordance(order, mine) for order in itertools.permutations(theirs)) for theirs, mine in triplets),
        "p": float(sum(chance for total, chance in chances.items() if total >= reached)),
    }
