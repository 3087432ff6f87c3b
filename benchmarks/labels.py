"""Render the page on how the labels of the bank were made, with figures recomputed from the files.

`python -m benchmarks.labels` prints docs/labels.md; `--write` writes it.
"""

# ruff: noqa: E501, ISC004
import argparse
import csv
from collections import Counter
from pathlib import Path

import polars as pl

import slantbank

ROOT = Path(__file__).parents[1]
LAYERS = ("claim_type", "attribution", "source_type", "source_perspective", "stance", "loaded", "facts")
COLUMNS = {"stance": "stance", "loaded": "loaded_at", "facts": "facts"}


def values(annotations: pl.DataFrame, layer: str) -> pl.DataFrame:
    """The labels of a layer as text that can be compared: one row a sentence and annotator."""
    column = pl.col(COLUMNS.get(layer, layer))
    if layer == "stance":
        column = (
            column.list.eval(pl.element().struct.field("party") + pl.element().struct.field("value").cast(str))
            .list.sort()
            .list.join(" ")
        )
    elif layer in COLUMNS:
        column = column.cast(pl.List(pl.String)).list.sort().list.join(" ")
    return annotations.select("collection", "sentence_id", "annotator_id", "annotator_kind", column.fill_null("-").alias("value"))


def departures(annotations: pl.DataFrame) -> pl.DataFrame:
    """By collection and layer: the sentences on which coders differed, and those where gold is not the label of most coders."""
    rows = []
    for layer in LAYERS:
        table = values(annotations, layer)
        coders = table.filter(pl.col("annotator_kind") == "model").group_by("collection", "sentence_id").agg(pl.col("value"))
        gold = table.filter(pl.col("annotator_kind") == "adjudicated").select("sentence_id", gold="value")
        for name, group in coders.join(gold, on="sentence_id").group_by("collection", maintain_order=True):
            if (group["gold"] == "-").all():
                continue  # a layer that nobody coded in this collection
            lists = list(group.select("value", "gold").iter_rows())
            split = [(listed, decided) for listed, decided in lists if len(set(listed)) > 1]
            against = sum(
                (top := Counter(listed).most_common(1)[0])[1] > len(listed) / 2 and decided != top[0] for listed, decided in split
            )
            rows.append((name[0], layer, len(lists), len(split), against))
    return pl.DataFrame(rows, schema=["collection", "layer", "sentences", "disputed", "against_majority"], orient="row").sort(
        "collection", "layer"
    )


def page() -> str:
    """The page docs/labels.md."""
    frames = slantbank.load_all(collection=None)
    annotations, articles = frames["annotations"], frames["articles"]
    lines = [
        "# How the labels were made",
        "<!-- Rendered by `python -m benchmarks.labels --write`; edit there. -->",
        "A language model (Claude, by Anthropic) made every label in the shipped bank by codebook 1.1; no person has checked them. "
        "Three coders labelled each text. A coder is a chain of fresh instances of the model, one for each sitting of twelve to fourteen texts. It saw the codebook, "
        "the brief (data/coding/brief.md), the topic and the text, under an opaque id. It never saw two accounts of one topic in a sitting, and "
        "the sides a and b were exchanged at random for each coder and text. Where the three agree, their label is the adjudicated one. Where they differ, an adjudicator "
        "(again the model; data/coding/brief-adjudicator.md) saw the differing values shuffled, without names or counts, and named the rule that decided; `decided_by` has it for every sentence and layer. "
        "The model that wrote the topics' facts saw the texts without outlets and coded nothing. No program assigned a label. "
        "The articles of `polnear` were coded for attribution and source type only, in two sittings of five articles for each coder (data/coding/brief-attribution.md). One coder coded the sentences of the "
        "[study of loaded words](validity.md) (data/coding/brief-loaded.md).",
        "So the figures below are *stability*: how far one model gives the same labels twice. They are an upper bound of what people would reach, and no measure of validity. "
        "`adjudicated` means adjudicated by a model.",
        "| collection | articles | sentences | annotations |\n| --- | --- | --- | --- |"
        + "".join(
            f"\n| {name[0]} | {group.height} | {frames['sentences'].filter(pl.col('collection') == name[0]).height} | {annotations.filter(pl.col('collection') == name[0]).height} |"
            for name, group in articles.group_by("collection", maintain_order=True)
        ),
        "## Disputes",
        "The table counts the sentences on which the three coders differ, and how often the adjudicated label is not that of the majority.",
        "| collection | layer | sentences | disputed | against the majority |\n| --- | --- | --- | --- | --- |"
        + "".join(f"\n| {c} | {layer} | {n} | {d} | {a} |" for c, layer, n, d, a in departures(annotations).iter_rows()),
        "## Rules that decided",
        "| rule | decisions |\n| --- | --- |",
    ]
    decided = frames["sentences"].explode("decided_by").drop_nulls("decided_by").unnest("decided_by")
    lines[-1] += "".join(
        f"\n| {rule} | {n} |"
        for rule, n in decided.group_by("rule").len().sort(["len", "rule"], descending=[True, False]).iter_rows()
    )
    lines += [
        "## Rules that real news strained",
        "Coders and adjudicators hesitated most here, by their notes. The next codebook should settle these points.",
        "- **6.3, the words that report a fact**: a third of all decisions. The rule does not say how long the run of words is.\n"
        "- **6.1, when a fact is reported**: a fact that a name presupposes (the deal, the veto), and a fact of another day.\n"
        '- **2, paraphrase that continues**: whether an unmarked sentence after an attributed one is still the source\'s, above all for polls and positions of candidates ("would support").\n'
        "- **2, interviews**: an interviewer's turns, speaker labels, omission marks inside an answer.\n"
        "- **4, plain unwelcome acts**: whether it puts somebody in a bad light to report that they lost, refused or withdrew.\n"
        "- **3.2, frames that discredit**: when a sentence gives a source's words with doubt, but without a loaded word.\n"
        '- **1, types that are close**: "need" (normative or evaluative), "because of" (causal or factual), announced plans (factual or predictive).',
    ]
    with (ROOT / "data" / "coding" / "guesses.csv").open(encoding="utf-8") as file:
        guesses = list(csv.DictReader(file))
    right = Counter((row["coder"], row["guess"] == row["outlet"]) for row in guesses)
    lines += [
        "## Guesses of the outlet",
        "After coding each published account of the collection `basil`, the coder guessed its outlet out of three (chance: one in three). **All guesses were right: blinding to outlets failed.** The texts contain traces of their outlets (style, self-references), and the model may have read them before. Read every comparison of outlets with this in mind.",
        "| coder | right | of |\n| --- | --- | --- |"
        + "".join(
            f"\n| {c} | {right[c, True]} | {right[c, True] + right[c, False]} |" for c in sorted({row["coder"] for row in guesses})
        ),
    ]
    return "\n\n".join(lines) + "\n"


def main() -> None:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    if parser.parse_args().write:
        (ROOT / "docs" / "labels.md").write_text(page(), encoding="utf-8")
    else:
        print(page())


if __name__ == "__main__":
    main()
