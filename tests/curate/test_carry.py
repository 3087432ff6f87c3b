"""Labels follow moved sentence boundaries: none is lost or invented, and moving a boundary back restores the file."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slantbank.bank import _article as article
from slantbank.bank import quotations, toml
from slantbank.bank._article import Annotation, Quote, Sentence
from slantbank.curate import _carry as carry

SPLIT = """\
[[sentence]]
n = 0
text = "Bridge closed"
claim_type = "factual"
stance = {}

# of the mayor
[[sentence]]
n = 1
text = "The mayor called it a triumph, and traders called it a disaster."
claim_type = "evaluative"  # or factual?
attribution = "indirect"
source = "The mayor"
cue = { text = "called", nth = 1 }
source_type = "person"
stance = { city = 1 }
loaded = ["triumph", "disaster", "called"]
facts = { closing = "called it a triumph, and", detour = { text = "it", nth = 2 } }
spans = [{ layer = "content", start = 43, end = 63, text = "called it a disaster" }]
note = "A doubt."

[[sentence]]
n = 2
text = "It stays closed."
claim_type = "predictive"
"""
WHOLE = ["Bridge closed", "The mayor called it a triumph, and traders called it a disaster.", "It stays closed."]
HALVES = ["Bridge closed", "The mayor called it a triumph,", "and traders called it a disaster.", "It stays closed."]


def carried(text: str, lines: list[str]) -> str:
    return toml.dumps(carry.carry(toml.parse(text), lines)[0], Annotation)


def values(text: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = toml.parse(text).tree["sentence"]
    return rows


def test_a_split_sentence_keeps_its_quotations_and_its_labels_become_undecided() -> None:
    first, second = values(carried(SPLIT, HALVES))[1:3]
    undecided = ["claim_type", "attribution", "source", "cue", "source_type", "stance", "loaded", "facts", "spans"]
    assert first == {
        "n": 1,
        "text": HALVES[1],
        "source": "The mayor",
        "cue": "called",
        "loaded": ["triumph", "called"],
        "undecided": undecided,
    }
    assert second == {
        "n": 2,
        "text": HALVES[2],
        "loaded": ["disaster"],
        "facts": {"detour": "it"},
        "spans": [{"layer": "content", "start": 12, "end": 32, "text": "called it a disaster"}],
        "undecided": undecided,
    }


def test_sentences_with_unchanged_text_keep_all_labels_under_their_new_number() -> None:
    rows = values(carried(SPLIT, HALVES))
    assert rows[0] == values(SPLIT)[0]
    assert rows[3] == {**values(SPLIT)[2], "n": 3}


def test_earlier_labels_are_kept_in_comments() -> None:
    text = carried(SPLIT, HALVES)
    kept = [line.removeprefix("#| ") for line in text.split("\n") if line.startswith("#|")]
    assert "\n".join(kept) in SPLIT
    assert 'claim_type = "evaluative"  # or factual?' in kept
    assert "# of the mayor" in kept


def test_moving_the_boundary_back_restores_the_file() -> None:
    assert carried(carried(SPLIT, HALVES), WHOLE) == SPLIT


def test_moving_another_boundary_meanwhile_does_not_matter() -> None:
    other = [*HALVES[:2], " ".join(HALVES[2:])]
    assert carried(carried(carried(SPLIT, HALVES), other), WHOLE) == SPLIT


def test_a_join_is_undone_by_a_split() -> None:
    joined = carried(SPLIT, [WHOLE[0], " ".join(WHOLE[1:])])
    row = values(joined)[1]
    assert (row["source"], row["loaded"]) == ("The mayor", ["triumph", "disaster", "called"])
    assert "claim_type" not in row
    assert "claim_type" in row["undecided"]
    assert carried(joined, WHOLE) == SPLIT


def test_joined_sentences_with_two_sources_get_neither() -> None:
    text = '[[sentence]]\nn = 0\ntext = "A said so."\nsource = "A"\n\n[[sentence]]\nn = 1\ntext = "B did not."\nsource = "B"\n'
    (row,) = values(carried(text, ["A said so. B did not."]))
    assert row == {"n": 0, "text": "A said so. B did not.", "undecided": ["source"]}


def test_labels_that_a_person_has_decided_since_are_not_overwritten() -> None:
    text = f'text = "{HALVES[2]}"\n'
    decided = carried(SPLIT, HALVES).replace(f"\n{text}", f'\n{text}claim_type = "none"\n')
    rows = values(carried(decided, WHOLE))
    assert "claim_type" not in rows[1]
    assert '#| claim_type = "none"' in carried(decided, WHOLE)
    assert carried(carried(decided, WHOLE), HALVES) == decided


def test_an_empty_sheet_stays_empty() -> None:
    text = '# sheet\n\n[[sentence]]\nn = 0\ntext = "A b."\nclaim_type = ""\nstance = {}\nundecided = ["stance"]\n'
    split = carried(text, ["A", "b."])
    assert "#|" not in split
    assert [row["undecided"] for row in values(split)] == [["stance"], ["stance"]]
    assert carried(split, ["A b."]) == text


def test_a_quotation_across_the_boundary_or_with_uncertain_place_is_dropped() -> None:
    text = '[[sentence]]\nn = 0\ntext = "he and he left."\nsource = "he"\nloaded = ["and he"]\nfacts = { a = "" }\n'
    rows = values(carried(text, ["he and", "he left."]))
    assert [set(row) for row in rows] == [{"n", "text", "undecided"}] * 2
    assert rows[0]["undecided"] == ["source", "loaded", "facts"]


WORDS = st.sampled_from(["a", "the", "mayor", "called", "it", "b", "closed.", "“No,”", "ß"])


@st.composite
def texts(draw: Any) -> tuple[str, list[str], list[list[str]]]:
    """An annotation file, its sentences, and other boundaries of the same words."""
    tokens = draw(st.lists(WORDS, min_size=2, max_size=14))

    def lines() -> list[str]:
        cuts = sorted(draw(st.sets(st.integers(1, len(tokens) - 1), max_size=4)))
        return [" ".join(tokens[a:b]) for a, b in zip([0, *cuts], [*cuts, len(tokens)], strict=True)]

    def quotes(text: str) -> list[str]:
        runs = [" ".join(text.split()[i : i + k]) for i in range(len(text.split())) for k in (1, 2)]
        return draw(st.lists(st.sampled_from(runs), max_size=3, unique=True))  # type: ignore[no-any-return]

    first = lines()
    rows = []
    for n, text in enumerate(first):
        loaded = tuple(Quote(text=words) for words in quotes(text))
        facts = {f"f{i}": Quote(text=words, nth=1) for i, words in enumerate(quotes(text))}
        stance = draw(st.none() | st.just({"city": -1}))
        rows.append(Sentence(n=n, text=text, loaded=loaded, facts=facts, stance=stance))
    return article.dumps(Annotation(sentence=tuple(rows))), first, [lines() for _ in range(draw(st.integers(1, 3)))]


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(texts())
def test_quotations_keep_a_place_after_any_moves_and_moving_back_restores_the_file(case: Any) -> None:
    text, first, others = case
    moved = text
    for lines in others:
        moved = carried(moved, lines)
        assert carried(moved, lines) == moved
        rows = Annotation.model_validate(toml.parse(moved).tree).sentence
        assert [row.text for row in rows] == lines
        assert [row.n for row in rows] == list(range(len(lines)))
        for row in rows:
            assert all(quote.place for quote in quotations(row))
            assert row.text in first or row.undecided
    assert carried(moved, first) == text
