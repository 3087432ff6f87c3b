"""Anomalies in records of a crawl: an invalid optional field loses only itself, and damage of a text is noted."""

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from slantbank import cli
from slantbank.bank._topic import Party, Topic
from slantbank.crawl import _crawl as crawl

TOPIC = Topic(id="quay-toll", title="The toll at the quay", party=(Party(id="board", name="The board", side="a"),))
TEXT = "Toll doubles\nThe board met on Tuesday.\nIt doubled the toll."


def built(folder: Path, *records: dict[str, Any], parquet: bool = False) -> tuple[crawl.Result, list[dict[str, Any]]]:
    """The result and the article rows of a shard of these records."""
    path = folder / ("in.parquet" if parquet else "in.jsonl")
    own = [{"id": f"a-{n}", "text": TEXT, "topic": "quay-toll", **record} for n, record in enumerate(records)]
    if parquet:
        pl.DataFrame(own).write_parquet(path)
    else:
        path.write_text("".join(json.dumps(record) + "\n" for record in own), encoding="utf-8")
    result = crawl.build([str(path)], str(folder / "out"), [TOPIC])
    return result, pl.read_parquet(folder / "out/articles/*.parquet").to_dicts()


READ = [
    ("author", ["Ann Lee", "Bo Lind"], "Ann Lee; Bo Lind"),
    ("author", [{"name": "Ann Lee", "url": "https://x.example"}], "Ann Lee"),
    ("author", {"name": "Ann Lee"}, "Ann Lee"),
    ("outlet", {"id": None, "name": "The Tide"}, "The Tide"),
    ("language", "en_US", "en-US"),
    ("language", "EN", "en"),
    ("language", "de_DE.UTF-8", "de-DE"),
    ("published", "Tue, 04 Mar 2025 23:10:00 GMT", "2025-03-04"),
    ("published", 1741129800, "2025-03-04"),
    ("published", 1741129800000, "2025-03-04"),
    ("published", "1741129800", "2025-03-04"),
    ("published", 1741129800.0, "2025-03-04"),
    ("published", "20250304", "2025-03-04"),
    ("published", 20250304, "2025-03-04"),
    ("published", 20250304231000, "2025-03-04"),
    ("published", "20250304231000", "2025-03-04"),
    ("published", "20250304T231000Z", "2025-03-04"),
    ("published", "March 4, 2025", "2025-03-04"),
    ("published", "4 Mar 2025", "2025-03-04"),
]
LEFT_OUT: list[tuple[str, Any]] = [
    ("author", ["Ann Lee", 7]),
    ("author", 7),
    ("author", "Ann\x07"),
    ("outlet", []),
    ("language", "English"),
    ("language", ["en"]),
    ("published", "soon"),
    ("published", "04/03/2025"),
    ("published", "1492-01-01"),
    ("published", True),
    ("published", 2025),
    ("published", 20251304),
    ("published", 1741129800.5),
    ("published", 99999999999999),
    ("published", -1741129800),
    ("published", {"day": 4}),
    ("license", {"name": "CC BY"}),
    ("note", 3),
    ("url", "no address"),
    ("url", 7),
]


@pytest.mark.parametrize(("name", "value", "expected"), READ)
def test_an_optional_field_in_another_common_form_is_converted_and_noted(
    tmp_path: Path, name: str, value: Any, expected: str
) -> None:
    result, (row,) = built(tmp_path, {name: value})
    assert (str(row[name]), result.refused.total()) == (expected, 0)
    assert row["note"].startswith(f"{name} is ")
    assert row["note"].endswith(f"and was read as {expected!r}.")
    assert result.remarked == {f"{name} read": 1}


@pytest.mark.parametrize(("name", "value"), LEFT_OUT)
def test_an_invalid_optional_field_is_left_out_and_noted_and_its_article_kept(tmp_path: Path, name: str, value: Any) -> None:
    result, (row,) = built(tmp_path, {name: value})
    assert (row[name] if name not in ("language", "note") else None, result.refused.total()) == (None, 0)
    assert f"{name} is {value!r}, and was left out." in row["note"]
    assert (row["language"], row["n_sentences"], result.remarked) == ("en", 3, {f"{name} left out": 1})


def test_anomalies_of_a_parquet_row_are_counted_like_those_of_json_lines(tmp_path: Path) -> None:
    result, (row,) = built(tmp_path, {"author": ["Ann Lee"], "published": "soon", "outlet": "The Tide"}, parquet=True)
    assert (row["author"], row["published"], row["outlet"]) == ("Ann Lee", None, "The Tide")
    assert result.remarked == {"author read": 1, "published left out": 1}


def test_valid_fields_give_no_anomaly(tmp_path: Path) -> None:
    right = {
        "author": "Ann Lee",
        "published": "2025-03-04T10:00:00+01:00",
        "language": "pt-BR",
        "url": "",
        "note": "",
        "outlet": None,
    }
    result, (row,) = built(tmp_path, right)
    assert (row["note"], result.remarked) == (None, {})


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("The board\u00e2\u20ac\u2122s toll.", "garbled text", "'â€™' is what '’' becomes where UTF-8 is read as Windows-1252"),
        ("A caf\ufffd.", "garbled text", "stands where a character was lost"),
        ("<p>The toll <b>rose</b>.</p>", "tags in the text", "The text holds 4 tags of HTML, as '<p>', taken for words."),
        ("Tom &amp; Ann&#8217;s.", "entities in the text", "The text holds 2 entities of HTML, as '&amp;', taken for words."),
        ("x < y and AT&T; R&D <3", "", ""),
        ("He wrote <a> for a while, if a<b>c.", "tags in the text", "2 tags"),
    ],
)
def test_damage_of_a_text_is_noted_and_the_text_not_changed(tmp_path: Path, text: str, kind: str, said: str) -> None:
    result, (row,) = built(tmp_path, {"title": "Toll doubles", "text": text})
    assert result.remarked == ({kind: 1} if kind else {})
    assert said in (row["note"] or "")
    sentences = pl.read_parquet(tmp_path / "out/sentences/*.parquet").filter(pl.col("n") > 0)["text"]
    assert "".join(sentences.to_list()).replace(" ", "") == text.replace(" ", "")


def test_a_very_long_first_line_is_a_doubtful_headline(tmp_path: Path) -> None:
    result, (row, titled) = built(tmp_path, {"text": "The board met. " * 20}, {"title": "Toll", "text": "The board met. " * 20})
    assert (result.remarked, titled["note"]) == ({"doubtful headline": 1}, None)
    assert row["note"] == "Doubtful headline: it is the first line, of 300 characters."


def test_load_dataset_reads_every_frame_of_a_crawl_and_an_existing_card_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    folder = str(tmp_path / "out")
    built(tmp_path, {})
    assert datasets.get_dataset_config_names(folder) == ["sentences", "articles", "parties"]
    rows = {name: datasets.load_dataset(folder, name)["train"].num_rows for name in datasets.get_dataset_config_names(folder)}
    assert rows == {"sentences": 3, "articles": 1, "parties": 1}
    sentences = datasets.load_dataset(folder)["train"]
    assert (sentences["text"][0], sentences.features["claim_type"].num_classes) == ("Toll doubles", 7)
    path = tmp_path / "out/README.md"
    path.write_text(path.read_text().replace("tags: [news]", "license: cc-by-4.0").replace("TODO", "From the tide tables"))
    (tmp_path / "out/manifest.json").unlink()
    built(tmp_path, {"text": "Toll halves\nIt was halved."})  # not rows from a cache
    assert datasets.load_dataset(folder)["train"]["text"] == ["Toll halves", "It was halved."]
    assert "license: cc-by-4.0" in path.read_text()
    assert "From the tide tables" in path.read_text()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (json.dumps({"id": "a", "text": TEXT}).encode("utf-16"), "it is in UTF-16, as `>` in PowerShell writes; save it as UTF-8"),
        (json.dumps([{"id": "a", "text": TEXT}]).encode(), "it is one array; write an object a line, as `jq -c '.[]'` does"),
        (json.dumps({"id": "a", "text": TEXT}, indent=1).encode(), "its objects span several lines; write each on one"),
        (gzip.compress(b"{}"), "it is packed with gzip; let its name end with .gz"),
    ],
    ids=["PowerShell", "an array", "laid out", "packed"],
)
def test_a_shard_that_is_not_json_lines_gives_one_message_with_advice(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "in.jsonl").write_bytes(content)
    result = crawl.build([str(tmp_path / "in.jsonl")], str(tmp_path / "out"), [TOPIC])
    (problem,) = result.failed
    assert problem.message.startswith(f"cannot be read: {said}")


def test_nan_is_a_missing_value_and_a_number_is_accepted_as_id(tmp_path: Path) -> None:
    nan = float("nan")
    result, (row,) = built(
        tmp_path, {"id": 17, "title": nan, "author": nan, "published": nan, "topic": "quay-toll", "language": nan}
    )
    assert (row["article_id"], row["title"], row["author"], row["published"]) == ("17", "Toll doubles", None, None)
    assert (row["note"], result.remarked) == (None, {})


def test_the_command_reports_anomalies(tmp_path: Path) -> None:
    (tmp_path / "bank/topics").mkdir(parents=True)
    (tmp_path / "bank/topics/quay-toll.toml").write_text('id = "quay-toll"\ntitle = "The toll"\n', encoding="utf-8")
    (tmp_path / "in.jsonl").write_text(json.dumps({"id": "a", "text": TEXT, "author": ["Ann"]}) + "\n", encoding="utf-8")
    asked = [
        "build",
        str(tmp_path / "in.jsonl"),
        "--into",
        str(tmp_path / "out"),
        "--bank",
        str(tmp_path / "bank"),
        "--workers",
        "1",
    ]
    result = CliRunner().invoke(cli.cli, [*asked, "--topic", "quay-toll"])
    assert result.exit_code == 0
    assert "articles to look at, whose `note` says why: author read (1)" in result.stdout
    assert json.loads((tmp_path / "out/manifest.json").read_text())["remarked"] == {"author read": 1}


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"text": 5}, "'text' is 5, which is not text"),
        ({"text": ["One."]}, "'text' is ['One.'], which is not text"),
        ({"title": {"main": "One"}}, "'title' is {'main': 'One'}, which is not text"),
        ({"id": None, "url": "news.example/a"}, "'url' is 'news.example/a', which is not a web address such as https://…"),
    ],
)
def test_the_message_of_a_refused_record_is_plain(tmp_path: Path, record: dict[str, Any], said: str) -> None:
    result, rows = built(tmp_path, {}, record)
    assert [problem.message for problem in result.problems(str(tmp_path / "out"))] == [said]
    assert len(rows) == 1
