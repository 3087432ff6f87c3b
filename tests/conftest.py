"""What the tests share: the bank that comes with the package, and its frames."""

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

# how fast a machine is, is nothing that a test may fail for
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

ROOT = Path(__file__).parents[1]
RALLY = ROOT / "tests" / "banks" / "rally"
"""The seed and its controls with the labels of codebook 1.0: labels may be revised without a test of figures having to change."""
SEED = "2017-07-free-iran-rally-katiraie"
PINNED = (SEED, "2017-07-free-iran-rally-control-wire", "2017-07-free-iran-rally-control-state")
"""The articles that the tests speak of: the bank may grow without a test of figures having to change."""
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal, shell or mode of a file")
CODERS = ("model-a", "model-b", "model-c", "gold")


@pytest.fixture(scope="session", autouse=True)
def _quick_hash() -> Iterator[None]:
    """The slow hash of withheld texts is slow on purpose; tests strip and hydrate by the hundred."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(withheld, "_COST", 2)
        yield


@pytest.fixture(scope="session")
def pinned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built bank of the pinned articles and coders alone; its folder is `data`, with the card beside it."""
    folder = tmp_path_factory.mktemp("pinned") / "repo" / "data"
    topic = "free-iran-rally-2017.toml"
    (folder / "topics").mkdir(parents=True)
    shutil.copy(RALLY / "topics" / topic, folder / "topics")
    for name in PINNED:
        one = articles.read(RALLY / "articles" / name)
        meta = one.meta.model_copy(update={"annotator": tuple(who for who in one.meta.annotator if who.id in CODERS)})
        annotations = {who: labels for who, labels in one.annotations.items() if who in CODERS}
        articles.write(Article(meta, one.source, one.text, annotations), folder / "articles" / name)
    shutil.copy(ROOT / "README.md", folder.parent)
    builder.build(folder)
    return folder


@pytest.fixture(scope="session")
def contents(pinned: Path) -> tuple[list[Topic], list[Article]]:
    """The topics and articles of the pinned bank."""
    found = banks.draft(pinned)
    topics = [document.value for document in found.topics.values()]
    read = [draft.article for draft in found.articles.values()]
    assert None not in topics
    assert None not in read
    return topics, read  # type: ignore[return-value]


@pytest.fixture(scope="session")
def frames(contents: tuple[list[Topic], list[Article]]) -> dict[str, pl.DataFrame]:
    """The frames of the pinned bank, made from its folders."""
    return tables.tabulate(*contents)


@pytest.fixture
def bank(tmp_path: Path, pinned: Path) -> Path:
    """A copy of the pinned bank, to change."""
    shutil.copytree(pinned.parent, tmp_path / "repo")
    return tmp_path / "repo" / "data"
