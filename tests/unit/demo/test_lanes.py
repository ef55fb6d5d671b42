"""Connections of the demo's senders, against a real HTTP server that answers as told."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from connectors.standard_webhooks import verify
from hub.demo.carried import Carried
from hub.demo.inboxes import Inbox
from hub.demo.lanes import Lanes
from hub.demo.posts import TRANSPORT, Posts
from hub.demo.terminals import NOT_RECEIVED, Terminals
from hub.demo.traffic import Published
from hub.domain.errors import Unavailable
from streams.runtime.clock import ManualClock

SECRET = b"a secret of thirty-two bytes, ok"


class Edge(ThreadingHTTPServer):
    """Answers posts from a list, the last answer again and again; keeps what it got."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[tuple[int, dict[str, object], dict[str, str]]] = [
            (202, {"accepted": 1, "rejected": 0}, {})
        ]
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.stream = b""
        self.hold = threading.Event()

    @property
    def address(self) -> tuple[str, int]:
        return ("127.0.0.1", self.server_address[1])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Edge

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        answers = self.server.answers
        status, told, headers = answers.pop(0) if len(answers) > 1 else answers[0]
        text = json.dumps(told).encode()
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nretry: 1000\n\n")
        self.server.hold.wait(5)
        self.wfile.write(self.server.stream)
        threading.Event().wait(3)

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def edge() -> Iterator[Edge]:
    server = Edge()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def counts() -> tuple[Published, Carried]:
    return Published(), Carried()


def test_messages_of_a_case_are_posted_in_their_order(edge, counts):
    """Signed by the hub's clock, each with an id of its own, and counted when answered."""
    published, _ = counts
    posts = Posts(edge.address, {"hotline": SECRET}, ManualClock(1_795_600_000_000), counts)

    for number in range(20):
        posts.send("hotline", b"%d" % number, {"content-type": "application/json"}, "one case")
    posts.join()
    posts.close()

    assert [body for _, _, body in edge.got] == [b"%d" % number for number in range(20)]
    signed = [verify([SECRET], headers, body, 1_795_600_000) for _, headers, body in edge.got]
    assert len({one.message_id for one in signed}) == 20
    assert published.by_source == {"hotline": 20}


def test_a_signature_that_came_too_late_is_made_anew(edge, counts):
    """By a fast clock minutes are over soon: the same id, a new time; then it counts once."""
    published, carried = counts
    clock = ManualClock(1_795_600_000_000)
    edge.answers.insert(0, (401, {"reason": "too_old"}, {}))
    posts = Posts(edge.address, {"hotline": SECRET}, clock, counts)

    posts.send("hotline", b"{}", {"content-type": "application/json"}, "")
    posts.join()
    posts.close()

    assert len({headers["webhook-id"] for _, headers, _ in edge.got}) == 1
    assert len(edge.got) == 2
    assert published.records == 1
    assert carried.answers[TRANSPORT, "hotline"] == {"401": 1, "202": 1}


def test_what_intake_cannot_read_is_refused_with_its_reason(edge, counts):
    """Nothing of it is in the hub, and the account says so."""
    published, _ = counts
    edge.answers[:] = [(400, {"reason": "malformed_json"}, {})]
    posts = Posts(edge.address, {"hotline": SECRET}, ManualClock(0), counts)

    posts.send("hotline", b"{", {"content-type": "application/json"}, "")
    posts.join()
    posts.close()

    assert published.records == 1
    assert published.refused == [("hotline", "malformed_json")]


def test_later_is_asked_again_and_a_wrong_secret_ends_it(edge, counts):
    """503 is waited for; 401 for another reason than the time is an error."""
    edge.answers[:] = [(503, {}, {"retry-after": "0"}), (401, {"reason": "wrong_signature"}, {})]
    posts = Posts(edge.address, {"hotline": SECRET}, ManualClock(0), counts)

    posts.send("hotline", b"{}", {"content-type": "application/json"}, "")
    with pytest.raises(Unavailable, match="wrong_signature"):
        posts.join()
    posts.close()

    assert len(edge.got) == 2


def test_a_lane_that_fails_stops_the_others(edge):
    """What went wrong is raised to whoever waits."""

    def fail(_: object) -> None:
        raise Unavailable("the edge is away")

    lanes = Lanes("test", 2, *edge.address)
    lanes.put("a", fail)
    with pytest.raises(Unavailable, match="the edge is away"):
        lanes.join()
    lanes.close()


def test_a_terminal_acts_only_once_its_dispatch_has_come(edge, counts, monkeypatch):
    """By token and key, without what path and token tell; one that never comes is not taken."""
    monkeypatch.setattr("hub.demo.terminals._PATIENCE_SECONDS", 1.0)
    published, carried = counts
    edge.stream = b'id: county-0-1\nevent: assign\ndata: {"id":"county-0-1","dispatch_id":"DP-1"}\n\n'
    terminals = Terminals(edge.address, {"EP-1": "ep_token"}, counts)
    terminals.wait_until_open()
    said = {"caseId": "hotline:HL1", "endpointId": "EP-1", "action": "sign", "at": "2026-11-23T09:00:00+08:00"}
    terminals.act({**said, "feedbackId": "FB-1", "dispatchId": "DP-1"})
    terminals.act({**said, "feedbackId": "FB-2", "dispatchId": "DP-2"})
    assert edge.got == []

    edge.hold.set()
    terminals.join()
    terminals.close()

    ((path, headers, body),) = edge.got
    assert path == "/v1/dispatches/DP-1/actions"
    assert (headers["authorization"], headers["idempotency-key"]) == ("Bearer ep_token", "FB-1")
    assert json.loads(body) == {"action": "sign", "at": "2026-11-23T09:00:00+08:00"}
    assert (published.records, published.refused) == (2, [("endpoint", NOT_RECEIVED)])
    assert (carried.streams, carried.dispatches) == (1, 1)
    assert carried.actions == {"accepted": 1, "refused": 1}


def test_a_stream_is_read_in_whatever_pieces_it_comes():
    """Heartbeats are no events, and the last id is what a new connection asks from."""
    whole = b'HTTP/1.1 200 OK\r\n\r\nretry: 1\n\n:\n\nid: a-0-1\nevent: assign\ndata: {"dispatch_id":"DP-1"}\n\n'
    inbox = Inbox("EP-1", "ep_token", ("127.0.0.1", 1))

    found = [one for index in range(len(whole)) for one in inbox.take(whole[index : index + 1])]

    assert found == ["DP-1"]
    with pytest.raises(ConnectionError):
        Inbox("EP-1", "ep_token", ("127.0.0.1", 1)).take(b"HTTP/1.1 401 Unauthorized\r\n\r\n")
