"""Reading is the inverse of writing, for articles and topics; a folder is written whole or not at all."""

import multiprocessing
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slantbank.bank import _article as article
from slantbank.bank import _bank as banks
from slantbank.bank import _topic as topic
from slantbank.bank import toml
from slantbank.bank._article import Annotation, Annotator, Article, Mark, Metadata, Quote, Sentence
from slantbank.bank._topic import FIRST_NEWS, Fact, Party, Topic
from slantbank.codebook import (
    ALL,
    FRAMES,
    RULE_IDS,
    AnnotatorKind,
    Attribution,
    ClaimType,
    Favours,
    Layer,
    Origin,
    Role,
    Side,
    SourceType,
    SpanLayer,
    Split,
)
from slantbank.problem import ContributionError
from slantbank.rules import check
from slantbank.staged import ChangedError
from tests.conftest import ROOT, posix

MINIMAL = ROOT / "tests/articles/valid/minimal/articles/alder-bridge-morning"

IDS = st.from_regex(r"[a-z0-9]{1,6}(-[a-z0-9]{1,6}){0,2}", fullmatch=True)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=15) | st.sampled_from(
    ["", '“a”\n"b"\\', "نمی\u200cشود", "\r\n\x00\x7f", "'''"]
)
SOME = ANY.filter(bool)
RULES = st.sampled_from(sorted(RULE_IDS))
MAYBE = st.none() | ANY
INTEGERS = st.integers(-(2**63), 2**63 - 1)
DAYS = st.none() | st.dates(FIRST_NEWS)
QUOTES = st.builds(Quote, text=ANY, nth=st.none() | st.integers(1, 9))
CLAIMS = st.just({"disputed": False}) | IDS.map(lambda party: {"disputed": True, "claimed_by": party})
FACTS = st.tuples(IDS, SOME, DAYS, st.none() | st.sampled_from(Favours), CLAIMS).map(
    lambda values: Fact(id=values[0], text=values[1], since=values[2], favours=values[3], **values[4])
)
PARTIES = st.builds(
    Party, id=IDS, name=SOME, aliases=st.lists(ANY, max_size=3), side=st.sampled_from(Side), role=st.none() | st.sampled_from(Role)
)
TOPICS = st.builds(
    Topic,
    id=IDS,
    axis=st.none() | IDS,
    collection=IDS.filter(lambda name: name not in (ALL, *FRAMES)),
    split=st.sampled_from(Split),
    title=SOME,
    party=st.lists(PARTIES, max_size=3),
    fact=st.lists(FACTS, max_size=3),
)
MARKS = st.builds(Mark, layer=st.sampled_from(SpanLayer), start=INTEGERS, end=INTEGERS, text=ANY, ref=MAYBE)
SENTENCES = st.builds(
    Sentence,
    n=INTEGERS,
    text=ANY,
    claim_type=st.none() | st.sampled_from(ClaimType),
    attribution=st.none() | st.sampled_from(Attribution),
    source=st.none() | QUOTES,
    cue=st.none() | QUOTES,
    source_type=st.none() | st.sampled_from(SourceType),
    source_party=MAYBE,
    source_perspective=MAYBE,
    stance=st.none() | st.dictionaries(ANY, st.integers(-1, 1), max_size=3),
    loaded=st.none() | st.lists(QUOTES, max_size=3),
    facts=st.none() | st.dictionaries(ANY, QUOTES, max_size=3),
    spans=st.lists(MARKS, max_size=2),
    scores=st.dictionaries(ANY, INTEGERS | st.floats(allow_nan=False), max_size=3),
    decided_by=st.none() | st.dictionaries(st.sampled_from(Layer), st.lists(RULES, min_size=1, max_size=2), max_size=2),
    undecided=st.lists(ANY, max_size=2),
    note=MAYBE,
)
ANNOTATIONS = st.builds(Annotation, sentence=st.lists(SENTENCES, max_size=3))
ANNOTATORS = st.builds(
    Annotator,
    id=IDS,
    kind=st.sampled_from(AnnotatorKind),
    codebook=SOME,
    name=MAYBE,
    coded=DAYS,
    layers=st.none() | st.lists(st.sampled_from(Layer), max_size=3),
    note=MAYBE,
)
FUZZ = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def articles(draw: Callable[..., Any]) -> Article:
    source, text = draw(ANY), toml.plain_lines(draw(ANY))
    annotators = draw(st.lists(ANNOTATORS, max_size=2, unique_by=lambda annotator: annotator.id))
    meta = Metadata(
        id=draw(IDS),
        topic=draw(IDS),
        title=draw(SOME),
        outlet=draw(st.none() | SOME),
        author=draw(st.none() | SOME),
        published=draw(DAYS),
        url=draw(st.sampled_from([None, "https://example.org/a?b=%20#c", "http://example.org"])),
        language=draw(st.sampled_from(["en", "fa-IR", "zh-Hant-TW"])),
        origin=draw(st.sampled_from(Origin)),
        license=draw(st.none() | SOME),
        annotations_license=draw(st.none() | SOME),
        source_sha256=article.sha256(source),
        accepted=tuple(draw(st.lists(st.sampled_from(["SB006", "SB007"]), max_size=2))),
        extracted=tuple(draw(st.lists(st.sampled_from(["author", "text"]), max_size=2))),
        details=draw(st.dictionaries(ANY, ANY, max_size=2)),
        note=draw(MAYBE),
        annotator=tuple(annotators),
    )
    return Article(meta, source, text, {annotator.id: draw(ANNOTATIONS) for annotator in annotators})


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@FUZZ
@given(articles())
def test_an_article_is_read_back_the_same(original: Article) -> None:
    with tempfile.TemporaryDirectory() as place:
        article.write(original, Path(place) / "first")
        again = article.read(Path(place) / "first")
        assert again == original
        assert list(again.annotations) == [annotator.id for annotator in original.meta.annotator]
        article.write(again, Path(place) / "second")
        assert contents(Path(place) / "first") == contents(Path(place) / "second")


@FUZZ
@given(TOPICS)
def test_a_topic_is_read_back_the_same(original: Topic) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = topic.write(original, Path(place))
        assert path.name == f"{original.id}.toml"
        assert topic.read(path) == original
        assert topic.dumps(topic.read(path)) == path.read_bytes().decode()


def test_writing_the_shipped_bank_again_would_change_nothing() -> None:
    root = ROOT / "data/articles"
    for folder in sorted(root.iterdir()):
        lines = {name: toml.schema_line(folder / name) if name.endswith(".toml") else "" for name in contents(folder)}
        text = {name: (lines[name] + data).encode() for name, data in article.files(article.read(folder)).items()}
        assert text == contents(folder)


def test_a_failed_write_of_an_article_leaves_nothing(tmp_path: Path) -> None:
    original = article.read(MINIMAL)
    with pytest.raises(UnicodeEncodeError):
        article.write(Article(original.meta, original.source, "\ud800", original.annotations), tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_an_existing_article_is_not_overwritten(tmp_path: Path) -> None:
    original = article.read(MINIMAL)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("", "link"):
        with pytest.raises(FileExistsError):
            article.write(original, tmp_path / name)
    path = topic.write(Topic(id="a", title="A"), tmp_path)
    with pytest.raises(FileExistsError):
        topic.write(Topic(id="a", title="B"), tmp_path)
    assert topic.read(path).title == "A"


def test_the_error_lists_every_problem_of_form(tmp_path: Path) -> None:
    article.write(article.read(MINIMAL), tmp_path / "a")
    (tmp_path / "a/article.toml").write_text("titel = 1\n[[annotator]]\n")
    (tmp_path / "a/annotations/gold.toml").write_text("sentence = 3\n")
    (tmp_path / "a/source.txt").unlink()
    with pytest.raises(ContributionError) as caught:
        article.read(tmp_path / "a")
    assert {problem.code for problem in caught.value.problems} == {"SB104", "SB105", "SB106", "SB111"}


@pytest.mark.parametrize(("name", "code"), [("gold", "SB112"), ("somebody", "SB113")])
def test_every_annotator_has_a_file_and_every_file_an_annotator(tmp_path: Path, name: str, code: str) -> None:
    article.write(article.read(MINIMAL), tmp_path / "a")
    path = tmp_path / f"a/annotations/{name}.toml"
    if code == "SB112":
        path.unlink()
    else:
        path.write_text("")
    with pytest.raises(ContributionError, match=f"{code}.*{name}"):
        article.read(tmp_path / "a")


def test_a_faulty_topic_raises_an_error_with_all_problems(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('id = "A"\n[[party]]\nid = "b"\nside = "c"\n')
    with pytest.raises(ContributionError) as caught:
        topic.read(tmp_path / "a.toml")
    assert [problem.code for problem in caught.value.problems] == ["SB105", "SB107", "SB105", "SB207"]


def test_the_sentences_of_an_article_are_the_lines_of_its_text() -> None:
    original = article.read(MINIMAL)
    assert [original.text[place.start : place.end] for place in original.sentences][
        2
    ] == "The mayor said that repairs would cost two million."


def messages(bank: Path, name: str, old: str, new: str) -> list[str]:
    """What the check tells of the minimal bank with a change in one of its article's files."""
    shutil.copytree(MINIMAL.parents[1], bank)
    path = bank / "articles" / MINIMAL.name / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return [f"{problem.line}: {problem.code} {problem.message}" for problem in check(banks.draft(bank), full=True)]


def test_decided_by_may_name_one_rule_or_several(tmp_path: Path) -> None:
    written = 'decided_by = { stance = "4.3 accused", facts = ["6.1", "6.2"] }\n'
    assert messages(tmp_path / "bank", "annotations/gold.toml", "\n\n[[sentence]]", f"\n{written}\n[[sentence]]") == []
    annotation = article.read(tmp_path / "bank" / "articles" / MINIMAL.name).annotations["gold"]
    assert annotation.sentence[0].decided_by == {Layer.STANCE: ("4.3 accused",), Layer.FACTS: ("6.1", "6.2")}
    assert written in article.dumps(annotation)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('{ stance = "4.9" }', "SB107 'stance' names no rule: '4.9' is no rule of the codebook; did you mean '4.3'?"),
        (
            '{ facts = ["6.1", "2 mix"] }',
            "SB107 item 2 of 'facts' names no rule: '2 mix' is no rule of the codebook; did you mean '2 mixed'?",
        ),
        ('{ stances = "4.3" }', "SB106 unknown key 'stances'; did you mean 'stance'?"),
        ("{ stance = 4.3 }", "SB104 'stance' should be an array [ … ], not a float"),
        ('"4.3"', "SB104 'decided_by' should be a table { … }, not a string"),
    ],
)
def test_an_unknown_decision_rule_is_a_problem_at_its_address(tmp_path: Path, written: str, message: str) -> None:
    lines = messages(tmp_path / "bank", "annotations/gold.toml", "\n\n[[sentence]]", f"\ndecided_by = {written}\n\n[[sentence]]")
    assert [line.partition(": ")[2] for line in lines] == [message]


def test_optional_keys_of_published_articles_are_kept(tmp_path: Path) -> None:
    written = 'corpus = "basil"\ncorpus_id = "97b1305c_1"\nagency = "AP"\nrepeats_headline = [1]\n'
    hashes = f'brief_sha256 = "{"0" * 64}"\noutput_sha256 = "{"f" * 64}"\n'
    assert messages(tmp_path / "bank", "article.toml", "license =", f"{written}license =") == []
    path = tmp_path / "bank" / "articles" / MINIMAL.name / "article.toml"
    path.write_text(path.read_text(encoding="utf-8") + hashes, encoding="utf-8")
    restored = article.read(path.parent)
    assert written in article.files(restored)["article.toml"]
    assert hashes in article.files(restored)["article.toml"]


def test_an_article_that_was_edited_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    original = article.read(MINIMAL)
    folder = tmp_path / "articles" / "a"
    article.write(original, folder)
    edited = (folder / "article.toml").read_text(encoding="utf-8").replace("title = ", 'author = "A. Reader"\ntitle = ')
    (folder / "article.toml").write_text(edited, encoding="utf-8")
    with pytest.raises(ChangedError, match="is left alone"):
        article.replace(original, folder, original)
    assert (folder / "article.toml").read_text(encoding="utf-8") == edited
    (folder / "notes").write_text("mine")
    with pytest.raises(FileExistsError, match="would be lost"):
        article.replace(original, folder, article.read(folder))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["articles"]


def add_coder(folder: Path, name: str) -> None:
    article.add(folder, Annotator(id=name, kind=AnnotatorKind.HUMAN, codebook="1.0"), "", new=True)


@posix
def test_annotators_that_several_commands_add_at_once_are_all_listed(tmp_path: Path) -> None:
    bank = shutil.copytree(MINIMAL.parents[1], tmp_path / "bank")
    folder = bank / "articles" / MINIMAL.name
    coders = [f"coder-{number}" for number in range(4)]
    processes = [multiprocessing.get_context("spawn").Process(target=add_coder, args=(folder, name)) for name in coders]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    meta = article.read(folder, annotated=False).meta
    assert {annotator.id for annotator in meta.annotator} >= set(coders)
