"""Rendered files are up to date, complete, and valid in their format."""

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
            for parameter in command.params
            if not getattr(parameter, "hidden", False)
            for option in parameter.opts
            if option.startswith("-")
        )
    sections = {line.removeprefix("## ") for line in api.splitlines() if line.startswith("## ")}
    assert sections == set(slantbank.__all__) - {"__version__"}


def test_the_schema_folder_has_only_rendered_files() -> None:
    assert {f"schema/{path.name}" for path in (ROOT / "schema").iterdir()} < set(render.files())


FILES = {"article": "articles/*/article.toml", "topic": "topics/*.toml", "annotation": "articles/*/annotations/*.toml"}


@pytest.mark.parametrize("name", list(FILES))
def test_every_file_of_the_bank_fits_its_json_schema(name: str) -> None:
    json_schema = json.loads(render.json_schema(name))
    jsonschema.Draft202012Validator.check_schema(json_schema)
    validator = jsonschema.Draft202012Validator(json_schema)
    paths = sorted((ROOT / "data").glob(FILES[name]))
    assert paths
    for path in paths:
        values = json.loads(json.dumps(tomllib.loads(path.read_text(encoding="utf-8")), default=str))
        validator.validate(values)


@pytest.mark.parametrize(
    ("key", "value"), [("claim_type", "Factual"), ("stance", {"ncri": 2}), ("titel", "x"), ("n", "3"), ("loaded", "x")]
)
def test_json_schema_rejects_values_that_check_rejects(key: str, value: object) -> None:
    json_schema = json.loads(render.json_schema("annotation"))
    sentence = {"n": 0, "text": "x", key: value}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"sentence": [sentence]}, json_schema, jsonschema.Draft202012Validator)


def test_json_schema_has_the_definition_of_each_label_for_editors() -> None:
    labels = json.loads(render.json_schema("annotation"))["$defs"]["ClaimType"]
    assert labels["enum"] == [str(label) for label in codebook.ClaimType]
    assert all(choice["description"].startswith(codebook.ClaimType(choice["const"]).definition) for choice in labels["oneOf"])


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


def test_codebook_page_has_the_labels_and_rulings_of_the_agreed_codebook() -> None:
    agreed = ROOT.parent / "shared" / "codebook.md"
    if not agreed.is_file():
        pytest.skip("the agreed codebook is not beside this checkout")
    expected = set(_labels_of(agreed.read_text(encoding="utf-8")))
    assert expected
    assert expected <= {str(label) for labels in codebook.LABELS.values() for label in labels}
    rulings = {_letters(text) for rule in codebook.DECISION_RULES.values() for text in rule.rulings.values()}
    agreed_rulings = agreed.read_text(encoding="utf-8").partition("\n## 7.")[2].replace("\n", " ").split(" - **")[1:]
    missing = [ruling for ruling in map(_letters, agreed_rulings) if not any(ruling.endswith(text) for text in rulings)]
    assert len(agreed_rulings) == len(rulings)
    assert not missing


def _letters(text: str) -> str:
    """Return a text without quotation marks, spaces and capitals, in which the two versions of the codebook may differ."""
    return "".join(text.rsplit("**", maxsplit=1)[-1].lower().translate(str.maketrans("", "", "“”\"'’: ")))


def _labels_of(text: str) -> list[str]:
    return [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")]
