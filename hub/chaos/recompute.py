"""What a stage must have made of its input: its pure processor run in one plain loop, without Kafka or a store.

Nothing of the runtime takes part, so an error of the runtime cannot hide itself here.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from hub.replay import PROCESSOR_ERROR, Decoder, Done, Replay, TimerLog
from streams.runtime.api import Output, Processor, Record, Row

__all__ = ["PROCESSOR_ERROR", "Caused", "Place", "Recomputed", "recompute"]


class Place(NamedTuple):
    """Where a record stands; a timer has the offset -1."""

    topic: str
    partition: int
    offset: int


class Caused(NamedTuple):
    """An output, the input record or timer that makes it, and its key."""

    cause: Place
    cause_key: bytes | None
    output: Output


@dataclass(slots=True)
class Recomputed:
    """Everything a stage must have done.

    `ends` says how each input record ends: `output` (it made something), `quiet` (it was read and made nothing,
    as a resend does) or `dead`. `rows` are the final state rows by key, `counts` the tallies. `unexplained` are the
    cases of which a timer fired by the facts, though none could have.
    """

    outputs: list[Caused] = field(default_factory=list)
    dead: dict[Place, str] = field(default_factory=dict)
    ends: dict[Place, str] = field(default_factory=dict)
    rows: dict[bytes, Row] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    unexplained: list[bytes] = field(default_factory=list)


def recompute(
    processor: Processor,
    records: Iterable[Record],
    timers: TimerLog | None = None,
    decoder: Decoder | None = None,
) -> Recomputed:
    """Run a processor over its committed input, each partition in order of offset.

    Partition numbers are shared by all inputs of a stage, and so is the state of that partition. Input topics are
    taken one after the other: their interleaving must not matter, because a state key belongs to one topic. Timers
    fire where `timers` says that they did.
    """
    result = Recomputed()
    partitions: dict[int, Replay] = {}
    for record in sorted(records, key=lambda record: (record.topic, record.partition, record.offset)):
        replay = partitions.get(record.partition)
        if replay is None:
            replay = partitions[record.partition] = Replay(processor, decoder, timers)
        _add(result, replay.take(record), record.partition, record.topic)
    for partition, replay in partitions.items():
        _add(result, replay.finish(), partition, processor.inputs[0])
        result.rows |= replay.rows
    if partitions:
        result.unexplained = sorted(next(iter(partitions.values())).unexplained)
    return result


def _add(result: Recomputed, steps: Iterator[Done], partition: int, topic: str) -> None:
    for step in steps:
        offset = step.record.offset if step.record is not None else -1
        place = Place(topic, partition, offset)
        if step.result is None:
            result.dead[place] = step.reason
            result.ends[place] = "dead"
            continue
        result.outputs += [Caused(place, step.key, output) for output in step.result.outputs]
        result.counts.update(step.result.counts)
        if step.record is not None:
            result.ends[place] = "output" if step.result.outputs else "quiet"
