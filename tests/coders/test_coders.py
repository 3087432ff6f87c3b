"""Models as coders: faults are sent back, labels that stay faulty are undecided, and a replay writes the same files."""

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
from tests.coders.stub import Stub, chat_response, labels, requested, respond_validly, valid_labels
from tests.conftest import ROOT

pytest.importorskip("openai", reason="the extra `models` is not installed")

MINIMAL = ROOT / "tests/articles/valid/minimal"
NAME = "alder-bridge-morning"


def broken(n: int, body: dict[str, Any]) -> dict[str, Any]:
    return {**valid_labels(n, body), "claim_type": "opinion"}


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


def test_the_prompt_has_every_rule_and_label_of_the_codebook_and_no_annotations() -> None:
    article_, topic = article.read(MINIMAL / "articles" / NAME), banks.topics(MINIMAL)["alder-bridge"]
    text = "\n".join(message["content"] for message in prompt.messages(article_, topic, range(2)))
    for rule in RULE_IDS:
        number, _, ruling = rule.partition(" ")
        assert (f"*{ruling}*:" if ruling else f"**{number}**" if "." in number else f"## {number}.") in text
    assert all(f"`{label}`: {label.definition}" in text for label in [*ClaimType, *Attribution])
    assert all(line in text for line in article_.lines)
    assert all(party.id in text for party in topic.party)
    for name in (article_.meta.outlet, article_.meta.author, *article_.annotations, "favours a", "favours b"):
        assert not name or name not in text.replace(article_.text, "")


def test_windows_cover_every_sentence_and_overlap() -> None:
    for count in range(1, 50):
        for size in range(1, 12):
            parts = coders.windows(count, size)
            assert sorted({n for part in parts for n in part}) == list(range(count))
            assert all(len(part) <= size for part in parts)
            if size > 2:
                assert all(set(earlier) & set(later) for earlier, later in itertools.pairwise(parts))


def test_a_run_writes_a_valid_annotation_and_names_the_model(bank: Path) -> None:
    with Stub(respond_validly) as stub:
        assert code(bank, url=stub.url).exit_code == 0
    annotator = next(entry for entry in article.read(bank / "articles" / NAME).meta.annotator if entry.id == "stub")
    assert annotator.model is not None
    assert (annotator.name, annotator.model.name, annotator.model.provider, annotator.model.fingerprint) == (
        "stub-1",
        "stub-1",
        "127.0.0.1",
        "fp",
    )
    assert (annotator.model.temperature, annotator.model.refusals, annotator.model.input_tokens) == (0.0, 0, 100)
    assert rules.check(bank) == []
    assert CliRunner().invoke(cli.cli, ["fmt", "--check", "--bank", str(bank)]).exit_code == 0
    shape = stub.requests[0]["response_format"]["json_schema"]["schema"]
    assert shape["properties"]["sentences"]["required"] == [str(n) for n in range(len(written(bank).sentence))]


def test_only_labels_that_break_a_rule_are_sent_back_to_the_model(bank: Path) -> None:
    def respond(number: int, body: dict[str, Any]) -> Any:
        return chat_response(
            labels(
                body,
                lambda n, _: {**broken(n, body), "loaded": ["nowhere here"]} if n == 1 and not number else valid_labels(n, body),
            )
        )

    with Stub(respond) as stub:
        assert code(bank, url=stub.url).exit_code == 0
    assert len(stub.requests) == 2
    correction = stub.requests[1]["messages"][-1]["content"]
    assert "1, claim_type: 'opinion'" in correction
    assert "1, loaded: 'nowhere here' is not in sentence 1" in correction
    assert requested(stub.requests[1]) == [1]
    assert not any(sentence.undecided for sentence in written(bank).sentence)


def test_a_label_that_stays_faulty_is_undecided_with_the_reason(bank: Path) -> None:
    with Stub(
        lambda _, body: chat_response(labels(body, lambda n, _: broken(n, body) if n == 0 else valid_labels(n, body)))
    ) as stub:
        assert code(bank, url=stub.url).exit_code == 0
    assert len(stub.requests) == 4  # and three rounds
    first = written(bank).sentence[0]
    assert first.claim_type is None
    assert first.undecided == ("claim_type",)
    assert first.note is not None
    assert "claim_type undecided: 'opinion'" in first.note
    assert {problem.code for problem in rules.check(bank)} == {"SB210"}


@pytest.mark.parametrize(
    ("answer", "reason", "requests"),
    [
        (chat_response(None, refusal="I would rather not."), "the model refused: I would rather not.", 1),
        (chat_response("", finish_reason="content_filter"), "the model refused: its answer was filtered", 1),
        (chat_response(""), "the answer is empty", 4),
        (chat_response(None), "the answer is empty", 4),
        (chat_response("Certainly! Here"), "the answer is not JSON", 4),
        (chat_response("[]"), "the answer is no object", 4),
        (chat_response('{"sentences": {}}'), "no labels", 4),
        (chat_response('{"sentences": {"0": 3, "1": [], "2": "x", "3": 0}}'), "not a table of labels", 4),
        (chat_response('{"sentences": {"0": {"undecided": "so"}, "1": {"stance": "x"}, "2": {}, "3": {}}}'), "missing", 4),
    ],
)
def test_an_invalid_response_leaves_its_sentences_undecided(bank: Path, answer: Any, reason: str, requests: int) -> None:
    with Stub(lambda *_: answer) as stub:
        assert code(bank, NAME, url=stub.url).exit_code == 0
    assert len(stub.requests) == requests
    for sentence in written(bank).sentence:
        assert sentence.claim_type is None
        assert sentence.stance is None
        assert reason in (sentence.note or "")


def test_a_truncated_response_is_requested_again_in_halves(bank: Path) -> None:
    def respond(_: int, body: dict[str, Any]) -> Any:
        return chat_response(labels(body)[:50], finish_reason="length") if len(requested(body)) > 1 else chat_response(labels(body))

    with Stub(respond) as stub:
        assert code(bank, NAME, url=stub.url).exit_code == 0
    assert [requested(body) for body in stub.requests] == [[0, 1, 2, 3], [0, 1], [0], [1], [2, 3], [2], [3]]
    assert not any(sentence.undecided for sentence in written(bank).sentence)


def test_a_single_sentence_with_a_truncated_response_is_undecided(bank: Path) -> None:
    with Stub(lambda *_: chat_response("{", finish_reason="length")) as stub:
        assert code(bank, NAME, "--max-tokens", 9, url=stub.url).exit_code == 0
    assert all("cut off after 9 tokens" in (sentence.note or "") for sentence in written(bank).sentence)


def test_a_white_space_runaway_falls_back_to_a_laxer_response_format(bank: Path) -> None:
    def respond(_: int, body: dict[str, Any]) -> Any:
        strict = body.get("response_format", {}).get("type") == "json_schema"
        return chat_response('{"sentences":' + " \n" * 200, finish_reason="length") if strict else chat_response(labels(body))

    with Stub(respond) as stub:
        assert code(bank, NAME, url=stub.url).exit_code == 0
    assert [body["response_format"]["type"] for body in stub.requests] == ["json_schema", "json_object"]
    assert not any(sentence.undecided for sentence in written(bank).sentence)
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
def test_unsupported_parameters_of_a_server_are_replaced_and_recorded(bank: Path, refused: list[str], kept: dict[str, Any]) -> None:
    def respond(_: int, body: dict[str, Any]) -> Any:
        unsupported = [name for name in refused if name in body or body.get("response_format", {}).get("type") == name]
        message = (
            f"Unsupported: 'response_format' of type {unsupported[0]}"
            if unsupported and "json" in unsupported[0]
            else f"Unsupported {unsupported}"
        )
        return (400, {"error": {"message": message}}) if unsupported else chat_response(labels(body))

    with Stub(respond) as stub:
        assert code(bank, NAME, "--max-tokens", 1000, url=stub.url).exit_code == 0
    last = stub.requests[-1]
    assert kept.items() <= last.items()
    assert not [name for name in refused if name in last or last.get("response_format", {}).get("type") == name]
    assert replayed(bank) == files(bank)
    if refused == ["temperature"]:
        annotator = article.read(bank / "articles" / NAME).meta.annotator[-1]
        assert annotator.model is not None
        assert annotator.model.temperature is None


@pytest.mark.parametrize("wrapped", ["```json\n{}\n```", "<think>{{so}}</think>\n{}", "  {}\n"])
def test_code_fences_and_reasoning_around_a_response_are_removed(bank: Path, wrapped: str) -> None:
    before, after = wrapped.split("{}")
    with Stub(lambda _, body: chat_response(before + labels(body) + after)) as stub:
        assert code(bank, NAME, url=stub.url).exit_code == 0
    assert len(stub.requests) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_server_errors_are_retried_and_counted(bank: Path, status: int) -> None:
    with Stub(
        lambda number, body: (status, {"error": {"message": "later"}}) if number < 2 else chat_response(labels(body))
    ) as stub:
        assert code(bank, NAME, url=stub.url).exit_code == 0
    assert len(stub.requests) == 3
    assert entries(bank)[-1]["retries"] == 2


def test_a_timeout_is_retried(bank: Path) -> None:
    held = threading.Event()

    def respond(number: int, body: dict[str, Any]) -> Any:
        if not number:
            held.wait(5)
        return chat_response(labels(body))

    with Stub(respond) as stub:
        assert code(bank, NAME, "--timeout", 0.5, url=stub.url).exit_code == 0
        held.set()
    assert len(stub.requests) == 2


@pytest.mark.parametrize("answer", [(401, {"error": {"message": "no key"}}), (200, b"<html>"), (200, {}), (200, [])])
def test_an_article_without_a_response_is_not_written_and_can_be_coded_later(bank: Path, answer: Any) -> None:
    before = files(bank)
    with Stub(lambda *_: answer) as stub:
        result = code(bank, NAME, url=stub.url)
        assert result.exit_code == 1
        assert "not coded:" in result.output
        assert files(bank) == before
        stub.respond = respond_validly
        assert code(bank, NAME, url=stub.url).exit_code == 0
    assert rules.check(bank) == []


def test_an_invalid_article_is_left_out_and_the_others_are_coded(bank: Path) -> None:
    shutil.copytree(bank / "articles" / NAME, bank / "articles" / "broken")
    (bank / "articles" / "broken" / "article.txt").write_text("Other words\n", encoding="utf-8")
    with Stub(respond_validly) as stub:
        result = code(bank, url=stub.url)
    assert result.exit_code == 1
    assert "broken: left out" in result.output
    assert len(written(bank).sentence) == 4


def replayed(bank: Path) -> dict[str, bytes]:
    """The files that a replay of the record writes in a fresh bank without a server, by their paths in `bank`."""
    fresh = bank.parent / "fresh"
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(MINIMAL, fresh)
    result = code(fresh, NAME, "--replay", bank / "records" / "stub.jsonl", model="")
    assert result.exit_code == 0, result.output
    return {name.replace(str(fresh), str(bank)): data for name, data in files(fresh).items()}


def test_a_record_replays_to_the_same_bytes_without_a_server(bank: Path) -> None:
    def respond(number: int, body: dict[str, Any]) -> Any:
        return chat_response(labels(body, lambda n, _: broken(n, body) if number % 2 == 0 and n == 0 else valid_labels(n, body)))

    with Stub(respond) as stub:
        assert code(bank, NAME, "--window", 1, url=stub.url).exit_code == 0
    assert replayed(bank) == files(bank)


def test_a_run_continues_where_it_stopped_and_ignores_an_incomplete_line(bank: Path) -> None:
    with Stub(respond_validly) as stub:
        assert code(bank, NAME, "--window", 1, "--jobs", 1, url=stub.url).exit_code == 0
        whole = files(bank)
        record = bank / "records" / "stub.jsonl"
        lines = record.read_bytes().splitlines(keepends=True)
        record.write_bytes(b"".join(lines[:3]) + lines[3][:40])
        asked = len(stub.requests)
        result = code(bank, NAME, "--window", 1, "--jobs", 1, url=stub.url)
        assert "cut off" in result.output
        assert len(stub.requests) == asked + 1
    assert len(entries(bank)) == 4
    assert {name: data for name, data in files(bank).items() if "annotations" in name} == {
        name: data for name, data in whole.items() if "annotations" in name
    }


def test_an_invalid_line_of_a_record_is_an_error_with_its_place(bank: Path) -> None:
    path = bank.parent / "r.jsonl"
    path.write_text("[]\n", encoding="utf-8")
    result = code(bank, "--replay", path, model="")
    assert result.exit_code == 2
    assert f"{path}:1: no entry of a record" in result.output


def test_a_spent_budget_stops_requests_and_keeps_the_record(bank: Path) -> None:
    with Stub(respond_validly) as stub:
        result = code(bank, NAME, "--window", 1, "--jobs", 1, "--budget", 110, url=stub.url)
        assert result.exit_code == 1
        assert "the budget of 110 tokens is spent" in result.output
        assert len(stub.requests) == 1
        assert code(bank, NAME, "--window", 1, "--jobs", 1, "--budget", 330, url=stub.url).exit_code == 0
        assert len(stub.requests) == 4


def test_a_record_is_not_written_to_a_bank_that_withholds_a_text(bank: Path) -> None:
    shutil.copytree(bank / "articles" / NAME, bank / "articles" / "shut")
    toml = bank / "articles" / "shut" / "article.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace(f'"{NAME}"', '"shut"'), encoding="utf-8")
    assert (
        CliRunner().invoke(cli.cli, ["strip", "shut", "--bank", str(bank), "--into", str(bank.parent / "stripped")]).exit_code == 0
    )
    stripped = bank.parent / "stripped"
    shutil.copytree(bank / "articles" / NAME, stripped / "articles" / NAME)
    with Stub(respond_validly) as stub:
        result = code(stripped, url=stub.url)
        assert result.exit_code == 2
        assert "a record holds texts" in result.output
        assert not stub.requests
        result = code(stripped, "--record", bank.parent / "r.jsonl", url=stub.url)
    assert result.exit_code == 1
    assert withheld.REFUSED.format("shut") in result.output
    assert len(stub.requests) == 1
    (stripped / "records").mkdir()
    shutil.copy(bank.parent / "r.jsonl", stripped / "records")
    assert [problem.path for problem in rules.check(stripped) if problem.code == "SB120"] == ["records/r.jsonl"]


def test_labels_of_another_annotator_are_never_overwritten(bank: Path) -> None:
    before = files(bank)
    other = article.read(bank / "articles" / NAME).meta.annotator[0].id
    with Stub(respond_validly) as stub:
        for name in (other, "gold", "No Id"):
            result = code(bank, NAME, "--annotator", name, url=stub.url)
            assert result.exit_code in (1, 2)
        assert not stub.requests
    assert files(bank) == before


def test_a_dry_run_shows_requests_without_sending_them(bank: Path) -> None:
    before = files(bank)
    assert "1 request, about" in code(bank, NAME, "--dry-run").output
    shown = code(bank, NAME, "--show-prompt", model="")
    assert "# Codebook" in shown.output
    assert files(bank) == before


def test_the_checklist_has_the_recorded_settings_and_gaps_for_the_author(bank: Path) -> None:
    assert code(bank, "--checklist", "--annotator", "stub").exit_code == 2
    with Stub(respond_validly) as stub:
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
    def mine(article_: article.Article, _: Any) -> dict[str, Any]:
        return {"sentences": {str(n): valid_labels(n, {}) for n in range(len(article_.lines))}}

    (result,) = coders.run(coders.plan(bank, "mine", [NAME]), mine, "mine")
    assert (result.reason, result.undecided) == (None, 0)
    assert rules.check(bank) == []


def test_an_exception_of_a_coder_is_the_reason_of_its_article(bank: Path) -> None:
    def mine(*_: Any) -> dict[str, Any]:
        raise RuntimeError("no")

    (result,) = coders.run(coders.plan(bank, "mine", [NAME]), mine, "mine")
    assert result.reason == "RuntimeError: no"


def test_stopping_keeps_finished_articles_and_sends_no_more_requests(bank: Path) -> None:
    for k in range(4):
        name = f"copy-{k}"
        shutil.copytree(bank / "articles" / NAME, bank / "articles" / name)
        toml = bank / "articles" / name / "article.toml"
        toml.write_text(toml.read_text(encoding="utf-8").replace(f'"{NAME}"', f'"{name}"'), encoding="utf-8")

    def respond(_: int, body: dict[str, Any]) -> Any:
        time.sleep(0.05)
        return chat_response(labels(body))

    with Stub(respond) as stub:
        model = coders.ModelCoder(coders.Settings("stub", "stub"), coders.RunRecord(None), coders.connect(stub.url))
        results: Iterator[coders.CodingResult] = coders.run(coders.plan(bank, "stub"), model, "stub")
        first = next(results)
        results.close()  # type: ignore[attr-defined]
        assert first.reason is None
        assert len(stub.requests) <= 2


def test_responses_made_of_the_banks_annotations_give_these_annotations(contents: Any) -> None:
    topics, articles = contents
    by_id = {topic.id: topic for topic in topics}
    for article_ in articles:
        for annotation in article_.annotations.values():
            rows = {str(row.n): answer(row) for row in annotation.sentence}
            validated = coders.validate_response({"sentences": rows}, article_, by_id[article_.meta.topic])
            assert not validated.faults
            for got, row in zip(validated.annotation.sentence, annotation.sentence, strict=True):
                assert got == row.model_copy(update={"decided_by": None})


def answer(row: article.Sentence) -> dict[str, Any]:
    values = article._sentence(row)
    return {key: value for key, value in values.items() if key not in ("n", "text", "decided_by")}


def test_a_party_or_fact_that_a_model_leaves_out_is_requested_again_and_else_undecided(bank: Path) -> None:
    def respond(number: int, body: dict[str, Any]) -> Any:
        return chat_response(
            labels(
                body, lambda n, _: {**valid_labels(n, body), "facts": {"bridge-closed": None}} if n == 1 else valid_labels(n, body)
            )
        )

    with Stub(respond) as stub:
        assert code(bank, url=stub.url).exit_code == 0
    assert "1, facts: no value for repair-cost; null says that there is none" in stub.requests[1]["messages"][-1]["content"]
    sentence = written(bank).sentence[1]
    assert (sentence.facts, sentence.undecided, sentence.stance) == (None, ("facts",), {})


def test_an_unknown_party_or_fact_is_no_label(bank: Path) -> None:
    odd = {"source_perspective": "snow", "stance": {"snow": 1}, "facts": {"raisd": ""}}
    article_, topic = article.read(MINIMAL / "articles" / NAME), banks.topics(MINIMAL)["alder-bridge"]
    validated = coders.validate_response({"sentences": {"0": {**valid_labels(0, {}), **odd}}}, article_, topic)
    assert {"source_perspective", "stance", "facts"} <= set(validated.faults[0])
    assert (validated.annotation.sentence[0].source_perspective, validated.annotation.sentence[0].stance) == (None, None)


def more(bank: Path, count: int) -> None:
    """Add unlabelled articles to the bank."""
    for k in range(count):
        text = f"Bridge of {k + 3} arches\n\nThe bridge has {k + 3} arches and was shut in {2001 + k}.\nIt rains on all {k + 3}.\n"
        title, url = text.split("\n", maxsplit=1)[0], f"https://example.org/{k}"
        meta = Metadata(
            id=f"more-{k}", topic="alder-bridge", title=title, origin="constructed", url=url, source_sha256=article.sha256(text)
        )
        article.write(Article(meta, text, text, {}), bank / "articles" / f"more-{k}")


def test_progress_is_shown_only_on_a_terminal(bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    more(bank, 1)
    with Stub(respond_validly) as stub:
        quiet = code(bank, "--jobs", 1, url=stub.url)
        assert (quiet.exit_code, "a minute" in quiet.output, "\x1b" in quiet.output) == (0, False, False)
        assert f"record: {bank / 'records' / 'stub.jsonl'}; 220 tokens spent\n" in quiet.stderr
        monkeypatch.setattr(
            "slantbank.cli._coders.sys", SimpleNamespace(stderr=SimpleNamespace(isatty=lambda: True), exit=sys.exit)
        )
        terminal = code(bank, "--jobs", 1, "--annotator", "second", url=stub.url)
    (line, last) = re.findall(r"\r(\d of [^\r]+)\r", terminal.stderr)
    assert re.fullmatch(r"1 of 2; [\d,]+ articles, [\d,]+ sentences a minute; 110 tokens; .*", line)
    assert last.startswith("2 of 2; ")
    assert terminal.stdout == quiet.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="a process there is sent no Ctrl-C alone")
def test_ctrl_c_keeps_finished_articles_and_the_same_command_continues(bank: Path) -> None:
    more(bank, 5)
    asked, held = threading.Event(), threading.Event()

    def respond(number: int, body: dict[str, Any]) -> Any:
        if number == 2:
            asked.set()
            held.wait(20)
        return chat_response(labels(body))

    with Stub(respond) as stub:
        command = ["code", "--bank", str(bank), "--base-url", stub.url, "--model", "stub", "--jobs", "1"]
        started = subprocess.Popen(
            [sys.executable, "-m", "slantbank", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert started.stdout is not None
        assert started.stderr is not None
        assert asked.wait(60)
        printed = [started.stdout.readline() for _ in range(2)]  # a line may come a moment after the request that follows it
        assert all(" sentences, 0 with" in line for line in printed), printed
        started.send_signal(signal.SIGINT)
        assert started.stderr.readline() == "stopping: waiting for the answers to open requests, which are kept\n"
        held.set()
        out, errors = started.communicate(timeout=60)
        assert (started.returncode, out.count(" sentences, 0 with"), "goes on from there" in errors) == (130, 0, True)
        there = [path.parents[1].name for path in sorted((bank / "articles").rglob("stub.toml"))]
        assert (len(there), len(stub.requests), len(entries(bank))) == (3, 3, 3)
        assert rules.check(bank) == []
        assert code(bank, url=stub.url).exit_code == 0
        assert len(stub.requests) == 6
    assert len(sorted((bank / "articles").rglob("stub.toml"))) == 6


def test_faults_keep_the_order_of_the_response_so_that_a_correction_can_be_replayed(bank: Path) -> None:
    draft = banks.draft(bank).articles[NAME]
    assert draft.article is not None
    unknown = ["tone", "bias", "mood", "slant", "genre", "frame"]
    faults = coders.validate_response(
        {"sentences": {"0": dict.fromkeys(unknown, "x")}}, draft.article, banks.topics(bank)["alder-bridge"]
    ).faults[0]
    assert [key for key in faults if key in unknown] == unknown
