"""The page of measures: its example equals the measures, and its tables of coverage equal the simulation."""

import json
import re
from typing import Any

import pytest
from benchmarks import coverage

from slantbank.measure import _compare as compare
from slantbank.measure._measures import FAMILIES, MEASURES
from slantbank.publish import _render as render
from tests.conftest import ROOT
from tests.measure.made import Frames, make

PAGE = (ROOT / "docs" / "measures.md").read_text(encoding="utf-8")


def table(head: str) -> list[list[str]]:
    """The rows of the table whose head begins with these words."""
    lines = PAGE[PAGE.index(f"| {head} ") :].split("\n\n")[0].split("\n")
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in [lines[0], *lines[2:]]]


def example() -> Frames:
    """The two accounts of the example, the first from its table."""
    head, *rows = table("n | words")
    sentences: list[dict[str, Any]] = []
    for row in rows:
        of = dict(zip(head, row, strict=True))
        stance = [{"party": party, "value": int(value)} for party, value in re.findall(r"(\w) ([-+]?\d)", of["stance"])]
        span = {"layer": "source", "start": 0, "end": 1, "ref": None, "text": of["words of the source"]}
        sentences.append(
            {
                "n_words": int(of["words"]),
                "claim_type": of["claim type"],
                "attribution": of["attribution"],
                "source_type": of["source type"] or None,
                "source_party": of["source party"] or None,
                "source_perspective": of["account of"],
                "stance": stance,
                "loaded_words": int(of["loaded words"]),
                "facts": [of["facts"]] if of["facts"] else [],
                "spans": [span] if of["words of the source"] else [],
            }
        )
    other = [{"facts": facts} for facts in (["f1"], ["f4"], *[[]] * 7)]
    facts = [{"fact_id": f"f{i}", "favours": "b" if i == 4 else None, "since": None} for i in (1, 2, 3, 4)]
    return make([{"id": "one", "sentences": sentences}, {"id": "other", "sentences": other}], facts)


BY_HAND = re.findall(r"^\| `(\w+)` ?(.*?) \| .* \| (\S+) \|$", PAGE.replace("| by hand | |", ""), re.MULTILINE)
BY_HAND = [(name, item, value) for name, item, value in BY_HAND if re.fullmatch(r"none|-?[\d.]+", value)]


@pytest.mark.parametrize(("name", "item", "value"), BY_HAND)
def test_values_computed_by_hand_equal_compare(name: str, item: str, value: str) -> None:
    result = compare.compare(example(), measures=name).filter(article_id="one", measure=name, item=item)["value"].item()
    rounding = 0.5 * 10 ** -len(value.partition(".")[2])
    assert result is None if value == "none" else float(value) == pytest.approx(result, abs=rounding)


def test_every_family_is_explained_and_has_an_example() -> None:
    for family, measures in FAMILIES.items():
        section = PAGE.split(f"<!-- rendered: {family} -->")[1].split("\n## ")[0]
        assert "*Do not use it*" in section
        assert "*Source*" in section
        assert {name for name, _, _ in BY_HAND} & set(measures)
    assert {name.removeprefix("side_") for name in MEASURES} - {name.removeprefix("side_") for name, _, _ in BY_HAND} == set()


def test_tables_of_measures_are_as_rendered() -> None:
    assert render.measures_page(PAGE) == PAGE


def test_the_page_shows_the_simulated_coverage() -> None:
    results = json.loads(coverage.RESULTS.read_text(encoding="utf-8"))
    assert coverage.placed(PAGE, results) == PAGE
    for name, stated in coverage.TABLES.items():
        assert [{key: row[key] for key in stated.cells[0]} for row in results[name]] == stated.cells


@pytest.mark.parametrize("name", list(coverage.TABLES))
def test_simulating_a_cell_again_gives_the_stored_figures(name: str) -> None:
    kept = json.loads(coverage.RESULTS.read_text(encoding="utf-8"))[name][0]
    for key, value in coverage.simulated(name, coverage.TABLES[name].cells[0]).items():
        assert value == pytest.approx(kept[key], abs=0.01), key
