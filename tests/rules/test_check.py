"""Each rule has wrong data and says what is wrong, and where; right data pass; nothing makes `check` raise."""

import dataclasses
import os
import shutil
import tomllib
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from slantbank.bank import _article as article
from slantbank.bank import _bank as banks
from slantbank.bank import _topic as topic
from slantbank.bank import _withheld as withheld
from slantbank.curate import fmt
from slantbank.problem import Problem
from slantbank.rules import _check as check
from tests.conftest import PINNED, ROOT
from tests.rules.wrong import MORNING, across, characters, files, labels, linked, text

ARTICLES = ROOT / "tests/articles"
VALID = sorted((ARTICLES / "valid").iterdir())
MINIMAL = ARTICLES / "valid" / "minimal"
CASES = {name: case for group in (characters, files, labels, text, across) for name, case in group.CASES.items()}

Change = Callable[[Path], object]


def problems(folder: Path, *, full: bool = False) -> list[Problem]:
    return check.check(banks.draft(folder), full=full)


def portioned(folder: Path, size: int, *, full: bool = False) -> list[Problem]:
    """The problems of a bank that is judged in portions of `size` articles and annotations."""
    judged = check.judge(banks.portions(folder, size=size), full=full)
    return check.ordered(problem for portion in judged for problem in portion.problems)


def test_wrong_data_are_of_a_rule_and_the_first_say_what_is_wrong() -> None:
    assert {name[:5] for name in CASES} <= {code for code, rule in check.RULES.items() if rule.example}
    assert {name[:5] for name in CASES} == {name[:5] for name, case in CASES.items() if case.says}


@pytest.mark.parametrize("name", CASES)
def test_wrong_data_are_found_where_they_are_with_all_else_that_is_wrong(name: str, tmp_path: Path) -> None:
    case, code = CASES[name], name[:5]
    found = problems(case.make(tmp_path))
    assert [case.shown(problem) for problem in found] == list(case.problems)
    said = [problem.message for problem in found if problem.code == code]
    assert case.says in said if case.says else said
    assert problems(tmp_path, full=True) == portioned(tmp_path, 1, full=True) == portioned(tmp_path, 1) == found


@pytest.mark.parametrize("folder", VALID, ids=lambda folder: folder.name)
def test_right_data_have_no_problems(folder: Path) -> None:
    assert problems(folder, full=True) == []


@pytest.mark.parametrize("size", [1, 3, 5, 100])
def test_a_bank_judged_in_portions_has_the_problems_of_one_judged_at_once(size: int, tmp_path: Path) -> None:
    bank = shutil.copytree(ARTICLES / "valid/unicode", tmp_path / "bank")
    for name in ("bridge-again", "bridge-third"):  # the same id and text as bridge-german, which are told of all three
        shutil.copytree(bank / "articles/bridge-german", bank / "articles" / name)
    persian = bank / "articles/bridge-persian"
    stripped = withheld.strip(article.read(persian), topic.read(bank / "topics/alder-bridge.toml")).article
    for name in ("bridge-masked", "bridge-persian"):  # by title and lengths, one text
        shutil.rmtree(bank / "articles" / name, ignore_errors=True)
        meta = stripped.meta.model_copy(update={"id": name})
        article.write(dataclasses.replace(stripped, meta=meta), bank / "articles" / name)
    for name in ("topics/alder-bridge.toml", "articles/bridge-german/article.toml", "articles/bridge-hebrew/annotations/gold.toml"):
        (bank / name).write_bytes((bank / name).read_bytes() + b'nothing = "\xe2\x80\xae"\n')
    (bank / "articles/notes.txt").write_text("Not of an article.")
    (bank / "records").mkdir()
    (bank / "records/run.jsonl").write_text("{}\n")
    found = problems(bank)
    assert {problem.code for problem in found} >= {"SB005", "SB106", "SB114", "SB120", "SB401", "SB407"}
    assert portioned(bank, size) == found
    assert portioned(bank, size, full=True) == problems(bank, full=True)


def test_labels_that_were_judged_are_not_kept() -> None:
    labels = []
    for judged in check.judge(banks.portions(ARTICLES / "valid/unicode", size=1)):
        labels += [weakref.ref(document) for draft in judged.bank.articles.values() for document in draft.annotations.values()]
        kept = [label for label in labels if label() is not None]
        assert len(kept) <= 2, "those of the portion before are there until the next is judged"
    assert len(labels) == 5


def test_values_computed_in_one_run_are_not_used_in_the_next(tmp_path: Path) -> None:
    found = banks.draft(CASES["SB305"].make(tmp_path))
    assert {problem.code for problem in check.check(found)} == {"SB305"}
    for document in found.articles["alder-bridge-morning"].annotations.values():
        document.tree["sentence"] = [{**sentence, "facts": {}} for sentence in document.tree["sentence"]]
    assert check.check(found) == []


def test_a_folder_that_is_no_bank_raises_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="neither topics/ nor articles/"):
        banks.draft(tmp_path)


def test_only_the_articles_asked_for_are_read() -> None:
    assert set(banks.draft(ARTICLES / "valid/unicode", only=["bridge-hebrew"]).articles) == {"bridge-hebrew"}


def test_names_that_start_with_a_dot_are_passed_over(tmp_path: Path) -> None:
    bank = copied(tmp_path)
    for folder in ("topics", "articles", MORNING):
        (bank / folder / ".DS_Store").write_bytes(b"\x00")
    assert problems(bank) == []


def test_a_warning_that_the_article_accepts_is_left_out(tmp_path: Path) -> None:
    bank = CASES["SB006"].make(tmp_path)
    replace(bank / MORNING / "article.toml", "\nlicense", '\naccepted = ["SB006"]\nlicense')
    assert problems(bank) == []


def test_an_error_cannot_be_accepted(tmp_path: Path) -> None:
    bank = CASES["SB302"].make(tmp_path)
    replace(bank / MORNING / "article.toml", "\nlicense", '\naccepted = ["SB302"]\nlicense')
    assert {problem.code for problem in problems(bank)} == {"SB207", "SB302"}


def test_a_control_character_of_the_source_need_not_be_in_the_text(tmp_path: Path) -> None:
    bank = copied(tmp_path)
    source = bank / MORNING / "source.txt"
    before = article.sha256(source.read_text())
    replace(source, "bridge on", "bridge\x07 on")
    replace(bank / MORNING / "article.toml", before, article.sha256(source.read_text()))
    assert problems(bank) == []


def test_a_frame_rule_that_labels_break_is_traced_to_their_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import polars as pl

    from slantbank.frames import _schema as schema

    strict = schema.FrameRule("stance", pl.col("stance").list.len() == 0)
    monkeypatch.setitem(schema.RULES["sentences"], "nobody is shown in any light", strict)
    monkeypatch.setitem(schema.RULES["facts"], "no fact", schema.FrameRule("text", pl.lit(False)))
    monkeypatch.setitem(schema.RULES["sentences"], "no text", schema.FrameRule("text", pl.col("n") != 1))
    bank = copied(tmp_path)
    assert problems(bank) == []
    found = {(problem.path.split("/")[-1], problem.line, problem.column) for problem in problems(bank, full=True)}
    gold = {("gold.toml", line, 10) for line in (7, 17, 31, 41)}
    assert found == gold | {("alder-bridge.toml", 25, 8), ("alder-bridge.toml", 29, 8), ("article.txt", 3, 1)}


def test_what_pandera_alone_finds_is_a_problem_of_the_built_file(monkeypatch: pytest.MonkeyPatch) -> None:
    import polars as pl

    from slantbank.frames import _schema as schema

    schema.model.cache_clear()
    monkeypatch.setattr(schema, "failures", lambda frame, data: [])
    monkeypatch.setitem(schema.RULES["facts"], "no fact", schema.FrameRule("text", pl.lit(False)))
    found = problems(MINIMAL, full=True)
    schema.model.cache_clear()
    assert [str(problem) for problem in found] == [
        "parquet/facts.parquet:1:1: error SB501 frame-rule: breaks a rule of the built facts: no fact"
    ]


# Bad input, each done to the bank that comes with the package

SEED = "articles/2017-07-free-iran-rally-katiraie"
GOLD = f"{SEED}/annotations/gold.toml"
OTHER = "articles/2017-07-free-iran-rally-control-wire/annotations/model-a.toml"


def copied(tmp_path: Path, source: Path = MINIMAL) -> Path:
    return Path(shutil.copytree(source, tmp_path / "copy"))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new, 1).encode())


def swapped(name: str, old: str, new: str) -> Change:
    return lambda bank: replace(bank / name, old, new)


def rewritten(name: str, change: Callable[[bytes], bytes]) -> Change:
    return lambda bank: (bank / name).write_bytes(change((bank / name).read_bytes()))


def removed(name: str) -> Change:
    return lambda bank: (bank / name).unlink()


def copy_of_the_article(bank: Path) -> None:
    shutil.copytree(bank / SEED, bank / "articles/another-rally")


BAD: dict[str, tuple[Change, set[tuple[str, str, str | int]]]] = {
    # what is done: how, and each problem with its code, its file and the words at which it is found (or its line)
    "not UTF-8": (
        rewritten(f"{SEED}/annotations/model-a.toml", lambda data: data.replace(b"n = 0", b"\x97\nn = 0")),
        {("SB001", f"{SEED}/annotations/model-a.toml", 2)},
    ),
    "a byte order mark": (rewritten(GOLD, lambda data: b"\xef\xbb\xbf" + data), {("SB002", GOLD, "\ufeff")}),
    "a byte order mark in the text": (
        rewritten(f"{SEED}/article.txt", lambda data: b"\xef\xbb\xbf" + data),
        {("SB002", f"{SEED}/article.txt", "\ufeff")},
    ),
    "CR LF in the text": (
        rewritten(f"{SEED}/article.txt", lambda data: data.replace(b"\n", b"\r\n")),
        {("SB003", f"{SEED}/article.txt", "\r")},
    ),
    "CR LF in the labels": (rewritten(GOLD, lambda data: data.replace(b"\n", b"\r\n")), {("SB003", GOLD, "\r")}),
    "a NUL in the text": (
        swapped(f"{SEED}/article.txt", "This weekend", "This\0 weekend"),
        {("SB004", f"{SEED}/article.txt", "\0")},
    ),
    "a NUL in the labels": (swapped(GOLD, "This weekend", "This\0 weekend"), {("SB004", GOLD, "\0")}),
    "an escape code of a terminal": (swapped(GOLD, "note = ", 'note = "\\u001b[31m"\n#'), {("SB004", GOLD, "\\u001b")}),
    "a vertical tab": (swapped(f"{SEED}/article.txt", "over 1", "over\v 1"), {("SB004", f"{SEED}/article.txt", "\v")}),
    "a bidirectional override": (
        swapped(f"{SEED}/article.toml", "Credited", "\u202eCredited"),
        {("SB005", f"{SEED}/article.toml", "\u202e")},
    ),
    "a character without width": (swapped(GOLD, "note = ", 'note = "a\u200bb"\n#'), {("SB006", GOLD, "\u200b")}),
    "a homoglyph": (swapped(GOLD, "note = ", 'note = "the p\u0430rty"\n#'), {("SB007", GOLD, "\u0430rty")}),
    "half a surrogate pair": (swapped(GOLD, "note = ", 'note = "\\udc80"\n#'), {("SB101", GOLD, "\\udc80")}),
    "an empty file": (rewritten(GOLD, lambda data: b""), {("SB009", GOLD, 1)}),
    "an empty topic": (
        rewritten("topics/free-iran-rally-2017.toml", lambda data: b""),
        {("SB009", "topics/free-iran-rally-2017.toml", 1)},
    ),
    "a file over 2 MB": (rewritten(GOLD, lambda data: data + b"#" * 2_000_000), {("SB008", GOLD, 1)}),
    "deep nesting": (swapped(GOLD, "loaded = []", "loaded = " + "[" * 999 + "]" * 999), {("SB103", GOLD, "[" * 979 + "]")}),
    "a key twice": (swapped(GOLD, "n = 0\n", "n = 0\nn = 1 # again\n"), {("SB102", GOLD, "n = 1 # again")}),
    "a text for a number": (swapped(GOLD, "n = 7\n", 'n = "7"\n'), {("SB104", GOLD, '"7"')}),
    "a number for a text": (swapped(GOLD, 'claim_type = "factual"', "claim_type = 6"), {("SB104", GOLD, "6\nattribution")}),
    "a label in the wrong case": (
        swapped(GOLD, 'claim_type = "factual"', 'claim_type = "Factual"'),
        {("SB201", GOLD, '"Factual"')},
    ),
    "an unknown key": (swapped(GOLD, "attribution = ", "atribution = "), {("SB106", GOLD, "atribution =")}),
    "no article.txt": (removed(f"{SEED}/article.txt"), {("SB111", f"{SEED}/article.txt", 1)}),
    "no source.txt": (removed(f"{SEED}/source.txt"), {("SB111", f"{SEED}/source.txt", 1)}),
    "no article.toml": (removed(f"{SEED}/article.toml"), {("SB111", f"{SEED}/article.toml", 1)}),
    "no annotation": (removed(GOLD), {("SB112", f"{SEED}/article.toml", '"gold"')}),
    "a sentence off by one character": (
        swapped(GOLD, "Mrs. Rajavi, in her remarks,", "Mrs. Rajavi, in her remark,"),
        {("SB303", GOLD, ", emphasized")},
    ),
    "a quotation that is not there": (
        swapped(GOLD, '"over 100,000"', '"over 10,000"'),
        {("SB304", GOLD, '"over 10,000"')},
    ),
    "a quotation that is there twice": (
        swapped(GOLD, '"gathered for their annual meeting"', '"and"'),
        {("SB305", GOLD, '"and"')},
    ),
    "a span that is reversed": (
        swapped(GOLD, "loaded = []", 'loaded = []\nspans = [{ layer = "content", start = 9, end = 4, text = "National" }]'),
        {("SB307", GOLD, "{ layer")},
    ),
    "spans that cross": (
        swapped(
            GOLD,
            "loaded = []",
            'loaded = []\nspans = [{ layer = "content", start = 0, end = 12, text = "The National" },'
            '\n{ layer = "content", start = 4, end = 20, text = "National Council" }]',
        ),
        {("SB306", GOLD, '{ layer = "content", start = 4')},
    ),
    "a symbolic link": (linked(f"{SEED}/article.txt"), {("SB115", f"{SEED}/article.txt", 1)}),
    "a folder name with spaces": (
        lambda bank: (bank / SEED).rename(bank / "articles/free iran rally"),
        {("SB116", "articles/free iran rally", 1)},
    ),
    "a folder name beyond ASCII": (
        lambda bank: (bank / SEED).rename(bank / "articles/rally-تهران"),
        {("SB116", "articles/rally-تهران", 1)},
    ),
    "a folder name other than the id": (
        lambda bank: (bank / SEED).rename(bank / "articles/free-iran-rally"),
        {("SB117", "articles/free-iran-rally/article.toml", '"2017-07')},
    ),
    "two articles of one id": (
        copy_of_the_article,
        {("SB401", "articles/another-rally/article.toml", '"2017-07'), ("SB407", "articles/another-rally/source.txt", 1)},
    ),
    "no topic": (
        removed("topics/free-iran-rally-2017.toml"),
        {
            ("SB403", f"articles/2017-07-free-iran-rally-{one}/article.toml", '"free-iran-rally-2017"')
            for one in ("katiraie", "control-state", "control-wire")
        },
    ),
    "a party twice": (
        swapped("topics/free-iran-rally-2017.toml", "[[fact]]", '[[party]]\nname = "B"\nside = "b"\nid = "ncri"\n\n[[fact]]'),
        {("SB404", "topics/free-iran-rally-2017.toml", '"ncri"\n\n[[fact]]')},
    ),
}


@pytest.mark.parametrize("change", BAD)
def test_bad_input_is_found_where_it_is_with_all_else_that_is_wrong(bank: Path, change: str) -> None:
    replace(bank / OTHER, 'claim_type = "factual"', 'claim_type = "factuel"')
    do, expected = BAD[change]
    do(bank)
    found = {(problem.code, problem.path, problem.line, problem.column) for problem in problems(bank)}
    places = {(code, path, *place(bank / path, words)) for code, path, words in expected}
    assert found == places | {("SB201", OTHER, *place(bank / OTHER, '"factuel"'))}


def place(path: Path, words: str | int) -> tuple[int, int]:
    """Line and column of the first occurrence of the words in the file."""
    if isinstance(words, int):
        return words, 1
    before = path.read_bytes().decode().split(words)[0]
    return before.count("\n") + 1, len(before.rsplit("\n", 1)[-1]) + 1


@pytest.mark.parametrize(
    ("old", "new", "way"),
    [
        ("Zoë", "Zoe\u0308", "Unicode normalisation"),
        ("a triumph", "“a triumph”", "quotation marks, dashes or spaces"),
    ],
)
def test_the_message_says_in_which_look_alike_characters_text_and_source_differ(
    tmp_path: Path, old: str, new: str, way: str
) -> None:
    bank = copied(tmp_path)
    (source,) = bank.glob("articles/*/source.txt")
    text = source.with_name("article.txt")
    straight = new.replace("“", '"').replace("”", '"') if "“" in new else old
    source.write_text(f"{source.read_text(encoding='utf-8')}\n{straight}\n", encoding="utf-8")
    text.write_text(f"{text.read_text(encoding='utf-8')}\n{new}\n", encoding="utf-8")
    (problem,) = [one for one in problems(bank) if one.code == "SB301"]
    assert problem.message.endswith(f"; they differ in {way} alone: copy the characters of source.txt")


ONE = PINNED[0]


def test_if_slantbank_fails_on_a_file_it_names_the_file_and_checks_the_others(bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    twin = shutil.copytree(bank / "articles" / ONE, bank / "articles" / "twin")
    (twin / "article.txt").write_text("other words\n", encoding="utf-8")
    before = {(one.path, one.code) for one in check.check(banks.draft(bank))}

    def fails(run: Any) -> Iterator[Problem]:
        for one in run.drafts:
            if one.folder.name == "twin":
                raise RuntimeError("the words of a text")
            yield Problem(one.shown, 1, 1, "SB303", "found")

    rule = dataclasses.replace(check.RULES["SB303"], find=fails)
    monkeypatch.setitem(check.RULES, "SB303", rule)
    found = check.check(banks.draft(bank))
    told = [one for one in found if one.code == "SB121"]
    assert [(one.path, "RuntimeError" in one.message, "words" in one.message) for one in told] == [("articles/twin", True, False)]
    assert {(one.path, one.code) for one in found} >= {one for one in before if one[1] != "SB303"}
    assert {one.path for one in found if one.code == "SB303"} >= {f"articles/{name}" for name in PINNED}


def test_a_file_that_slantbank_fails_to_read_or_lay_out_keeps_no_other_from_it(bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("slantbank.bank.toml._read.parse", lambda text: fails() if "interim" in text else tomllib.loads(text))
        edit = (bank / "articles" / ONE / "article.toml").read_text(encoding="utf-8")
        (bank / "articles" / ONE / "article.toml").write_text(f"# interim\n{edit}", encoding="utf-8")
        found = check.check(banks.draft(bank))
        assert {(one.path, one.code) for one in found if one.code == "SB121"} == {(f"articles/{ONE}/article.toml", "SB121")}
    with monkeypatch.context() as patched:
        patched.setattr("slantbank.bank.toml.parse", fails)
        result = fmt(banks.draft(bank))
    assert {one.code for one in result.problems} == {"SB121"}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="whoever is root may read everything")
def test_a_folder_that_may_not_be_read_keeps_no_other_from_being_judged(bank: Path) -> None:
    (bank / "articles" / ONE).chmod(0)
    try:
        assert {(one.path, one.code) for one in check.check(banks.draft(bank))} >= {(f"articles/{ONE}", "SB111")}
    finally:
        (bank / "articles" / ONE).chmod(0o755)
