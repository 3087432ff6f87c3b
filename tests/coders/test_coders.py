"""Models code by the codebook: faults go back, what stays faulty is undecided, and a record gives the same files again."""

import itertools
import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from slantbank import cli, coders, rules
from slantbank.bank import _article as article
from slantbank.bank import _bank as banks
from slantbank.bank import withheld
from slantbank.bank._article import Article, Metadata
from slantbank.codebook import RULE_IDS, Attribution, ClaimType
from slantbank.coders import _prompt as prompt
from tests.coders.stub import Stub, labels, plain, right, said, wanted
from tests.conftest import ROOT

pytest.importorskip("openai", reason="the extra `models` is not installed")

MINIMAL = ROOT / "tests/articles/valid/minimal"
NAME = "alder-bridge-morning"


def broken(n: int, body: dict[str, Any]) -> dict[str, Any]:
    return {**plain(n, body), "claim_type": "opinion"}


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    shutil.copytree(MINIMAL, tmp_path / "data")
    return tmp_path / "data"


def code(bank: Path, *arguments: object, url: str = "", model: str = "stub") -> Result:
    command = ["code", "--bank", str(bank), *(["--base-url", url] if url else []), *(["--model", model] if model else [])]
    result = CliRunner().invoke(cli.cli, [*command, *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def written(bank: Path, annotator: str = "stub", name: str = NAME) -> article.Annotation:
    return article.read(bank / "articles" / name).annotations[annotator]


def entries(bank: Path, annotator: str = "stub") -> list[dict[str, Any]]:
    lines = (bank / "records" / f"{annotator}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def files(bank: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted((bank / "articles").rglob("*")) if path.is_file()}


def test_the_prompt_has_every_rule_and_label_of_the_codebook_and_no_labels_of_others() -> None:
    one, about = article.read(MINIMAL / "articles" / NAME), banks.topics(MINIMAL)["alder-bridge"]
    text = "\n".join(message["content"] for message in prompt.messages(one, about, range(2)))
    for rule in RULE_IDS:
        number, _, ruling = rule.partition(" ")
        assert (f"*{ruling}*:" if ruling else f"**{number}**" if "." in number else f"## {number}.") in text
    assert all(f"`{label}`: {label.definition}" in text for label in [*ClaimType, *Attribution])
    assert all(line in text for line in one.lines)
    assert all(party.id in text for party in about.party)
    for name in (one.meta.outlet, one.meta.author, *one.annotations, "favours a", "favours b"):
        assert not name or name not in text.replace(one.text, "")


def test_windows_cover_every_sentence_and_overlap() -> None:
    for count in range(1, 50):
        for size in range(1, 12):
            parts = coders.windows(count, size)
            assert sorted({n for part in parts for n in part}) == list(range(count))
            assert all(len(part) <= size for part in parts)
            if size > 2:
                assert all(set(one) & set(other) for one, other in itertools.pairwise(parts))


def test_a_run_writes_an_annotation_that_keeps_the_rules_and_says_who_coded(bank: Path) -> None:
    with Stub(right) as stub:
        assert code(bank, url=stub.url).exit_code == 0
    who = next(one for one in article.read(bank / "articles" / NAME).meta.annotator if one.id == "stub")
    assert who.model is not None
    assert (who.name, who.model.name, who.model.provider, who.model.fingerprint) == ("stub-1", "stub-1", "127.0.0.1", "fp")
    assert (who.model.temperature, who.model.refusals, who.model.input_tokens) == (0.0, 0, 100)
    assert rules.check(bank) == []
    assert CliRunner().invoke(cli.cli, ["fmt", "--check", "--bank", str(bank)]).exit_code == 0
    shape = stub.asked[0]["response_format"]["json_schema"]["schema"]
    assert shape["properties"]["sentences"]["required"] == [str(n) for n in range(len(written(bank).sentence))]


def test_what_breaks_a_rule_goes_back_to_the_model_and_only_that(bank: Path) -> None:
    def speak(number: int, body: dict[str, Any]) -> Any:
        return said(
            labels(body, lambda n, _: {**broken(n, body), "loaded": ["nowhere here"]} if n == 1 and not number else plain(n, body))
        )

    with Stub(speak) as stub:
        assert code(bank, url=stub.url).exit_code == 0
    assert len(stub.asked) == 2
    told = stub.asked[1]["messages"][-1]["content"]
    assert "1, claim_type: 'opinion'" in told
    assert "1, loaded: 'nowhere here' is not in sentence 1" in told
    assert wanted(stub.asked[1]) == [1]
    assert not any(one.undecided for one in written(bank).sentence)


def test_what_stays_faulty_is_undecided_with_the_reason_and_never_a_default(bank: Path) -> None:
    with Stub(lambda _, body: said(labels(body, lambda n, _: broken(n, body) if n == 0 else plain(n, body)))) as stub:
        assert code(bank, url=stub.url).exit_code == 0
    assert len(stub.asked) == 4  # and three rounds
    first = written(bank).sentence[0]
    assert first.claim_type is None
    assert first.undecided == ("claim_type",)
    assert first.note is not None
    assert "claim_type undecided: 'opinion'" in first.note
    assert {problem.code for problem in rules.check(bank)} == {"SB210"}


@pytest.mark.parametrize(
    ("answer", "reason", "requests"),
    [
        (said(None, refusal="I would rather not."), "the model refused: I would rather not.", 1),
        (said("", finish_reason="content_filter"), "the model refused: its answer was filtered", 1),
        (said(""), "the answer is empty", 4),
        (said(None), "the answer is empty", 4),
        (said("Certainly! Here"), "the answer is not JSON", 4),
        (said("[]"), "the answer is no object", 4),
        (said('{"sentences": {}}'), "no labels", 4),
        (said('{"sentences": {"0": 3, "1": [], "2": "x", "3": 0}}'), "not a table of labels", 4),
        (said('{"sentences": {"0": {"undecided": "so"}, "1": {"stance": "x"}, "2": {}, "3": {}}}'), "missing", 4),
    ],
)
def test_what_is_no_answer_is_undecided(bank: Path, answer: Any, reason: str, requests: int) -> None:
    with Stub(lambda *_: answer) as stub:
        assert code(bank, NAME, url=stub.url).exit_code == 0
    assert len(stub.asked) == requests
    for sentence in written(bank).sentence:
        assert sentence.claim_type is None
        assert sentence.stance is None
        assert reason in (sentence.note or "")


def test_an_answer_that_is_cut_off_is_asked_for_in_halves(bank: Path) -> None:
    def speak(_: int, body: dict[str, Any]) -> Any:
        return said(labels(body)[:50], finish_reason="length") if len(wanted(body)) > 1 else said(labels(body))

    with Stub(speak) as stub:
        assert code(bank, NAME, url=stub.url).exit_code == 0
    assert [wanted(body) for body in stub.asked] == [[0, 1, 2, 3], [0, 1], [0], [1], [2, 3], [2], [3]]
    assert not any(one.undecided for one in written(bank).sentence)


def test_a_single_sentence_that_is_cut_off_is_undecided(bank: Path) -> None:
    with Stub(lambda *_: said("{", finish_reason="length")) as stub:
        assert code(bank, NAME, "--max-tokens", 9, url=stub.url).exit_code == 0
    assert all("cut off after 9 tokens" in (one.note or "") for one in written(bank).sentence)


def test_a_runaway_of_white_space_makes_the_form_laxer(bank: Path) -> None:
    def speak(_: int, body: dict[str, Any]) -> Any:
        strict = body.get("response_format", {}).get("type") == "json_schema"
        return said('{"sentences":' + " \n" * 200, finish_reason="length") if strict else said(labels(body))

    with Stub(speak) as stub:
        assert code(bank, NAME, url=stub.url).exit_code == 0
    assert [body["response_format"]["type"] for body in stub.asked] == ["json_schema", "json_object"]
    assert not any(one.undecided for one in written(bank).sentence)
    assert replayed(bank) == files(bank)


@pytest.mark.parametrize(
    ("refused", "kept"),
    [
        (["json_schema"], {"response_format": {"type": "json_object"}}),
        (["json_schema", "json_object"], {}),
        (["max_tokens"], {"max_completion_tokens": 1000}),
        (["temperature"], {"max_tokens": 1000}),
    ],
)
def test_dialects_of_servers_are_met_and_recorded(bank: Path, refused: list[str], kept: dict[str, Any]) -> None:
    def speak(_: int, body: dict[str, Any]) -> Any:
        told = [name for name in refused if name in body or body.get("response_format", {}).get("type") == name]
        message = f"Unsupported: 'response_format' of type {told[0]}" if told and "json" in told[0] else f"Unsupported {told}"
        return (400, {"error": {"message": message}}) if told else said(labels(body))

    with Stub(speak) as stub:
        assert code(bank, NAME, "--max-tokens", 1000, url=stub.url).exit_code == 0
    last = stub.asked[-1]
    assert kept.items() <= last.items()
    assert not [name for name in refused if name in last or last.get("response_format", {}).get("type") == name]
    assert replayed(bank) == files(bank)
    if refused == ["temperature"]:
        who = article.read(bank / "articles" / NAME).meta.annotator[-1]
        assert who.model is not None
        assert who.model.temperature is None


@pytest.mark.parametrize("wrapped", ["```json\n{}\n```", "<think>{{so}}</think>\n{}", "  {}\n"])
def test_fences_and_trains_of_thought_around_an_answer_are_no_faults(bank: Path, wrapped: str) -> None:
    before, after = wrapped.split("{}")
    with Stub(lambda _, body: said(before + labels(body) + after)) as stub:
        assert code(bank, NAME, url=stub.url).exit_code == 0
    assert len(stub.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_errors_of_the_server_are_tried_again_and_counted(bank: Path, status: int) -> None:
    with Stub(lambda number, body: (status, {"error": {"message": "later"}}) if number < 2 else said(labels(body))) as stub:
        assert code(bank, NAME, url=stub.url).exit_code == 0
    assert len(stub.asked) == 3
    assert entries(bank)[-1]["retries"] == 2


def test_a_timeout_is_tried_again(bank: Path) -> None:
    held = threading.Event()

    def speak(number: int, body: dict[str, Any]) -> Any:
        if not number:
            held.wait(5)
        return said(labels(body))

    with Stub(speak) as stub:
        assert code(bank, NAME, "--timeout", 0.5, url=stub.url).exit_code == 0
        held.set()
    assert len(stub.asked) == 2


@pytest.mark.parametrize("answer", [(401, {"error": {"message": "no key"}}), (200, b"<html>"), (200, {}), (200, [])])
def test_an_article_without_an_answer_is_not_written_and_can_be_coded_later(bank: Path, answer: Any) -> None:
    before = files(bank)
    with Stub(lambda *_: answer) as stub:
        result = code(bank, NAME, url=stub.url)
        assert result.exit_code == 1
        assert "not coded:" in result.output
        assert files(bank) == before
        stub.speak = right
        assert code(bank, NAME, url=stub.url).exit_code == 0
    assert rules.check(bank) == []


def test_a_bad_article_does_not_sink_a_run(bank: Path) -> None:
    shutil.copytree(bank / "articles" / NAME, bank / "articles" / "broken")
    (bank / "articles" / "broken" / "article.txt").write_text("Other words\n", encoding="utf-8")
    with Stub(right) as stub:
        result = code(bank, url=stub.url)
    assert result.exit_code == 1
    assert "broken: left out" in result.output
    assert len(written(bank).sentence) == 4


def replayed(bank: Path) -> dict[str, bytes]:
    """What the record writes without a server, in a bank that has no annotation by the model yet; by the paths in `bank`."""
    fresh = bank.parent / "fresh"
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(MINIMAL, fresh)
    result = code(fresh, NAME, "--replay", bank / "records" / "stub.jsonl", model="")
    assert result.exit_code == 0, result.output
    return {name.replace(str(fresh), str(bank)): data for name, data in files(fresh).items()}


def test_a_record_replays_to_the_same_bytes_without_a_server(bank: Path) -> None:
    def speak(number: int, body: dict[str, Any]) -> Any:
        return said(labels(body, lambda n, _: broken(n, body) if number % 2 == 0 and n == 0 else plain(n, body)))

    with Stub(speak) as stub:
        assert code(bank, NAME, "--window", 1, url=stub.url).exit_code == 0
    assert replayed(bank) == files(bank)


def test_a_run_goes_on_where_it_stopped_and_a_torn_line_is_passed_over(bank: Path) -> None:
    with Stub(right) as stub:
        assert code(bank, NAME, "--window", 1, "--jobs", 1, url=stub.url).exit_code == 0
        whole = files(bank)
        record = bank / "records" / "stub.jsonl"
        lines = record.read_bytes().splitlines(keepends=True)
        record.write_bytes(b"".join(lines[:3]) + lines[3][:40])
        asked = len(stub.asked)
        result = code(bank, NAME, "--window", 1, "--jobs", 1, url=stub.url)
        assert "cut off" in result.output
        assert len(stub.asked) == asked + 1
    assert len(entries(bank)) == 4
    assert {name: data for name, data in files(bank).items() if "annotations" in name} == {
        name: data for name, data in whole.items() if "annotations" in name
    }


def test_a_line_that_is_no_entry_is_told_with_its_place(bank: Path) -> None:
    path = bank.parent / "r.jsonl"
    path.write_text("[]\n", encoding="utf-8")
    result = code(bank, "--replay", path, model="")
    assert result.exit_code == 2
    assert f"{path}:1: no entry of a record" in result.output


def test_the_budget_ends_the_asking_and_keeps_what_is_done(bank: Path) -> None:
    with Stub(right) as stub:
        result = code(bank, NAME, "--window", 1, "--jobs", 1, "--budget", 110, url=stub.url)
        assert result.exit_code == 1
        assert "the budget of 110 tokens is spent" in result.output
        assert len(stub.asked) == 1
        assert code(bank, NAME, "--window", 1, "--jobs", 1, "--budget", 330, url=stub.url).exit_code == 0
        assert len(stub.asked) == 4


def test_a_record_stays_out_of_a_bank_that_withholds_a_text(bank: Path) -> None:
    shutil.copytree(bank / "articles" / NAME, bank / "articles" / "shut")
    toml = bank / "articles" / "shut" / "article.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace(f'"{NAME}"', '"shut"'), encoding="utf-8")
    assert (
        CliRunner().invoke(cli.cli, ["strip", "shut", "--bank", str(bank), "--into", str(bank.parent / "stripped")]).exit_code == 0
    )
    stripped = bank.parent / "stripped"
    shutil.copytree(bank / "articles" / NAME, stripped / "articles" / NAME)
    with Stub(right) as stub:
        result = code(stripped, url=stub.url)
        assert result.exit_code == 2
        assert "a record holds texts" in result.output
        assert not stub.asked
        result = code(stripped, "--record", bank.parent / "r.jsonl", url=stub.url)
    assert result.exit_code == 1
    assert withheld.REFUSED.format("shut") in result.output
    assert len(stub.asked) == 1
    (stripped / "records").mkdir()
    shutil.copy(bank.parent / "r.jsonl", stripped / "records")
    assert [problem.path for problem in rules.check(stripped) if problem.code == "SB120"] == ["records/r.jsonl"]


def test_labels_of_another_are_never_written_over(bank: Path) -> None:
    before = files(bank)
    other = article.read(bank / "articles" / NAME).meta.annotator[0].id
    with Stub(right) as stub:
        for name in (other, "gold", "No Id"):
            result = code(bank, NAME, "--annotator", name, url=stub.url)
            assert result.exit_code in (1, 2)
        assert not stub.asked
    assert files(bank) == before


def test_what_would_be_asked_is_told_without_asking(bank: Path) -> None:
    before = files(bank)
    assert "1 request, about" in code(bank, NAME, "--dry-run").output
    shown = code(bank, NAME, "--show-prompt", model="")
    assert "# Codebook" in shown.output
    assert files(bank) == before


def test_the_checklist_says_what_was_asked_and_what_the_author_must_fill_in(bank: Path) -> None:
    assert code(bank, "--checklist", "--annotator", "stub").exit_code == 2
    with Stub(right) as stub:
        assert code(bank, url=stub.url).exit_code == 0
    page = code(bank, "--checklist", "--annotator", "stub").output
    assert "`stub-1`, as returned by 127.0.0.1; fingerprint fp" in page
    assert "**B.4 Fine-tuning, customization.** **To be filled in by the author.**" in page
    assert [
        number
        for number in ["A.1", "A.2", "B.1", "B.2", "B.3", "B.4", "B.5", "C.1", "C.2", "D.1", "E.1", "E.2", "F.1", "G.1"]
        if f"**{number} " not in page
    ] == []


def test_any_function_from_an_article_to_labels_is_a_coder(bank: Path) -> None:
    def mine(one: article.Article, _: Any) -> dict[str, Any]:
        return {"sentences": {str(n): plain(n, {}) for n in range(len(one.lines))}}

    (done,) = coders.run(coders.plan(bank, "mine", [NAME]), mine, "mine")
    assert (done.reason, done.undecided) == (None, 0)
    assert rules.check(bank) == []


def test_a_coder_that_raises_is_told_and_the_others_go_on(bank: Path) -> None:
    def mine(*_: Any) -> dict[str, Any]:
        raise RuntimeError("no")

    (done,) = coders.run(coders.plan(bank, "mine", [NAME]), mine, "mine")
    assert done.reason == "RuntimeError: no"


def test_stopping_keeps_what_is_done_and_asks_nothing_more(bank: Path) -> None:
    for k in range(4):
        name = f"copy-{k}"
        shutil.copytree(bank / "articles" / NAME, bank / "articles" / name)
        toml = bank / "articles" / name / "article.toml"
        toml.write_text(toml.read_text(encoding="utf-8").replace(f'"{NAME}"', f'"{name}"'), encoding="utf-8")

    def speak(_: int, body: dict[str, Any]) -> Any:
        time.sleep(0.05)
        return said(labels(body))

    with Stub(speak) as stub:
        model = coders.ModelCoder(coders.Settings("stub", "stub"), coders.RunRecord(None), coders.connect(stub.url))
        done: Iterator[coders.CodingResult] = coders.run(coders.plan(bank, "stub"), model, "stub")
        first = next(done)
        done.close()  # type: ignore[attr-defined]
        assert first.reason is None
        assert len(stub.asked) <= 2


def test_answers_in_the_form_of_the_banks_coders_give_their_annotations(contents: Any) -> None:
    topics, articles = contents
    by_id = {one.id: one for one in topics}
    for one in articles:
        for annotation in one.annotations.values():
            rows = {str(row.n): answer(row) for row in annotation.sentence}
            found = coders.validate_response({"sentences": rows}, one, by_id[one.meta.topic])
            assert not found.faults
            for got, row in zip(found.annotation.sentence, annotation.sentence, strict=True):
                assert got == row.model_copy(update={"decided_by": None})


def answer(row: article.Sentence) -> dict[str, Any]:
    values = article._sentence(row)
    return {key: value for key, value in values.items() if key not in ("n", "text", "decided_by")}


def test_what_a_model_leaves_out_is_asked_for_again_and_else_undecided_for_null_says_none(bank: Path) -> None:
    def speak(number: int, body: dict[str, Any]) -> Any:
        return said(labels(body, lambda n, _: {**plain(n, body), "facts": {"bridge-closed": None}} if n == 1 else plain(n, body)))

    with Stub(speak) as stub:
        assert code(bank, url=stub.url).exit_code == 0
    assert "1, facts: no value for repair-cost; null says that there is none" in stub.asked[1]["messages"][-1]["content"]
    one = written(bank).sentence[1]
    assert (one.facts, one.undecided, one.stance) == (None, ("facts",), {})


def test_a_party_or_fact_that_the_topic_has_not_is_no_label(bank: Path) -> None:
    odd = {"source_perspective": "snow", "stance": {"snow": 1}, "facts": {"raisd": ""}}
    one, about = article.read(MINIMAL / "articles" / NAME), banks.topics(MINIMAL)["alder-bridge"]
    found = coders.validate_response({"sentences": {"0": {**plain(0, {}), **odd}}}, one, about)
    assert {"source_perspective", "stance", "facts"} <= set(found.faults[0])
    assert (found.annotation.sentence[0].source_perspective, found.annotation.sentence[0].stance) == (None, None)


def more(bank: Path, count: int) -> None:
    """Put more accounts into the bank, that nobody has labelled."""
    for k in range(count):
        text = f"Bridge of {k + 3} arches\n\nThe bridge has {k + 3} arches and was shut in {2001 + k}.\nIt rains on all {k + 3}.\n"
        title, url = text.split("\n", maxsplit=1)[0], f"https://example.org/{k}"
        meta = Metadata(
            id=f"more-{k}", topic="alder-bridge", title=title, origin="constructed", url=url, source_sha256=article.sha256(text)
        )
        article.write(Article(meta, text, text, {}), bank / "articles" / f"more-{k}")


def test_progress_is_told_on_a_terminal_alone(bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    more(bank, 1)
    with Stub(right) as stub:
        quiet = code(bank, "--jobs", 1, url=stub.url)
        assert (quiet.exit_code, "a minute" in quiet.output, "\x1b" in quiet.output) == (0, False, False)
        assert f"record: {bank / 'records' / 'stub.jsonl'}; 220 tokens spent\n" in quiet.stderr
        monkeypatch.setattr(
            "slantbank.cli._coders.sys", SimpleNamespace(stderr=SimpleNamespace(isatty=lambda: True), exit=sys.exit)
        )
        told = code(bank, "--jobs", 1, "--annotator", "second", url=stub.url)
    (line, last) = re.findall(r"\r(\d of [^\r]+)\r", told.stderr)
    assert re.fullmatch(r"1 of 2; [\d,]+ articles, [\d,]+ sentences a minute; 110 tokens; .*", line)
    assert last.startswith("2 of 2; ")
    assert told.stdout == quiet.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="a process there is sent no Ctrl-C alone")
def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(bank: Path) -> None:
    more(bank, 5)
    asked, held = threading.Event(), threading.Event()

    def speak(number: int, body: dict[str, Any]) -> Any:
        if number == 2:
            asked.set()
            held.wait(20)
        return said(labels(body))

    with Stub(speak) as stub:
        command = ["code", "--bank", str(bank), "--base-url", stub.url, "--model", "stub", "--jobs", "1"]
        started = subprocess.Popen(
            [sys.executable, "-m", "slantbank", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert asked.wait(60)
        started.send_signal(signal.SIGINT)
        assert started.stderr is not None
        assert started.stderr.readline() == "stopping: waiting for the answers to open requests, which are kept\n"
        held.set()
        out, told = started.communicate(timeout=60)
        assert (started.returncode, out.count(" sentences, 0 with"), "goes on from there" in told) == (130, 2, True)
        there = [path.parents[1].name for path in sorted((bank / "articles").rglob("stub.toml"))]
        assert (len(there), len(stub.asked), len(entries(bank))) == (3, 3, 3)
        assert rules.check(bank) == []
        assert code(bank, url=stub.url).exit_code == 0
        assert len(stub.asked) == 6
    assert len(sorted((bank / "articles").rglob("stub.toml"))) == 6


def test_faults_are_in_the_order_of_the_response_so_that_a_correction_has_the_same_hash_in_a_replay(bank: Path) -> None:
    draft = banks.draft(bank).articles[NAME]
    assert draft.article is not None
    unknown = ["tone", "bias", "mood", "slant", "genre", "frame"]
    faults = coders.validate_response(
        {"sentences": {"0": dict.fromkeys(unknown, "x")}}, draft.article, banks.topics(bank)["alder-bridge"]
    ).faults[0]
    assert [key for key in faults if key in unknown] == unknown
