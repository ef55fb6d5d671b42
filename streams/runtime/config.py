"""What a worker process needs to know to run a processor."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from streams.runtime.clock import Clock, SystemClock
from streams.runtime.faults import Faults, NoFaults

MAX_OUTPUT_BYTES = 1_000_000


@dataclass(slots=True, frozen=True)
class RunConfig:
    """Settings of one worker slot.

    `slot` is stable across restarts: transactional ids and static membership come from it, so that a restarted
    worker fences its past self. `data_dir` holds the local stores (shared by the slots of one machine) and the
    quarantine. `memory_topic` takes the tallies where the processor's changelog is a public topic that must hold
    rows only; None means the changelog itself. `client` is added to the settings of every Kafka client (security).
    """

    bootstrap: str
    data_dir: Path
    slot: int | str = 0
    dead_letters_topic: str = "dead.letters"
    memory_topic: str | None = None
    batch_size: int = 5000
    metrics_port: int | None = None
    metrics_host: str = "127.0.0.1"
    clock: Clock = field(default_factory=SystemClock)
    give_up_after: float = 60.0
    """Seconds of failures in a row after which the process ends with exit code 1."""
    id_prefix: str = "hub-"
    session_timeout_ms: int = 10_000
    transaction_timeout_ms: int = 15_000
    max_output_bytes: int = MAX_OUTPUT_BYTES
    """Largest output, except to the processor's own inputs; a record that wants more becomes a dead letter."""
    settle_seconds: float = 0.25
    """A timer fires so long after its instant: what was received before it is through the pipeline by then."""
    backlog_seconds: float = 60.0
    """Timers wait at most so long for the records that were there before the worker was."""
    tail_valid_hours: float = 12.0
    """A store left alone for longer is rebuilt: compaction may have dropped tombstones it never saw."""
    client: Mapping[str, str] = field(default_factory=dict)
    faults: Faults = field(default_factory=NoFaults)
