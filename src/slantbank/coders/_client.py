"""A model behind an OpenAI-compatible endpoint as a coder: what it is asked, what comes back, and what is done about faults."""

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

ROUNDS = 3
"""How often what is wrong with an answer goes back to the model."""
RETRIES = 5
"""How often a request is sent again that met an error of the server, a limit or a timeout; the waits between grow."""
FORMATS = ("json_schema", "json_object", "text")
"""What is asked of the server about the form of an answer, the strictest first; the next where it refuses, or runs away."""


class UnansweredError(RuntimeError):
    """A request without an answer, for the reason that is given: the article cannot be coded now."""


@dataclass(frozen=True)
class Settings:
    """How a model is asked. `weights` is a quantisation or hash that the user knows; it is only noted."""

    annotator: str
    model: str
    temperature: float | None = 0.0
    max_tokens: int | None = None
    seed: int | None = None
    window: int = prompt.WINDOW
    weights: str | None = None


class Budget:
    """How many tokens a run may take; none is without limit. What a record holds is free."""

    def __init__(self, most: int | None = None) -> None:
        self.most, self.spent = most, 0
        self._lock = Lock()

    def check(self) -> None:
        """Raise UnansweredError if nothing is left."""
        if self.most is not None and self.spent >= self.most:
            raise UnansweredError(f"the budget of {self.most:,} tokens is spent")

    def add(self, tokens: int) -> None:
        """Count tokens."""
        with self._lock:
            self.spent += tokens


def connect(base_url: str | None = None, *, timeout: float = 120, retries: int = RETRIES) -> Any:
    """A client of an OpenAI-compatible endpoint; the key is OPENAI_API_KEY of the environment, which local servers do without.

    Raises ImportError without the extra `models`, ValueError if there is neither an address nor a key.
    """
    import openai

    key = os.environ.get("OPENAI_API_KEY")
    if not key and not (base_url or os.environ.get("OPENAI_BASE_URL")):
        raise ValueError("set OPENAI_API_KEY in the environment, or give the address of a server with --base-url")
    return openai.OpenAI(api_key=key or "none", base_url=base_url, timeout=timeout, max_retries=retries)


@dataclass
class ModelCoder:
    """A coder that asks a model. Without a client it only knows what its record holds."""

    settings: Settings
    record: RunRecord
    client: Any = None
    jobs: int = 1
    budget: Budget = field(default_factory=Budget)

    def __post_init__(self) -> None:
        self.stop = Event()
        self._refused: set[str] = set()
        self._pool = ThreadPoolExecutor(self.jobs)

    def __call__(self, article: Article, topic: Topic) -> Response:
        """The model's answer on an article."""
        return self.code(article, topic)[0]

    def code(self, article: Article, topic: Topic) -> tuple[Response, list[Entry]]:
        """The model's answer on an article, and the entries of the record that it came from. Raises UnansweredError."""
        parts = prompt.windows(len(article.lines), self.settings.window)
        futures = [self._pool.submit(self._window, article, topic, part) for part in parts]
        rows: dict[str, Any] = {}
        entries: list[Entry] = []
        try:
            for future in futures:
                labels, part_entries = future.result()
                rows = {**labels, **rows}  # the earlier window counts
                entries += part_entries
        finally:
            for future in futures:
                future.cancel()
        return {"sentences": rows}, entries

    def _window(self, article: Article, topic: Topic, numbers: Sequence[int]) -> tuple[dict[str, Any], list[Entry]]:
        """The labels of some sentences: asked for, judged, and asked for again where they are at fault."""
        rows: dict[str, Any] = {}
        entries: list[Entry] = []
        conversation, numbers_ = prompt.messages(article, topic, numbers), list(numbers)
        for round_ in range(1 + ROUNDS):
            entry = self._ask(conversation, topic, numbers_, article.meta.id)
            entries.append(entry)
            answer = entry["answer"]
            content = answer["content"] or ""
            if answer["refusal"] or answer["finish_reason"] == "content_filter":
                reason = f"the model refused: {answer['refusal'] or 'its answer was filtered'}"
                return {**rows, **{str(n): {"undecided": reason} for n in numbers_}}, entries
            if answer["finish_reason"] == "length":
                halves = [numbers_[: len(numbers_) // 2], numbers_[len(numbers_) // 2 :]] if len(numbers_) > 1 else []
                cut = {str(n): {"undecided": f"the answer was cut off after {entry['sent']['most']:,} tokens"} for n in numbers_}
                for half in halves:
                    labels, half_entries = self._window(article, topic, half)
                    cut |= labels
                    entries += half_entries
                return {**rows, **cut}, entries
            labels, fault = _parse(content, numbers_)
            lacking = {int(n): _lacking(row, topic) for n, row in labels.items() if isinstance(row, dict)}
            for n, left_out in lacking.items():
                labels[str(n)] = {key: value for key, value in labels[str(n)].items() if key not in left_out}
            rows |= labels
            wrong: Faults = (
                {n: {"sentences": fault} for n in numbers_}
                if fault
                else validate_response({"sentences": rows}, article, topic).faults
            )
            wrong = {n: {**wrong[n], **lacking.get(n, {})} for n in numbers_ if n in wrong}
            if not wrong:
                break
            if fault and round_ == ROUNDS:
                rows |= {str(n): {"undecided": fault} for n in numbers_}
            conversation = [*conversation, {"role": "assistant", "content": content}, {"role": "user", "content": _again(wrong)}]
            numbers_ = list(wrong)
        return rows, entries

    def _ask(self, conversation: list[prompt.Message], topic: Topic, numbers: Sequence[int], article: str) -> Entry:
        """The entry of a request: that of the record, or a new one."""
        form = prompt.schema(topic, numbers)
        most = self.settings.max_tokens or len(numbers) * (160 + 12 * (len(topic.party) + len(topic.fact))) + 200
        requests = {}
        for style in FORMATS:
            request = {"model": self.settings.model, "messages": conversation, "schema": form, "format": style, "max_tokens": most}
            request |= {"temperature": self.settings.temperature, "seed": self.settings.seed}
            key = prompt.sha256(request)
            requests[style] = key, request
            entry_ = self.record.get(key)
            if entry_ and not entry_.get("passed_over"):
                return entry_
        for style, (key, request) in requests.items():
            entry_ = self.record.get(key)
            if entry_ or (style in self._refused and style != FORMATS[-1]):
                continue
            entry = self._send(request, key, style, article)
            if not entry.get("passed_over"):
                return entry
        raise UnansweredError("the server takes no form of the request")

    def _send(self, request: dict[str, Any], key: str, style: str, article: str) -> Entry:
        """Send a request, and record what came of it: an answer, an error, or that this form does not work here."""
        if self.client is None:
            raise UnansweredError("the record has no answer to a request of this article; it was made from other words or settings")
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
            body, retries, entry["sent"] = self._exchange(request, style)
        except _FormatRefusedError as error:
            self._refused.add(style)
            self.record.add({**entry, "passed_over": str(error)})
            return {"passed_over": str(error)}
        except UnansweredError as error:
            self.record.add({**entry, "error": str(error)})
            raise
        usage = body.get("usage") or {}
        entry |= {"answer": _answer(body), "retries": retries, "seconds": round(time.monotonic() - start, 3)}
        entry |= {"usage": {"input": usage.get("prompt_tokens") or 0, "output": usage.get("completion_tokens") or 0}}
        self.budget.add(sum(entry["usage"].values()))
        if _ran_away(entry["answer"]) and style != FORMATS[-1]:
            entry["passed_over"] = "the answer ran away into white space"
        self.record.add(entry)
        return entry

    def _exchange(self, request: dict[str, Any], style: str) -> tuple[dict[str, Any], int, dict[str, Any]]:
        """The body of the answer, how often it took another try, and the parameters as this server takes them."""
        import openai

        params: dict[str, Any] = {"model": request["model"], "messages": request["messages"]}
        params |= {
            name: request[name] for name in ("temperature", "seed") if request[name] is not None and name not in self._refused
        }
        params["max_completion_tokens" if "max_tokens" in self._refused else "max_tokens"] = request["max_tokens"]
        if style == "json_schema":
            schema = {"name": "labels", "strict": True, "schema": request["schema"]}
            params["response_format"] = {"type": style, "json_schema": schema}
        elif style == "json_object":
            params["response_format"] = {"type": style}
        while True:
            try:
                raw = self.client.chat.completions.with_raw_response.create(**params)
                body = json.loads(raw.http_response.content)
                if not isinstance(body, dict) or not body.get("choices"):
                    raise UnansweredError("the server's answer has no choices")
            except openai.APIStatusError as error:
                message_ = str(error)
                if error.status_code not in (400, 422):
                    raise UnansweredError(f"the server says {error.status_code}: {message_[:300]}") from error
                name = next((name for name in _PARAMETERS if re.search(_PARAMETERS[name], message_)), None)
                if name == "response_format" and style != "text":
                    raise _FormatRefusedError(message_[:300]) from error
                if name not in params or name == "response_format":
                    raise UnansweredError(f"the server says {error.status_code}: {message_[:300]}") from error
                self._refused.add(name)
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
    """The server does not take the `response_format`."""


_PARAMETERS = {
    "max_tokens": r"max_tokens|max_completion_tokens",
    "temperature": "temperature",
    "seed": r"\bseed\b",
    "response_format": r"response_format|json_schema|json_object|schema|grammar|structured",
}
"""What a server names when it does not take a parameter. The first that is found is meant."""


def _answer(body: dict[str, Any]) -> dict[str, Any]:
    choice = body["choices"][0]
    message = choice.get("message") or {}
    content = message.get("content")
    if isinstance(content, list):  # some servers give parts
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return {
        "content": content,
        "refusal": message.get("refusal"),
        "finish_reason": choice.get("finish_reason"),
        "model": body.get("model"),
        "fingerprint": body.get("system_fingerprint"),
        "id": body.get("id"),
    }


def _ran_away(answer: dict[str, Any]) -> bool:
    content = answer["content"] or ""
    return answer["finish_reason"] == "length" and (
        len(content) - len(content.rstrip()) > 200 or re.search(r"\s{200}", content) is not None
    )


def _parse(content: str, numbers: Sequence[int]) -> tuple[dict[str, Any], str | None]:
    """The sentences that were asked for, out of an answer that may be fenced or follow a train of thought; or what is wrong."""
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
    """A model's labels: that a sentence is undecided is not for it to say."""
    return {key: value for key, value in row.items() if key != "undecided"} if isinstance(row, dict) else row


def _lacking(row: dict[str, Any], topic: Topic) -> dict[str, str]:
    """What of the parties and facts a model has left out: it may have forgotten them, and null says that there is nothing."""
    listed = {"stance": [party.id for party in topic.party], "facts": [fact.id for fact in topic.fact]}
    missing = {
        key: [name for name in names if name not in row[key]] for key, names in listed.items() if isinstance(row.get(key), dict)
    }
    return {key: f"no value for {', '.join(names)}; null says that there is none" for key, names in missing.items() if names}


def _again(wrong: Faults) -> str:
    lines = [f"- {n}, {key}: {message}" for n, faults in wrong.items() for key, message in faults.items()]
    numbers = ", ".join(map(str, wrong))
    return "\n".join(
        ["This breaks the form of the answer:", *lines, f"Answer again, all keys, for these sentences alone: {numbers}."]
    )


def annotator_entry(settings: Settings, topic: Topic, entries: Sequence[Entry]) -> Annotator:
    """Who coded, by what the record says: the model as it was returned, when, and how it was asked."""
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
