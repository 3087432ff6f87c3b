"""A topic states each thing once: its axis, its collection and split, and of a fact since when, for whom, and who claims it."""

import shutil
from pathlib import Path

import pytest

from slantbank.bank import _bank as banks
from slantbank.bank import _topic as topic
from slantbank.codebook import CORE, Favours, Split
from slantbank.rules import check
from tests.conftest import ROOT

MINIMAL = ROOT / "tests/articles/valid/minimal"
TOPIC = "topics/alder-bridge.toml"
FACT = 'text = "The bridge was closed."\n'
SHARED = ROOT.parent / "shared" / "topics"


def messages(tmp_path: Path, old: str, new: str) -> list[str]:
    """What the check tells of the minimal bank with a change in its topic."""
    bank = tmp_path / "bank"
    shutil.copytree(MINIMAL, bank)
    text = (bank / TOPIC).read_text(encoding="utf-8")
    assert old in text
    (bank / TOPIC).write_text(text.replace(old, new), encoding="utf-8")
    return [f"{problem.path}:{problem.line}: {problem.code} {problem.message}" for problem in check(banks.draft(bank), full=True)]


def test_a_topic_of_layout_1_0_is_read_and_what_it_lacks_stays_null() -> None:
    restored = topic.read(MINIMAL / TOPIC)
    assert (restored.axis, restored.collection, restored.split) == (None, CORE, Split.TRAIN)
    assert [(fact.since, fact.favours, fact.disputed, fact.claimed_by) for fact in restored.fact] == [(None, None, False, None)] * 2


def test_the_keys_of_a_fact_are_kept(tmp_path: Path) -> None:
    written = 'since = 2021-03-01\nfavours = "b"\ndisputed = true\nclaimed_by = "council"\n'
    assert messages(tmp_path, FACT, FACT + written) == []
    restored = topic.read(tmp_path / "bank" / TOPIC)
    fact = restored.fact[0]
    assert (str(fact.since), fact.favours, fact.disputed, fact.claimed_by) == ("2021-03-01", Favours.B, True, "council")
    assert written in topic.dumps(restored)


@pytest.mark.parametrize(
    ("written", "line", "message"),
    [
        ('since = "2021-03-01"', 26, "SB104 'since' should be a date, not a string: write 2021-03-01, without quotation marks"),
        ("since = 2021-02-30", 26, "SB101 there is no day 2021-02-30"),
        ("since = 1066-10-14", 26, "SB107 'since' is before 1605, the year of the first newspaper"),
        ('favours = "A"', 26, "SB207 unknown favours 'A'; did you mean 'a'?"),
        ("disputed = true", 23, "SB107 item 1 of 'fact' is disputed: name in claimed_by the party that says it is so"),
        (
            'claimed_by = "council"',
            23,
            "SB107 item 1 of 'fact' is claimed by a party: add disputed = true, or take claimed_by out",
        ),
        ('disputed = true\nclaimed_by = "mayor"', 27, "SB205 unknown party 'mayor'; did you mean 'council'?"),
    ],
)
def test_an_invalid_value_of_a_fact_is_a_problem_at_its_address(tmp_path: Path, written: str, line: int, message: str) -> None:
    lines = messages(tmp_path, FACT, f"{FACT}{written}\n")
    assert f"{TOPIC}:{line}: {message}" in lines
    assert all(shown.startswith(TOPIC) for shown in lines)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('collection = "facts"', "SB107 'collection' is no name for a collection: it stands for all of them, or for a frame"),
        ('collection = "all"', "SB107 'collection' is no name for a collection: it stands for all of them, or for a frame"),
        ('collection = "My own"', "SB107 'collection' should be lower-case letters a-z, digits and single hyphens"),
        ('axis = "left right"', "SB107 'axis' should be lower-case letters a-z, digits and single hyphens"),
        ('split = "dev"', "SB207 unknown split 'dev'; choose from train, test"),
    ],
)
def test_an_invalid_value_of_a_topic_is_a_problem_at_its_address(tmp_path: Path, written: str, message: str) -> None:
    assert f"{TOPIC}:2: {message}" in messages(tmp_path, 'title = "The', f'{written}\ntitle = "The')


@pytest.mark.skipif(not SHARED.is_dir(), reason="the agreed topics are not beside this checkout")
def test_the_agreed_topics_pass_the_check(tmp_path: Path) -> None:
    shutil.copytree(SHARED, tmp_path / "topics")
    assert check(banks.draft(tmp_path)) == []


@pytest.mark.skipif(not SHARED.is_dir(), reason="the agreed topics are not beside this checkout")
def test_the_topic_of_the_seed_has_the_agreed_values() -> None:
    ours, agreed = (topic.read(folder / "free-iran-rally-2017.toml") for folder in (ROOT / "data/topics", SHARED))
    assert ours.fact == agreed.fact
    assert ours.axis == agreed.axis
    assert [(party.id, party.side) for party in ours.party] == [(party.id, party.side) for party in agreed.party]
