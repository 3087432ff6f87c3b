"""A withheld text keeps its lengths and labels and none of its words, and a copy restores it."""

import json
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import datasets
import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from slantbank.bank import _article as article
from slantbank.bank import _bank as banks
from slantbank.bank import _topic as topic
from slantbank.bank import _withheld as withheld
from slantbank.bank import alike, toml
from slantbank.bank._article import Annotation, Annotator, Article, Gap, Mark, Metadata, Quote, Sentence
from slantbank.bank._quotes import occurrences
from slantbank.bank._topic import Fact, Party, Topic
from slantbank.codebook import AnnotatorKind, Attribution, ClaimType, Origin, Side, SpanLayer
from slantbank.frames import _load as load
from slantbank.frames import _tabulate as tables
from slantbank.measure import _agreement as agreement
from slantbank.measure import _compare as compare
from slantbank.measure import _differences as differences
from slantbank.measure._measures import MEASURES
from slantbank.problem import ContributionError
from slantbank.publish import _build as builder
from slantbank.rules import _check as check
from slantbank.show import _report as report
from tests.browser import browser, show
from tests.command import run
from tests.conftest import RALLY, ROOT, SEED

VALID = ROOT / "tests" / "articles" / "valid"
BANKS = {name: VALID / name for name in ("minimal", "quotes", "unicode", "partial-layers", "unlabelled")}
Frames = dict[str, pl.DataFrame]
FUZZ = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])

TOPIC = Topic(
    id="t",
    title="T",
    party=(Party(id="p", name="P", side=Side.A), Party(id="q", name="Q", side=Side.B)),
    fact=(Fact(id="f", text="F"), Fact(id="g", text="G")),
)
WORDS = st.sampled_from(["he", "the", "a", "Heat,", "sham", "“sham”", "über", "می\u200cشود", "橋", "U.S.", "100,000", "e\u0301"])


@st.composite
def lines(draw: Callable[..., Any]) -> str:
    words = draw(st.lists(WORDS, min_size=1, max_size=9))
    gaps = [draw(st.sampled_from([" ", " ", "\u00a0", "  "])) for _ in words[1:]]
    return "".join(word + gap for word, gap in zip(words, [*gaps, ""], strict=True))


@st.composite
def quotes(draw: Callable[..., Any], line: str) -> tuple[Quote, int]:
    """Words of the line, and where they start."""
    start = draw(st.integers(0, len(line) - 1))
    words = line[start : draw(st.integers(start + 1, len(line)))]
    places = occurrences(line, words)
    k = draw(st.integers(1, len(places)))
    return Quote(text=words, nth=k if len(places) > 1 else None), places[k - 1]


@st.composite
def labels(draw: Callable[..., Any], n: int, line: str) -> Sentence:
    loaded: list[Quote] = []
    taken: set[int] = set()
    for words, start in draw(st.lists(quotes(line), max_size=4)):
        if not taken & (place := set(range(start, start + len(words.text)))):
            taken |= place
            listing = 1 + sum(quote.text == words.text for quote in loaded)
            loaded.append(words if (words.nth or 1) != listing else Quote(text=words.text))
    cuts = [sorted(draw(st.sets(st.integers(0, len(line)), min_size=2, max_size=2))) for _ in range(draw(st.integers(0, 2)))]
    author = draw(st.booleans())
    return Sentence(
        n=n,
        text=line,
        claim_type=draw(st.sampled_from(ClaimType)),
        attribution=Attribution.AUTHOR if author else Attribution.INDIRECT,
        source=None if author else draw(quotes(line))[0],
        cue=None if author else draw(quotes(line))[0],
        source_perspective=draw(st.sampled_from(["neutral", "p", "q"])),
        stance=draw(st.dictionaries(st.sampled_from("pq"), st.integers(-1, 1))),
        loaded=tuple(loaded),
        facts={fact: draw(quotes(line) | st.just((Quote(text=""), 0)))[0] for fact in draw(st.sets(st.sampled_from("fg")))},
        spans=tuple(Mark(layer=SpanLayer.CONTENT, start=a, end=b, text=line[a:b], ref="p") for a, b in cuts),
        note=draw(st.none() | st.just("He called it a sham.")),
    )


@st.composite
def articles(draw: Callable[..., Any]) -> Article:
    head, *paragraphs = draw(st.lists(st.lists(lines(), min_size=1, max_size=3), min_size=1, max_size=4))
    sentences = [head[0], *(line for paragraph in paragraphs for line in paragraph)]
    text = "\n\n".join([head[0], *("\n".join(paragraph) for paragraph in paragraphs)]) + "\n"
    source = draw(st.sampled_from(["\n", " ", "\r\n"])).join(draw(respaced(line)) for line in sentences)
    annotators = ["ada", "gold"]
    meta = Metadata(
        id="one",
        topic="t",
        title=draw(st.sampled_from([head[0], "Another"])),
        origin=Origin.PUBLISHED,
        source_sha256=article.sha256(source),
        note="Of a sham.",
        annotator=tuple(
            Annotator(
                id=name, kind=AnnotatorKind.ADJUDICATED if name == "gold" else AnnotatorKind.HUMAN, codebook="1.0", note="heat"
            )
            for name in annotators
        ),
    )
    coded = {name: Annotation(sentence=tuple(draw(labels(n, line)) for n, line in enumerate(sentences))) for name in annotators}
    return Article(meta, source, text, coded)


@st.composite
def respaced(draw: Callable[..., Any], text: str) -> str:
    """The text with other white space, and here and there a soft hyphen, as a source or a copy may have it."""
    gap = draw(st.sampled_from([" ", "\n", "\t  "]))
    words = [word if len(word) < 3 or draw(st.booleans()) else f"{word[:2]}\xad{word[2:]}" for word in text.split()]
    return gap.join(words)


def noteless(original: Article) -> Article:
    """The article without its notes, which `strip` never keeps."""
    meta = original.meta.model_copy(
        update={
            "note": None,
            "annotator": tuple(annotator.model_copy(update={"note": None}) for annotator in original.meta.annotator),
        }
    )
    annotations = {
        name: Annotation(sentence=tuple(sentence.model_copy(update={"note": None}) for sentence in labelled.sentence))
        for name, labelled in original.annotations.items()
    }
    return Article(meta, original.source, original.text, annotations)


def anonymous(original: Article) -> Article:
    """The article with a text of the same shape in which every character is a #."""
    text = re.sub(r"\S", "#", original.text)
    annotations = {
        name: Annotation(
            sentence=tuple(withheld._replace_words(line, line.text, re.sub(r"\S", "#", line.text)) for line in labelled.sentence)
        )
        for name, labelled in noteless(original).annotations.items()
    }
    meta = noteless(original).meta.model_copy(update={"source_sha256": article.sha256(text), "details": {}})
    return Article(meta, text, text, annotations)


def hydrated(original: Article, copy: str) -> Article:
    with tempfile.TemporaryDirectory() as place:
        article.write(original, Path(place) / original.meta.id)
        draft = article.draft(Path(place) / original.meta.id, "one")
        return withheld.hydrate(draft, toml.TextFile("copy.txt", copy.encode(), copy)).article


def shapes(frames: Frames) -> dict[str, list[dict[str, Any]]]:
    """The rows of the frames, without words, notes and details."""
    apart = ("note", "details", "includes_text", "source_sha256", "text")
    rows = {name: frame.drop(apart, strict=False).to_dicts() for name, frame in frames.items()}
    for row in (*rows["sentences"], *rows["annotations"]):
        for span in row["spans"]:
            del span["text"]
    return rows


@FUZZ
@given(articles())
def test_strip_keeps_every_span_length_number_and_label(original: Article) -> None:
    stripped = withheld.strip(original, TOPIC).article
    assert shapes(tables.tabulate([TOPIC], [stripped])) == shapes(tables.tabulate([TOPIC], [original]))
    assert withheld.is_mask(stripped.text)


@FUZZ
@given(articles())
def test_strip_keeps_only_lengths_word_counts_and_checks_of_a_text(original: Article) -> None:
    """Two texts with the same lengths and word counts are equal once they are stripped, except for their hashes."""
    hashes = {"sentence_checks": (), "source_check": "", "text_check": ""}
    stripped, other = (withheld.strip(text, TOPIC).article for text in (original, anonymous(original)))
    assert stripped.meta.model_copy(update=hashes) == other.meta.model_copy(update=hashes)
    assert (stripped.source, stripped.text, stripped.annotations) == (other.source, other.text, other.annotations)


@FUZZ
@given(articles())
def test_hydrate_restores_everything_but_notes(original: Article) -> None:
    stripped = withheld.strip(original, TOPIC).article
    restored = hydrated(stripped, original.source)
    assert restored == noteless(original)
    assert withheld.strip(restored, TOPIC).article == stripped


@FUZZ
@given(articles(), st.data())
def test_a_copy_may_have_other_line_breaks_and_more_text_around_and_between(original: Article, data: st.DataObject) -> None:
    sentences = [original.text[place.start : place.end] for place in original.sentences]
    between = st.sampled_from(["\n", " ", "\n\nAdvertisement: the heat\n\n"])
    copy = "Menu a he\n" + "".join(data.draw(respaced(line)) + data.draw(between) for line in sentences) + "he said"
    restored = hydrated(withheld.strip(original, TOPIC).article, copy)
    assert (restored.text, restored.source) == (original.text, original.text)
    assert restored.annotations == noteless(original).annotations
    assert restored.meta.source_sha256 == article.sha256(original.text)


@pytest.mark.parametrize(
    ("text", "copy"),
    [
        (
            "U.S.\n\nüber\nU.S.\nsham “sham” he\n",
            "Menu a he\nU.\xadS. über\n\nThe heat\n\nU.\xadS.\n\nThe heat\n\nsham “sham” he he said",
        ),
        (
            "a 100\n\na U.S.\nU.S. he\nsham\n",
            "Menu a he\na\n1\xad00\n\nThe heat\n\na U.S.\n\nThe heat\n\nU.S. he sh\xadam\n\nThe heat\n",
        ),
        ("No\n\n" + "Yes.\nNo.\n" * 6, "No no\n" + "Yes. No.\n" * 6 + "Yes. No.\n"),
    ],
    ids=["short words and soft hyphens", "words with gaps between", "one answer after another"],
)
def test_of_short_sentences_the_matches_with_the_fewest_gaps_are_taken(text: str, copy: str) -> None:
    meta = Metadata(id="one", topic="t", title="Another", origin=Origin.PUBLISHED, source_sha256=article.sha256(text))
    assert hydrated(withheld.strip(Article(meta, text, text, {}), TOPIC).article, copy).text == text


@FUZZ
@given(articles(), st.data())
def test_a_changed_letter_in_a_copy_is_reported_at_its_sentence(original: Article, data: st.DataObject) -> None:
    n = data.draw(st.integers(0, len(original.sentences) - 1))
    place = original.sentences[n]
    words = original.text[place.start : place.end]
    copy = f"{original.text[: place.start]}{words[:-1]}#{original.text[place.end :]}"
    assume("".join(words.split()) not in "".join(copy.split()) and original.meta.title != words)
    with pytest.raises(ContributionError) as caught:
        hydrated(withheld.strip(original, TOPIC).article, copy)
    (problem,) = caught.value.problems
    numbers = [*map(int, re.findall(r"\d+", problem.message.split(" is not found")[0].split("(")[0]))]
    assert (problem.code, numbers[0] <= n <= numbers[-1]) == ("SB310", True)
    assert problem.line == original.text.count("\n", 0, original.sentences[numbers[0]].start) + 1


@pytest.mark.parametrize("text", ["Paris", "À la carte\u00a0: 1,5 %", "橋が閉じた。", "می\u200cشود", "a\tb\n\nc\n", "👩‍👧 e\u0301"])
def test_a_mask_hides_the_lengths_of_words(text: str) -> None:
    masked = withheld.mask(text)
    assert list(map(len, masked.split("\n"))) == list(map(len, text.split("\n")))
    assert set(masked) <= {withheld.MASK, "\n"}
    assert withheld.is_mask(masked)
    assert not withheld.is_mask(text)
    assert not withheld.is_mask("███ ██")


# Which keys and values are kept


def test_strip_knows_every_key_of_an_article() -> None:
    """A new key is left out until somebody adds it to KEPT, or here."""
    left_out = {
        Metadata: {"source_sha256", "extracted", "note"},
        Annotator: {"output_sha256", "model", "note"},
        Sentence: {"note"},
        Mark: set(),
        Gap: set(),
    }
    for form, keys in left_out.items():
        assert set(form.model_fields) == keys | set(withheld.KEPT[form]), form.__name__


LINES = ("A vote in a town", "No one saw us go in at 5.", "They hid 37,412 notes in Kiel.", "The mayor, Zoltan Quirk, wept.")
TOWN = Topic(id="t", title="A vote in a town", party=(Party(id="p", name="The council", side=Side.A),))


def revealing_article(**changes: Any) -> Article:
    """An article whose labels and metadata quote its text wherever they can."""
    text = "\n\n".join([LINES[0], "\n".join(LINES[1:])]) + "\n"
    who = {
        "id": "zoltan-quirk-wept",
        "kind": "human",
        "codebook": "They hid notes in Kiel",
        "name": "Zoltan Quirk wept",
        "note": "37,412",
    }
    values = {
        "details": {
            "quote": "no one saw us go in at 5",
            "figure": "37,412",
            "37,412 in": "hid it",
            "size": "large",
            "short": "us go",
        },
        "license": "LicenseRef-Quirk",
        "annotations_license": "CC-BY-4.0",
        "annotator": (who, {"id": "model-a", "kind": "model", "codebook": "1.10"}),
        "note": "Of Zoltan Quirk.",
    }
    meta = Metadata(
        id="x-1", topic="t", title=LINES[0], origin=Origin.PUBLISHED, source_sha256=article.sha256(text), **{**values, **changes}
    )
    labelled = Annotation(
        sentence=tuple(
            Sentence(
                n=n,
                text=line,
                stance={},
                loaded=(),
                facts={},
                spans=(Mark(layer=SpanLayer.CONTENT, start=0, end=1, text=line[0], ref="Quirk"),),
                scores={"mayor-zoltan-quirk": 1.0, "slant": 2.0},
                note="zz Zoltan",
            )
            for n, line in enumerate(LINES)
        )
    )
    return Article(meta, text, text, {"zoltan-quirk-wept": labelled, "model-a": labelled})


def test_no_key_of_a_stripped_article_has_words_of_the_text() -> None:
    stripped = withheld.strip(revealing_article(), TOWN)
    files = "\n".join([*article.files(stripped.article), *article.files(stripped.article).values()])
    words = set(re.findall(r"[^\W_]+", " ".join(LINES[1:]).casefold())) - {"a", "in", "the", "at", "5"}
    assert words & set(re.findall(r"[^\W_]+", files.casefold())) == set()
    assert stripped.article.meta.details == {"size": "large"}
    assert [(who.id, who.codebook, who.name) for who in stripped.article.meta.annotator] == [
        ("annotator-1", "unknown", None),
        ("model-a", "1.10", None),
    ]
    assert (stripped.article.meta.license, stripped.article.meta.annotations_license) == (None, "CC-BY-4.0")
    assert {tuple(sentence.scores) for sentence in stripped.article.annotations["annotator-1"].sentence} == {("slant",)}
    assert stripped.left_out["article.toml", "detail"] == 4
    assert stripped.left_out["article.toml", "id of an annotator, now annotator-1"] == 1
    assert stripped.left_out["annotations/annotator-1.toml", "score"] == len(LINES)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("Kiel", False),
        ("KIEL", False),
        ("zoltanquirk", False),  # a word inside of another
        ("412", False),
        ("no", True),  # one short word says nothing
        ("no notes", False),
        ("us, go", False),
        ("a vote of the council", True),  # title and topic are no secret
        ("2012", True),
    ],
)
def test_a_value_that_shares_words_with_the_text_is_left_out(value: str, kept: bool) -> None:
    stripped = withheld.strip(revealing_article(details={"d": value}), TOWN).article
    assert ("d" in stripped.meta.details) == kept


# What verifies a copy confirms no guess


def test_stripping_again_reveals_nothing_new(pinned: Path) -> None:
    original = article.read(pinned / "articles" / SEED)
    about = topic.read(pinned / "topics" / f"{original.meta.topic}.toml")
    assert withheld.strip(original, about).article == withheld.strip(original, about).article


def test_a_check_has_no_more_than_a_bit_for_eight_characters_and_the_last_sentence_none(pinned: Path) -> None:
    original = article.read(pinned / "articles" / SEED)
    meta = withheld.strip(original, topic.read(pinned / "topics" / f"{original.meta.topic}.toml")).article.meta
    sizes = [place.end - place.start for place in original.sentences]
    for bits, size in zip(meta.sentence_checks[:-1], sizes, strict=False):
        assert bits < 2 ** min(16, size // 8)
    assert meta.sentence_checks[-1] == 0


def test_a_guess_at_a_sentence_cannot_be_confirmed_unless_all_above_it_are_known() -> None:
    """The right words of sentence 2 fit its check no better than wrong ones if the sentence above it is wrong."""
    checks = withheld._checks(
        "x", "", "Head\n\nThe first sentence here, of forty characters.\nAnd then a second, which is known well.\nLast.\n"
    )
    fits = 0
    for guess in range(4000):
        other = f"Head\n\nA wrong guess at it, number {guess:>18}.\nAnd then a second, which is known well.\nLast.\n"
        fits += withheld._checks("x", "", other)["sentence_checks"][2] == checks["sentence_checks"][2]
    assert 4000 / 2**4 * 0.7 < fits < 4000 / 2**4 * 1.3


def test_the_slow_hash_is_slow() -> None:
    """The tests have it quick; what is committed has it so."""
    source = Path(withheld.__file__).read_text(encoding="utf-8")
    assert "_COST = 2**16\n" in source


# The articles that are here


def stripped_bank(source: Path, target: Path, change: Callable[[Article], Article] = lambda original: original) -> Path:
    """Copy a bank with the texts of all its articles withheld; `change` may edit an article before."""
    shutil.copytree(source / "topics", target / "topics")
    for path in sorted((source / "articles").iterdir()):
        changed = change(article.read(path))
        about = topic.read(source / "topics" / f"{changed.meta.topic}.toml")
        article.write(withheld.strip(changed, about).article, target / "articles" / path.name)
    return target


@pytest.fixture(scope="session")
def rally(tmp_path_factory: pytest.TempPathFactory, pinned: Path) -> Path:
    """The pinned bank with all texts withheld, built."""
    folder = stripped_bank(pinned, tmp_path_factory.mktemp("withheld") / "bank")
    builder.build(folder)
    return folder


@pytest.fixture(scope="session")
def bare(rally: Path) -> Frames:
    return builder.tabulate(rally)


@pytest.mark.parametrize("name", ["rally", *BANKS])
def test_stripped_articles_keep_the_rules_and_can_be_restored(name: str, pinned: Path, tmp_path: Path) -> None:
    whole = BANKS.get(name, pinned)
    bank = stripped_bank(whole, tmp_path / "bank")
    assert check.check(banks.draft(bank), full=True) == []
    for folder in sorted((bank / "articles").iterdir()):
        original = article.read(whole / "articles" / folder.name)
        copy = toml.read_text(whole / "articles" / folder.name / "source.txt", "source.txt")
        restored = withheld.hydrate(article.draft(folder, folder.name), copy).article
        assert (restored.meta, restored.source, restored.text) == (noteless(original).meta, original.source, original.text)
        assert _located(restored) == _located(original)


def _located(original: Article) -> list[Any]:
    return [
        (sentence.model_dump(exclude={"note", "source", "cue", "loaded", "facts"}), tables._spans(sentence, 0, sentence.text))
        for labelled in original.annotations.values()
        for sentence in labelled.sentence
    ]


def test_the_texts_of_the_package_are_restored_byte_for_byte(rally: Path, pinned: Path, tmp_path: Path) -> None:
    for folder in sorted((rally / "articles").iterdir()):
        old = pinned / "articles" / folder.name
        restored = withheld.hydrate(article.draft(folder, ""), toml.read_text(old / "source.txt", "")).article
        assert article.files(restored) == article.files(noteless(article.read(old)))


def test_agreement_is_the_same_without_the_words(frames: Frames, bare: Frames) -> None:
    for by in (None, "article_id"):
        assert agreement.agreement(bare, by=by).equals(agreement.agreement(frames, by=by))
    assert agreement.outliers(bare).equals(agreement.outliers(frames))


def test_every_measure_is_the_same_without_the_words_except_those_of_source_wording(frames: Frames, bare: Frames) -> None:
    worded = pl.col("measure").is_in([name for name, measure in MEASURES.items() if measure.withheld])
    for coders in (False, True):
        with_words, without = (compare.compare(one, coders=coders) for one in (frames, bare))
        assert without.filter(~worded).equals(with_words.filter(~worded))
        lost = without.filter(worded)
        assert lost.height == lost["value"].null_count() == 3
        assert set(lost["reason"]) == {"the text is withheld, and wordings are not known"}
    assert differences.distances(bare).equals(differences.distances(frames))
    assert compare.coverage(bare).drop("words").equals(compare.coverage(frames).drop("words"))


def test_a_mean_over_articles_uses_those_whose_words_are_known(frames: Frames) -> None:
    wire = "2017-07-free-iran-rally-control-wire"
    one = frames["articles"].with_columns(includes_text=pl.col("article_id") == wire)
    mean = compare.compare({**frames, "articles": one}, "topic_id", measures="different_sources").filter(
        measure="different_sources"
    )
    alone = compare.compare(frames, only=wire, measures="different_sources").filter(measure="different_sources")
    assert mean["value"].to_list() == alone["value"].to_list()
    assert mean["n"].to_list() == [1]


def test_load_dataset_gives_null_for_a_withheld_text(rally: Path, tmp_path: Path) -> None:
    folder = tmp_path / "withheld"
    shutil.copytree(rally, folder / "data")
    shutil.copy(ROOT / "README.md", folder)
    builder.build(folder / "data")
    loaded = {
        name: datasets.load_dataset(str(folder), name, split="train", cache_dir=str(tmp_path / "cache"))
        for name in ("sentences", "articles")
    }
    assert not any(loaded["articles"]["includes_text"])
    assert set(loaded["sentences"]["text"]) == {None}
    assert "constructed, text withheld" in (folder / "README.md").read_text(encoding="utf-8")


# Nothing leaks


def outputs(bank: Path, *, pages: bool) -> dict[str, bytes]:
    """All that can be seen of a bank: its files, built ones too, what they decode to, and what the commands tell of them."""
    builder.build(bank)
    commands = [("check", "--full"), ("check", "--format", "json"), ("agreement", "--format", "json")]
    names = sorted(path.name for path in (bank / "articles").iterdir())
    measures = ("loaded", "attributed", "sources", "facts_reported", "claim_type")
    if pages:
        commands += [("compare", "--all", "--format", "json"), ("compare", "--show", "facts", "--format", "json")]
        commands += [
            ("compare", name, "--measure", measure, "--explain", "", "--format", style)
            for name in names
            for measure in measures
            for style in ("table", "json")
        ]
        for style in ("html", "md"):
            commands.append(("report", "--format", style, "-o", str(bank / f"report.{style}")))
    outputs = {}
    for arguments in commands:
        result = run(*arguments, "--bank", bank)
        outputs[" ".join(arguments)] = result.output.encode()
    outputs |= {path.relative_to(bank).as_posix(): path.read_bytes() for path in sorted(bank.rglob("*")) if path.is_file()}
    for path in (bank / "parquet").glob("*.parquet"):
        rows = json.dumps(pl.read_parquet(path).to_dicts(), default=str, ensure_ascii=False)
        outputs[f"rows of {path.name}"] = rows.encode()
    return outputs


def traces(text: str) -> set[str]:
    """Words of four letters and more, runs of four characters of other scripts, and every three words that follow each other."""
    words = re.findall(r"\w+", text.casefold())
    letters = {word for word in words if re.fullmatch(r"[^\W\d_]{4,}", word)}
    runs = {word[i : i + 4] for word in words if not word.isascii() for i in range(len(word) - 3)}
    return letters | runs | {" ".join(three) for three in zip(words, words[1:], words[2:], strict=False)}


def leaks(text: str, seen: dict[str, bytes], harmless: dict[str, bytes]) -> list[tuple[str, str]]:
    """Return the traces of a text in the outputs `seen`, with the name of the output; those in `harmless` outputs do not count."""
    secret = traces(text) - traces("\n".join(data.decode("utf-8", "replace") for data in harmless.values()))
    result = []
    for name, data in seen.items():
        present = traces(data.decode("utf-8", "replace"))
        if name.endswith(".parquet"):  # four letters may occur in it by chance
            present = {trace for trace in present if len(trace) > 5}
        result += [(name, trace) for trace in sorted(secret & present)]
    return result


@pytest.mark.parametrize("name", ["rally", *BANKS])
def test_no_output_has_words_of_a_withheld_text(name: str, pinned: Path, tmp_path: Path) -> None:
    whole, pages = BANKS.get(name, pinned), name in ("rally", "unicode")
    seen = outputs(stripped_bank(whole, tmp_path / "bank"), pages=pages)
    known = outputs(stripped_bank(whole, tmp_path / "other", anonymous), pages=pages)
    for path in sorted((whole / "articles").iterdir()):
        text = article.read(path).text
        assert leaks(text, seen, known) == []
        # the title is metadata; the body has traces to look for
        assert len(traces(text) - traces("".join(data.decode("utf-8", "replace") for data in known.values()))) > 1


def test_the_search_for_leaks_finds_the_words_of_a_text_that_is_not_withheld(tmp_path: Path) -> None:
    bank = tmp_path / "bank"
    shutil.copytree(BANKS["minimal"], bank)
    known = outputs(stripped_bank(BANKS["minimal"], tmp_path / "other", anonymous), pages=False)
    found = leaks(article.read(next((bank / "articles").iterdir())).text, outputs(bank, pages=True), known)
    folder = "articles/alder-bridge-morning"
    places = {name for name, trace in found if trace == "reckless"}
    assert places >= {f"{folder}/source.txt", f"{folder}/article.txt", f"{folder}/annotations/gold.toml", "report.html"}
    assert places >= {"rows of sentences.parquet", "rows of annotations.parquet", "parquet/sentences.parquet"}
    assert "compare alder-bridge-morning --measure loaded --explain  --format json" in places


def test_details_and_refs_that_share_a_word_with_the_text_are_left_out() -> None:
    original = article.read(VALID / "minimal/articles/alder-bridge-morning")
    about = topic.read(VALID / "minimal/topics/alder-bridge.toml")
    details = {"lead": "Reckless!", "size": "12", "lean": "centre", "topic": "the Alder bridge", "repairs": "1"}
    first, *rest = original.annotations["gold"].sentence
    marks = tuple(Mark(layer=SpanLayer.CONTENT, start=0, end=1, text=first.text[0], ref=ref) for ref in ("delay", "council"))
    gold = Annotation(sentence=(first.model_copy(update={"spans": marks}), *rest))
    meta = original.meta.model_copy(update={"details": details})
    stripped = withheld.strip(Article(meta, original.source, original.text, {**original.annotations, "gold": gold}), about)
    assert set(stripped.article.meta.details) == {"size", "lean", "topic"}
    assert [span.ref for span in stripped.article.annotations["gold"].sentence[0].spans] == [None, "council"]
    assert stripped.left_out["article.toml", "detail"] == 2
    assert stripped.left_out["annotations/gold.toml", "ref of a span"] == 1


def test_a_detail_in_a_script_without_spaces_is_searched_inside_the_text() -> None:
    original = article.read(VALID / "unicode/articles/bridge-chinese")
    about = topic.read(VALID / "unicode/topics/alder-bridge.toml")
    body = re.findall(r"\w{4,}", original.text.split("\n", 1)[1])[0]
    meta = original.meta.model_copy(update={"details": {"quoted": body[1:3], "other": "甲乙"}})
    assert set(withheld.strip(Article(meta, original.source, original.text, original.annotations), about).article.meta.details) == {
        "other"
    }


def test_check_prints_no_words_that_should_be_masked_in_any_format(tmp_path: Path) -> None:
    """The output of a check may be public, so it gives only the address of words that should be masked."""
    bank = stripped_bank(BANKS["minimal"], tmp_path / "bank")
    folder = bank / "articles/alder-bridge-morning"
    original = article.read(BANKS["minimal"] / "articles/alder-bridge-morning")
    shutil.copy(BANKS["minimal"] / "articles/alder-bridge-morning/source.txt", folder)
    text = (folder / "article.txt").read_text(encoding="utf-8")
    line = original.sentences[2]
    (folder / "article.txt").write_text(
        text[: line.start] + original.text[line.start : line.end] + "!" + text[line.end :], encoding="utf-8"
    )
    gold = folder / "annotations" / "gold.toml"
    labelled = gold.read_text(encoding="utf-8").replace('claim_type = "', 'claim_type = "reckless', 1)
    gold.write_text(labelled.replace(withheld.mask("reckless"), "reckless"), encoding="utf-8")
    known = {"": "\n".join(path.read_text(encoding="utf-8") for path in bank.glob("topics/*")).encode()}
    said = "article.toml says that the text is withheld. " + " ".join(rule.why for rule in check.RULES.values())
    known[" "] = (original.meta.model_dump_json() + said).encode()
    for style in ("text", "json", "github", "sarif", "junit"):
        result = run("check", "--bank", bank, "--format", style)
        assert result.exit_code == 1
        assert "SB309" in result.output
        assert leaks(original.text, {style: result.output.encode()}, known) == []


# Commands and pages


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_strip_writes_to_another_bank_and_lists_what_it_left_out(bank: Path, tmp_path: Path) -> None:
    before = contents(bank)
    result = run("strip", SEED, "--into", tmp_path / "public", "--bank", bank)
    assert result.exit_code == 0
    assert f"{tmp_path / 'public' / 'articles' / SEED}: 24 sentences withheld\n" in result.output
    assert "  left out of annotations/gold.toml: 15 notes\n" in result.output
    assert contents(bank) == before
    assert run("check", "--bank", tmp_path / "public").exit_code == 0
    again = run("strip", SEED, "--into", tmp_path / "public", "--bank", bank)
    assert (again.exit_code, "is there already, and is skipped" in again.output) == (0, True)


def test_strip_and_hydrate_in_place(bank: Path, tmp_path: Path) -> None:
    copy = shutil.copy(bank / "articles" / SEED / "source.txt", tmp_path)
    old = article.read(bank / "articles" / SEED)
    assert run("strip", SEED, "--bank", bank).exit_code == 2
    assert article.read(bank / "articles" / SEED) == old
    result = run("strip", SEED, "--in-place", "--bank", bank)
    assert "the history of git still hold them" in result.output
    assert not (bank / "articles" / SEED / "source.txt").exists()
    assert run("check", "--bank", bank).exit_code == 0
    assert run("strip", SEED, "--in-place", "--bank", bank).exit_code == 2
    result = run("hydrate", SEED, "--text", copy, "--bank", bank)
    assert (result.exit_code, "restored and verified" in result.output) == (0, True)
    assert article.read(bank / "articles" / SEED) == noteless(old)
    assert {path.name for path in (bank / "articles").iterdir()} == {path.name for path in (RALLY / "articles").iterdir()}


def test_strip_in_place_destroys_no_other_file(bank: Path) -> None:
    extra = bank / "articles" / SEED / ".draft.toml"
    extra.write_text("mine", encoding="utf-8")
    before = contents(bank)
    result = run("strip", SEED, "--in-place", "--bank", bank)
    assert result.exit_code != 0
    assert f"{extra} is no file of an article" in result.output
    assert contents(bank) == before


def test_an_article_with_an_error_is_not_stripped(bank: Path, tmp_path: Path) -> None:
    path = bank / "articles" / SEED / "annotations" / "gold.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"causal"', '"Causal"', 1), encoding="utf-8")
    result = run("strip", SEED, "--into", tmp_path / "public", "--bank", bank)
    assert result.exit_code == 1
    assert f"{path}:68:14: error SB201" in result.output
    assert not (tmp_path / "public").exists()


def test_hydrate_reports_where_a_copy_differs_and_writes_nothing(rally: Path, pinned: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.txt"
    text = (pinned / "articles" / SEED / "article.txt").read_text(encoding="utf-8")
    copy.write_text(text.replace("giddy", "glad"), encoding="utf-8")
    result = run("hydrate", SEED, "--text", copy, "--into", tmp_path / "own", "--bank", rally)
    assert result.exit_code == 1
    shown = rally / "articles" / SEED / "article.txt"
    assert (
        f"{shown}:11:1: error SB310 withheld-checks: sentence 5 (31 words) is not found, from {copy}:11:1 on: 'The" in result.output
    )
    assert "1 error and 0 warnings in 1 file" in result.output
    assert not (tmp_path / "own").exists()
    copy.write_bytes(b"\xff")
    assert "SB001" in run("hydrate", SEED, "--text", copy, "--into", tmp_path / "own", "--bank", rally).output


def test_hydrate_says_if_the_copy_is_not_the_file_that_was_taken_in(rally: Path, pinned: Path, tmp_path: Path) -> None:
    text = (pinned / "articles" / SEED / "article.txt").read_text(encoding="utf-8")
    copy = tmp_path / "copy.txt"
    copy.write_text(text.replace(" ", "\n"), encoding="utf-8")
    result = run("hydrate", SEED, "--text", copy, "--into", tmp_path / "own", "--bank", rally)
    assert "source.txt now equals article.txt, and source_sha256 is its hash" in result.output
    assert run("check", "--bank", tmp_path / "own").exit_code == 0


@pytest.mark.parametrize("command", [("sheet", SEED, "--annotator", "me"), ("adjudicate", SEED), ("strip", SEED, "--in-place")])
def test_commands_that_need_the_words_refuse_and_change_nothing(rally: Path, command: Iterable[str]) -> None:
    before = contents(rally)
    result = run(*command, "--bank", rally)
    assert (result.exit_code, "is withheld" in result.output) == (2, True)
    assert contents(rally) == before


def test_an_article_that_has_its_text_is_not_hydrated(bank: Path) -> None:
    result = run("hydrate", SEED, "--text", bank / "articles" / SEED / "source.txt", "--bank", bank)
    assert (result.exit_code, "has its text" in result.output) == (2, True)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory, pinned: Path, rally: Path) -> str:
    """The report on three accounts, the first of them withheld."""
    folder = tmp_path_factory.mktemp("mixed") / "bank"
    shutil.copytree(pinned, folder)
    shutil.rmtree(folder / "articles" / SEED)
    shutil.copytree(rally / "articles" / SEED, folder / "articles" / SEED)
    frames = builder.tabulate(folder)
    return report.report(frames, "free-iran-rally-2017")


def test_the_report_marks_a_withheld_text_and_gives_lengths_to_screen_readers(mixed: str, bare: Frames) -> None:
    assert '<span class="badge">text withheld</span>' in mixed
    said = re.findall(r'aria-label="withheld, (\d+) words?"', mixed)
    words = bare["sentences"].filter(article_id=SEED)["n_words"].to_list()
    assert list(map(int, said)) == words
    assert "whose words are withheld" in mixed


def test_a_report_with_a_withheld_text_is_accessible(mixed: str, tmp_path: Path) -> None:
    axe = pytest.importorskip("axe_selenium_python")
    page = tmp_path / "report.html"
    page.write_text(mixed, encoding="utf-8")
    with browser() as driver:
        for dark in (False, True):
            show(driver, page, dark=dark)
            judge = axe.Axe(driver)
            judge.inject()
            violations = judge.run()["violations"]
            assert [item["id"] for item in violations if item["impact"] in ("serious", "critical")] == []


def test_the_comparison_says_which_text_is_withheld(rally: Path) -> None:
    result = run("compare", "--bank", rally)
    assert f"{SEED} [text withheld]" in result.output
    assert "[constructed] [text withheld]" in result.output
    assert "not how sources are worded" in " ".join(result.output.split())


def test_a_copy_of_a_text_without_spaces_may_be_wrapped_anywhere() -> None:
    text = "橋が閉じた\n\n市長は火曜日に橋が閉鎖されたと述べた。\n「安全だ」と彼は言った。\n修理には二年かかる。\n"
    original = Article(
        Metadata(id="x", topic="t", title="橋が閉じた", language="ja", origin=Origin.PUBLISHED, source_sha256=article.sha256(text)),
        text,
        text,
        {},
    )
    copy = (
        "広告\n橋が閉じた\n市長は火曜日に橋\nが閉鎖されたと述\nべた。「安全だ」\nと彼は言った。修\n理には二年かかる。\n続きを読む"
    )
    restored = hydrated(withheld.strip(original, TOPIC).article, copy)
    assert restored.text == text


@pytest.mark.parametrize("frame", ["sentences", "annotations", "articles"])
def test_files_built_before_a_text_was_withheld_are_not_loaded(bank: Path, frame: str) -> None:
    builder.build(bank)
    assert run("strip", SEED, "--in-place", "--bank", bank).exit_code == 0
    for path in bank.rglob("*"):
        os.utime(path, (0, 0))
    with pytest.raises(ContributionError, match=f"the text of {SEED} is withheld"):
        load.load(frame, bank)
    result = run("compare", "--built", "--bank", bank)
    assert (result.exit_code, "is withheld, and the files built before hold it" in result.output) == (1, True)
    result = run("compare", "--bank", bank)
    assert (result.exit_code, "read from the bank's files" in result.output) == (0, True)
    (bank / "parquet" / "build.json").unlink()
    with pytest.raises(ContributionError, match=f"the text of {SEED} is withheld"):
        load.load(frame, bank)
    builder.build(bank)
    assert load.load("sentences", bank).filter(article_id=SEED)["text"].null_count() == 24


LIKE = "Café closes\n\nThe board said “we can’t stay” on Monday.\nNobody in the café — not even Zoë — spoke.\n"


@pytest.mark.parametrize(
    ("text", "copy", "differs"),
    [
        (LIKE, unicodedata.normalize("NFD", LIKE), "Unicode normalisation"),
        (unicodedata.normalize("NFD", LIKE), LIKE, "Unicode normalisation"),
        (alike.straight(LIKE), LIKE, "quotation marks, dashes or spaces"),
        (LIKE, LIKE.replace("“", '"').replace("”", '"').replace("’", "'"), "quotation marks, dashes or spaces"),
        (
            unicodedata.normalize("NFD", LIKE),
            LIKE.replace("“", '"').replace("”", '"').replace("’", "'"),
            "Unicode normalisation, and quotation marks, dashes or spaces",
        ),
    ],
    ids=["a Mac's copy", "a Mac's text", "typed text", "typed copy", "both"],
)
def test_a_copy_with_invisible_differences_restores_the_original_text_and_names_them(
    tmp_path: Path, text: str, copy: str, differs: str
) -> None:
    meta = Metadata(id="one", topic="t", title="Another", origin=Origin.PUBLISHED, source_sha256=article.sha256(text))
    article.write(withheld.strip(Article(meta, text, text, {}), TOPIC).article, tmp_path / "one")
    found = article.draft(tmp_path / "one", "one")
    restored = withheld.hydrate(found, toml.TextFile("copy.txt", copy.encode(), copy))
    assert (restored.article.text, restored.differs) == (text, differs)
    other = copy.replace("spoke", "slept")
    with pytest.raises(ContributionError) as caught:
        withheld.hydrate(found, toml.TextFile("copy.txt", other.encode(), other))
    assert f"; the copy differs from the text in {differs}, and in more" in str(caught.value.problems[0])
