"""A legacy system at the other end of the way back: an HTTP server that misbehaves on purpose, and remembers."""

import random
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class LegacySystem:
    """Processes each update once by its `Idempotency-Key`, as such a system should.

    `trouble` is the share of requests that go wrong: not processed (500, 503), too slow, or processed and then
    cut off without an answer. `arrivals` are all bodies in order of arrival by key; `processed` the first of each.
    """

    def __init__(self, trouble: float, seed: int = 7) -> None:
        self.processed: dict[str, bytes] = {}
        self.arrivals: list[tuple[str, bytes]] = []
        self.troubles: dict[str, int] = defaultdict(int)
        self.headers: list[dict[str, str]] = []
        self.trouble = trouble
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/status"

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    def take(self, key: str, body: bytes, headers: dict[str, str]) -> str:
        """Remember a request; what goes wrong with it, empty where nothing does."""
        with self._lock:
            self.arrivals.append((key, body))
            self.headers.append(headers)
            kinds = ("500", "503", "slow", "cut", "cut")
            kind = self._chance.choice(kinds) if self._chance.random() < self.trouble else ""
            self.troubles[kind] += 1
            if kind not in ("500", "503"):
                self.processed.setdefault(key, body)
            return kind

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        system = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if len(body) < int(self.headers["Content-Length"]):
                    # Its sender was killed while it wrote: no request, as any server would find.
                    self.close_connection = True
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                kind = system.take(self.headers["Idempotency-Key"], body, headers)
                if kind == "cut":
                    self.close_connection = True
                    self.connection.close()
                    return
                if kind == "slow":
                    time.sleep(1.0)
                said = b'{"code": 0}' if kind in ("", "slow") else b'{"code": 9}'
                self.send_response(int(kind) if kind.isdigit() else 200)
                if kind == "503":
                    self.send_header("Retry-After", "0")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:
                    return

            def log_message(self, format: str, *args: Any) -> None:
                """Requests are remembered, not logged."""

        return Handler
