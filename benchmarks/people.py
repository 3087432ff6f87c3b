"""A kit for human coders: some 200 sentences to code in an afternoon, and the agreement of people with each other and the bank.

`python -m benchmarks.people draw FOLDER` writes the kit: a spreadsheet, the same as a Label Studio project, and instructions; `--bank`
names a bank whose texts you have restored, so that published accounts are coded. `python -m benchmarks.people compare FILE FILE…` reads
the returned files, one a person and named after the person; it keeps the labels, without words, in data/coding/people.csv, and puts
the agreement into docs/people.md and the card. Without arguments it renders both from the labels kept before.
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
from benchmarks.validity import agreement, with_interval
from slantbank.codebook import DECISION_RULES, Attribution, ClaimType

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "people.md"
CARD = ROOT / "README.md"
LABELS = ROOT / "data" / "coding" / "people.csv"
SEED = 20261129
SENTENCES = 200
STANCES = ("good", "neither", "bad", "not mentioned")
CHOICES: dict[str, Sequence[str]] = {
    "claim_type": [str(label) for label in ClaimType],
    "attribution": [str(label) for label in Attribution],
    "whose_account": ("neutral", "side a", "side b", "other"),
    "light_on_a": STANCES,
    "light_on_b": STANCES,
}
"""The choices of each question."""
ANSWERS = (*CHOICES, "loaded_words")
COLUMNS = ("id", "article", "n", "event", "side_a", "side_b", "sentence")
QUESTIONS = {
    "claim_type": "What would settle the claim?",
    "attribution": "How is the claim sourced?",
    "whose_account": "Whose press office would gladly publish the sentence as it stands?",
    "light_on_a": "In what light does it show side a?",
    "light_on_b": "In what light does it show side b?",
    "loaded_words": "Which words push the reader? Copy them, with ; between; - if there are none.",
}


class AnswerError(Exception):
    """A returned file cannot be used; the message has the address of the problem."""


def draw(frames: Mapping[str, pl.DataFrame], seed: int = SEED, sentences: int = SENTENCES) -> pl.DataFrame:
    """The sentences of the kit, in reading order: whole articles, one of every topic in turn, until there are enough sentences.

    Articles without text are left out. All coders read the same articles in the same order.
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
    drawn: list[str] = []
    turns = itertools.zip_longest(*(by_topic[topic] for topic in topics))
    for article in filter(None, itertools.chain.from_iterable(turns)):
        if sum(sizes[name] for name in drawn) >= sentences:
            break
        drawn.append(article)
    order = pl.DataFrame({"article_id": drawn, "order": range(len(drawn))})
    return rows.join(order, on="article_id").sort("order", "n")


def opaque(sentence_id: str) -> str:
    """A hashed id, since ids of sentences reveal the purpose of constructed articles."""
    return hashlib.sha256(sentence_id.encode()).hexdigest()[:10]


def kit(frames: Mapping[str, pl.DataFrame], folder: Path) -> int:
    """Write the kit as a new folder and return the number of sentences. Raises FileExistsError if the folder exists."""
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
        writer = csv.DictWriter(file, [*COLUMNS, *ANSWERS, "remark"])
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
    """The instructions for coders: the questions, the labels, and the decision rules."""
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


def read(path: Path, texts: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The answers in a returned file, a table (CSV) or an export of Label Studio (JSON), whose sentences have `opaque` ids.

    `texts` has the texts by sentence_id. Raises AnswerError for an unknown sentence or choice, and words that are not in the sentence.
    """
    rows = _exported(path) if path.suffix == ".json" else _table(path)
    names = {opaque(name): name for name in texts}
    seen: set[str] = set()
    for where, row in rows:
        id_ = row.get("id") or ""
        if id_ not in names:
            raise AnswerError(f"{where}: no sentence with the id {id_!r} in the bank")
        name = names[id_]
        if name in seen:
            raise AnswerError(f"{where}: {id_} stands here a second time")
        seen.add(name)
        answers = {key: (row.get(key) or "").strip() for key in ANSWERS}
        for key, choices in CHOICES.items():
            if answers[key] and answers[key] not in choices:
                raise AnswerError(f"{where}: {key} is {answers[key]!r}; choose from {', '.join(choices)}")
        words = [part.strip() for part in answers["loaded_words"].split(";")] if answers["loaded_words"] not in ("", "-") else []
        if missing := [part for part in words if part not in texts[name]]:
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
        annotations = [annotation for annotation in task.get("annotations", ()) if not annotation.get("was_cancelled")]
        if len(annotations) > 1:
            raise AnswerError(f"{where}: {len(annotations)} annotations; export the tasks of one person")
        row = {"id": task.get("data", {}).get("id", "")}
        for answer in annotations[0]["result"] if annotations else ():
            value = answer["value"]
            row[answer["from_name"]] = (value.get("choices") or value.get("text") or [""])[0]
        yield where, row


def bank_answers(frames: Mapping[str, pl.DataFrame]) -> dict[str, dict[str, str]]:
    """The adjudicated labels of the bank as answers of the kit, by sentence_id."""
    side = {(topic, party): side for topic, party, side in frames["parties"].select("topic_id", "party_id", "side").iter_rows()}
    answers = {}
    for row in frames["sentences"].drop_nulls("source_perspective").iter_rows(named=True):
        stances: dict[str, set[int]] = defaultdict(set)
        for stance in row["stance"]:
            stances[side[row["topic_id"], stance["party"]]].add(stance["value"])
        answers[row["sentence_id"]] = {
            "claim_type": row["claim_type"],
            "attribution": row["attribution"],
            "whose_account": row["source_perspective"].replace("_", " "),
            **{f"light_on_{name}": _side_stance(stances[name]) for name in "ab"},
            "loaded_words": str(int(row["loaded_words"] > 0)),
        }
    return answers


def _side_stance(values: set[int]) -> str:
    """The stance toward a side from those toward its parties: good and bad together are neither."""
    if not values:
        return "not mentioned"
    return {1: "good", 0: "neither", -1: "bad"}[(1 in values) - (-1 in values)]


def table(frames: Mapping[str, pl.DataFrame]) -> str:
    """The table of the agreement of people with each other and with the bank, or a sentence that nobody has coded yet."""
    if not LABELS.is_file():
        return "No person has coded the kit yet."
    with LABELS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    by_coder: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for row in rows:
        row["loaded_words"] = row["loaded_words"] and str(int(row["loaded_words"] != "0"))
        by_coder[row["coder"]][row["sentence_id"]] = row
    bank = bank_answers(frames)
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
        cells = [with_interval(agreement(list(pairs.values()))["kappa"]) if len(pairs) > 1 else "–" for pairs in (between, beside)]
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
    """Draw the kit, compare the returned files, or render."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command")
    drawing = commands.add_parser("draw")
    drawing.add_argument("folder", type=Path)
    drawing.add_argument("--bank", type=Path)
    comparing = commands.add_parser("compare")
    comparing.add_argument("files", type=Path, nargs="+")
    comparing.add_argument("--bank", type=Path)
    options = parser.parse_args()
    if options.command is None:
        render()
        return 0
    frames = slantbank.load_all(**({"bank": options.bank} if options.bank else {}), collection=None)
    try:
        if options.command == "draw":
            print(f"{options.folder}: {kit(frames, options.folder)} sentences")
            return 0
        texts = dict(frames["sentences"].drop_nulls("text").select("sentence_id", "text").iter_rows())
        rows: list[dict[str, Any]] = [{"coder": path.stem, **row} for path in options.files for row in read(path, texts)]
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
