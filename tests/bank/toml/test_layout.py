"""The layout keeps every value and every comment, and is the same the second time."""

import tomllib
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from slantbank.bank import _article as article
from slantbank.bank import _topic as topic
from slantbank.bank import toml
from tests.bank.toml.odd import odd_texts
from tests.conftest import ROOT


def laid_out(text: str, model: Any = topic.Topic) -> str:
    return toml.dumps(toml.parse(toml.plain_lines(text)), model)


def comments(text: str) -> Counter[str]:
    return Counter(comment.strip() for _, comment in toml.comments(text, 0, len(text)))


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(odd_texts())
def test_layout_keeps_values_and_comments_and_is_idempotent(odd: tuple[dict[str, Any], str]) -> None:
    _, text = odd
    first = laid_out(text)
    assert repr(sorted_keys(tomllib.loads(first))) == repr(sorted_keys(tomllib.loads(text)))
    assert comments(first) == comments(text)
    assert laid_out(first) == first


def sorted_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: sorted_keys(value[key]) for key in sorted(value)}
    return [sorted_keys(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('title = "T"\nid = "a"\n', 'id = "a"\ntitle = "T"\n'),
        ("id='a'", 'id = "a"\n'),
        ('\ufeffid = "a"\r\ntitle = """\r\nT"""\r\n', 'id = "a"\ntitle = "T"\n'),
        ('# of the title\ntitle = "T" # beside\nid = "a"', 'id = "a"\n# of the title\ntitle = "T"  # beside\n'),
        ('# of the file\n\nid = "a"', '# of the file\n\nid = "a"\n'),
        ('[[fact]]\nid = "f"\n[[party]]\nid = "p"', '[[party]]\nid = "p"\n\n[[fact]]\nid = "f"\n'),
        (
            '[[party]]\nid = "p"\n# of p\n\n# apart\n\n# of q\n[[party]] # q\nid = "q"\n# also of q\n\n# foot',
            '[[party]]\nid = "p"\n# of p\n\n# apart\n\n# of q\n[[party]]  # q\nid = "q"\n# also of q\n\n# foot\n',
        ),
        (
            '[[party]]\naliases = [ "a", # of a\n# of b\n"b" ] # all',
            '[[party]]\naliases = [\n    "a",  # of a\n    # of b\n    "b",\n]  # all\n',
        ),
        ("[[party]]\naliases = [ # none yet\n]", "[[party]]\naliases = [\n    # none yet\n]\n"),
        ('party = [{ name = "P", id = "p" }]', '[[party]]\nid = "p"\nname = "P"\n'),
        ('[[party]]\nid = "p"\n[party.other] # odd\n# x\nx = 1', '[[party]]\nid = "p"\n# x\nother = { x = 1 }  # odd\n'),
        ("x = { y = [ # deep\n] }", "# deep\nx = { y = [] }\n"),
        ("# nothing but this", "# nothing but this\n"),
    ],
)
def test_the_layout(text: str, expected: str) -> None:
    assert laid_out(text) == expected
    assert laid_out(expected) == expected


def test_a_wide_array_gets_a_line_for_each_item() -> None:
    aliases = ["a" * 40] * 3
    short, long = (f"[[party]]\naliases = {toml.inline(aliases[:count])}\n" for count in (2, 3))
    assert laid_out(short) == short
    assert laid_out(long).split("\n")[1:] == ["aliases = [", *[f'    "{"a" * 40}",'] * 3, "]", ""]


def test_the_keys_of_quotations_and_spans_are_ordered() -> None:
    text = '[[sentence]]\ncue = { nth = 2, text = "a" }\nfacts = { b = { nth = 1, text = "" }, a = "" }\nn = 0\n'
    expected = '[[sentence]]\nn = 0\ncue = { text = "a", nth = 2 }\nfacts = { b = { text = "", nth = 1 }, a = "" }\n'
    assert laid_out(text, article.Annotation) == expected


@pytest.mark.parametrize("folder", sorted((ROOT / "data" / "articles").iterdir()), ids=lambda folder: folder.name)
def test_the_files_of_the_package_have_the_layout(folder: Any) -> None:
    for name, text in article.files(article.read(folder)).items():
        if name.endswith(".toml"):
            model = article.Metadata if name == "article.toml" else article.Annotation
            assert laid_out(text, model) == text


def test_the_schema_line_comes_first() -> None:
    result = toml.parse('# notes\n#:schema https://example.org/a.json\n# of id\nid = "a"\n')
    assert result.schema == "#:schema https://example.org/a.json"
    assert toml.dumps(result) == '#:schema https://example.org/a.json\n\n# notes\n# of id\nid = "a"\n'
