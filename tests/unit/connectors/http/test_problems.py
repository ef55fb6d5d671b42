"""Every error of the application is a problem (RFC 9457), and none tells what is not the caller's."""

import asyncio
import logging
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from connectors.http.app import create_app
from hub.domain.errors import Refused, Rejected, Unavailable

PHONE = "13800138000"


@pytest.fixture
def app() -> FastAPI:
    """Routes that fail in each way."""
    router = APIRouter()
    failures: dict[str, Exception] = {
        "rejected": Rejected("bad_time", "eventTime", "expected a date"),
        "refused": Refused("already_signed"),
        "unavailable": Unavailable("Kafka at 10.1.2.3:9092 is away"),
        "bug": ValueError(f"cannot convert {PHONE}"),
    }

    @router.get("/fail/{how}")
    async def fail(how: str) -> None:
        raise failures[how]

    @router.get("/number/{number}")
    async def number(number: int) -> None:
        """Takes a number."""

    return create_app([router])


def ask(app: FastAPI, path: str, method: str = "GET") -> httpx.Response:
    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
            return await client.request(method, path)

    return asyncio.run(asked())


@pytest.mark.parametrize(
    ("path", "status", "members"),
    [
        ("/fail/rejected", 400, {"reason": "bad_time", "field": "eventTime", "detail": "expected a date"}),
        ("/fail/refused", 409, {"reason": "already_signed"}),
        ("/fail/unavailable", 503, {"title": "Service Unavailable"}),
        ("/fail/bug", 500, {"title": "Internal Server Error"}),
        ("/number/x", 400, {"field": "path.number"}),
        ("/nowhere", 404, {"title": "Not Found"}),
    ],
)
def test_each_error_has_one_form(app: FastAPI, path: str, status: int, members: dict[str, Any]):
    """Type, title, status; reason and field where there are any."""
    answer = ask(app, path)

    document = answer.json()
    assert answer.status_code == document["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert document["type"].startswith("urn:whistle-hub:problem:")
    assert {name: document[name] for name in members} == members
    assert "10.1.2.3" not in answer.text


def test_a_wrong_method_names_the_right_one(app: FastAPI):
    """405 keeps its Allow."""
    answer = ask(app, "/fail/bug", "DELETE")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"


def test_what_is_away_is_asked_again_later(app: FastAPI):
    """503 carries Retry-After."""
    assert int(ask(app, "/fail/unavailable").headers["retry-after"]) > 0


def test_a_bug_is_logged_with_its_place_and_without_its_words(app: FastAPI, caplog: pytest.LogCaptureFixture):
    """An exception's text may be what a citizen wrote."""
    with caplog.at_level(logging.INFO):
        answer = ask(app, "/fail/bug")

    assert "GET /fail/{how} failed with ValueError" in caplog.text
    assert "in fail" in caplog.text
    assert PHONE not in caplog.text + answer.text
