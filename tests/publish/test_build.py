"""A build is validated and deterministic, and it replaces the old one completely or not at all."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import datasets
import polars as pl
import pytest

from slantbank import staged
from slantbank.bank import _bank as banks
from slantbank.frames import _hub as hub
from slantbank.frames import _schema as schema
from slantbank.problem import ContributionError
from slantbank.publish import _build as build
from tests.conftest import ROOT, SEED, posix


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_committed_build_is_up_to_date() -> None:
    assert build.stale(ROOT / "data") == []


def test_build_is_byte_identical_in_another_folder_with_other_threads_and_hash_seed(bank: Path) -> None:
    builds = []
    for threads, seed in (("1", "0"), ("2", "4242")):
        other = bank.parents[1] / f"with-{threads}-threads"
        shutil.copytree(bank.parent, other)
        shutil.rmtree(other / "data" / "parquet")
        code = f"from pathlib import Path; import slantbank; slantbank.build(Path({str(other / 'data')!r}))"
        environment = {**os.environ, "POLARS_MAX_THREADS": threads, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)
        builds.append({**_bytes(other / "data" / "parquet"), "README.md": (other / "README.md").read_bytes()})
    assert builds[0] == builds[1]
    assert len(builds[0]) == len(schema.FRAMES) + 2


def test_a_bank_built_one_article_at_a_time_has_the_same_bytes(bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _bytes(bank / "parquet")
    monkeypatch.setattr("slantbank.bank.portions", partial(banks.portions, size=1))
    build.build(bank)
    assert _bytes(bank / "parquet") == before


def test_build_refuses_a_bank_with_errors_and_leaves_the_old_build(bank: Path) -> None:
    before = _bytes(bank / "parquet")
    gold = bank / "articles" / SEED / "annotations" / "gold.toml"
    gold.write_text(gold.read_text(encoding="utf-8").replace('"causal"', '"casual"', 1), encoding="utf-8")
    with pytest.raises(ContributionError) as caught:
        build.build(bank)
    assert [problem.code for problem in caught.value.problems] == ["SB201"]
    assert "did you mean 'causal'?" in str(caught.value)
    assert _bytes(bank / "parquet") == before


def test_build_refuses_frames_that_break_a_rule_and_names_the_file(bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _bytes(bank / "parquet")
    monkeypatch.setitem(schema.RULES["facts"], "no fact", schema.FrameRule("text", pl.col("text").is_null()))
    with pytest.raises(ContributionError, match=r"free-iran-rally-2017\.toml:.*SB501.*built facts: no fact"):
        build.build(bank)
    assert _bytes(bank / "parquet") == before


def test_incomplete_gold_is_not_built(bank: Path) -> None:
    gold = bank / "articles" / SEED / "annotations" / "gold.toml"
    text = gold.read_text(encoding="utf-8")
    gold.write_text(text.replace("n = 3\n", 'n = 3\nundecided = ["stance"]\n', 1), encoding="utf-8")
    with pytest.warns(UserWarning, match=f"left out: articles/{SEED}: 23 of 24 sentences decided by gold"):
        built = build.build(bank)
    assert built["annotations"].filter(article_id=SEED, annotator_id="gold").is_empty()
    assert built["sentences"].filter(article_id=SEED)["stance"].null_count() == 24


def test_stale_names_a_changed_label_a_missing_file_and_an_old_card(bank: Path) -> None:
    gold = bank / "articles" / SEED / "annotations" / "gold.toml"
    gold.write_text(gold.read_text(encoding="utf-8").replace('"causal"', '"evaluative"', 1), encoding="utf-8")
    (bank / "parquet" / "facts.parquet").unlink()
    (bank / "parquet" / "parties.parquet").write_bytes(b"not parquet")
    reasons = "\n".join(build.stale(bank))
    assert "sentences.parquet has other rows" in reasons
    assert "annotations.parquet has other rows" in reasons
    assert "facts.parquet is not there" in reasons
    assert "parties.parquet has other rows" in reasons
    assert "README.md is not as rendered" in reasons
    assert "articles.parquet" not in reasons
    build.build(bank)
    assert build.stale(bank) == []


def test_pandera_and_polars_find_the_same_rules_broken(frames: dict[str, pl.DataFrame]) -> None:
    import pandera.errors

    for name, frame in frames.items():
        assert schema.failures(name, frame) == []
        assert schema.validate(name, frame).equals(frame)
        broken = frame.with_columns(pl.col(pl.String).fill_null("x").str.to_uppercase())
        ours = {failure.rule for failure in schema.failures(name, broken)}
        with pytest.raises(pandera.errors.SchemaErrors) as caught:
            schema.validate(name, broken)
        theirs = {str(case) for case in caught.value.failure_cases["check"]}
        assert ours == theirs
        assert ours


KILLED = """
from pathlib import Path
import polars as pl
from slantbank.publish import _build as build
frames = {{"a": pl.DataFrame({{"x": list(range(200_000))}}), "b": pl.DataFrame({{"x": [{version}] * 1000}})}}
print("ready", flush=True)
for _ in range(10_000):
    build.write(frames.items(), Path({folder!r}))
"""


@posix
def test_a_killed_build_leaves_the_old_or_the_new_files_complete(tmp_path: Path) -> None:
    folder = tmp_path / "parquet"
    first = {"a": pl.DataFrame({"x": list(range(200_000))}), "b": pl.DataFrame({"x": [0] * 1000})}
    build.write(first.items(), folder)
    before = 0
    for version in range(1, 7):
        code = KILLED.format(version=version, folder=str(folder))
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.013 * version)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert sorted(path.name for path in folder.iterdir()) == ["a.parquet", "b.parquet", "build.json"]
        assert pl.read_parquet(folder / "a.parquet").equals(first["a"])
        (now,) = pl.read_parquet(folder / "b.parquet")["x"].unique().to_list()
        assert now in (version, before)
        before = now
    build.write(first.items(), folder)
    assert [path.name for path in tmp_path.iterdir()] == ["parquet"]


def test_a_build_replaces_the_folder_where_the_system_cannot_swap_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staged, "_swap", lambda *_: False)
    for value in (1, 2):
        build.write([("a", pl.DataFrame({"x": [value]}))], tmp_path / "parquet")
    assert pl.read_parquet(tmp_path / "parquet" / "a.parquet")["x"].to_list() == [2]
    assert [path.name for path in tmp_path.iterdir()] == ["parquet"]


def test_a_first_card_is_written_on_request_and_keeps_later_edits(bank: Path, tmp_path: Path) -> None:
    copy = tmp_path / "bridges"
    shutil.copytree(bank / "articles", copy / "articles")
    shutil.copytree(bank / "topics", copy / "topics")
    frames = build.build(copy, card=True)
    readme = copy / "README.md"
    text = readme.read_text(encoding="utf-8")
    assert text.startswith("---\npretty_name: bridges\n")
    assert "\nlicense:" not in text, "a licence that nobody stated"
    loaded = datasets.load_dataset(str(copy), split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded.features == hub.features("sentences")
    assert loaded["text"][:] == frames["sentences"]["text"].to_list()
    readme.write_text(text.replace("tags:", "license: cc-by-4.0\ntags:").replace("TODO: ", "By us. "), encoding="utf-8")
    build.build(copy)
    again = readme.read_text(encoding="utf-8")
    assert "license: cc-by-4.0\n" in again
    assert "By us. " in again
    assert build.stale(copy) == []


@pytest.mark.parametrize("head", ["pretty_name: [", "- a list"])
def test_a_card_with_an_unreadable_head_stops_the_build_and_is_named(bank: Path, head: str) -> None:
    readme = bank / "README.md"
    readme.write_text(f"---\n{head}\n---\n# Ours\n", encoding="utf-8")
    before = {path: path.read_bytes() for path in bank.rglob("*.parquet")}
    with pytest.raises(ContributionError, match=r"README\.md:1:1: error SB107"):
        build.build(bank)
    assert {path: path.read_bytes() for path in bank.rglob("*.parquet")} == before
    assert readme.read_text(encoding="utf-8").endswith("# Ours\n")


def test_a_card_has_numbers_of_bytes_which_do_not_make_it_stale(bank: Path, tmp_path: Path) -> None:
    copy = tmp_path / "bank"
    shutil.copytree(bank, copy)
    card = copy / "README.md"
    build.build(copy, card=True)
    text = card.read_text(encoding="utf-8")
    sizes = [int(size) for size in re.findall(r"num_bytes: (\d+)", text)]
    assert sizes
    assert all(sizes)
    card.write_text(re.sub(r"num_bytes: \d+", "num_bytes: 7", text), encoding="utf-8")
    assert build.stale(copy) == []


def test_a_first_card_never_replaces_a_readme(bank: Path) -> None:
    (bank.parent / "README.md").unlink()
    (bank / "README.md").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError):
        build.build(bank, card=True)
    assert (bank / "README.md").read_text(encoding="utf-8") == "mine"


def test_a_bank_without_a_card_is_built_without_one(bank: Path) -> None:
    readme = bank.parent / "README.md"
    readme.write_text("no head", encoding="utf-8")
    build.build(bank)
    assert readme.read_text(encoding="utf-8") == "no head"
    assert build.stale(bank) == []
