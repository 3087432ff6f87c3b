"""Corrupt one field of an input of a reader, and check that no label that depends on it is read.

The oracle needs no list of dependencies: each value read from the corrupted input must equal that from the right input, or be
missing. So a layer of a sentence that had two loaded words must not come back with one, nor a sentence without a mark as the
author's. A remark must report whatever is missing. Replacements that are as plausible as the original are not judged: no reader can
know that `factual` should be `causal`, or one name another.

    nice -n 15 python -m tests.fuzz.corrupt --inputs 200000
"""

import argparse
import csv
import io
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from slantbank import coders, exchange
from slantbank.bank import Annotation, Annotator, Article, Mark, Metadata, Party, Quote, Sentence, Topic, sha256
from slantbank.bank._topic import Fact
from slantbank.codebook import AnnotatorKind, Attribution, ClaimType, SourceType
from slantbank.exchange import _doccano as doccano
from slantbank.exchange import _label_studio as label_studio
from slantbank.exchange._run import _sentences
from slantbank.importers import IMPORTERS, Report
from slantbank.importers._json import parse_json
from slantbank.problem import ContributionError

TOPIC = Topic(
    id="quay-toll",
    title="The toll at the north quay",
    party=(Party(id="board", name="The board", side="a"), Party(id="fishers", name="The fishers", side="b")),
    fact=(Fact(id="raised", text="The toll was raised."), Fact(id="left", text="Boats left."), Fact(id="met", text="They met.")),
)
WORDS = (
    *("board", "quay", "toll", "boats", "reckless", "robbery", "chair", "harbour", "Tuesday", "storm", "winter", "money"),
    *("vote", "midnight", "grim", "mob", "ferry", "pier", "union", "clerk", "ledger", "tide", "breakwater"),
)
CODERS = ("ann", "bea")

Files = dict[str, bytes]
Stated = dict[tuple[str, str, str, str], Any]
"""The values that a reader states, by article, annotator, text of the sentence, and layer."""


# Right inputs


def article(draw: random.Random) -> Article:
    """An article labelled by two coders in every layer."""
    lines = []
    for n in range(5):
        words = [draw.choice(WORDS) for _ in range(draw.randint(4, 9))]
        lines.append(f"{' '.join(words).capitalize()} {'abcde'[n]}{draw.randint(0, 99)}.")
    text = f"{lines[0]}\n\n{lines[1]}\n{lines[2]}\n\n{lines[3]}\n{lines[4]}\n"
    annotations = {coder: Annotation(sentence=tuple(sentence(draw, n, line) for n, line in enumerate(lines))) for coder in CODERS}
    coders = tuple(Annotator(id=coder, kind=AnnotatorKind.HUMAN, codebook="1.0") for coder in CODERS)
    meta = Metadata(
        id="toll",
        topic="quay-toll",
        title=lines[0],
        origin="published",
        source_sha256=sha256(text),
        annotator=coders,
        outlet="Tide",
    )
    return Article(meta, text, text, annotations)


def sentence(draw: random.Random, n: int, text: str) -> Sentence:
    """The labels of a sentence, with words that occur in it once."""
    once = [word for word in text.removesuffix(".").split() if text.count(word) == 1]
    draw.shuffle(once)
    said = draw.choice([*Attribution])
    sourced: dict[str, Any] = {}
    if said is not Attribution.AUTHOR:
        sourced = {
            "source": Quote(text=once.pop() if once else ""),
            "cue": Quote(text=once.pop() if once else ""),
            "source_type": draw.choice([*SourceType]),
            "source_party": draw.choice([None, "board", "fishers"]),
        }
    facts = draw.sample(["raised", "left", "met"], draw.randint(0, 3))
    return Sentence(
        n=n,
        text=text,
        claim_type=draw.choice([*ClaimType]),
        attribution=said,
        **sourced,
        source_perspective=draw.choice(["neutral", "board", "fishers"]),
        stance={party: draw.choice([-1, 0, 1]) for party in draw.sample(["board", "fishers"], draw.randint(0, 2))},
        loaded=tuple(Quote(text=once.pop()) for _ in range(min(len(once), draw.randint(0, 2)))),
        facts={fact: Quote(text=once.pop() if once and draw.random() < 0.5 else "") for fact in facts},
    )


def rows(labelled: Article) -> list[dict[str, Any]]:
    """The labels of an article as the rows of a table."""
    return [
        {
            "doc": labelled.meta.id,
            "no": labels.n,
            "sentence": labels.text,
            "para": labels.n // 2,
            "coder": coder,
            "type": labels.claim_type.value if labels.claim_type else None,
            "how": labels.attribution.value if labels.attribution else None,
            "who": labels.source.text if labels.source else None,
            "cue": labels.cue.text if labels.cue else None,
            "kind": labels.source_type.value if labels.source_type else None,
            "party": labels.source_party,
            "whose": labels.source_perspective,
            "words": [quote.text for quote in labels.loaded or ()],
            "facts": list(labels.facts or {}),
            "stance": dict(labels.stance or {}),
            "sure": labels.n / 2,
        }
        for coder, annotation in labelled.annotations.items()
        for labels in annotation.sentence
    ]


MAPPING = """\
headline_first = true
[columns]
article = "doc"
n = "no"
text = "sentence"
paragraph = "para"
annotator = "coder"
claim_type = "type"
attribution = "how"
source = "who"
cue = "cue"
source_type = "kind"
source_party = "party"
source_perspective = "whose"
loaded = "words"
facts = "facts"
[stance]
board = "stance.board"
fishers = "stance.fishers"
[scores]
certainty = "sure"
[annotator]
codebook = "1.0"
[[topic]]
id = "quay-toll"
title = "The toll at the north quay"
[[topic.party]]
id = "board"
name = "The board"
side = "a"
[[topic.party]]
id = "fishers"
name = "The fishers"
side = "b"
[[topic.fact]]
id = "raised"
text = "The toll was raised."
[[topic.fact]]
id = "left"
text = "Boats left."
[[topic.fact]]
id = "met"
text = "They met."
"""


def jsonl(draw: random.Random) -> Files:
    lines = "".join(json.dumps(row) + "\n" for row in rows(article(draw)))
    return {"table.jsonl": lines.encode(), "table.toml": MAPPING.encode()}


def comma_separated(draw: random.Random) -> Files:
    out = io.StringIO()
    flat = []
    for row in rows(article(draw)):
        stance = row.pop("stance")
        flat.append({**row, "words": "|".join(row["words"]), "facts": "|".join(row["facts"])})
        flat[-1] |= {f"stance.{party}": stance.get(party, "") for party in ("board", "fishers")}
    writer = csv.DictWriter(out, list(flat[0]))
    writer.writeheader()
    writer.writerows(flat)
    return {"table.csv": out.getvalue().encode(), "table.toml": MAPPING.encode()}


def studio(draw: random.Random) -> Files:
    labelled = article(draw)
    tasks = json.loads(label_studio.files(labelled, TOPIC, CODERS)["toll.tasks.json"])
    for k, task in enumerate(tasks, 1):
        predictions = task.pop("predictions")
        task |= {"id": k, "drafts": [], "predictions": []}
        task["annotations"] = [
            {
                "id": 10 * k + j,
                "completed_by": {"id": j, "email": f"{prediction['model_version']}@x.example"},
                "was_cancelled": False,
                "updated_at": "2026-11-24T10:00:00Z",
                "result": prediction["result"],
            }
            for j, prediction in enumerate(predictions)
        ]
        for name in ("title", "before", "after", "whole"):
            del task["data"][name]
    return {"export.json": json.dumps(tasks).encode(), "article": json.dumps(labelled.text).encode()}


def doccano_export(draw: random.Random) -> Files:
    labelled = article(draw)
    return {
        **{f"{coder}.jsonl": doccano.files(labelled, TOPIC, [coder])[f"toll.{coder}.jsonl"].encode() for coder in CODERS},
        "article": json.dumps(labelled.text).encode(),
    }


def answer(draw: random.Random) -> Files:
    """A model's answer to one request, with the text that the request was about."""
    labelled = article(draw)
    rows_ = {}
    for labels in labelled.annotations["ann"].sentence:
        row = labels.model_dump(mode="json", include={*coders.REQUIRED_KEYS, *coders.ATTRIBUTED_KEYS})
        row |= {key: (value or {}).get("text", "") for key in ("source", "cue") for value in [row[key]]}
        row |= {key: row[key] or "" for key in ("source_type", "source_party")}
        row["loaded"] = [quote["text"] for quote in row["loaded"]]
        row["facts"] = {fact.id: (row["facts"].get(fact.id) or {"text": None})["text"] for fact in TOPIC.fact}
        row["stance"] = {party.id: row["stance"].get(party.id) for party in TOPIC.party}
        rows_[str(labels.n)] = row
    return {"answer.json": json.dumps({"sentences": rows_}).encode(), "text": labelled.text.encode()}


def basil(draw: random.Random) -> Files:
    files: Files = {}
    for k in (1, 2):
        body = [labels.text for labels in article(draw).annotations["ann"].sentence]
        spans = []
        for n, text in enumerate(body):
            for word in draw.sample(text.split(), draw.choice([0, 0, 1, 2])):
                start = text.index(word)
                spans.append(
                    {
                        "id": f"p{n - 1}" if n else "title",
                        "start": start,
                        "end": start + len(word),
                        "txt": word,
                        "bias": draw.choice(["lex", "inf"]),
                        "target": draw.choice(["Ana_Ruiz", "Bo_Lind"]),
                        "polarity": draw.choice(["pos", "neg"]),
                        "quote": draw.choice(["yes", "no"]),
                        "speaker": draw.choice(["Ana_Ruiz", "Bo_Lind"]),
                        "aim": "dir",
                        "notes": "",
                    }
                )
        text = {
            "title": body[0],
            "source": "NYT",
            "date": "2012-05-07",
            "uuid": "x",
            "url": "https://x.example/q",
            "keywords": "toll",
            "main-entities": ["Ana Ruiz", "Bo Lind"],
            "main-event": "Toll doubled",
            "triplet-uuid": "t",
            "word-count": 9,
            "body-paragraphs": [body[1:3], body[3:]],
        }
        files[f"articles/2012/t_{k}.json"] = json.dumps(text).encode()
        files[f"annotations/2012/t_{k}_ann.json"] = json.dumps(
            {"article-level-annotations": {"relative_stance": "left"}, "phrase-level-annotations": spans}
        ).encode()
    return files


def faerber(draw: random.Random) -> Files:
    def dimension(low: int, high: int, targets: tuple[str, ...] = ()) -> dict[str, Any]:
        def values() -> list[int]:
            return [draw.randint(low, high) for _ in range(2)]

        return {"judgements": {name: values() for name in targets} if targets else values(), "cw_origins": ["FR", "DE"]}

    sentences = [
        {
            "id": n,
            "position_in_article": n,
            "content": labels.text,
            "subjectivity": dimension(0, 3),
            "hidden_assumptions": dimension(0, 3),
            "framing": dimension(-2, 2, ("russia", "ukraine", "west")),
            "bias": dimension(0, 3, ("pro-russia", "pro-west")),
        }
        for n, labels in enumerate(article(draw).annotations["ann"].sentence)
    ]
    return {"article_0.json": json.dumps({"sentences": sentences}).encode()}


def polnear(draw: random.Random) -> Files:
    lines = article(draw).text.split("\n")
    text = "\n".join(line for line in lines if line) + "\n"
    files: Files = {"data/train/text/politico_2016-02-03_toll.txt": text.encode()}
    row = ["train", "politico_2016-02-03_toll", "politico", "2016-02-03", "Orla Finch", "Toll", "ab12|cd34"]
    header = ["compartment", "filename", "publisher", "publication_date", "author", "title", "annotators"]
    files["data/metadata.tsv"] = ("\t".join(header) + "\n" + "\t".join(row) + "\n").encode()
    for coder in ("ab12", "cd34"):
        records, number = [], 0
        for event, line in enumerate(draw.sample([line for line in lines if line], draw.randint(1, 4)), 1):
            at = text.index(line)
            words = [match.span() for match in re.finditer(r"\S+", line)]
            cuts = [words[0], words[1], (words[2][0], len(line) - draw.choice([0, len(line) - words[2][1]]))]
            roles = []
            for role, (start, end) in zip(("Source", "Cue", "Content"), cuts, strict=True):
                number += 1
                records.append(f"T{number}\t{role} {at + start} {at + end}\t{line[start:end]}")
                roles.append(f"{role}:T{number}")
            number += 1
            records.append(f"T{number}\tAttribution {at + cuts[1][0]} {at + cuts[1][1]}\t{line[cuts[1][0] : cuts[1][1]]}")
            records.append(f"E{event}\tAttribution:T{number} {' '.join(roles)}")
        files[f"data/train/attributions/politico_2016-02-03_toll_{coder}.ann"] = ("\n".join(records) + "\n").encode()
    return files


# Corruption of one field

ODD: tuple[Any, ...] = ("☃", None, 99.5, 9999, -99, True, ["☃"], {"☃": "☃"}, "=A1", "#REF!", "factual☃")
FREE = re.compile(
    r"(main-entities|main-event|target|speaker|keywords|uuid|notes|aim|indirect|article-level|cw_origins|url|date|source$|title|para|content|email|coder$|doc$)"
)
"""Names of fields in which every text is equally plausible."""


def json_changed(data: bytes, draw: random.Random, *, several: bool = False) -> bytes | None:
    """Replace a value, or rename or double a key, in JSON or in a line of JSON Lines; None if the result is as plausible."""
    lines = data.decode().splitlines() if several else [data.decode()]
    k = draw.randrange(len(lines))
    tree = json.loads(lines[k])
    path, holder, key = draw.choice(list(_places(tree)))
    value = holder[key]
    kind = draw.choice(["value"] * 6 + ["wrap", "rename", "take", "double", "odd"])
    if kind == "value":
        new = draw.choice(ODD)
        if _as_good(path, value, new):
            return None
        holder[key] = new
    elif kind == "wrap":
        holder[key] = [value] if draw.random() < 0.5 else {"x": value}
    elif kind == "odd":
        if not isinstance(value, str) or FREE.search(path):
            return None
        holder[key] = value + "☃"
    elif not isinstance(holder, dict) or FREE.search(path) or (kind != "double" and _may_lack(path)):
        return None
    elif kind == "rename":
        holder[f"{key}☃"] = holder.pop(key)
    elif kind == "take":
        del holder[key]
    else:
        mark = "\0double"
        holder[f"{key}{mark}"] = "☃"
        lines[k] = json.dumps(tree).replace(json.dumps(mark)[1:-1], "")
        return "\n".join(lines).encode()
    lines[k] = json.dumps(tree)
    return "\n".join(lines).encode()


def _places(tree: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        here = f"{path}.{key}" if isinstance(tree, dict) else f"{path}[]"
        yield here, tree, key
        if isinstance(value, dict | list):
            yield from _places(value, here)


def _as_good(path: str, value: Any, new: Any) -> bool:
    """Whether the new value is as plausible as the old one, as far as a reader can know."""
    if new is None and re.search(
        r"stance|facts\.|judgements|annotations$|drafts|meta$|note|was_cancelled|updated_at|words$|facts$|type$|how$|who$|cue$|kind$|party$|whose$",
        path,
    ):
        return True  # null states nothing
    if FREE.search(path) and isinstance(new, str):
        return True
    if path.endswith("body-paragraphs[]") and isinstance(new, list) and new and all(isinstance(item, str) for item in new):
        return True  # a shorter text is a text, too
    same = type(new) is type(value) and path.endswith((".id", "was_cancelled"))
    return same or path.endswith(("sure", "coder", "doc", "email")) or (path.endswith("completed_by") and type(new) in (int, bool))


def _may_lack(path: str) -> bool:
    """Whether an input without the key is right, and only states less."""
    return bool(
        re.search(r"\.(stance|board|fishers|words|facts|type|how|who|cue|kind|party|whose|sure|meta|drafts|id|source_party)$", path)
        or re.search(r"facts\.(raised|left|met)$", path)
    ) or bool(re.search(r"(judgements|subjectivity|hidden_assumptions|framing|bias)", path))


def csv_changed(data: bytes, draw: random.Random) -> bytes | None:
    """Corrupt a CSV file: a wrong cell, a row too long or too short, or a byte that is no text."""
    table = list(csv.reader(io.StringIO(data.decode())))
    k = draw.randrange(len(table))
    kind = draw.choice(["cell"] * 6 + ["more", "fewer", "quote", "byte", "name"])
    column = draw.randrange(len(table[0]))
    name = table[0][column]
    if kind == "name":
        table[0][column] = draw.choice([f"{name}☃", "", draw.choice(table[0])])
        if table[0][column] == name:
            return None
    elif kind == "cell" and k:
        new = draw.choice(["☃", "=A1", "#REF!", "9999", "-99", "1,5", "factual☃", "", "TRUE"])
        if new == "" and name not in ("doc", "no"):
            return None
        if name in ("para", "sure", "sentence", "coder", "doc") or new == table[k][column]:
            return None
        table[k][column] = new
    elif kind == "more":
        table[k].insert(column, "x")
    elif kind == "fewer":
        del table[k][column]
    out = io.StringIO()
    csv.writer(out).writerows(table)
    text = out.getvalue()
    at = draw.randrange(len(text))
    if kind == "quote":
        text = text[:at] + '"' + text[at:]
    return text.encode()[:at] + b"\xff" + text.encode()[at:] if kind == "byte" else text.encode()


def lines_changed(data: bytes, draw: random.Random) -> bytes | None:
    """Corrupt one token in a file of lines."""
    text = data.decode()
    tokens = list(re.finditer(r"[^\s:]+", text))
    token = draw.choice(tokens)
    new = draw.choice(["☃", "9999", "0", "", f"{token[0]}☃", f"☃{token[0]}", "T99", "x\ty", "x\ny"])
    if token[0].isdigit() and draw.random() < 0.5:
        new = str(int(token[0]) + draw.choice([-2, -1, 1, 2, 30]))
    return (text[: token.start()] + new + text[token.end() :]).encode()


# Reading


@dataclass(frozen=True)
class Reader:
    """A reader, with functions that make right inputs for it, corrupt one of their files, and read them."""

    make: Callable[[random.Random], Files]
    change: Callable[[bytes, random.Random], bytes | None]
    read: Callable[[Path, Report], Iterator[tuple[str, str, Sentence]]]
    files: str = "."


def _corpus(name: str, file: str = "") -> Callable[[Path, Report], Iterator[tuple[str, str, Sentence]]]:
    def read(folder: Path, report: Report) -> Iterator[tuple[str, str, Sentence]]:
        for read_article in IMPORTERS[name].read(folder / file if file else folder, report):
            if isinstance(read_article, Article):
                for coder, annotation in read_article.annotations.items():
                    yield from ((read_article.meta.id, coder, labels) for labels in annotation.sentence)

    return read


def _tool(name: str) -> Callable[[Path, Report], Iterator[tuple[str, str, Sentence]]]:
    def read(folder: Path, report: Report) -> Iterator[tuple[str, str, Sentence]]:
        text = json.loads((folder / "article").read_bytes())
        meta = Metadata(id="toll", topic="quay-toll", title="x", origin="published", source_sha256="0" * 64)
        by_coder: dict[str, list[Any]] = {}
        for path in sorted(folder.glob("*.json*")):
            with report.reading(path.name):
                for records in exchange.TOOLS[name].read(path, report):  # type: ignore[misc]
                    if records.article == "toll":
                        by_coder.setdefault(records.annotator, []).append(records)
                    else:
                        report.fail(records.where, "article that is not in the bank")
        for coder, records in by_coder.items():
            if len({record.codebook for record in records}) > 1:
                report.fail(coder, "several codebooks")
                continue
            yield from (("toll", coder, labels) for labels in _sentences(Article(meta, "", text, {}), TOPIC, records, report))

    return read


def _answered(folder: Path, report: Report) -> Iterator[tuple[str, str, Sentence]]:
    text = (folder / "text").read_text(encoding="utf-8")
    meta = Metadata(id="toll", topic="quay-toll", title=text.split("\n")[0], origin="constructed", source_sha256=sha256(text))
    try:
        answer_ = parse_json((folder / "answer.json").read_bytes())
    except ValueError as error:
        report.fail("answer", str(error))
        return
    result = coders.validate_response(answer_, Article(meta, text, text, {}), TOPIC)
    for n, faults in result.faults.items():
        for key, message in faults.items():
            report.fail(f"{n} {key}", message)
    yield from (("toll", "model", labels) for labels in result.annotation.sentence)


READERS: dict[str, Reader] = {
    "basil": Reader(basil, json_changed, _corpus("basil")),
    "faerber": Reader(faerber, json_changed, _corpus("faerber")),
    "polnear": Reader(polnear, lines_changed, _corpus("polnear"), r"\.ann|\.tsv"),
    "csv": Reader(comma_separated, csv_changed, _corpus("csv", "table.csv"), r"\.csv"),
    "jsonl": Reader(jsonl, partial(json_changed, several=True), _corpus("jsonl", "table.jsonl"), r"\.jsonl"),
    "label-studio": Reader(studio, json_changed, _tool("label-studio"), r"\.json"),
    "answer": Reader(answer, json_changed, _answered, r"\.json"),
    "doccano": Reader(doccano_export, partial(json_changed, several=True), _tool("doccano"), r"\.jsonl"),
}


def stated(reader: Reader, folder: Path) -> tuple[Stated, Counter[tuple[str, str]]]:
    """Return the values that a reader states for the files in a folder, and the counts of its remarks by kind and wording."""
    report = Report()
    stated_values: Stated = {}
    try:
        for name, coder, labels in reader.read(folder, report):
            key = (name, coder, labels.text)
            for layer in ("claim_type", "attribution", "source_type", "source_party", "source_perspective", "stance"):
                stated_values[*key, layer] = getattr(labels, layer)
            for layer in ("source", "cue", "loaded", "facts"):
                stated_values[*key, layer] = None if getattr(labels, layer) is None else repr(getattr(labels, layer))
            stated_values |= {(*key, f"score {score}"): value for score, value in labels.scores.items()}
            for layer, marks in _marks(labels).items():
                stated_values[*key, f"spans {layer}"] = marks
    except (ContributionError, FileNotFoundError, ValueError) as error:
        report.counts["unread", str(error)] += 1
        stated_values = {}
    return stated_values, report.counts


def _marks(labels: Sentence) -> dict[str, list[tuple[int, int, str | None]]]:
    """The marks of a sentence by layer; those of PolNeAR by attribution, since each attribution is independent."""
    by_layer: dict[str, list[tuple[int, int, str | None]]] = {}
    for mark in labels.spans:
        assert isinstance(mark, Mark)
        of = mark.ref if re.fullmatch(r"E\d+", mark.ref or "") else mark.layer.value
        by_layer.setdefault(str(of), []).append((mark.start, mark.end, f"{mark.layer.value} {mark.ref}"))
    return {layer: sorted(marks) for layer, marks in by_layer.items()}


def violations(before: Stated, after: Stated) -> list[str]:
    """Return the values that are new or different after the corruption, as messages."""
    sentences = {key[:3] for key in before}
    return [
        f"{' '.join(key)}: {before.get(key)!r} became {value!r}"
        for key, value in after.items()
        if value is not None and key[:3] in sentences and before.get(key) != value
    ]


def judge(reader: Reader, seed: str, folder: Path) -> tuple[str, list[str]]:
    """Corrupt a right input of a reader and read both; return the change and the errors. The seed determines everything."""
    draw = random.Random(seed)
    files = reader.make(draw)
    names = [name for name in sorted(files) if re.search(reader.files, name)]
    while True:
        name = draw.choice(names)
        changed = reader.change(files[name], draw)
        if changed is not None and changed != files[name]:
            break
    for file_name, data in files.items():
        (folder / file_name).parent.mkdir(parents=True, exist_ok=True)
        (folder / file_name).write_bytes(data)
    before, remarked = stated(reader, folder)
    (folder / name).write_bytes(changed)
    change = f"{name}: {_difference(files[name].decode(), changed.decode(errors='replace'))}"
    try:
        after, remarks = stated(reader, folder)
    except Exception as error:  # noqa: BLE001 - no exception may reach the user
        return change, [f"raised {error!r}"]
    wrong = violations(before, after)
    lost = [key for key, value in before.items() if value is not None and after.get(key) is None]
    if lost and not {kind for kind, _ in (remarks - remarked)} & {"unread", "dropped", "changed"}:
        wrong.append(f"lost without a remark: {' '.join(lost[0])}")
    if not before:
        wrong.append("nothing was read of the right input")
    return change, wrong


def _difference(old: str, new: str) -> str:
    start = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    return f"{old[max(0, start - 60) : start + 60]!r} became {new[max(0, start - 60) : start + 60]!r}"


EVERY = 2_000
"""The number of inputs after which the run prints its progress."""


def main() -> None:
    """Judge the inputs of each reader; exit code 1 if there is an error."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.corrupt", description=__doc__)
    parser.add_argument("readers", nargs="*", default=list(READERS))
    parser.add_argument("--inputs", type=int, default=200_000, help="In all.")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    faults = 0
    share = -(-arguments.inputs // len(arguments.readers))
    for name in arguments.readers:
        start, wrong = time.monotonic(), 0
        with tempfile.TemporaryDirectory() as folder:
            for k in range(share):
                seed = f"{name}-{arguments.seed}-{k}"
                change, errors = judge(READERS[name], seed, Path(folder))
                wrong += bool(errors)
                if errors and wrong <= 10:
                    print(f"{seed}: {change}\n    {errors[0]}", flush=True)
                if (k + 1) % EVERY == 0 or k + 1 == share:
                    spent = round(time.monotonic() - start)
                    print(json.dumps({"reader": name, "inputs": k + 1, "faults": wrong, "seconds": spent}), flush=True)
        faults += wrong
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
