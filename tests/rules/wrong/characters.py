"""Bytes and Unicode (SB0)."""

from tests.rules.wrong import BANK, GOLD, META, MINIMAL, SOURCE, TEXT, TOPIC, case, resigned

CASES = {
    "SB001-text": case(
        TEXT,
        "The mayor said that repairs would cost two million.",
        "The ma\udcefre said that repairs would cost two million.",
        "SB001 4:7",
        says="byte 0xef is not UTF-8 (invalid continuation byte); save the file as UTF-8",
    ),
    "SB001-toml": case(
        GOLD,
        "facts = {}\n",
        'facts = {}\nnote = "caf\udce9"\n',
        "SB001 44:12",
        says="byte 0xe9 is not UTF-8 (invalid continuation byte); save the file as UTF-8",
    ),
    "SB002-text": case(
        TEXT,
        "Council closes the Alder bridge",
        "\ufeffCouncil closes the Alder bridge",
        "SB002 1:1 fixable",
        says="starts with a byte order mark; save the file without it",
    ),
    "SB002-toml": case(GOLD, "[[sentence]]", "\ufeff[[sentence]]", "SB002 1:1 fixable"),
    "SB003-cr": case(
        GOLD,
        None,
        BANK[GOLD].replace("\n", "\r"),
        "SB003 1:13",
        says="43 carriage returns; lines end in LF alone: have the editor save the file so",
    ),
    "SB003-crlf": case(TEXT, None, BANK[TEXT].replace("\n", "\r\n"), "SB003 1:32 fixable"),
    "SB003-crlf-toml": case(
        GOLD, None, BANK[GOLD].replace("\n", "\r\n").replace("normative", "normativ"), "SB003 1:13 fixable", "SB201 38:14-24"
    ),
    "SB004-escape": case(
        META,
        "includes_text = true",
        'note = "bell\\u0007 and form feed\\f"\nincludes_text = true',
        "SB004 9:13-19",
        "SB004 9:33-35",
        says="control character U+0007, written as an escape",
    ),
    "SB004-line-separator": case(
        (GOLD, TEXT, SOURCE),
        "bridge on Monday",
        "bridge\u2028on Monday",
        "SB004 13:38",
        "SB004 article.txt 3:30",
        also=[resigned("bridge on Monday", "bridge\u2028on Monday")],
    ),
    "SB004-many": case(
        META,
        "includes_text = true",
        'note = "' + "\x85" * 25 + '"\nincludes_text = true',
        "SB004 9:9",
        "SB004 9:10",
        "SB004 9:11",
        "SB004 9:12",
        "SB004 9:13",
        "SB004 9:14",
        "SB004 9:15",
        "SB004 9:16",
        "SB004 9:17",
        "SB004 9:18",
    ),
    "SB004-null": case(META, "includes_text = true", 'note = "a\x00b"\nincludes_text = true', "SB004 9:10"),
    "SB005": case(
        META,
        "includes_text = true",
        'note = "closed\u202e on Monday\u202c"\nincludes_text = true',
        "SB005 9:15",
        "SB005 9:26",
        says="bidirectional control U+202E RIGHT-TO-LEFT OVERRIDE",
    ),
    "SB005-escape": case(META, "includes_text = true", 'note = "closed\\u202e on Monday"\nincludes_text = true', "SB005 9:15-21"),
    "SB006": case(
        META,
        "includes_text = true",
        'note = "the br\u200bidge"\nincludes_text = true',
        "SB006 9:15",
        says="character without width U+200B ZERO WIDTH SPACE",
    ),
    "SB006-escape": case(
        META, "includes_text = true", 'note = "the br\\u2060idge\\ufeff"\nincludes_text = true', "SB006 9:15-21", "SB006 9:25-31"
    ),
    "SB006-joiner": case(META, "includes_text = true", 'note = "the br\u200cidge"\nincludes_text = true', "SB006 9:15"),
    "SB007": case(
        META,
        "includes_text = true",
        'note = "The c\u043euncil and \\n\u0421\u043e\u0432\u0435\u0442"\nincludes_text = true',
        "SB007 9:14",
        says="'c\u043euncil' holds U+043E CYRILLIC SMALL LETTER O",
    ),
    "SB007-in-text": case(
        (GOLD, TEXT),
        "The mayor said",
        "The m\u0430yor said",
        "SB007 23:14",
        "SB304 26:10-21",
        "SB007 article.txt 4:6",
        "SB301 article.txt 4:6",
    ),
    "SB008": case(
        SOURCE, None, "a" * 2_000_001, "SB008 1:1", says="2,000,001 bytes; a file of a bank has at most 2,000,000", base=MINIMAL
    ),
    "SB009-annotation": case(GOLD, None, "", "SB009 1:1", says="the file is empty"),
    "SB009-article": case(META, None, "\n", "SB009 1:1"),
    "SB009-blank": case(SOURCE, None, " \n\n", "SB009 1:1"),
    "SB009-text": case(TEXT, None, "", "SB009 1:1"),
    "SB009-topic": case(TOPIC, None, "", "SB009 1:1"),
}
