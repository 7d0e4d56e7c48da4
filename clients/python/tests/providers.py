"""A server that answers as the providers do, with what the test tells it."""

from __future__ import annotations

import binascii
import json
import struct
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Answer:
    """What comes back to one request."""

    body: bytes
    content_type: str = "application/json"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def as_json(body: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(json.dumps(body).encode(), status=status, headers=headers)


def as_events(events: list[Any], *, named: bool = False, done: bool = False) -> Answer:
    """Server-sent events; named ones say their type before, and some end with [DONE]."""
    lines = []
    for event in events:
        if named:
            lines.append(f"event: {event['type']}")
        lines.append(f"data: {json.dumps(event)}\n")
    if done:
        lines.append("data: [DONE]\n")
    return Answer(("\n".join(lines) + "\n").encode(), "text/event-stream")


def as_amazon_events(events: list[dict[str, Any]]) -> Answer:
    """Amazon's event stream: frames of headers and a payload, each with its sums."""
    frames = [_frame(name, payload) for event in events for name, payload in event.items()]
    return Answer(b"".join(frames), "application/vnd.amazon.eventstream")


def _frame(name: str, payload: Any) -> bytes:
    body = json.dumps(payload).encode()
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    packed = b"".join(
        bytes([len(key)]) + key.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for key, value in headers.items()
    )
    prelude = struct.pack(">II", 12 + len(packed) + len(body) + 4, len(packed))
    prelude += struct.pack(">I", binascii.crc32(prelude))
    frame = prelude + packed + body
    return frame + struct.pack(">I", binascii.crc32(frame))


@dataclass
class Provider:
    """The server: where it is, what it is to answer, and what it was asked."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    """In turn; the last one again and again."""
    requests: list[Any] = field(default_factory=list)
    """The bodies that came, as JSON where they are."""

    def answer(self, *answers: Answer) -> None:
        self.answers[:] = answers

    def next_answer(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def running_provider() -> Iterator[Provider]:
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body leave together and at once; apart, an answer takes 40 ms.
        wbufsize = -1
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length", 0)))
            try:
                provider.requests.append(json.loads(content))
            except ValueError:
                provider.requests.append(content)
            answer = provider.next_answer()
            self.send_response(answer.status)
            self.send_header("content-type", answer.content_type)
            self.send_header("content-length", str(len(answer.body)))
            for name, value in answer.headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
