"""What the simulation hands out: native messages, each with the verdict the hub must come to."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["accepted", "duplicate", "dead"]

ACCEPTED: Verdict = "accepted"
DUPLICATE: Verdict = "duplicate"
DEAD: Verdict = "dead"

# Tags of messages that a legacy system publishes to Kafka itself, without the hub's edge.
RAW_BATCH = "raw_batch"
WRONG_KEY = "wrong_key"


@dataclass(slots=True, frozen=True)
class Message:
    """One native message of a source.

    `expected` holds the verdict of each record in order, `reasons` the reason codes of the dead ones in order;
    a payload that cannot be split is one record. `at_ms` is the virtual instant of sending (epoch ms, UTC).
    `raw_key` is the key a legacy system gives that publishes to Kafka itself (see `goes_raw`). `case_id` is that of
    the one record; a batch has none.
    """

    source: str
    payload: bytes
    content_type: str
    at_ms: int
    expected: tuple[Verdict, ...]
    reasons: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    raw_key: str | None = None
    case_id: str = ""

    @property
    def records(self) -> int:
        """How many records the message counts for."""
        return len(self.expected)

    @property
    def headers(self) -> dict[str, str]:
        """The transport headers the payload is sent with."""
        return {"content-type": self.content_type}

    @property
    def goes_raw(self) -> bool:
        """True where the payload goes whole into the raw topic, as a legacy system sends it, not by the edge."""
        return RAW_BATCH in self.tags or WRONG_KEY in self.tags


@dataclass(slots=True)
class Expected:
    """What a run must end with, in records. `published` is the sum of the three verdicts by construction."""

    messages: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    by_source: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    tags: Counter[str] = field(default_factory=Counter)

    @property
    def published(self) -> int:
        """Records published: accepted + duplicate + dead."""
        return self.verdicts.total()


def expected_of(messages: Iterable[Message]) -> Expected:
    """Add up the verdicts of messages; holds for the beginning of a day as well as for a whole one."""
    sums = Expected()
    for message in messages:
        sums.messages += 1
        sums.verdicts.update(message.expected)
        sums.by_source.setdefault(message.source, Counter()).update(message.expected)
        sums.reasons.update(message.reasons)
        sums.tags.update(message.tags)
    return sums
