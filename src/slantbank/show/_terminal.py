"""Frames of measures as text: tables for the terminal, or Markdown."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count as countless
from itertools import islice, product
from string import ascii_uppercase
from textwrap import wrap
from typing import Any

import polars as pl

from slantbank.codebook import CORE, LABELS, Origin
from slantbank.measure import WARNING
from slantbank.problem import printable
from slantbank.show._markdown import markdown_table

MAIN_MEASURES = (
    *("claim_type", "attribution", "source_perspective", "perspective_balance"),
    *("stance", "stance_good", "stance_neither", "stance_bad", "loaded", "loaded_by_quarter"),
    *("attributed", "unnamed", "different_sources", "facts_reported", "facts_left_out"),
    *("facts_left_out_beyond_length", "facts_left_out_favouring"),
)
"""The measures that a comparison shows by default."""

HEADINGS = {
    "loaded": "loaded /100 words",
    "loaded_by_quarter": "… by quarter",
    "unnamed": "unnamed sources",
    "different_sources": "sources in five",
    "facts_left_out": "others' facts lost",
    "facts_left_out_beyond_length": "… beyond length",
    "facts_left_out_favouring": "… favouring side",
}
"""Headings of measures whose names do not say what is counted."""

_LABEL = 20
_CELL = 20


def letters(count: int) -> list[str]:
    """The first letters of a list of groups: A to Z, then AA and so on.

    >>> letters(28)[-3:], letters(703)[-2:]
    (['Z', 'AA', 'AB'], ['ZZ', 'AAA'])
    """
    return list(islice(("".join(name) for length in countless(1) for name in product(ascii_uppercase, repeat=length)), count))


def number(value: float | None) -> str:
    """A number with two decimals, a dash for none."""
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def p_value(value: float | None) -> str:
    """A p-value with two decimals; one below 0.01 is shown as `<0.01`."""
    return "<0.01" if value is not None and value < 0.01 else number(value)


def cell(row: dict[str, Any] | None) -> str:
    """A value with its interval, as `0.48 (0.26 0.70)`; with a tilde where there is too little to say."""
    if row is None or row["value"] is None:
        return "–"
    interval = "" if row["low"] is None else f" ({number(row['low'])} {number(row['high'])})"
    return ("~" if row.get("too_little") else "") + number(row["value"]) + interval


def select_articles(frames: Mapping[str, pl.DataFrame], only: Sequence[str]) -> dict[str, pl.DataFrame]:
    """The articles and sentences of the topics or articles in `only`, or all if it is empty."""
    named = pl.col("article_id").is_in(list(only)) | pl.col("topic_id").is_in(list(only)) if only else pl.lit(True)
    return {name: frames[name].filter(named) for name in ("articles", "sentences")}


def main_measures(articles: pl.DataFrame) -> tuple[str, ...]:
    """The measures to show for these articles: over several topics the stance toward sides replaces that toward parties."""
    several = articles["topic_id"].n_unique() > 1
    return tuple(f"side_{name}" if several and name.startswith("stance") else name for name in MAIN_MEASURES)


def warnings(measures: pl.DataFrame) -> list[str]:
    """The warnings among the rows of `compare`."""
    return measures.filter(pl.col("measure") == WARNING)["reason"].to_list()


GENERALIZES_TO = {
    "articles": "other articles like those of the group (rows over articles)",
    "sentences": "this text alone, if it were longer (rows over sentences)",
    "attributions": "this text alone (rows over attributions)",
    "facts": "this text and facts like these (rows over facts)",
    "and coders": "other coders like these, too",
}
"""What an interval generalizes to, by what it rests on."""


def comparison_text(frames: Mapping[str, pl.DataFrame], rows: pl.DataFrame, by: str, width: int = 80) -> str:
    """The rows of `compare` as a page of text: topics and groups, the measures side by side, warnings and notes."""
    articles, measures = frames["articles"], rows.filter(pl.col("measure") != WARNING)
    groups = order_groups(articles, by, measures[by])
    compared = articles.filter(pl.col(by).is_in(groups))
    topics = compared.select("topic_id", "topic_title").unique(maintain_order=True)
    lines = [f"{topics.height} topics, {compared.height} articles"] if topics.height > 3 else []
    for row in topics.to_dicts() if not lines else ():
        lines += wrap(f"{row['topic_title']} ({row['topic_id']})", width, break_on_hyphens=False)
        sides = frames["parties"].filter((pl.col("topic_id") == row["topic_id"]) & (pl.col("side") != "other")).sort("side")
        for party in sides.iter_rows(named=True):
            line = f"side {party['side']}, {party['party_id']}: {party['name']}"
            lines += wrap(line, width, initial_indent="  ", subsequent_indent="     ")
    lines += legend(compared, by, groups)
    lines += ["", side_by_side(measures, by, groups, width).rstrip("\n"), ""]
    notes = [f"! {warning}" for warning in warnings(rows)]
    if compared.height < 2:
        notes.append("There is one article here, and nothing to compare it with yet.")
    rests_on = " ".join(measures["rests_on"].drop_nulls().unique().sort())
    populations = "; ".join(text for name, text in GENERALIZES_TO.items() if name in rests_on)
    notes.append(f"(low high): the 95 % interval. It speaks for {populations}.")
    if measures["too_little"].any():
        notes.append("~: too few cases: rely on the interval alone. `--format json` gives the reason, and that of each –.")
    if not compared["includes_text"].all():
        notes.append("[text withheld]: labels and lengths are known, and not how sources are worded.")
    whose = ", ".join(measures["labels"].drop_nulls().unique().sort())
    notes.append(f"Labels: {'each coder' if measures['coders'].any() else whose or 'not said'}. –: nothing to count.")
    notes.append("Measures: docs/measures.md.")
    return "\n".join([*lines, *(line for note in notes for line in wrap(note, width))])


def overview_text(articles: pl.DataFrame, width: int = 80) -> str:
    """The topics of a bank by collection, a line each with its accounts, and the command that compares the accounts of one."""
    topics = articles["topic_id"].n_unique()
    lines = [f"{topics} topics, {articles.height} articles"]
    pad = max(map(len, articles["topic_id"]))
    for collection in sorted(set(articles["collection"]), key=lambda name: (name != CORE, name)):
        lines += ["", collection]
        members = articles.filter(pl.col("collection") == collection)
        for topic in sorted(set(members["topic_id"])):
            accounts = members.filter(pl.col("topic_id") == topic).sort("article_id")
            line = f"  {topic:<{pad}}  {', '.join(_accounts(accounts))}{_marks(accounts)}"
            lines.append(line if len(line) <= width else f"{line[: width - 1]}…")
    first = articles.sort(pl.col("collection") != CORE, "collection", "topic_id")["topic_id"].to_list()[0]
    return "\n".join([*lines, "", f"The accounts of one, side by side: slantbank compare {first}"])


def _accounts(articles: pl.DataFrame) -> list[str]:
    """The accounts of a topic: their outlets, if no two share one; else the parts of their ids that differ."""
    outlets = articles["outlet"].drop_nulls().unique()
    if len(outlets) == articles.height:
        return outlets.sort().to_list()
    names = [name.split("-") for name in articles["article_id"]]
    shared = next((i for i, parts in enumerate(zip(*names, strict=False)) if len(set(parts)) > 1), 0)
    return ["-".join(name[shared:]) for name in names]


def order_groups(articles: pl.DataFrame, by: str, groups: Iterable[str]) -> list[str]:
    """The groups in display order: those with a published article first, then by name."""
    published = set(articles.filter(pl.col("origin") == Origin.PUBLISHED.value)[by].to_list())
    return sorted(set(groups), key=lambda group: (group not in published, group))


def side_by_side(measures: pl.DataFrame, by: str, groups: Sequence[str], width: int = 80) -> str:
    """The rows of `compare` as blocks of columns, one for each of `groups`: as many side by side as fit in `width`.

    A measure with items has a heading line, and a line below it for each item.
    """
    names = dict(zip(groups, letters(len(groups)), strict=True))
    blocks = max(1, (width - _LABEL) // _CELL)
    return "\n".join(
        line for start in range(0, len(groups), blocks) for line in _block(measures, by, groups[start : start + blocks], names)
    )


def _block(measures: pl.DataFrame, by: str, groups: Sequence[str], names: dict[str, str]) -> Iterator[str]:
    rows = {(row[by], row["measure"], row["item"]): row for row in measures.iter_rows(named=True)}
    yield " " * _LABEL + "".join(f"{names[group]:<{_CELL}}" for group in groups).rstrip()
    before = None
    for measure, item in dict.fromkeys((measure, item) for _, measure, item in rows):
        values = [rows.get((group, measure, item)) for group in groups]
        cells = "".join(f"{cell(row):<{_CELL}}" for row in values).rstrip()
        heading = HEADINGS.get(measure, measure.replace("_", " "))
        if measure.removeprefix("side_") in SHARES:
            continue
        if not item:
            yield f"{_shorten(heading):<{_LABEL}}{cells}"
        elif any(row is not None and row["value"] is not None for row in values):
            if measure != before:
                yield heading
                before = measure
            yield f"{_shorten('  ' + item.replace('_', ' ')):<{_LABEL}}{cells}"
            if measure in ("stance", "side_stance"):
                shares = [
                    [rows.get((group, f"{measure}_{stance}", item)) for stance in ("good", "neither", "bad")] for group in groups
                ]
                if any(shares[0]):
                    yield f"{'    good 0 bad':<{_LABEL}}{''.join(f'{_shares(triple):<{_CELL}}' for triple in shares).rstrip()}"
    yield ""


SHARES = ("stance_good", "stance_neither", "stance_bad")
"""Measures that are shown below the mean stance, which they add up to."""


def _shares(rows: Sequence[dict[str, Any] | None]) -> str:
    return " ".join(number(row["value"] if row else None).lstrip("0") or "0" for row in rows)


def legend(articles: pl.DataFrame, by: str, groups: Sequence[str]) -> list[str]:
    """A line for each group: its letter, its name, its number of articles, and its marks."""
    lines = []
    for letter, group in zip(letters(len(groups)), groups, strict=True):
        members = articles.filter(pl.col(by) == group)
        size = "" if by == "article_id" else f", {members.height} article{'s' * (members.height != 1)}"
        lines.append(f"  {letter}  {group}{size}{_marks(members)}")
    return lines


def _marks(articles: pl.DataFrame) -> str:
    """The marks `[constructed]` and `[text withheld]`, each with a number where it is not true of all the articles."""
    constructed = articles["origin"].to_list().count(Origin.CONSTRUCTED.value)
    counts = {"constructed": constructed, "text withheld": articles.height - articles["includes_text"].sum()}
    return "".join(f" [{mark if count == articles.height else f'{count} {mark}'}]" for mark, count in counts.items() if count)


TOO_LITTLE = "~: too few cases: rely on the interval alone."
NOTES = {
    "difference": "difference: a less b, on the topics that both have; low, high: its 95 % interval.",
    "distance": "distance: of Jensen and Shannon between the shares of labels; 0 the same shares, 1 no label in common.",
    "chance": "chance: the distance that permuting the articles gives in the mean (of two single articles: the sentences).",
    "excess": "excess: what is beyond chance, the root of the difference of squares.",
    "p_corrected": "p_corrected: how often permuting the articles within their topics (of two single articles: the sentences) sets "
    "any of this table's tests as far apart; fewer measures, named beforehand, lose less.",
    "value": "value: by the decisive labels (gold, or the only coder's).",
    "lowest": "lowest, highest: the value by the labels of one coder alone.",
    "between": "between: how often the value of one more such coder would lie between these.",
    "reported": "reported: whether the article reports the fact; –: not coded.",
    "words": "words: those that report it, where one run of words does.",
    "contribution": "contribution: what the sentence adds to the value of the measure.",
}
"""The notes on columns below a table."""


def without_missing(frame: pl.DataFrame, value: str) -> tuple[pl.DataFrame, str]:
    """The rows of a frame that have a value, and a sentence with the reasons why the others have none, or "" if all have one."""
    without = frame.filter(pl.col(value).is_null())
    if without.is_empty():
        return frame, ""
    reasons = (
        without.group_by(pl.col("reason").fill_null("nothing to count"), maintain_order=True).len().sort("len", descending=True)
    )
    why = "; ".join(f"{reason} ({count})" for reason, count in reasons.iter_rows())
    return frame.filter(pl.col(value).is_not_null()), f"{without.height} of {frame.height} say nothing: {why}"


def aligned(frame: pl.DataFrame, articles: pl.DataFrame, by: str, columns: Sequence[str], width: int = 80) -> str:
    """Any other frame of measures as aligned text: a legend of the groups, the columns with letters for groups, and notes."""
    named = [name for name in (by, "a", "b", "group") if name in columns]
    groups = order_groups(articles, by, (group for name in named for group in frame[name].drop_nulls().to_list()))
    short = dict(zip(groups, letters(len(groups)), strict=True))

    def text(name: str, value: Any) -> str:
        if name in named:
            return short.get(value, "")
        if isinstance(value, list):
            return "; ".join(map(str, value))
        if name in ("p", "p_corrected"):
            return p_value(value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return number(value) if isinstance(value, float) else "–" if value is None else str(value)

    reasons: dict[str, int] = {}

    def cells(row: dict[str, Any]) -> list[str]:
        """The cells of a row: a tilde where there is too little to say, and the number of the reason where something is missing."""
        reason = row.get("reason") if "p_corrected" in columns else None
        mark = f"[{reasons.setdefault(reason, len(reasons) + 1)}]" if reason else ""
        little = "~" if row.get("too_little") else ""
        return [*(little * (name == "difference") + text(name, row[name]) for name in columns), *[mark] * with_reasons]

    with_reasons = "p_corrected" in columns and "reason" in frame.columns and frame["reason"].count() > 0
    rows = [[*columns, *[""] * with_reasons], *(cells(row) for row in frame.iter_rows(named=True))]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(f"{value:<{size}}" for value, size in zip(row, widths, strict=True)).rstrip() for row in rows]
    texts = [*(f"[{at}] {reason}" for reason, at in reasons.items()), *(NOTES[name] for name in columns if name in NOTES)]
    if "difference" in columns and frame["too_little"].any():
        texts.append(TOO_LITTLE)
    notes = [line for note in texts for line in wrap(note, width)]
    cut = [line if len(line) <= width else line[: width - 1] + "…" for line in lines]
    return "\n".join([*legend(articles, by, groups), "", *cut, "", *notes]).rstrip("\n")


LAYER_NAMES = {
    "claim_type": "claim type",
    "attribution": "attribution",
    "source_type": "source type",
    "source_perspective": "source perspective (side)",
    "perspective_party": "source perspective (party)",
    "stance": "stance (ordinal)",
    "mention": "party referred to",
    "loaded": "loaded language",
    "facts": "facts",
    "source": "words of the source",
    "cue": "words of the cue",
    "fact": "words of the fact",
}
"""The names of the layers of an agreement table."""


def coder_kinds(agreement: pl.DataFrame) -> list[str]:
    """The kinds of coders to show: where people and models have coded, each kind and then `all`; else only `all`."""
    kinds = sorted(set(agreement["annotator_kind"].to_list()) - {"all"})
    return [*kinds, "all"] if len(kinds) > 1 else ["all"]


def _overall(agreement: pl.DataFrame, kind: str) -> pl.DataFrame:
    return agreement.filter(pl.col("article_id").is_null() & pl.col("item").is_null() & (pl.col("annotator_kind") == kind))


def alphas(agreement: pl.DataFrame, kind: str = "all") -> pl.DataFrame:
    """The overall alpha of each layer, with its interval and the percent agreement, from the rows of `agreement`."""
    overall = _overall(agreement, kind)
    percent = overall.filter(pl.col("measure") == "percent_agreement").select("layer", agreement="value")
    return (
        overall.filter(pl.col("measure") == "alpha")
        .join(percent, on="layer", how="left", maintain_order="left")
        .select(
            *("layer", "low", "high", "too_little", "agreement", "rests_on", "reliability", "reason"),
            alpha="value",
            units="n_units",
        )
    )


def overlaps(agreement: pl.DataFrame, kind: str = "all") -> pl.DataFrame:
    """The overall F1 between coders of each layer of spans, exact and overlapping, from the rows of `agreement`."""
    overall = _overall(agreement, kind)
    exact, overlap = (
        overall.filter(pl.col("measure") == measure).select("layer", pl.col("value").alias(measure))
        for measure in ("exact_f1", "overlap_f1")
    )
    return exact.join(overlap, on="layer", how="left", maintain_order="left")


RELIABILITY = {
    "stability": "Stability: the coders are instances of one model, and this is how far it agrees with itself. It is an upper "
    "bound, and says nothing of how far other coders would agree.",
    "agreement": "Agreement: of coders who could differ in kind.",
}
"""The explanations of the two kinds of reliability below a table of agreement."""


def _reliability(agreement: pl.DataFrame, kind: str) -> str:
    """Whether the coefficients of coders of a kind are their stability or their agreement."""
    return str(agreement.filter(pl.col("annotator_kind") == kind)["reliability"].first() or "agreement")


def _interval_note(agreement: pl.DataFrame) -> str:
    """The note on the intervals of a table of agreement: what they generalize to."""
    rests_on = set(agreement["rests_on"].drop_nulls())
    populations = {"articles": "articles like these", "sentences": "these articles alone (from their sentences)"}
    return f"95 % intervals, for {' or '.join(text for name, text in populations.items() if name in rests_on)}." if rests_on else ""


def agreement_markdown(agreement: pl.DataFrame) -> str:
    """The agreement of the coders in Markdown, as in the dataset card: a table for each kind of coders where there are several."""
    shown = coder_kinds(agreement)
    titles = {kind: f"Coders: {kind}\n\n" if len(shown) > 1 else "" for kind in shown}
    return "\n\n".join(titles[kind] + _agreement_of(agreement, kind) for kind in shown)


def _agreement_of(agreement: pl.DataFrame, kind: str) -> str:
    named = pl.col("layer").replace(LAYER_NAMES)
    low, high = (pl.col(end).map_elements(number, return_dtype=pl.String, skip_nulls=False) for end in ("low", "high"))
    first = alphas(agreement, kind).select(
        named,
        pl.col("alpha").alias("alpha (Krippendorff)"),
        pl.when(pl.col("low").is_not_null()).then(pl.format("{} to {}", low, high)).otherwise(pl.lit("")).alias("95 % interval"),
        pl.col("agreement").alias("percent agreement"),
        "units",
        pl.col("reason").fill_null("").alias("remark"),
    )
    second = overlaps(agreement, kind).select(
        named.alias("words marked"), pl.col("exact_f1").alias("F1 (exact)"), pl.col("overlap_f1").alias("F1 (overlapping)")
    )
    note = f"{RELIABILITY[_reliability(agreement, kind)]} {_interval_note(_overall(agreement, kind))}".strip()
    return f"{frame_markdown(first)}\n\n{frame_markdown(second)}\n\n{note}"


def agreement_text(agreement: pl.DataFrame) -> str:
    """The rows of `agreement` as a page of text: alpha by layer, overall and for each article, and F1 of marked words."""
    lines = []
    reasons: dict[str, int] = {}

    def note(reason: str | None) -> str:
        return f"[{reasons.setdefault(reason, len(reasons) + 1)}]" if reason else ""

    for kind in coder_kinds(agreement):
        lines += [f"{f'coders: {kind} ({_reliability(agreement, kind)})':<28}{'alpha':<20}{'percent':<12}units"]
        for row in alphas(agreement, kind).iter_rows(named=True):
            value = cell({**row, "value": row["alpha"]})
            line = f"{LAYER_NAMES.get(row['layer'], row['layer']):<28}{value:<20}{number(row['agreement']):<12}{row['units']:<8}"
            lines.append(line + note(row["reason"]))
        lines += ["", f"{'':<28}{'F1 exact':<20}F1 overlapping"]
        lines += [
            f"{LAYER_NAMES.get(row['layer'], row['layer']):<28}{number(row['exact_f1']):<20}{number(row['overlap_f1'])}"
            for row in overlaps(agreement, kind).iter_rows(named=True)
        ]
        lines.append("")
    lines.pop()
    articles = agreement["article_id"].drop_nulls().unique(maintain_order=True).to_list()
    for article in articles:
        lines += ["", article]
        of_article = pl.col("article_id") == article, pl.col("item").is_null(), pl.col("annotator_kind") == "all"
        lines += [
            f"  {LAYER_NAMES.get(row['layer'], row['layer']):<28}{cell(row):<20}{note(row['reason'])}".rstrip()
            for row in agreement.filter(*of_article, pl.col("measure") == "alpha").iter_rows(named=True)
        ]
    shown = agreement.filter(pl.col("item").is_null() & (pl.col("measure") == "alpha"))
    notes = [
        *(RELIABILITY[name] for name in dict.fromkeys(_reliability(agreement, kind) for kind in coder_kinds(agreement))),
        f"(low high): {_interval_note(shown)}",
        *([TOO_LITTLE] if shown["too_little"].any() else []),
        "Krippendorff's alpha: 1 is perfect, 0 is chance. Adjudicated labels are no coder's.",
    ]
    lines += [
        "",
        *(line for reason, number in reasons.items() for line in wrap(f"[{number}] {reason}", 80, subsequent_indent="    ")),
        *(line for text in notes for line in wrap(text, 80)),
    ]
    return "\n".join(line.rstrip() if len(line.rstrip()) <= 80 else line[:79] + "…" for line in lines)


def outliers_text(outliers: pl.DataFrame) -> str:
    """The rows of `outliers` as a page of text: for each layer its coders, the one that agrees least first."""
    lines = [f"{'':<28}{'coder':<20}{'agreement':<12}{'alpha':<8}without"]
    before = "-"
    for row in outliers.iter_rows(named=True):
        name = "all layers" if row["layer"] is None else LAYER_NAMES.get(row["layer"], row["layer"])
        lines.append(
            f"{name if name != before else '':<28}{row['annotator_id']:<20}{number(row['percent_agreement']):<12}"
            f"{number(row['alpha']):<8}{number(row['alpha_without']):<8}".rstrip()
        )
        before = name
    note = "without: alpha of the other coders alone. The first of each layer agrees least with the others."
    return "\n".join([*lines, "", *wrap(note, 80)])


def score_text(scores: pl.DataFrame) -> str:
    """The rows of `score` as a page of text: a block for each coder, each baseline and the ceiling."""
    blocks = []
    for (annotator,), rows in scores.group_by("annotator_id", maintain_order=True):
        lines = [str(annotator)]
        for row in rows.iter_rows(named=True):
            name = " ".join(str(part).replace("_", " ") for part in (row["layer"], row["item"], row["measure"]) if part is not None)
            value = "–" if row["value"] is None else value_cell(row)
            units = "" if row["n_units"] is None else f"n {row['n_units']:,}"
            lines.append(f"  {name:<42} {value:<22} {units:<8} {row['reason'] or ''}".rstrip())
        blocks.append("\n".join(lines))
    rests_on = ", ".join(scores["rests_on"].drop_nulls().unique().sort())
    return "\n\n".join([*blocks, f"95 % intervals, for {rests_on} like these. Errors are the coder's value minus gold's."])


def moved_text(shares: pl.DataFrame) -> str:
    """The rows of `moved_shares` as a page of text: a line for each layer, and notes."""
    lines = [f"{'':<20} {'moved':<26} {'share':<20} lean".rstrip()]
    for row in shares.iter_rows(named=True):
        moved = f"{row['moved']:,} of {row['n_units']:,} sentences" if row["n_units"] else row["reason"]
        share = "" if row["value"] is None else value_cell(row)
        lean = "" if row["lean"] is None else value_cell({"value": row["lean"], "low": row["lean_low"], "high": row["lean_high"]})
        lines.append(f"{row['layer'].replace('_', ' '):<20} {moved:<26} {share:<20} {lean}".rstrip())
    rests_on = ", ".join(shares["rests_on"].drop_nulls().unique().sort())
    notes = (
        f"95 % intervals, for {rests_on} like these.",
        "Names should not affect claim type and attribution: they show how much moves by chance.",
        "Lean: the effect of names alone, from 1, all toward the party of side a, to -1, toward that of side b.",
    )
    return "\n".join([*lines, "", *notes])


def value_cell(row: dict[str, Any]) -> str:
    """A value with its interval, if it has one, as `0.48 (0.26, 0.70)`."""
    return f"{row['value']:z.2f}" + ("" if row["low"] is None else f" ({row['low']:z.2f}, {row['high']:z.2f})")


def score_markdown(scores: pl.DataFrame) -> str:
    """The main scores as a Markdown table: a row for each coder, each baseline and the ceiling."""
    columns = [
        *((f"{layer} macro-F1", layer, None, "macro_f1") for layer in LABELS),
        *(("stance error", "stance", None, "ordinal_error"), ("facts F1", "facts", None, "f1")),
        ("loaded overlap F1", "loaded words", None, "overlap_f1"),
        *((f"{item}, error", "compare", item, "error") for item in ("own voice", "perspective balance", "loaded")),
    ]
    head = ["", *(name.replace("_", " ") for name, *_ in columns)]
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    reasons = []
    for (annotator,), rows in scores.group_by("annotator_id", maintain_order=True):
        name = str(annotator)
        values = {tuple(row[key] for key in ("layer", "item", "measure")): row for row in rows.drop_nulls("value").to_dicts()}
        cells = [
            value_cell(values[key]) if (key := (layer, item, measure)) in values else "–" for _, layer, item, measure in columns
        ]
        if values:
            lines.append(f"| {escape_markdown(name)} | {' | '.join(cells)} |")
        else:
            reason = next(iter(rows["reason"].drop_nulls().to_list()), "no value")
            reasons.append(f"{name[:1].upper()}{name[1:]}: {reason}.")
    return "\n".join([*lines, *(["", escape_markdown(" ".join(reasons))] if reasons else [])])


def _shorten(label: str) -> str:
    return label if len(label) < _LABEL else label[: _LABEL - 2] + "…"


def escape_markdown(text: str) -> str:
    r"""The text on one line, escaped for Markdown and HTML, except for bars, which `markdown_table` escapes.

    >>> print(escape_markdown("<b>a_b *c*"))
    \<b\>a_b \*c\*
    """
    return re.sub(r"([\\`*{}\[\]<>#~&]|(?<!\w)_|_(?!\w))", r"\\\1", printable(text.replace("\n", " ")))


def frame_markdown(frame: pl.DataFrame) -> str:
    """A frame as a Markdown table, with numbers to two decimals and texts escaped."""

    def text(value: Any) -> str:
        return number(value) if isinstance(value, float) else "" if value is None else escape_markdown(str(value))

    return markdown_table(frame.columns, (map(text, row) for row in frame.iter_rows()))
