"""Guess the language of a text from its letters and small words, and check whether a tag names a language."""

import re
from collections import Counter

_WORDS = {
    "en": "the of and to in that is was for it with as his on be at by had not are but from or have they which were has said",
    "de": "der die und das ist nicht ein eine den dem des von zu mit sich auf für im auch als wird werden hat dass bei sind nach",
    "fr": "le la les des et est une un du dans que qui pour par sur pas au avec ce il elle sont plus été aux ses mais leur",
    "es": "el la los las de que y en un una por con para del se no es su al lo como más pero sus fue han este ha entre",
    "it": "il di che la e un una per non con del della sono in le si da come nel anche gli dei più alla ha ma è stato dal",
    "pt": "o a os as de que e do da em um uma para com não por se na no dos mais como foi ao das tem seu sua ou é são",
    "nl": "de het een en van is dat op te in zijn met voor niet aan er om ook als maar bij door naar hij heeft worden werd",
    "sv": "och att det som en är på för av med till den har inte om ett de från var men han sig så vid efter kan hade",
    "da": "og det at er en af på til som med for den de ikke der har et om fra men han var sig efter kan havde blev",
    "no": "og det er i på som en av for til med at den har ikke de et om fra men han var seg etter kan hadde ble mot",
    "pl": "i w na z się nie do że to jest o po jak za od dla przez ale są już jego tym co tak być oraz które który",
}
"""The commonest small words of languages in Latin letters."""
_FREQUENT = {name: frozenset(words.split()) for name, words in _WORDS.items()}
_SCRIPTS = {
    "ja": r"[\u3040-\u30ff]",
    "ko": r"[\uac00-\ud7af]",
    "zh": r"[\u4e00-\u9fff]",
    "he": r"[\u0590-\u05ff]",
    "fa": r"[\u067e\u0686\u0698\u06a9\u06af\u06cc]",
    "ar": r"[\u0600-\u06ff]",
    "el": r"[\u0370-\u03ff]",
    "uk": r"[іїєґ]",
    "ru": r"[\u0400-\u04ff]",
    "hi": r"[\u0900-\u097f]",
    "th": r"[\u0e00-\u0e7f]",
}
"""The letters of languages with a script that few other languages of news have; more specific ones come first."""
_FEWEST = 12
"""Words that a paragraph must have for its language to be guessed on its own."""


def guess(text: str) -> str | None:
    """Return the language of a text; None if the evidence is too weak.

    >>> guess("Der Rat hat die Brücke am Montag für Autos gesperrt, weil die Pfeiler nach 80 Jahren nicht mehr sicher sind.")
    'de'
    >>> guess("Bridge shut")
    """
    letters = sum(map(str.isalpha, text)) or 1
    for name, pattern in _SCRIPTS.items():
        count = len(re.findall(pattern, text.casefold()))
        if count > letters * (0.02 if name in ("fa", "uk") else 0.2):
            return name
    counts = _counts(text)
    (best, most), (_, second) = counts.most_common(2)
    return best if most > 3 and most > 1.3 * second else None


def other_languages(text: str, language: str) -> Counter[str]:
    """Count the longer paragraphs of a text that are in another language than the stated one, by language."""
    parts = [part for part in text.split("\n") if len(part.split()) >= _FEWEST]
    languages = Counter(guess(part) for part in parts)
    return Counter({name: count for name, count in languages.items() if name is not None and name != language.partition("-")[0]})


def _counts(text: str) -> Counter[str]:
    words = Counter(re.findall(r"[^\W\d_]+", text.casefold()))
    return Counter({name: sum(words[word] for word in small) for name, small in _FREQUENT.items()})


_TAGS = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es et eu "
    "fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn "
    "ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os "
    "pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw "
    "ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
CODES = frozenset(_TAGS.split())
"""The languages with a code of two letters (ISO 639-1). Source: https://www.loc.gov/standards/iso639-2/"""


def is_language(tag: str) -> bool:
    """Whether a tag can name a language: its first part is a code of ISO 639-1 or has three letters.

    >>> is_language("de-AT"), is_language("nds"), is_language("xy")
    (True, True, False)
    """
    first = tag.partition("-")[0]
    return first in CODES or len(first) == 3
