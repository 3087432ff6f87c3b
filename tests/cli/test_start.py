"""The first commands for a new bank: init, topic new, status."""

from pathlib import Path

import pytest

from slantbank import rules
from slantbank.bank import topic
from slantbank.rules._example import BANK, LABELS, META, write
from tests.command import run


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    assert run("init", "my-bank").exit_code == 0
    monkeypatch.chdir(tmp_path / "my-bank")
    return tmp_path / "my-bank"


def test_init_makes_a_valid_bank_and_keeps_existing_files(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine\n", encoding="utf-8")
    result = run("init", tmp_path)
    assert result.exit_code == 0
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "mine\n"
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert {"topics/.gitkeep", "articles/.gitkeep", ".gitattributes", "schema/topic.schema.json", "schema/codebook.md"} <= names
    assert "schema/columns.md" not in names, "what is of the package alone stays there"
    assert rules.check(tmp_path) == []
    assert "slantbank topic new" in result.output


def test_init_refuses_an_existing_bank(bank: Path) -> None:
    before = {path: path.read_bytes() for path in bank.rglob("*") if path.is_file()}
    result = run("init", bank)
    assert (result.exit_code, "is a bank already" in result.output) == (1, True)
    assert {path: path.read_bytes() for path in bank.rglob("*") if path.is_file()} == before


OPTIONS = (
    *("--title", "The closing of the river bridge in Anytown, May 2024"),
    *("--party", "a", "council: Town council and its officials", "--party", "b", "Shopkeepers' association"),
    *("--fact", "The council closed the bridge to cars.", "--fact", "piers-weak: The piers were too weak."),
)


def test_a_topic_is_made_of_options_with_ids_from_its_words(bank: Path) -> None:
    result = run("topic", "new", *OPTIONS)
    assert result.exit_code == 0, result.output
    made_topic = topic.read(bank / "topics/closing-river-bridge-anytown.toml")
    assert [(party.id, party.name, party.side) for party in made_topic.party] == [
        ("council", "Town council and its officials", "a"),
        ("shopkeepers", "Shopkeepers' association", "b"),
    ]
    assert [(fact.id, fact.text) for fact in made_topic.fact] == [
        ("council-closed-bridge", "The council closed the bridge to cars."),
        ("piers-weak", "The piers were too weak."),
    ]
    assert (made_topic.axis, made_topic.fact[0].since, made_topic.fact[0].favours) == (None, None, None), "nothing is made up"
    assert rules.check(bank) == []


def test_topic_new_asks_for_what_the_options_do_not_give(bank: Path) -> None:
    answers = "The bridge\n\nTown council\na\nTraders\nc\nb\n\nThe bridge is shut.\n\n"
    result = run("topic", "new", input=answers)
    assert result.exit_code == 0, result.output
    made_topic = topic.read(bank / "topics/bridge.toml")
    assert [(party.id, party.side) for party in made_topic.party] == [("town", "a"), ("traders", "b")]
    assert [fact.id for fact in made_topic.fact] == ["bridge-shut"]


@pytest.mark.parametrize(
    ("options", "message"), [(("Bridge", *OPTIONS), "'Bridge'"), ((*OPTIONS, "--axis", "left right"), "'left right'")]
)
def test_an_invalid_topic_is_refused_and_not_written(bank: Path, options: tuple[str, ...], message: str) -> None:
    result = run("topic", "new", *options)
    assert (result.exit_code, message in result.output) == (2, True)
    assert list((bank / "topics").glob("*.toml")) == []


def test_a_topic_is_never_overwritten(bank: Path) -> None:
    run("topic", "new", "bridge", *OPTIONS)
    before = (bank / "topics/bridge.toml").read_bytes()
    result = run("topic", "new", "bridge", *OPTIONS)
    assert (result.exit_code, "is there already" in result.output) == (2, True)
    assert (bank / "topics/bridge.toml").read_bytes() == before


def test_status_says_at_every_step_what_to_do_next(bank: Path) -> None:
    assert "next: slantbank topic new" in run("status").output
    run("topic", "new", *OPTIONS)
    assert "next: slantbank new ARTICLE" in run("status").output
    write(BANK, bank)
    assert "  ada  2 of 2 sentences\n  next: slantbank sheet bridge-closed --annotator SECOND\n" in run("status").output
    run("sheet", "bridge-closed", "--annotator", "ben")
    assert "  ben  0 of 2 sentences\n  next: fill in annotations/ben.toml\n" in run("status").output
    (bank / LABELS).with_name("ben.toml").write_text(BANK[LABELS].replace('"evaluative"', '"causal"'), encoding="utf-8")
    assert "  1 dispute\n  next: slantbank adjudicate bridge-closed\n" in run("status").output
    run("adjudicate", "bridge-closed")
    assert "next: slantbank adjudicate bridge-closed: 1 left\n" in run("status").output
    gold = (bank / LABELS).with_name("gold.toml")
    text = gold.read_text(encoding="utf-8").replace('claim_type = ""', 'claim_type = "causal"\nnote = "1: as ben."')
    gold.write_text(text, encoding="utf-8")
    assert "next: " not in run("status", "bridge-closed").output


def test_status_names_check_as_the_next_step_for_an_unreadable_article(bank: Path) -> None:
    write(BANK, bank)
    (bank / META).write_text("= nonsense", encoding="utf-8")
    assert "next: slantbank check bridge-closed" in run("status").output


@pytest.mark.parametrize("command", ["compare", "agreement", "score", "report"])
def test_a_bank_without_finished_labels_names_the_command_that_says_what_to_do_next(bank: Path, command: str) -> None:
    write(BANK, bank)
    (bank / LABELS).unlink()
    run("sheet", "bridge-closed", "--annotator", "ada")
    result = run(command)
    assert result.exit_code == 2
    assert "`slantbank status` says what to do next" in result.output
