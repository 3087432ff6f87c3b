"""Files of a bank gone wrong: a right one with values moved, doubled and replaced, or with bytes so."""

import tomllib
from collections.abc import Iterator
from copy import deepcopy
from datetime import date, datetime, time
from typing import Any

from hypothesis import strategies as st

from slantbank import document

from .target import MINIMAL, TARGETS

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
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=5)
TOKENS = [
    *(b"\n", b"[", b"]", b"{", b"}", b'"', b"'", b".", b"=", b"\\", b",", b"#", b'"""', b"'''", b"[[", b"]]", b"\r\n", b"\xff"),
    *(b"[[sentence]]\n", b"[[annotator]]\n", b"n = 0\n", b"nan", b"inf", b"-0", b"0x", b"\\u202e", b"\\U00110000", b"\\ud800"),
    *(b"2021-03-02", b"08:30:00", b"true", b"{ text = ", b"nth = 1 }", b"\xef\xbb\xbf", b"\x1b[31m", b"::error::", b"<script>"),
]


def trees(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Each place of a tree, as the container and the key in it."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield tree, key
        if isinstance(value, dict | list):
            yield from trees(value)


@st.composite
def values_changed(draw: Any, target: str) -> bytes:
    """The TOML file of a target with one to three values replaced, taken out, added or doubled."""
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
    return document.table(tree).encode()


@st.composite
def bytes_changed(draw: Any, target: str) -> bytes:
    """The file of a target with one to four runs of bytes replaced, taken out, moved or doubled."""
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


def anything(target: str) -> st.SearchStrategy[bytes]:
    """Files of a target gone wrong in any of these ways, and bytes that never were one."""
    changed = bytes_changed(target) if target == "text" else values_changed(target) | bytes_changed(target)
    return changed | st.binary(max_size=200) | st.lists(st.sampled_from(TOKENS), max_size=30).map(b"".join)
