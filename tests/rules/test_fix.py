"""`check --fix` puts right what needs no decision, and nothing else."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import watchfiles
from hypothesis import given
from hypothesis import strategies as st

from slantbank.bank import _bank as banks
from slantbank.curate import _fmt as fmt
from slantbank.problem import Edit
from slantbank.rules import _check as check
from slantbank.rules import _fix as fix
from slantbank.rules._checked import Checked, check_folder
from tests.cli.test_cli import run
from tests.conftest import posix
from tests.curate.test_fmt import LABELS, NAME, TEXT, edit, files, small

__all__ = ["small"]


def left(bank: Path) -> set[str]:
    return {problem.code for problem in check.check(banks.draft(bank))}


FIXABLE = {
    "case of a claim type": ("SB201", 'claim_type = "evaluative"', 'claim_type = "Evaluative"'),
    "white space around a label": ("SB202", 'attribution = "indirect"', 'attribution = "INDIRECT "'),
    "case of a source type": ("SB203", 'source_type = "person"', "source_type = 'Person'"),
    "case of a perspective": ("SB204", 'source_perspective = "neutral"', 'source_perspective = "Neutral"'),
    "case of a party": ("SB205", 'source_party = "city"', 'source_party = "City"'),
    "space around a quotation": ("SB304", 'source = "Mayor Zoë Hall"', 'source = " Mayor Zoë Hall "'),
    "a line end in a quotation": ("SB304", 'source = "Mayor Zoë Hall"', 'source = """Mayor\nZoë Hall"""'),
    "space in a loaded word": ("SB304", '"disaster"', '"disaster "'),
    "space in a quotation with its number": (
        "SB304",
        'bridge-closed = "the closing"',
        'bridge-closed = { text = "the  closing", nth = 1 }',
    ),
    "another Unicode normalisation": ("SB304", 'source = "Mayor Zoë Hall"', 'source = "Mayor Zoe\u0308 Hall"'),
    "white space of a sentence": ("SB303", 'text = "Bridge closed"', 'text = "Bridge  closed "'),
}


@pytest.mark.parametrize(("code", "right", "wrong"), FIXABLE.values(), ids=FIXABLE)
def test_what_is_safe_is_fixed(small: Path, code: str, right: str, wrong: str) -> None:
    before = files(small)
    edit(small / LABELS, right, wrong)
    shown = run("check", small)
    assert code in shown.output
    assert "[fixable]" in shown.output
    assert "; 1 fixable with --fix" in shown.output
    result = run("check", "--fix", small)
    assert (result.exit_code, left(small)) == (0, set())
    assert "1 fixed in 1 file, 0 left" in result.output
    if "nth" not in wrong:
        assert files(small) == before


def rewritten(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(change(path.read_bytes()))


@pytest.mark.parametrize("name", [TEXT, LABELS, f"{NAME}/article.toml", "topics/harbour-bridge.toml"])
def test_line_ends_and_a_byte_order_mark_are_taken_out(small: Path, name: str) -> None:
    before = files(small)
    (small / name).write_bytes(b"\xef\xbb\xbf" + (small / name).read_bytes().replace(b"\n", b"\r\n"))
    assert left(small) >= {"SB002", "SB003"}
    assert run("check", "--fix", small).exit_code == 0
    assert files(small) == before


NOT_FIXABLE = {
    "words that are not there": ('source = "Mayor Zoë Hall"', 'source = "Mayor Hall"'),
    "words in another case": ('source = "Mayor Zoë Hall"', 'source = "mayor Zoë Hall"'),
    "words that occur twice": ('source = "Mayor Zoë Hall"', 'source = "called "'),
    "part of a word": ('source = "Mayor Zoë Hall"', 'source = "May "'),
    "a word that is listed already": ('"disaster"]', '"disaster", " disaster"]'),
    "another label": ('claim_type = "evaluative"', 'claim_type = "evaluation"'),
    "an alias": ('source_party = "city"', 'source_party = "Zoë Hall"'),
    "a sentence whose spans would move": ('text = "Mayor Zoë', 'text = "Mayor  Zoë'),
    "nothing but white space": ('source = "Mayor Zoë Hall"', 'source = " "'),
}


@pytest.mark.parametrize(("right", "wrong"), NOT_FIXABLE.values(), ids=NOT_FIXABLE)
def test_a_problem_whose_fix_would_be_a_guess_is_not_fixed(small: Path, right: str, wrong: str) -> None:
    edit(small / LABELS, right, wrong)
    before = files(small)
    result = run("check", "--fix", small)
    assert result.exit_code == 1
    assert "[fixable]" not in result.output
    assert "0 fixed in 0 files, " in result.output
    assert files(small) == before


def test_carriage_returns_that_are_no_line_ends_are_left(small: Path) -> None:
    (small / LABELS).write_bytes((small / LABELS).read_bytes().replace(b"\n", b"\r"))
    before = files(small)
    assert run("check", "--fix", small).exit_code == 1
    assert files(small) == before


def test_the_source_as_received_is_never_touched(small: Path) -> None:
    source = small / NAME / "source.txt"
    source.write_bytes(b"\xef\xbb\xbf" + source.read_bytes().replace(b"\n", b"\r\n"))
    before = files(small)
    run("check", "--fix", small)
    assert files(small) == before


def test_a_fix_that_brings_another_to_light_is_followed_by_it(small: Path) -> None:
    edit(small / LABELS, 'text = "Bridge closed"', 'text = "Bridge  closed"')
    edit(small / LABELS, 'bridge-closed = "Bridge closed"', 'bridge-closed = "Bridge  closed"')
    (small / LABELS).write_bytes((small / LABELS).read_bytes().replace(b"\n", b"\r\n"))
    assert "3 fixed in 1 file, 0 left" in run("check", "--fix", small).output


def test_fix_and_diff_shows_what_fix_writes_and_writes_nothing(small: Path) -> None:
    edit(small / LABELS, 'claim_type = "evaluative"', 'claim_type = "Evaluative"')
    edit(small / LABELS, '"disaster"', '"desaster"')
    before = files(small)
    shown = run("check", "--fix", "--diff", small)
    assert shown.exit_code == 1
    assert '\n-claim_type = "Evaluative"\n+claim_type = "evaluative"\n' in shown.stdout
    assert "1 would be fixed in 1 file, 1 left" in shown.stderr
    assert files(small) == before
    assert "1 fixed in 1 file, 1 left" in run("check", "--fix", small).stderr


def test_ignored_problems_are_not_fixed(small: Path) -> None:
    edit(small / LABELS, 'claim_type = "evaluative"', 'claim_type = "Evaluative"')
    before = files(small)
    assert run("check", "--fix", "--ignore", "SB201", small).exit_code == 0
    assert files(small) == before


def test_json_and_sarif_say_what_is_fixable_and_how(small: Path) -> None:
    edit(small / LABELS, 'claim_type = "evaluative"', 'claim_type = "Evaluative"')
    (found,) = json.loads(run("check", "--format", "json", small).stdout)
    assert found["fixable"] is True
    (result,) = json.loads(run("check", "--format", "sarif", small).stdout)["runs"][0]["results"]
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"] == result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 16, "startColumn": 14, "endLine": 16, "endColumn": 26},
            "insertedContent": {"text": '"evaluative"'},
        }
    ]


@given(st.text("ab\n", max_size=20), st.data())
def test_edits_that_do_not_overlap_are_all_made(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    expected, edits = text, []
    for start, end in reversed(pairs):
        places = [(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)) for at in (start, end)]
        edits.append(Edit(*places[0], *places[1], "X"))
        expected = expected[:start] + "X" + expected[end:]
    if len({pair[0] for pair in pairs}) == len(pairs):
        assert fix.apply(text, edits) == (expected, len(pairs))


# One file, and watching


def test_a_file_of_an_article_can_be_asked_for(small: Path) -> None:
    edit(small / LABELS, '"disaster"', '"desaster"')
    edit(small / NAME / "article.toml", 'language = "en"', 'language = "English"')
    edit(small / "topics/harbour-bridge.toml", 'side = "a"', 'side = "c"')
    assert {line.split(":")[0] for line in run("check", small / LABELS).stdout.split("\n") if "error" in line} == {
        str(small / LABELS)
    }
    assert run("check", small / NAME / "source.txt").exit_code == 0
    assert run("check", small / "topics/harbour-bridge.toml").output.count(": error ") == 1
    together = run("check", "bridge-closed", small / "topics/harbour-bridge.toml", "--bank", small).output
    assert together.count(": error ") == run("check", small / NAME).output.count(": error ") >= 3


@posix
def test_watch_checks_again_on_a_change_and_ends_quietly_on_ctrl_c(small: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "slantbank", "check", "--watch", str(small)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    try:
        assert "no problems" in _until(process, "waiting for changes")
        edit(small / LABELS, '"disaster"', '"desaster"')
        seen = _until(process, "waiting for changes")
        assert "SB304" in seen
        assert "1 error and 0 warnings" in seen
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
        assert (process.returncode, "Traceback" in rest) == (1, False)
    finally:
        process.kill()


def _until(process: "subprocess.Popen[str]", words: str) -> str:
    assert process.stdout is not None
    seen, end = "", time.monotonic() + 120
    while words not in seen and time.monotonic() < end:
        seen += process.stdout.readline()
    return seen


def test_watch_ends_with_0_where_nothing_was_found(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Path, **__: object) -> Iterator[set[object]]:
        yield set()
        raise KeyboardInterrupt

    monkeypatch.setattr(watchfiles, "watch", interrupted)
    assert run("check", "--watch", small).exit_code == 0
    assert run("check", "--watch", "--fix", small).exit_code == 2
    assert run("check", "--diff", small).exit_code == 2


# What newcomers stumbled over


@pytest.mark.parametrize("date", ["3/7/2017", "2017-7-3", "2017/07/03", "3.7.2017", "03-07-2017  # the day"])
def test_a_date_in_another_form_is_told_how_to_be_written(small: Path, date: str) -> None:
    edit(small / NAME / "article.toml", "published = 2024-05-06", f"published = {date}")
    output = run("check", small / NAME).output
    assert "SB101 toml-syntax: a date is written as 2017-07-03 (year-month-day), without quotation marks" in output


def test_the_message_says_that_a_day_does_not_exist(small: Path) -> None:
    edit(small / NAME / "article.toml", "published = 2024-05-06", "published = 2024-02-31")
    assert "there is no day 2024-02-31" in run("check", small / NAME).output


@pytest.mark.parametrize(
    ("date", "told"),
    [
        ("2017-07-03", "'published' should be a date, not a string: write 2017-07-03, without quotation marks"),
        (
            "3 July 2017",
            "'published' should be a date, not a string: write it as 2017-07-03 (year-month-day), without quotation marks",
        ),
    ],
)
def test_a_quoted_date_is_told_to_be_written_without_quotation_marks(small: Path, date: str, told: str) -> None:
    edit(small / NAME / "article.toml", "published = 2024-05-06", f'published = "{date}"')
    assert told in run("check", small / NAME).output


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("Mayor Zoe Hall", "Mayor Zoë Hall"), ("Mayer Zoë Hal", "Mayor Zoë Hall"), ("called the clsoing", "called the closing")],
)
def test_a_misspelt_quotation_is_answered_with_the_nearest_words(small: Path, wrong: str, meant: str) -> None:
    edit(small / LABELS, 'source = "Mayor Zoë Hall"', f'source = "{wrong}"')
    assert f"'{wrong}' is not in sentence 1; did you mean '{meant}'?" in run("check", small / NAME).output


def test_words_that_are_like_none_are_answered_with_none(small: Path) -> None:
    edit(small / LABELS, 'source = "Mayor Zoë Hall"', 'source = "the governor"')
    assert "'the governor' is not in sentence 1\n" in run("check", small / NAME).output


def test_the_message_for_a_stance_of_another_type_lists_the_three_values(small: Path) -> None:
    edit(small / LABELS, "stance = { city = 1 }", 'stance = { city = "good" }')
    assert "SB104 wrong-type: stance toward 'city' should be -1, 0 or 1, not a string" in run("check", small / NAME).output


# Edits made meanwhile


def test_fix_reports_and_does_not_overwrite_an_edit_made_while_it_runs(small: Path) -> None:
    labels = small / LABELS
    labels.write_bytes(labels.read_bytes().replace(b"\n", b"\r\n"))
    turns = iter(range(9))

    def check_then_edit(folder: Path) -> Checked:
        checked = check_folder(folder)
        if next(turns) == 0:
            labels.write_bytes(b"# decided on Friday\r\n" + labels.read_bytes())
        return checked

    result = fix.fix(small, check_then_edit)
    assert result.alone == [labels]
    assert labels.read_bytes().startswith(b"# decided on Friday\r\n")
    assert b"\r\n\r\n" in labels.read_bytes()
    assert result.changes == []


def test_fmt_reports_and_does_not_overwrite_an_edit_made_while_it_runs(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(small / LABELS, " = ", "  =  ")
    edit(small / NAME / "article.toml", " = ", "  =  ")
    real = fmt.fmt

    def then_edited(*given: object) -> object:
        result = real(*given)  # type: ignore[arg-type]
        edit(small / LABELS, "[[sentence]]", "# mine\n[[sentence]]")
        return result

    monkeypatch.setattr("slantbank.curate._fmt.fmt", then_edited)
    monkeypatch.setattr("slantbank.curate.fmt", then_edited)
    result = run("fmt", small)
    assert result.exit_code == 1
    assert f"left alone: {small / LABELS} was changed meanwhile" in result.stderr
    assert "# mine\n" in (small / LABELS).read_text(encoding="utf-8")
    assert "  =  " not in (small / NAME / "article.toml").read_text(encoding="utf-8")
