"""The contract between a processor and the runtime: what goes in, what comes out. Types only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

Headers = Sequence[tuple[str, bytes]]


class Record(NamedTuple):
    """One consumed Kafka record. `timestamp` is epoch milliseconds."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int


class Output(NamedTuple):
    """One record to produce. The partition follows from the key (murmur2, as Kafka's Java client does)."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


class Row(NamedTuple):
    """A row: its bytes and the instant (epoch ms) at which its timer is due, if any.

    The changelog always gets `value`. A processor that reads its rows more quickly in another form gives that form
    as `local`; the local store then keeps `local` alone, and a row read from it has no `value`.
    """

    value: bytes
    due: int | None = None
    local: bytes | None = None


@dataclass(slots=True)
class Result:
    """What one record or one timer does to the world.

    `puts` maps a state key to its new row, None deletes it. Keys must be among those `prepare` named for this
    record (or the timer's own key). `counts` are added to exact tallies that live in the store and survive
    crashes: published numbers come from them, not from process memory. Their names are bounded: `accepted.hotline`,
    never a case. `answers` names the source and the instant (epoch ms) at which the hub received what this result
    answers; the runtime observes the seconds until the commit.
    """

    outputs: list[Output] = field(default_factory=list)
    puts: dict[bytes, Row | None] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    answers: tuple[str, int] | None = None


class Prepared(NamedTuple):
    """A decoded record with the state keys its processing will read and may write."""

    keys: tuple[bytes, ...]
    decoded: Any


class Processor(Protocol):
    """Pure decisions. Neither method opens a connection, reads a clock or keeps memory between calls.

    `name` is the stage and the consumer group. Partition p of all `inputs`, of `changelog` and of the state belong
    together, so those topics have one partition count. Without state `changelog` is empty and no row may be put.
    A processor may name tallies that go up and down in `standing`: they are served as gauges. One that gives its
    rows a `local` form names that form in `row_form` (a store of another form is built anew from the changelog) and
    turns a row read from the store into one that the changelog can take with `portable`.

    `prepare` and `process` may raise `Rejected`: the record becomes a dead letter with that reason. Any other
    exception of theirs is a bug in the processor: dead letter with reason `processor_error`, the batch goes
    on. `Unavailable` stops the batch.
    """

    @property
    def name(self) -> str:
        """The stage and the consumer group."""
        ...

    @property
    def inputs(self) -> Sequence[str]:
        """The topics it consumes."""
        ...

    @property
    def changelog(self) -> str:
        """The topic of its rows, empty without state."""
        ...

    def prepare(self, record: Record) -> Prepared:
        """Decode the record and name its state keys; all keys of a batch are read in one multi-get."""
        ...

    def process(self, record: Record, prepared: Prepared, rows: Mapping[bytes, Row | None], now: int) -> Result:
        """What this record does, given the rows of its keys as earlier records of the batch left them.

        `rows` may hold other keys of the batch as well; only the record's own may be looked at.
        """
        ...

    def fire(self, key: bytes, due: int, row: Row, now: int) -> Result:
        """What a timer does. `due` is the instant it was set for, `now` the instant it fires: only messages may
        tell of it, a state that depended on it could not be computed again.

        A timer fires once: a row that `puts` does not mention stays as it is, without its due instant.
        """
        ...
