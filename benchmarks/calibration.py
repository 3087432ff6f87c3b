"""Calibration: compare the effect of each manipulation of an invented event on each measure with the sign expected beforehand.

`python -m benchmarks.calibration` prints the page docs/calibration.md; `--write` writes it and its picture. The plans, the texts and
the expected signs were committed before anything was coded (data/calibration/). The sign-flip test is exact: eight events have 256
sign flips, and all are counted.
"""

# ruff: noqa: E501, ISC004
import argparse
import itertools
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import t as student

import slantbank

ROOT = Path(__file__).parents[1]
PLANS = ROOT / "data" / "calibration"
MANIPULATIONS = ("placebo", "loaded", "omission", "omission-random", "sourcing", "voice", "prominence")
MEASURES = (
    "balance",
    "stance_gap",
    "loaded",
    "attributed",
    "source_side",
    "facts_reported",
    "hurting_omitted",
    "helping_omitted",
    "evaluative",
    "effective_sources",
    "disputed_own_voice",
)


def signs() -> dict[str, dict[str, str]]:
    """The expected sign of each manipulation for each measure, as committed before the coding."""
    return tomllib.loads((PLANS / "signs.toml").read_text(encoding="utf-8"))


def slants() -> dict[str, str]:
    """The side, a or b, that the manipulated accounts of each event serve."""
    plans = (tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(PLANS.glob("*-2031.toml")))
    return {plan["topic"]: plan["slant"] for plan in plans}


def account(frames: dict[str, pl.DataFrame], article: str, served: str) -> dict[str, float]:
    """The measures of one account, signed so that + favours the side served; NaN where there is nothing to count."""
    rows = frames["sentences"].filter(pl.col("article_id") == article, pl.col("unit") == "body")
    topic = frames["articles"].filter(pl.col("article_id") == article)["topic_id"].item()
    sides = dict(frames["parties"].filter(pl.col("topic_id") == topic).select("party_id", "side").iter_rows())
    facts = frames["facts"].filter(pl.col("topic_id") == topic).to_dicts()
    other = "b" if served == "a" else "a"
    mine, theirs = (int((rows["source_perspective"] == f"side_{side}").sum()) for side in (served, other))
    stance = {side: [row["value"] for stances in rows["stance"] for row in stances if sides[row["party"]] == side] for side in "ab"}
    sources = [sides[party] for party in rows["source_party"] if party is not None]
    spans = rows.filter(pl.col("attribution") != "author")["spans"].to_list()
    names = [span["text"] for row in spans for span in row or [] if span["layer"] == "source" and span["text"]]
    counts = np.unique(names, return_counts=True)[1] if names else np.array([1.0])
    shares = counts / counts.sum()
    reported = set(rows["facts"].explode().drop_nulls()) | _headline_facts(frames, article)
    hurting = [fact["fact_id"] for fact in facts if fact["favours"] == other]
    helping = [fact["fact_id"] for fact in facts if fact["favours"] == served]
    claimed = {fact["fact_id"] for fact in facts if fact["disputed"] and sides[fact["claimed_by"]] == served}
    disputed = [label for label, listed in rows.select("attribution", "facts").iter_rows() if claimed & set(listed)]
    return {
        "balance": _ratio(mine - theirs, mine + theirs),
        "stance_gap": _mean(stance[served]) - _mean(stance[other]),
        "loaded": 100 * _ratio(rows["loaded_words"].sum(), rows["n_words"].sum()),
        "attributed": _mean([label != "author" for label in rows["attribution"]]),
        "source_side": _ratio(sources.count(served), sources.count(served) + sources.count(other)),
        "facts_reported": len(reported) / len(facts),
        "hurting_omitted": _mean([fact not in reported for fact in hurting]),
        "helping_omitted": _mean([fact not in reported for fact in helping]),
        "evaluative": _mean([claim == "evaluative" for claim in rows["claim_type"]]),
        "effective_sources": float(np.exp(-(shares * np.log(shares)).sum())),
        "disputed_own_voice": _mean([label == "author" for label in disputed]),
    }


def _headline_facts(frames: dict[str, pl.DataFrame], article: str) -> set[str]:
    headline = frames["sentences"].filter(pl.col("article_id") == article, pl.col("unit") == "headline")
    return set(headline["facts"].explode().drop_nulls())


def _ratio(part: Any, whole: Any) -> float:
    return float(part) / float(whole) if whole else float("nan")


def _mean(values: list[Any]) -> float:
    return float(np.mean(values)) if values else float("nan")


def differences(frames: dict[str, pl.DataFrame]) -> dict[str, np.ndarray]:
    """For each manipulation, the manipulated account less the wire account: events × measures."""
    by_kind = {}
    for kind in MANIPULATIONS:
        rows = []
        for topic, served in slants().items():
            pair = [account(frames, f"{topic}-{name}", served) for name in (kind, "wire")]
            rows.append([pair[0][measure] - pair[1][measure] for measure in MEASURES])
        by_kind[kind] = np.array(rows)
    return by_kind


def verdicts(by_kind: dict[str, np.ndarray]) -> pl.DataFrame:
    """The verdict on each manipulation and measure, with the mean difference, sign-flip p (maxT) and the bound of the placebo."""
    expected, rows = signs(), []
    bounds = np.nanmax(np.abs(by_kind["placebo"]), axis=0)
    for kind, values in by_kind.items():
        p = _max_t(values)
        for k, measure in enumerate(MEASURES):
            column = values[:, k][~np.isnan(values[:, k])]
            mean, sign = float(column.mean()), expected[kind][measure]
            half = float(student.ppf(0.95, len(column) - 1) * column.std(ddof=1) / np.sqrt(len(column)))
            if sign == "free":
                verdict = "free"
            elif sign == "0":
                verdict = "as expected" if abs(mean) + half <= bounds[k] + 1e-12 else "moved" if p[k] < 0.05 else "not shown"
            elif np.sign(mean) == (1 if sign == "+" else -1):
                verdict = "as expected" if p[k] < 0.05 else "right sign, not shown"
            else:
                verdict = "wrong sign" if p[k] < 0.05 else "did not move"
            rows.append((kind, measure, sign, mean, int((np.sign(column) > 0).sum()), len(column), p[k], float(bounds[k]), verdict))
    columns = ["manipulation", "measure", "expected", "mean", "up", "events", "p", "bound", "verdict"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def _max_t(values: np.ndarray) -> np.ndarray:
    """The two-sided sign-flip p of each measure over whole events, corrected by the largest t (Westfall and Young 1993)."""
    filled = np.nan_to_num(values)
    flips = np.array(list(itertools.product((1, -1), repeat=len(filled))))
    means = flips @ filled / len(filled)
    spread = np.sqrt(np.maximum((filled**2).mean(axis=0) - means**2, 0) + 1e-12)
    statistics = np.abs(means) / spread
    return (statistics.max(axis=1)[:, None] >= statistics[0] - 1e-9).mean(axis=0)


SIZES = {
    "attributed": (0.1, 0.2, 0.3),
    "evaluative": (0.1, 0.2, 0.3),
    "facts_reported": (0.1, 0.2, 0.3),
    "balance": (0.25, 0.5, 1.0),
    "stance_gap": (0.25, 0.5, 1.0),
    "loaded": (0.5, 1.0, 2.0),
}
"""The differences between two groups of articles that a researcher may want to find, in the units of the measure."""


def needed(frames: dict[str, pl.DataFrame]) -> list[tuple[str, float, float, float, int, int]]:
    """The sample sizes for power .8, two-sided .05, normal approximation, for each measure and difference.

    A row has the measure, the difference, the spread of pairs within a topic, the spread of articles, the number of pairs, and the
    number of articles in each group. The spreads are those of real news, the triplets of the collection `basil`.
    """
    articles = frames["articles"].filter(pl.col("collection") == "basil")
    by_topic = {
        topic[0]: [account(frames, article, "a") for article in group["article_id"]]
        for topic, group in articles.group_by("topic_id", maintain_order=True)
    }
    rows = []
    for measure, sizes in SIZES.items():
        singles = np.array([[values[measure] for values in accounts] for accounts in by_topic.values()])
        pairs = np.concatenate([singles[:, i] - singles[:, j] for i, j in ((0, 1), (0, 2), (1, 2))])
        paired, single = float(np.sqrt(np.nanmean(pairs**2))), float(np.nanstd(singles, ddof=1))
        for size in sizes:
            both = 7.85 / size**2  # (1.96 + 0.84) squared
            rows.append(
                (measure, size, paired, single, max(6, int(np.ceil(both * paired**2))), max(6, int(np.ceil(2 * both * single**2))))
            )
    return rows


def width(sentences: int, share: float = 0.3) -> float:
    """Half the width of Wilson's 95 % interval of a share in a text of this many sentences."""
    z = 1.96
    return z / (1 + z**2 / sentences) * float(np.sqrt(share * (1 - share) / sentences + z**2 / (4 * sentences**2)))


def page(frames: dict[str, pl.DataFrame], real: dict[str, pl.DataFrame]) -> str:
    """The page docs/calibration.md."""
    table = verdicts(differences(frames))
    lines = [
        "# Calibration: do the measures find a slant that is known by design?",
        "<!-- Rendered by `python -m benchmarks.calibration --write`; edit there. -->",
        (
            "There are eight invented events with eight accounts each (data/calibration/ has the plans). Each account changes one thing and is "
            "compared with the neutral `wire` account of its event. A difference is + if it is toward the side that the manipulated "
            "accounts serve. The expected signs (data/calibration/signs.toml) and the plans were committed before anything was "
            "coded. The labels are the adjudicated ones of three blind coders; the plan is not used as a label."
        ),
        (
            "**The same model wrote the texts, coded them and decided the disputes.** So these results are an upper bound of what the "
            "measures find in real news."
        ),
        "![What each manipulation does to each measure](calibration.svg)",
        "## What was found",
    ]
    counted = table.filter(pl.col("expected") != "free").group_by("verdict").len().sort("len", descending=True)
    lines.append("; ".join(f"{n} {'cell' if n == 1 else 'cells'}: {verdict}" for verdict, n in counted.iter_rows()) + ".")
    lines.append(
        "`+` and `-` are as expected if the mean difference has this sign and the sign-flip test over the eight events gives p < .05, corrected "
        "over the measures of a manipulation (256 flips; the smallest possible p is .0078). `0` is as expected if the 90 % interval of the "
        "mean lies within the largest |placebo - wire|. *moved*: significant where nothing was expected. *not shown*: neither."
    )
    for kind in MANIPULATIONS:
        rows = table.filter(pl.col("manipulation") == kind)
        lines += [
            f"### {kind}",
            "| measure | expected | mean difference | events up | p | verdict |\n| --- | --- | --- | --- | --- | --- |",
        ]
        lines[-1] += "".join(
            f"\n| {r['measure']} | {r['expected']} | {r['mean']:+.2f} | {r['up']} of {r['events']} | {r['p']:.3f} | {r['verdict']} |"
            for r in rows.iter_rows(named=True)
        )
    wrong = table.filter(pl.col("verdict").is_in(["moved", "wrong sign", "did not move", "right sign, not shown", "not shown"]))
    lines += ["## What did not come out as planned"]
    lines += [
        f"- `{r['manipulation']}`, {r['measure']}: expected {r['expected']}, mean {r['mean']:+.2f}, p {r['p']:.3f}: {r['verdict']}."
        for r in wrong.iter_rows(named=True)
    ]
    lines[-len(wrong) :] = ["\n".join(lines[-len(wrong) :])] if len(wrong) else []
    lines += [
        "## What the measures do not see",
        "- **Order.** `prominence` puts what helps a side at the front and what hurts it at the end. As expected, no measure changes.",
        "- **Voice, in the balance.** `voice` asserts the served side's claims without their source. Rule 3.1 calls a plain statement in the "
        "author's voice neutral, unless the topic marks the fact as disputed. So the balance moves *away* from the side that gains "
        f"({_cell(table, 'voice', 'balance'):+.2f}): read it beside the share of the author's own voice and the disputed facts, never alone.",
        "- **Omission, in the stance.** A fact that is left out takes its stance with it, in both directions.",
        "- The accounts of an event share most sentences word for word, and one model coded them. Two newsrooms would not give such clean zeros.",
        "## How many articles would be needed",
        "The table is for power .8 (two-sided .05, normal approximation). The spread is that of real news: twelve events with three accounts "
        "each (collection `basil`). Paired: two accounts of each event, as in triplets. Unpaired: articles on different events, in each group.",
        "| measure | difference | spread of pairs | spread of articles | pairs of accounts | articles a group, unpaired |\n"
        "| --- | --- | --- | --- | --- | --- |"
        + "".join(f"\n| {m} | {d} | {p:.2f} | {s:.2f} | {a} | {b} |" for m, d, p, s, a, b in needed(real)),
        "For one text alone, the 95 % interval of a share of .3 is about "
        + ", ".join(f"±{width(n):.2f} with {n} sentences" for n in (10, 20, 40, 80))
        + ", if sentences were independent.",
    ]
    return "\n\n".join(lines) + "\n"


def _cell(table: pl.DataFrame, kind: str, measure: str) -> float:
    row = table.row(by_predicate=(pl.col("manipulation") == kind) & (pl.col("measure") == measure), named=True)
    return float(row["mean"])


def picture(frames: dict[str, pl.DataFrame]) -> str:
    """The mean differences as a heat map in SVG, relative to the largest of each measure, with the expected sign in each cell."""
    table = verdicts(differences(frames))
    largest = dict(table.group_by("measure").agg(pl.col("mean").abs().max()).iter_rows())
    cells = []
    for i, measure in enumerate(MEASURES):
        cells.append(f'<text x="170" y="{70 + i * 30}" text-anchor="end">{measure}</text>')
        for j, kind in enumerate(MANIPULATIONS):
            row = table.row(by_predicate=(pl.col("manipulation") == kind) & (pl.col("measure") == measure), named=True)
            strength = abs(row["mean"]) / (largest[measure] or 1)
            colour = "#b35806" if row["mean"] > 0 else "#2166ac"
            x, y = 180 + j * 105, 50 + i * 30
            cells.append(
                f'<rect x="{x}" y="{y}" width="103" height="28" fill="{colour}" fill-opacity="{strength * 0.75:.2f}" stroke="#ccc"/>'
            )
            cells.append(f'<text x="{x + 51}" y="{y + 19}" text-anchor="middle">{row["mean"]:+.2f} ({row["expected"]})</text>')
    heads = "".join(
        f'<text x="{231 + j * 105}" y="40" text-anchor="middle" font-weight="bold">{k}</text>' for j, k in enumerate(MANIPULATIONS)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 930 400" font-family="sans-serif" font-size="12">'
        '<rect width="930" height="400" fill="white"/>'
        '<text x="10" y="18">Mean difference from wire over eight events (expected sign in brackets); orange: toward the served side or more</text>'
        + heads
        + "".join(cells)
        + "</svg>\n"
    )


def main() -> None:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    frames = slantbank.load_all(collection="calibration")
    if parser.parse_args().write:
        (ROOT / "docs" / "calibration.md").write_text(page(frames, slantbank.load_all(collection="basil")), encoding="utf-8")
        (ROOT / "docs" / "calibration.svg").write_text(picture(frames), encoding="utf-8")
    else:
        print(page(frames, slantbank.load_all(collection="basil")))


if __name__ == "__main__":
    main()
