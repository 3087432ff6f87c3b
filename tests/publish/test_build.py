"""A build is validated, deterministic and whole, or it is not there."""

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


def test_a_bank_built_an_article_at_a_time_has_the_same_bytes(bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_build_refuses_frames_that_break_a_rule_and_says_where(bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
    found = "\n".join(build.stale(bank))
    assert "sentences.parquet has other rows" in found
    assert "annotations.parquet has other rows" in found
    assert "facts.parquet is not there" in found
    assert "parties.parquet has other rows" in found
    assert "README.md is not as rendered" in found
    assert "articles.parquet" not in found
    build.build(bank)
    assert build.stale(bank) == []


def test_every_rule_of_the_schema_is_judged_alike_by_pandera_and_by_polars(frames: dict[str, pl.DataFrame]) -> None:
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
def test_a_build_that_is_killed_leaves_the_old_or_the_new_one_whole(tmp_path: Path) -> None:
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


def test_without_a_swap_in_one_step_the_folders_still_change_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staged, "_swap", lambda *_: False)
    for value in (1, 2):
        build.write([("a", pl.DataFrame({"x": [value]}))], tmp_path / "parquet")
    assert pl.read_parquet(tmp_path / "parquet" / "a.parquet")["x"].to_list() == [2]
    assert [path.name for path in tmp_path.iterdir()] == ["parquet"]


def test_a_first_card_is_made_when_asked_for_and_keeps_what_its_makers_state(bank: Path, tmp_path: Path) -> None:
    own = tmp_path / "bridges"
    shutil.copytree(bank / "articles", own / "articles")
    shutil.copytree(bank / "topics", own / "topics")
    frames = build.build(own, card=True)
    readme = own / "README.md"
    text = readme.read_text(encoding="utf-8")
    assert text.startswith("---\npretty_name: bridges\n")
    assert "\nlicense:" not in text, "a licence that nobody stated"
    loaded = datasets.load_dataset(str(own), split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded.features == hub.features("sentences")
    assert loaded["text"][:] == frames["sentences"]["text"].to_list()
    readme.write_text(text.replace("tags:", "license: cc-by-4.0\ntags:").replace("TODO: ", "By us. "), encoding="utf-8")
    build.build(own)
    again = readme.read_text(encoding="utf-8")
    assert "license: cc-by-4.0\n" in again
    assert "By us. " in again
    assert build.stale(own) == []


@pytest.mark.parametrize("head", ["pretty_name: [", "- a list"])
def test_a_card_whose_head_cannot_be_read_stops_the_build_with_its_address(bank: Path, head: str) -> None:
    readme = bank / "README.md"
    readme.write_text(f"---\n{head}\n---\n# Ours\n", encoding="utf-8")
    before = {path: path.read_bytes() for path in bank.rglob("*.parquet")}
    with pytest.raises(ContributionError, match=r"README\.md:1:1: error SB107"):
        build.build(bank)
    assert {path: path.read_bytes() for path in bank.rglob("*.parquet")} == before
    assert readme.read_text(encoding="utf-8").endswith("# Ours\n")


def test_a_card_tells_bytes_and_no_other_version_of_polars_makes_it_old(bank: Path, tmp_path: Path) -> None:
    own = tmp_path / "bank"
    shutil.copytree(bank, own)
    card = own / "README.md"
    build.build(own, card=True)
    text = card.read_text(encoding="utf-8")
    sizes = [int(size) for size in re.findall(r"num_bytes: (\d+)", text)]
    assert sizes
    assert all(sizes)
    card.write_text(re.sub(r"num_bytes: \d+", "num_bytes: 7", text), encoding="utf-8")
    assert build.stale(own) == []


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
