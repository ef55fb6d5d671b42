"""The hub's own registry: the read part of Confluent's API, from the released files."""

import json
from collections.abc import Iterator
from threading import Thread

import httpx
import pytest

from schemas.released import newest, released
from schemas.server import SchemaServer
from schemas.subjects import subjects

EVENT = newest(released())["CaseEvent"]


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with SchemaServer("127.0.0.1", 0) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        with httpx.Client(base_url=server.url) as client:
            yield client
        server.shutdown()
        thread.join()


def test_what_can_be_read(http: httpx.Client):
    """Every resource a deserializer or an operator asks for."""
    full = {"subject": "case.events-value", "version": EVENT.version, "id": EVENT.id, "schema": EVENT.text}
    expected = {
        "/subjects": [subject.name for subject in subjects()],
        "/subjects/case.events-value/versions": [1, 2],
        "/subjects/case.events-value/versions/2": full,
        "/subjects/case.events-value/versions/latest": full,
        "/subjects/case.events-value/versions/latest/schema": EVENT.schema,
        f"/schemas/ids/{EVENT.id}": {"schema": EVENT.text},
        f"/schemas/ids/{EVENT.id}?subject=case.events-value": {"schema": EVENT.text},
        f"/schemas/ids/{EVENT.id}/schema": EVENT.schema,
        f"/schemas/ids/{EVENT.id}/versions": [{"subject": "case.events-value", "version": 2}],
        f"/schemas/ids/{EVENT.id}/subjects": ["case.events-value"],
        "/schemas/types": ["AVRO"],
        "/config": {"compatibilityLevel": "FULL_TRANSITIVE"},
        "/config/case.events-value": {"compatibilityLevel": "FULL_TRANSITIVE"},
        "/mode": {"mode": "READONLY"},
    }

    assert {path: http.get(path).json() for path in expected} == expected


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/subjects/nobody-value/versions", 404, 40401),
        ("/subjects/case.events-value/versions/99", 404, 40402),
        ("/subjects/case.events-value/versions/first", 422, 42202),
        ("/schemas/ids/999", 404, 40403),
        ("/config/nobody-value", 404, 40401),
        ("/associations/resources/-/case.events", 404, 404),
        ("/../../lock.json", 404, 404),
    ],
)
def test_what_is_not_there_has_the_apis_error_codes(http: httpx.Client, path: str, status: int, code: int):
    """Clients tell the cases apart by the code in the body."""
    answer = http.get(path)

    assert (answer.status_code, answer.json()["error_code"]) == (status, code)


def test_a_released_schema_is_found_however_it_is_written(http: httpx.Client):
    """White space does not make another schema; registering what is released gives its id."""
    rewritten = json.dumps({"schema": json.dumps(EVENT.schema)})

    assert http.post("/subjects/case.events-value", content=rewritten).json()["id"] == EVENT.id
    assert http.post("/subjects/case.events-value/versions", content=rewritten).json() == {"id": EVENT.id}


OTHER = json.dumps({"schema": '{"type": "record", "name": "CaseEvent", "namespace": "hub.v1", "fields": []}'})


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/subjects/case.events-value", OTHER, 404, 40403),
        ("POST", "/subjects/case.events-value/versions", OTHER, 422, 42205),
        ("POST", "/subjects/nobody-value/versions", OTHER, 422, 42205),
        ("POST", "/subjects/case.events-value/versions", "{", 422, 42201),
        ("POST", "/subjects/case.events-value/versions", '{"schema": "{"}', 422, 42201),
        ("PUT", "/config/case.events-value", '{"compatibility": "NONE"}', 422, 42205),
        ("DELETE", "/subjects/case.events-value", "", 422, 42205),
    ],
)
def test_nothing_can_be_changed(http: httpx.Client, method: str, path: str, body: str, status: int, code: int):
    """Schemas are released with the hub; the answer says so."""
    answer = http.request(method, path, content=body)

    assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert http.get("/config/case.events-value").json() == {"compatibilityLevel": "FULL_TRANSITIVE"}


def test_a_body_without_end_is_not_read(http: httpx.Client):
    """More than 1 MiB is refused by its announced length."""
    assert http.post("/subjects/case.events-value", content=b" " * (1024 * 1024 + 1)).status_code == 413
