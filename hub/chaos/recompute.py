"""What a stage must have made of its input: its pure processor run in one plain loop, without Kafka or a store.

Nothing of the runtime takes part, so an error of the runtime cannot hide itself here.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from hub.domain.errors import Rejected
from streams.runtime.api import Output, Processor, Record, Row

PROCESSOR_ERROR = "processor_error"
_NO_INSTANT = 0


class Place(NamedTuple):
    """Where a record stands."""

    topic: str
    partition: int
    offset: int


class Caused(NamedTuple):
    """An output, the input record that makes it, and that record's key."""

    cause: Place
    cause_key: bytes | None
    output: Output


@dataclass(slots=True)
class Recomputed:
    """Everything a stage must have done.

    `ends` says how each input record ends: `output` (it made something), `quiet` (it was read and made nothing,
    as a resend does) or `dead`. `rows` are the final state rows by key, `counts` the tallies.
    """

    outputs: list[Caused] = field(default_factory=list)
    dead: dict[Place, str] = field(default_factory=dict)
    ends: dict[Place, str] = field(default_factory=dict)
    rows: dict[bytes, Row] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)


def recompute(processor: Processor, records: Iterable[Record]) -> Recomputed:
    """Run a processor over its committed input, each partition in order of offset.

    Partition numbers are shared by all inputs of a stage, and so is the state of that partition. Input topics are
    taken one after the other: their interleaving must not matter, because a state key belongs to one topic.
    """
    result = Recomputed()
    states: dict[int, dict[bytes, Row]] = {}
    for record in sorted(records, key=lambda record: (record.topic, record.partition, record.offset)):
        place = Place(record.topic, record.partition, record.offset)
        rows = states.setdefault(record.partition, {})
        try:
            prepared = processor.prepare(record)
            before = {key: rows.get(key) for key in prepared.keys}
            done = processor.process(record, prepared, before, _NO_INSTANT)
        except Rejected as rejected:
            result.dead[place] = rejected.reason
            result.ends[place] = "dead"
            continue
        except Exception:  # noqa: BLE001 - the contract of Processor: any other error is a dead letter too
            result.dead[place] = PROCESSOR_ERROR
            result.ends[place] = "dead"
            continue
        for key, row in done.puts.items():
            if row is None:
                rows.pop(key, None)
            else:
                rows[key] = row
        result.outputs += [Caused(place, record.key, output) for output in done.outputs]
        result.ends[place] = "output" if done.outputs else "quiet"
        result.counts.update(done.counts)
    for rows in states.values():
        result.rows |= rows
    return result
