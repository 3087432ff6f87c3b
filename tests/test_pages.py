"""The figures in pages agree with the labels of the bank."""

import csv
import json
import math
import re
from pathlib import Path

import polars as pl
import pytest
from benchmarks import findings, labels, people, validity

import slantbank
from tests.conftest import ROOT

CORPORA = ROOT.parent / "shared" / "corpora"


def test_the_page_of_labels_is_up_to_date() -> None:
    assert (ROOT / "docs" / "labels.md").read_text(encoding="utf-8") == labels.page()


def test_the_page_of_findings_is_up_to_date() -> None:
    assert findings.PAGE.read_text(encoding="utf-8") == findings.page()


def test_the_page_of_validity_is_up_to_date() -> None:
    figures = json.loads(validity.FIGURES.read_text(encoding="utf-8"))
    assert validity.PAGE.read_text(encoding="utf-8") == validity.page(figures)


def test_the_figures_of_validity_follow_from_the_corpora() -> None:
    if not CORPORA.is_dir():
        pytest.skip("the corpora are not beside this checkout")
    figures = json.loads(json.dumps(validity.figures(CORPORA / "basil", CORPORA / "polnear")))
    stated = json.loads(validity.FIGURES.read_text(encoding="utf-8"))
    assert figures.keys() == stated.keys()
    for name in figures:
        assert _rounded(figures[name]) == _rounded(stated[name]), name


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return round(value, 9) if isinstance(value, float) else value


@pytest.mark.parametrize(("corrected", "held"), [(0.04, True), (0.06, False), (None, False)])
def test_a_difference_is_claimed_only_if_its_corrected_p_allows(corrected: float | None, held: bool) -> None:
    row = {"a": "The Post", "b": "The Times", "measure": "loaded", "item": "", "value_a": 1.0, "value_b": 0.2, "difference": 0.8}
    tests = {"low": 0.1, "high": 1.5, "p": 0.01, "p_corrected": corrected}
    other = {**row, "measure": "attributed", "difference": 0.1, **tests, "p": 0.9, "p_corrected": 1.0}
    said = findings.summary(pl.DataFrame([{**row, **tests}, other], infer_schema_length=None), "between two")
    assert ("hold after correction: The Post" in said, "none holds" in said) == (held, not held)


def test_kappa_and_the_odds_ratio_agree_with_worked_examples() -> None:
    pairs = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    assert validity.kappa(pairs) == pytest.approx(0.4)
    table = {(True, True): 20, (True, False): 5, (False, True): 10, (False, False): 15}
    assert validity.log_odds([table]) == pytest.approx(math.log(6))


def test_the_chance_of_an_order_counts_every_order_within_triplets() -> None:
    chance = validity.exact_order([((1, 0, -1), (3.0, 2.0, 1.0)), ((1, 0, -1), (3.0, 2.0, 1.0))])
    assert (chance["concordance"], chance["most"], chance["p"]) == (6, 6, pytest.approx(1 / 36))


# the kit for people


@pytest.fixture(scope="module")
def frames() -> dict[str, pl.DataFrame]:
    return slantbank.load_all(collection=None)


def filled(kit: Path, answers: dict[str, dict[str, str]], words: dict[str, list[str]]) -> list[dict[str, str]]:
    """The rows of a kit as somebody fills them in who chooses what `answers` say."""
    names = {people.opaque(name): name for name in answers}
    with (kit / "sentences.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        name = names[row["id"]]
        row.update({key: value for key, value in answers[name].items() if key in people.CHOICES})
        row["loaded_words"] = "; ".join(words[name]) or "-"
    return rows


def test_a_filled_in_kit_is_read_back_from_table_and_tool(frames: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    count = people.kit(frames, tmp_path / "kit")
    assert 200 <= count <= 230
    bank = people.bank_answers(frames)
    words = {
        row["sentence_id"]: [span["text"] for span in row["spans"] if span["layer"] == "loaded"]
        for row in frames["sentences"].drop_nulls("text").iter_rows(named=True)
    }
    rows = filled(tmp_path / "kit", bank, words)
    with (tmp_path / "anna.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    tasks = json.loads((tmp_path / "kit" / "label-studio.json").read_text(encoding="utf-8"))
    for task, row in zip(tasks, rows, strict=True):
        result = [{"from_name": key, "type": "choices", "value": {"choices": [row[key]]}} for key in people.CHOICES]
        result.append({"from_name": "loaded_words", "type": "textarea", "value": {"text": [row["loaded_words"]]}})
        task["annotations"] = [{"was_cancelled": False, "result": result}]
    (tmp_path / "ben.json").write_text(json.dumps(tasks), encoding="utf-8")
    texts = dict(frames["sentences"].drop_nulls("text").select("sentence_id", "text").iter_rows())
    anna, ben = (list(people.read(tmp_path / name, texts)) for name in ("anna.csv", "ben.json"))
    assert anna == ben
    assert len(anna) == count
    for row in anna:
        assert {key: row[key] for key in people.CHOICES} == {key: bank[row["sentence_id"]][key] for key in people.CHOICES}
        assert int(row["loaded_words"]) == len(words[row["sentence_id"]])


def test_a_kit_does_not_reveal_the_purpose_of_an_article(frames: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    people.kit(frames, tmp_path / "kit")
    written = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "kit").glob("*.[cj]s*"))
    assert not [name for name in frames["articles"]["article_id"] if name in written]


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("id", "nobody", "kit.csv:2: no sentence with the id 'nobody'"),
        ("attribution", "autor", "kit.csv:2: attribution is 'autor'; choose from author, direct"),
        ("loaded_words", "not in there", "kit.csv:2: 'not in there' is not in the sentence"),
    ],
)
def test_an_invalid_answer_is_reported_with_its_address(
    frames: dict[str, pl.DataFrame], tmp_path: Path, column: str, value: str, message: str
) -> None:
    people.kit(frames, tmp_path / "kit")
    rows = list(csv.DictReader((tmp_path / "kit" / "sentences.csv").open(encoding="utf-8-sig", newline="")))
    rows[0][column] = value
    with (tmp_path / "kit.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    texts = dict(frames["sentences"].drop_nulls("text").select("sentence_id", "text").iter_rows())
    with pytest.raises(people.AnswerError) as error:
        list(people.read(tmp_path / "kit.csv", texts))
    assert message in str(error.value)


def test_agreement_with_people_is_put_into_page_and_card(
    frames: dict[str, pl.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = people.bank_answers(frames)
    names = [name for name in people.draw(frames)["sentence_id"] if name in bank]
    with (tmp_path / "people.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["coder", "sentence_id", *people.ANSWERS])
        writer.writeheader()
        for coder, other in (("anna", 5), ("ben", 7)):
            for k, name in enumerate(names):
                row = {**bank[name], "attribution": "author" if k % other == 0 else bank[name]["attribution"]}
                writer.writerow({"coder": coder, "sentence_id": name, **row})
    (tmp_path / "card.md").write_text("before\n<!-- people -->\nold\n<!-- end people -->\nafter\n", encoding="utf-8")
    monkeypatch.setattr(people, "LABELS", tmp_path / "people.csv")
    monkeypatch.setattr(people, "PAGE", tmp_path / "people.md")
    monkeypatch.setattr(people, "CARD", tmp_path / "card.md")
    people.render()
    card = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert re.search(r"\| attribution \| 0\.\d\d \(0\.\d\d 0\.\d\d\) \| 0\.\d\d \(0\.\d\d 0\.\d\d\) \|", card)
    assert "old" not in card
    assert card.startswith("before\n")
    assert card.endswith("after\n")
    assert people.table(frames) in (tmp_path / "people.md").read_text(encoding="utf-8")


def test_the_page_of_the_kit_is_up_to_date(frames: dict[str, pl.DataFrame]) -> None:
    assert people.PAGE.read_text(encoding="utf-8") == people.page(frames)
    assert f"<!-- people -->\n{people.table(frames)}\n<!-- end people -->" in people.CARD.read_text(encoding="utf-8")
