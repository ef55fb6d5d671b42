"""Rebuilds every case from its log, in memory, and compares it with the live state byte for byte."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from hub.reading import Reader
from hub.replay import Done, Replay, TimerLog, record_of, rows_of
from hub.topics import Catalogue
from schemas.codec import Codec
from streams.runtime.api import Processor, Record, Row

_EXAMPLES = 50


@dataclass(slots=True)
class Rebuilt:
    """How many cases were compared and which of them differ, with what of each. `ahead` moved on meanwhile."""

    cases: int = 0
    events: int = 0
    timers: int = 0
    ahead: int = 0
    differences: list[str] = field(default_factory=list)
    differing: int = 0

    def differ(self, what: str) -> None:
        """One more case that differs; the first ones are kept to be shown."""
        self.differing += 1
        if len(self.differences) < _EXAMPLES:
            self.differences.append(what)

    def add(self, other: "Rebuilt") -> None:
        """What was found in other partitions."""
        self.cases += other.cases
        self.events += other.events
        self.timers += other.timers
        self.ahead += other.ahead
        self.differences += other.differences[: _EXAMPLES - len(self.differences)]
        self.differing += other.differing


def rebuild(
    bootstrap: str,
    topics: Catalogue,
    codec: Codec,
    processor: Processor,
    partitions: Collection[int] | None = None,
) -> Rebuilt:
    """Partition by partition, or these alone: the live rows first, so that the log is never behind them."""
    found = Rebuilt()
    with Reader(bootstrap) as reader:
        for partition in reader.partitions(topics.case_state):
            if partitions is not None and partition not in partitions:
                continue
            live = rows_of(record_of(one) for one in reader.scan(topics.case_state, partition=partition))
            facts = (codec.decode(one.value or b"") for one in reader.scan(topics.sla_events, partition=partition))
            timers = TimerLog.of(facts)
            found.timers += sum(len(versions) for versions in timers.versions.values())
            events = reader.scan(topics.case_events, partition=partition)
            compare(found, live, (record_of(one) for one in events), timers, processor, codec)
    return found


def compare(
    found: Rebuilt,
    live: dict[bytes, Row],
    records: Iterable[Record],
    timers: TimerLog,
    processor: Processor,
    codec: Codec,
) -> None:
    """One partition. A case whose log goes on past its live row must have come by that row."""
    replay = Replay(processor, codec, timers)
    reached: set[bytes] = set()

    def note(step: Done) -> None:
        if step.key is not None and replay.rows.get(step.key) == live.get(step.key):
            reached.add(step.key)

    for record in records:
        found.events += 1
        for step in replay.take(record):
            note(step)
    for step in replay.finish():
        note(step)
    for key, row in live.items():
        found.cases += 1
        last = replay.rows.get(key)
        if last != row and replay.version(key) > _version(codec, row):
            found.ahead += 1
        if key not in reached:
            found.differ(f"{key.decode()}: {_what(codec, row, last)}")
    for key, at in replay.unexplained.items():
        if key in live and min(at) <= _version(codec, live[key]):
            found.differ(f"{key.decode()}: a timer fired at version {min(at)}, and by the log none was set")


def _version(codec: Codec, row: Row) -> int:
    return int(codec.decode(row.value)["version"])


def _what(codec: Codec, live: Row, rebuilt: Row | None) -> str:
    if rebuilt is None:
        return "the log does not lead to it"
    was, now = codec.decode(live.value), codec.decode(rebuilt.value)
    if was["version"] != now["version"]:
        return f"live at version {was['version']}, and the log leads to {now['version']} without it"
    fields = [name for name in was if was[name] != now[name]]
    if live.due != rebuilt.due:
        fields.append("next timer")
    return f"live and rebuilt differ in {', '.join(fields) or 'their bytes'}"
