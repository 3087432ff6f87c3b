"""Benchmark of `code` with a server that answers at once, so that our part is left: prompts, rules, the record, the files."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks import corpus
from benchmarks.case import Case, Peer, needs, timed

SECONDS, AT_ONCE = 0.5, 16
SENTENCES = 25
"""The sentences of an article, and so of a request."""


def _client(seconds: float = 0) -> Any:
    """A client of a server that answers after some seconds, with labels that keep the rules."""

    def create(**request: Any) -> Any:
        time.sleep(seconds)
        content = _labels(request["messages"][1]["content"])
        message = {"content": content, "refusal": None}
        usage = {"prompt_tokens": 9_000, "completion_tokens": 900}
        body = {"model": "stub", "choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}
        return SimpleNamespace(http_response=SimpleNamespace(content=json.dumps(body)), retries_taken=0)

    completions = SimpleNamespace(with_raw_response=SimpleNamespace(create=create))
    return SimpleNamespace(chat=SimpleNamespace(completions=completions), base_url="http://127.0.0.1/v1")


def _labels(question: str) -> str:
    """Labels for all sentences of a question, with null for each party and fact."""
    first, _, last = question.rsplit(": ", 1)[1].rstrip(".").partition(" to ")
    row = {"claim_type": "factual", "attribution": "author", "source": "", "cue": "", "source_type": "", "source_party": ""}
    parties, facts = (question.partition(f"\n{title} (")[2].partition("\n\n")[0] for title in ("Parties", "Facts"))
    row |= {"stance": _nulls(parties), "facts": _nulls(facts), "source_perspective": "neutral", "loaded": []}
    return json.dumps({"sentences": {str(n): row for n in range(int(first), int(last) + 1)}})


def _nulls(listed: str) -> dict[str, None]:
    return {line[2:].split(",")[0].split(":")[0]: None for line in listed.split("\n") if line.startswith("- ")}


def _coded(bank: Path, size: int, client: Any, jobs: int) -> float:
    import openai  # noqa: F401 - imported here, since its import takes a second

    from slantbank import coders

    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "bank"
        shutil.copytree(bank, copy)

        def run() -> None:
            settings = coders.Settings("coder", "stub")
            model = coders.ModelCoder(settings, coders.RunRecord(copy / "records" / "coder.jsonl"), client, jobs)
            results = list(coders.run(coders.plan(copy, "coder"), model, "coder", jobs=jobs))
            assert [result.reason for result in results] == [None] * size

        return timed(run)


@needs("openai")
def ours(bank: Path, size: int) -> float:
    """Articles coded one after another by a server that answers at once: judged, recorded and written."""
    return _coded(bank, size, _client(), 1)


def read(bank: Path, _: int) -> float:
    """The same bank read and checked."""
    from slantbank.bank import draft
    from slantbank.rules import check

    return timed(lambda: check(draft(bank)))


@needs("openai")
def ours_slow(bank: Path, size: int) -> float:
    """Articles coded sixteen at once by a server that takes half a second."""
    return _coded(bank, size, _client(SECONDS), AT_ONCE)


def ideal(_: Path, size: int) -> float:
    """What the server alone takes for as many requests, sixteen at once."""
    wait: Callable[[], None] = lambda: time.sleep(SECONDS * -(-size // AT_ONCE))  # noqa: E731
    return timed(wait)


CASES = (
    Case(
        "code of a bank, a server that answers at once",
        corpus.bank,
        ours,
        (Peer(read),),
        sizes=(16, 64, 256),
        quick=(16,),
        unit="articles",
        seconds=256 * SENTENCES / 500,
    ),
    Case(
        "code of a bank, sixteen requests of half a second at once",
        corpus.bank,
        ours_slow,
        (Peer(ideal, aim=1 / 0.9),),
        sizes=(64, 256),
        quick=(32,),
        unit="articles",
    ),
)
