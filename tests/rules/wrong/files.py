"""TOML and its form; the structure of folders (SB1)."""

from pathlib import Path

from tests.rules.wrong import (
    BANK,
    GOLD,
    HUMAN,
    META,
    MINIMAL,
    MORNING,
    SOURCE,
    SOURCE_SHA256,
    TEXT,
    TOPIC,
    case,
    linked,
    recipe,
    renamed,
)

HIDDEN = ("articles/.a", f"{MORNING}/.article.toml.1", f"{MORNING}/annotations/.a", "topics/.a")


def hidden(folder: Path) -> None:
    """Links with names that start with a dot, and a file with such a name."""
    for name in HIDDEN:
        (folder / name).symlink_to("nowhere")
    (folder / MORNING / ".DS_Store").write_bytes(b"an operating system's")


CASES = {
    "SB101-backslash": case(
        META, 'outlet = "The Morning Example"', 'outlet = "The Morning\\Example"', "SB101 4:22", says="a backslash is written \\\\"
    ),
    "SB101-date": case(
        META,
        "published = 2021-03-02",
        "published = 2021-3-2",
        "SB101 5:13-21",
        says="a date is written as 2017-07-03 (year-month-day), without quotation marks",
    ),
    "SB101-merge": case(
        GOLD,
        'claim_type = "normative"\n',
        '<<<<<<< HEAD\nclaim_type = "normative"\n=======\nclaim_type = "causal"\n>>>>>>> theirs\n',
        "SB101 38:1-8",
        says="git left a merge to finish here: choose one side, and delete its three marks",
    ),
    "SB101-inline-table": case(
        GOLD,
        "stance = { council = -1 }",
        "stance = {\n  council = -1\n}",
        "SB101 41:11",
        says="a key is missing here; an inline table { … } stands on one line",
    ),
    "SB101-literal-string": case(
        META, 'outlet = "The Morning Example"', "outlet = 'The Morning Example", "SB101 4:10", says="the string is not closed"
    ),
    "SB101-lone-carriage-return": case(
        META,
        'outlet = "The Morning Example"',
        'outlet = "The\rMorning Example"',
        "SB003 4:14",
        "SB101 4:14",
        says="the string is not closed on its line",
    ),
    "SB101-long-integer": case(GOLD, "n = 3", f"n = {'3' * 5000}", "SB101 36:5", says="an integer has at most 64 bits"),
    "SB101-endless-integer": case(
        TOPIC, 'id = "alder-bridge"', f'id = "alder-bridge"\nx = {"9" * 4301}x', "SB101 2:5", says="an integer has at most 64 bits"
    ),
    "SB101-missing-key": case(
        META,
        'license = "CC0-1.0"',
        '= "CC0-1.0"',
        "SB101 8:1",
        says='here should be a key with its value, as title = "…", or a header, as [[sentence]]',
    ),
    "SB101-missing-value": case(
        META,
        'license = "CC0-1.0"',
        "license =",
        "SB101 8:10",
        says='here should be a value: text in quotes "…", a date without them, as 2017-07-03',
    ),
    "SB101-no-such-day": case(
        META, "published = 2021-03-02", "published = 2021-02-30", "SB101 5:13-23", says="there is no day 2021-02-30"
    ),
    "SB101-quotes-in-string": case(
        META,
        'title = "Council closes the Alder bridge"',
        'title = "Council closes the "Alder" bridge"',
        "SB101 3:30",
        says='the value ends before this; inside "…" a quotation mark is \\"',
    ),
    "SB101-surrogate-escape": case(
        META,
        'outlet = "The Morning Example"',
        'outlet = "The Morning Example \\ud800"',
        "SB101 4:31",
        says="the escape is half of a surrogate pair or beyond U+10FFFF, so no character",
    ),
    "SB101-topic": case(TOPIC, 'role = "media"', "role = media", "SB101 21:8"),
    "SB101-unclosed-array": case(
        GOLD, 'loaded = ["reckless"]', 'loaded = ["reckless"', "SB101 43:1", says="a comma or ] is missing here"
    ),
    "SB101-unquoted-text": case(GOLD, 'claim_type = "predictive"', "claim_type = predictive", "SB101 24:14"),
    "SB101-unterminated-long-string": case(GOLD, "facts = {}\n", 'facts = {}\nnote = """A doubt:\nis it so?\n', "SB101 44:8"),
    "SB101-unterminated-string": case(META, 'outlet = "The Morning Example"', 'outlet = "The Morning Example', "SB101 4:30"),
    "SB102-duplicate-key": case(
        META,
        'origin = "constructed"',
        'title = "Council closes the bridge"\norigin = "constructed"',
        "SB102 7:1-9",
        says="'title' stands in line 3 already",
    ),
    "SB102-duplicate-party": case(
        GOLD, "stance = { council = -1 }", "stance = { council = -1, ferrymen = 0, council = 0 }", "SB102 41:40-50"
    ),
    "SB102-duplicate-table": case(TOPIC, 'id = "alder-bridge"', '[about]\n[about]\nid = "alder-bridge"', "SB102 2:1"),
    "SB102-key-and-table": case(
        META, 'codebook = "1.0"\n', 'codebook = "1.0"\n\n[title]\nlong = "Council closes the Alder bridge"\n', "SB102 17:1"
    ),
    "SB103-array": case(
        GOLD, '["reckless"]', "[" * 30 + '"reckless"' + "]" * 30, "SB103 42:30", says="nested deeper than 20 levels"
    ),
    "SB103-dotted-key": case(GOLD, "facts = {}", "facts." * 24 + 'facts = ""', "SB103 43:1"),
    "SB103-quoted-key": case(GOLD, "facts = {}", '"facts".' * 24 + '"facts" = ""', "SB103 43:1"),
    "SB103-very-deep": case(GOLD, '["reckless"]', "[" * 3000 + '"reckless"' + "]" * 3000, "SB103 42:30"),
    "SB104-array-for-table": case(
        GOLD,
        "stance = { council = -1 }",
        'stance = ["council"]',
        "SB104 41:10-21",
        says="'stance' should be a table { … }, not an array",
    ),
    "SB104-boolean": case(
        META,
        "includes_text = true",
        'includes_text = "no"',
        "SB104 9:17-21",
        says="'includes_text' should be true or false, not a string",
    ),
    "SB104-date-as-string": case(
        META,
        "published = 2021-03-02",
        'published = "2021-03-02"',
        "SB104 5:13-25",
        says="'published' should be a date, not a string: write 2021-03-02, without quotation marks",
    ),
    "SB104-double-brackets": case(
        TOPIC,
        'title = "The closing of the Alder bridge"\n',
        "",
        "SB104 22:1-10",
        says="'title' should be a string \"…\", not an array",
        also=[
            (GOLD, 'facts = { bridge-closed = "closes the Alder bridge" }', "facts = {}"),
            (GOLD, 'facts = { bridge-closed = "" }', "facts = {}"),
            (TOPIC, '[[fact]]\nid = "bridge-closed"\ntext = "The bridge was closed."', '[[title]]\ntext = "x"'),
        ],
    ),
    "SB104-float-for-integer": case(
        GOLD,
        "stance = { council = -1 }",
        "stance = { council = -1.0 }",
        "SB104 41:22-26",
        says="stance toward 'council' should be -1, 0 or 1, not a float",
    ),
    "SB104-integer-for-string": case(
        GOLD,
        'claim_type = "normative"',
        "claim_type = 1",
        "SB104 38:14",
        says="'claim_type' should be a string \"…\", not an integer",
    ),
    "SB104-list-item": case(
        GOLD,
        'loaded = ["reckless"]',
        'loaded = ["reckless", 3]',
        "SB104 42:23",
        says="item 2 of 'loaded' should be a string, or a table { text, nth }, not an integer",
    ),
    "SB104-quote": case(
        GOLD,
        'source = "The mayor"',
        "source = 3",
        "SB104 26:10",
        says="'source' should be a string, or a table { text, nth }, not an integer",
    ),
    "SB104-score": case(
        GOLD,
        "facts = {}\n",
        'facts = {}\nscores = { slant = "high" }\n',
        "SB104 44:20-26",
        says="'slant' should be a number, not a string",
    ),
    "SB104-sentence": case(
        GOLD,
        None,
        "sentence = 3\n",
        "SB104 1:12",
        says="'sentence' should be an array of tables, each under a header [[sentence]], not an integer",
    ),
    "SB104-sentence-item": case(
        GOLD, None, "sentence = [3]\n", "SB104 1:13", says="item 1 of 'sentence' should be a table, not an integer"
    ),
    "SB104-single-brackets": case(
        META,
        "[[annotator]]",
        "[annotator]",
        "SB104 12:1-12",
        says="'annotator' should be an array of tables, each under a header [[annotator]], not a table",
    ),
    "SB104-string-for-array": case(
        GOLD,
        'loaded = ["reckless"]',
        'loaded = "reckless"',
        "SB104 42:10-20",
        says="'loaded' should be an array [ … ], not a string",
    ),
    "SB104-string-for-integer": case(GOLD, "n = 3", 'n = "3"', "SB104 36:5-8", says="'n' should be an integer, not a string"),
    "SB104-time-for-date": case(
        META,
        "published = 2021-03-02",
        "published = 2021-03-02T08:00:00",
        "SB104 5:13-32",
        says="'published' should be a date without quotes, as 2017-07-03, not a date and time",
    ),
    "SB105-metadata": case(
        META, 'origin = "constructed"\nlicense = "CC0-1.0"', 'license = "CC0-1.0"', "SB105 1:1", says="missing key 'origin'"
    ),
    "SB105-party": case(TOPIC, 'id = "paper"\nname = "The local paper"', 'name = "The local paper"', "SB105 17:1"),
    "SB105-quote": case(GOLD, 'loaded = ["reckless"]', "loaded = [{ nth = 1 }]", "SB105 42:11"),
    "SB105-sentence": case(
        GOLD, 'n = 3\ntext = "The reckless delay must end."', 'text = "The reckless delay must end."', "SB105 35:1"
    ),
    "SB106-metadata": case(
        META,
        'title = "Council closes the Alder bridge"',
        'titel = "Council closes the Alder bridge"',
        "SB106 3:1-9",
        says="unknown key 'titel'; did you mean 'title'?",
    ),
    "SB106-quote": case(
        GOLD, 'facts = { repair-cost = "two million" }', 'facts = { repair-cost = { texte = "two million" } }', "SB106 33:27-35"
    ),
    "SB106-sentence": case(GOLD, "facts = {}", "loadet = []\nfacts = {}", "SB106 43:1-10"),
    "SB106-table": case(META, 'codebook = "1.0"\n', 'codebook = "1.0"\n\n[scores.slant]\nmean = 1\n', "SB106 17:1"),
    "SB107-accepted": case(
        META,
        "includes_text = true",
        'accepted = ["SB006", "all"]\nincludes_text = true',
        "SB107 9:22-27",
        says="item 2 of 'accepted' should be a code of a warning, as SB006",
    ),
    "SB107-empty": case(
        META,
        'outlet = "The Morning Example"',
        'outlet = ""',
        "SB107 4:10-12",
        says="'outlet' is empty; leave the key out where nothing is known",
    ),
    "SB107-hash": case(
        META,
        SOURCE_SHA256,
        SOURCE_SHA256[:-1],
        "SB107 10:17-82",
        says="'source_sha256' should be 64 hexadecimal digits, lower-case",
    ),
    "SB107-id": case(
        META,
        'id = "gold"',
        'id = "Gold Labels"',
        "SB107 13:6-19",
        says="'id' should be lower-case letters a-z, digits and single hyphens",
    ),
    "SB107-language": case(
        META, 'language = "en"', 'language = "English"', "SB107 6:12-21", says="'language' should be a language tag, as en or pt-BR"
    ),
    "SB107-nth": case(
        GOLD,
        'loaded = ["reckless"]',
        'loaded = [{ text = "reckless", nth = 0 }]',
        "SB107 42:38",
        says="'nth' should be at least 1, not 0",
    ),
    "SB107-published": case(
        META,
        "published = 2021-03-02",
        "published = 0217-07-03",
        "SB107 5:13-23",
        says="'published' is before 1605, the year of the first newspaper",
    ),
    "SB107-url": case(
        META,
        'origin = "constructed"',
        'url = "www.example.org/alder bridge"\norigin = "constructed"',
        "SB107 7:7-37",
        says="'url' should be an address that starts with https:// or http://, without spaces",
    ),
    "SB111-metadata": case(META, None, None, "SB111 1:1", says="no file article.toml in the article folder"),
    "SB111-source": case(SOURCE, None, None, "SB111 1:1", says="no file source.txt in the article folder"),
    "SB111-text": case(TEXT, None, None, "SB111 1:1", says="no file article.txt in the article folder"),
    "SB112": case(
        META,
        'name = "A. Coder"\ncoded = 2021-03-05\n',
        "",
        "SB112 18:6-17",
        says="no file annotations/human-one.toml; add it, or delete this annotator if the labels are lost",
        base=MINIMAL,
        also=[(HUMAN, None, None)],
    ),
    "SB113": case(
        HUMAN,
        None,
        BANK[GOLD],
        "SB113 1:1",
        says="article.toml has no [[annotator]] with the id 'human-one'; add one, or remove this file",
    ),
    "SB114-annotations": case(
        f"{MORNING}/annotations/gold.json", None, "{}\n", "SB114 1:1", says="annotations/ holds one .toml file for each annotator"
    ),
    "SB114-annotations-file": case(
        f"{MORNING}/annotations",
        None,
        BANK[GOLD],
        "SB114 1:1",
        says="annotations is a folder, with a file for each annotator",
        also=[(GOLD, None, None), (META, '\n[[annotator]]\nid = "gold"\nkind = "adjudicated"\ncodebook = "1.0"\n', "")],
    ),
    "SB114-article": case(
        f"{MORNING}/artikel.txt",
        None,
        BANK[TEXT],
        "SB114 1:1",
        says="an article folder holds no 'artikel.txt'; did you mean 'article.txt'?",
    ),
    "SB114-articles": case(
        "articles/README.md", None, "Articles.\n", "SB114 1:1", says="an articles folder holds article folders only"
    ),
    "SB114-articles-file": case(
        "articles",
        None,
        "none yet\n",
        "SB114 1:1",
        says="a bank has a folder articles/, and no file of this name",
        also=[(GOLD, None, None), (META, None, None), (TEXT, None, None), (SOURCE, None, None)],
    ),
    "SB114-topics": case("topics/README.md", None, "Topics.\n", "SB114 1:1", says="a topics folder holds topic files (.toml) only"),
    "SB115-annotation": recipe(linked(GOLD), "SB115 annotations/gold.toml 1:1", says="a symbolic link; put the file itself here"),
    "SB115-annotations": recipe(linked(f"{MORNING}/annotations"), "SB115 annotations 1:1"),
    "SB115-article": recipe(
        linked(MORNING), "SB115 articles/alder-bridge-morning 1:1", says="a symbolic link; put the folder itself here"
    ),
    "SB115-articles": recipe(linked("articles"), "SB115 articles 1:1"),
    "SB115-hidden": recipe(
        hidden,
        *(f"SB115 {name.removeprefix(f'{MORNING}/')} 1:1" for name in HIDDEN),
        says="a symbolic link with a hidden name; delete it",
    ),
    "SB115-source": recipe(linked(SOURCE), "SB115 source.txt 1:1"),
    "SB115-topic": recipe(linked(TOPIC), "SB115 topics/alder-bridge.toml 1:1"),
    "SB115-topics": recipe(linked("topics"), "SB115 topics 1:1"),
    "SB116-long": recipe(
        renamed("a" * 81), "SB116 articles/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1:1"
    ),
    "SB116-non-ascii": recipe(
        renamed("alder-br\u00fccke"),
        "SB116 articles/alder-brücke 1:1",
        says="folder name 'alder-brücke': use lower-case letters a-z, digits and single hyphens, at most 80",
    ),
    "SB116-reserved": case(
        "topics/aux.toml",
        None,
        BANK[TOPIC].replace('"alder-bridge"', '"aux"'),
        "SB410 topics/alder-bridge.toml 1:1",
        "SB116 1:1",
        "SB410 1:1",
        "SB107 1:6-11",
        says="'aux' is the name of a device on Windows, where no file can have it; choose another",
        base=MINIMAL,
    ),
    "SB116-reserved-annotator": case(
        f"{MORNING}/annotations/con.toml",
        None,
        MINIMAL[HUMAN],
        "SB116 1:1",
        "SB107 article.toml 18:6-11",
        base=MINIMAL,
        also=[(HUMAN, None, None), (META, 'id = "human-one"', 'id = "con"')],
    ),
    "SB116-spaces": recipe(renamed("alder bridge morning"), "SB116 articles/alder bridge morning 1:1"),
    "SB116-topic": case(
        "topics/Alder_Bridge.toml",
        None,
        BANK[TOPIC],
        "SB116 1:1",
        "SB410 1:1",
        "SB410 topics/alder-bridge.toml 1:1",
        says="file name 'Alder_Bridge': use lower-case letters a-z, digits and single hyphens, at most 80",
        base=MINIMAL,
    ),
    "SB116-upper-case": recipe(renamed("Alder-Bridge"), "SB116 articles/Alder-Bridge 1:1"),
    "SB117-article": case(
        META,
        'id = "alder-bridge-morning"',
        'id = "alder-bridge-evening"',
        "SB117 1:6-28",
        says="id 'alder-bridge-evening', but the folder is 'alder-bridge-morning'; change one of the two",
    ),
    "SB117-topic": case(
        TOPIC,
        'id = "alder-bridge"',
        'id = "alder-bridges"',
        "SB117 1:6-21",
        says="id 'alder-bridges', but the file is alder-bridge.toml; change one of the two",
    ),
    "SB118": case(
        "CHANGELOG.md",
        None,
        "# Changelog\n\n## Unreleased\n\n- A label was changed.\n",
        "SB118 3:4-14",
        says="the newest heading is 'Unreleased'; write the data version, as ## 1.2.0 — 2026-11-23",
        base=MINIMAL,
    ),
    "SB118-none": case(
        "CHANGELOG.md",
        None,
        "# Changelog\n\nNothing yet.\n",
        "SB118 1:1",
        says="there is no heading; write the data version, as ## 1.2.0 — 2026-11-23",
        base=MINIMAL,
    ),
}
