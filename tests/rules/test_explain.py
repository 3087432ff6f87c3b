"""Every rule is explained, by an example that the check itself judges."""

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from slantbank.bank import _bank as bank
from slantbank.problem import RULES, Problem
from slantbank.rules._check import RULES as FILE_RULES
from slantbank.rules._check import check
from slantbank.rules._explain import BANK, EXAMPLES, GROUPS, TOLD, Example, explain, rulebook
from tests.conftest import ROOT


def problems(folder: Path, edit: dict[str, str | None]) -> list[Problem]:
    """What the check finds in the bank of the examples, with some of its files as given."""
    for path, text in {**BANK, **edit}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if text is not None and text.startswith("-> "):
            target.symlink_to(text[3:])
        elif text is not None:
            target.write_bytes(text.encode("utf-8", "surrogateescape"))
    return check(bank.draft(folder))


def edit(example: Example, text: str | None) -> dict[str, str | None]:
    """The example's file with the text, wrong or right, in its place."""
    if text is None or example.file not in BANK:
        return {example.file: text}
    return {example.file: BANK[example.file].replace(example.right or "", text, 1)}


def test_nothing_is_wrong_in_the_bank_of_the_examples(tmp_path: Path) -> None:
    assert problems(tmp_path, {}) == []


def test_every_rule_about_files_has_an_example_and_every_rule_a_group() -> None:
    assert list(EXAMPLES) == list(TOLD) == sorted(FILE_RULES)
    assert {code[:3] for code in RULES} == set(GROUPS)


@pytest.mark.parametrize("code", FILE_RULES)
def test_the_wrong_example_breaks_its_rule_and_the_right_one_does_not(tmp_path: Path, code: str) -> None:
    example = EXAMPLES[code]
    assert example.file not in BANK or (example.right and example.right in BANK[example.file])
    wrong = problems(tmp_path / "wrong", edit(example, example.wrong))
    assert TOLD[code] in [problem.message for problem in wrong if problem.code == code]
    right = problems(tmp_path / "right", edit(example, example.right))
    assert code not in {problem.code for problem in right}


@pytest.mark.parametrize("word", ["SB201", "sb201", " Sb201\n", "unknown-claim-type", "Unknown-Claim-Type"])
def test_a_rule_is_found_by_its_code_or_name_in_any_case(word: str) -> None:
    assert explain(word) == explain("SB201")


@pytest.mark.parametrize(
    ("word", "told"),
    [("SB-201", "did you mean 'SB201'"), ("unknown-claimtype", "did you mean 'unknown-claim-type'"), ("", "SB001")],
)
def test_an_unknown_rule_is_told_with_the_nearest(word: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        explain(word)


def test_an_explanation_says_why_what_is_wrong_what_is_told_and_what_is_right() -> None:
    assert explain("SB203") == (
        "SB203 unknown-source-type (error)\n\n"
        "The codebook has no such source type.\n\n"
        "Wrong, in articles/bridge-closed/annotations/ada.toml:\n\n"
        '    source_type = "politician"\n\n'
        "What is told:\n\n"
        f"    {TOLD['SB203']}\n\n"
        "Right:\n\n"
        '    source_type = "person"\n'
    )


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("SB001", "    Mayor Zo\\xeb Hall\n"),
        ("SB002", "    \\ufeffBridge closed\n"),
        ("SB003", "    Bridge closed\\r\n"),
        ("SB008", "    …\n"),
        ("SB009", "    (an empty file)\n"),
        ("SB111", "    (no such file)\n"),
        ("SB115", "    -> source.txt\n"),
    ],
)
def test_what_cannot_be_seen_is_shown_all_the_same(code: str, shown: str) -> None:
    assert shown in explain(code)


def test_an_explanation_is_short_and_shows_no_hidden_character() -> None:
    for code in RULES:
        lines = explain(code).split("\n")
        assert len(lines) < 40
        assert all(line.isprintable() for line in lines)


def test_the_rulebook_holds_every_rule_in_order_and_the_bank() -> None:
    page = rulebook()
    headings = [line.split()[1] for line in page.splitlines() if line.startswith("### ")]
    assert headings == list(RULES)
    assert all(f"`{path}`:" in page for path in BANK)


def test_every_example_in_the_rulebook_is_a_block_of_code() -> None:
    blocks = [token for token in MarkdownIt("commonmark").parse(rulebook()) if token.type == "code_block"]
    assert len(blocks) == 3 * len(FILE_RULES) + len(BANK)
    assert [token.content for token in blocks[-len(BANK) :]] == list(BANK.values())


def test_the_committed_rulebook_is_as_rendered() -> None:
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == rulebook()
