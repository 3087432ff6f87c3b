"""Fixtures that the tests share: the pinned bank and its frames."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")

import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, settings

from slantbank.bank import _article as articles
from slantbank.bank import _bank as banks
from slantbank.bank import _withheld as withheld
from slantbank.bank._article import Article
from slantbank.bank._topic import Topic
from slantbank.frames import _tabulate as tables
from slantbank.publish import _build as builder

# no test may fail on a slow machine
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

ROOT = Path(__file__).parents[1]
RALLY = ROOT / "tests" / "banks" / "rally"
"""The seed article and its controls with labels by codebook 1.0, so that a revision of labels changes no test of figures."""
SEED = "2017-07-free-iran-rally-katiraie"
PINNED = (SEED, "2017-07-free-iran-rally-control-wire", "2017-07-free-iran-rally-control-state")
"""The articles that the tests use; the bank may grow without changing them."""
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal, shell or mode of a file")
CODERS = ("model-a", "model-b", "model-c", "gold")


@pytest.fixture(scope="session", autouse=True)
def _quick_hash() -> Iterator[None]:
    """Make the hash of withheld texts, which is slow on purpose, fast: tests strip and hydrate hundreds of times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(withheld, "_COST", 2)
        yield


@pytest.fixture(scope="session")
def pinned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built bank with only the pinned articles and coders, in the folder `data`, beside its card."""
    folder = tmp_path_factory.mktemp("pinned") / "repo" / "data"
    topic = "free-iran-rally-2017.toml"
    (folder / "topics").mkdir(parents=True)
    shutil.copy(RALLY / "topics" / topic, folder / "topics")
    for name in PINNED:
        article = articles.read(RALLY / "articles" / name)
        annotators = tuple(annotator for annotator in article.meta.annotator if annotator.id in CODERS)
        meta = article.meta.model_copy(update={"annotator": annotators})
        annotations = {annotator: labels for annotator, labels in article.annotations.items() if annotator in CODERS}
        articles.write(Article(meta, article.source, article.text, annotations), folder / "articles" / name)
    shutil.copy(ROOT / "README.md", folder.parent)
    builder.build(folder)
    return folder


@pytest.fixture(scope="session")
def contents(pinned: Path) -> tuple[list[Topic], list[Article]]:
    """The topics and articles of the pinned bank."""
    draft = banks.draft(pinned)
    topics = [document.value for document in draft.topics.values()]
    contents = [article.article for article in draft.articles.values()]
    assert None not in topics
    assert None not in contents
    return topics, contents  # type: ignore[return-value]


@pytest.fixture(scope="session")
def frames(contents: tuple[list[Topic], list[Article]]) -> dict[str, pl.DataFrame]:
    """The frames of the pinned bank, made from its files."""
    return tables.tabulate(*contents)


@pytest.fixture
def bank(tmp_path: Path, pinned: Path) -> Path:
    """A copy of the pinned bank that a test may change."""
    shutil.copytree(pinned.parent, tmp_path / "repo")
    return tmp_path / "repo" / "data"
