"""The checker on what the real stages make of a simulated morning: silent when right, loud at each fault."""

from collections import Counter
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from connectors.sources import SOURCES
from hub.chaos import KINDS, Stage, check
from hub.chaos.cell import stages_of
from hub.chaos.findings import DOUBLED, LOST, REORDERED, UNACCOUNTED, WRONG_STATE
from hub.city import load_city
from hub.domain.errors import Rejected
from hub.reading import partition_of
from hub.settings import load
from hub.simulation import Message, expected_of, simulate
from hub.topics import Catalogue, catalogue
from streams.runtime.api import Output, Record
from streams.runtime.batch import Limits, Share
from streams.runtime.config import MAX_OUTPUT_BYTES
from streams.runtime.driver import MemoryRows
from streams.runtime.letters import DeadLetters
from streams.runtime.recovery import DUE_HEADER
from streams.runtime.rows import TALLY_KEY
from streams.runtime.tally import INTERNAL, encode

PARTITIONS = 3
BATCH = 40


class Topics:
    """Topics in memory: each record gets the partition of its key and the next offset there."""

    def __init__(self) -> None:
        self.log: dict[str, list[Record]] = {topic.name: [] for topic in catalogue().topics}
        self._next: Counter[tuple[str, int]] = Counter()

    def emit(self, output: Output) -> None:
        """Append one record."""
        partition = partition_of(output.key or b"", PARTITIONS)
        self.append(output.topic, partition, output.key, output.value, list(output.headers))

    def append(self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Any) -> None:
        """Append one record to a partition."""
        offset = self._next[topic, partition]
        self._next[topic, partition] += 1
        self.log[topic].append(Record(topic, partition, offset, key, value, headers, 1_790_000_000_000))


def publish(topics: Topics, names: Catalogue, messages: list[Message]) -> None:
    """As the edge does: one record a message, what cannot be split goes as it is."""
    for message in messages:
        source, topic = SOURCES[message.source], names.raw(message.source)
        whole = Output(
            topic,
            None if message.raw_key is None else message.raw_key.encode(),
            message.payload,
            [(name, text.encode()) for name, text in message.headers.items()],
        )
        try:
            singles = [] if message.goes_raw else list(source.split(message.payload, message.headers))
        except Rejected:
            singles = []
        for single in singles:
            headers = [(name, text.encode()) for name, text in single.headers.items()]
            topics.emit(Output(topic, None if single.key is None else single.key.encode(), single.value, headers))
        if not singles:
            topics.emit(whole)


def work_off(topics: Topics, stage: Stage, dead_letters: str, quarantine: Path) -> None:
    """Run a stage in batches until nothing of its input is left."""
    processor = stage.processor
    letters = DeadLetters(dead_letters, processor.name, quarantine)
    limits = Limits(MAX_OUTPUT_BYTES, frozenset(processor.inputs))
    stores = [MemoryRows() for _ in range(PARTITIONS)]
    taken: Counter[str] = Counter()
    while batch := _next_batch(topics, processor.inputs, taken):
        for partition, rows in enumerate(stores):
            share = Share(processor, rows, letters, topics.emit, limits)
            share.run_records([record for record in batch if record.partition == partition], 0)
            for key, row in share.changed.items():
                due = [] if row is None or row.due is None else [(DUE_HEADER, row.due.to_bytes(8, "big"))]
                topics.append(processor.changelog, partition, key, row and row.value, due)
            rows.apply(share.changes({}))
            topics.append(stage.memory, partition, TALLY_KEY, encode(rows.tallies()), INTERNAL)


def _next_batch(topics: Topics, inputs: Any, taken: Counter[str]) -> list[Record]:
    batch: list[Record] = []
    for topic in inputs:
        batch += topics.log[topic][taken[topic] : taken[topic] + BATCH]
        taken[topic] = min(taken[topic] + BATCH, len(topics.log[topic]))
    return batch


@pytest.fixture(scope="module")
def names() -> Catalogue:
    """The catalogue that ships with the hub."""
    return catalogue()


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> list[Stage]:
    """The real unify and casework."""
    return stages_of(load(data_dir=tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="module")
def messages() -> list[Message]:
    """The first messages of a simulated day."""
    return list(islice(simulate(300, 5, date(2026, 11, 10), load_city(load().city)), 450))


@pytest.fixture(scope="module")
def finished(names, stages, messages, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Record]]:
    """What the topics hold when all is worked off."""
    topics = Topics()
    publish(topics, names, messages)
    for stage in stages:
        work_off(topics, stage, names.dead_letters, tmp_path_factory.mktemp("quarantine"))
    return topics.log


@pytest.fixture
def log(finished) -> dict[str, list[Record]]:
    """A copy to plant a fault in."""
    return {topic: list(records) for topic, records in finished.items()}


@pytest.fixture
def found(log, stages, names, messages):
    """Runs the checker on the log as it now is: the counts that are not zero."""

    def run() -> dict[str, int]:
        findings = check(log, stages, names.dead_letters, expected_of(messages))
        return {kind: findings.counts[kind] for kind in KINDS if findings.counts[kind]}

    return run


def test_a_right_run_holds(log, found, names):
    """Events, dispatches, states and dead letters are there, and nothing differs."""
    assert found() == {}
    assert len(log[names.case_events]) > 400
    assert all(log[topic] for topic in names.dispatches)
    assert log[names.dead_letters]


def test_a_lost_event_is_caught(log, found, names):
    """With the event its dispatch and state are foreign to what is left, so more than one number speaks."""
    del log[names.case_events][100]

    assert found()[LOST] >= 1


def test_a_doubled_dispatch_is_caught(log, found, names):
    """An endpoint that is told twice."""
    dispatches = log[names.dispatch("street")]
    dispatches.append(dispatches[0]._replace(offset=999_999))

    assert found() == {DOUBLED: 1}


def test_a_lost_dispatch_is_caught(log, found, names):
    """A case whose only output was this dispatch ends as nothing; one with others only lost it."""
    del log[names.dispatch("county")][2]

    counts = found()
    assert counts[LOST] == 1
    assert set(counts) <= {LOST, UNACCOUNTED}


def test_two_swapped_events_of_a_case_are_caught(log, found, names):
    """The log tells another order than the source did."""
    events = log[names.case_events]
    first, second = _two_of_one_case(events)
    events[first], events[second] = (
        events[second]._replace(offset=events[first].offset),
        events[first]._replace(offset=events[second].offset),
    )

    assert found()[REORDERED] == 1


def test_a_wrong_state_is_caught(log, found, names):
    """One byte in one row."""
    states = log[names.case_state]
    last = states[-1]
    states[-1] = last._replace(value=last.value[:-1] + bytes([last.value[-1] ^ 1]))

    assert found() == {WRONG_STATE: 1}


def test_a_raw_record_that_no_stage_has_seen_is_caught(log, found, names):
    """Acknowledged, and then nothing became of it: neither its event nor its caller's contact in the vault."""
    raw = log[names.raw("hotline")]
    fresh = raw[0].value.replace(b"HL2026", b"HL2099")
    key = raw[0].key.replace(b"HL2026", b"HL2099")
    raw.append(raw[0]._replace(offset=999_999, key=key, value=fresh))

    counts = found()
    assert counts[LOST] == 2
    assert counts[UNACCOUNTED] >= 1


def _two_of_one_case(events: list[Record]) -> tuple[int, int]:
    """Places of two neighbouring events of one case that came from one source."""
    seen: dict[bytes | None, int] = {}
    for index, event in enumerate(events):
        if event.key in seen and event.key is not None and event.key.startswith(b"citymgmt:"):
            return seen[event.key], index
        seen[event.key] = index
    raise AssertionError("no case with two events")
