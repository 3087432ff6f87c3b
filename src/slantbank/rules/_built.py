"""The built frames."""

from collections.abc import Iterator
from typing import Any

from slantbank import bank
from slantbank.bank import article, segment
from slantbank.codebook import GOLD
from slantbank.problem import Problem
from slantbank.rules._run import Run, metadata, rule, tables


@rule("SB501")
def frame_rule(run: Run) -> Iterator[Problem]:
    """The frames keep every rule of their schema (schema/columns.md).

    A bank that keeps all other rules keeps this one, so `check` builds no frames; `check --full` and `build` check them. A crawl,
    which has no files, must keep it, too.
    """
    built = run.built
    if not built:
        return
    import pandera.errors

    from slantbank.frames import schema

    # polars evaluates the rules first, because it gives the rows; pandera then validates frames without failures
    failures = [failure for name, frame in built.items() for failure in schema.failures(name, frame)] + schema.dangling(built)
    for failure in failures:
        row = built[failure.frame].row(failure.row, named=True)
        yield _trace(run, row, failure.column, f"breaks a rule of the built {failure.frame}: {failure.rule}")
    for name, frame in built.items() if not failures else ():
        try:
            schema.validate(name, frame)
        except pandera.errors.SchemaErrors as error:
            for message in sorted({str(check) for check in error.failure_cases["check"]}):
                yield Problem(f"{bank.BUILT}/{name}.parquet", 1, 1, "SB501", f"breaks a rule of the built {name}: {message}")


_COLUMN_KEYS = {"perspective_party": "source_perspective", "loaded_words": "loaded", "article_id": "id", "topic_id": "topic"}


def _trace(run: Run, row: dict[str, Any], column: str, message: str) -> Problem:
    """Return a problem at the place in the files that a cell of a frame comes from."""
    key = _COLUMN_KEYS.get(column, column)
    if "article_id" not in row:
        kind = "party" if "party_id" in row else "fact"
        topic = run.bank.all_topics[row["topic_id"]]
        i = [table["id"] for table in tables(topic, kind)].index(row[f"{kind}_id"])
        return topic.at("SB501", message, kind, i, "id" if column.endswith("_id") else key)
    draft = run.bank.articles[row["article_id"]]
    if "n" not in row:
        return metadata(draft).at("SB501", message, key)
    document = draft.annotations.get(row.get("annotator_id", GOLD))
    if document is not None and key in article.Sentence.model_fields and key not in ("n", "text"):
        i = [sentence["n"] for sentence in document.tree["sentence"]].index(row["n"])
        return document.at("SB501", message, "sentence", i, key)
    file, place = draft.text, segment.sentence_spans(draft.text.text or "")[row["n"]] if draft.text else None
    assert file is not None
    assert place is not None
    return file.problem("SB501", message, place.start, place.end - place.start)
