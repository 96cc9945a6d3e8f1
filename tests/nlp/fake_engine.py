"""Fake engine: an HTTP server on loopback that answers as a table says, and remembers what it was asked."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FakeEngine(ThreadingHTTPServer):
    """`answers` are given one after the other, the last one again and again.

    Of an answer: `status`, `headers`, `json` or `body`, `delay` before it, `drip` (seconds between its bytes),
    `cut` (bytes after which it hangs up).
    """

    daemon_threads = True

    def __init__(self, answers: list[dict[str, Any]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # the other side hung up, as it should


class _Handler(BaseHTTPRequestHandler):
    server: FakeEngine

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        body = json.loads(self.rfile.read(length))
        server = self.server
        server.asked.append(
            {"path": self.path, "body": body, "headers": {k.lower(): v for k, v in self.headers.items()}}
        )
        answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
        time.sleep(answer.get("delay", 0))
        content = json.dumps(answer["json"]) if "json" in answer else answer.get("body", "")
        data = content.encode() if isinstance(content, str) else content
        self.send_response(answer.get("status", 200))
        for name, value in answer.get("headers", {}).items():
            self.send_header(name, str(value))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if "drip" in answer:
            for byte in data:
                self.wfile.write(bytes([byte]))
                time.sleep(answer["drip"])
            return
        self.wfile.write(data[: answer.get("cut", len(data))])

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def fake_engine(*answers: dict[str, Any]) -> Iterator[FakeEngine]:
    server = FakeEngine(list(answers))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
