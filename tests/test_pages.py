"""Pages that state figures of the bank state those that its labels give."""

import json
import math

import polars as pl
import pytest
from benchmarks import findings, labels, validity

from tests.conftest import ROOT

CORPORA = ROOT.parent / "shared" / "corpora"


def test_the_page_of_labels_is_as_rendered() -> None:
    assert (ROOT / "docs" / "labels.md").read_text(encoding="utf-8") == labels.page()


def test_the_page_of_findings_is_as_rendered() -> None:
    assert findings.PAGE.read_text(encoding="utf-8") == findings.page()


def test_the_page_of_validity_is_rendered_from_the_figures() -> None:
    figures = json.loads(validity.FIGURES.read_text(encoding="utf-8"))
    assert validity.PAGE.read_text(encoding="utf-8") == validity.page(figures)


def test_the_figures_of_validity_are_those_of_the_corpora() -> None:
    if not CORPORA.is_dir():
        pytest.skip("the corpora are not beside this checkout")
    found = json.loads(json.dumps(validity.figures(CORPORA / "basil", CORPORA / "polnear")))
    stated = json.loads(validity.FIGURES.read_text(encoding="utf-8"))
    assert found.keys() == stated.keys()
    for name in found:
        assert _rounded(found[name]) == _rounded(stated[name]), name


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return round(value, 9) if isinstance(value, float) else value


@pytest.mark.parametrize(("corrected", "held"), [(0.04, True), (0.06, False), (None, False)])
def test_a_difference_is_said_to_hold_only_where_its_corrected_p_allows(corrected: float | None, held: bool) -> None:
    row = {"a": "The Post", "b": "The Times", "measure": "loaded", "item": "", "value_a": 1.0, "value_b": 0.2, "difference": 0.8}
    tests = {"low": 0.1, "high": 1.5, "p": 0.01, "p_corrected": corrected}
    other = {**row, "measure": "attributed", "difference": 0.1, **tests, "p": 0.9, "p_corrected": 1.0}
    said = findings.said(pl.DataFrame([{**row, **tests}, other], infer_schema_length=None), "between two")
    assert ("hold after correction: The Post" in said, "none holds" in said) == (held, not held)


def test_kappa_is_that_of_a_worked_example_and_the_odds_ratio_of_a_fourfold_table() -> None:
    pairs = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    assert validity.kappa(pairs) == pytest.approx(0.4)
    table = {(True, True): 20, (True, False): 5, (False, True): 10, (False, False): 15}
    assert validity.log_odds([table]) == pytest.approx(math.log(6))


def test_the_chance_of_an_order_counts_every_order_within_triplets() -> None:
    found = validity.exact_order([((1, 0, -1), (3.0, 2.0, 1.0)), ((1, 0, -1), (3.0, 2.0, 1.0))])
    assert (found["concordance"], found["most"], found["p"]) == (6, 6, pytest.approx(1 / 36))
