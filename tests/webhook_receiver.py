"""A receiver of webhooks on loopback, whose responses a test chooses."""

import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Thread
from typing import Any

from standardwebhooks import Webhook

Responder = Callable[[Any], None]


class Receiver(ThreadingHTTPServer):
    """Records its requests. It uses ``responses`` in turn, and the last one for all that follow.

    A response is a status, or a function that receives the request handler. ``closing`` is set when
    the server stops: a response that hangs waits for it.
    """

    daemon_threads = True
    scheme = "http"

    def __init__(self, responses: Sequence[int | Responder]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.responses, self.requests = list(responses), []
        # Each request has its own thread, and the test waits in another one.
        self.changed = Condition()
        self.closing = Event()

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.server_address[1]}/hook?desk=1"

    def next_response(self) -> int | Responder:
        with self.changed:
            return self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]

    def record_request(self, headers: dict[str, str], body: bytes) -> None:
        with self.changed:
            self.requests.append((headers, body))
            self.changed.notify_all()

    def wait_for_requests(self, number: int, timeout: float) -> None:
        """Wait until that many requests have arrived; fail after that many seconds."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.requests) >= number, timeout)

    def verified_messages(self, secret: str) -> list[dict[str, Any]]:
        """Return the messages, verified as a receiver with the secret does."""
        return [Webhook(secret).verify(body, headers) for headers, body in self.requests]

    def message_ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _body in self.requests]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore connections that the sender closed."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        response = self.server.next_response()
        self.server.record_request(dict(self.headers.items()), body)
        if callable(response):
            response(self)
            return
        self.send_response(response)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"Read\x00")

    def do_GET(self) -> None:
        self.server.record_request(dict(self.headers.items()), b"GET")
        self.send_error(405)

    def log_message(self, *_: Any) -> None:
        """Write no log."""


@contextmanager
def serve_receiver(
    *responses: int | Responder, tls: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """Serve a receiver during the block; it answers 204 if no response is given."""
    server = Receiver(responses or (204,))
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
