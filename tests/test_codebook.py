"""The codebook is stated once, and the order of its labels is public."""

from slantbank import codebook
from slantbank.codebook import Attribution, ClaimType, Perspective, SourceType

PUBLISHED = {
    ClaimType: ["normative", "predictive", "causal", "statistical", "evaluative", "factual", "none"],
    Attribution: ["author", "direct", "indirect", "mixed"],
    SourceType: ["person", "organization", "unnamed", "collective", "document"],
    Perspective: ["neutral", "side_a", "side_b", "other"],
}
"""The labels as published. Add new ones at the end: any other change breaks every dataset published before."""


def test_labels_are_only_ever_appended() -> None:
    for labels, published in PUBLISHED.items():
        assert [str(label) for label in labels][: len(published)] == published


def test_every_label_has_a_definition_and_most_sets_have_examples() -> None:
    for labels in codebook.LABELS.values():
        assert all(label.definition for label in labels)
    for labels in (ClaimType, Attribution, SourceType):
        assert all(label.example for label in labels)


def test_rules_are_numbered_by_their_section() -> None:
    for number, section in enumerate(codebook.SECTIONS):
        assert all(rule.split(".")[0] == str(number) for rule in section.rules)


def test_rule_numbers_are_unique() -> None:
    assert len(codebook.DECISION_RULES) == sum(1 + len(section.rules) for section in codebook.SECTIONS)


def test_the_text_of_a_rule_includes_its_rulings() -> None:
    rule = codebook.DECISION_RULES["3.1"]
    assert str(rule).startswith(rule.text)
    assert all(text in str(rule) for text in rule.rulings.values())


def test_rules_and_rulings_have_ids() -> None:
    assert {"0", "0.1", "0.1 wishes", "3.1 disputed facts", "5 accusations"} <= codebook.RULE_IDS
    assert not {"7", "0.7", "0.1 hopes", "wishes", ""} & codebook.RULE_IDS
