"""Across files (SB4)."""

from slantbank.codebook import VERSION
from tests.rules.wrong import BANK, GOLD, META, MINIMAL, MORNING, NOON, SENTENCES, STRIPPED, TOPIC, TWINS, case, resigned, twin

CASES = {
    "SB401": case(
        tuple(f"{NOON}/{name}" for name in ("annotations/gold.toml", "article.txt", "source.txt")),
        "Monday",
        "Tuesday",
        "SB401 articles/alder-bridge-noon/article.toml 1:6-28",
        says="id 'alder-bridge-morning' is used in folder 'alder-bridge-morning', too; give each article its own id",
        base=TWINS,
        also=[(f"{NOON}/article.toml", *resigned("Monday", "Tuesday")[1:])],
    ),
    "SB402-duplicate": case(
        GOLD, "facts = {}\n", "facts = {}\n\n" + SENTENCES[3], "SB402 46:5", says="sentence 3 is labelled twice"
    ),
    "SB402-empty": case(GOLD, None, "# nothing yet\n", "SB402 1:1", says="4 of 4 sentences are not labelled: 0, 1, 2, 3"),
    "SB402-extra": case(
        GOLD,
        "facts = {}\n",
        "facts = {}\n\n" + SENTENCES[3].replace("n = 3", "n = 4"),
        "SB402 46:5",
        says="there is no sentence 4: article.txt has 0 to 3",
    ),
    "SB402-missing": case(GOLD, SENTENCES[2] + "\n\n", "", "SB402 21:1", says="1 of 4 sentences is not labelled: 2"),
    "SB402-missing-end": case(GOLD, "\n" + SENTENCES[3], "", "SB402 21:1"),
    "SB402-order": case(
        GOLD, None, "\n\n".join(SENTENCES[n] for n in (0, 2, 1, 3)), "SB402 26:5", says="sentence 1 stands after sentence 2"
    ),
    "SB403": case(
        META,
        'topic = "alder-bridge"',
        'topic = "alder-brigde"',
        "SB403 2:9-23",
        says="no file topics/alder-brigde.toml; did you mean 'alder-bridge'?",
    ),
    "SB404": case(TOPIC, 'id = "paper"', 'id = "ferrymen"', "SB404 18:6-16", says="party 'ferrymen' stands in line 12 already"),
    "SB405": case(
        TOPIC,
        'text = "The repair has a price."\n',
        'text = "The repair has a price."\n\n[[fact]]\nid = "repair-cost"\ntext = "The repair is paid for."\n',
        "SB405 32:6-19",
        says="fact 'repair-cost' stands in line 28 already",
    ),
    "SB406": case(
        META,
        'codebook = "1.0"\n',
        'codebook = "1.0"\n\n[[annotator]]\nid = "gold"\nkind = "adjudicated"\ncodebook = "1.0"\n',
        "SB406 18:6-12",
        says="annotator 'gold' stands in line 13 already",
    ),
    "SB407": case(
        f"{NOON}/article.toml",
        'id = "alder-bridge-morning"',
        'id = "alder-bridge-noon"',
        "SB407 articles/alder-bridge-noon/source.txt 1:1",
        says="this is the text of article 'alder-bridge-morning' too",
        base=TWINS,
    ),
    "SB407-withheld": case(
        f"{NOON}/article.toml",
        'id = "alder-bridge-morning"',
        'id = "alder-bridge-noon"',
        "SB407 1:6-25",
        says="this is the text of article 'alder-bridge-morning' too: title and lengths are the same",
        base={**MINIMAL, **twin(STRIPPED)},
    ),
    "SB408-adjudicated-other": case(
        META,
        'id = "gold"',
        'id = "judge"',
        "SB408 14:8-21",
        says="annotator 'judge' is of kind adjudicated; the adjudicated labels, and no others, are called 'gold'",
        also=[(GOLD, None, None), (f"{MORNING}/annotations/judge.toml", None, BANK[GOLD])],
    ),
    "SB408-gold-by-a-model": case(
        META,
        'kind = "adjudicated"',
        'kind = "model"',
        "SB408 14:8-15",
        says="annotator 'gold' is of kind model; the adjudicated labels, and no others, are called 'gold'",
    ),
    "SB408-human-gold": case(
        META,
        'kind = "adjudicated"',
        'kind = "human"',
        "SB408 14:8-15",
        says="annotator 'gold' is of kind human; the adjudicated labels, and no others, are called 'gold'",
    ),
    "SB409": case(
        META,
        'codebook = "1.0"',
        'codebook = "99.0"',
        "SB409 15:12-18",
        says=f"codebook 99.0 is newer than {VERSION}, the newest known here; upgrade slantbank",
        base=MINIMAL,
    ),
    "SB411": case(
        META,
        'id = "gold"\n',
        'id = "gold"\nfacts = ["bridge-closed"]\n',
        "SB411 14:9-26",
        says="fact 'repair-cost' was added after gold had coded, and counts as not coded; "
        "`slantbank sheet alder-bridge-morning --annotator gold --facts` asks for it",
    ),
    "SB410": case(
        "topics/mill-road.toml",
        None,
        BANK[TOPIC].replace('id = "alder-bridge"', 'id = "mill-road"'),
        "SB410 topics/alder-bridge.toml 1:1",
        "SB410 1:1",
        says='what do sides a and b mean across topics? say axis = "…", as us-left-right, or none',
    ),
}
