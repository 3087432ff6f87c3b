"""Compare the labels of the bank with labels of people: those of BASIL and PolNeAR.

`python -m benchmarks.validity --basil PATH --polnear PATH` recomputes the figures from your copies of the corpora, writes them to
benchmarks/validity.json, and renders docs/validity.md from them; without paths it renders the page from the figures kept before.
Neither file has any words of the texts.
"""

# ruff: noqa: E501, ISC004
import argparse
import csv
import itertools
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import t as student

import slantbank
from slantbank.bank import Article, Mark
from slantbank.codebook import SpanLayer
from slantbank.importers import IMPORTERS, Report
from slantbank.measure import _intervals as intervals

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "benchmarks" / "validity.json"
PAGE = ROOT / "docs" / "validity.md"
CODING = ROOT / "data" / "coding"
LEANING = {"left": -1, "liberal": -1, "center": 0, "right": 1, "conservative": 1}
THRESHOLDS = (0.0, 0.25, 0.5, 0.75, 0.99)

Table = dict[tuple[bool, bool], int]
"""A fourfold table: the number of sentences by the mark of the corpus and the mark of our labels."""


def interval(statistic: Callable[[Sequence[Any]], float], clusters: Sequence[Any]) -> list[float] | None:
    """The statistic of all clusters with its 95 % interval: delete-one-cluster jackknife and Student's t.

    None where the statistic of all clusters, or a replicate, is not finite.
    """
    whole = statistic(clusters)
    replicates = [statistic([*clusters[:k], *clusters[k + 1 :]]) for k in range(len(clusters))]
    if not all(map(math.isfinite, (whole, *replicates))):
        return None
    count = len(clusters)
    variance = (count - 1) / count * sum((value - whole) ** 2 for value in replicates)
    half = float(student.ppf(0.975, count - 1)) * math.sqrt(variance)
    return [whole, whole - half, whole + half]


def from_atanh(values: list[float] | None) -> list[float] | None:
    """A kappa with its interval, back from the scale of the inverse hyperbolic tangent; None where it is 1, without interval."""
    return [math.tanh(value) for value in values] if values else None


def log_odds(tables: Sequence[Table]) -> float:
    """The logarithm of the odds ratio of the summed fourfold tables; NaN where a cell is empty."""
    cells = {key: sum(table.get(key, 0) for table in tables) for key in itertools.product((True, False), repeat=2)}
    if not all(cells.values()):
        return math.nan
    return math.log(cells[True, True] * cells[False, False] / (cells[True, False] * cells[False, True]))


def association(rows: Iterable[tuple[str, bool, bool]]) -> dict[str, Any]:
    """The association of our marks with those of the corpus, as an odds ratio; rows have the cluster, the corpus's mark and ours."""
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
    """The case-control study of loaded words, from the labels made for it."""
    with (CODING / "loaded.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    figures = association((row["corpus_id"], row["case"] == "1", int(row["runs"]) > 0) for row in rows)
    spans = sum(int(row["spans"]) for row in rows)
    return {**figures, "spans": spans, "spans_touched": sum(int(row["touched"]) for row in rows)}


def basil_sentences(path: Path, stem: str) -> tuple[dict[int, list[dict[str, Any]]], str]:
    """The bias spans of a BASIL article by the number of the sentence (title 0, empty ones left out), and its relative stance."""
    (text_file,) = path.glob(f"articles/*/{stem}.json")
    (annotation_file,) = path.glob(f"annotations/*/{stem}_ann.json")
    text, annotated = (json.loads(file.read_text(encoding="utf-8")) for file in (text_file, annotation_file))
    sentences = [("title", text["title"])]
    sentences += [(f"p{k}", line) for k, line in enumerate(itertools.chain.from_iterable(text["body-paragraphs"]))]
    numbers = {name: n for n, (name, _) in enumerate(pair for pair in sentences if pair[1].strip())}
    spans: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for span in annotated["phrase-level-annotations"]:
        spans[numbers[span["id"]]].append(span)
    return spans, annotated["article-level-annotations"]["relative_stance"]


def spans_of_people(path: Path, frames: dict[str, pl.DataFrame]) -> dict[str, Any]:
    """The association of BASIL's informational and lexical spans with our labels, by sentence, and the polarity by target."""
    articles = frames["articles"].filter(pl.col("corpus") == "basil")
    parties = party_names(frames["parties"])
    pairs: dict[str, list[tuple[str, bool, bool]]] = defaultdict(list)
    polarity: dict[str, list[tuple[str, int, int | None]]] = {"quoted": [], "unquoted": []}
    unmatched = Counter[str]()
    for article_id, topic, stem in articles.select("article_id", "topic_id", "corpus_id").iter_rows():
        spans, _ = basil_sentences(path, stem)
        for row in frames["sentences"].filter(pl.col("article_id") == article_id).iter_rows(named=True):
            in_sentence = spans.get(row["n"], [])
            stance = {stance["party"]: stance["value"] for stance in row["stance"]}
            for name, marks in {
                "informational": [span for span in in_sentence if span["bias"] == "inf"],
                "informational_unquoted": [span for span in in_sentence if span["bias"] == "inf" and span["quote"] == "no"],
            }.items():
                pairs[f"{name}/perspective"].append((article_id, bool(marks), row["source_perspective"] != "neutral"))
                pairs[f"{name}/stance"].append((article_id, bool(marks), any(stance.values())))
            lexical = [span for span in in_sentence if span["bias"] == "lex" and span["quote"] == "no"]
            pairs["lexical_unquoted/loaded"].append((article_id, bool(lexical), row["loaded_words"] > 0))
            for span in in_sentence:
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
    """A name in normal form: lower case, blanks for underscores."""
    return " ".join(name.replace("_", " ").casefold().split())


def party_names(parties: pl.DataFrame) -> dict[str, dict[str, str]]:
    """For each topic, the party that each name or alias belongs to."""
    names: dict[str, dict[str, str]] = defaultdict(dict)
    for row in parties.iter_rows(named=True):
        for name in (row["party_id"].replace("-", " "), row["name"], *row["aliases"]):
            names[row["topic_id"]].setdefault(normal(name), row["party_id"])
    return names


def polarities(rows: Sequence[tuple[str, int, int | None]]) -> dict[str, Any]:
    """The agreement of BASIL's polarity toward a target with our stance toward its party; kappa where both take a side."""
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
        "kappa": from_atanh(interval(fisher, list(clusters.values()))),
    }


def kappa(pairs: Sequence[tuple[Any, Any]]) -> float:
    """Cohen's kappa (1960) of pairs of labels; NaN where chance agreement is perfect."""
    if not pairs:
        return math.nan
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    chance = sum(first[label] * second[label] for label in first) / len(pairs) ** 2
    return math.nan if chance == 1 else (sum(a == b for a, b in pairs) / len(pairs) - chance) / (1 - chance)


def fisher(groups: Sequence[Sequence[tuple[Any, Any]]]) -> float:
    """The inverse hyperbolic tangent of kappa over the pairs of all groups; infinite where kappa is 1."""
    value = kappa([pair for group in groups for pair in group])
    return math.atanh(value) if abs(value) < 1 else math.copysign(math.inf, value)


def orders(path: Path, frames: dict[str, pl.DataFrame]) -> dict[str, Any]:
    """The agreement of our order of the accounts of a triplet with BASIL's `relative_stance`: concordant less discordant pairs.

    Only topics on the axis us-left-right count, where side a is the left. The one-sided permutation p is exact: it counts every order
    of the three accounts of each triplet.
    """
    articles = frames["articles"].filter((pl.col("corpus") == "basil") & (pl.col("axis") == "us-left-right"))
    values = slantbank.compare(frames, measures=("perspective_balance", "side_stance"), only=articles["article_id"].to_list())
    gaps = {
        "perspective_balance": dict(
            values.filter(pl.col("measure") == "perspective_balance").select("article_id", "value").iter_rows()
        )
    }
    sides = {
        side: dict(
            values.filter(pl.col("measure") == "side_stance", pl.col("item") == side).select("article_id", "value").iter_rows()
        )
        for side in ("a", "b")
    }
    gaps["stance_gap"] = {
        name: None if value is None or sides["b"].get(name) is None else value - sides["b"][name]
        for name, value in sides["a"].items()
    }
    by_measure = {}
    for measure, ours in gaps.items():
        triplets = []
        for _, group in articles.group_by("topic_id", maintain_order=True):
            names = group.select("article_id", "corpus_id").rows()
            theirs = [-LEANING[basil_sentences(path, stem)[1]] for _, stem in names]
            mine = [ours.get(name) for name, _ in names]
            if all(value is not None for value in mine):
                triplets.append((theirs, mine))
        by_measure[measure] = exact_order(triplets)
    return by_measure


def concordance(first: Sequence[float], second: Sequence[float]) -> int:
    """Concordant less discordant pairs (the numerator of Kendall's tau); ties count 0."""
    sign = [
        ((a > b) - (a < b)) * ((c > d) - (c < d)) for (a, c), (b, d) in itertools.combinations(zip(first, second, strict=True), 2)
    ]
    return sum(sign)


def exact_order(triplets: Sequence[tuple[Sequence[float], Sequence[Any]]]) -> dict[str, Any]:
    """The concordance summed over triplets, and its exact permutation p: the share of all orders within them that reach it."""
    chances: dict[int, Fraction] = {0: Fraction(1)}
    for theirs, mine in triplets:
        permuted = Counter(concordance(order, mine) for order in itertools.permutations(theirs))
        step: dict[int, Fraction] = defaultdict(Fraction)
        for (total, chance), (value, count) in itertools.product(chances.items(), permuted.items()):
            step[total + value] += chance * Fraction(count, permuted.total())
        chances = step
    reached = sum(concordance(theirs, mine) for theirs, mine in triplets)
    return {
        "triplets": len(triplets),
        "concordance": reached,
        "most": sum(max(concordance(order, mine) for order in itertools.permutations(theirs)) for theirs, mine in triplets),
        "p": float(sum(chance for total, chance in chances.items() if total >= reached)),
    }


def covered(marks: Iterable[Mark], start: int, end: int) -> bool:
    """Whether a content mark covers any of the characters from start to end."""
    return any(mark.layer is SpanLayer.CONTENT and mark.start < end and start < mark.end for mark in marks)


def content_share(text: str, marks: Sequence[Mark]) -> float:
    """The share of the words of a sentence, without sources and cues, that content marks cover; 0 where no word is left."""
    words = [match.span() for match in re.finditer(r"\S+", text)]
    attributing = [mark for mark in marks if mark.layer in (SpanLayer.SOURCE, SpanLayer.CUE)]
    words = [word for word in words if not any(mark.start < word[1] and word[0] < mark.end for mark in attributing)]
    return sum(covered(marks, *word) for word in words) / len(words) if words else 0.0


def heads() -> dict[tuple[str, int], int]:
    """The number of the head word of each sentence's claim, as most coders named it; no entry where no two agree."""
    named: dict[tuple[str, int], Counter[int]] = defaultdict(Counter)
    with (CODING / "heads.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            named[row["article_id"], int(row["n"])][int(row["word"])] += 1
    most = {key: votes.most_common(1)[0] for key, votes in named.items()}
    return {key: word for key, (word, votes) in most.items() if votes > 1}


def attribution(path: Path, frames: dict[str, pl.DataFrame]) -> dict[str, Any]:
    """The agreement on whether a sentence is attributed: our coders with PolNeAR's, and PolNeAR's with each other."""
    articles = dict(frames["articles"].filter(pl.col("corpus") == "polnear").select("corpus_id", "article_id").iter_rows())
    imported = (item for item in IMPORTERS["polnear"].read(path, Report()) if isinstance(item, Article))
    people = {articles[article.meta.corpus_id]: article for article in imported if article.meta.corpus_id in articles}
    ours: dict[tuple[str, int], list[bool]] = defaultdict(list)
    sources: dict[tuple[str, int], tuple[int, int]] = {}
    for row in frames["annotations"].filter(pl.col("article_id").is_in(list(people))).iter_rows(named=True):
        key = row["article_id"], row["n"]
        if row["annotator_kind"] == "model":
            ours[key].append(row["attribution"] != "author")
        for span in row["spans"] if row["annotator_id"] == "gold" else ():
            if span["layer"] == "source":
                sources[key] = span["start"], span["end"]
    head_words = heads()
    rules: dict[str, Callable[[str, Sequence[Mark], int], bool]] = {
        "head": lambda text, marks, head: covered(marks, *list(re.finditer(r"\S+", text))[head].span()),
        **{str(least): (lambda text, marks, head, least=least: content_share(text, marks) > least) for least in THRESHOLDS},
    }
    pairs: dict[str, dict[str, dict[str, list[tuple[bool, bool]]]]] = {}
    for name, rule in rules.items():
        pairs[name] = {"ours": defaultdict(list), "people": defaultdict(list)}
        for article_id, article in people.items():
            for n, text in enumerate(article.lines):
                key = article_id, n
                if key not in head_words:
                    continue
                annotations = article.annotations.values()
                marked = [rule(text, annotation.sentence[n].spans, head_words[key]) for annotation in annotations]
                pairs[name]["ours"][article_id] += itertools.product(ours[key], marked)
                pairs[name]["people"][article_id] += itertools.permutations(marked, 2)
    return {
        "articles": len(people),
        "sentences": len(ours),
        "without_head": len(ours) - len(head_words),
        "people": sum(len(article.annotations) for article in people.values()),
        "rules": {
            name: {coders: agreement(list(groups.values())) for coders, groups in both.items()} for name, both in pairs.items()
        },
        "sources": source_words(people, sources),
    }


def agreement(groups: Sequence[Sequence[tuple[bool, bool]]]) -> dict[str, Any]:
    """The share of equal pairs of labels, and kappa with its interval over articles; each group has the pairs of an article."""
    every = [pair for group in groups for pair in group]
    return {
        "same": sum(a == b for a, b in every) / len(every),
        "kappa": from_atanh(interval(fisher, groups)),
    }


def source_words(people: dict[str, Article], sources: dict[tuple[str, int], tuple[int, int]]) -> dict[str, int]:
    """The numbers of our sources in sentences, of marks of a source by people in the same sentence, and of overlaps between them."""
    beside = overlapping = 0
    for (article_id, n), (start, end) in sources.items():
        article = people[article_id]
        first = article.sentences[n].start
        for annotation in article.annotations.values():
            marks = [mark for mark in annotation.sentence[n].spans if mark.layer is SpanLayer.SOURCE]
            beside += bool(marks)
            overlapping += any(mark.start + first < end and start < mark.end + first for mark in marks)
    return {"named": len(sources), "beside": beside, "overlapping": overlapping}


def figures(basil: Path, polnear: Path) -> dict[str, Any]:
    """All figures of the page, from copies of both corpora and the labels of the bank."""
    frames = slantbank.load_all(collection="basil")
    return {
        "loaded": loaded(),
        **spans_of_people(basil, frames),
        "order": orders(basil, frames),
        "attribution": attribution(polnear, slantbank.load_all(collection="polnear")),
    }


def with_interval(values: Sequence[float] | None) -> str:
    """A value with its interval, or a dash for none."""
    return "–" if values is None else "{:.2f} ({:.2f} {:.2f})".format(*values).replace("-", "−")


def share(part: int, whole: int) -> str:
    """A share with its exact 95 % interval (Clopper and Pearson 1934), numerator and denominator."""
    if not whole:
        return "–"
    low, high = (float(limit) for limit in intervals.clopper_pearson(np.array(part / whole), np.array(whole)))
    return f"{part / whole:.2f} ({low:.2f} {high:.2f}), {part} of {whole}"


def odds_row(name: str, figures: dict[str, Any]) -> str:
    """A row of a table of associations."""
    return (
        f"| {name} | {figures['ours_of_marked']} of {figures['marked']} ({figures['ours_of_marked'] / figures['marked']:.2f}) | "
        f"{figures['ours_of_unmarked']} of {figures['unmarked']} ({figures['ours_of_unmarked'] / figures['unmarked']:.2f}) | {with_interval(figures['odds_ratio'])} |"
    )


def verdicts() -> Counter[str]:
    """The number of disagreements with PolNeAR's annotators by verdict."""
    with (CODING / "disagreements.csv").open(encoding="utf-8") as file:
        return Counter(row["verdict"] for row in csv.DictReader(file))


def page(figures: dict[str, Any]) -> str:
    """The page docs/validity.md, from the figures."""
    cases, spans, order, polarity, people = (
        figures[name] for name in ("loaded", "association", "order", "polarity", "attribution")
    )
    rules, sources, sorted_ = people["rules"], people["sources"], verdicts()
    thresholds = {
        "0.0": "any word",
        "0.25": "more than a quarter",
        "0.5": "more than half",
        "0.75": "more than three quarters",
        "0.99": "all",
    }
    lines = [
        "# Validity: our labels and people's labels",
        "<!-- Rendered by `python -m benchmarks.validity`; edit there. -->",
        "One language model made our labels. Stability says only that it repeats itself. This page compares the labels with labels that people made for the same sentences: "
        "bias spans of BASIL (Fan et al. 2019) and attributions of PolNeAR (Newell et al. 2018). Neither corpus asks what our codebook asks, so no figure here would be 1 even for perfect labels; "
        "each section says what a good label would do. `python -m benchmarks.validity --basil PATH --polnear PATH` recomputes the figures from your own copies; this repository has no word of either corpus. "
        "Intervals are 95 % intervals, by the jackknife over articles, or exact for shares.",
        "## Loaded words: BASIL's lexical bias",
        f"**Design.** A case-control study: all {cases['marked']} sentences in the 150 articles of 2010 to 2014 in which BASIL marks lexical bias outside quotations, and as many unmarked ones, drawn from the same {cases['clusters']} articles. "
        "One coder, who did not know which sentences BASIL marks, read each whole article and listed the loaded words of the drawn sentences by rule 5. The labels are in data/coding/loaded.csv.",
        f"- In the sentences that BASIL marks, we find loaded words in {share(cases['ours_of_marked'], cases['marked'])}.\n"
        f"- In the unmarked ones, we find them in {share(cases['ours_of_unmarked'], cases['unmarked'])}.\n"
        f"- Odds ratio, clustered by article: **{with_interval(cases['odds_ratio'])}**.\n"
        f"- Of BASIL's {cases['spans']} spans in these sentences, our words touch {cases['spans_touched']}.",
        "So our `loaded` is narrower than BASIL's lexical bias. BASIL's annotators tend to mark what we mark, but we do not mark more than half of what they mark. Rule 5 excludes stock metaphors, plain verbs of attack and the content of an accusation, "
        "which they may mark. Read `loaded` as a lower bound of loaded language: it is good for comparing accounts, not for counting bias.",
        "## Perspective and stance: BASIL's informational bias",
        f"**Design.** The {spans['informational/stance']['clusters']} articles of the collection `basil`. Does a sentence that BASIL marks for informational bias have a perspective that is not neutral, or a stance that is not 0, more often than the others? Content that was chosen for its effect should have one of the two.",
        "| BASIL's mark → our label | of marked sentences | of the others | odds ratio |\n| --- | --- | --- | --- |\n"
        + "\n".join(
            odds_row(title, spans[name])
            for name, title in {
                "informational/perspective": "informational → perspective not neutral",
                "informational/stance": "informational → a stance of +1 or −1",
                "informational_unquoted/perspective": "the same, spans outside quotations → perspective not neutral",
                "informational_unquoted/stance": "the same → a stance of +1 or −1",
                "lexical_unquoted/loaded": "lexical, outside quotations → loaded words",
            }.items()
        ),
        "Inside quotations, both labels follow the mark. Outside quotations, neither does: there, informational bias is a fact that the author chose to report in plain words, and by rule 3.1 such a sentence is `neutral`, however welcome it is. "
        "**This is a limit of the codebook: only `facts` shows a bias by choice of background facts, for facts on the topic's list; perspective and stance do not show it.**",
        "### Polarity by target",
        "BASIL says for each span whether it puts its target in a good or a bad light. Where the target is a party of ours, by name or alias, the table compares this with our stance toward the party in the sentence.",
        "| spans | with a party of ours | party not referred to, by us | stance 0 | both take a side | of these the same side | target no party of ours |\n| --- | --- | --- | --- | --- | --- | --- |\n"
        + "\n".join(
            f"| {'inside' if where == 'quoted' else 'outside'} quotations | {row['spans']} | {row['not_referred']} | {row['zero']} | {row['sided']} | {share(row['same'], row['sided'])} | {row['unmatched']} |"
            for where, row in polarity.items()
        ),
        "Where both labels take a side, they take the same side, in every sentence"
        + (
            f" (kappa 1; a perfect sample of {polarity['quoted']['sided'] + polarity['unquoted']['sided']} leaves room for about one in twenty)"
            if all(row["same"] == row["sided"] for row in polarity.values())
            else ""
        )
        + ". They differ in whether they take a side: outside quotations, our stance is mostly 0 by rule 4, which needs more than an unwelcome fact.",
        "### The order of the three accounts",
        "BASIL's `relative_stance` says whether an account stands left, right or in the centre. In the topics whose sides a and b are the American left and right, both this and our measures put the accounts of a triplet in an order. "
        "A pair of accounts counts +1 if both orders agree on it, and −1 if they are opposite. The p counts all orders within triplets, one-sided.",
        "| our measure | triplets | concordant less discordant pairs | most possible | exact p |\n| --- | --- | --- | --- | --- |\n"
        + "\n".join(
            f"| {title} | {row['triplets']} | {row['concordance']} | {row['most']} | {row['p']:.3f} |".replace("-", "−")
            for title, row in (
                ("perspective balance", order["perspective_balance"]),
                ("stance toward a less toward b", order["stance_gap"]),
            )
        ).replace("| −−− ", "| --- "),
        "## Attribution: PolNeAR",
        f"**Design.** The {people['articles']} articles that several people annotated ({people['people']} annotations by people, {people['sentences']} sentences); three blind coders of ours labelled them by sections 0 and 2. "
        "PolNeAR marks attributions anywhere in a sentence; we label how the *claim* of the sentence is sourced. To compare them, each coder of ours named the word that heads the claim. A person attributes the claim if a content span covers that word. "
        + (
            f"We left out {people['without_head']} sentences in which no two of our coders named the same word. "
            if people["without_head"]
            else ""
        )
        + "The ceiling is the agreement of people with each other, by the same rule.",
        "| a person attributes the sentence if content spans cover | ours and people: same | kappa | people and people: same | kappa |\n| --- | --- | --- | --- | --- |\n"
        + "\n".join(
            f"| {title} | {rules[name]['ours']['same']:.2f} | {with_interval(rules[name]['ours']['kappa'])} | {rules[name]['people']['same']:.2f} | {with_interval(rules[name]['people']['kappa'])} |"
            for name, title in {
                "head": "**the head of the claim**",
                **{name: f"{text} of its other words" for name, text in thresholds.items()},
            }.items()
        ),
        f"Sources: of the {sources['named']} sources that our adjudicated labels name, a person marks a source in the sentence {sources['beside']} times, and {share(sources['overlapping'], sources['beside'])} of these overlap.",
        f"A reader sorted every disagreement between the adjudicated label and most people (data/coding/disagreements.csv): {', '.join(f'{verdict} {count}' for verdict, count in sorted_.most_common())}. "
        "*Definition*: both are right by their own rules. *Ours*: our label breaks our rule. *Theirs*: by PolNeAR's guidelines, a mark is missing or should not be there. *Head*: the word that our coders named is the verb of speech itself, so the comparison fails, and mostly "
        "there is no disagreement. The reader was a language model, too, and had only a summary of PolNeAR's guidelines. Most differences by definition are of two kinds: sentences that continue what a source said without naming it again, "
        "which we attribute and PolNeAR does not mark; and questions of an interviewer, which are the author's for us and attributed for most people. We did not correct the errors that we found in our labels, so the figures are for labels made without sight of people's.",
        "## What is missing",
        "No person has coded these texts by this codebook. With [a kit](people.md), two people can do so in an afternoon. Until then the labels are a model's.",
    ]
    return "\n\n".join(lines) + "\n"


def main() -> None:
    """Recompute the figures if both corpora are named, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--basil", type=Path, help="the folder that holds BASIL's articles/ and annotations/")
    parser.add_argument("--polnear", type=Path, help="the folder that holds PolNeAR's data/")
    options = parser.parse_args()
    if options.basil and options.polnear:
        FIGURES.write_text(json.dumps(figures(options.basil, options.polnear), indent=1) + "\n", encoding="utf-8")
    elif options.basil or options.polnear:
        parser.error("name both corpora, or neither")
    PAGE.write_text(page(json.loads(FIGURES.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
