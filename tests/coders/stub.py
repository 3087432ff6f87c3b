"""A server on loopback that speaks as OpenAI's does, and answers as it is told to."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Said = tuple[int, Any]
Speaker = Callable[[int, dict[str, Any]], Said]
"""From the number of the request, from 0, and its body: the status and the body of the answer."""


class Stub:
    """The server, while it is entered; `asked` has the bodies of the requests."""

    def __init__(self, speak: Speaker) -> None:
        self.asked: list[dict[str, Any]] = []
        self.speak = speak
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(handler) -> None:  # noqa: N805
                body = json.loads(handler.rfile.read(int(handler.headers["content-length"])))
                with lock:
                    number = len(self.asked)
                    self.asked.append(body)
                status, said = self.speak(number, body)
                data = said if isinstance(said, bytes) else json.dumps(said).encode()
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


def said(content: str | None, **more: Any) -> Said:
    """An answer of the model: `finish_reason` and `refusal` may be given."""
    message = {"role": "assistant", "content": content, "refusal": more.get("refusal")}
    choice = {"index": 0, "message": message, "finish_reason": more.get("finish_reason", "stop")}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    return 200, {"id": "x", "model": "stub-1", "system_fingerprint": "fp", "choices": [choice], "usage": usage}


def wanted(body: dict[str, Any]) -> list[int]:
    """The sentences that a request asks for."""
    last = body["messages"][-1]["content"].rsplit(": ", 1)[1].rstrip(".")
    first, _, end = last.partition(" to ")
    return list(range(int(first), int(end) + 1)) if end else [int(n) for n in last.split(", ")]


def plain(n: int, body: dict[str, Any]) -> dict[str, Any]:
    """Labels that are right of any sentence by form."""
    labels = {"claim_type": "factual", "attribution": "author", "source": "", "cue": "", "source_type": "", "source_party": ""}
    return {
        **labels,
        "source_perspective": "neutral",
        "stance": nothing(body, "Parties"),
        "loaded": [],
        "facts": nothing(body, "Facts"),
    }


def nothing(body: dict[str, Any], what: str) -> dict[str, None]:
    """Null for each party or fact that a request lists."""
    question = next((one["content"] for one in body.get("messages", ()) if one["role"] == "user"), "")
    listed = question.partition(f"\n{what} (")[2].partition("\n\n")[0].partition("\n# ")[0]
    return {line[2:].split(",")[0].split(":")[0]: None for line in listed.split("\n") if line.startswith("- ")}


def labels(body: dict[str, Any], change: Callable[[int, dict[str, Any]], dict[str, Any]] = plain) -> str:
    """The labels of all sentences that a request asks for."""
    return json.dumps({"sentences": {str(n): change(n, body) for n in wanted(body)}})


def right(number: int, body: dict[str, Any]) -> Said:
    """What a server says that does all well."""
    return said(labels(body))
