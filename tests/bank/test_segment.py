"""Sentences are in order and disjoint and lose nothing but white space, whatever the text; the canonical form keeps them."""

import re
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from slantbank.bank import _segment as segment
from slantbank.bank._segment import SentenceSpan

WHITE = {white for white in map(chr, range(0x10000)) if white.isspace()}
PIECES = st.sampled_from(
    [
        *(
            "\n",
            "\r\n",
            "\r",
            "\f",
            "\v",
            "\x1c",
            "\x85",
            "\u2028",
            "\u2029",
            "\n\n",
            "\n \n",
            " ",
            "\t",
            "\xa0",
            "\u3000",
            "\u200b",
        ),
        *(
            "Mr. Smith went to the U.S. Only then",
            "He said “no. Never.” She left.",
            "What?! Yes…",
            "e\u0301.",
            "\u0301",
            "'",
            '"',
            "(",
            ")",
        ),
        *(
            "پل بسته می\u200cشود.",
            "«نه.»",
            "הגשר נסגר.",
            "大桥关闭。他走了！",
            "🚢👩\u200d🔧.",
            "𝒳.",
            "\u202eabc.",
            "1. 2. 3.",
            "...",
        ),
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=5), max_size=25).map("".join)
LANGUAGES = st.sampled_from(["en", "de", "fa", "he", "zh", "xx", ""])


def words(text: str) -> str:
    return re.sub(r"\s+", "", text)


@settings(deadline=None)
@given(TEXTS, LANGUAGES, st.booleans())
@example("\ufeff", "en", False)
def test_sentences_are_in_order_disjoint_and_lose_only_white_space(text: str, language: str, wrapped: bool) -> None:
    spans = segment.segment(text, language, wrapped=wrapped)
    end = 0
    for sentence in spans:
        assert not text[end : sentence.start].strip()
        assert sentence.start < sentence.end
        part = text[sentence.start : sentence.end]
        assert part == part.strip()
        end = sentence.end
    assert not text[end:].strip()


@settings(deadline=None)
@given(TEXTS, st.booleans())
def test_the_headline_is_the_first_line_and_paragraphs_are_numbered_from_1(text: str, wrapped: bool) -> None:
    spans = segment.segment(text, wrapped=wrapped)
    numbers = [sentence.paragraph for sentence in spans]
    assert numbers[:1] == [0][: len(numbers)]
    assert numbers.count(0) <= 1
    assert all(after - before in (0, 1) for before, after in pairwise(numbers))


@settings(deadline=None)
@given(TEXTS, st.booleans())
def test_the_canonical_form_keeps_words_sentences_and_paragraphs(text: str, wrapped: bool) -> None:
    spans = segment.segment(text, wrapped=wrapped)
    canonical = segment.layout(text, spans)
    again = segment.sentence_spans(canonical)
    assert [span.paragraph for span in again] == [span.paragraph for span in spans]
    assert [words(canonical[a.start : a.end]) for a in again] == [words(text[b.start : b.end]) for b in spans]
    assert words(canonical) == words(text)
    assert segment.layout(canonical, again) == canonical


@settings(deadline=None)
@given(TEXTS)
def test_every_line_of_a_canonical_text_is_a_sentence(text: str) -> None:
    spans = segment.sentence_spans(text)
    assert [text[span.start : span.end] for span in spans] == [line for line in text.split("\n") if line]


def test_only_a_blank_line_starts_a_paragraph_of_a_canonical_text() -> None:
    assert [span.paragraph for span in segment.sentence_spans("\n\nHead\n\nOne.\nTwo.\n\n\nThree.")] == [0, 1, 1, 2]


@pytest.mark.parametrize("surrogate", [0xD800, 0xDFFF])
def test_a_lone_surrogate_raises_an_error(surrogate: int) -> None:
    with pytest.raises(ValueError, match=f"U\\+{surrogate:04X} at offset 2"):
        segment.segment(f"ab{chr(surrogate)}")


def test_a_line_is_a_paragraph_unless_the_text_is_wrapped() -> None:
    text = "Head\nThe bridge was\r\nclosed. He\nleft.\n \nThen rain."
    plain = [(span.paragraph, text[span.start : span.end]) for span in segment.segment(text)]
    wrapped = [(span.paragraph, text[span.start : span.end]) for span in segment.segment(text, wrapped=True)]
    assert plain == [(0, "Head"), (1, "The bridge was"), (2, "closed."), (2, "He"), (3, "left."), (4, "Then rain.")]
    assert wrapped == [(0, "Head"), (1, "The bridge was\r\nclosed."), (1, "He\nleft."), (2, "Then rain.")]


def test_both_difficult_boundaries_of_the_seed_are_found() -> None:
    text = "Head\nforces such as the U.S. Only then could it end. Top mullah Mr. Khamenei won."
    assert [text[span.start : span.end] for span in segment.segment(text)][1:] == [
        "forces such as the U.S.",
        "Only then could it end.",
        "Top mullah Mr. Khamenei won.",
    ]


def test_a_long_paragraph_is_split_only_between_sentences() -> None:
    sentences = [f"This is sentence number {n}, and it has some words." for n in range(3000)]
    text = "Head\n" + " ".join(sentences)
    assert len(text) > 6 * segment.LONGEST
    assert [text[span.start : span.end] for span in segment.segment(text)] == ["Head", *sentences]


@pytest.mark.parametrize(
    "text",
    [
        "Head\n" + "“He said so. " * 9000,
        "Head\n" + '"' * 100_000,
        "Head\n" + "a" * 100_000,
        "Head\n" + "大" * 100_000,
        "Head\n" + "(" * 100_000 + ". A b.",
        "Head\n" + "One\nTwo\n" * 12_500,
    ],
    ids=["unclosed quotes", "quotes", "one word", "no spaces", "unclosed brackets", "wrapped lines"],
)
def test_a_long_paragraph_loses_nothing(text: str) -> None:
    for wrapped in (False, True):
        spans = segment.segment(text, wrapped=wrapped)
        assert words("".join(text[span.start : span.end] for span in spans)) == words(text)
        assert spans == sorted(spans, key=lambda span: span.start)


def test_segment_returns_offsets_and_paragraph_numbers() -> None:
    assert segment.segment("\n Head \n\nOne.") == [SentenceSpan(2, 6, 0), SentenceSpan(9, 13, 1)]


@pytest.mark.parametrize("white", sorted(white for white in WHITE if ord(white) >= 0x80))
def test_unusual_white_space_after_an_initial_is_segmented(white: str) -> None:
    text = f"Head\nHe met J{white}. Smith. She left."
    assert len(segment.segment(text)) >= 3


@given(TEXTS, LANGUAGES)
@example("Head\n" + "He said “no more. " * 3000, "en")
def test_split_sentences_gives_the_same_sentences_as_segment(text: str, language: str) -> None:
    paragraphs = [[" ".join(line.split()) for line in paragraph] for paragraph in segment.split_sentences(text, language)]
    lines = "\n\n".join("\n".join(filter(None, paragraph)) for paragraph in paragraphs)
    assert (lines and lines + "\n") == segment.layout(text, segment.segment(text, language))
    assert not set("".join(map("".join, segment.split_sentences(text, language)))) & (WHITE - {" ", "\t"})
