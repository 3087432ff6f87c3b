"""Every rule is stated once, in the module of its group, and explained by an example that the check itself judges."""

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from slantbank.bank import _bank as bank
from slantbank.codebook import SECTIONS
from slantbank.problem import Problem, Rule
from slantbank.rules._check import GROUPS, RULES, check
from slantbank.rules._example import BANK, edited, write
from slantbank.rules._explain import explain, rulebook
from tests.conftest import ROOT

FILE_RULES = [code for code, rule in RULES.items() if rule.example]


def problems(folder: Path, files: dict[str, str | None]) -> list[Problem]:
    """What the check finds in a bank of these files."""
    write(files, folder)
    return check(bank.draft(folder))


def test_nothing_is_wrong_in_the_bank_of_the_examples(tmp_path: Path) -> None:
    assert problems(tmp_path, {**BANK}) == []


def test_a_code_is_stated_once_and_in_the_module_of_its_group() -> None:
    stated = [(rule.code, start) for start, group in GROUPS.items() for rule in vars(group).values() if isinstance(rule, Rule)]
    assert [code for code, _ in stated] == list(RULES) == sorted(RULES)
    assert all(code.startswith(start) for code, start in stated)


def test_names_are_used_once_and_every_rule_says_why_it_is_there() -> None:
    assert len({rule.name for rule in RULES.values()}) == len(RULES)
    assert all(rule.why.endswith(".") for rule in RULES.values())


def test_warnings_are_of_what_may_be_meant_does_no_harm_or_is_to_be_decided() -> None:
    levels = {code for code, rule in RULES.items() if rule.level == "warning"}
    assert levels == {"SB002", "SB003", "SB005", "SB006", "SB007", "SB010", "SB410", "SB411"}


def test_every_rule_about_files_has_an_example() -> None:
    assert set(RULES) - set(FILE_RULES) == {
        "SB120",
        "SB121",
        "SB501",
    }  # of SB120 it takes two files to break it, of SB121 a fault of ours


@pytest.mark.parametrize("code", FILE_RULES)
def test_the_wrong_example_breaks_its_rule_and_the_right_one_does_not(tmp_path: Path, code: str) -> None:
    example = RULES[code].example
    assert example
    wrong = problems(tmp_path / "wrong", edited(BANK, example.file, example.right, example.wrong))
    said = explain(code).split("Message:\n\n    ")[1].split("\n")[0]
    assert said in [problem.message for problem in wrong if problem.code == code]
    right = BANK if example.file in BANK else {**BANK, example.file: example.right}
    assert code not in {problem.code for problem in problems(tmp_path / "right", {**right})}


def test_an_edit_of_text_that_is_not_in_the_file_raises_an_error() -> None:
    with pytest.raises(ValueError, match="does not hold 'no such words'"):
        edited(BANK, "articles/bridge-closed/article.txt", "no such words", "others")


@pytest.mark.parametrize("word", ["SB201", "sb201", " Sb201\n", "unknown-claim-type", "Unknown-Claim-Type"])
def test_a_rule_is_found_by_its_code_or_name_in_any_case(word: str) -> None:
    assert explain(word) == explain("SB201")


@pytest.mark.parametrize(
    ("word", "told"),
    [("SB-201", "did you mean 'SB201'"), ("unknown-claimtype", "did you mean 'unknown-claim-type'"), ("", "SB001")],
)
def test_the_error_for_an_unknown_rule_names_the_nearest_rule(word: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        explain(word)


def test_a_decision_rule_of_the_codebook_is_explained_by_its_section() -> None:
    for section in SECTIONS:
        for number, rule in section.rules.items():
            shown = explain(f" {number}\n")
            assert shown.startswith(f"{number} {section.title}")
            assert str(rule) in shown
            assert section.preamble.text in shown


def test_a_ruling_is_explained_with_the_rule_that_it_completes() -> None:
    assert explain("0.1 Wishes") == explain("0.1")
    assert "- *wishes*: Hoping, wanting" in explain("0.1")
    assert explain("5").count(SECTIONS[5].preamble.text) == 1
    assert "- *accusations*: " in explain("5")


def test_where_an_example_cannot_be_tried_the_rule_is_explained_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", refused)
    assert "(cannot be tried here: Operation not permitted)" in explain("SB115")


def test_an_explanation_has_reason_wrong_data_message_and_right_data() -> None:
    assert explain("SB203") == (
        "SB203 unknown-source-type (error)\n\n"
        "The codebook has no such source type.\n\n"
        "Wrong, in articles/bridge-closed/annotations/ada.toml:\n\n"
        '    source_type = "politician"\n\n'
        "Message:\n\n"
        "    unknown source type 'politician'; choose from person, organization, unnamed, collective, document\n\n"
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
def test_invisible_characters_are_shown_as_escapes(code: str, shown: str) -> None:
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
