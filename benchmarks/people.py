"""A kit for people: some 200 sentences to code in an afternoon, and how far people agree with each other and with the bank.

`python -m benchmarks.people draw FOLDER` writes the kit: a spreadsheet, the same as a Label Studio project, and instructions; `--bank`
names a bank whose texts you have restored, so that published accounts are coded. `python -m benchmarks.people compare FILE FILE…` reads
what came back, one file a person, named for the person; it keeps the labels, without words, in data/coding/people.csv, and puts the
agreement into docs/people.md and the card. Without arguments both are rendered from the labels that are there.
"""

# ruff: noqa: E501, ISC004
import argparse
import csv
import hashlib
import itertools
import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import polars as pl

import slantbank
from benchmarks.validity import agreed, shown
from slantbank.codebook import DECISION_RULES, Attribution, ClaimType

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "people.md"
CARD = ROOT / "README.md"
LABELS = ROOT / "data" / "coding" / "people.csv"
SEED = 20261129
SENTENCES = 200
LIGHT = ("good", "neither", "bad", "not mentioned")
CHOICES: dict[str, Sequence[str]] = {
    "claim_type": [str(label) for label in ClaimType],
    "attribution": [str(label) for label in Attribution],
    "whose_account": ("neutral", "side a", "side b", "other"),
    "light_on_a": LIGHT,
    "light_on_b": LIGHT,
}
"""What a person chooses for each sentence."""
ANSWERS = (*CHOICES, "loaded_words")
GIVEN = ("id", "article", "n", "event", "side_a", "side_b", "sentence")
QUESTIONS = {
    "claim_type": "What would settle the claim?",
    "attribution": "How is the claim sourced?",
    "whose_account": "Whose press office would gladly publish the sentence as it stands?",
    "light_on_a": "In what light does it show side a?",
    "light_on_b": "In what light does it show side b?",
    "loaded_words": "Which words push the reader? Copy them, with ; between; - if there are none.",
}


class AnswerError(Exception):
    """Something in a file that came back cannot be used; the text has its address."""


def draw(frames: Mapping[str, pl.DataFrame], seed: int = SEED, sentences: int = SENTENCES) -> pl.DataFrame:
    """Whole articles, so that each sentence is read where it stands: one of every topic in turn, until there are enough sentences.

    Only texts that are there; no two coders see each other's order, since all read the same articles. Rows are in order of reading.
    """
    rng = random.Random(seed)
    rows = frames["sentences"].drop_nulls("text")
    by_topic: dict[str, list[str]] = {
        topic: sorted(group["article_id"].unique())
        for (topic,), group in rows.drop_nulls("source_perspective").group_by("topic_id", maintain_order=True)
    }
    for articles in by_topic.values():
        rng.shuffle(articles)
    topics = sorted(by_topic)
    rng.shuffle(topics)
    sizes = dict(rows.group_by("article_id").len().iter_rows())
    chosen: list[str] = []
    for article in (one for turn in itertools.zip_longest(*(by_topic[topic] for topic in topics)) for one in turn if one):
        if sum(sizes[one] for one in chosen) >= sentences:
            break
        chosen.append(article)
    order = pl.DataFrame({"article_id": chosen, "order": range(len(chosen))})
    return rows.join(order, on="article_id").sort("order", "n")


def opaque(sentence_id: str) -> str:
    """An id that does not tell what an article was made for."""
    return hashlib.sha256(sentence_id.encode()).hexdigest()[:10]


def kit(frames: Mapping[str, pl.DataFrame], folder: Path) -> int:
    """Write the kit as a new folder; the number of sentences. Raises FileExistsError if the folder is there."""
    titles = dict(frames["articles"].select("topic_id", "topic_title").unique().iter_rows())
    sides: dict[tuple[str, str], list[str]] = defaultdict(list)
    for topic, side, name in frames["parties"].select("topic_id", "side", "name").iter_rows():
        sides[topic, side].append(name)
    rows = [
        {
            "id": opaque(row["sentence_id"]),
            "article": row["order"] + 1,
            "n": row["n"],
            "event": titles[row["topic_id"]],
            **{f"side_{side}": "; ".join(sides[row["topic_id"], side]) for side in "ab"},
            "sentence": row["text"],
        }
        for row in draw(frames).iter_rows(named=True)
    ]
    texts = {
        "label-studio.json": json.dumps([{"data": row} for row in rows], ensure_ascii=False, indent=1),
        "label-studio.xml": _interface(),
        "instructions.md": _instructions(len(rows)),
    }
    folder.mkdir(parents=True)
    with (folder / "sentences.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, [*GIVEN, *ANSWERS, "remark"])
        writer.writeheader()
        writer.writerows(rows)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return len(rows)


def _interface() -> str:
    """The labelling interface of the Label Studio project."""
    parts = [f'<Header value="${name}" size="5"/>' for name in ("article", "event", "side_a", "side_b")]
    parts.append('<Text name="sentence" value="$sentence"/>')
    for name, choices in CHOICES.items():
        listed = "".join(f"<Choice value={quoteattr(choice)}/>" for choice in choices)
        parts.append(
            f'<Header value={quoteattr(QUESTIONS[name])} size="6"/><Choices name="{name}" toName="sentence" showInline="true">{listed}</Choices>'
        )
    parts.append(
        f'<Header value={quoteattr(QUESTIONS["loaded_words"])} size="6"/><TextArea name="loaded_words" toName="sentence" maxSubmissions="1"/>'
    )
    return "<View>\n" + "\n".join(f"  {part}" for part in parts) + "\n</View>\n"


def _instructions(count: int) -> str:
    """What a person needs to code by: the questions, the labels, and the decision rules."""
    lines = [
        "# Instructions",
        f"{count} sentences of some articles, in the order in which they stand; n is the number of the sentence in its article, and 0 the headline. Set three to four hours aside, with a break. "
        "Work alone: do not talk about sentences with the other coder, and do not look at the bank's own labels before both are done.",
        "Fill in **sentences.csv** in a spreadsheet (save as CSV, UTF-8, under your own name), or use Label Studio: a new project, `label-studio.xml` as its labelling interface, "
        "import `label-studio.json`, and at the end export JSON under your own name. Leave a cell empty where you cannot decide; an empty cell is no answer.",
        "| column | question | choose |",
        "| --- | --- | --- |",
        *(f"| {name} | {QUESTIONS[name]} | {', '.join(choices)} |" for name, choices in CHOICES.items()),
        f"| loaded_words | {QUESTIONS['loaded_words']} | words of the sentence |",
        "| remark | Why did you hesitate? | your words; may stay empty |",
    ]
    head = "\n\n".join(lines[:3]) + "\n\n" + "\n".join(lines[3:])
    labels = "\n".join(
        f"- **{label}**: {label.definition} {label.rule}".rstrip() for kind in (ClaimType, Attribution) for label in kind
    )
    rules = "\n\n".join(f"**{number}** {rule}" for number, rule in DECISION_RULES.items() if number[0] in "012345")
    return f"{head}\n\n## Labels\n\n{labels}\n\n## Rules\n\n`loaded_words`, `whose_account` and light follow rules 5, 3 and 4.\n\n{rules}"


def read(path: Path, known: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The answers in a file that came back: a table (CSV), or an export of Label Studio (JSON). `known` has the texts by sentence_id; files name sentences by `opaque` ids.

    Raises AnswerError with the address of what cannot be used: an unknown sentence or choice, words that are not in the sentence.
    """
    rows = _exported(path) if path.suffix == ".json" else _table(path)
    names = {opaque(name): name for name in known}
    seen: set[str] = set()
    for where, row in rows:
        given = row.get("id") or ""
        if given not in names:
            raise AnswerError(f"{where}: no sentence with the id {given!r} in the bank")
        name = names[given]
        if name in seen:
            raise AnswerError(f"{where}: {given} stands here a second time")
        seen.add(name)
        answers = {key: (row.get(key) or "").strip() for key in ANSWERS}
        for key, choices in CHOICES.items():
            if answers[key] and answers[key] not in choices:
                raise AnswerError(f"{where}: {key} is {answers[key]!r}; choose from {', '.join(choices)}")
        words = [part.strip() for part in answers["loaded_words"].split(";")] if answers["loaded_words"] not in ("", "-") else []
        if missing := [part for part in words if part not in known[name]]:
            raise AnswerError(f"{where}: {missing[0]!r} is not in the sentence")
        yield {"sentence_id": name, **answers, "loaded_words": str(len(words)) if answers["loaded_words"] else ""}


def _table(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    text = path.read_text(encoding="utf-8-sig")
    reader = csv.DictReader(text.splitlines(keepends=True), delimiter=";" if ";" in text.partition("\n")[0] else ",")
    missing = {"id", *ANSWERS} - set(reader.fieldnames or ())
    if missing:
        raise AnswerError(f"{path}:1: no column {min(missing)}")
    for row in reader:
        yield f"{path}:{reader.line_num}", row


def _exported(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    for number, task in enumerate(json.loads(path.read_text(encoding="utf-8")), 1):
        where = f"{path}: task {number}"
        done = [one for one in task.get("annotations", ()) if not one.get("was_cancelled")]
        if len(done) > 1:
            raise AnswerError(f"{where}: {len(done)} annotations; export the tasks of one person")
        row = {"id": task.get("data", {}).get("id", "")}
        for one in done[0]["result"] if done else ():
            value = one["value"]
            row[one["from_name"]] = (value.get("choices") or value.get("text") or [""])[0]
        yield where, row


def ours(frames: Mapping[str, pl.DataFrame]) -> dict[str, dict[str, str]]:
    """The adjudicated labels of the bank in the words of the kit, by sentence_id."""
    side = {(topic, party): side for topic, party, side in frames["parties"].select("topic_id", "party_id", "side").iter_rows()}
    found = {}
    for row in frames["sentences"].drop_nulls("source_perspective").iter_rows(named=True):
        light: dict[str, set[int]] = defaultdict(set)
        for one in row["stance"]:
            light[side[row["topic_id"], one["party"]]].add(one["value"])
        found[row["sentence_id"]] = {
            "claim_type": row["claim_type"],
            "attribution": row["attribution"],
            "whose_account": row["source_perspective"].replace("_", " "),
            **{f"light_on_{name}": _light(light[name]) for name in "ab"},
            "loaded_words": str(int(row["loaded_words"] > 0)),
        }
    return found


def _light(values: set[int]) -> str:
    """The light on a side from that on its parties: good and bad together are neither."""
    if not values:
        return "not mentioned"
    return {1: "good", 0: "neither", -1: "bad"}[(1 in values) - (-1 in values)]


def table(frames: Mapping[str, pl.DataFrame]) -> str:
    """How far people agree, with each other and with the bank, as a table; or that nobody has coded yet."""
    if not LABELS.is_file():
        return "No person has coded the kit yet."
    with LABELS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    by_coder: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for row in rows:
        row["loaded_words"] = row["loaded_words"] and str(int(row["loaded_words"] != "0"))
        by_coder[row["coder"]][row["sentence_id"]] = row
    bank = ours(frames)
    lines = [
        f"{len(by_coder)} people coded {len({row['sentence_id'] for row in rows})} sentences. Kappa (Cohen 1960) with 95 % intervals, by the jackknife over articles.",
        "",
    ]
    lines += ["| layer | people and people | people and bank |", "| --- | --- | --- |"]
    for layer in ANSWERS:
        between, beside = defaultdict(list), defaultdict(list)
        for first, second in itertools.permutations(by_coder.values(), 2):
            for name in first.keys() & second.keys():
                if first[name][layer] and second[name][layer]:
                    between[name.rpartition(":")[0]].append((first[name][layer], second[name][layer]))
        for coder in by_coder.values():
            for name, row in coder.items():
                if row[layer] and name in bank:
                    beside[name.rpartition(":")[0]].append((row[layer], bank[name][layer]))
        cells = [shown(agreed(list(pairs.values()))["kappa"]) if len(pairs) > 1 else "–" for pairs in (between, beside)]
        lines.append(f"| {layer.replace('_', ' ')} | {' | '.join(cells)} |")
    return "\n".join(lines)


def page(frames: Mapping[str, pl.DataFrame]) -> str:
    """The page docs/people.md."""
    count = draw(frames).height
    lines = [
        "# A kit for people",
        "<!-- Rendered by `python -m benchmarks.people`; edit there. -->",
        f"A language model made the labels of this bank. With this kit, two people can find out in an afternoon how far they agree with them. It has {count} sentences in whole articles, one from each topic in turn.",
        "```console\n$ python -m benchmarks.people draw kit\n```",
        "The command writes into `kit/`: `sentences.csv` for a spreadsheet, the same sentences as a Label Studio project (`label-studio.json`, `label-studio.xml`), and `instructions.md`. "
        "Both people code all sentences, alone. If you have restored the texts of `basil`, `draw kit --bank my-bank` draws published accounts. Each person returns one file, named after the person:",
        "```console\n$ python -m benchmarks.people compare anna.csv ben.json\n```",
        "This command saves the labels, without any words of a text, in data/coding/people.csv, and writes the table below into this page and the card. An empty cell does not count. If an answer cannot be used, the command names its place and writes nothing.",
        "## What people say",
        table(frames),
    ]
    return "\n\n".join(lines) + "\n"


def render() -> None:
    """Write the page, and the table into the card."""
    frames = slantbank.load_all(collection=None)
    PAGE.write_text(page(slantbank.load_all(collection=None)), encoding="utf-8")
    before, mark, rest = CARD.read_text(encoding="utf-8").partition("<!-- people -->\n")
    CARD.write_text(f"{before}{mark}{table(frames)}\n{rest[rest.index('<!-- end people -->') :]}", encoding="utf-8")


def main() -> int:
    """Draw the kit, compare what came back, or render."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command")
    drawing = commands.add_parser("draw")
    drawing.add_argument("folder", type=Path)
    drawing.add_argument("--bank", type=Path)
    comparing = commands.add_parser("compare")
    comparing.add_argument("files", type=Path, nargs="+")
    comparing.add_argument("--bank", type=Path)
    asked = parser.parse_args()
    if asked.command is None:
        render()
        return 0
    frames = slantbank.load_all(**({"bank": asked.bank} if asked.bank else {}), collection=None)
    try:
        if asked.command == "draw":
            print(f"{asked.folder}: {kit(frames, asked.folder)} sentences")
            return 0
        known = dict(frames["sentences"].drop_nulls("text").select("sentence_id", "text").iter_rows())
        rows: list[dict[str, Any]] = [{"coder": path.stem, **row} for path in asked.files for row in read(path, known)]
    except (AnswerError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    with LABELS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["coder", "sentence_id", *ANSWERS], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    render()
    return 0


if __name__ == "__main__":
    sys.exit(main())
