"""Wrong files of a bank: right ones with values or bytes moved, doubled or replaced."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from copy import deepcopy
from datetime import date, datetime, time
from typing import Any

from hypothesis import strategies as st

from slantbank.bank import _article as article
from slantbank.bank import toml
from slantbank.bank.toml._write import quote
from tests.fuzz.target import ARTICLE, MINIMAL, TARGETS

SPECIAL = "ab .,#=[]{}\"'\\\n\t\r\x00\x7f\x1b\u200b\u202e\u0301\u0430\u2028\ufeffé大🚢"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(SPECIAL), max_size=12)
WORDS = st.sampled_from(
    [
        "council",
        "ferrymen",
        "neutral",
        "gold",
        "human-one",
        "bridge-closed",
        "alder-bridge",
        "said",
        "the",
        "",
        "SB006",
        "../x",
        "CON",
    ]
)
SCALARS = (
    st.booleans()
    | st.integers(-3, 9)
    | st.integers()
    | st.floats()
    | TEXTS
    | WORDS
    | st.sampled_from([date(2021, 3, 2), date(1, 1, 1), datetime(2021, 3, 2, 8), time(8, 30)])  # noqa: DTZ001
)
KEYS = (
    TEXTS
    | WORDS
    | st.sampled_from(
        ["id", "n", "text", "nth", "layer", "start", "end", "spans", "loaded", "sentence", "stance", "layers", "facts"]
    )
    | st.sampled_from(["scores", "party", "fact", "aliases", "annotator", "accepted", "details", "undecided", "source", "cue"])
)
VALUES = st.recursive(
    SCALARS, lambda values: st.lists(values, max_size=3) | st.dictionaries(KEYS, values, max_size=3), max_leaves=5
)
TOKENS = [
    *(b"\n", b"[", b"]", b"{", b"}", b'"', b"'", b".", b"=", b"\\", b",", b"#", b'"""', b"'''", b"[[", b"]]", b"\r\n", b"\xff"),
    *(b"[[sentence]]\n", b"[[annotator]]\n", b"n = 0\n", b"nan", b"inf", b"-0", b"0x", b"\\u202e", b"\\U00110000", b"\\ud800"),
    *(b"2021-03-02", b"08:30:00", b"true", b"{ text = ", b"nth = 1 }", b"\xef\xbb\xbf", b"\x1b[31m", b"::error::", b"<script>"),
]


def trees(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place of a tree, as the container and the key in it."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield tree, key
        if isinstance(value, dict | list):
            yield from trees(value)


@st.composite
def values_changed(draw: Any, target: str) -> bytes:
    """Draw the TOML file of a target with one to three values replaced, removed, added or doubled."""
    tree = tomllib.loads((MINIMAL / TARGETS[target]).read_text(encoding="utf-8"))
    for _ in range(draw(st.integers(1, 3))):
        container, key = draw(st.sampled_from(list(trees(tree)) or [(tree, "id")]))
        match draw(st.sampled_from(["put", "take", "add", "double", "swap"])):
            case "put":
                container[key] = draw(VALUES)
            case "take":
                container.pop(key, None) if isinstance(container, dict) else container.pop(key)
            case "add" if isinstance(container, dict):
                container[draw(KEYS)] = draw(VALUES)
            case "swap" if isinstance(container, dict) and tree:
                other, place = draw(st.sampled_from(list(trees(tree))))
                moved = deepcopy(other[place])
                container[key] = [moved] if draw(st.booleans()) else moved
            case _ if isinstance(container, list):
                container.append(deepcopy(container[key]))
    return toml.table(tree).encode()


@st.composite
def bytes_changed(draw: Any, target: str) -> bytes:
    """Draw the file of a target with one to four runs of bytes replaced, removed, moved or doubled."""
    raw = (MINIMAL / TARGETS[target]).read_bytes()
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(raw)))
        end = draw(st.integers(start, min(len(raw), start + 30)))
        part = raw[start : draw(st.integers(start, min(len(raw), start + 300)))]
        put = (
            st.binary(max_size=6)
            | TEXTS.map(str.encode)
            | st.sampled_from([*TOKENS, part, part * 2, b"[" * 30, b"9" * 30, b"a." * 30])
        )
        raw = raw[:start] + draw(put) + raw[end:]
    return raw


LIKELY: dict[str, dict[str, list[Any]]] = {
    "party": {"id": ["council", "neutral", "repair-cost", "a--b"], "side": ["a", "other", "neutral"], "aliases": [[], [""]]},
    "fact": {
        "id": ["council", "repair-cost"],
        "text": ["", " "],
        "since": [date(1604, 12, 31), date(2021, 3, 1)],
        "favours": ["a", "none", "other"],
        "disputed": [True, False],
        "claimed_by": ["council", "mayor", "neutral"],
    },
    "": {
        "published": [date(1, 1, 1), date(1604, 12, 31), date(1605, 1, 1), date(9999, 12, 31), datetime(2021, 3, 2)],  # noqa: DTZ001
        "topic": ["alder-bridge", "alder"],
        "origin": ["published", "found"],
        "includes_text": [True, False],
        "source_sha256": ["0" * 64, "F" * 64],
        "repeats_headline": [[], [1], [0], [1, 1], [99], ["1"]],
        "agency": ["AP", ""],
        "corpus": ["basil", "BASIL"],
        "details": [{"a": ""}, {"": "🚢"}],
    },
    "annotator": {
        "id": ["gold", "human-one"],
        "kind": ["human", "model", "adjudicated"],
        "codebook": ["0.9", "1.0", "1.1", " "],
        "coded": [date(1, 1, 1), date(9999, 12, 31)],
        "brief_sha256": ["0" * 64, ""],
        "layers": [[], ["stance"], ["claim_type", "attribution", "source_type"]],
    },
    "sentence": {
        "n": [-1, 0, 1, 3, 4, 2**63 - 1],
        "claim_type": ["none", "causal", ""],
        "attribution": ["author", "direct", "mixed", ""],
        "source": ["", "The", {"text": "o", "nth": 2}, {"text": "o", "nth": 9}, " "],
        "cue": ["", "said", {"text": "e", "nth": 1}],
        "source_type": ["person", ""],
        "source_party": ["", "council", "paper", "neutral"],
        "source_perspective": ["neutral", "ferrymen", "paper", "", "gold"],
        "stance": [{}, {"council": -1}, {"council": 0, "paper": 1}, {"council": 2}, {"neutral": 0}],
        "loaded": [[], ["The"], ["e", "e"], [{"text": "e", "nth": 2}, "e"], ["The", "e"], [""]],
        "facts": [{}, {"bridge-closed": ""}, {"repair-cost": "The", "bridge-closed": "The"}],
        "spans": [
            [{"layer": layer, "start": start, "end": end, "text": "The"}]
            for layer in ("content", "loaded", "said")
            for start, end in ((0, 3), (0, 0), (-3, 0), (1, 99))
        ],
        "scores": [{}, {"a": 1e300, "b": float("nan"), "c": float("-inf"), "d": 2**63 - 1}],
        "decided_by": [{}, {"stance": "4.3"}, {"facts": ["6.1", "6.1"]}, {"facts": []}, {"stance": "4.9"}, {"note": "4.3"}, "4.3"],
        "undecided": [[], ["stance"], [""]],
        "note": ["", "🚢"],
    },
}
"""Right or nearly right values, by the kind of the table and the key; the kind of the table of an article is ""."""
LETTERS = st.sampled_from('ab .,-é🚢橋\u00a0\u3000\u1680\u0301\u200b█\\"\t\n\r\x1c\x1f\x85\u2028\ufeff')


def changed(words: Iterable[tuple[str, str]] = (), puts: Iterable[tuple[str, int, str, Any]] = ()) -> dict[str, bytes]:
    """Return the files of the minimal bank by name, with `words` replaced everywhere, and then values put into tables.

    An item of `puts` is the kind of a table, its number, a key and the value.
    """
    texts = {path.relative_to(MINIMAL).as_posix(): path.read_text(encoding="utf-8") for path in MINIMAL.glob("*/**/*.t*")}
    for old, new in words:
        texts = {name: _reworded(name, text, old, new) for name, text in texts.items()}
    trees = {name: tomllib.loads(text) for name, text in sorted(texts.items()) if name.endswith(".toml")}
    trees[TARGETS["article"]]["source_sha256"] = article.sha256(texts[f"articles/{ARTICLE}/source.txt"])
    for kind, number, key, value in puts:
        tables = [table for tree in trees.values() for table in tree.get(kind, ())] if kind else [trees[TARGETS["article"]]]
        tables[number % len(tables)][key] = value
    return {name: (toml.table(trees[name]) if name in trees else text).encode() for name, text in texts.items()}


def _reworded(name: str, text: str, old: str, new: str) -> str:
    """Replace words in the text of a file: in annotations only within quotes, in the article's metadata not at all."""
    if "/annotations/" in name:
        return re.sub(r'"[^"\n]*"', lambda quoted: quoted[0].replace(old, quote(new)[1:-1]), text)
    return text.replace(old, new) if name.endswith(".txt") else text


LIKELY_PUTS = [
    (kind, number, key, value)
    for kind, keys in LIKELY.items()
    for number in range({"sentence": 4, "": 1}.get(kind, 2))
    for key, values in keys.items()
    for value in values
]
WORDS_CHANGED = st.tuples(
    st.sampled_from(["bridge", "Council", "million.", " ", "Monday", "reckless "]),
    st.text(LETTERS, max_size=6) | st.text(LETTERS, min_size=1, max_size=6).map(lambda text: text.strip() or "x"),
)
nearly_right = st.builds(changed, st.lists(WORDS_CHANGED, max_size=2), st.lists(st.sampled_from(LIKELY_PUTS), max_size=2))
"""Files of the minimal bank with some words and values changed, most of which pass the check."""


def anything(target: str) -> st.SearchStrategy[bytes]:
    """Draw wrong files of a target of any of these kinds, or any bytes."""
    changed = bytes_changed(target) if target == "text" else values_changed(target) | bytes_changed(target)
    return changed | st.binary(max_size=200) | st.lists(st.sampled_from(TOKENS), max_size=30).map(b"".join)
