"""Texts that look alike are told as such, and what was copied of them is found."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from slantbank.bank import alike

LETTERS = st.text(st.sampled_from("ab é“”’'\"–- \xa0…ñ\u0301ü"), max_size=12)


@given(LETTERS)
def test_normalisation_and_straight_quotation_marks_are_the_difference_of_texts_that_look_alike(text: str) -> None:
    for other in (unicodedata.normalize("NFD", text), unicodedata.normalize("NFC", text), alike.straight(text)):
        assert bool(alike.difference(text, other)) == (text != other)


@given(LETTERS, st.data())
def test_words_of_a_text_are_found_in_it_after_any_invisible_change(text: str, data: st.DataObject) -> None:
    text = unicodedata.normalize("NFC", text)
    start = data.draw(st.integers(0, len(text)))
    words = text[start : data.draw(st.integers(start, len(text)))]
    for copied in (words, alike.straight(words), unicodedata.normalize("NFD", words)):
        if words and not unicodedata.combining(words[0]):
            assert any(a <= start and start + len(words) <= b for a, b in alike.find_words(text, copied))


def test_other_words_do_not_look_alike() -> None:
    assert alike.difference("robbery", "Robbery") == alike.difference("a", "a ") == ""
    assert alike.find_words("robbery", "Robbery") == alike.find_words("robbery", "") == []
