"""Texts of a corpus are restored from the user's own copy of it: all or none, and verified."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slantbank import cli, frames
from slantbank.bank import _article as article
from slantbank.bank import _topic as topic
from slantbank.bank import _withheld as withheld
from slantbank.bank._article import Article
from slantbank.importers import Restored, restore, run
from slantbank.rules import check, sound_articles
from tests.conftest import ROOT

CORPUS = ROOT / "tests" / "corpora" / "basil"
SAMPLE = ROOT.parent / "shared" / "corpora" / "basil"
SHIPPED = ROOT / "data"
needs_sample = pytest.mark.skipif(not SAMPLE.is_dir(), reason="no ../shared/corpora/basil")


def command(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(cli.cli, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """The small corpus as a bank without its words."""
    run("basil", CORPUS, tmp_path / "whole")
    names = {path.name for path in (tmp_path / "whole" / "articles").iterdir()}
    stripped = [withheld.strip(*pair).article for pair in sound_articles(tmp_path / "whole", names)]
    withheld.write_articles(stripped, tmp_path / "whole", tmp_path / "public")
    return tmp_path / "public"


def test_all_texts_of_a_corpus_are_restored_and_the_bank_is_built(public: Path, tmp_path: Path) -> None:
    result = command("hydrate", "--corpus", "basil", CORPUS, "--bank", public, "--into", tmp_path / "own")
    assert result.exit_code == 0, result.output
    for folder in (tmp_path / "own" / "articles").iterdir():
        old = article.read(tmp_path / "whole" / "articles" / folder.name)
        new = article.read(folder)
        assert (new.text, new.source) == (old.text, old.source)
    assert frames.load("sentences", tmp_path / "own", collection=None)["text"].null_count() == 0
    assert f"slantbank.load(\"sentences\", '{tmp_path / 'own'}', collection='core')" in result.output


def test_texts_are_restored_in_place(public: Path) -> None:
    assert command("hydrate", "--corpus", "basil", CORPUS, "--bank", public).exit_code == 0
    assert check(public) == []
    again = command("hydrate", "--corpus", "basil", CORPUS, "--bank", public)
    assert (again.exit_code, "has no article whose text is withheld" in again.output) == (2, True)


def test_missing_or_differing_texts_of_a_copy_are_reported_and_nothing_is_written(public: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(CORPUS, copy)
    first, second = sorted((path.stem, path) for path in copy.glob("articles/*/*.json"))[:2]
    names = {
        article_.meta.corpus_id: article_.meta.id for path in (public / "articles").iterdir() if (article_ := article.read(path))
    }
    text = json.loads(first[1].read_text(encoding="utf-8"))
    text["body-paragraphs"][0][0] = text["body-paragraphs"][0][0][::-1]
    first[1].write_text(json.dumps(text), encoding="utf-8")
    second[1].unlink()
    result = command("hydrate", "--corpus", "basil", copy, "--bank", public, "--into", tmp_path / "own")
    assert result.exit_code == 1
    assert re.search(rf"{public}/articles/{names[first[0]]}/article\.txt:\d+:1: error SB310.* is not found", result.output)
    assert re.search(rf"{public}/articles/{names[second[0]]}/article\.toml:\d+:13: error SB310.*has no such text", result.output)
    assert not (tmp_path / "own").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--corpus", "basill", CORPUS), "did you mean 'basil'"),
        (("--corpus", "polnear", CORPUS), "has no article whose text is withheld"),
        (("an-article",), "give an ARTICLE and --text"),
        (("an-article", "--corpus", "basil", CORPUS), "give an ARTICLE and --text"),
        ((), "give an ARTICLE and --text"),
    ],
)
def test_a_wrong_call_of_hydrate_is_a_usage_error(public: Path, arguments: tuple[str | Path, ...], message: str) -> None:
    result = command("hydrate", *arguments, "--bank", public)
    assert (result.exit_code, message in " ".join(result.output.split())) == (2, True), result.output


def test_the_bank_of_an_installed_package_is_not_restored_in_place(
    public: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slantbank.cli._shared.__file__", str(tmp_path / "cli" / "_shared.py"))
    result = command("hydrate", "--corpus", "basil", CORPUS, "--bank", public)
    assert (result.exit_code, "read-only: say --into" in " ".join(result.output.split())) == (2, True)


# The bank that is shipped, beside the sample


@pytest.fixture(scope="module")
def restored() -> Iterator[list[Restored]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(withheld, "_COST", 2**16)
        yield restore(SHIPPED, "basil", SAMPLE)


@needs_sample
def test_the_restored_texts_of_the_shipped_bank_have_the_sentences_of_the_corpus(restored: list[Restored]) -> None:
    assert len(restored) == 36
    assert all(text.as_taken_in for text in restored)
    for article_, *_ in restored:
        (file,) = SAMPLE.glob(f"articles/*/{article_.meta.corpus_id}.json")
        text = json.loads(file.read_text(encoding="utf-8"))
        sentences = [text["title"], *(sentence for paragraph in text["body-paragraphs"] for sentence in paragraph)]
        assert article_.lines == [line for sentence in sentences if (line := " ".join(sentence.split()))]


@needs_sample
def test_restored_texts_break_no_rule_and_are_withheld_again_byte_for_byte(restored: list[Restored], tmp_path: Path) -> None:
    withheld.write_articles([text.article for text in restored], SHIPPED, tmp_path / "own")
    assert check(tmp_path / "own") == []
    shutil.copytree(ROOT / "schema", tmp_path / "repo" / "schema")
    again = []
    for article_, *_ in restored:
        stripped = withheld.strip(article_, topic.read(SHIPPED / "topics" / f"{article_.meta.topic}.toml")).article
        # the slow hashes have verified the text, and are quick in tests
        shipped = article.read(SHIPPED / "articles" / article_.meta.id).meta
        slow = {"source_check": shipped.source_check, "text_check": shipped.text_check}
        again.append(Article(stripped.meta.model_copy(update=slow), "", stripped.text, stripped.annotations))
    for folder in withheld.write_articles(again, SHIPPED, tmp_path / "repo" / "data"):
        assert _contents(folder) == _contents(SHIPPED / "articles" / folder.name)


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
