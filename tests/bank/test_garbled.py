"""What a charset made of UTF-8 is told, and what a language writes so is left alone."""

import ast

import pytest

from slantbank.bank import find_garbled

TEXTS = (
    "nobody’s boat – not “even” Zoë’s … 5 € £3 §2 «so» café naïve Ångström ÜBER Straße",
    "Привет мир",
    "שלום עולם",
    "中国 新闻",
    "مرحبا بالعالم",
    "Óscar, CORAZÓN À la ÉCOLE",
    "a\xa0b 10\xa0000",
    "🙂 yes",
    "10°C ±3 ½ µm ²",
)
RIGHT = (
    "“AMANHÔ disse. «AMANHû MAÇÔ",
    "voilà » et là … à “x”",
    "Fuß“ groß… Spaß– Größe»",
    "„Ä“ und „Ö“ und Å, ÅÄÖ—",
    "É… É» É’ È“ Ñ ESPAÑA",
    "2 × √2 × 3, a â 'â' Â.",
    "CÔTE D’IVOIRE. ÂGE, HÂ… Îles…",
    "România: „Â” și „Ă”; ĂL",
    "Øre Ø… SØ” Ð × MÃE PÃO “CAMPEÃ”",
)


def taken_for(text: str, charset: str) -> str:
    """UTF-8 read in a charset; bytes that it has not, as they are."""
    return "".join(chr(byte) if (char := bytes([byte]).decode(charset, "replace")) == "\ufffd" else char for byte in text.encode())


@pytest.mark.parametrize("text", TEXTS)
def test_text_decoded_with_the_wrong_charset_is_found_with_what_it_was(text: str) -> None:
    assert list(find_garbled(text)) == []
    spoilt = taken_for(text, "cp1252")
    said = list(find_garbled(spoilt))
    assert said
    for at, length, message in said:
        words = message.removesuffix(" becomes where UTF-8 is read as Windows-1252")
        assert taken_for(ast.literal_eval(words.split(" is what ")[1]), "cp1252") == spoilt[at : at + length]


@pytest.mark.parametrize("charset", ["mac_roman", "cp1251", "cp1250"])
def test_the_wrong_charset_is_named(charset: str) -> None:
    (first, *_) = find_garbled(taken_for("nobody’s “boat”", charset))
    assert "is what '’' becomes" in first[2]


@pytest.mark.parametrize("text", RIGHT)
def test_correct_words_of_a_language_are_not_reported(text: str) -> None:
    assert list(find_garbled(text)) == []


def test_replacement_characters_are_reported_with_their_position() -> None:
    assert list(find_garbled("a caf\ufffd\ufffd.")) == [(5, 2, "'\ufffd' stands where a character was lost")]
