"""A model behind an OpenAI-compatible endpoint as a coder: requests, responses, corrections and retries."""

import json
import os
import re
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from threading import Event, Lock
from typing import Any
from urllib.parse import urlsplit

from slantbank.bank import Annotator, Article, Topic
from slantbank.bank import Model as Asked
from slantbank.codebook import VERSION, AnnotatorKind
from slantbank.coders import _prompt as prompt
from slantbank.coders._record import Entry, RunRecord
from slantbank.coders._response import Faults, Response, validate_response

CORRECTIONS = 3
"""How often a response with faults is sent back to the model for correction."""
RETRIES = 5
"""How often a request is retried after a server error, a rate limit or a timeout, with growing waits."""
FORMATS = ("json_schema", "json_object", "text")
"""Values of `response_format`, the strictest first; the next is tried if the server refuses one or the model runs away."""


class UnansweredError(RuntimeError):
    """A request got no response, for the given reason: the article cannot be coded now."""


@dataclass(frozen=True)
class Settings:
    """The settings of a model. `weights` is a quantisation or hash stated by the user; it is only recorded."""

    annotator: str
    model: str
    temperature: float | None = 0.0
    max_tokens: int | None = None
    seed: int | None = None
    window: int = prompt.WINDOW
    weights: str | None = None


class Budget:
    """The tokens that a run may spend, None for no limit; replayed responses cost nothing."""

    def __init__(self, limit: int | None = None) -> None:
        self.limit, self.spent = limit, 0
        self._lock = Lock()

    def check(self) -> None:
        """Raise UnansweredError if nothing is left."""
        if self.limit is not None and self.spent >= self.limit:
            raise UnansweredError(f"the budget of {self.limit:,} tokens is spent")

    def add(self, tokens: int) -> None:
        """Count tokens."""
        with self._lock:
            self.spent += tokens


def connect(base_url: str | None = None, *, timeout: float = 120, retries: int = RETRIES) -> Any:
    """A client of an OpenAI-compatible endpoint; the key is OPENAI_API_KEY of the environment, which local servers need not have.

    Raises ImportError without the extra `models`, ValueError without an address and a key.
    """
    import openai

    key = os.environ.get("OPENAI_API_KEY")
    if not key and not (base_url or os.environ.get("OPENAI_BASE_URL")):
        raise ValueError("set OPENAI_API_KEY in the environment, or give the address of a server with --base-url")
    return openai.OpenAI(api_key=key or "none", base_url=base_url, timeout=timeout, max_retries=retries)


@dataclass
class ModelCoder:
    """A coder that asks a model; without a client it only replays its run record."""

    settings: Settings
    record: RunRecord
    client: Any = None
    jobs: int = 1
    budget: Budget = field(default_factory=Budget)

    def __post_init__(self) -> None:
        self.stop = Event()
        self._unsupported: set[str] = set()
        self._pool = ThreadPoolExecutor(self.jobs)

    def __call__(self, article: Article, topic: Topic) -> Response:
        """The model's response on an article."""
        return self.code(article, topic)[0]

    def code(self, article: Article, topic: Topic) -> tuple[Response, list[Entry]]:
        """The model's response on an article, and its entries in the run record. Raises UnansweredError."""
        parts = prompt.windows(len(article.lines), self.settings.window)
        futures = [self._pool.submit(self._window, article, topic, part) for part in parts]
        rows: dict[str, Any] = {}
        entries: list[Entry] = []
        try:
            for future in futures:
                labels, part_entries = future.result()
                rows = {**labels, **rows}  # in an overlap the earlier window counts
                entries += part_entries
        finally:
            for future in futures:
                future.cancel()
        return {"sentences": rows}, entries

    def _window(self, article: Article, topic: Topic, numbers: Sequence[int]) -> tuple[dict[str, Any], list[Entry]]:
        """Request the labels of some sentences, validate them, and request corrections of those at fault."""
        rows: dict[str, Any] = {}
        entries: list[Entry] = []
        conversation, pending = prompt.messages(article, topic, numbers), list(numbers)
        for attempt in range(1 + CORRECTIONS):
            entry = self._request(conversation, topic, pending, article.meta.id)
            entries.append(entry)
            answer = entry["answer"]
            content = answer["content"] or ""
            if answer["refusal"] or answer["finish_reason"] == "content_filter":
                reason = f"the model refused: {answer['refusal'] or 'its answer was filtered'}"
                return {**rows, **{str(n): {"undecided": reason} for n in pending}}, entries
            if answer["finish_reason"] == "length":
                halves = [pending[: len(pending) // 2], pending[len(pending) // 2 :]] if len(pending) > 1 else []
                cut = {str(n): {"undecided": f"the answer was cut off after {entry['sent']['most']:,} tokens"} for n in pending}
                for half in halves:
                    labels, more_entries = self._window(article, topic, half)
                    cut |= labels
                    entries += more_entries
                return {**rows, **cut}, entries
            labels, fault = _parse(content, pending)
            missing_by_n = {int(n): _missing_items(row, topic) for n, row in labels.items() if isinstance(row, dict)}
            for n, missing in missing_by_n.items():
                labels[str(n)] = {key: value for key, value in labels[str(n)].items() if key not in missing}
            rows |= labels
            if fault:
                faults: Faults = {n: {"sentences": fault} for n in pending}
            else:
                faults = validate_response({"sentences": rows}, article, topic).faults
            faults = {n: {**faults[n], **missing_by_n.get(n, {})} for n in pending if n in faults}
            if not faults:
                break
            if fault and attempt == CORRECTIONS:
                rows |= {str(n): {"undecided": fault} for n in pending}
            conversation = [
                *conversation,
                {"role": "assistant", "content": content},
                {"role": "user", "content": _correction(faults)},
            ]
            pending = list(faults)
        return rows, entries

    def _request(self, conversation: list[prompt.Message], topic: Topic, numbers: Sequence[int], article: str) -> Entry:
        """Replay a request from the record, or send it, in the first form that the server supports; returns its entry."""
        form = prompt.schema(topic, numbers)
        token_limit = self.settings.max_tokens or len(numbers) * (160 + 12 * (len(topic.party) + len(topic.fact))) + 200
        requests = {}
        for response_format in FORMATS:
            request: dict[str, Any] = {"model": self.settings.model, "messages": conversation}
            request |= {"schema": form, "format": response_format, "max_tokens": token_limit}
            request |= {"temperature": self.settings.temperature, "seed": self.settings.seed}
            key = prompt.sha256(request)
            requests[response_format] = key, request
            recorded = self.record.get(key)
            if recorded and not recorded.get("passed_over"):
                return recorded
        for response_format, (key, request) in requests.items():
            recorded = self.record.get(key)
            if recorded or (response_format in self._unsupported and response_format != FORMATS[-1]):
                continue
            entry = self._send(request, key, response_format, article)
            if not entry.get("passed_over"):
                return entry
        raise UnansweredError("the server accepts no form of the request")

    def _send(self, request: dict[str, Any], key: str, response_format: str, article: str) -> Entry:
        """Send a request, and record the response, the error, or that the server does not support this form."""
        if self.client is None:
            raise UnansweredError("the record has no answer to a request of this article; its text or settings were different")
        if self.stop.is_set():
            raise UnansweredError("stopped")
        self.budget.check()
        entry: Entry = {
            "key": key,
            "article": article,
            "settings": asdict(self.settings),
            "request": request,
            "provider": urlsplit(str(self.client.base_url)).hostname or "unknown",
            "slantbank": version("slantbank"),
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        start = time.monotonic()
        try:
            body, retries, entry["sent"] = self._call_server(request, response_format)
        except _FormatRefusedError as error:
            self._unsupported.add(response_format)
            self.record.add({**entry, "passed_over": str(error)})
            return {"passed_over": str(error)}
        except UnansweredError as error:
            self.record.add({**entry, "error": str(error)})
            raise
        usage = body.get("usage") or {}
        entry |= {"answer": _response_fields(body), "retries": retries, "seconds": round(time.monotonic() - start, 3)}
        entry |= {"usage": {"input": usage.get("prompt_tokens") or 0, "output": usage.get("completion_tokens") or 0}}
        self.budget.add(sum(entry["usage"].values()))
        if _is_whitespace_runaway(entry["answer"]) and response_format != FORMATS[-1]:
            entry["passed_over"] = "the answer ran away into white space"
        self.record.add(entry)
        return entry

    def _call_server(self, request: dict[str, Any], response_format: str) -> tuple[dict[str, Any], int, dict[str, Any]]:
        """Call the server; returns the body of the response, the number of retries, and the parameters that it accepted."""
        import openai

        params: dict[str, Any] = {"model": request["model"], "messages": request["messages"]}
        params |= {
            name: request[name] for name in ("temperature", "seed") if request[name] is not None and name not in self._unsupported
        }
        params["max_completion_tokens" if "max_tokens" in self._unsupported else "max_tokens"] = request["max_tokens"]
        if response_format == "json_schema":
            schema = {"name": "labels", "strict": True, "schema": request["schema"]}
            params["response_format"] = {"type": response_format, "json_schema": schema}
        elif response_format == "json_object":
            params["response_format"] = {"type": response_format}
        while True:
            try:
                raw = self.client.chat.completions.with_raw_response.create(**params)
                body = json.loads(raw.http_response.content)
                if not isinstance(body, dict) or not body.get("choices"):
                    raise UnansweredError("the server's answer has no choices")
            except openai.APIStatusError as error:
                message = str(error)
                if error.status_code not in (400, 422):
                    raise UnansweredError(f"the server says {error.status_code}: {message[:300]}") from error
                name = next((name for name in _PARAMETERS if re.search(_PARAMETERS[name], message)), None)
                if name == "response_format" and response_format != "text":
                    raise _FormatRefusedError(message[:300]) from error
                if name not in params or name == "response_format":
                    raise UnansweredError(f"the server says {error.status_code}: {message[:300]}") from error
                self._unsupported.add(name)
                value = params.pop(name)
                if name == "max_tokens":
                    params["max_completion_tokens"] = value
            except openai.OpenAIError as error:
                raise UnansweredError(f"no answer: {error}") from error
            except ValueError as error:
                raise UnansweredError("the server's answer is not JSON") from error
            else:
                sent = {name: value for name, value in params.items() if name not in ("messages", "response_format")}
                return body, raw.retries_taken, {**sent, "most": request["max_tokens"]}


class _FormatRefusedError(Exception):
    """The server does not support the `response_format`."""


_PARAMETERS = {
    "max_tokens": r"max_tokens|max_completion_tokens",
    "temperature": "temperature",
    "seed": r"\bseed\b",
    "response_format": r"response_format|json_schema|json_object|schema|grammar|structured",
}
"""Patterns of error messages about unsupported parameters; the first that matches decides."""


def _response_fields(body: dict[str, Any]) -> dict[str, Any]:
    choice = body["choices"][0]
    message = choice.get("message") or {}
    content = message.get("content")
    if isinstance(content, list):  # some servers return a list of parts
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return {
        "content": content,
        "refusal": message.get("refusal"),
        "finish_reason": choice.get("finish_reason"),
        "model": body.get("model"),
        "fingerprint": body.get("system_fingerprint"),
        "id": body.get("id"),
    }


def _is_whitespace_runaway(answer: dict[str, Any]) -> bool:
    content = answer["content"] or ""
    return answer["finish_reason"] == "length" and (
        len(content) - len(content.rstrip()) > 200 or re.search(r"\s{200}", content) is not None
    )


def _parse(content: str, numbers: Sequence[int]) -> tuple[dict[str, Any], str | None]:
    """Parse the requested sentences from a response, which may be fenced or follow reasoning; returns them, or what is wrong."""
    text = re.sub(r"(?s)^\s*<think>.*?</think>", "", content).strip()
    if not text:
        return {}, "the answer is empty"
    fenced = re.fullmatch(r"(?s)```\w*\s*(.*?)\s*```", text)
    try:
        value = json.loads(fenced[1] if fenced else text)
    except (ValueError, RecursionError) as error:
        return {}, f"the answer is not JSON ({str(error)[:100]})"
    rows = value.get("sentences") if isinstance(value, dict) else None
    if not isinstance(rows, dict):
        return {}, 'the answer is no object with "sentences"'
    return {str(n): _labels(rows[str(n)]) for n in numbers if str(n) in rows}, None


def _labels(row: Any) -> Any:
    """The labels of a sentence without `undecided`, which a model may not set."""
    return {key: value for key, value in row.items() if key != "undecided"} if isinstance(row, dict) else row


def _missing_items(row: dict[str, Any], topic: Topic) -> dict[str, str]:
    """A fault for `stance` and `facts` if a party or fact is left out: it may be forgotten, while null means that there is none."""
    listed = {"stance": [party.id for party in topic.party], "facts": [fact.id for fact in topic.fact]}
    missing = {
        key: [name for name in names if name not in row[key]] for key, names in listed.items() if isinstance(row.get(key), dict)
    }
    return {key: f"no value for {', '.join(names)}; null says that there is none" for key, names in missing.items() if names}


def _correction(faults: Faults) -> str:
    """The message that asks for a correction. Its wording is part of recorded requests: a change breaks their replay."""
    lines = [f"- {n}, {key}: {message}" for n, by_key in faults.items() for key, message in by_key.items()]
    numbers = ", ".join(map(str, faults))
    return "\n".join(
        ["This breaks the form of the answer:", *lines, f"Answer again, all keys, for these sentences alone: {numbers}."]
    )


def annotator_entry(settings: Settings, topic: Topic, entries: Sequence[Entry]) -> Annotator:
    """The model as an annotator of article.toml, from the entries of the run record: its name as returned, day and settings."""
    answers = [entry["answer"] for entry in entries]
    first = entries[0]
    return Annotator(
        id=settings.annotator,
        kind=AnnotatorKind.MODEL,
        codebook=VERSION,
        name=", ".join(sorted({answer["model"] or settings.model for answer in answers})),
        coded=max(datetime.fromisoformat(entry["time"]).date() for entry in entries),
        facts=tuple(fact.id for fact in topic.fact),
        brief_sha256=prompt.sha256(first["request"]["messages"][0]["content"]),
        output_sha256=prompt.sha256([answer["content"] for answer in answers]),
        model=Asked(
            name=", ".join(sorted({answer["model"] or settings.model for answer in answers})),
            provider=first["provider"],
            temperature=first["sent"].get("temperature"),
            max_tokens=max(entry["sent"]["most"] for entry in entries),
            seed=first["sent"].get("seed"),
            fingerprint=", ".join(sorted({answer["fingerprint"] for answer in answers if answer["fingerprint"]})) or None,
            weights=settings.weights,
            schema_sha256=prompt.sha256(prompt.schema(topic, [0])["$defs"]),
            slantbank=first["slantbank"],
            requests=len(entries),
            refusals=sum(bool(answer["refusal"]) or answer["finish_reason"] == "content_filter" for answer in answers),
            input_tokens=sum(entry["usage"]["input"] for entry in entries),
            output_tokens=sum(entry["usage"]["output"] for entry in entries),
        ),
    )
