"""Serves the read part of the Confluent Schema Registry API over HTTP, so that stock consumers need no other."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from schemas.catalogue_api import Answer, CatalogueApi

_MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
_LARGEST_BODY = 1024 * 1024
_IDLE_SECONDS = 30


class SchemaServer(ThreadingHTTPServer):
    """One server on one address; port 0 takes a free one (`server_port` tells which)."""

    daemon_threads = True

    def __init__(self, host: str, port: int, api: CatalogueApi | None = None) -> None:
        self.api = CatalogueApi() if api is None else api
        super().__init__((host, port), _Handler)

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    server: SchemaServer

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def do_DELETE(self) -> None:
        self._answer("DELETE")

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not logged: a consumer asks once for each schema and keeps the answer."""

    def _answer(self, method: str) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _LARGEST_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # the body is not read, so nothing that follows it could be
            self._send(Answer(413, {"error_code": 413, "message": "the body must be sized and at most 1 MiB"}))
            return
        body = self.rfile.read(int(length))
        self._send(self.server.api.answer(method, unquote(urlsplit(self.path).path), body))

    def _send(self, answer: Answer) -> None:
        content = json.dumps(answer.body, ensure_ascii=False).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", _MEDIA_TYPE)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
