"""The outbox poll on real databases: SQLite always, PostgreSQL where it is (in CI it must be)."""

import json
import stat

import pytest
import sqlalchemy as sa

from connectors.control import Command, Kind
from connectors.polls.errors import Away, Reason
from connectors.polls.steps import Step


def told(new_order, number, **more):
    return json.dumps(new_order(number, **more), ensure_ascii=False)


def add(outbox, new_order, *numbers):
    for number in numbers:
        outbox.add(id=number, body=told(new_order, number))


def sequence(kafka_client):
    """Which orders came, in their order."""
    return [int(json.loads(value)["orderId"][-5:]) for value in kafka_client.values]


def command(kind=Kind.REWIND, number=1, **more):
    return Command(id=f"c{number}", source="hotline", kind=kind, at=0, actor="desk", **more)


def test_rows_come_once_and_in_order_with_their_bytes_as_stored(
    bench, outbox, table_settings, new_order, kafka_client
):
    """Batches smaller than the table, an idle pass, and rows that come later."""
    poll = bench.database("hotline", table_settings(batch=3))
    add(outbox, new_order, *range(1, 11))
    assert poll.run_once()
    assert poll.run_once()
    add(outbox, new_order, 11)
    assert poll.run_once()
    assert sequence(kafka_client) == list(range(1, 12))
    assert kafka_client.sent[0].key == "HL2026111000001"
    assert kafka_client.values[0] == told(new_order, 1).encode()
    assert bench.metric("received_total") == bench.metric("accepted_total") == 11


@pytest.mark.parametrize("outbox", ["postgresql"], indirect=True)  # SQLite has one writer at a time
def test_a_row_that_commits_late_with_a_lower_number_is_not_missed(
    bench, outbox, table_settings, new_order, kafka_client
):
    """A transaction takes number 5, stays open while 6 and 7 are committed and taken, and commits then."""
    poll = bench.database("hotline", table_settings())
    add(outbox, new_order, 1, 2, 3, 4)
    with outbox.engine.connect() as slow:
        late = slow.begin()
        outbox.add(slow, id=5, body=told(new_order, 5))
        add(outbox, new_order, 6, 7)
        poll.run_once()
        assert sequence(kafka_client) == [1, 2, 3, 4, 6, 7]
        bench.clock.pass_by(50)
        poll.run_once()
        late.commit()
    poll.run_once()
    assert sequence(kafka_client) == [1, 2, 3, 4, 6, 7, 5]
    assert bench.metric("late_total") == 1


def test_the_overlap_is_measured_from_reading_not_from_the_last_row(
    bench, outbox, table_settings, new_order, kafka_client
):
    """A lower number that appears within the overlap is found, one after it is not: that is the limit."""
    poll = bench.database("hotline", table_settings(overlap_seconds=60))
    add(outbox, new_order, 10, 20)
    poll.run_once()
    bench.clock.pass_by(30)
    poll.run_once()
    bench.clock.pass_by(29)
    add(outbox, new_order, 15)
    poll.run_once()
    assert sequence(kafka_client) == [10, 20, 15]
    bench.clock.pass_by(61)
    poll.run_once()
    add(outbox, new_order, 16)
    poll.run_once()
    assert sequence(kafka_client) == [10, 20, 15]
    add(outbox, new_order, 21)
    poll.run_once()
    assert sequence(kafka_client) == [10, 20, 15, 21]


def test_a_late_row_is_found_although_the_hub_was_off_for_longer_than_the_overlap(
    bench, outbox, table_settings, new_order, kafka_client
):
    """The window's start moves only by a reading: what committed while the hub was off is still inside."""
    first = bench.database("hotline", table_settings(overlap_seconds=60))
    add(outbox, new_order, 10, 20)
    first.run_once()
    first.close()
    bench.clock.pass_by(30)
    add(outbox, new_order, 15)
    bench.clock.pass_by(86_400)
    bench.database("hotline", table_settings(overlap_seconds=60)).run_once()
    assert sequence(kafka_client) == [10, 20, 15]


def test_a_long_row_of_late_rows_comes_in_order(bench, outbox, table_settings, new_order, kafka_client):
    """More late rows than a batch, in several pieces."""
    poll = bench.database("hotline", table_settings(batch=4))
    add(outbox, new_order, 100)
    poll.run_once()
    add(outbox, new_order, *range(1, 12))
    poll.run_once()
    assert sequence(kafka_client) == [100, *range(1, 12)]


def test_rows_are_written_to_kafka_again_until_it_has_acknowledged_them(
    bench, outbox, table_settings, new_order, kafka_client
):
    """Kafka takes two of five and fails: no position moves, all five are sent again, in order."""
    poll = bench.database("hotline", table_settings())
    add(outbox, new_order, *range(1, 6))
    kafka_client.fails_after = 2
    with pytest.raises(Away) as away:
        poll.run_once()
    assert away.value.reason is Reason.KAFKA
    assert poll.standing() == "the start"
    kafka_client.fails_after = None
    assert poll.run_once()
    assert sequence(kafka_client) == [1, 2, 1, 2, 3, 4, 5]
    assert bench.metric("accepted_total") == 5


def test_the_source_is_never_written_to_without_acknowledge(bench, outbox, table_settings, new_order, monkeypatch):
    """The reading connection refuses to write, by the database's own word."""
    poll = bench.database("hotline", table_settings())
    add(outbox, new_order, 1, 2)
    before = outbox.rows()
    poll.run_once()
    poll.run_once()
    assert outbox.rows() == before
    with poll._table._reader.connect() as connection, pytest.raises(sa.exc.DBAPIError) as refused:
        connection.execute(sa.text(f"update {outbox.table} set taken = 1"))
    assert "read" in str(refused.value).lower()
    assert poll._table._writer is None


def test_with_acknowledge_rows_are_marked_after_kafka_has_them(
    bench, outbox, table_settings, new_order, kafka_client
):
    """No mark while Kafka fails; all marks after it took them; a mark that stands is not written again."""
    poll = bench.database("hotline", table_settings(acknowledge={"column": "taken", "value": 1}))
    add(outbox, new_order, 1, 2, 3)
    outbox.run("update {table} set taken = 1 where id = 2")
    kafka_client.fails_after = 2
    with pytest.raises(Away):
        poll.run_once()
    assert outbox.rows("id, taken") == [(1, None), (2, 1), (3, None)]
    kafka_client.fails_after = None
    poll.run_once()
    assert outbox.rows("id, taken") == [(1, 1), (2, 1), (3, 1)]
    assert bench.metric("marked_total") == 2
    assert bench.metric("marks_owed") == 0


def test_marks_are_written_in_the_order_in_which_rows_were_taken(bench, outbox, table_settings, new_order):
    """A trigger of the source's own writes down the order: a late row is marked late."""
    outbox.run("create table {table}_seen (n integer primary key, id integer)")
    if outbox.engine.dialect.name == "sqlite":
        outbox.run(
            "create trigger {table}_t after update on {table} "
            "begin insert into {table}_seen (id) values (new.id); end"
        )
    else:
        outbox.run("create sequence {table}_n")
        outbox.run("alter table {table}_seen alter n set default nextval('{table}_n')")
        outbox.run(
            "create function {table}_f() returns trigger language plpgsql as "
            "$$ begin insert into {table}_seen (id) values (new.id); return new; end $$"
        )
        outbox.run("create trigger {table}_t after update on {table} for each row execute function {table}_f()")
    poll = bench.database("hotline", table_settings(batch=2, acknowledge={"column": "taken", "value": 1}))
    add(outbox, new_order, 2, 3, 4)
    poll.run_once()
    add(outbox, new_order, 1, 5)
    poll.run_once()
    with outbox.engine.begin() as connection:
        seen = connection.execute(sa.text(f"select id from {outbox.table}_seen order by n")).scalars().all()
    assert seen == [2, 3, 4, 1, 5]


def test_rows_are_taken_although_they_cannot_be_marked(bench, outbox, table_settings, new_order, kafka_client):
    """A source that refuses the mark is told of; its rows do not wait, and are marked once it allows it."""
    poll = bench.database("hotline", table_settings(acknowledge={"column": "taken", "value": 1}))
    add(outbox, new_order, 1)
    poll.run_once()
    outbox.run("create unique index {table}_one on {table} (taken)")
    add(outbox, new_order, 2, 3)
    with pytest.raises(Away):
        poll.run_once()
    assert sequence(kafka_client) == [1, 2, 3]
    assert bench.metric("marks_owed") == 2
    outbox.run("drop index {table}_one")
    poll.run_once()
    assert outbox.rows("id, taken") == [(1, 1), (2, 1), (3, 1)]
    assert sequence(kafka_client) == [1, 2, 3]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (Step.READ, [1, 2, 3, 4]),
        (Step.ACKNOWLEDGED, [1, 2, 1, 2, 3, 4]),
        (Step.NOTED, [1, 2, 3, 4]),
        (Step.MARKED, [1, 2, 3, 4]),
        (Step.MARKS_NOTED, [1, 2, 3, 4]),
        (Step.SETTLED, [1, 2, 3, 4]),
    ],
)
def test_ended_after_each_step_no_row_is_lost_and_every_mark_is_made(
    bench, outbox, table_settings, new_order, kafka_client, step, expected
):
    """Only between Kafka's acknowledgement and the journal are rows sent again, with the same bytes."""

    def make():
        return bench.database("hotline", table_settings(batch=2, acknowledge={"column": "taken", "value": 1}))

    if step is Step.SETTLED:  # it comes after a first pass
        first = make()
        add(outbox, new_order, 1, 2)
        first.run_once()
        first.close()
        add(outbox, new_order, 3, 4)
    else:
        add(outbox, new_order, 1, 2, 3, 4)
    bench.run_killed(make, step)
    make().run_once()
    assert sequence(kafka_client) == expected
    assert outbox.rows("id, taken") == [(number, 1) for number in range(1, 5)]


def test_a_lost_journal_begins_at_the_start_with_the_same_bytes(
    bench, outbox, table_settings, new_order, kafka_client
):
    """So unify drops what it has seen."""
    first = bench.database("hotline", table_settings())
    add(outbox, new_order, 1, 2)
    first.run_once()
    first.close()
    for file in (bench.data_dir / "polls").iterdir():
        file.unlink()
    bench.database("hotline", table_settings()).run_once()
    assert kafka_client.values[:2] == kafka_client.values[2:]


def test_a_second_process_on_the_same_journal_is_refused(bench, outbox, table_settings):
    """Two would take every row twice."""
    bench.database("hotline", table_settings())
    with pytest.raises(Away, match="another process"):
        bench.database("hotline", table_settings())


def test_columns_become_the_native_message(bench, outbox, table_settings, kafka_client):
    """Numbers, instants and nulls as the source would write them, in the order of the settings."""
    outbox.run("drop table {table}")
    instant = "text" if outbox.engine.dialect.name == "sqlite" else "timestamptz"
    outbox.create(f"id integer primary key, order_no text, seq integer, at {instant}, what text, phone text")
    at = "2026-11-10 07:42:18" if instant == "text" else "2026-11-09 23:42:18.25+00"
    outbox.add(id=1, order_no="HL2026111000001", seq=1, at=at, what="暖气不热", phone=None)
    columns = {"orderId": "order_no", "eventSeq": "seq", "eventTime": "at", "majorContent": "what"}
    columns |= {"callerPhone": "phone"}
    poll = bench.database("hotline", table_settings(payload=None, columns=columns))
    poll.run_once()
    assert json.loads(kafka_client.values[0]) == {
        "orderId": "HL2026111000001",
        "eventSeq": 1,
        "eventTime": "2026-11-10 07:42:18",
        "majorContent": "暖气不热",
    }


def test_a_position_of_time_tells_rows_of_one_instant_apart(bench, outbox, table_settings, new_order, kafka_client):
    """Many rows of one second over several batches; one of them commits late; one is from the year 2100."""
    outbox.run("drop table {table}")
    kind = "text" if outbox.engine.dialect.name == "sqlite" else "timestamp"
    outbox.create(f"id text primary key, at {kind} not null, body text")

    def put(number, at="2026-10-10 10:00:00"):
        outbox.add(id=f"k{number:03d}", at=at, body=told(new_order, number))

    bench.clock.now = 1_794_000_000_000  # November 2026
    poll = bench.database("hotline", table_settings(batch=3, position={"column": "at", "kind": "time"}, key="id"))
    for number in (1, 2, 3, 4, 6, 7):
        put(number)
    put(99, "2100-01-01 00:00:00")
    poll.run_once()
    assert sequence(kafka_client) == [1, 2, 3, 4, 6, 7, 99]
    put(5)
    put(8, "2026-10-10 10:00:01")
    poll.run_once()
    assert sequence(kafka_client) == [1, 2, 3, 4, 6, 7, 99, 5, 8]
    for _ in range(3):
        bench.clock.pass_by(120)
        poll.run_once()
    put(9, "2026-10-10 10:00:02")
    poll.run_once()
    assert sequence(kafka_client) == [1, 2, 3, 4, 6, 7, 99, 5, 8, 9]


def test_a_row_that_cannot_be_read_goes_on_and_holds_up_nobody(
    bench, outbox, table_settings, new_order, kafka_client
):
    """Its bytes go to the raw topic as they are: unify makes the dead letter."""
    poll = bench.database("hotline", table_settings())
    add(outbox, new_order, 1)
    outbox.add(id=2, body="{not json")
    outbox.add(id=3, body=None)
    add(outbox, new_order, 4)
    poll.run_once()
    assert kafka_client.values[1:3] == [b"{not json", b""]
    assert bench.metric("rejected_total") == 2
    assert bench.metric("received_total") == 4


def test_a_rewind_goes_back_to_an_instant_a_position_or_the_start(
    bench, outbox, table_settings, new_order, kafka_client
):
    """Rows since then are sent again, once; the same command again does nothing; ahead is refused."""
    poll = bench.database("hotline", table_settings())
    add(outbox, new_order, 1, 2)
    poll.run_once()
    bench.clock.pass_by(100)
    instant = bench.clock.now
    bench.clock.pass_by(100)
    add(outbox, new_order, 3, 4)
    poll.run_once()
    del kafka_client.sent[:]
    poll.obey(command(number=1, to_ms=instant))
    poll.run_once()
    assert sequence(kafka_client) == [3, 4]
    poll.obey(command(number=2, to_position="2"))
    poll.run_once()
    assert sequence(kafka_client) == [3, 4, 2, 3, 4]
    poll.obey(command(number=3, to_position="99"))
    poll.obey(command(number=4, to_position="tomorrow"))
    poll.run_once()
    assert sequence(kafka_client) == [3, 4, 2, 3, 4]
    outcomes = poll.done.outcomes()
    assert [outcomes[f"c{number}"].outcome for number in range(1, 5)] == ["done", "done", "failed", "failed"]
    poll.obey(command(number=5, to_ms=0))
    poll.run_once()
    assert sequence(kafka_client) == [3, 4, 2, 3, 4, 1, 2, 3, 4]


@pytest.mark.parametrize("case", [None, "case_no"])
def test_a_reimport_sends_chosen_cases_and_events_again(
    bench, outbox, table_settings, new_order, kafka_client, case
):
    """By source case id or source event id, with or without a column for it; the position stays."""
    outbox.run("alter table {table} add case_no text")
    poll = bench.database("hotline", table_settings(batch=2, case=case))
    for number, (of_case, seq) in enumerate([(1, 1), (2, 1), (1, 2), (3, 1), (3, 2)], 1):
        message = new_order(number, case=of_case, sequence=seq)
        outbox.add(id=number, body=json.dumps(message), case_no=message["orderId"])
    poll.run_once()
    del kafka_client.sent[:]
    poll.obey(command(Kind.REIMPORT, ids=("HL2026111000001", "HL2026111000003/2")))
    assert [(json.loads(v)["orderId"][-1], json.loads(v)["eventSeq"]) for v in kafka_client.values] == [
        ("1", 1),
        ("1", 2),
        ("3", 2),
    ]
    assert "c1" in poll.done
    assert poll.standing() == "5"


def test_a_pause_stops_between_batches_and_goes_on_where_it_stopped(
    bench, outbox, table_settings, new_order, kafka_client
):
    """A pass that is told to stop is not whole; the next one goes on."""
    poll = bench.database("hotline", table_settings(batch=2))
    add(outbox, new_order, 1, 2, 3)
    bench.is_paused = True
    assert not poll.run_once()
    assert sequence(kafka_client) == []
    bench.is_paused = False
    assert poll.run_once()
    assert sequence(kafka_client) == [1, 2, 3]


def test_a_missing_table_or_column_is_told_and_comes_right_by_itself(
    bench, outbox, table_settings, new_order, kafka_client
):
    """The edge goes on trying: the IT desk may make it while the hub runs."""
    outbox.run("alter table {table} rename body to text")
    poll = bench.database("hotline", table_settings())
    with pytest.raises(Away, match="there is no column body"):
        poll.run_once()
    outbox.run("alter table {table} rename to {table}_away")
    with pytest.raises(Away):
        poll.run_once()
    outbox.run("alter table {table}_away rename to {table}")
    outbox.run("alter table {table} rename text to body")
    add(outbox, new_order, 1)
    poll.run_once()
    assert sequence(kafka_client) == [1]


def test_a_backlog_is_not_read_again_every_time(bench, outbox, table_settings, new_order, kafka_client):
    """10,500 rows in the window: it is read again four times in an overlap, and a late row is still found."""
    with outbox.engine.begin() as connection:
        body = told(new_order, 1)
        rows = [{"id": 2 * number, "body": body} for number in range(1, 10_501)]
        connection.execute(sa.text(f"insert into {outbox.table} (id, body) values (:id, :body)"), rows)
    poll = bench.database("hotline", table_settings(batch=5000))
    poll.run_once()
    reads = []
    places = poll._table.places
    poll._table.places = lambda low, high: (reads.append(high), places(low, high))[1]
    add(outbox, new_order, 7)
    for _ in range(8):
        bench.clock.pass_by(7)
        poll.run_once()
    assert len(kafka_client.sent) == 10_501
    assert 3 <= len(reads) <= 5


def test_a_missing_file_of_sqlite_is_an_error_and_is_not_made(bench, tmp_path, monkeypatch):
    """A wrong path must not leave an empty database at the source."""
    from connectors.polls.settings import DatabaseSettings

    monkeypatch.setenv("OUTBOX_URL", f"sqlite:///{tmp_path}/nowhere.db")
    settings = DatabaseSettings.model_validate({"url": "env:OUTBOX_URL", "table": "t", "payload": "body"})
    poll = bench.database("hotline", settings)
    with pytest.raises(Away):
        poll.run_once()
    assert not (tmp_path / "nowhere.db").exists()


def test_postgresql_that_goes_away_is_asked_again(bench, postgres, monkeypatch, new_order, kafka_client):
    """The server is stopped in the middle and started again: the same poll goes on, nothing lost."""
    from connectors.polls.settings import DatabaseSettings

    engine = sa.create_engine(postgres.url.replace("postgresql:", "postgresql+psycopg:"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("create table away (id bigint primary key, body jsonb)"))
        connection.execute(
            sa.text("insert into away values (1, cast(:b as jsonb))"), {"b": json.dumps(new_order(1))}
        )
    monkeypatch.setenv("OUTBOX_URL", postgres.url)
    settings = DatabaseSettings.model_validate({"url": "env:OUTBOX_URL", "table": "public.away", "payload": "body"})
    poll = bench.database("hotline", settings)
    poll.run_once()
    postgres.stop()
    with pytest.raises(Away) as away:
        poll.run_once()
    assert away.value.reason is Reason.DATABASE
    postgres.start()
    with engine.begin() as connection:
        connection.execute(
            sa.text("insert into away values (2, cast(:b as jsonb))"), {"b": json.dumps(new_order(2))}
        )
    poll.run_once()
    assert sequence(kafka_client) == [1, 2]


def test_the_journal_holds_no_message(bench, outbox, table_settings, new_order):
    """Positions and keys only: a caller's words stay in the source and in the raw topic."""
    poll = bench.database("hotline", table_settings())
    add(outbox, new_order, 1)
    poll.run_once()
    for file in (bench.data_dir / "polls").iterdir():
        assert "室温".encode() not in file.read_bytes()
        assert stat.S_ISREG(file.stat().st_mode)
