"""What is rendered is up to date, complete, and valid in its own format."""

import json
import tomllib

import jsonschema
import pytest

import slantbank
from slantbank import codebook
from slantbank.cli import cli
from slantbank.frames import _schema as schema
from slantbank.publish import _render as render
from tests.conftest import ROOT

RENDERED = render.files(cli)


@pytest.mark.parametrize("name", list(RENDERED))
def test_committed_file_is_as_rendered(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == RENDERED[name]


def test_reference_names_every_command_option_and_public_function() -> None:
    commands, api = RENDERED["docs/cli.md"], RENDERED["docs/api.md"]
    for name, command in cli.commands.items():
        section = commands.split(f"## slantbank {name}\n")[1].split("\n## ")[0]
        assert all(
            option in section
            for one in command.params
            if not getattr(one, "hidden", False)
            for option in one.opts
            if option.startswith("-")
        )
    sections = {line.removeprefix("## ") for line in api.splitlines() if line.startswith("## ")}
    assert sections == set(slantbank.__all__) - {"__version__"}


def test_schema_folder_holds_nothing_else() -> None:
    assert {f"schema/{path.name}" for path in (ROOT / "schema").iterdir()} < set(render.files())


FILES = {"article": "articles/*/article.toml", "topic": "topics/*.toml", "annotation": "articles/*/annotations/*.toml"}


@pytest.mark.parametrize("name", list(FILES))
def test_every_file_of_the_bank_fits_its_json_schema(name: str) -> None:
    wanted = json.loads(render.json_schema(name))
    jsonschema.Draft202012Validator.check_schema(wanted)
    validator = jsonschema.Draft202012Validator(wanted)
    paths = sorted((ROOT / "data").glob(FILES[name]))
    assert paths
    for path in paths:
        values = json.loads(json.dumps(tomllib.loads(path.read_text(encoding="utf-8")), default=str))
        validator.validate(values)


@pytest.mark.parametrize(
    ("key", "value"), [("claim_type", "Factual"), ("stance", {"ncri": 2}), ("titel", "x"), ("n", "3"), ("loaded", "x")]
)
def test_json_schema_rejects_what_check_rejects(key: str, value: object) -> None:
    wanted = json.loads(render.json_schema("annotation"))
    sentence = {"n": 0, "text": "x", key: value}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"sentence": [sentence]}, wanted, jsonschema.Draft202012Validator)


def test_json_schema_tells_editors_each_label_with_its_definition() -> None:
    labels = json.loads(render.json_schema("annotation"))["$defs"]["ClaimType"]
    assert labels["enum"] == [str(label) for label in codebook.ClaimType]
    assert all(one["description"].startswith(codebook.ClaimType(one["const"]).definition) for one in labels["oneOf"])


def test_columns_page_names_every_column() -> None:
    page = render.columns_page()
    for frame, columns in schema.FRAMES.items():
        section = page.split(f"## {frame}\n")[1].split("\n## ")[0]
        assert all(f"| `{name}` |" in section for name in columns)


def test_codebook_page_names_every_label_and_rule() -> None:
    page = render.codebook_page()
    assert all(f"| `{label}` |" in page for labels in codebook.LABELS.values() for label in labels)
    rules = {number: rule for section in codebook.SECTIONS for number, rule in section.rules.items()}
    assert all(f"- **{number}** {rule.text}" in page for number, rule in rules.items())
    for rule in codebook.DECISION_RULES.values():
        assert rule.text in page
        assert all(f"- *{about}*: {text}" in page for about, text in rule.rulings.items())


def test_codebook_page_says_what_the_agreed_codebook_says() -> None:
    agreed = ROOT.parent / "shared" / "codebook.md"
    if not agreed.is_file():
        pytest.skip("the agreed codebook is not beside this checkout")
    wanted = set(_labels_of(agreed.read_text(encoding="utf-8")))
    assert wanted
    assert wanted <= {str(label) for labels in codebook.LABELS.values() for label in labels}
    rulings = {_letters(text) for rule in codebook.DECISION_RULES.values() for text in rule.rulings.values()}
    told = agreed.read_text(encoding="utf-8").partition("\n## 7.")[2].replace("\n", " ").split(" - **")[1:]
    missing = [ruling for ruling in map(_letters, told) if not any(ruling.endswith(text) for text in rulings)]
    assert len(told) == len(rulings)
    assert not missing


def _letters(text: str) -> str:
    """The text without its quotation marks and capitals, in which the two prints may differ."""
    return "".join(text.rsplit("**", maxsplit=1)[-1].lower().translate(str.maketrans("", "", "“”\"'’: ")))


def _labels_of(text: str) -> list[str]:
    return [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")]
