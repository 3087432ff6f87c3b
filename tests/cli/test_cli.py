"""Commands: exit codes, messages with addresses, nothing overwritten, no traceback."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest

from slantbank import cli, codebook
from slantbank.bank import _article as article
from slantbank.bank import _segment as segment
from slantbank.curate import _adjudicate as adjudicate
from slantbank.frames import load_all
from slantbank.publish import _build as builder
from slantbank.publish import _render as render
from tests.command import run
from tests.conftest import ROOT, SEED


def test_check_of_the_bank_is_clean(pinned: Path) -> None:
    assert run("check", "--bank", ROOT / "data", "--full", "--complete").exit_code == 0
    result = run("check", "--bank", pinned, "--full")
    assert (result.exit_code, result.output) == (0, "3 articles, 12 annotations, 1 topic: no problems\n")


def test_check_prints_every_problem_with_its_address_and_exits_1(bank: Path) -> None:
    folder = bank / "articles" / SEED
    (folder / "source.txt").unlink()
    gold = folder / "annotations" / "gold.toml"
    gold.write_text(gold.read_text(encoding="utf-8").replace('"causal"', '"Causal"', 1), encoding="utf-8")
    result = run("check", "--bank", bank)
    assert result.exit_code == 1
    shown = f"articles/{SEED}"
    assert f"{shown}/source.txt:1:1: error SB111 missing-file" in result.output
    assert f"{shown}/annotations/gold.toml:68:14: error SB201 unknown-claim-type: unknown claim type 'Causal'; did" in result.output
    assert "2 errors and 0 warnings in 2 files" in result.output


def test_check_takes_an_article_by_id_or_folder(bank: Path) -> None:
    (bank / "articles" / SEED / "source.txt").unlink()
    assert run("check", "2017-07-free-iran-rally-control-wire", "--bank", bank).exit_code == 0
    assert run("check", bank / "articles" / SEED).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "2017-07-free-iran-rally-kateraie"], "did you mean '2017-07-free-iran-rally-katiraie'?"),
        (["check", "--bank", "docs"], "docs is no bank"),
        (["check", "--select", "SB9"], "no rule 'SB9'"),
        (["explain", "SB210x"], "did you mean 'SB210'?"),
        (["explain"], "name one rule"),
        (["chekc"], "No such command 'chekc'"),
        (["check", "--fulll"], "No such option"),
        (["adjudicate", "nothing-like-it"], "no article 'nothing-like-it'"),
        (
            ["new", "README.md", "--id", "x", "--topic", "free-iran-rally", "--annotator", "a"],
            "did you mean 'free-iran-rally-2017'?",
        ),
        (["new", "README.md", "--id", "Ünfit", "--topic", "free-iran-rally-2017", "--annotator", "a"], "'Ünfit'"),
        (["new", "README.md", "--id", "x", "--topic", "free-iran-rally-2017", "--annotator", "a", "--published", "soon"], "'soon'"),
        (
            ["new", "README.md", "--id", "x", "--topic", "free-iran-rally-2017", "--annotator", "a", "--published", "1066-10-14"],
            "1605",
        ),
    ],
)
def test_wrong_usage_exits_2_and_says_what_is_right(monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str) -> None:
    monkeypatch.chdir(ROOT)
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_a_fault_of_slantbank_itself_exits_3_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["slantbank", "check"])
    monkeypatch.setattr("slantbank.cli._shared.readable_bank", lambda bank: 1 / 0)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 3
    captured = capsys.readouterr()
    assert "internal fault: ZeroDivisionError" in captured.err
    assert "Traceback" not in captured.err


def test_output_has_no_colour_when_it_is_not_a_terminal(bank: Path) -> None:
    (bank / "articles" / SEED / "source.txt").unlink()
    assert "\x1b" not in run("check", "--bank", bank).output
    assert "\x1b" in run("check", "--bank", bank, color=True).output


def test_build_check_exits_1_when_stale_and_0_after_a_build(bank: Path) -> None:
    assert run("build", "--check", "--bank", bank).exit_code == 0
    (bank / "parquet" / "facts.parquet").unlink()
    result = run("build", "--check", "--bank", bank)
    assert result.exit_code == 1
    assert "facts.parquet is not there" in result.output
    assert run("build", "--bank", bank).exit_code == 0
    assert run("build", "--check", "--bank", bank).exit_code == 0


def test_build_of_a_bank_with_errors_shows_them_and_exits_1(bank: Path) -> None:
    (bank / "articles" / SEED / "article.txt").unlink()
    result = run("build", "--bank", bank)
    assert result.exit_code == 1
    assert "SB111" in result.output


def test_render_check_passes_after_render(tmp_path: Path) -> None:
    assert run("render", "--check", "--into", tmp_path).exit_code == 1
    assert "written" in run("render", "--into", tmp_path).output
    assert run("render", "--check", "--into", tmp_path).exit_code == 0


NEW = ("--id", "2017-07-new", "--topic", "free-iran-rally-2017", "--annotator", "coder-one")


def test_new_keeps_the_source_verbatim_and_writes_a_sentence_a_line(bank: Path, tmp_path: Path) -> None:
    source = "A headline\r\n\r\nThe first.  And the U.S. Only then.\r\nSecond  paragraph"
    text = tmp_path / "text.txt"
    text.write_bytes(source.encode())
    result = run("new", text, *NEW, "--outlet", "The Example", "--published", "2017-07-03", "--bank", bank)
    assert result.exit_code == 0
    folder = bank / "articles" / "2017-07-new"
    assert (folder / "source.txt").read_bytes() == source.encode()
    laid_out = (folder / "article.txt").read_text(encoding="utf-8")
    assert laid_out == "A headline\n\nThe first.\nAnd the U.S.\nOnly then.\n\nSecond paragraph\n"
    assert f"{len(segment.sentence_spans(laid_out))} sentences" in result.output
    assert 'outlet = "The Example"\npublished = 2017-07-03\n' in (folder / "article.toml").read_text(encoding="utf-8")


def test_a_new_article_lacks_its_labels_and_nothing_else(bank: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("A headline\n\nOne sentence.\n")
    run("new", text, *NEW, "--bank", bank)
    result = run("check", bank / "articles" / "2017-07-new")
    assert (result.exit_code, result.output.splitlines()[0]) == (0, "articles/2017-07-new: 0 of 2 sentences decided by coder-one")
    result = run("check", bank / "articles" / "2017-07-new", "--complete")
    assert result.exit_code == 1
    assert {line.split()[2] for line in result.output.splitlines() if ": unfinished " in line} == {"SB210"}
    sheet = (bank / "articles" / "2017-07-new" / "annotations" / "coder-one.toml").read_text(encoding="utf-8")
    for key in (
        "claim_type",
        "attribution",
        "source",
        "cue",
        "source_type",
        "source_party",
        "source_perspective",
        "stance",
        "loaded",
        "facts",
        "note",
    ):
        assert sheet.count(f'\n{key} = ""') == 2
    for choice in ("predictive", "unnamed", "iran-gov", "speaker-fees"):
        assert f"#   {choice} " in sheet


def test_new_never_overwrites(bank: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("A headline\n\nOne sentence.\n")
    before = {path: path.read_bytes() for path in (bank / "articles" / SEED).rglob("*") if path.is_file()}
    result = run("new", text, "--id", SEED, *NEW[2:], "--bank", bank)
    assert result.exit_code == 1
    assert "is there already" in result.output
    assert {path: path.read_bytes() for path in (bank / "articles" / SEED).rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(("content", "message"), [(b"caf\xe9", "not UTF-8"), (b" \n\n", "the text is empty")])
def test_new_refuses_an_empty_or_undecodable_text_and_writes_nothing(
    bank: Path, tmp_path: Path, content: bytes, message: str
) -> None:
    text = tmp_path / "text.txt"
    text.write_bytes(content)
    result = run("new", text, *NEW, "--bank", bank)
    assert result.exit_code == 2
    assert message in result.output
    assert not (bank / "articles" / "2017-07-new").exists()


def test_two_coders_are_adjudicated_and_the_article_is_then_complete(bank: Path, tmp_path: Path) -> None:
    folder = bank / "articles" / SEED
    decided = (folder / "annotations" / "gold.toml").read_bytes()
    (folder / "annotations" / "gold.toml").unlink()
    meta = (folder / "article.toml").read_text(encoding="utf-8")
    (folder / "article.toml").write_text(meta[: meta.rindex("\n[[annotator]]")], encoding="utf-8")

    result = run("adjudicate", SEED, "--bank", bank)
    assert result.exit_code == 1
    assert "stance ncri: 1 (model-a, model-b); 0 (model-c), 2 to 1  (rules 4.1, 4.2, 4.3)" in result.output
    assert "26 disputes on 15 sentences" in result.output
    gold = folder / "annotations" / "gold.toml"
    first = gold.read_text(encoding="utf-8")
    assert 'undecided = ["stance", "facts"]' in first
    assert "# disputed: stance ncri: 1 (model-a, model-b); 0 (model-c)" in first

    result = run("check", folder, "--complete")
    assert result.exit_code == 1
    assert {line.split()[2] for line in result.output.splitlines() if ": unfinished " in line} == {"SB210"}
    assert run("adjudicate", SEED, "--bank", bank).exit_code == 1
    assert gold.read_text(encoding="utf-8") == first

    gold.write_bytes(decided)
    assert run("adjudicate", SEED, "--bank", bank).exit_code == 0
    assert run("check", folder).exit_code == 0


def test_a_decision_that_names_no_rule_is_listed_as_left(bank: Path) -> None:
    gold = bank / "articles" / SEED / "annotations" / "gold.toml"
    text = gold.read_text(encoding="utf-8")
    start = text.index('note = "5: “real”')
    gold.write_text(text[:start] + text[text.index("\n", start) + 1 :], encoding="utf-8")
    result = run("adjudicate", SEED, "--bank", bank)
    assert result.exit_code == 1
    assert "left: sentence 19: no decided_by that names the rule" in result.output
    assert result.output.startswith("[19] ")
    assert "[20] " not in result.output, "sentences that are decided are shown again"


def test_a_fact_that_all_coders_report_in_other_words_keeps_its_place_in_the_first_gold() -> None:
    def coder(words: str) -> article.Annotation:
        facts = {"bridge-shut": article.Quote(text=words), "bridge-old": article.Quote(text="old")}
        return article.Annotation(sentence=(article.Sentence(n=1, text="The old bridge was shut.", facts=facts),))

    coders = {"one": coder("bridge was shut"), "two": coder("was shut")}
    first = adjudicate.first_gold(coders, {1: adjudicate.disputes(coders)})
    sentence = tomllib.loads(first)["sentence"][0]
    assert sentence["facts"] == {"bridge-shut": "", "bridge-old": "old"}
    assert sentence["undecided"] == ["facts"]


def test_sheet_adds_a_coder_and_never_overwrites(bank: Path) -> None:
    result = run("sheet", SEED, "--annotator", "reader-one", "--bank", bank)
    assert result.exit_code == 0
    sheet = bank / "articles" / SEED / "annotations" / "reader-one.toml"
    before = sheet.read_text(encoding="utf-8")
    assert before.count("[[sentence]]") == 24
    meta = (bank / "articles" / SEED / "article.toml").read_text(encoding="utf-8")
    entry = tomllib.loads(meta)["annotator"][-1]
    assert (entry["id"], entry["kind"], entry["codebook"]) == ("reader-one", "human", codebook.VERSION)
    topic = tomllib.loads((bank / "topics" / "free-iran-rally-2017.toml").read_text(encoding="utf-8"))
    assert entry["facts"] == [fact["id"] for fact in topic["fact"]]
    result = run("sheet", SEED, "--annotator", "reader-one", "--bank", bank)
    assert result.exit_code == 1
    assert sheet.read_text(encoding="utf-8") == before


def remove_coders(bank: Path, *others: str) -> Path:
    """Keep only the labels of model-a and of `others`, without gold; return the article folder."""
    folder = bank / "articles" / SEED
    before = article.read(folder)
    kept = {name: labels for name, labels in before.annotations.items() if name in ("model-a", *others)}
    annotators = tuple(annotator for annotator in before.meta.annotator if annotator.id in kept)
    meta = before.meta.model_copy(update={"annotator": annotators})
    article.replace(article.Article(meta, before.source, before.text, kept), folder, before)
    return folder


def test_with_one_coder_adjudicate_says_whose_labels_count_and_how_to_add_a_coder(bank: Path) -> None:
    folder = remove_coders(bank)
    for command in (("adjudicate", SEED), ("sheet", SEED, "--annotator", "gold")):
        result = run(*command, "--bank", bank)
        assert result.exit_code == (1 if command[0] == "adjudicate" else 2)
        assert "only model-a has coded it" in result.output
        assert "use the labels of model-a" in result.output
        assert "`slantbank sheet` adds a coder" in result.output
    assert not (folder / "annotations" / "gold.toml").exists()


def test_an_unfinished_coder_is_ignored_and_does_not_block_the_others(bank: Path) -> None:
    folder = remove_coders(bank, "model-b")
    run("sheet", SEED, "--annotator", "reader-one", "--bank", bank)
    result = run("adjudicate", SEED, "--bank", bank)
    assert "reader-one" not in result.output
    assert (folder / "annotations" / "gold.toml").exists()

    folder = remove_coders(bank)
    run("sheet", SEED, "--annotator", "reader-one", "--bank", bank)
    result = run("adjudicate", SEED, "--bank", bank)
    assert (
        "reader-one has decided 0 of 24 sentences: an article can be adjudicated when two coders have finished it" in result.output
    )


def test_a_sheet_for_gold_is_filled_in_as_far_as_the_coders_agree(bank: Path) -> None:
    folder = remove_coders(bank, "model-b")
    assert run("sheet", SEED, "--annotator", "gold", "--bank", bank).exit_code == 0
    by_sheet = (folder / "annotations" / "gold.toml").read_bytes()
    remove_coders(bank, "model-b")
    run("adjudicate", SEED, "--bank", bank)
    assert (folder / "annotations" / "gold.toml").read_bytes() == by_sheet


def test_a_label_of_gold_is_decided_as_soon_as_it_has_a_value(bank: Path) -> None:
    folder = remove_coders(bank, "model-b")
    gold = folder / "annotations" / "gold.toml"
    other = folder / "annotations" / "model-b.toml"
    other.write_text(
        other.read_text(encoding="utf-8").replace('claim_type = "none"', 'claim_type = "factual"', 1), encoding="utf-8"
    )
    assert "left: sentence 23" not in run("adjudicate", SEED, "--bank", bank).output
    assert "left: sentence 23: claim_type undecided" in run("adjudicate", SEED, "--bank", bank).output
    text = gold.read_text(encoding="utf-8")
    gold.write_text(text.replace('claim_type = ""', 'claim_type = "none"'), encoding="utf-8")
    assert "left: sentence 23: no decided_by that names the rule" in run("adjudicate", SEED, "--bank", bank).output


def test_a_build_leaves_out_unfinished_labels_and_names_them(bank: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("A headline\n\nOne sentence.\n")
    run("new", text, *NEW, "--bank", bank)
    run("sheet", SEED, "--annotator", "reader-one", "--bank", bank)
    result = run("build", "--bank", bank)
    assert result.exit_code == 0
    assert "left out: articles/2017-07-new: 0 of 2 sentences decided by coder-one\n" in result.output
    assert f"left out: articles/{SEED}: 0 of 24 sentences decided by reader-one\n" in result.output
    frames = load_all(bank, collection=None)
    assert "2017-07-new" not in set(frames["articles"]["article_id"])
    assert "reader-one" not in set(frames["annotations"]["annotator_id"])
    assert frames["articles"].filter(article_id=SEED)["annotators"].list.len().item() == 4
    assert run("build", "--check", "--bank", bank).exit_code == 0
    with pytest.warns(UserWarning, match="left out: articles/2017-07-new|decided by reader-one") as warnings:
        builder.build(bank)
    assert len(warnings) == 2


def test_select_and_ignore_choose_rules_by_the_start_of_their_code(bank: Path) -> None:
    folder = bank / "articles" / SEED
    (folder / "source.txt").unlink()
    gold = folder / "annotations" / "gold.toml"
    gold.write_text(gold.read_text(encoding="utf-8").replace('"causal"', '"Causal"', 1), encoding="utf-8")
    assert "SB111" not in run("check", "--bank", bank, "--select", "SB2").output
    assert "SB201" in run("check", "--bank", bank, "--select", "SB2").output
    assert run("check", "--bank", bank, "--ignore", "SB2", "--ignore", "SB111").exit_code == 0


@pytest.mark.parametrize("style", ["json", "sarif", "junit", "github"])
def test_check_writes_the_formats_of_other_tools(bank: Path, style: str) -> None:
    (bank / "articles" / SEED / "source.txt").unlink()
    result = run("check", "--bank", bank, "--format", style)
    assert result.exit_code == 1
    assert "missing-file" in result.stdout
    if style in ("json", "sarif"):
        assert json.loads(result.stdout)


def test_check_on_github_writes_the_step_summary(bank: Path, tmp_path: Path) -> None:
    (bank / "articles" / SEED / "source.txt").unlink()
    summary = tmp_path / "summary.md"
    result = run("check", "--bank", bank, env={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)})
    assert result.stdout.startswith("::error file=")
    assert "SB111" in summary.read_text(encoding="utf-8")


def test_explain_prints_a_rule_or_the_whole_rule_book() -> None:
    assert run("explain", "3.2").output.startswith("3.2 source_perspective")
    assert "SB201" in run("explain", "unknown-claim-type").output
    assert run("explain", "--all").output == (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")


def test_import_makes_a_bank_that_checks_and_builds(tmp_path: Path) -> None:
    corpus, into = ROOT / "tests" / "corpora" / "faerber", tmp_path / "bank"
    result = run("import", "faerber", corpus, "--into", into)
    assert "articles" in result.output
    assert run("check", "--bank", into).exit_code == 0
    assert run("build", "--bank", into).exit_code == 0
    assert run("agreement", "--bank", into).exit_code == 0


def test_import_of_an_unknown_corpus_names_the_nearest_choice(tmp_path: Path) -> None:
    result = run("import", "bassil", tmp_path, "--into", tmp_path / "bank")
    assert result.exit_code == 2
    assert "did you mean 'basil'?" in result.output


def test_an_untouched_sheet_does_not_count_as_coded(bank: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("A headline\n")
    run("new", text, *NEW, "--bank", bank)
    sheet = bank / "articles" / "2017-07-new" / "annotations" / "coder-one.toml"
    filled = sheet.read_text(encoding="utf-8").replace('claim_type = ""', 'claim_type = "none"')
    filled = filled.replace('attribution = ""', 'attribution = "author"').replace('perspective = ""', 'perspective = "neutral"')
    sheet.write_text(filled, encoding="utf-8")
    result = run("check", bank / "articles" / "2017-07-new", "--all")
    assert "sentence 0: fill in stance, loaded, facts" in result.output
    filled = filled.replace('stance = ""', "stance = {}").replace('loaded = ""', "loaded = []").replace('facts = ""', "facts = {}")
    sheet.write_text(filled, encoding="utf-8")
    assert run("check", bank / "articles" / "2017-07-new", "--complete").exit_code == 0


def test_a_sheet_fits_the_json_schema_that_editors_use(bank: Path) -> None:
    run("sheet", SEED, "--annotator", "reader-one", "--bank", bank)
    sheet = tomllib.loads((bank / "articles" / SEED / "annotations" / "reader-one.toml").read_text(encoding="utf-8"))
    jsonschema.validate(sheet, json.loads(render.json_schema("annotation")), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    "command", [["new", str(ROOT / "LICENSE"), *NEW[:4], "--annotator", "gold"], ["sheet", SEED, "--annotator", "gold2_"]]
)
def test_the_id_of_a_new_annotator_is_well_formed_and_not_gold(bank: Path, command: list[str]) -> None:
    result = run(*command, "--bank", bank)
    assert result.exit_code == 2
    assert "gold" in result.output


def test_compare_finds_changes_since_the_build_by_content_and_not_by_time(bank: Path) -> None:
    gold = bank / "articles" / SEED / "annotations" / "gold.toml"
    builder.build(bank)
    os.utime(gold, (2**31, 2**31))
    assert "changed since the last build" not in run("compare", "--bank", bank).output
    gold.write_text(gold.read_text(encoding="utf-8") + "# seen\n", encoding="utf-8")
    os.utime(gold, (0, 0))
    assert f"articles/{SEED} changed since the last build" in run("compare", "--bank", bank).output


def test_report_needs_no_topic_where_the_bank_has_only_one(bank: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.md"
    assert run("report", "--format", "md", "-o", out, "--bank", bank).exit_code == 0
    assert out.read_text(encoding="utf-8").startswith("# The Free Iran rally")


def test_a_sentence_that_differs_only_in_white_space_is_quoted_in_both_forms(bank: Path) -> None:
    gold = bank / "articles" / SEED / "annotations" / "gold.toml"
    gold.write_text(gold.read_text(encoding="utf-8").replace('text = "In fact', 'text = "In  fact'), encoding="utf-8")
    assert (
        "sentence 10 has 'In  fact, the NCRI and …' here, and 'In fact, the NCRI and i…' in" in run("check", "--bank", bank).output
    )


def test_a_part_of_an_alias_is_enough_to_suggest_its_party(bank: Path) -> None:
    gold = bank / "articles" / SEED / "annotations" / "gold.toml"
    gold.write_text(gold.read_text(encoding="utf-8").replace("{ ncri = 1 }", "{ rajavi = 1 }", 1), encoding="utf-8")
    assert "unknown party 'rajavi'; did you mean 'ncri'?" in run("check", "--bank", bank).output


@pytest.mark.parametrize("command", ["new", "sheet"])
def test_a_faulty_topic_exits_1_with_its_problem_and_not_2(bank: Path, tmp_path: Path, command: str) -> None:
    topic = bank / "topics" / "free-iran-rally-2017.toml"
    topic.write_text(topic.read_text(encoding="utf-8").replace('side = "b"', 'side = "bee"'), encoding="utf-8")
    text = tmp_path / "text.txt"
    text.write_text("A headline\n")
    arguments = ["new", text, *NEW] if command == "new" else ["sheet", SEED, "--annotator", "reader-one"]
    result = run(*arguments, "--bank", bank)
    assert result.exit_code == 1
    assert "free-iran-rally-2017.toml:49:8: error SB207" in result.output
    assert not (bank / "articles" / SEED / "annotations" / "reader-one.toml").exists()


def test_compare_shows_and_warns_only_about_the_articles_asked_for(bank: Path) -> None:
    other = bank / "topics" / "another.toml"
    other.write_text('id = "another"\ntitle = "Another"\n', encoding="utf-8")
    folder = bank / "articles" / "another-article"
    text = "Another headline\n\nAnother sentence.\n"
    files = {"article.txt": text, "source.txt": text}
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    (folder / "article.toml").write_text(
        'id = "another-article"\ntopic = "another"\ntitle = "Another headline"\norigin = "constructed"\n'
        f'source_sha256 = "{article.sha256(text)}"\n',
        encoding="utf-8",
    )
    assert run("build", "--bank", bank).exit_code == 0
    page = run("compare", "free-iran-rally-2017", "--bank", bank).output
    assert "\nstance\n" in page
    assert "is coded in" not in page
    assert "is coded in" in run("compare", "free-iran-rally-2017", "another", "--bank", bank).output


def test_a_character_that_the_output_encoding_lacks_is_escaped(bank: Path) -> None:
    command = [sys.executable, "-m", "slantbank", "compare", "--all", "--bank", str(bank)]
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    result = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "\\u2212" in result.stdout.decode("cp1252") or result.stdout.decode("cp1252").isascii()


def test_a_panic_of_polars_is_reported_as_an_internal_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class PanicException(BaseException):
        pass

    def panics(_: object) -> None:
        raise PanicException("assertion failed")

    monkeypatch.setattr("sys.argv", ["slantbank", "check"])
    monkeypatch.setattr("slantbank.cli._shared.readable_bank", panics)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 3
    assert "internal fault: PanicException: assertion failed" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["sheet", "adjudicate", "check", "strip"])
def test_an_id_longer_than_a_file_name_can_be_is_wrong_usage(bank: Path, command: str) -> None:
    more = {"sheet": ["--annotator", "me"], "strip": ["--in-place"]}.get(command, [])
    result = run(command, "a" * 5000, *more, "--bank", bank)
    assert result.exit_code == 2, result.output
    assert "no article" in result.output
