"""The small bank of the examples, which has no problems. The example of a rule is one edit of it."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

TOPIC = "topics/harbour-bridge.toml"
META = "articles/bridge-closed/article.toml"
SOURCE = "articles/bridge-closed/source.txt"
TEXT = "articles/bridge-closed/article.txt"
LABELS = "articles/bridge-closed/annotations/ada.toml"

ARTICLE = """\
Bridge closed

Mayor Zoë Hall called the closing a triumph, and traders called it a disaster.
"""


BANK: dict[str, str] = {
    TOPIC: """\
id = "harbour-bridge"
axis = "none"
title = "The closing of the harbour bridge"

[[party]]
id = "city"
name = "City council"
aliases = ["Zoë Hall"]
side = "a"

[[party]]
id = "traders"
name = "Harbour traders"
side = "b"

[[fact]]
id = "bridge-closed"
text = "The bridge was closed on 6 May 2024."

[[fact]]
id = "detour"
text = "Lorries take the road by the mill."
""",
    META: f"""\
id = "bridge-closed"
topic = "harbour-bridge"
title = "Bridge closed"
published = 2024-05-06
language = "en"
origin = "constructed"
source_sha256 = "{hashlib.sha256(ARTICLE.encode()).hexdigest()}"

[[annotator]]
id = "ada"
kind = "human"
codebook = "1.0"
""",
    SOURCE: ARTICLE,
    TEXT: ARTICLE,
    LABELS: """\
[[sentence]]
n = 0
text = "Bridge closed"
claim_type = "factual"
attribution = "author"
source_perspective = "neutral"
stance = {}
loaded = []
facts = { bridge-closed = "Bridge closed" }

[[sentence]]
n = 1
text = "Mayor Zoë Hall called the closing a triumph, and traders called it a disaster."
claim_type = "evaluative"
attribution = "indirect"
source = "Mayor Zoë Hall"
cue = { text = "called", nth = 1 }
source_type = "person"
source_party = "city"
source_perspective = "city"
stance = { city = 1 }
loaded = ["triumph", "disaster"]
facts = { bridge-closed = "the closing" }
spans = [{ layer = "content", start = 22, end = 43, text = "the closing a triumph" }]
""",
}
"""The text of each file by its path."""


def edited(files: Mapping[str, str | None], file: str, old: str | None, new: str | None) -> dict[str, str | None]:
    """Return the files with the first `old` in `file` replaced by `new`; if the file or `old` is None, `new` is the whole file.

    Raises ValueError if the file does not hold `old`.
    """
    text = files.get(file)
    if text is None or old is None or new is None:
        return {**files, file: new}
    if old not in text:
        raise ValueError(f"{file} does not hold {old!r}")
    return {**files, file: text.replace(old, new, 1)}


def write(files: Mapping[str, str | None], folder: Path) -> None:
    """Write the files of a bank to the folder; links and bytes that are not UTF-8 are noted as in `Example`."""
    for name, text in files.items():
        path = folder / name
        if text is None:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            path.symlink_to(text.removeprefix("-> "))
        else:
            path.write_bytes(text.encode("utf-8", "surrogateescape"))
