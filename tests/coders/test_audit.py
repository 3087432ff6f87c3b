"""Audits: labels of a coder that ignores names follow the swap; for one that judges names, the effect is measured."""

import json
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from slantbank import cli, coders, measure
from slantbank.bank import Fact, Party, Sentence, Topic
from slantbank.bank import _article as article
from slantbank.bank import _topic as topics
from slantbank.bank._article import Article, Metadata
from tests.coders.stub import Stub, all_null, chat_response, requested
from tests.conftest import ROOT

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
    """Labels that ignore names: the first party of the sentence gets a negative stance, whatever its name is."""
    places = {party: line.find(name) for party, name in (("operator", "Meridane"), ("union", "Quayworkers")) if name in line}
    first = min(places, key=lambda party: places[party], default=None)
    loaded = ["shabby"] if "shabby" in line else []
    return labels(source_perspective=first or "neutral", stance={first: -1} if first else {}, loaded=loaded)


def unfair(line: str) -> dict[str, Any]:
    """Labels that judge names: Meridane gets a negative stance and loaded words wherever it is mentioned."""
    named = "Meridane" in line
    return labels(stance={"operator": -1} if named else {}, loaded=["shabby"] if named and "shabby" in line else [])


def coder(judge: Judge) -> coders.Coder:
    return lambda article_, topic: {"sentences": {str(n): judge(line) for n, line in enumerate(article_.lines)}}


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


def moved_by(bank: Path, judge: Judge) -> dict[str, dict[str, Any]]:
    planned = coders.plan_audit(coders.plan(bank, "coder", written=False))
    rows = [
        {
            "topic_id": result.topic,
            "article_id": result.article,
            "sentence_id": f"{result.article}:{n}",
            "layer": layer,
            "moved": moved,
            "lean": lean,
        }
        for result in coders.audit(planned, coder(judge))
        for n, layer, moved, lean in result.comparisons
    ]
    moved_frame = measure.moved_shares(pl.DataFrame(rows, infer_schema_length=None))
    assert all(row["low"] <= row["value"] <= row["high"] for row in moved_frame.to_dicts())
    assert set(moved_frame["rests_on"]) == {"articles"}
    return {row["layer"]: row for row in moved_frame.to_dicts()}


def shares(bank: Path, judge: Judge) -> dict[str, tuple[int, int]]:
    return {layer: (row["moved"], row["n_units"]) for layer, row in moved_by(bank, judge).items()}


def test_names_are_exchanged_only_in_text_title_and_facts(bank: Path) -> None:
    article_ = article.read(bank / "articles" / "t-1")
    swap = coders.party_swap(TOPIC)
    other, topic = coders.swap_article(article_, TOPIC, swap)
    assert (
        other.text
        == "United Quayworkers fined\n\nUnited Quayworkers's profit rose, said the Meridane Terminals.\nThe port is silent.\n"
    )
    assert (other.meta.title, len(other.lines)) == ("United Quayworkers fined", len(article_.lines))
    assert [(fact.text, fact.claimed_by) for fact in topic.fact] == [
        ("United Quayworkers offered a rise.", "union"),
        ("United Quayworkers was fined.", None),
    ]
    assert (topic.party, swap.party("union"), swap.party("neutral")) == (TOPIC.party, "operator", "neutral")


@given(st.lists(st.sampled_from(["Ada", "Bo", "ada", "x", "Adam", " ", ".", "\n"]), max_size=12).map("".join))
def test_a_swap_of_equally_many_names_is_its_own_inverse(text: str) -> None:
    swap = coders.PartySwap(("a", "b"), {"Ada": "Bo", "Bo": "Ada"})
    assert swap.text(swap.text(text)) == text


def test_labels_of_a_coder_that_ignores_names_do_not_move(bank: Path) -> None:
    moved = shares(bank, fair)
    assert moved == dict.fromkeys(coders.LAYERS, (0, 9))


def test_labels_of_a_coder_that_judges_names_move_only_in_layers_with_names(bank: Path) -> None:
    moved = shares(bank, unfair)
    assert moved["stance"] == (6, 9)
    assert moved["loaded"] == (1, 9)
    assert moved["claim_type"] == moved["attribution"] == (0, 9)


def test_the_lean_is_the_effect_of_names_and_0_for_a_coder_that_ignores_them(bank: Path) -> None:
    leans = {layer: row["lean"] for layer, row in moved_by(bank, fair).items()}
    assert leans == {"source_perspective": 0, "stance": 0, "loaded": None, "claim_type": None, "attribution": None}
    against_a = moved_by(bank, unfair)["stance"]
    # in six of nine sentences one party is named, in one of them both: Meridane is there in one coding, or in both
    assert against_a["lean"] == pytest.approx(-0.5 * (4 / 2 + 2) / 9)
    assert against_a["lean_low"] < against_a["lean"] < against_a["lean_high"]


@given(st.lists(st.sampled_from([-1, 0, 1, None]), min_size=4, max_size=4), st.sampled_from(["a", "b", "neutral"]))
def test_labels_that_follow_the_swap_do_not_move_and_have_no_lean(values: list[int | None], voice: str) -> None:
    swap = coders.PartySwap(("a", "b"), {"Ada": "Bo", "Bo": "Ada"})
    stance = {name: value for name, value in zip("abcd", values, strict=True) if value is not None}
    sentence = Sentence(n=0, text="x", stance=stance, source_perspective=voice)
    turned = {swap.party(name): value for name, value in stance.items()}
    other = Sentence(n=0, text="x", stance=turned, source_perspective=swap.party(voice))
    assert list(coders.compare_codings([sentence], [other], swap)) == [(0, "source_perspective", False, 0), (0, "stance", False, 0)]
    same = list(coders.compare_codings([sentence], [sentence], swap))
    assert [moved for _, _, moved, _ in same] == [voice != "neutral", stance.get("a") != stance.get("b")]


def test_words_that_identify_a_party_after_the_swap_are_found() -> None:
    swap = coders.party_swap(TOPIC)
    words = "Quayworkers of the company and Meridaners met; Dockers, dockers. The United Quayworkers of Meridane; a terminal."
    # of a name with a capital any word that begins so; of others, and of those that begin small, the name itself
    assert swap.remaining(words, TOPIC) == {"Quayworkers": 1, "company": 1, "Meridaners": 1, "Dockers": 1, "dockers": 1}
    more = coders.party_swap(TOPIC, {"company": "dockers", "Meridaners": "Quayworkers"})
    assert not more.remaining(words, TOPIC)
    assert more.text("Meridaners of the dockers; Dockers.") == "Quayworkers of the company; Company."


def test_real_parties_and_topics_with_one_side_are_left_out(bank: Path) -> None:
    planned = coders.plan_audit(coders.plan(bank, "coder", written=False))
    assert planned.left_out == {"t-3": "it is about real parties; names are exchanged in constructed texts"}
    with pytest.raises(ValueError, match="has no party on each side"):
        coders.party_swap(TOPIC.model_copy(update={"party": TOPIC.party[:1]}))


def test_given_names_are_exchanged_and_then_the_other_names_of_the_topic() -> None:
    swap = coders.party_swap(TOPIC, {"company": "union", "Meridane Terminals": "The Union"})
    assert swap.text("Company men met the Union. Meridane Terminals?") == "Union men met the Company. The Union?"
    assert swap.text("Meridane met the United Quayworkers.") == "United Quayworkers met the Meridane."


def test_swaps_in_the_shipped_bank_do_not_change_places_and_trades() -> None:
    tables = tomllib.loads((ROOT / "data/calibration/names.toml").read_text(encoding="utf-8"))
    planned = coders.plan_audit(coders.plan(ROOT / "data", "coder", written=False), tables)
    left = Counter(
        word.casefold()
        for article_, topic, swap in planned.articles.values()
        if topic.collection == "calibration"
        for word in swap.remaining(article_.text, topic)
    )
    places = {"culvershire", "corbreck", "easthollow", "skelbarrow", "tisnava", "vessenburg", "ysolde"}
    assert set(left) <= places | {"council", "factory", "mine", "tenants"}


def audit(bank: Path, *arguments: object) -> Result:
    result = CliRunner().invoke(cli.cli, ["audit", "--bank", str(bank), *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def respond(_: int, body: dict[str, Any]) -> Any:
    lines = dict(line.split("\t", 1) for line in body["messages"][1]["content"].split("\n") if "\t" in line)
    blank = {"source": "", "cue": "", "source_type": "", "source_party": ""}
    none = {"stance": all_null(body, "Parties"), "facts": all_null(body, "Facts")}
    rows = {str(n): blank | unfair(lines[str(n)]) for n in requested(body)}
    return chat_response(
        json.dumps({"sentences": {n: row | {key: none[key] | row[key] for key in none} for n, row in rows.items()}})
    )


def test_the_audit_shows_moved_labels_and_a_replay_shows_the_same(bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openai", reason="the extra `models` is not installed")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    before = {path: path.read_bytes() for path in sorted((bank / "articles").rglob("*")) if path.is_file()}
    with Stub(respond) as stub:
        first = audit(bank, "--model", "stub", "--base-url", stub.url)
        assert (first.exit_code, len(stub.requests)) == (0, 6)
        assert audit(bank, "--model", "stub", "--base-url", stub.url).stdout == first.stdout
        assert len(stub.requests) == 6
    lines = {line[:20].strip(): line.split() for line in first.stdout.split("\n")}
    assert lines["source perspective"][2:6] == ["0", "of", "9", "sentences"]
    assert lines["stance"][1:6] == ["6", "of", "9", "sentences", "0.67"]
    assert lines["stance"][-3] == "-0.22"
    assert audit(bank, "--replay", bank / "records/stub.jsonl").stdout == first.stdout
    table = audit(bank, "--replay", bank / "records/stub.jsonl", "--format", "csv").stdout
    assert table.splitlines()[0] == "layer,value,low,high,lean,lean_low,lean_high,rests_on,moved,n_units,n_clusters,reason"
    assert before == {path: path.read_bytes() for path in sorted((bank / "articles").rglob("*")) if path.is_file()}


def test_a_dry_run_of_an_audit_shows_the_swap_and_sends_no_request(bank: Path) -> None:
    shown = audit(bank, "--dry-run").stdout
    assert (
        "t-0: 3 names of operator and union exchanged\n  United Quayworkers strike at the port\n  Meridane Terminals strike"
        in shown
    )
    wrong = audit(bank, "--dry-run", "--exchange", "Meridane")
    assert (wrong.exit_code, "write NAME=NAME" in wrong.stderr) == (2, True)


def test_names_of_topics_are_read_from_a_file_and_errors_in_it_are_reported(bank: Path, tmp_path: Path) -> None:
    path = tmp_path / "names.toml"
    path.write_text('[dock-strike]\n"port" = "pier"\n', encoding="utf-8")
    shown = audit(bank, "--dry-run", "--names", path)
    assert (shown.exit_code, "Meridane Terminals strike at the pier" in shown.stdout) == (0, True)
    assert audit(bank, "t-1", "--dry-run", "--names", path).exit_code == 0
    for text, message in (
        ("[dock", "cannot be read as TOML"),
        ("[dock-strik]", "did you mean 'dock-strike'"),
        ("dock-strike = 1", "as a table"),
        ("[dock-strike]\nport = 1", "as a table"),
    ):
        path.write_text(text, encoding="utf-8")
        result = audit(bank, "--dry-run", "--names", path)
        assert (result.exit_code, message in " ".join(result.stderr.split())) == (2, True), result.stderr


def test_texts_with_remaining_names_are_counted_before_any_request(bank: Path) -> None:
    text = TEXTS[2].replace("Nobody", "The company")
    meta = Metadata(id="t-9", topic=TOPIC.id, title="Port waits", origin="constructed", source_sha256=article.sha256(text))
    article.write(Article(meta, text, text, {}), bank / "articles" / "t-9")
    assert "left, which may show who is meant: company (1)" in audit(bank, "--dry-run", "t-9").stdout
    record = bank / "r.jsonl"
    settings = {"annotator": "stub", "model": "stub"}
    record.write_text(json.dumps({"key": "x", "settings": settings, "error": "no"}) + "\n", encoding="utf-8")
    result = audit(bank, "--replay", record)
    assert result.exit_code == 1
    assert "1 of 4 texts may still show who is meant" in result.stderr
