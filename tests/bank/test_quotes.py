"""Quotations are found where their words stand, and what stands at a place is quoted so that it is found again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slantbank.bank import Quote, Sentence, listed_at, quotations, quoted_at
from slantbank.bank._quotes import occurrences


@pytest.mark.parametrize(
    ("sentence", "words", "starts"),
    [
        ("he said the heat", "he", [0]),
        ("the heat", "he", [1, 4]),
        ("aaa", "aa", [0, 1]),
        ("a.b a+b", "a+b", [4]),
        ("他说他", "他", [0, 2]),
        ("abc", "", []),
        ("(he) he's", "he", [1, 5]),
        ("abc", "x", []),
    ],
)
def test_whole_words_are_preferred_to_parts_of_words(sentence: str, words: str, starts: list[int]) -> None:
    assert occurrences(sentence, words) == starts


@pytest.mark.parametrize(
    ("quote", "place", "ambiguous"),
    [
        ("he", (0, 2), True),
        ({"text": "he", "nth": 2}, (7, 9), False),
        ({"text": "he", "nth": 3}, None, False),
        ("and", (3, 6), False),
        ("she", None, False),
    ],
)
def test_nth_selects_the_occurrence_of_a_quotation(quote: object, place: tuple[int, int] | None, ambiguous: bool) -> None:
    (quotation,) = quotations({"text": "he and he", "source": quote})
    assert (quotation.place, quotation.is_ambiguous) == (place, ambiguous)


def test_repeated_loaded_words_are_successive_occurrences() -> None:
    listed = quotations({"text": "so and so", "source": "so", "loaded": ["so", "and", "so", "so"], "facts": {"told": "so"}})
    assert [(item.key, item.item, item.place) for item in listed] == [
        ("source", None, (0, 2)),
        ("loaded", 0, (0, 2)),
        ("loaded", 1, (3, 6)),
        ("loaded", 2, (7, 9)),
        ("loaded", 3, None),
        ("facts", "told", (0, 2)),
    ]


def test_empty_or_uncoded_values_are_no_quotations() -> None:
    assert list(quotations(Sentence(n=0, text="He said.", source=Quote(text=""), facts={"told": Quote(text="")}))) == []


TEXT = st.text("ab █.", max_size=12)


@given(TEXT, st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=5, unique=True))
def test_the_quotation_made_for_a_place_is_found_at_that_place(text: str, places: list[tuple[int, int]]) -> None:
    said = [place for place in places if place[0] < place[1] <= len(text) and quoted_at(text, *place)]
    for place in said:
        (quotation,) = quotations({"text": text, "cue": quoted_at(text, *place)})
        assert (quotation.place, quotation.is_ambiguous) == (place, False)
    assert [item.place for item in quotations({"text": text, "loaded": listed_at(text, said)})] == said
