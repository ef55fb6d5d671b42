"""Each promise that the polls declare has a check here, and nothing is checked that is not declared."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from connectors.control import Command, Kind
from connectors.polls.errors import Away
from connectors.polls.guarantees import DATABASE, HTTP, Delivery, Kept, Order, Writes
from connectors.polls.steps import Step


class TableSide:
    """A database poll with its source, as the checks need it."""

    def __init__(self, bench, outbox, table_settings, new_order):
        self._bench, self._outbox, self._settings, self._order = bench, outbox, table_settings, new_order
        self._number = 0
        self.declared = DATABASE
        self.source = "hotline"

    def open(self, **more: Any) -> Any:
        return self._bench.database("hotline", self._settings(batch=2, **more))

    def add(self, case: int, sequence: int) -> None:
        self._number += 1
        self._outbox.add(id=self._number, body=json.dumps(self._order(0, case=case, sequence=sequence)))

    def add_late(self, case: int) -> None:
        self._outbox.add(id=-1, body=json.dumps(self._order(0, case=case)))

    def state(self) -> Any:
        return self._outbox.rows()


class ServerSide:
    """An HTTP poll with its server."""

    def __init__(self, bench, city, poll_settings):
        self._bench, self._city, self._settings = bench, city, poll_settings
        city.size = 2
        self.declared = HTTP
        self.source = "citymgmt"

    def open(self, **more: Any) -> Any:
        return self._bench.http("citymgmt", self._settings(**more))

    def add(self, case: int, sequence: int) -> None:
        xml = (
            f"<StateChange><TASKID>CG{case:05d}</TASKID><CHANGENO>{sequence}</CHANGENO><STATE>派遣</STATE>"
            "<CHANGETIME>2026-11-10 08:00:00</CHANGETIME></StateChange>"
        )
        self._city.records.append((self._city.now_ms, xml))

    def state(self) -> Any:
        return list(self._city.records)


@pytest.fixture(params=["table", "server"])
def side(request, bench):
    """Both ways of polling, one after the other; the table in SQLite."""
    fixtures = {"table": ("table_settings", "new_order"), "server": ("poll_settings",)}[request.param]
    values = [request.getfixturevalue(name) for name in fixtures]
    if request.param == "table":
        return TableSide(bench, request.getfixturevalue("outbox"), *values)
    return ServerSide(bench, request.getfixturevalue("city"), *values)


@pytest.fixture
def outbox(tmp_path):
    """One database is enough here: the other one is tested beside this file."""
    import sqlalchemy as sa

    class Outbox:
        url = f"sqlite:///{tmp_path}/source.db"
        table = "outbox"
        engine = sa.create_engine(url)

        def add(self, **row):
            with self.engine.begin() as connection:
                connection.execute(sa.text("insert into outbox (id, body) values (:id, :body)"), row)

        def rows(self):
            with self.engine.begin() as connection:
                return [tuple(row) for row in connection.execute(sa.text("select * from outbox order by id"))]

    made = Outbox()
    with made.engine.begin() as connection:
        connection.execute(
            sa.text("create table outbox (id integer primary key autoincrement, body text, taken int)")
        )
    yield made
    made.engine.dispose()


def fill(side, cases=3, events=3):
    for sequence in range(1, events + 1):
        for case in range(cases):
            side.add(case, sequence)
    return cases * events


def delivered_at_least_once(side, bench, client):
    """Ended after every step, and with Kafka failing in between: each record is there, and copies are equal."""
    total = fill(side)
    for step in (Step.READ, Step.ACKNOWLEDGED, Step.NOTED):
        bench.run_killed(side.open, step)
    poll = side.open()
    client.fails_after = 1
    with pytest.raises(Away):
        poll.run_once()
    client.fails_after = None
    poll.run_once()
    assert len(set(client.values)) == total
    assert len(client.values) > total
    received = bench.metric("received_total")
    assert received == sum(bench.metric(f"{name}_total") for name in ("accepted", "duplicate", "rejected"))


def ordered_by_position(side, bench, client):
    """Per case by number; a row that commits late comes after what was taken before it."""
    fill(side)
    poll = side.open()
    poll.run_once()
    side.add_late(0)
    poll.run_once()
    sequences = [json.loads(value)["eventSeq"] for value in client.values if value and b'00000"' in value]
    assert sequences == [1, 2, 3, 1]


def ordered_as_served(side, bench, client):
    """Per case as the pages have it."""
    fill(side)
    side.open().run_once()
    of_case = [one.value for one in client.sent if one.key == "CG00000"]
    assert [int(value.split(b"<CHANGENO>")[1][:1]) for value in of_case] == [1, 2, 3]


def keeps_its_position(side, bench, client):
    """The next process takes only what is new."""
    fill(side)
    first = side.open()
    first.run_once()
    standing = first.standing()
    first.close()
    del client.sent[:]
    side.add(7, 1)
    second = side.open()
    assert second.standing() == standing
    second.run_once()
    assert len(client.sent) == 1


def keeps_the_window(side, bench, client):
    """The overlap is read again by the next process, and nothing of it is sent again."""
    fill(side)
    first = side.open()
    first.run_once()
    first.close()
    sent = len(client.sent)
    side.open().run_once()
    assert len(client.sent) == sent


def keeps_marks_owed(side, bench, client):
    """Ended between Kafka and the mark: the next process marks without sending."""
    fill(side)
    make = lambda: side.open(acknowledge={"column": "taken", "value": 1})  # noqa: E731 - a process to be
    bench.run_killed(make, Step.NOTED)
    make().run_once()
    assert all(row[2] == 1 for row in side.state())
    assert len(client.values) == len(set(client.values))


def keeps_etags(side, bench, client):
    """The next process asks with If-None-Match."""
    fill(side)
    first = side.open(since=None)
    first.run_once()
    first.close()
    side.open(since=None).run_once()
    assert bench.metric("unchanged_pages_total") >= 5


def keeps_commands(side, bench, client):
    """A rewind is done once, whoever asks again after a restart."""
    first = side.open()
    command = Command(id="c1", source=side.source, kind=Kind.REWIND, at=0, actor="desk", to_ms=0)
    first.obey(command)
    first.close()
    assert "c1" in side.open().done


def writes_nothing(side, bench, client):
    """The source is as it was, whatever was taken."""
    fill(side)
    before = side.state()
    side.open().run_once()
    assert side.state() == before


CHECKS: dict[object, Callable[..., None]] = {
    Delivery.AT_LEAST_ONCE: delivered_at_least_once,
    Order.PER_CASE_BY_POSITION: ordered_by_position,
    Order.PER_CASE_AS_SERVED: ordered_as_served,
    Kept.POSITION: keeps_its_position,
    Kept.WINDOW: keeps_the_window,
    Kept.MARKS_OWED: keeps_marks_owed,
    Kept.ETAGS: keeps_etags,
    Kept.COMMANDS: keeps_commands,
    Writes.NOTHING: writes_nothing,
    Writes.MARKS_IF_ASKED: writes_nothing,
}


def promises_of(declared):
    return {declared.delivery, declared.order, *declared.kept, declared.writes}


@pytest.mark.parametrize("promise", list(CHECKS), ids=lambda promise: promise.name.lower())
def test_a_declared_promise_holds(side, bench, kafka_client, promise):
    """Checked for the ways of polling that declare it."""
    if promise not in promises_of(side.declared):
        assert promise in promises_of(DATABASE if side.declared is HTTP else HTTP), "declared by the other"
        return
    CHECKS[promise](side, bench, kafka_client)


def test_every_promise_is_checked_and_every_check_is_promised():
    """No word without a test, no test without a word."""
    assert promises_of(DATABASE) | promises_of(HTTP) == set(CHECKS)
