"""Export to CoNLL-U Plus (https://universaldependencies.org/ext-format.html): a token a line, spans as BIO columns.

It cannot be read back: a column has no room for overlapping spans, nor for spans that start or end within a token.
"""

import re
from collections.abc import Sequence

from slantbank.bank import Article, Topic
from slantbank.codebook import SpanLayer
from slantbank.exchange._answers import Answers, Span, to_answers

_TOKEN = re.compile(r"\w+(?:[-'’]\w+)*|[^\w\s](?:\u200d[^\w\s]|[\ufe0e\ufe0f])*")
"""A word, or another character with the characters that are joined to it."""


def files(article: Article, topic: Topic, annotators: Sequence[str]) -> dict[str, str]:
    """Return a file for each annotator, by name, or one without labels if there are no annotators.

    Columns: ID, FORM, START and END (code points in `article.txt`), and one for each layer of spans; of overlapping spans of a
    layer, the longest is written. Labels of the sentence are comments.
    """
    columns = ["ID", "FORM", "START", "END", *(f"SLANTBANK:{layer.upper()}" for layer in SpanLayer)]
    files = {}
    for annotator in annotators or (None,):
        sentences = () if annotator is None else article.annotations[annotator].sentence
        by_n = {sentence.n: to_answers(sentence) for sentence in sentences}
        blocks = [f"# global.columns = {' '.join(columns)}\n# newdoc id = {article.meta.id}\n"]
        paragraph = None
        for n, (place, text) in enumerate(zip(article.sentences, article.lines, strict=True)):
            head = f"# newpar id = {article.meta.id}:p{place.paragraph}\n" if place.paragraph != paragraph else ""
            paragraph = place.paragraph
            blocks.append(head + _sentence(f"{article.meta.id}:{n}", text, place.start, by_n.get(n, Answers())))
        files[f"{article.meta.id}{f'.{annotator}' if annotator else ''}.conllup"] = "".join(blocks)
    return files


def _sentence(name: str, text: str, offset: int, answers: Answers) -> str:
    lines = [f"# sent_id = {name}", f"# text = {text}"]
    lines += [f"# {question} = {', '.join(values)}" for question, values in answers.choices.items()]
    lines += [f"# note = {' '.join(answers.note.split())}"] if answers.note else []
    tokens = [match.span() for match in _TOKEN.finditer(text)]
    columns = [_bio(tokens, [span for span in answers.spans if span.layer is layer]) for layer in SpanLayer]
    for k, (start, end) in enumerate(tokens):
        tags = [column[k] for column in columns]
        lines.append("\t".join([str(k + 1), text[start:end], str(offset + start), str(offset + end), *tags]))
    return "\n".join(lines) + "\n\n"


def _bio(tokens: list[tuple[int, int]], spans: list[Span]) -> list[str]:
    """Return the tag of each token: B or I, with what the span refers to, or O."""
    tags = ["O"] * len(tokens)
    for span in sorted(spans, key=lambda span: (span.start - span.end, span.start)):
        inside = [k for k, (start, end) in enumerate(tokens) if start < span.end and span.start < end]
        if all(tags[k] == "O" for k in inside):
            for k in inside:
                tags[k] = ("B" if k == inside[0] else "I") + (f"-{'_'.join(span.ref.split())}" if span.ref else "")
    return tags
