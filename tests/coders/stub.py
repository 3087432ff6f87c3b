"""A local server with the API of OpenAI, whose responses a test decides."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

ChatResponse = tuple[int, Any]
Responder = Callable[[int, dict[str, Any]], ChatResponse]
"""A function from the number of a request, from 0, and its body to the status and body of the response."""


class Stub:
    """The server, which runs while it is entered; `requests` has the bodies of the requests."""

    def __init__(self, respond: Responder) -> None:
        self.requests: list[dict[str, Any]] = []
        self.respond = respond
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(handler) -> None:  # noqa: N805
                body = json.loads(handler.rfile.read(int(handler.headers["content-length"])))
                with lock:
                    number = len(self.requests)
                    self.requests.append(body)
                status, content = self.respond(number, body)
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                handler.send_response(status)
                handler.send_header("content-type", "application/json")
                handler.send_header("content-length", str(len(data)))
                handler.send_header("retry-after-ms", "1")
                handler.end_headers()
                handler.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def chat_response(content: str | None, **more: Any) -> ChatResponse:
    """A response of the model with this content; `finish_reason` and `refusal` are optional."""
    message = {"role": "assistant", "content": content, "refusal": more.get("refusal")}
    choice = {"index": 0, "message": message, "finish_reason": more.get("finish_reason", "stop")}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    return 200, {"id": "x", "model": "stub-1", "system_fingerprint": "fp", "choices": [choice], "usage": usage}


def requested(body: dict[str, Any]) -> list[int]:
    """The sentences that a request asks for."""
    last = body["messages"][-1]["content"].rsplit(": ", 1)[1].rstrip(".")
    first, _, end = last.partition(" to ")
    return list(range(int(first), int(end) + 1)) if end else [int(n) for n in last.split(", ")]


def valid_labels(n: int, body: dict[str, Any]) -> dict[str, Any]:
    """Labels that are valid for any sentence."""
    labels = {"claim_type": "factual", "attribution": "author", "source": "", "cue": "", "source_type": "", "source_party": ""}
    return {
        **labels,
        "source_perspective": "neutral",
        "stance": all_null(body, "Parties"),
        "loaded": [],
        "facts": all_null(body, "Facts"),
    }


def all_null(body: dict[str, Any], kind: str) -> dict[str, None]:
    """Null for each party or fact that a request lists."""
    question = next((message["content"] for message in body.get("messages", ()) if message["role"] == "user"), "")
    listed = question.partition(f"\n{kind} (")[2].partition("\n\n")[0].partition("\n# ")[0]
    return {line[2:].split(",")[0].split(":")[0]: None for line in listed.split("\n") if line.startswith("- ")}


def labels(body: dict[str, Any], change: Callable[[int, dict[str, Any]], dict[str, Any]] = valid_labels) -> str:
    """The labels of all sentences that a request asks for."""
    return json.dumps({"sentences": {str(n): change(n, body) for n in requested(body)}})


def respond_validly(number: int, body: dict[str, Any]) -> ChatResponse:
    """A valid response to any request."""
    return chat_response(labels(body))
