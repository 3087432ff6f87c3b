"""Each collection is a config of the dataset, and topics for tests are in no file for training."""

from pathlib import Path

import datasets
import polars as pl
import pytest
import yaml

import slantbank
from slantbank.bank import _article as articles
from slantbank.bank._article import Annotation, Article
from slantbank.codebook import FRAMES
from slantbank.frames import _files as files
from slantbank.frames import _hub as hub
from slantbank.frames import _schema as schema
from slantbank.publish import _build as builder
from tests.conftest import ROOT

MINIMAL = ROOT / "tests/articles/valid/minimal"
TOPIC, ARTICLE = "alder-bridge", "alder-bridge-morning"
TOPICS = {"first": "", "kept": 'collection = "other"\n', "held": 'collection = "other"\nsplit = "test"\n'}


def _copy(article: Article, topic: str) -> Article:
    """Return a copy of an article for another topic, with another headline, because two articles may not have the same text."""
    source, text = (f"{topic} {part}" for part in (article.source, article.text))
    meta = article.meta.model_copy(update={"id": f"{topic}-morning", "topic": topic, "source_sha256": articles.sha256(source)})
    annotations = {
        annotator: Annotation(sentence=(labels.sentence[0].model_copy(update={"text": text.split("\n")[0]}), *labels.sentence[1:]))
        for annotator, labels in article.annotations.items()
    }
    return Article(meta, source, text, annotations)


def make(folder: Path, topics: dict[str, str] = TOPICS) -> Path:
    """Make a built bank with a card, and in it, for each name, a topic with the given lines of TOML and an article."""
    bank = folder / "repo" / "data"
    topic = (MINIMAL / "topics" / f"{TOPIC}.toml").read_text(encoding="utf-8")
    (bank / "topics").mkdir(parents=True)
    for name, lines in topics.items():
        text = topic.replace(f'id = "{TOPIC}"\n', f'id = "{name}"\n{lines}')
        (bank / "topics" / f"{name}.toml").write_text(text, encoding="utf-8")
        articles.write(_copy(articles.read(MINIMAL / "articles" / ARTICLE), name), bank / "articles" / f"{name}-morning")
    builder.build(bank, card=True)
    return bank


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("collections"))


def topics(frame: pl.DataFrame) -> set[str]:
    return {*frame["topic_id"]}


def test_a_file_is_of_one_config_and_one_split(bank: Path) -> None:
    names = {path.stem for path in (bank / "parquet").glob("*.parquet")}
    assert names == {"sentences", "other", "other.test"} | {f"{frame}{part}" for frame in FRAMES[1:] for part in ("", ".test")}
    for name in names:
        rows = pl.read_parquet(bank / "parquet" / f"{name}.parquet")
        assert rows.schema == schema.dtypes(files.frame(name))
        assert set(rows["split"]) == {files.split(name).value}
        assert files.collection(name) is None or set(rows["collection"]) == {files.collection(name)}


def test_every_row_is_in_one_file_of_its_frame(bank: Path) -> None:
    built = builder.tabulate(bank)
    for frame in FRAMES:
        parts = [pl.read_parquet(path) for path in (bank / "parquet").glob("*.parquet") if files.frame(path.stem) == frame]
        assert pl.concat(parts).sort(schema.KEYS[frame]).equals(built[frame])


@pytest.mark.parametrize("frame", FRAMES)
def test_load_returns_core_unless_another_collection_or_all_are_asked_for(bank: Path, frame: str) -> None:
    built = builder.tabulate(bank)[frame]
    assert slantbank.load(frame, bank).equals(built.filter(collection="core"))
    assert slantbank.load(frame, bank, collection="other").equals(built.filter(collection="other"))
    assert slantbank.load(frame, bank, collection=None).equals(built)
    assert slantbank.load_all(bank, collection="other")[frame].equals(built.filter(collection="other"))
    assert slantbank.dataset(frame, bank, collection=None).num_rows == built.height


def test_an_unknown_collection_is_a_value_error_with_suggestions(bank: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no collection 'othr'; did you mean 'other'\?, or None for all"):
        slantbank.load("sentences", bank, collection="othr")
    with pytest.raises(ValueError, match="no collection 'core'; choose from mine, or None for all"):
        slantbank.load("facts", make(tmp_path, {"mine": 'collection = "mine"\n'}))


def test_each_collection_is_a_config_and_topics_for_tests_are_only_in_the_test_split(bank: Path, tmp_path: Path) -> None:
    def loaded(config: str | None) -> dict[str, set[str]]:
        loaded_splits = datasets.load_dataset(str(bank), config, cache_dir=str(tmp_path))
        assert all(rows.features == hub.features(files.frame(config or "sentences")) for rows in loaded_splits.values())
        return {split: topics(rows.to_polars()) for split, rows in loaded_splits.items()}

    assert loaded(None) == loaded("sentences") == {"train": {"first"}}
    assert loaded("other") == {"train": {"kept"}, "test": {"held"}}
    assert loaded("annotations") == {"train": {"first", "kept"}, "test": {"held"}}
    assert loaded("articles") == {"train": {"first", "kept"}, "test": {"held"}}


def test_the_card_lists_the_default_first_and_then_the_other_collections(bank: Path) -> None:
    head = yaml.safe_load((bank / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    assert [config["config_name"] for config in head["configs"]] == ["sentences", "other", *FRAMES[1:]]
    assert [config["config_name"] for config in head["configs"] if config.get("default")] == ["sentences"]
    assert [info["config_name"] for info in head["dataset_info"]] == ["sentences", "other", *FRAMES[1:]]


def test_a_bank_without_core_has_its_first_collection_as_default(tmp_path: Path) -> None:
    bank = make(tmp_path, {"a": 'collection = "mine"\n', "b": 'collection = "yours"\n'})
    head = yaml.safe_load((bank / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    assert [config["config_name"] for config in head["configs"] if config.get("default")] == ["mine"]
    assert not (bank / "parquet" / "sentences.parquet").exists()


def test_a_bank_without_articles_has_a_file_of_each_frame(tmp_path: Path) -> None:
    (tmp_path / "topics").mkdir()
    (tmp_path / "articles").mkdir()
    builder.build(tmp_path)
    assert {path.stem for path in (tmp_path / "parquet").glob("*.parquet")} == set(FRAMES)
    assert all(frame.is_empty() for frame in slantbank.load_all(tmp_path).values())


def test_a_file_of_a_removed_collection_makes_a_build_stale(tmp_path: Path) -> None:
    bank = make(tmp_path)
    assert builder.stale(bank) == []
    path = bank / "topics" / "held.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('split = "test"\n', ""), encoding="utf-8")
    stale = "\n".join(builder.stale(bank))
    assert "other.parquet has other rows" in stale
    assert "other.test.parquet is of no collection" in stale
    builder.build(bank)
    assert builder.stale(bank) == []
    assert not list((bank / "parquet").glob("*.test.parquet"))
