"""What the registry client does when the registry is away or slow to come up."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from hub.domain.errors import Misconfigured, Unavailable
from schemas.registry import Registry


@pytest.fixture
def answers() -> list[tuple[int, str]]:
    """What the registry answers, one after the other; the last one from then on."""
    return []


@pytest.fixture
def url(answers: list[tuple[int, str]]) -> Iterator[str]:
    """An HTTP server that gives these answers whatever it is asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers.pop(0) if len(answers) > 1 else answers[0]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/prefix"
        server.shutdown()
        thread.join()


def test_server_errors_are_tried_again(url: str, answers: list[tuple[int, str]]):
    """A registry that is starting answers 503 for a while."""
    answers += [(503, ""), (500, ""), (200, '["a-value"]')]

    with Registry(url, pause=0.01) as registry:
        assert registry.subjects() == ["a-value"]


def test_a_registry_that_stays_broken_is_unavailable(url: str, answers: list[tuple[int, str]]):
    """The caller stops and tries again later; nothing is skipped."""
    answers += [(500, '{"error_code": 50001, "message": "store is closed"}')]

    with Registry(url, pause=0.01, attempts=3) as registry, pytest.raises(Unavailable, match="store is closed"):
        registry.subjects()


def test_a_registry_that_is_not_there_is_unavailable_and_its_password_unsaid():
    """The message names address and attempts; a password in the URL is left out."""
    away = pytest.raises(Unavailable, match=r"http://127\.0\.0\.1:9/x is away after 2 attempts")
    with Registry("http://user:geheim@127.0.0.1:9/x", pause=0.01, attempts=2) as registry, away as caught:
        registry.subjects()
    assert "geheim" not in str(caught.value)


def test_a_page_instead_of_json_is_a_wrong_url(url: str, answers: list[tuple[int, str]]):
    """Another service, or the path prefix forgotten: said at once, not tried again."""
    answers += [(200, "<html>")]

    with Registry(url) as registry, pytest.raises(Misconfigured, match="path prefix"):
        registry.subjects()
