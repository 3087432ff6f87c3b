"""Render the page on what the published texts of the bank show, with figures recomputed from the files.

`python -m benchmarks.findings` prints docs/findings.md; `--write` writes it.
"""

# ruff: noqa: E501, ISC004
import argparse
from collections.abc import Mapping
from pathlib import Path

import polars as pl

import slantbank

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "findings.md"
AXIS = "us-left-right"
ANY_TOPIC = {
    "attributed": "attributed claims",
    "loaded": "loaded words per 100",
    "unnamed": "unnamed sources",
    "facts_left_out": "others' facts left out",
}
ONE_AXIS = {"perspective_balance": "perspective balance", "side_stance": "stance toward side"}
WITHIN = {**{name: ANY_TOPIC[name] for name in ("attributed", "loaded")}, **ONE_AXIS}


def number(value: float | None, *, sign: bool = False) -> str:
    """A figure with two decimals and a typographic minus; a dash for none."""
    return "–" if value is None else f"{value:{'+' if sign else ''}.2f}".replace("-", "−")


def p_value(p: float | None) -> str:
    """A p-value with two decimals; one that rounds to 0 is shown as `< 0.01`."""
    return "< 0.01" if p is not None and p < 0.005 else number(p)


def measure_name(row: Mapping[str, object]) -> str:
    """The measure of a row in words, with its item."""
    text = {**ANY_TOPIC, **ONE_AXIS}[str(row["measure"])]
    return f"{text} {row['item']}".strip()


def between_outlets(frames: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The differences between outlets within the events that they share; measures by side only in events of one axis."""
    sided = frames["articles"].filter(pl.col("axis") == AXIS)["article_id"].to_list()
    return pl.concat(
        [
            slantbank.differences(frames, "outlet", measures=list(ANY_TOPIC)),
            slantbank.differences(frames, "outlet", measures=list(ONE_AXIS), only=sided).filter(pl.col("item") != "other"),
        ],
        how="vertical",
    )


def within_events(frames: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The differences between the accounts of each event, pair by pair, corrected for all tests of that event."""
    by_topic = []
    for topic in frames["articles"]["topic_id"].unique().sort():
        pairs = slantbank.differences(frames, "article_id", measures=list(WITHIN), only=topic)
        by_topic.append(pairs.filter(pl.col("item") != "other").with_columns(topic_id=pl.lit(topic)))
    return pl.concat(by_topic)


def facts_by_reports(frames: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """For each event, the number of facts that all accounts report, all but one, only one, or none."""
    reports = frames["sentences"].explode("facts").drop_nulls("facts").select("topic_id", "article_id", fact_id="facts").unique()
    per_fact = (
        frames["facts"]
        .select("topic_id", "fact_id", "favours")
        .join(reports, on=["topic_id", "fact_id"], how="left")
        .group_by("topic_id", "fact_id", "favours")
        .agg(accounts=pl.col("article_id").drop_nulls().len())
    )
    total = frames["articles"].group_by("topic_id").agg(of=pl.len())
    return (
        per_fact.join(total, on="topic_id")
        .group_by("topic_id")
        .agg(
            facts=pl.len(),
            by_all=(pl.col("accounts") == pl.col("of")).sum(),
            by_one=(pl.col("accounts") == 1).sum(),
            all_but_one=(pl.col("accounts") == pl.col("of") - 1).sum(),
            by_none=(pl.col("accounts") == 0).sum(),
        )
        .sort("topic_id")
    )


def summary(rows: pl.DataFrame, between: str) -> str:
    """A sentence on the significant differences, or on the one nearest to significance."""
    tested = rows.filter(pl.col("p_corrected").is_not_null())
    holds = tested.filter(pl.col("p_corrected") <= 0.05)
    if holds.height:
        listed = "; ".join(
            f"{row['a']} and {row['b']} in {measure_name(row)} ({number(row['difference'], sign=True)})"
            for row in holds.iter_rows(named=True)
        )
        return f"Of {tested.height} differences {between}, {holds.height} hold after correction: {listed}."
    nearest = tested.sort("p_corrected", "p").row(0, named=True)
    return (
        f"**Of {tested.height} differences {between}, none holds after correction.** The nearest is {measure_name(nearest)}, {nearest['a']} {number(nearest['value_a'])} and "
        f"{nearest['b']} {number(nearest['value_b'])}: {number(nearest['difference'], sign=True)} ({number(nearest['low'])} {number(nearest['high'])}), p {nearest['p']:.3f}, corrected {nearest['p_corrected']:.2f}."
    )


def page() -> str:
    """The page docs/findings.md."""
    frames = slantbank.load_all(collection="basil")
    articles = frames["articles"]
    outlets, events = between_outlets(frames), within_events(frames)
    sided = articles.filter(pl.col("axis") == AXIS)["topic_id"].n_unique()
    lines = [
        "# What these texts show",
        "<!-- Rendered by `python -m benchmarks.findings --write`; edit there. -->",
        f"{articles['topic_id'].n_unique()} events of 2010 to 2014, each in the accounts of three outlets: {articles.height} published accounts, {frames['sentences'].height} sentences. A language model labelled them, and no person has checked the labels "
        "([how](labels.md); [how the events were drawn](basil.md)). Everything here compares accounts of the *same* event. **It ranks no outlet**: twelve events, drawn from one corpus that others chose, are too few for that, "
        "and the coders recognised the outlets ([labels](labels.md#guesses-of-the-outlet)). Intervals are 95 % intervals; [measures](measures.md) explains them. "
        "The measures on this page were chosen after the labels existed, so nothing here confirms a hypothesis.",
        "## Between outlets, event by event",
        summary(outlets, "between pairs of outlets"),
        f"Each difference is a mean over the shared events with equal weights. Stance and balance use the {sided} events whose sides have the same meaning (side a stood nearer the Democrats), the other measures use all. "
        "Command: `slantbank compare --collection basil --by outlet --show differences`.",
        "| measure | a | b | events | value a | value b | difference (95 %) | p | corrected |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
        + "".join(
            f"\n| {measure_name(row)} | {row['a']} | {row['b']} | {row['n_topics']} | {number(row['value_a'])} | {number(row['value_b'])} | "
            f"{number(row['difference'], sign=True)} ({number(row['low'])} {number(row['high'])}) | {p_value(row['p'])} | {p_value(row['p_corrected'])} |"
            for row in outlets.iter_rows(named=True)
        ),
        "## Between the accounts of one event",
        summary(events.drop("n_topics"), "between two accounts of one event"),
        "The correction covers all tests of one event. It does not cover the number of events: by chance alone, one event in twenty would show a difference. The table has, for each event, the difference that is least likely by chance. "
        "Command: `slantbank compare TOPIC --show differences`.",
        "| event | accounts | measure | difference (95 %) | p | corrected |\n| --- | --- | --- | --- | --- | --- |"
        + "".join(
            f"\n| {row['topic_id']} | {short(row['a'], row['topic_id'])} and {short(row['b'], row['topic_id'])} | {measure_name(row)} | "
            f"{number(row['difference'], sign=True)} ({number(row['low'])} {number(row['high'])}) | {p_value(row['p'])} | {p_value(row['p_corrected'])} |"
            for _, group in events.drop_nulls("p").sort("p", maintain_order=True).group_by("topic_id", maintain_order=True)
            for row in group.head(1).sort("topic_id").iter_rows(named=True)
        ),
        "## What accounts leave out",
        "The table counts the facts of each event by how many of its three accounts report them. Whoever wrote the list of facts had read all three accounts, so nearly every fact is reported in at least one. "
        "Command: `slantbank compare TOPIC --show facts`.",
        "| event | facts | reported by all | by all but one | by one alone | by none |\n| --- | --- | --- | --- | --- | --- |"
        + "".join(
            f"\n| {row['topic_id']} | {row['facts']} | {row['by_all']} | {row['all_but_one']} | {row['by_one']} | {row['by_none']} |"
            for row in facts_by_reports(frames).iter_rows(named=True)
        ),
        "## What does not follow",
        "- It does not follow that outlets do not differ. With twelve events, the interval of a share is about ±.15 wide, so these texts cannot show smaller differences.\n"
        "- Nothing follows about what was not measured: choice of events, order, pictures, headlines of other days.\n"
        "- Nothing follows about outlets today, or about other topics. The events are from 2010 to 2014, and were drawn from a corpus of triplets that its makers chose.\n"
        "- It does not follow that the labels are right: [validity](validity.md) compares them with people's.",
    ]
    return "\n\n".join(lines) + "\n"


def short(article_id: str, topic_id: str) -> str:
    """The outlet at the end of an article's id."""
    return article_id.rpartition("-")[2] if topic_id.rpartition("-")[0] in article_id else article_id


def main() -> None:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    if parser.parse_args().write:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page())


if __name__ == "__main__":
    main()
