"""Färber et al. 2020: articles on the Ukraine crisis, each sentence judged by crowd workers in four dimensions.

The sentence at position 0 is the headline (the corpus's own script writes the title there). The k-th judgement of each
dimension goes to the annotator `judge-k`: the corpus has no worker ids, different workers judged the four dimensions, and
different ones the parts of a long article, so that a judge is a position in the lists and no person.

The values are interpreted by the scales that the corpus's script states:

- subjectivity (0 objective, 1 rather objective, 2 rather subjective, 3 subjective) and hidden assumptions (0 no, 1 rather no,
  2 rather yes, 3 yes): the codebook has no such layers, so they are `scores`;
- framing of the Russian, Ukrainian and Western governments (-2 negative, -1 slightly negative, 0 neutral, 1 slightly
  positive, 2 positive): the sign is the stance, the value itself a score. The workers judged every government in every
  sentence, so that stance 0 includes governments which the sentence does not mention;
- bias, pro-Russia and pro-West (0 no, 1 rather no, 2 rather yes, 3 yes): from 2 on the sentence has the tendency, as in the
  corpus's own evaluation. One tendency alone is that party's perspective; both or neither are neutral (rule 3.3 of the
  codebook). The values themselves are scores.

The West is side a and Russia side b, for these are the corpus's two tendencies; the Ukrainian government is `other`, since it
changed sides in the time that the articles cover. The scores of sentences and articles (average, majority, "intensified")
follow from the judgements and are not taken over.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from slantbank.bank import Annotator, Article, Party, Sentence, Topic
from slantbank.codebook import NEUTRAL, AnnotatorKind, Origin, Role, Side
from slantbank.importers._json import parse_json, validate_leniently
from slantbank.importers._refusal import without_layers
from slantbank.importers._report import Report, json_excerpt
from slantbank.importers._text import build_article, clean_text, coded_layers, headline_or_placeholder, slug

_TOPIC = Topic(
    id="faerber-ukraine-crisis",
    title="The Ukraine crisis, 2013 to 2015",
    party=(
        Party(id="west", name="Western governments", side=Side.A, role=Role.FOREIGN_STATE),
        Party(id="russia", name="The Russian government", side=Side.B, role=Role.FOREIGN_STATE),
        Party(id="ukraine", name="The Ukrainian government", side=Side.OTHER, role=Role.GOVERNMENT),
    ),
)
_TENDENCIES = {"pro-west": "west", "pro-russia": "russia"}
_BIASED = 2
_TARGETS = {"framing": tuple(party.id for party in _TOPIC.party), "bias": tuple(_TENDENCIES)}
_SCALES = {"subjectivity": (0, 3), "hidden_assumptions": (0, 3), "framing": (-2, 2), "bias": (0, 3)}

_Values = list[float | None]


class _Dimension(BaseModel):
    """A dimension of a sentence: its judgements, in one list or one for each target, and the workers' countries in that order."""

    judgements: list[Any] | dict[str, list[Any]]
    origins: list[str] = Field([], alias="cw_origins")


_NOTHING = _Dimension(judgements=[])


class _Sentence(BaseModel):
    """A sentence with its judged dimensions."""

    position: int = Field(alias="position_in_article")
    content: str
    subjectivity: _Dimension = _NOTHING
    hidden_assumptions: _Dimension = _NOTHING
    framing: _Dimension = _NOTHING
    bias: _Dimension = _NOTHING


class _File(BaseModel):
    """An article file."""

    sentences: list[Any]


def read(path: Path, report: Report) -> Iterator[Topic | Article]:
    """Read the topic and articles of the corpus in `path`, the folder of `article_<n>.json`.

    Raises FileNotFoundError if there are none.
    """
    files = sorted(path.glob("article_*.json"), key=lambda file: file.stem)
    if not files:
        raise FileNotFoundError(f"{path} holds no article_<n>.json")
    yield _TOPIC
    for file in report.progress(files):
        with report.reading(file.name):
            yield _article(file.stem, _File.model_validate(parse_json(file.read_bytes())), file.name, report)


def _article(name: str, content: _File, where: str, report: Report) -> Article:
    parsed = [validate_leniently(_Sentence, sentence, f"{where} item {i}", report) for i, sentence in enumerate(content.sentences)]
    sentences = sorted(parsed, key=lambda sentence: sentence.position)
    if not sentences or [sentence.position for sentence in sentences] != list(range(len(sentences))):
        raise ValueError("the positions of the sentences do not run from 0")
    raw = [headline_or_placeholder(sentences[0].content, where, report), *(sentence.content for sentence in sentences[1:])]
    judged: list[tuple[str, dict[str, _Values]]] = []
    for sentence, text in zip(sentences, map(clean_text, raw), strict=True):
        place = f"{where} sentence {sentence.position}"
        if text:
            judged.append((text, _values(sentence, place, report)))
        else:
            report.drop(place, "empty sentence")
    n_judges = max((len(values) for _, scores in judged for values in scores.values()), default=0)
    lines = [text for text, _ in judged]
    fields = {
        "id": slug(name, prefix="faerber"),
        "topic": _TOPIC.id,
        "title": lines[0],
        "origin": Origin.PUBLISHED,
        "note": f"Imported from the Ukraine news of Färber et al. 2020: {where}",
    }
    judges = [_judge(k, sentences, judged) for k in range(n_judges)]
    return build_article(fields, f"{raw[0]}\n\n{' '.join(raw[1:])}\n", [lines[:1], lines[1:]], judges, where, report)


def _values(sentence: _Sentence, where: str, report: Report) -> dict[str, _Values]:
    """The judgements of a sentence by the name of their score; a value that is not on its scale becomes None, with a remark."""
    scores: dict[str, _Values] = {}
    for name, (low, high) in _SCALES.items():
        dimension: _Dimension = getattr(sentence, name)
        judged = dimension.judgements if isinstance(dimension.judgements, dict) else {"": dimension.judgements}
        for target, values in judged.items():
            score = f"{name}-{target}" if target else name
            if target not in _TARGETS.get(name, ("",)):
                report.fail(where, f"{name}: judgements of an unknown target", repr(target))
                continue
            if len(values) != len(dimension.origins):
                report.fail(where, f"{name}: not as many judgements as workers", f"{len(values)}, {len(dimension.origins)}")
            scores[score] = [_number_on_scale(value, low, high) for value in values]
            for value, number in zip(values, scores[score], strict=True):
                if number is None and value is not None:
                    report.fail(where, f"{name}: judgement that is not on the scale", json_excerpt(value))
    return scores


def _number_on_scale(value: Any, low: float, high: float) -> float | None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and low <= value <= high else None


def _judge(k: int, sentences: list[_Sentence], judged: list[tuple[str, dict[str, _Values]]]) -> tuple[Annotator, list[Sentence]]:
    """The k-th judgements as an annotator with labels, the workers' countries in the annotator's note."""
    labelled = [
        _labels(n, text, {name: values[k] for name, values in scores.items() if k < len(values)})
        for n, (text, scores) in enumerate(judged)
    ]
    origins = {name: [getattr(sentence, name).origins for sentence in sentences] for name in _SCALES}
    countries = {name: dict.fromkeys(of[k] for of in lists if k < len(of)) for name, lists in origins.items()}
    stated = "; ".join(f"{name} {', '.join(names)}" for name, names in countries.items() if names)
    annotator = Annotator(
        id=f"judge-{k + 1}",
        kind=AnnotatorKind.HUMAN,
        codebook="Färber et al. 2020",
        layers=coded_layers(labelled),
        note=f"Judgement {k + 1} of each list: a position, no person. Countries of the workers: {stated}.",
    )
    return annotator, labelled


def _labels(n: int, text: str, values: dict[str, float | None]) -> Sentence:
    scores = {name: value for name, value in values.items() if value is not None}
    framing = {party.id: scores[f"framing-{party.id}"] for party in _TOPIC.party if f"framing-{party.id}" in scores}
    bias = {party: scores[f"bias-{name}"] for name, party in _TENDENCIES.items() if f"bias-{name}" in scores}
    biased = [party for party, value in bias.items() if value >= _BIASED]
    refused = set()
    if len(framing) < len(_TOPIC.party):  # in a stance, a party that is left out means: not mentioned in the sentence
        refused.add("stance")
    if len(bias) < len(_TENDENCIES):
        refused.add("source_perspective")
    labels = Sentence(
        n=n,
        text=text,
        source_perspective=biased[0] if len(biased) == 1 else NEUTRAL,
        stance={party: (value > 0) - (value < 0) for party, value in framing.items()},
        scores=scores,
    )
    return without_layers(labels, refused)
