"""`hub edge polls`, the real process, killed again and again: the topics say that nothing is lost or doubled."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hub.cluster.probe import free_port
from schemas.codec import codec

pytestmark = [pytest.mark.integration, pytest.mark.chaos]

CASES = 20
EVENTS_OF_A_CASE = 12
REPORTS = 150
PAGE = 20
# The edge as users run it, and a kill -9 by its own hand after the n-th time that a step is done.
KILLING = """
import os, signal, sys
from connectors import faults
left = {"step": int(sys.argv.pop(1)), "times": int(sys.argv.pop(1))}
def after(self, step):
    if step == left["step"]:
        left["times"] -= 1
        if left["times"] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
faults.NoFaults.after = after
from hub.cli import main
main()
"""


class Hotline:
    """The hotline's program: it writes its outbox while the hub reads it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=30)
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("create table outbox (id integer primary key autoincrement, body text, taken integer)")

    def work(self) -> None:
        """Cases in turns, each with its events in order; every seventh number is committed a second late."""
        late: list[tuple[float, int, str]] = []
        number = 0
        for sequence in range(1, EVENTS_OF_A_CASE + 1):
            for case in range(CASES):
                number += 1
                message = {
                    "eventType": "create" if sequence == 1 else "supplement",
                    "orderId": f"HL20261110{case:05d}",
                    "eventSeq": sequence,
                    "eventTime": f"2026-11-10 07:42:{sequence:02d}",
                    "majorContent": f"第{case}件第{sequence}次",
                }
                row = (number, json.dumps(message, ensure_ascii=False))
                # Cases of their own, so that the order within the others can be told.
                if case % 7 == 3:
                    late.append((time.monotonic() + 1.0, *row))
                else:
                    self._db.execute("insert into outbox (id, body) values (?, ?)", row)
                time.sleep(0.02)
                while late and late[0][0] < time.monotonic():
                    self._db.execute("insert into outbox (id, body) values (?, ?)", late.pop(0)[1:])
        for _, *row in late:
            self._db.execute("insert into outbox (id, body) values (?, ?)", row)

    def unmarked(self) -> int:
        return int(self._db.execute("select count(*) from outbox where taken is null").fetchone()[0])


class City:
    """数字城管's REST interface: pages of CaseList in GB18030, each fifth request fails."""

    def __init__(self) -> None:
        self.records: list[tuple[float, str]] = []
        self.asked = 0
        city = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                city.asked += 1
                asked = dict(parse_qsl(urlsplit(self.path).query))
                body = city.page(int(asked["page"]), asked.get("since"))
                self.send_response(500 if city.asked % 5 == 0 else 200)
                self.send_header("Content-Type", "application/xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Requests are no news."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/cases"

    def work(self) -> None:
        """Each report is followed by two changes of state."""
        for number in range(REPORTS):
            task, kind = f"CG{number // 3:012d}", number % 3
            now = time.time()
            text = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now + 8 * 3600))
            if kind == 0:
                times = f"<DISCOVERTIME>{text}</DISCOVERTIME>"
                xml = f"<Case><TASKID>{task}</TASKID><INFOTYPE>事件</INFOTYPE>{times}</Case>"
            else:
                state = ("立案", "派遣")[kind - 1]
                xml = (
                    f"<StateChange><TASKID>{task}</TASKID><CHANGENO>{kind}</CHANGENO><STATE>{state}</STATE>"
                    f"<CHANGETIME>{text}</CHANGETIME></StateChange>"
                )
            self.records.append((now, xml))
            time.sleep(0.03)

    def page(self, number: int, since: str | None) -> bytes:
        import calendar

        start = 0 if since is None else calendar.timegm(time.strptime(since, "%Y-%m-%d %H:%M:%S")) - 8 * 3600
        found = [xml for at, xml in self.records if at >= start][(number - 1) * PAGE : number * PAGE]
        text = f'<?xml version="1.0" encoding="GB18030"?><CaseList batchNo="{number}">{"".join(found)}</CaseList>'
        return text.encode("gb18030")

    def close(self) -> None:
        self._server.shutdown()


def sources_yaml(city: City) -> str:
    return f"""
sources:
  hotline:
    database:
      url: env:OUTBOX_URL
      table: outbox
      payload: body
      batch: 7
      overlap_seconds: 8
      every_seconds: 0.1
      acknowledge: {{column: taken, value: 1}}
      backoff: {{first_seconds: 0.1, longest_seconds: 0.5}}
  citymgmt:
    poll:
      url: {city.url}
      since: {{overlap_seconds: 5}}
      every_seconds: 0.1
      requests_per_second: 200
      backoff: {{first_seconds: 0.05, longest_seconds: 0.2}}
"""


@pytest.fixture(scope="module")
def polled(new_hub, tmp_path_factory):
    """A hub that is up, with settings for both polls, and the two sources; the edge is started by the test."""
    folder = tmp_path_factory.mktemp("polled")
    hotline, city = Hotline(folder / "hotline.db"), City()
    (folder / "sources.yaml").write_text(sources_yaml(city))
    hub = new_hub()
    hub.run("up", HUB_EDGES="[]")
    environment = {
        **hub.environment,
        "HUB_SOURCES": str(folder / "sources.yaml"),
        "OUTBOX_URL": f"sqlite:///{hotline.file}",
    }
    yield hub, hotline, city, environment
    city.close()


def start(environment, port, *kill):
    command = [sys.executable, "-c", KILLING, *map(str, kill)] if kill else [sys.executable, "-m", "hub.cli"]
    log = Path(environment["HUB_DATA_DIR"]) / "logs" / "polls-by-hand.log"
    with log.open("ab") as sink:
        arguments = ["edge", "polls", "--metrics-port", str(port)]
        return subprocess.Popen([*command, *arguments], env=environment, stdout=sink, stderr=sink)


def metrics(port):
    import urllib.request

    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    found = Counter()
    for family in families:
        for sample in family.samples:
            found[sample.name] += sample.value
    return found


def test_killed_at_every_step_and_at_random_nothing_is_lost_or_doubled(polled, until):
    """Eight times kill -9 under load; then each event stands once, a case's in order, and every row is marked."""
    hub, hotline, city, environment = polled
    working = [threading.Thread(target=source.work) for source in (hotline, city)]
    for thread in working:
        thread.start()
    port = free_port()
    for step, times in ((2, 1), (1, 2), (3, 2), (4, 1), (5, 2), (6, 3), (2, 4)):
        edge = start(environment, port, step, times)
        assert edge.wait(60) == -signal.SIGKILL, hub.log("polls-by-hand")
    edge = start(environment, port)
    time.sleep(2.5)
    os.kill(edge.pid, signal.SIGKILL)
    edge.wait(10)
    for thread in working:
        thread.join()

    edge = start(environment, port)
    wanted = CASES * EVENTS_OF_A_CASE + REPORTS
    topic = hub.topics.case_events
    until(lambda: len(hub.records(topic)) >= wanted and not hotline.unmarked(), f"{wanted} events and every mark")
    time.sleep(1.0)  # whatever would come twice has come by now
    hub.settle()
    found = metrics(port)
    edge.send_signal(signal.SIGTERM)
    assert edge.wait(30) == 0, hub.log("polls-by-hand")

    events = [codec().decode(record.value) for record in hub.records(topic)]
    counts = Counter(event["source_event_id"] for event in events)
    expected = {f"HL20261110{case:05d}/{n}" for case in range(CASES) for n in range(1, EVENTS_OF_A_CASE + 1)}
    expected |= {f"CG{number // 3:012d}/{number % 3}" for number in range(REPORTS)}
    assert expected - counts.keys() == set(), "lost"
    assert counts.keys() - expected == set(), "invented"
    assert {one: count for one, count in counts.items() if count > 1} == {}, "doubled"
    by_case = defaultdict(list)
    for event in events:
        by_case[event["case_id"]].append(int(event["source_event_id"].rpartition("/")[2]))
    assert {case: order for case, order in by_case.items() if order != sorted(order)} == {}, "out of order"
    assert not hub.letters()
    assert found["hub_edge_poll_received_total"] == (
        found["hub_edge_poll_accepted_total"]
        + found["hub_edge_poll_duplicate_total"]
        + found["hub_edge_poll_rejected_total"]
    )
    raw = sum(len(hub.records(hub.topics.raw(source))) for source in ("hotline", "citymgmt"))
    tallies = hub.tallies("unify")
    resent = sum(count for name, count in tallies.items() if name.startswith("duplicate."))
    assert raw == wanted + resent, "every record sent again is one that unify dropped"
    assert resent > 0, "the kills between acknowledgement and journal left their trace"


def test_pause_rewind_and_reimport_reach_the_polls(polled, until):
    """By the command line: nothing is taken while paused, a rewind doubles nothing, a reimport is told as done."""
    hub, hotline, _, environment = polled
    topic = hub.topics.case_events
    port = free_port()
    edge = start(environment, port)
    settings = {name: environment[name] for name in ("HUB_SOURCES", "OUTBOX_URL")}
    try:
        before = len(hub.records(topic))
        hub.run("sources", "pause", "hotline", "--reason", "maintenance", **settings)
        until(lambda: metrics(port)["hub_edge_poll_paused"] == 1, "a paused poll")
        message = {"eventType": "create", "orderId": "HL2026111099999", "eventSeq": 1}
        message |= {"eventTime": "2026-11-10 08:00:00", "majorContent": "暂停期间"}
        db = sqlite3.connect(hotline.file, isolation_level=None)
        db.execute("insert into outbox (body) values (?)", (json.dumps(message),))
        time.sleep(1.0)
        assert len(hub.records(topic)) == before
        hub.run("sources", "resume", "hotline", "--reason", "maintenance over", **settings)
        until(lambda: len(hub.records(topic)) == before + 1, "the row of the pause")
        rewind = ("rewind", "hotline", "--transport", "database", "--to", "2026-01-01T00:00", "--reason", "test")
        hub.run("sources", *rewind, **settings)
        until(lambda: metrics(port)["hub_edge_poll_accepted_total"] > CASES * EVENTS_OF_A_CASE, "everything again")
        reimport = ("reimport", "citymgmt", "--id", "CG000000000007", "--reason", "test")
        hub.run("sources", *reimport, **settings)
        until(
            lambda: "3 records sent again" in hub.run("sources", "list", "--json", **settings).stdout, "the answer"
        )
        hub.settle()
        assert len(hub.records(topic)) == before + 1
    finally:
        edge.send_signal(signal.SIGTERM)
        assert edge.wait(30) == 0, hub.log("polls-by-hand")
