"""Propose short ids, made of words."""

import re
import unicodedata
from collections.abc import Container
from datetime import date

from slantbank.bank import is_id

_ENGLISH = (
    "a an the of in on at to for and or by with from as is are was were its it their his her that this be been has have had not"
)
_OTHERS = "der die das und von im zu den dem des ein eine la le les du de et un une el los las y en al del di il e o da"
_SMALL = frozenset(f"{_ENGLISH} {_OTHERS}".split())  # of the languages that most texts are in
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d"})


def slug(text: str, words: int = 4) -> str:
    """Return the first content words of a text as an id; empty if it has no letter or digit of ASCII.

    >>> slug("The closing of the river bridge in Anytown, May 2024"), slug("Bürgermeister tritt zurück", 2)
    ('closing-river-bridge-anytown', 'burgermeister-tritt')
    """
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS)).encode("ascii", "ignore").decode()
    tokens = re.findall(r"[a-z0-9]+", re.sub(r"['’]", "", plain))
    return "-".join([token for token in tokens if token not in _SMALL][:words] or tokens[:words])[:40].strip("-")


def free(name: str, taken: Container[str]) -> str:
    """Return the id, with a number if it is taken or cannot be a file name.

    >>> free("bridge", {"bridge", "bridge-2"}), free("con", ())
    ('bridge-3', 'con-2')
    """
    free_id, number = name, 1
    while free_id in taken or not is_id(free_id):
        number += 1
        free_id = f"{name}-{number}"
    return free_id


def of_article(title: str, outlet: str | None, published: date | None) -> str:
    """Return the id of an article, made of its month, outlet and title.

    >>> of_article("River bridge shut to cars", "The Anytown Gazette", date(2024, 5, 7))
    '2024-05-anytown-gazette-river-bridge-shut'
    """
    month = f"{published:%Y-%m}" if published else ""
    return "-".join(filter(None, [month, slug(outlet or "", 2), slug(title, 3)])) or "article"
