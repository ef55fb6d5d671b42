"""Polls against real things: databases, a server that misbehaves, a Kafka client that keeps what it is given."""

import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa
from kafka.errors import KafkaTimeoutError
from prometheus_client import CollectorRegistry

from connectors import publish
from connectors.polls.metrics import Meters
from connectors.polls.opening import open_database, open_http
from connectors.polls.settings import DatabaseSettings, HttpPollSettings
from connectors.publish import RawPublisher
from connectors.sources import SOURCES
from hub.cluster.probe import free_port

CHINA = timezone(timedelta(hours=8))
START_MS = 1_794_000_000_000


@dataclass
class Sent:
    """A record that Kafka was given."""

    topic: str
    key: str | None
    value: bytes
    headers: dict[str, bytes]


@dataclass
class KafkaClient:
    """Stands for kafka-python's producer. `fails_after` = so many more records are taken, then none."""

    sent: list[Sent] = field(default_factory=list)
    fails_after: int | None = None

    def send(self, topic: str, *, value: bytes, key: bytes | None, headers: list[tuple[str, bytes]]) -> Any:
        if self.fails_after == 0:
            return SimpleNamespace(get=self._fail)
        if self.fails_after is not None:
            self.fails_after -= 1
        self.sent.append(Sent(topic, None if key is None else key.decode(), value, dict(headers)))
        metadata = SimpleNamespace(topic=topic, partition=0, offset=len(self.sent) - 1)
        return SimpleNamespace(get=lambda timeout: metadata)

    def close(self, timeout: float) -> None:
        """What was acknowledged stays."""

    @staticmethod
    def _fail(timeout: float) -> Any:
        raise KafkaTimeoutError

    @property
    def values(self) -> list[bytes]:
        return [one.value for one in self.sent]


@pytest.fixture
def kafka_client(monkeypatch: pytest.MonkeyPatch) -> KafkaClient:
    """Where the publishers' producers lead."""
    client = KafkaClient()
    monkeypatch.setattr(publish, "KafkaProducer", lambda **_: client)
    return client


@dataclass
class HandClock:
    """The hub's clock, moved by hand."""

    now: int = START_MS

    def now_ms(self) -> int:
        return self.now

    def span_ms(self, seconds: float) -> int:
        return round(seconds * 1000)

    def pass_by(self, seconds: float) -> None:
        self.now += round(seconds * 1000)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


class Killed(BaseException):
    """The process ends here."""


@dataclass
class KillAfter:
    """Ends the poll the first time that a step is done."""

    step: int | None = None

    def after(self, step: int) -> None:
        if step == self.step:
            self.step = None
            raise Killed


@dataclass
class Bench:
    """Makes polls that share a data folder, as one process after the other does."""

    data_dir: Path
    clock: HandClock
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    faults: KillAfter = field(default_factory=KillAfter)
    stop: threading.Event = field(default_factory=threading.Event)
    is_paused: bool = False

    def __post_init__(self) -> None:
        self.meters = Meters(self.registry)
        self.open: list[Any] = []

    def publisher(self) -> RawPublisher:
        return RawPublisher(
            "nowhere:1",
            raw_topic=lambda source: f"raw.{source}",
            dead_letters="dead",
            quarantine=self.data_dir / "quarantine",
            now_ms=self.clock.now_ms,
            connector="poll",
        )

    def database(self, source: str, settings: DatabaseSettings) -> Any:
        poll = open_database(
            SOURCES[source],
            settings,
            self.data_dir,
            zone=CHINA,
            open_publisher=self.publisher,
            clock=self.clock,
            meters=self.meters.of(source, "database"),
            should_stop=lambda: self.is_paused,
            faults=self.faults,
        )
        self.open.append(poll)
        return poll

    def http(self, source: str, settings: HttpPollSettings) -> Any:
        poll = open_http(
            SOURCES[source],
            settings,
            self.data_dir,
            zone=CHINA,
            open_publisher=self.publisher,
            clock=self.clock,
            meters=self.meters.of(source, "poll"),
            should_stop=lambda: self.is_paused,
            stop=self.stop,
            faults=self.faults,
        )
        self.open.append(poll)
        return poll

    def run_killed(self, make: Callable[[], Any], step: int) -> None:
        """One pass of a process that ends after a step."""
        poll = make()
        self.faults.step = step
        with pytest.raises(Killed):
            poll.run_once()
        poll.close()

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric over the labels that are not given."""
        return sum(
            sample.value
            for family in self.registry.collect()
            for sample in family.samples
            if sample.name == f"hub_edge_poll_{name}" and labels.items() <= sample.labels.items()
        )


@pytest.fixture
def bench(tmp_path: Path, clock: HandClock, kafka_client: KafkaClient) -> Iterator[Bench]:
    made = Bench(tmp_path / "data", clock)
    made.data_dir.mkdir()
    yield made
    for poll in made.open:
        poll.close()


def order(number: int, case: int | None = None, sequence: int = 1) -> dict[str, Any]:
    """A hotline message; the case's number is the row's unless given."""
    return {
        "eventType": "create" if sequence == 1 else "urge",
        "orderId": f"HL20261110{number if case is None else case:05d}",
        "eventSeq": sequence,
        "eventTime": "2026-11-10 07:42:18",
        "majorContent": f"第{number}条，室温不达标",
    }


def as_json(message: dict[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False)


@pytest.fixture
def new_order() -> Callable[..., dict[str, Any]]:
    return order


def _postgres_program(name: str) -> str | None:
    """Debian keeps the programs of each version apart."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: path.parts[4])
    return str(found[-1]) if found else shutil.which(name)


@dataclass
class PostgresServer:
    """A PostgreSQL of the tests' own, run by a user that is not root."""

    folder: Path
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"postgresql://hub@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        self._run("initdb", "-D", str(self.folder / "db"), "-U", "hub", "-A", "trust", "-E", "UTF8", "--locale=C")
        settings = f"port={self.port}\nlisten_addresses='127.0.0.1'\nunix_socket_directories=''\nfsync=off\n"
        with (self.folder / "db" / "postgresql.conf").open("a") as file:
            file.write(settings)

    def start(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "db"), "-l", str(self.folder / "log"), "-w", "start")

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", str(self.folder / "db"), "-m", mode, "-w", "stop")

    def _run(self, name: str, *arguments: str) -> None:
        program = _postgres_program(name)
        assert program is not None
        who: dict[str, Any] = {}
        if os.geteuid() == 0:
            found = self.folder.stat()
            who = {"user": found.st_uid, "group": found.st_gid, "extra_groups": []}
        done = subprocess.run(
            [program, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            timeout=60,
            **who,
        )
        assert done.returncode == 0, done.stdout.decode()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real server. In CI it must be there; elsewhere its absence is told by a skip."""
    if _postgres_program("initdb") is None:
        if os.environ.get("CI"):
            pytest.fail("no PostgreSQL: Debian's package postgresql must be there in CI")
        pytest.skip("no PostgreSQL here (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="hub-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    server = PostgresServer(folder)
    server.make()
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@dataclass
class Outbox:
    """The source's side of an outbox table, as its own programs write it."""

    url: str
    engine: sa.Engine
    table: str

    def create(self, columns: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text(f"create table {self.table} ({columns})"))

    def add(self, connection: sa.Connection | None = None, **row: Any) -> None:
        """A row, in a transaction of its own unless one is given."""
        names = ", ".join(row)
        statement = sa.text(f"insert into {self.table} ({names}) values ({', '.join(f':{name}' for name in row)})")
        if connection is not None:
            connection.execute(statement, row)
            return
        with self.engine.begin() as own:
            own.execute(statement, row)

    def rows(self, what: str = "*") -> list[tuple[Any, ...]]:
        with self.engine.begin() as connection:
            return [
                tuple(row) for row in connection.execute(sa.text(f"select {what} from {self.table} order by id"))
            ]

    def run(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement.format(table=self.table)))


_NUMBERS = itertools.count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Outbox]:
    """An outbox table `id`, `body` in each database."""
    table = f"outbox{next(_NUMBERS)}"
    if request.param == "sqlite":
        file = tmp_path / "source.db"
        # Several writers at once, as an application with an outbox has them.
        sqlite3.connect(file).execute("pragma journal_mode=wal")
        made = Outbox(f"sqlite:///{file}", sa.create_engine(f"sqlite:///{file}"), table)
        made.create("id integer primary key autoincrement, body text, taken integer")
    else:
        url = request.getfixturevalue("postgres").url
        made = Outbox(url, sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:")), table)
        made.create("id bigserial primary key, body text, taken integer")
    yield made
    made.engine.dispose()


@pytest.fixture
def table_settings(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> Callable[..., DatabaseSettings]:
    """Settings for the outbox of this test."""
    monkeypatch.setenv("OUTBOX_URL", outbox.url)

    def make(**more: Any) -> DatabaseSettings:
        given = {"url": "env:OUTBOX_URL", "table": outbox.table, "payload": "body", "overlap_seconds": 60, **more}
        return DatabaseSettings.model_validate(given)

    return make


@dataclass
class Reply:
    """What the server says to a request; `chunks` are sent with pauses of `gap` seconds between them."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None
    length: bool = True
    delay: float = 0.0
    gap: float = 0.0


class CityServer:
    """数字城管 as a REST server: records with the time at which they came, served in pages since a time.

    `mischief` is asked first: given the request's number (from 1), page and since, it may answer in its own way.
    """

    def __init__(self) -> None:
        self.records: list[tuple[int, str]] = []
        self.now_ms = START_MS
        self.date_ahead_ms = 0
        self.size = 3
        self.etags = True
        self.requests: list[dict[str, str]] = []
        self.times: list[float] = []
        self.mischief: Callable[[int, int, str | None], Reply | None] = lambda number, page, since: None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/api/cases"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def report(self, number: int, at_ms: int | None = None, discovered_ms: int | None = None) -> str:
        """A new case, entered now (by the server's clock) unless told; its id."""
        entered = self.now_ms if at_ms is None else at_ms
        discovered = self._local(entered if discovered_ms is None else discovered_ms)
        task = f"CG230202261110{number:04d}"
        self.records.append(
            (
                entered,
                f"<Case><TASKID>{task}</TASKID><INFOTYPE>事件</INFOTYPE><SMALLCLASSNAME>暴露垃圾</SMALLCLASSNAME>"
                f"<DISCOVERTIME>{discovered}</DISCOVERTIME><DESCRIPTION>第{number}处</DESCRIPTION></Case>",
            )
        )
        return task

    def page(self, number: int, since: str | None) -> bytes:
        """The native page: CaseList in GB18030."""
        start = 0 if since is None else self._instant(since)
        found = [xml for at, xml in self.records if at >= start][(number - 1) * self.size : number * self.size]
        text = f'<?xml version="1.0" encoding="GB18030"?><CaseList batchNo="{number}">{"".join(found)}</CaseList>'
        return text.encode("gb18030")

    def reply(self, page: int, since: str | None) -> Reply:
        body = self.page(page, since)
        headers = {"ETag": f'"{hash(body) & 0xFFFFFFFF:x}"'} if self.etags else {}
        return Reply(body, headers={"Content-Type": "application/xml; charset=GB18030", **headers})

    @staticmethod
    def _local(ms: int) -> str:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(ms // 1000 + 8 * 3600))

    @staticmethod
    def _instant(text: str) -> int:
        import calendar

        return (calendar.timegm(time.strptime(text, "%Y-%m-%d %H:%M:%S")) - 8 * 3600) * 1000

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        city = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                asked = dict(parse_qsl(urlsplit(self.path).query))
                headers = {name.lower(): value for name, value in self.headers.items()}
                city.requests.append({**asked, **{f"header:{name}": value for name, value in headers.items()}})
                city.times.append(time.monotonic())
                page, since = int(asked.get("page", "1")), asked.get("since")
                reply = city.mischief(len(city.requests), page, since) or city.reply(page, since)
                if reply.status == 200 and reply.headers.get("ETag", "-") == headers.get("if-none-match"):
                    reply = Reply(status=304, headers=reply.headers)
                time.sleep(reply.delay)
                try:
                    self._send(reply)
                except OSError:
                    self.close_connection = True

            def _send(self, reply: Reply) -> None:
                self.send_response_only(reply.status)
                date = formatdate((city.now_ms + city.date_ahead_ms) / 1000, usegmt=True)
                for name, value in {"Date": date, **reply.headers}.items():
                    if value:
                        self.send_header(name, value)
                if reply.length:
                    self.send_header("Content-Length", str(len(reply.body)))
                else:
                    self.send_header("Connection", "close")
                self.end_headers()
                body = reply.body if reply.cut_at is None else reply.body[: reply.cut_at]
                pieces = [body[at : at + 20] for at in range(0, len(body), 20)] if reply.gap else [body]
                for piece in pieces:
                    self.wfile.write(piece)
                    self.wfile.flush()
                    time.sleep(reply.gap)
                if reply.cut_at is not None or not reply.length:
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                """Requests are kept in `requests`."""

        return Handler


@pytest.fixture
def city() -> Iterator[CityServer]:
    server = CityServer()
    yield server
    server.close()


@pytest.fixture
def reply() -> type[Reply]:
    return Reply


@pytest.fixture
def poll_settings(city: CityServer) -> Callable[..., HttpPollSettings]:
    """Settings for the server, impatient as a test is."""

    def make(**more: Any) -> HttpPollSettings:
        given: dict[str, Any] = {
            "url": city.url,
            "since": {"overlap_seconds": 60},
            "requests_per_second": 1000,
            "backoff": {"first_seconds": 0.01, "longest_seconds": 0.05},
            "read_seconds": 0.5,
            "answer_seconds": 1.0,
            **more,
        }
        return HttpPollSettings.model_validate(given)

    return make
