"""What the tests share: the bank that comes with the package, and its frames."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")

import shutil
from pathlib import Path

import polars as pl
import pytest

from slantbank import bank as banks
from slantbank import frames as tables
from slantbank.article import Article
from slantbank.topic import Topic

ROOT = Path(__file__).parents[1]
SEED = "2017-07-free-iran-rally-katiraie"


@pytest.fixture(scope="session")
def contents() -> tuple[list[Topic], list[Article]]:
    """The topics and articles of the bank."""
    found = banks.draft(ROOT / "data")
    topics = [document.value for document in found.topics.values()]
    articles = [draft.article for draft in found.articles.values()]
    assert None not in topics
    assert None not in articles
    return topics, articles  # type: ignore[return-value]


@pytest.fixture(scope="session")
def frames(contents: tuple[list[Topic], list[Article]]) -> dict[str, pl.DataFrame]:
    """The frames of the bank, built from its folders."""
    return tables.tabulate(*contents)


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """A copy of the bank, to change; its folder is `data`, with the card beside it."""
    folder = tmp_path / "repo" / "data"
    shutil.copytree(ROOT / "data", folder)
    shutil.copy(ROOT / "README.md", folder.parent)
    return folder
