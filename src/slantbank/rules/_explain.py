"""The rule book: each rule with why it exists, wrong data and what is told about it, and right data.

An example is an edit of one small bank, `BANK`; a test has the check judge both sides of every edit.
"""

import hashlib
from dataclasses import dataclass

from slantbank.codebook import VERSION
from slantbank.problem import RULES, nearest, printable, quoted

GROUPS = {
    "SB0": "Bytes and Unicode",
    "SB1": "TOML and its form; the structure of folders",
    "SB2": "Labels and references",
    "SB3": "Text",
    "SB4": "Across files",
    "SB5": "The built frames",
}
"""The groups of rules by the start of their codes."""

_TOPIC = "topics/harbour-bridge.toml"
_META = "articles/bridge-closed/article.toml"
_SOURCE = "articles/bridge-closed/source.txt"
_TEXT = "articles/bridge-closed/article.txt"
_LABELS = "articles/bridge-closed/annotations/ada.toml"

_ARTICLE = """\
Bridge closed

Mayor Zoë Hall called the closing a triumph, and traders called it a disaster.
"""


BANK = {
    _TOPIC: """\
id = "harbour-bridge"
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
    _META: f"""\
id = "bridge-closed"
topic = "harbour-bridge"
title = "Bridge closed"
published = 2024-05-06
language = "en"
origin = "constructed"
source_sha256 = "{hashlib.sha256(_ARTICLE.encode()).hexdigest()}"

[[annotator]]
id = "ada"
kind = "human"
codebook = "1.0"
""",
    _SOURCE: _ARTICLE,
    _TEXT: _ARTICLE,
    _LABELS: """\
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
"""The bank of the examples, in which nothing is wrong: the text of each file by its path."""


@dataclass(frozen=True)
class Example:
    """An edit of `BANK` that breaks a rule: in `file`, `wrong` stands in place of `right`.

    A file that `BANK` has not holds nothing else. None is no such file, `-> x` a link to x, and a lone surrogate a byte
    that is not UTF-8, as Python's `surrogateescape` has it.
    """

    file: str
    right: str | None
    wrong: str | None


EXAMPLES: dict[str, Example] = {
    "SB001": Example(_TEXT, "Mayor Zoë Hall", "Mayor Zo\udceb Hall"),
    "SB002": Example(_TEXT, "Bridge closed\n", "\ufeffBridge closed\n"),
    "SB003": Example(_TEXT, "Bridge closed\n", "Bridge closed\r\n"),
    "SB004": Example(_TEXT, "Mayor Zoë Hall", "\fMayor Zoë Hall"),
    "SB005": Example(_TEXT, "the closing a triumph", "the closing \u202ea triumph"),
    "SB006": Example(_TEXT, "the closing a triumph", "the closing a tri\xadumph"),
    "SB007": Example(_META, 'title = "Bridge closed"', 'title = "Br\u0456dge closed"'),
    "SB008": Example(_SOURCE, _ARTICLE, _ARTICLE * 60_000),
    "SB009": Example(_TEXT, _ARTICLE, ""),
    "SB101": Example(_META, 'title = "Bridge closed"', 'title = "Bridge closed'),
    "SB102": Example(_META, 'language = "en"', 'language = "en"\nlanguage = "de"'),
    "SB103": Example(_LABELS, "loaded = []", f"loaded = {'[' * 21}{']' * 21}"),
    "SB104": Example(_LABELS, 'n = 0\ntext = "Bridge closed"', 'n = "0"\ntext = "Bridge closed"'),
    "SB105": Example(_TOPIC, 'name = "Harbour traders"\nside = "b"', 'name = "Harbour traders"'),
    "SB106": Example(_META, 'title = "Bridge closed"', 'titel = "Bridge closed"'),
    "SB107": Example(_META, 'language = "en"', 'language = "English"'),
    "SB111": Example(_SOURCE, _ARTICLE, None),
    "SB112": Example(_LABELS, BANK[_LABELS], None),
    "SB113": Example("articles/bridge-closed/annotations/bob.toml", None, BANK[_LABELS]),
    "SB114": Example("articles/bridge-closed/notes.txt", None, "Ask Ada about sentence 1.\n"),
    "SB115": Example(_TEXT, _ARTICLE, "-> source.txt"),
    "SB116": Example("topics/Harbour_Bridge.toml", None, BANK[_TOPIC]),
    "SB117": Example(_META, 'id = "bridge-closed"', 'id = "bridge"'),
    "SB118": Example("CHANGELOG.md", "# Changelog\n\n## 1.0.0 — 2024-05-08\n", "# Changelog\n\n## Next\n"),
    "SB201": Example(_LABELS, 'claim_type = "evaluative"', 'claim_type = "evaluation"'),
    "SB202": Example(_LABELS, 'attribution = "indirect"', 'attribution = "reported"'),
    "SB203": Example(_LABELS, 'source_type = "person"', 'source_type = "politician"'),
    "SB204": Example(_LABELS, 'source_perspective = "city"', 'source_perspective = "mayor"'),
    "SB205": Example(_LABELS, 'source_party = "city"', 'source_party = "Zoë Hall"'),
    "SB206": Example(_LABELS, 'bridge-closed = "the closing"', 'bridge-shut = "the closing"'),
    "SB207": Example(_META, 'kind = "human"', 'kind = "person"'),
    "SB208": Example(_LABELS, "stance = { city = 1 }", "stance = { city = 2 }"),
    "SB209": Example(_LABELS, 'claim_type = "factual"\nattribution = "author"', 'claim_type = "factual"'),
    "SB210": Example(_LABELS, 'claim_type = "evaluative"', 'claim_type = ""'),
    "SB211": Example(_LABELS, 'attribution = "author"', 'attribution = "author"\nsource = "Bridge"'),
    "SB212": Example(_LABELS, 'source_type = "person"\nsource_party = "city"', 'source_party = "city"'),
    "SB213": Example(_META, 'language = "en"', 'language = "en"\nextracted = ["published", "text"]'),
    "SB301": Example(_TEXT, "the closing a triumph", "the closing a great triumph"),
    "SB302": Example(_SOURCE, "Bridge closed\n\nMayor Zoë Hall", "Bridge closed\n\nMayor Hall"),
    "SB303": Example(_LABELS, 'text = "Bridge closed"', 'text = "Bridge shut"'),
    "SB304": Example(_LABELS, 'source = "Mayor Zoë Hall"', 'source = "mayor Zoë Hall"'),
    "SB305": Example(_LABELS, 'cue = { text = "called", nth = 1 }', 'cue = "called"'),
    "SB306": Example(_LABELS, 'loaded = ["triumph", "disaster"]', 'loaded = ["a triumph", "triumph", "disaster"]'),
    "SB307": Example(_LABELS, "start = 22, end = 43", "start = 23, end = 44"),
    "SB308": Example(_TEXT, "Bridge closed\n\nMayor", "Bridge closed\nMayor"),
    "SB309": Example(_META, 'origin = "constructed"', 'origin = "constructed"\nincludes_text = false'),
    "SB310": Example(_META, 'origin = "constructed"', 'origin = "constructed"\nsentence_words = [2, 10]'),
    "SB401": Example("articles/second-look/article.toml", 'id = "second-look"\n', 'id = "bridge-closed"\n'),
    "SB402": Example(_LABELS, "n = 1", "n = 2"),
    "SB403": Example(_META, 'topic = "harbour-bridge"', 'topic = "harbor-bridge"'),
    "SB404": Example(_TOPIC, 'id = "traders"', 'id = "city"'),
    "SB405": Example(_TOPIC, 'id = "detour"', 'id = "bridge-closed"'),
    "SB406": Example(
        _META, 'codebook = "1.0"\n', 'codebook = "1.0"\n\n[[annotator]]\nid = "ada"\nkind = "model"\ncodebook = "1.0"\n'
    ),
    "SB407": Example("articles/second-look/source.txt", "Bridge open again\n", _ARTICLE),
    "SB408": Example(_META, 'id = "ada"\nkind = "human"', 'id = "ada"\nkind = "adjudicated"'),
    "SB409": Example(_META, 'codebook = "1.0"', 'codebook = "99.0"'),
}
"""An example of each rule about files. None breaks SB501, which the others imply."""

TOLD: dict[str, str] = {
    "SB001": "byte 0xeb is not UTF-8 (invalid continuation byte); save the file as UTF-8",
    "SB002": "starts with a byte order mark; save the file without it",
    "SB003": "1 carriage return; lines end in LF alone: have the editor save the file so",
    "SB004": "control character U+000C",
    "SB005": "bidirectional control U+202E RIGHT-TO-LEFT OVERRIDE",
    "SB006": "character without width U+00AD SOFT HYPHEN",
    "SB007": "'Brіdge' holds U+0456 CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I",
    "SB008": "5,700,000 bytes; a file of a bank has at most 2,000,000",
    "SB009": "the file is empty",
    "SB101": "the string is not closed on its line",
    "SB102": "'language' stands in line 5 already",
    "SB103": "nested deeper than 20 levels",
    "SB104": "'n' should be an integer, not a string",
    "SB105": "missing key 'side'",
    "SB106": "unknown key 'titel'; did you mean 'title'?",
    "SB107": "'language' should be a language tag, as en or pt-BR",
    "SB111": "no file source.txt in the article folder",
    "SB112": "no file annotations/ada.toml",
    "SB113": "article.toml has no [[annotator]] with the id 'bob'; add one, or remove this file",
    "SB114": "an article folder holds no 'notes.txt'; did you mean 'article.txt'?",
    "SB115": "a symbolic link; put the file itself here",
    "SB116": "file name 'Harbour_Bridge': use lower-case letters a-z, digits and single hyphens, at most 80",
    "SB117": "id 'bridge', but the folder is 'bridge-closed'",
    "SB118": "the newest heading is 'Next'; write the data version, as ## 1.2.0 — 2026-11-23",
    "SB201": "unknown claim type 'evaluation'; did you mean 'evaluative'?",
    "SB202": "unknown attribution 'reported'; choose from author, direct, indirect, mixed",
    "SB203": "unknown source type 'politician'; choose from person, organization, unnamed, collective, document",
    "SB204": "unknown perspective 'mayor'; choose from city, traders, neutral",
    "SB205": "unknown party 'Zoë Hall'; did you mean 'city'?",
    "SB206": "unknown fact 'bridge-shut'; did you mean 'bridge-closed'?",
    "SB207": "unknown kind 'person'; choose from human, model, adjudicated",
    "SB208": "stance toward 'city' should be -1, 0 or 1, not 2",
    "SB209": "sentence 0 has no attribution",
    "SB210": "sentence 1: fill in claim_type",
    "SB211": "sentence 0 is attributed to the author: take out the source, or say that the claim is direct, indirect or mixed",
    "SB212": "sentence 1 is attributed (indirect): give its source_type, person, organization, unnamed, collective, document",
    "SB213": "'published', 'text' not confirmed yet; take a name from `extracted` when you have compared it with the original",
    "SB301": "article.txt has 'great triumph, and trad…' here, and source.txt 'triumph, and traders ca…' at 3:37",
    "SB302": "source.txt has the hash e7705cd48e31792a19ec34dd9151e55a9abecfa13994ccb735dea9dfc9a52ec0",
    "SB303": "sentence 0 has 'shut' here, and 'closed' in article.txt",
    "SB304": "'mayor Zoë Hall' is not in sentence 1; did you mean 'Mayor Zoë Hall'?",
    "SB305": "'called' stands 2 times in sentence 1; write { text = …, nth = 1 }, with the number of the one that is meant",
    "SB306": "loaded spans 'a triumph' and 'triumph' of sentence 1 overlap",
    "SB307": "23 to 44 of sentence 1 is 'he closing a triumph,', not 'the closing a triumph'",
    "SB308": "the headline stands alone: put a blank line after it",
    "SB309": "article.toml says that the text is withheld; keep source.txt elsewhere",
    "SB310": "the text is here, and sentence_words is for one that is withheld; leave it out",
    "SB401": "id 'bridge-closed' is that of folder 'bridge-closed' too",
    "SB402": "there is no sentence 2: article.txt has 0 to 1",
    "SB403": "no file topics/harbor-bridge.toml; did you mean 'harbour-bridge'?",
    "SB404": "party 'city' stands in line 5 already",
    "SB405": "fact 'bridge-closed' stands in line 16 already",
    "SB406": "annotator 'ada' stands in line 10 already",
    "SB407": "this is the text of article 'bridge-closed' too",
    "SB408": "annotator 'ada' is of kind adjudicated; the adjudicated labels, and no others, are called 'gold'",
    "SB409": f"codebook 99.0 is newer than {VERSION}, the newest known here; upgrade slantbank",
}
"""What the check tells about the wrong side of each example."""


def explain(code_or_name: str) -> str:
    """The rule of a code or name: why it exists, wrong data, what is told about it, and right data; plain text and Markdown.

    Raises ValueError for an unknown rule, naming the nearest.
    """
    word = code_or_name.strip().casefold()
    found = [rule for rule in RULES.values() if word in (rule.code.casefold(), rule.name)]
    if not found:
        choices = [*RULES, *(rule.name for rule in RULES.values())]
        raise ValueError(f"no rule {quoted(code_or_name)}; {nearest(code_or_name, choices)}")
    rule = found[0]
    example = EXAMPLES.get(rule.code)
    head = [f"{rule.code} {rule.name} ({rule.level})", rule.why]
    if example is None:
        return "\n\n".join(head) + "\n"
    parts = [
        *head,
        f"Wrong, in {example.file}:",
        _block(example.wrong),
        "What is told:",
        _block(TOLD[rule.code]),
        "Right:",
        _block(example.right),
    ]
    return "\n\n".join(parts) + "\n"


def rulebook() -> str:
    """All rules as a Markdown page, in order and by group, and the bank of the examples."""
    parts = [
        "# Rules",
        "<!-- Rendered by slantbank.rules._explain.rulebook; edit problem.py and explain.py. -->",
        (
            "What `slantbank check` looks for. A code is stable. Each example is an edit of the small bank at the end; "
            "what cannot be seen or is not UTF-8 is shown as an escape, and … stands for more of the same."
        ),
    ]
    for group, title in GROUPS.items():
        parts.append(f"## {group}: {title}")
        parts += [f"### {explain(code).rstrip()}" for code in RULES if code.startswith(group)]
    parts.append("## The bank of the examples")
    for path, text in BANK.items():
        parts += [f"`{path}`:", _block(text, most=len(text))]
    return "\n\n".join(parts) + "\n"


def _block(text: str | None, most: int = 8) -> str:
    """The text as an indented block, which is code in Markdown: its first lines, with what is hidden as escapes."""
    if not text:
        return "    (no such file)" if text is None else "    (an empty file)"
    seen = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    lines = seen.removesuffix("\n").split("\n")
    shown = lines if len(lines) <= most else [*lines[: most - 1], "…"]
    return "\n".join(f"    {printable(line)}" if line else "" for line in shown)
