"""A receiver of webhooks on loopback, which answers as a test tells it to."""

import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any

from standardwebhooks import Webhook

Answering = Callable[[Any], None]


class Receiver(ThreadingHTTPServer):
    """Keeps the requests that it was sent. ``answers`` come in turn, the last for ever."""

    daemon_threads = True
    scheme = "http"

    def __init__(self, answers: Sequence[int | Answering]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers, self.requests, self.lock = list(answers), [], Lock()
        self.closing = Event()

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.server_address[1]}/hook?desk=1"

    def next_answer(self) -> int | Answering:
        with self.lock:
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def verified(self, secret: str) -> list[dict[str, Any]]:
        """The messages, each checked as a receiver does who knows the secret."""
        return [Webhook(secret).verify(body, headers) for headers, body in self.requests]

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _body in self.requests]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that the sender ended is no event."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.server.next_answer()
        with self.server.lock:
            self.server.requests.append((dict(self.headers.items()), body))
        if callable(answer):
            answer(self)
            return
        self.send_response(answer)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"Read\x00")

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.requests.append((dict(self.headers.items()), b"GET"))
        self.send_error(405)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def receiving(*answers: int | Answering, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Serve while the block runs; 204 unless told otherwise."""
    server = Receiver(answers or (204,))
    if tls is not None:
        server.scheme = "https"
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
