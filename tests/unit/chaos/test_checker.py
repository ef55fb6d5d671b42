"""The outside checker catches every kind of planted fault, and none where there is none."""

import json
from collections.abc import Mapping

import pytest

from hub.chaos.checker import Stage, check
from hub.chaos.findings import DOUBLED, KINDS, LOST, REORDERED, UNACCOUNTED, WRONG_STATE
from hub.domain.dead_letter import Cause
from hub.domain.errors import Rejected
from hub.simulation.message import Expected
from streams.runtime.api import Output, Prepared, Record, Result, Row
from streams.runtime.rows import TALLY_KEY

RAW, EVENTS, LETTERS, CHANGELOG = "raw.test", "events", "dead.letters", "memory"
PARTITIONS = 2


class Once:
    """A small stage: passes each value on once, counts resends, refuses `bad`, sends `a,b` back as two records."""

    name = "once"
    inputs = (RAW,)
    changelog = CHANGELOG

    def prepare(self, record: Record) -> Prepared:
        value = record.value or b""
        if value == b"bad":
            raise Rejected("bad_value")
        return Prepared((value,), value)

    def process(self, record: Record, prepared: Prepared, rows: Mapping[bytes, Row | None], now: int) -> Result:
        value = prepared.decoded
        if b"," in value:
            singles = [
                Output(RAW, record.key, part, [("from", b"%d" % record.offset)]) for part in value.split(b",")
            ]
            return Result(outputs=singles, counts={"resplit.test": 1})
        if rows[value] is not None:
            return Result(counts={"duplicate.test": 1})
        place = b"%d/%d " % (record.partition, record.offset)
        return Result([Output(EVENTS, record.key, place + value)], {value: Row(place)}, {"accepted.test": 1})

    def fire(self, key: bytes, due: int, row: Row, now: int) -> Result:
        raise AssertionError("this stage sets no timers")


STAGES = (Stage(Once(), (EVENTS,), CHANGELOG),)


def _append(log: dict[str, list[Record]], topic: str, partition: int, key, value, headers=()) -> Record:
    offset = sum(record.partition == partition for record in log[topic])
    record = Record(topic, partition, offset, key, value, headers, 0)
    log[topic].append(record)
    return record


@pytest.fixture
def log() -> dict[str, list[Record]]:
    """What the topics hold after a right run: resends, a bad record, and a batch that went back."""
    log: dict[str, list[Record]] = {RAW: [], EVENTS: [], LETTERS: [], CHANGELOG: []}
    stage = Once()
    tallies: dict[int, dict[str, int]] = {0: {}, 1: {}}
    rows: dict[bytes, Row] = {}
    queue = [(n % PARTITIONS, b"case-%d" % (n % 4), b"v%d" % n) for n in range(40)]
    queue += [(0, b"case-0", b"v0"), (1, b"case-1", b"bad"), (1, b"case-1", b"v100,v101,v1")]
    while queue:
        partition, key, value, *headers = queue.pop(0)
        record = _append(log, RAW, partition, key, value, *headers)
        try:
            prepared = stage.prepare(record)
        except Rejected as rejected:
            cause = Cause(rejected.reason, "once", topic=RAW, partition=partition, offset=record.offset)
            _append(log, LETTERS, partition, key, value, cause.headers())
            continue
        result = stage.process(record, prepared, {key: rows.get(key) for key in prepared.keys}, 0)
        for output in result.outputs:
            if output.topic == RAW:
                queue.append((partition, output.key, output.value, output.headers))
            else:
                _append(log, output.topic, partition, output.key, output.value)
        for row_key, row in result.puts.items():
            rows[row_key] = row
            _append(log, CHANGELOG, partition, row_key, row.value)
        for name, count in result.counts.items():
            tallies[partition][name] = tallies[partition].get(name, 0) + count
        _append(log, CHANGELOG, partition, TALLY_KEY, json.dumps(tallies[partition]).encode())
    return log


def _counts(log: dict[str, list[Record]], published: Expected | None = None) -> dict[str, int]:
    findings = check(log, STAGES, LETTERS, published)
    return {kind: findings.counts[kind] for kind in KINDS if findings.counts[kind]}


def test_a_right_run_holds(log):
    """Nothing differs, and the facts add up to what was published."""
    published = Expected()
    published.verdicts.update({"accepted": 42, "duplicate": 2, "dead": 1})

    findings = check(log, STAGES, LETTERS, published)

    assert findings.holds, findings.examples
    assert findings.facts["accepted"] + findings.facts["duplicate"] + findings.facts["dead"] == 45


def test_a_lost_event_is_caught(log):
    """An accepted record without its event is lost, and has no end."""
    del log[EVENTS][7]

    assert _counts(log) == {LOST: 1, UNACCOUNTED: 1}


def test_a_doubled_event_is_caught(log):
    """The same event a second time."""
    first = log[EVENTS][5]
    _append(log, EVENTS, first.partition, first.key, first.value)

    assert _counts(log) == {DOUBLED: 1}


def test_two_swapped_events_of_a_case_are_caught(log):
    """Both events are there; the later one of the case stands first."""
    case = [index for index, record in enumerate(log[EVENTS]) if record.key == b"case-2"]
    first, second = case[3], case[4]
    events = log[EVENTS]
    events[first], events[second] = events[second], events[first]

    assert _counts(log) == {REORDERED: 1}


def test_swapped_events_of_different_cases_are_no_fault(log):
    """Order is promised within a case only."""
    events = log[EVENTS]
    assert events[0].key != events[2].key
    events[0], events[2] = events[2], events[0]

    assert _counts(log) == {}


def test_events_of_a_case_in_two_partitions_are_caught(log):
    """Where a case is spread over partitions nobody can read it in order."""
    last = log[EVENTS][-1]
    log[EVENTS][-1] = last._replace(partition=1 - last.partition)

    assert _counts(log) == {REORDERED: 1}


def test_a_wrong_state_is_caught(log):
    """A row that differs in one byte from the recomputation."""
    index = next(index for index, record in enumerate(log[CHANGELOG]) if record.key == b"v9")
    log[CHANGELOG][index] = log[CHANGELOG][index]._replace(value=b"0/99 ")

    assert _counts(log) == {WRONG_STATE: 1}


def test_a_missing_row_and_a_stray_row_are_caught(log):
    """State must hold every row and no other."""
    log[CHANGELOG] = [record for record in log[CHANGELOG] if record.key != b"v9"]
    _append(log, CHANGELOG, 0, b"stray", b"0/0 ")

    assert _counts(log) == {WRONG_STATE: 2}


def test_a_wrong_tally_is_caught(log):
    """A counter that counted a record twice."""
    tallies = json.loads(log[CHANGELOG][-1].value)
    tallies["accepted.test"] += 1
    log[CHANGELOG][-1] = log[CHANGELOG][-1]._replace(value=json.dumps(tallies).encode())

    assert _counts(log) == {WRONG_STATE: 1}


def test_an_event_that_follows_from_no_record_is_unaccounted(log):
    """For example one from an aborted transaction of another run."""
    _append(log, EVENTS, 0, b"case-0", b"0/999 v999")

    assert _counts(log) == {UNACCOUNTED: 1}


def test_an_event_with_other_bytes_is_lost_and_unaccounted(log):
    """Right key, wrong content: the expected event is missing, its record has no end, and this one is foreign."""
    log[EVENTS][3] = log[EVENTS][3]._replace(value=b"spoiled")

    assert _counts(log) == {LOST: 1, UNACCOUNTED: 2}


def test_a_lost_a_doubled_and_a_wrong_dead_letter_are_caught(log):
    """One dead letter with its reason for each record that cannot be read, none for others."""
    (letter,) = log[LETTERS]
    log[LETTERS] = []
    assert _counts(log) == {LOST: 1, UNACCOUNTED: 1}

    log[LETTERS] = [letter, letter]
    assert _counts(log) == {DOUBLED: 1}

    wrong = Cause("bad_time", "once", topic=RAW, partition=1, offset=int(Cause.read(list(letter.headers)).offset))
    log[LETTERS] = [letter._replace(headers=wrong.headers())]
    assert _counts(log) == {UNACCOUNTED: 1}


def test_a_dead_letter_of_a_good_record_is_unaccounted(log):
    """A record that ended as an event must not be a dead letter as well."""
    _append(
        log, LETTERS, 0, b"case-0", b"v0", Cause("bad_value", "once", topic=RAW, partition=0, offset=0).headers()
    )

    assert _counts(log) == {UNACCOUNTED: 1}


def test_a_lost_and_a_doubled_record_of_a_batch_are_caught(log):
    """Single records that a batch was sent back as stand in the raw topic exactly once."""
    sent_back = [index for index, record in enumerate(log[RAW]) if record.headers]
    doubled = log[RAW][sent_back[-1]]
    _append(log, RAW, doubled.partition, doubled.key, doubled.value, doubled.headers)
    counts = _counts(log)
    assert counts[DOUBLED] == 1

    del log[RAW][-1]
    del log[RAW][sent_back[-1]]
    assert _counts(log)[LOST] == 1


def test_a_record_that_was_never_published_to_kafka_is_unaccounted(log):
    """The publisher knows of 46 records; the topics hold the ends of 45."""
    published = Expected()
    published.verdicts.update({"accepted": 43, "duplicate": 2, "dead": 1})

    assert _counts(log, published) == {UNACCOUNTED: 1}


def test_examples_name_places_and_never_content(log):
    """What the checker prints may be pasted into a ticket: topic, partition and offset, no key, no value."""
    log[EVENTS][3] = log[EVENTS][3]._replace(value=b"secret-value", key=b"secret-key")

    assert "secret" not in " ".join(check(log, STAGES, LETTERS).examples)
