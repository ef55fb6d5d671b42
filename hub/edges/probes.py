"""`/metrics`, `/healthz` and `/readyz` of an edge."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

_STALE_AFTER = 30.0


class Probes:
    """What an edge says of itself: ready when it takes traffic, alive while its loop turns."""

    def __init__(self, name: str, registry: CollectorRegistry) -> None:
        self.name = name
        self._registry = registry
        self._ready = False
        self._last_sign = time.monotonic()

    def ready(self, is_ready: bool = True) -> None:
        """The edge takes traffic, or does not any more."""
        self._ready = is_ready
        self.alive()

    def alive(self) -> None:
        """A sign of life; without one for half a minute the process counts as hung."""
        self._last_sign = time.monotonic()

    def serve(self, port: int) -> int:
        """Answer on a port of its own (0: a free one) in a thread; returns the port."""
        server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, name="probes", daemon=True).start()
        return int(server.server_address[1])

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, content type and body."""
        if path.startswith("/metrics"):
            return 200, CONTENT_TYPE_LATEST, generate_latest(self._registry)
        if path == "/healthz":
            age = time.monotonic() - self._last_sign
            return _as_json(age < _STALE_AFTER, {"edge": self.name, "last_sign_seconds_ago": round(age, 3)})
        if path == "/readyz":
            return _as_json(self._ready, {"edge": self.name, "ready": self._ready})
        return 404, "text/plain", b"/metrics, /healthz or /readyz\n"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        probes = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, content_type, body = probes.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Scrapes are not news."""

        return Handler


def _as_json(good: bool, body: dict[str, object]) -> tuple[int, str, bytes]:
    return 200 if good else 503, "application/json", json.dumps(body).encode()
