"""A server that answers as OpenAI's chat completions do, so that the example needs no account."""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.core.management.base import BaseCommand

USAGE = {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500}
WORDS = ["Hello", " from", " nobody."]


class Command(BaseCommand):
    """Runs until it is interrupted."""

    help = "Pretends to be a provider of AI answers, each of 1000 input and 500 output tokens."
    requires_system_checks = ()

    def add_arguments(self, parser):
        """Where to listen."""
        parser.add_argument("--port", type=int, default=8001, help="0: any that is free")
        parser.add_argument("--delay", type=float, default=0, help="seconds before each answer")

    def handle(self, *args, port, delay, **options):
        """Serves."""
        Answers.delay = delay
        server = ThreadingHTTPServer(("127.0.0.1", port), Answers)
        self.stdout.write(f"http://127.0.0.1:{server.server_port}/v1")
        self.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            server.server_close()


class Answers(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # Head and body leave together and at once: apart, each would wait for the other's
    # acknowledgement, which takes 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True
    delay = 0

    def do_POST(self):
        """Answers a chat completion, as a whole or as a stream."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(self.delay)
        if "fail" in asked["messages"][0]["content"]:
            self.answer(429, "application/json", json.dumps({"error": {"message": "too many"}}))
        elif asked.get("stream"):
            lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks(asked)]
            self.answer(200, "text/event-stream", "".join(lines) + "data: [DONE]\n\n")
        else:
            self.answer(200, "application/json", json.dumps(completion(asked["model"])))

    def answer(self, status, kind, body):
        """Sends it."""
        content = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        """Says nothing of each request."""


def completion(model):
    """The body of an answer."""
    message = {"role": "assistant", "content": "".join(WORDS)}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {**base(model, "chat.completion"), "choices": [choice], "usage": USAGE}


def chunks(asked):
    """The pieces of an answer."""
    start = base(asked["model"], "chat.completion.chunk")
    for word in WORDS:
        delta = {"index": 0, "delta": {"content": word}, "finish_reason": None}
        yield {**start, "choices": [delta], "usage": None}
    yield {**start, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": None}
    if (asked.get("stream_options") or {}).get("include_usage"):
        yield {**start, "choices": [], "usage": USAGE}


def base(model, kind):
    """What every body has."""
    return {"id": "chatcmpl-1", "object": kind, "created": int(time.time()), "model": model}
