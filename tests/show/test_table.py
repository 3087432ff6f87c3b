"""Tables for the terminal and the card: golden pages, 80 columns, and figures that another library recomputes."""

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from slantbank import cli
from slantbank.bank._article import Article
from slantbank.bank._topic import Topic
from slantbank.frames import _tabulate as tables
from slantbank.measure import _agreement as agreement
from slantbank.measure import _compare as compare
from slantbank.show import _terminal as table
from tests.conftest import ROOT, SEED

COMMANDS = {
    "compare": ["compare"],
    "compare-by-origin": ["compare", "--by", "origin"],
    "compare-headline": ["compare", "--headline"],
    "compare-one": ["compare", SEED],
    "agreement": ["agreement", "--by-article"],
    "agreement-coders": ["agreement", "--coders"],
    "differences": ["compare", "--by", "origin", "--show", "differences", "--measure", "loaded"],
}


Run = Callable[..., str]


@pytest.fixture
def run(pinned: Path) -> Run:
    def call(*arguments: str) -> str:
        result = CliRunner().invoke(cli.cli, [*arguments, "--bank", str(pinned)], env={"COLUMNS": "80"})
        assert result.exit_code == 0, result.output
        return result.output

    return call


@pytest.mark.parametrize("name", list(COMMANDS))
def test_page_equals_its_golden_file(name: str, run: Run) -> None:
    golden = ROOT / "tests" / "golden" / f"{name}.txt"
    output = run(*COMMANDS[name])
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(output, encoding="utf-8")
    assert output == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list(COMMANDS))
def test_page_fits_80_columns(name: str, run: Run) -> None:
    assert max(map(len, run(*COMMANDS[name]).splitlines())) <= 80


def test_a_note_says_that_one_article_cannot_be_compared(run: Run) -> None:
    assert "nothing to compare it with yet" in run(*COMMANDS["compare-one"])
    assert "nothing to compare it with yet" not in run(*COMMANDS["compare"])


def test_constructed_accounts_are_marked_in_every_comparison(run: Run) -> None:
    assert run(*COMMANDS["compare"]).count("[constructed]") == 2
    assert "[constructed]" in run(*COMMANDS["compare-by-origin"])


def test_formats_hold_the_same_rows(tmp_path: Path, run: Run) -> None:
    rows = json.loads(run("compare", "--format", "json"))
    out = tmp_path / "measures.parquet"
    run("compare", "--format", "parquet", "-o", str(out))
    assert pl.read_parquet(out).to_dicts() == rows
    csv = pl.read_csv(run("compare", "--format", "csv").encode())
    assert csv.height == len(rows)
    assert run("compare", "--format", "markdown").count("\n") == len(rows) + 2


def test_many_groups_stand_in_blocks_below_each_other(contents: tuple[list[Topic], list[Article]]) -> None:
    topics, articles = contents
    many = [
        replace(article, meta=article.meta.model_copy(update={"id": f"{article.meta.id}-{i}"}))
        for i in range(3)
        for article in articles
    ]
    frames = tables.tabulate(topics, many)
    page = table.comparison_text(frames, compare.compare(frames), "article_id")
    assert [line.split() for line in page.splitlines() if re.fullmatch(r" {20}[A-Z].*", line)] == [
        list("ABC"),
        list("DEF"),
        list("GHI"),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compare", "free-iran-rally-2018"], "free-iran-rally-2017"),
        (["compare", "--by", "outlets"], "outlet"),
        (["compare", "--format", "parquet"], "needs --output"),
        (["report", "free-iran"], "free-iran"),
    ],
)
def test_an_error_about_an_unknown_name_gives_the_nearest(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(cli.cli, [*arguments])
    assert result.exit_code == 2
    assert message in result.output


def test_report_command_writes_the_page(tmp_path: Path, run: Run) -> None:
    out = tmp_path / "report.html"
    run("report", "free-iran-rally-2017", "-o", str(out))
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_an_error_says_that_a_bank_is_not_built(bank: Path) -> None:
    (bank / "parquet" / "sentences.parquet").unlink()
    result = CliRunner().invoke(cli.cli, ["compare", "--bank", str(bank)])
    assert result.exit_code == 1
    assert "slantbank build" in result.output


def _matrix(rows: list[dict[str, Any]], units: list[Any], value: Any) -> Any:
    """Coders × units for the krippendorff package, NaN where a rating is missing."""
    coders = sorted({row["annotator_id"] for row in rows})
    matrix = np.full((len(coders), len(units)), np.nan)
    for row in rows:
        for i, unit in enumerate(units):
            result = value(row, unit)
            if result is not None:
                matrix[coders.index(row["annotator_id"]), i] = result
    return matrix


def _alphas(parquet: Path) -> dict[str, float]:
    """The alphas of the card, recomputed from the Parquet files with loops and the krippendorff package."""
    rows = pl.read_parquet(parquet / "annotations.parquet").filter(annotator_kind="model").to_dicts()
    sentences = {row["sentence_id"]: row for row in pl.read_parquet(parquet / "sentences.parquet").to_dicts()}
    ids = list(sentences)
    result = {}

    def nominal(layer: str, units: list[Any], value: Any, level: str = "nominal") -> None:
        result[layer] = krippendorff.alpha(_matrix(rows, units, value), level_of_measurement=level)

    for layer, name in (
        ("claim type", "claim_type"),
        ("attribution", "attribution"),
        ("source type", "source_type"),
        ("source perspective (side)", "source_perspective"),
    ):
        labels = sorted({row[name] for row in rows} - {None})
        nominal(
            layer,
            ids,
            lambda row, unit, name=name, labels=labels: (
                labels.index(row[name]) if row["sentence_id"] == unit and row[name] else None
            ),
        )
    parties = sorted({stance["party"] for row in rows for stance in row["stance"]})
    pairs = [(sentence, party) for sentence in ids for party in parties]

    def stance(row: Any, unit: Any) -> int | None:
        if row["sentence_id"] != unit[0]:
            return None
        return next((stance["value"] for stance in row["stance"] if stance["party"] == unit[1]), None)

    nominal("stance (ordinal)", pairs, stance, "ordinal")
    nominal(
        "party referred to", pairs, lambda row, unit: None if row["sentence_id"] != unit[0] else int(stance(row, unit) is not None)
    )
    facts = sorted({fact for row in rows for fact in row["facts"]})
    nominal(
        "facts",
        [(sentence, fact) for sentence in ids for fact in facts],
        lambda row, unit: None if row["sentence_id"] != unit[0] else int(unit[1] in row["facts"]),
    )
    own = sorted({row["perspective_party"] for row in rows} - {None})
    nominal(
        "source perspective (party)",
        [(sentence, party) for sentence in ids for party in own],
        lambda row, unit: None if row["sentence_id"] != unit[0] else int(row["perspective_party"] == unit[1]),
    )
    tokens = [
        (sentence, sentences[sentence]["start"] + match.start(), sentences[sentence]["start"] + match.end())
        for sentence in ids
        for match in re.finditer(r"\S+", sentences[sentence]["text"])
    ]

    def loaded(row: Any, unit: Any) -> int | None:
        if row["sentence_id"] != unit[0]:
            return None
        return int(any(span["layer"] == "loaded" and span["start"] < unit[2] and unit[1] < span["end"] for span in row["spans"]))

    nominal("loaded language", tokens, loaded)
    return result


def test_another_library_recomputes_every_alpha_of_the_card(pinned: Path) -> None:
    readme = (pinned.parent / "README.md").read_text(encoding="utf-8")
    region = readme.split("<!-- rendered: agreement -->")[1].split("\n\n")[0]
    shown = {cells[1]: cells[2] for line in region.splitlines()[3:] if len(cells := [cell.strip() for cell in line.split("|")]) > 2}
    recomputed = _alphas(pinned / "parquet")
    assert shown == {layer: f"{recomputed[layer]:.2f}" for layer in shown}
    assert len(shown) == 9


def test_warnings_are_below_the_table(frames: dict[str, pl.DataFrame]) -> None:
    some = {**frames, "sentences": frames["sentences"].with_columns(attribution=pl.when(pl.col("n") < 6).then("attribution"))}
    page = table.comparison_text(frames, compare.compare(some), "article_id")
    assert "! attribution is coded in" in page
    assert "attribution is coded" not in table.comparison_text(frames, compare.compare(frames), "article_id")


def test_too_little_is_marked_and_stance_has_three_shares(run: Run) -> None:
    lines = run("compare").splitlines()
    row = next(line for line in lines if line.startswith("  arab-states"))
    assert "~" in row
    assert lines[lines.index(row) + 1].split() == [
        "good",
        "0",
        "bad",
        "1.00",
        ".00",
        ".00",
        ".00",
        ".25",
        ".75",
        ".00",
        "1.00",
        ".00",
    ]
    assert any(line.startswith("~: too few cases") for line in lines)


@pytest.mark.parametrize("command", [["compare"], ["agreement"], ["report"]])
def test_removed_options_say_that_intervals_need_no_random_draws(command: list[str]) -> None:
    result = CliRunner().invoke(cli.cli, [*command, "--replicates", "10"])
    assert result.exit_code == 2
    assert "--replicates was removed: intervals are computed" in result.output
    seeded = CliRunner().invoke(cli.cli, [*command, "--seed", "1"])
    assert seeded.exit_code == 2
    assert ("works only with --show" if command == ["compare"] else "without random draws") in seeded.output


def test_over_several_topics_sides_are_compared_and_not_parties(frames: dict[str, pl.DataFrame]) -> None:
    articles = frames["articles"]
    assert "stance" in table.main_measures(articles)
    two = articles.with_columns(topic_id=pl.lit("other-") + pl.col("article_id"))
    assert "stance" not in table.main_measures(two)
    assert "side_stance" in table.main_measures(two)


def test_people_and_models_are_shown_apart_where_both_have_coded(frames: dict[str, pl.DataFrame]) -> None:
    person = pl.when(pl.col("annotator_id") == "model-c").then(pl.lit("human")).otherwise("annotator_kind")
    mixed = {**frames, "annotations": frames["annotations"].with_columns(annotator_kind=person)}
    result = agreement.agreement(mixed)
    assert table.coder_kinds(result) == ["human", "model", "all"]
    page = table.agreement_text(result)
    assert [line.split()[1] for line in page.splitlines() if line.startswith("coders:")] == ["human", "model", "all"]
    assert "coders: model (stability)" in page or "coders: model (agreement)" in page
    assert table.agreement_markdown(result).count("Coders: ") == 3
    assert table.coder_kinds(agreement.agreement(frames)) == ["all"]


def test_rows_without_a_value_are_counted_with_their_reasons() -> None:
    frame = pl.DataFrame({"difference": [0.5, None, None, None], "reason": [None, "a", "b", "b"]})
    rest, why = table.without_missing(frame, "difference")
    assert (rest["difference"].to_list(), why) == ([0.5], "3 of 4 say nothing: b (2); a (1)")
    assert table.without_missing(rest, "difference")[1] == ""
