"""The gateway over real Kafka and real HTTP: isolation, exact resume, actions once, rebuilt inboxes, kill -9."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka import Producer

from hub.bench.fanout_load import dispatch_for
from hub.city import load_city
from hub.cluster.probe import free_port
from hub.domain.audit import is_chained
from hub.domain.city import City as CityTables
from hub.endpoint_tokens import TokenDesk
from hub.settings import load
from schemas.codec import codec
from tests.integration.hub.conftest import HUB, PATIENCE, SAMPLES, Hub

pytestmark = pytest.mark.integration
JSON = {"Accept": "application/json"}
EVENTS = {"Accept": "text/event-stream"}


@dataclass
class Terminal:
    """A staff endpoint with its token, at one gateway."""

    base: str
    endpoint: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self.base + path, headers={**self.headers, **headers}, timeout=30)

    def inbox(self) -> str:
        return f"/v1/endpoints/{self.endpoint}/dispatches"

    def page(self, query: str = "") -> dict[str, Any]:
        answer = self.get(self.inbox() + query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def stream(self, events: int, **headers: str) -> list[dict[str, str]]:
        """The first so many events, each as its fields; `data` read."""
        found: list[dict[str, str]] = []
        wanted = {**self.headers, **EVENTS, **headers}
        with httpx.stream("GET", self.base + self.inbox(), headers=wanted, timeout=30) as answer:
            assert answer.headers["content-type"] == "text/event-stream"
            fields: dict[str, Any] = {}
            for line in answer.iter_lines():
                if line and not line.startswith(":"):
                    name, _, value = line.partition(": ")
                    fields[name] = json.loads(value) if name == "data" else value
                elif fields:
                    found += [fields] if "data" in fields else []
                    fields = {}
                    if len(found) >= events:
                        return found
        return found

    def act(self, dispatch: str, body: dict[str, Any], key: str) -> httpx.Response:
        url = f"{self.base}/v1/dispatches/{dispatch}/actions"
        return httpx.post(url, headers={**self.headers, "Idempotency-Key": key}, json=body, timeout=30)


@dataclass
class City:
    """A hub with its HTTP edge, one dispatched case, the endpoint that holds it and one that does not."""

    hub: Hub
    holder: Terminal
    other: Terminal
    case_id: str
    dispatch: str

    def at(self, base: str) -> Terminal:
        """The holder at another gateway."""
        return Terminal(base, self.holder.endpoint, self.holder.token)


def issued(hub: Hub, endpoint: str) -> str:
    """A token as the command issues it, without a process for it."""
    now_ms = time.time_ns() // 1_000_000
    desk = TokenDesk(hub.bootstrap, hub.topics, codec(), actor="test", now_ms=lambda: now_ms)
    return desk.issue([endpoint], expires_at=None, reason="test")[0].token


@pytest.fixture(scope="module")
def tables() -> CityTables:
    """The city as it is configured."""
    return load_city(load().city)


@pytest.fixture(scope="module")
def city(new_hub: Callable[[], Hub], tables: CityTables) -> City:
    hub = new_hub()
    hub.run("up", HUB_EDGES='["http"]')
    folder = SAMPLES / "hotline"
    hub.send("hotline", folder / "01-heating-create.json")
    hub.send("hotline", folder / "02-heating-supplement.json")
    hub.settle()
    sent = [codec().decode(one.value) for one in hub.records("dispatch.county") if one.value]
    first = sent[0]
    other = next(one for one in tables.endpoints if one != first["endpoint_id"])
    rows = hub.json("endpoints", "token", "issue", first["endpoint_id"], other)["issued"]
    tokens = {one["endpoint"]: one["token"] for one in rows}
    base = f"http://127.0.0.1:{hub.http_port}"
    city = City(
        hub,
        Terminal(base, first["endpoint_id"], tokens[first["endpoint_id"]]),
        Terminal(base, other, tokens[other]),
        first["case_id"],
        first["dispatch_id"],
    )
    wait_until_open(city.holder)
    return city


def wait_until_open(terminal: Terminal) -> None:
    """Until a gateway knows the token and has read everything."""
    deadline = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(httpx.TransportError):
            if terminal.get(terminal.inbox()).status_code == 200:
                return
        assert time.monotonic() < deadline, "the gateway did not open"
        time.sleep(0.1)


@contextlib.contextmanager
def second_gateway(hub: Hub, folder: Path) -> Iterator[str]:
    """Another process with a data folder of its own on the same Kafka; its address."""
    port = free_port()
    settings = {"HUB_DATA_DIR": str(folder), "HUB_HTTP_PORT": str(port), "HUB_BOOTSTRAP": hub.bootstrap}
    with (folder / "gateway.log").open("wb") as log:
        child = subprocess.Popen(
            [*HUB, "edge", "http"], env={**hub.environment, **settings}, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        assert child.wait(30) == 0


def kill_edge(hub: Hub) -> None:
    """kill -9; the supervisor starts it again."""
    os.kill(hub.pid("http"), signal.SIGKILL)


def events_of(hub: Hub, case_id: str) -> list[dict[str, Any]]:
    hub.settle()
    return [codec().decode(one.value) for one in hub.records("case.events") if one.key == case_id.encode()]


def metric(hub: Hub, name: str) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{hub.metrics_port + 3}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


def test_pages_and_streams_tell_the_same_and_resume_at_the_exact_next_record(city: City) -> None:
    """Ids are places in the topic; every field of the record is there; a page leads to the next."""
    page = city.holder.page()
    ids = [one["id"] for one in page["items"]]
    records = [one for one in city.hub.records("dispatch.county") if one.key == city.holder.endpoint.encode()]

    assert ids == [f"county-{one.partition}-{one.offset}" for one in records]
    assert len(ids) >= 2
    decoded = [codec().decode(one.value) for one in records]
    assert page["items"] == [{"id": place, **one} for place, one in zip(ids, decoded, strict=True)]
    assert page["next"] is None

    streamed = city.holder.stream(len(ids))
    assert [one["id"] for one in streamed] == ids
    assert [one["data"] for one in streamed] == page["items"]
    assert [one["event"] for one in streamed] == [one["action"].lower() for one in page["items"]]

    assert [one["id"] for one in city.holder.stream(1, **{"Last-Event-ID": ids[0]})] == ids[1:2]
    first = city.holder.page("?limit=1")
    assert city.holder.get(first["next"]).json()["items"] == page["items"][1:2]


def test_an_endpoint_sees_its_own_alone_and_trying_is_on_record(city: City) -> None:
    """Another's and nobody's are answered alike; the audit log tells them apart, chained."""
    nobodys = f"DP-{'0' * 20}"
    asked = [
        city.other.get(city.holder.inbox()),
        city.other.get(city.holder.inbox(), **EVENTS),
        city.other.act(city.dispatch, {"action": "sign"}, "a"),
        city.other.act(nobodys, {"action": "sign"}, "b"),
    ]

    assert [one.status_code for one in asked] == [404] * 4
    assert len({one.text for one in asked}) == 1
    assert city.other.page()["items"] == []
    subject = f"endpoint/{city.other.endpoint}"
    audited = [codec().decode(one.value) for one in city.hub.records("audit.log") if one.key == subject.encode()]
    assert is_chained(audited)
    assert [(one["action"], one["reason"], one["details"].get("asked")) for one in audited] == [
        ("token.issue", "", None),
        ("gateway.denied", "foreign_inbox", city.holder.endpoint),
        ("gateway.denied", "foreign_dispatch", city.dispatch),
        ("gateway.denied", "unknown_dispatch", nobodys),
    ]


def test_without_a_token_that_holds_nobody_gets_in(city: City) -> None:
    """No word about what is missing; a browser is told how to ask."""
    wrong = Terminal(city.holder.base, city.holder.endpoint, city.holder.token[:-1] + "!")

    for answer in (wrong.get(wrong.inbox()), wrong.get(wrong.inbox(), **EVENTS), wrong.act("DP-1", {}, "k")):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


def test_an_action_is_taken_once_however_often_it_is_sent(city: City) -> None:
    """A repetition is answered like the first; the same key with another body is refused."""
    first = city.holder.act(city.dispatch, {"action": "sign"}, "sign-1")
    again = [city.holder.act(city.dispatch, {"action": "sign"}, "sign-1") for _ in range(3)]
    other = city.holder.act(city.dispatch, {"action": "note", "note": "x"}, "sign-1")

    assert first.status_code == 202
    assert "idempotency-replayed" not in first.headers
    assert {(one.status_code, one.text, one.headers["idempotency-replayed"]) for one in again} == {
        (202, first.text, "true")
    }
    assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")
    signed = [one for one in events_of(city.hub, city.case_id) if one["kind"] == "SIGNED"]
    assert [one["source_event_id"] for one in signed] == [first.json()["feedbackId"]]


def test_what_is_missing_or_not_allowed_is_told_with_its_reason(city: City) -> None:
    """Missing fields by the contract of the source; a case's own no as 409."""
    missing = city.holder.act(city.dispatch, {"action": "return"}, "x1")
    told = missing.json()
    assert (missing.status_code, told["reason"], told["field"]) == (400, "missing_field", "reason")
    unknown = city.holder.act(city.dispatch, {"action": "sing"}, "x2")
    assert (unknown.status_code, unknown.json()["field"]) == (400, "action")
    url = f"{city.holder.base}/v1/dispatches/{city.dispatch}/actions"
    keyless = httpx.post(url, headers=city.holder.headers, json={"action": "sign"})
    assert (keyless.status_code, keyless.json()["field"]) == (400, "Idempotency-Key")
    late = {"action": "extend", "reason": "等待配件", "until": "2036-01-01T00:00:00+08:00"}
    over = city.holder.act(city.dispatch, late, "x3")
    assert (over.status_code, over.json()["reason"]) in {(409, "breached"), (409, "over_policy")}


def test_a_second_gateway_serves_the_same_and_knows_what_the_first_has_taken(city: City, tmp_path: Path) -> None:
    """Same ids, same answer to a repeated key; a revocation reaches both and cuts the streams."""
    note = city.holder.act(city.dispatch, {"action": "note", "note": "已联系"}, "note-1")
    assert note.status_code == 202
    with second_gateway(city.hub, tmp_path) as base:
        there = city.at(base)
        wait_until_open(there)
        assert there.page() == city.holder.page()
        repeated = there.act(city.dispatch, {"action": "note", "note": "已联系"}, "note-1")
        assert (repeated.status_code, repeated.text) == (202, note.text)

        token = issued(city.hub, city.holder.endpoint)
        streams = [Terminal(one, city.holder.endpoint, token) for one in (city.holder.base, base)]
        for one in streams:
            wait_until_open(one)
        ended: list[int] = []
        readers = [threading.Thread(target=lambda one=one: ended.append(len(one.stream(10**6)))) for one in streams]
        for reader in readers:
            reader.start()
        time.sleep(0.5)
        city.hub.run("endpoints", "token", "revoke", token.split("_")[1], "--reason", "lost")
        for reader in readers:
            reader.join(20)
        assert not any(reader.is_alive() for reader in readers), "a stream outlived its token"
        assert [one.get(one.inbox()).status_code for one in streams] == [401, 401]


def test_a_gateway_that_lost_its_file_serves_the_same_again(city: City) -> None:
    """Killed, the file gone: same ids, and the key of before is still known."""
    before = city.holder.page()
    file = city.hub.data_dir / "edges" / "gateway.sqlite"
    pid = city.hub.pid("http")
    kill_edge(city.hub)
    for part in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        part.unlink(missing_ok=True)
    deadline = time.monotonic() + PATIENCE
    while city.hub.pid("http") == pid:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    wait_until_open(city.holder)

    assert city.holder.page() == before
    again = city.holder.act(city.dispatch, {"action": "sign"}, "sign-1")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (202, "true")


def test_a_slow_reader_is_cut_and_the_others_are_served(city: City, tables: CityTables) -> None:
    """It takes nothing for ten seconds while 400 dispatches come; it may come back with its last id."""
    endpoint = next(one.endpoint_id for one in tables.endpoints.values() if tables.units[one.unit].tier == "street")
    terminal = Terminal(city.holder.base, endpoint, issued(city.hub, endpoint))
    wait_until_open(terminal)
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect(("127.0.0.1", city.hub.http_port))
    slow.sendall(
        f"GET {terminal.inbox()} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n"
        f"Authorization: Bearer {terminal.token}\r\n\r\n".encode()
    )
    got: list[dict[str, str]] = []
    reader = threading.Thread(target=lambda: got.extend(terminal.stream(400)))
    reader.start()
    time.sleep(0.3)
    producer = Producer({"bootstrap.servers": city.hub.bootstrap, "partitioner": "murmur2_random"})
    for number in range(400):
        _, record = dispatch_for(tables, endpoint, number)
        producer.produce("dispatch.street", codec().encode("Dispatch", record), endpoint.encode())
    assert producer.flush(30) == 0
    reader.join(30)

    assert [one["data"]["dispatch_id"] for one in got] == [f"DP-{number:020x}" for number in range(400)]
    deadline = time.monotonic() + 30
    while metric(city.hub, 'hub_edge_gateway_streams_cut_total{reason="slow"}') < 1:
        assert time.monotonic() < deadline, "the slow reader was not cut"
        time.sleep(0.2)
    with contextlib.suppress(ConnectionResetError):
        while slow.recv(65536):
            pass
    slow.close()


def test_killed_under_load_no_action_answered_is_lost_or_doubled(city: City, until: Callable[..., None]) -> None:
    """Terminals repeat what was not answered; whoever reads the topics afterwards finds each action once."""
    answered: list[tuple[str, str]] = []

    def work(number: int) -> None:
        for count in range(30):
            key, note = str(uuid.uuid4()), f"{number}-{count}"
            last = time.monotonic() + PATIENCE
            while True:
                with contextlib.suppress(httpx.TransportError):
                    answer = city.holder.act(city.dispatch, {"action": "note", "note": note}, key)
                    if answer.status_code == 202:
                        answered.append((answer.json()["feedbackId"], note))
                        break
                    assert answer.status_code == 503, answer.text
                assert time.monotonic() < last, "the gateway did not come back"
                time.sleep(0.05)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for share in (20, 70):
        until(lambda share=share: len(answered) >= share, f"{share} answers")
        kill_edge(city.hub)
    for worker in workers:
        worker.join(PATIENCE)
    assert len(answered) == 120

    events = [one for one in events_of(city.hub, city.case_id) if one["kind"] == "NOTED"]
    noted = {one["source_event_id"]: one["text"] for one in events}
    raw = Counter(json.loads(one.value)["feedbackId"] for one in city.hub.records("raw.endpoint") if one.value)
    times = Counter(one["source_event_id"] for one in events)
    assert all(noted[feedback_id] == note for feedback_id, note in answered), "lost"
    assert set(times.values()) == {1}, "doubled"
    assert set(raw.values()) == {1}, "sent twice into the raw topic"
