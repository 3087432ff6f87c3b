"""A coder that judges what is said follows exchanged names; one that judges names is found out, and by how much."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from slantbank import cli, coders, measure
from slantbank.bank import Fact, Party, Topic
from slantbank.bank import _article as article
from slantbank.bank import _topic as topics
from slantbank.bank._article import Article, Metadata
from tests.coders.stub import Stub, nothing, said, wanted

TOPIC = Topic(
    id="dock-strike",
    axis="none",
    title="The strike at the port",
    party=(
        Party(id="operator", name="Meridane Terminals, which runs the port", aliases=("Meridane", "the company"), side="a"),
        Party(id="union", name="The United Quayworkers, its officers", aliases=("the dockers",), side="b"),
    ),
    fact=(
        Fact(id="offer", text="Meridane offered a rise.", disputed=True, claimed_by="operator"),
        Fact(id="fine", text="Meridane was fined."),
    ),
)
TEXTS = (
    "United Quayworkers strike at the port\n\nMeridane Terminals has offered a shabby rise.\nThe United Quayworkers refused it.\n",
    "Meridane fined\n\nMeridane's profit rose, said the United Quayworkers.\nThe port is silent.\n",
    "Port waits\n\nThe shabby talks between Meridane and the United Quayworkers failed.\nNobody spoke.\n",
)
Judge = Callable[[str], dict[str, Any]]


def labels(**own: Any) -> dict[str, Any]:
    return {"claim_type": "factual", "attribution": "author", "source_perspective": "neutral", "stance": {}, "facts": {}} | own


def fair(line: str) -> dict[str, Any]:
    """Labels that go by what is said: who stands first in the sentence is shown badly, whatever its name is."""
    places = {party: line.find(name) for party, name in (("operator", "Meridane"), ("union", "Quayworkers")) if name in line}
    first = min(places, key=lambda party: places[party], default=None)
    loaded = ["shabby"] if "shabby" in line else []
    return labels(source_perspective=first or "neutral", stance={first: -1} if first else {}, loaded=loaded)


def unfair(line: str) -> dict[str, Any]:
    """Labels that go by the name: Meridane is shown badly wherever it stands, and what is said of it is loaded."""
    named = "Meridane" in line
    return labels(stance={"operator": -1} if named else {}, loaded=["shabby"] if named and "shabby" in line else [])


def coder(judge: Judge) -> coders.Coder:
    return lambda one, about: {"sentences": {str(n): judge(line) for n, line in enumerate(one.lines)}}


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """A bank of three invented accounts, and one that was published."""
    (tmp_path / "topics").mkdir()
    topics.write(TOPIC, tmp_path / "topics")
    for k, text in enumerate([*TEXTS, TEXTS[0].replace("shabby", "small")]):
        origin = "constructed" if k < len(TEXTS) else "published"
        meta = Metadata(id=f"t-{k}", topic=TOPIC.id, title=text.split("\n")[0], origin=origin, source_sha256=article.sha256(text))
        article.write(Article(meta, text, text, {}), tmp_path / "articles" / f"t-{k}")
    return tmp_path


def shares(bank: Path, judge: Judge) -> dict[str, tuple[int, int]]:
    planned = coders.pairs(coders.plan(bank, "coder", written=False))
    rows = [
        {"topic_id": done.topic, "article_id": done.article, "sentence_id": f"{done.article}:{n}", "layer": layer, "moved": moved}
        for done in coders.audit(planned, coder(judge))
        for n, layer, moved in done.moves
    ]
    found = measure.moved(pl.DataFrame(rows))
    assert all(row["low"] <= row["value"] <= row["high"] for row in found.to_dicts())
    assert set(found["rests_on"]) == {"articles"}
    return {row["layer"]: (row["moved"], row["n_units"]) for row in found.to_dicts()}


def test_names_are_exchanged_in_text_title_and_facts_and_nothing_else(bank: Path) -> None:
    one = article.read(bank / "articles" / "t-1")
    way = coders.exchange(TOPIC)
    other, about = coders.swapped(one, TOPIC, way)
    assert (
        other.text
        == "United Quayworkers fined\n\nUnited Quayworkers's profit rose, said the Meridane Terminals.\nThe port is silent.\n"
    )
    assert (other.meta.title, len(other.lines)) == ("United Quayworkers fined", len(one.lines))
    assert [(fact.text, fact.claimed_by) for fact in about.fact] == [
        ("United Quayworkers offered a rise.", "union"),
        ("United Quayworkers was fined.", None),
    ]
    assert (about.party, way.party("union"), way.party("neutral"), way.party(None)) == (TOPIC.party, "operator", "neutral", None)


@given(st.lists(st.sampled_from(["Ada", "Bo", "ada", "x", "Adam", " ", ".", "\n"]), max_size=12).map("".join))
def test_an_exchange_of_as_many_names_is_its_own_inverse(text: str) -> None:
    way = coders.Exchange(("a", "b"), {"Ada": "Bo", "Bo": "Ada"})
    assert way.text(way.text(text)) == text


def test_a_coder_that_goes_by_what_is_said_does_not_move(bank: Path) -> None:
    found = shares(bank, fair)
    assert found == dict.fromkeys(coders.LAYERS, (0, 9))


def test_a_coder_that_goes_by_names_moves_where_they_stand_and_not_in_other_layers(bank: Path) -> None:
    found = shares(bank, unfair)
    assert found["stance"] == (6, 9)
    assert found["loaded"] == (1, 9)
    assert found["claim_type"] == found["attribution"] == (0, 9)


def test_real_parties_and_topics_of_one_side_are_left_out(bank: Path) -> None:
    planned = coders.pairs(coders.plan(bank, "coder", written=False))
    assert planned.left_out == {"t-3": "it is about real parties; names are exchanged in constructed texts"}
    with pytest.raises(ValueError, match="has no party on each side"):
        coders.exchange(TOPIC.model_copy(update={"party": TOPIC.party[:1]}))


def test_names_that_are_given_count_before_those_of_the_topic(bank: Path) -> None:
    way = coders.exchange(TOPIC, {"company": "union"})
    assert way.text("Company men met the Union. Meridane?") == "Union men met the Company. Meridane?"


def audit(bank: Path, *arguments: object) -> Result:
    result = CliRunner().invoke(cli.cli, ["audit", "--bank", str(bank), *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def speak(_: int, body: dict[str, Any]) -> Any:
    lines = dict(line.split("\t", 1) for line in body["messages"][1]["content"].split("\n") if "\t" in line)
    blank = {"source": "", "cue": "", "source_type": "", "source_party": ""}
    none = {"stance": nothing(body, "Parties"), "facts": nothing(body, "Facts")}
    rows = {str(n): blank | unfair(lines[str(n)]) for n in wanted(body)}
    return said(json.dumps({"sentences": {n: row | {key: none[key] | row[key] for key in none} for n, row in rows.items()}}))


def test_the_command_tells_what_moved_and_a_record_tells_it_again_without_a_server(
    bank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openai", reason="the extra `models` is not installed")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    before = {path: path.read_bytes() for path in sorted((bank / "articles").rglob("*")) if path.is_file()}
    with Stub(speak) as stub:
        first = audit(bank, "--model", "stub", "--base-url", stub.url)
        assert (first.exit_code, len(stub.asked)) == (0, 6)
        assert audit(bank, "--model", "stub", "--base-url", stub.url).stdout == first.stdout
        assert len(stub.asked) == 6
    assert first.stdout.startswith("source perspective   moved in 0 of 9 sentences")
    assert "\nstance               moved in 6 of 9 sentences            0.67 (" in first.stdout
    assert audit(bank, "--replay", bank / "records/stub.jsonl").stdout == first.stdout
    table = audit(bank, "--replay", bank / "records/stub.jsonl", "--format", "csv").stdout
    assert table.splitlines()[0] == "layer,value,low,high,rests_on,moved,n_units,n_clusters,reason"
    assert before == {path: path.read_bytes() for path in sorted((bank / "articles").rglob("*")) if path.is_file()}


def test_what_would_be_exchanged_is_shown_without_asking(bank: Path) -> None:
    shown = audit(bank, "--dry-run").stdout
    assert (
        "t-0: 3 names of operator and union exchanged\n  United Quayworkers strike at the port\n  Meridane Terminals strike"
        in shown
    )
    wrong = audit(bank, "--dry-run", "--exchange", "Meridane")
    assert (wrong.exit_code, "write NAME=NAME" in wrong.stderr) == (2, True)
