"""Text (SB3)."""

from slantbank.bank._article import sha256
from slantbank.bank._withheld import mask
from tests.rules.wrong import BANK, GOLD, HUMAN, META, MINIMAL, SENTENCES, SOURCE, SOURCE_SHA256, STRIPPED, TEXT, case, resigned

RESTORE = "put back the words of source.txt, or, if those are wrong, delete the folder and take in a corrected copy"

CASES = {
    "SB301-added": case(
        (TEXT, GOLD),
        "The council closed the bridge on Monday.",
        "The council closed the bridge down on Monday.",
        "SB301 3:31",
        says="article.txt has 'down on Monday. The may…' here, and source.txt 'on Monday. The mayor sa…' at 3:31; " + RESTORE,
    ),
    "SB301-changed": case(
        (TEXT, GOLD), "The council closed the bridge on Monday.", "The council closed the bridge on Sunday.", "SB301 3:34"
    ),
    "SB301-end": case(
        TEXT,
        "\nThe reckless delay must end.\n",
        "",
        "SB301 4:51",
        says="article.txt has nothing more here, and source.txt 'The reckless delay must…' at 5:1; " + RESTORE,
        also=[(GOLD, "\n" + SENTENCES[3], "")],
    ),
    "SB301-line-deleted": case(
        TEXT,
        "The council closed the bridge on Monday.\n",
        "",
        "SB301 3:5",
        says="article.txt has 'mayor said that repairs…' here, and source.txt 'council closed the brid…' at 3:5; " + RESTORE,
    ),
    "SB301-missing": case(
        (TEXT, GOLD), "The council closed the bridge on Monday.", "The council closed the bridge Monday.", "SB301 3:31"
    ),
    "SB302": case(
        META,
        SOURCE_SHA256,
        sha256("another text"),
        "SB302 10:17-83",
        says="source.txt was changed: restore it; its hash is now 4f531fe0566d8a938d91ab6214b61c5d7f559344614fe124d1d34fc939f698a9",
    ),
    "SB303-changed": case(
        GOLD,
        'text = "The reckless delay must end."',
        'text = "The recless delay must end."',
        "SB303 37:16",
        says="sentence 3 has 'recless delay must end.' here, and 'reckless delay must end.' in article.txt; copy that line",
        also=[(GOLD, 'loaded = ["reckless"]', "loaded = []")],
    ),
    "SB303-end": case(GOLD, 'text = "The reckless delay must end."', 'text = "The reckless delay must end"', "SB303 37:36"),
    "SB303-escape": case(
        GOLD,
        'text = "The reckless delay must end."',
        'text = "\\u0054he recless delay must end."',
        "SB303 37:8-42",
        also=[(GOLD, 'loaded = ["reckless"]', "loaded = []")],
    ),
    "SB303-first": case(GOLD, 'text = "The reckless delay must end."', 'text = "the reckless delay must end."', "SB303 37:8-38"),
    "SB303-long-string": case(
        GOLD,
        'text = "The reckless delay must end."',
        'text = """The recless delay must end."""',
        "SB303 37:8-41",
        also=[(GOLD, 'loaded = ["reckless"]', "loaded = []")],
    ),
    "SB303-other-sentence": case(
        GOLD,
        'text = "Council closes the Alder bridge"',
        'text = "The council closed the bridge on Monday."',
        "SB303 3:8-50",
        "SB303 13:8-41",
        says="this is sentence 1 of article.txt, not 0",
        also=[
            (GOLD, 'facts = { bridge-closed = "closes the Alder bridge" }', 'facts = { bridge-closed = "" }'),
            (GOLD, 'n = 1\ntext = "The council closed the bridge on Monday."', 'n = 1\ntext = "Council closes the Alder bridge"'),
        ],
    ),
    "SB304-absent": case(
        GOLD, 'loaded = ["reckless"]', 'loaded = ["ruthless"]', "SB304 42:11-21", says="'ruthless' is not in sentence 3"
    ),
    "SB304-case": case(
        GOLD,
        'source = "The mayor"',
        'source = "the mayor"',
        "SB304 26:10-21",
        says="'the mayor' is not in sentence 2; did you mean 'The mayor'?",
    ),
    "SB304-not-whole": case(GOLD, 'cue = "said"', 'cue = "sad"', "SB304 27:7-12"),
    "SB304-nth": case(
        GOLD,
        'cue = "said"',
        'cue = { text = "said", nth = 2 }',
        "SB304 27:7-33",
        says="'said' stands only once in sentence 2, so there is no number 2",
    ),
    "SB304-space": case(
        GOLD, 'facts = { repair-cost = "two million" }', 'facts = { repair-cost = "two million " }', "SB304 33:25-39 fixable"
    ),
    "SB304-too-often": case(GOLD, 'loaded = ["reckless"]', 'loaded = ["reckless", "reckless"]', "SB304 42:23-33"),
    "SB304-typography": case(
        (GOLD, TEXT, SOURCE),
        "The reckless delay must end.",
        "The “so-called” repair can’t wait.",
        "SB304 42:11-24 fixable",
        "SB304 42:26-33 fixable",
        also=[
            (GOLD, 'loaded = ["reckless"]', 'loaded = [\'"so-called"\', "can\'t"]'),
            resigned("The reckless delay must end.", "The “so-called” repair can’t wait."),
        ],
    ),
    "SB305": case(
        (GOLD, TEXT, SOURCE),
        "The reckless delay must end.",
        "The repair will repair nothing.",
        "SB305 43:25-33",
        says="'repair' stands 2 times in sentence 3; write { text = …, nth = 1 }, with the number of the one that is meant",
        also=[
            (GOLD, 'loaded = ["reckless"]\nfacts = {}', 'loaded = []\nfacts = { repair-cost = "repair" }'),
            resigned("The reckless delay must end.", "The repair will repair nothing."),
        ],
    ),
    "SB306-crossing": case(
        GOLD,
        "facts = {}\n",
        "facts = {}\n"
        + "".join(
            f'[[sentence.spans]]\nlayer = "content"\nstart = {start}\nend = {end}\ntext = "{text}"\n'
            for start, end, text in ((0, 18, "The reckless delay"), (4, 12, "reckless"), (13, 23, "delay must"))
        ),
        "SB306 54:1-19",
        says="content spans 'The reckless delay' and 'delay must' of sentence 3 overlap; shorten or remove one",
    ),
    "SB306-explicit-and-listed": case(
        GOLD,
        'loaded = ["reckless"]',
        'loaded = ["reckless", { text = "reckless", nth = 1 }]',
        "SB306 42:23-53",
        says="loaded spans 'reckless' and 'reckless' of sentence 3 overlap; shorten or remove one",
    ),
    "SB306-loaded": case(GOLD, 'loaded = ["reckless"]', 'loaded = ["reckless delay", "reckless"]', "SB306 42:29-39"),
    "SB307-beyond-end": case(
        GOLD,
        "facts = {}\n",
        'facts = {}\nspans = [{ layer = "content", start = 24, end = 30, text = "end." }]\n',
        "SB307 44:10-68",
        says="start 24, end 30: a span of sentence 3 has 0 <= start < end <= 28",
    ),
    "SB307-negative": case(
        GOLD,
        "facts = {}\n",
        'facts = {}\nspans = [{ layer = "content", start = -4, end = 28, text = "end." }]\n',
        "SB307 44:10-68",
        says="start -4, end 28: a span of sentence 3 has 0 <= start < end <= 28",
    ),
    "SB307-off-by-one": case(
        GOLD,
        "facts = {}\n",
        'facts = {}\nspans = [{ layer = "content", start = 5, end = 13, text = "reckless" }]\n',
        "SB307 44:10-71",
        says="5 to 13 of sentence 3 is 'eckless ', not 'reckless'; correct start and end, or the text",
    ),
    "SB307-reversed": case(
        GOLD,
        "facts = {}\n",
        'facts = {}\nspans = [{ layer = "content", start = 12, end = 4, text = "reckless" }]\n',
        "SB307 44:10-71",
    ),
    "SB308-blank-end": case(
        TEXT,
        "The reckless delay must end.\n",
        "The reckless delay must end.\n\n",
        "SB308 7:1",
        says="the file ends with a blank line; delete it",
    ),
    "SB308-blank-lines": case(
        TEXT,
        "The reckless delay must end.",
        "\n\nThe reckless delay must end.",
        "SB308 6:1",
        says="there is more than one blank line between paragraphs; leave one",
    ),
    "SB308-headline": case(
        TEXT,
        "\nThe council closed the bridge on Monday.",
        "The council closed the bridge on Monday.",
        "SB308 2:1",
        says="the headline stands alone: put a blank line after it",
    ),
    "SB308-no-end": case(
        TEXT,
        "The reckless delay must end.\n",
        "The reckless delay must end.",
        "SB308 6:28",
        says="the last line has no line feed at its end; add one",
    ),
    "SB308-space-after": case(
        (TEXT, GOLD), "two million.", "two million. ", "SB308 4:52", says="this line ends with white space; delete it"
    ),
    "SB308-space-before": case(
        (TEXT, GOLD), "The mayor said", "  The mayor said", "SB308 4:1-3", says="this line starts with white space; delete it"
    ),
    "SB308-start": case(
        TEXT,
        "Council closes the Alder bridge",
        "\nCouncil closes the Alder bridge",
        "SB308 1:1",
        says="there is a blank line before the headline; delete it",
    ),
    "SB308-wide-space": case((TEXT, GOLD), "two million.", "two million.\u2003", "SB308 4:52"),
    "SB309-annotation": case(
        GOLD,
        mask("Council closes the Alder bridge"),
        "Council closes the Alder bridge",
        "SB309 3:8",
        "SB309 48:8",
        "SB309 annotations/human-one.toml 1:1",
        says="sentence 0 has words in text, but the text is withheld: mask or delete them",
        base=STRIPPED,
        also=[
            (GOLD, "loaded_at = [1]\nfacts = {}\n", 'loaded_at = [1]\nfacts = {}\nnote = "The mayor is the source."\n'),
            (HUMAN, "[[sentence]]", "# loaded: disaster\n[[sentence]]"),
        ],
    ),
    "SB309-metadata": case(
        META,
        "includes_text = false\n",
        f'includes_text = false\nnote = "Of the mayor."\nsource_sha256 = "{SOURCE_SHA256}"\n',
        "SB309 10:1",
        "SB309 28:1",
        says="a withheld article has no note, source_sha256, which could reveal the text; delete what is listed",
        base=STRIPPED,
        also=[(META, "coded = 2021-03-05\n", 'coded = 2021-03-05\nnote = "Of the reckless delay."\n')],
    ),
    "SB309-source": case(
        SOURCE,
        None,
        BANK[SOURCE],
        "SB309 1:1",
        says="article.toml says that the text is withheld; keep source.txt elsewhere",
        base=STRIPPED,
    ),
    "SB309-text": case(
        TEXT,
        mask("The council closed the bridge on Monday."),
        "The council closed the bridge on Monday.",
        "SB309 3:1",
        says="article.toml says that the text is withheld, but words stand here; replace each sentence by a run of █",
        base=STRIPPED,
    ),
    "SB309-words": case(
        TEXT,
        mask("Council closes the Alder bridge"),
        "███████ ██████ ███ █████ ██████",
        "SB309 1:8",
        says="article.toml says that the text is withheld, but words stand here, and in 3 more places; "
        "replace each sentence by a run of █",
        base=STRIPPED,
    ),
    "SB310-count": case(
        META,
        "sentence_words = [5, ",
        "sentence_words = [",
        "SB310 12:18-27",
        says="sentence_words has 3 numbers, and article.txt 4 sentences; give one number for each sentence",
        base=STRIPPED,
    ),
    "SB310-gap": case(
        META,
        '\n[[annotator]]\nid = "gold"',
        '\n[[gap]]\nn = 9\nafter = 1\ntext = "  "\n\n[[annotator]]\nid = "gold"',
        "SB310 16:5",
        says="article.txt has no sentence 9",
        base=STRIPPED,
    ),
    "SB310-included": case(
        META,
        "source_sha256",
        "sentence_words = [5, 7, 9, 5]\nsource_sha256",
        "SB310 annotations/gold.toml 9:13-15",
        "SB310 10:1-18",
        says="sentence 0: this text is not withheld, and loaded_at is for a withheld text; delete it",
        base=MINIMAL,
        also=[(GOLD, "loaded = []\nfacts = { bridge", "loaded = []\nloaded_at = []\nfacts = { bridge")],
    ),
    "SB310-loaded": case(
        GOLD,
        "loaded_at = [1]",
        "loaded_at = [5]",
        "SB310 46:13-16",
        says="sentence 3: loaded_at must list numbers of words in rising order, each once, from 0 to 4",
        base=STRIPPED,
    ),
    "SB310-loaded-missing": case(
        GOLD,
        "loaded_at = [1]\n",
        "",
        "SB310 38:1",
        says="sentence 3: a sentence of a withheld text must have both loaded and loaded_at, or neither",
        base=STRIPPED,
    ),
    "SB310-loaded-nothing": case(
        GOLD,
        "loaded_at = []\nfacts = { repair-cost",
        "loaded_at = [1]\nfacts = { repair-cost",
        "SB310 35:13-16",
        says="sentence 2: loaded_at must list words if there are loaded spans, and be empty if there are none",
        base=STRIPPED,
    ),
    "SB310-missing": case(
        META,
        next(line for line in STRIPPED[META].splitlines(keepends=True) if line.startswith("text_check")),
        "",
        "SB310 1:1",
        says="text_check is missing; `slantbank strip` makes it for a withheld text",
        base=STRIPPED,
    ),
    "SB311": case(
        META,
        "source_sha256",
        "repeats_headline = [0, 1, 1, 99]\nsource_sha256",
        "SB311 10:21",
        "SB311 10:27",
        "SB311 10:30-32",
        says="the body has no sentence 0; it has 1 to 3",
    ),
}
