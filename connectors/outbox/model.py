"""What an outbox holds, and what may become of an attempt to deliver it."""

from dataclasses import dataclass
from enum import StrEnum

LONGEST_ANSWER = 200


class State(StrEnum):
    """Where a message stands. `skipped`: an operator gave it up."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    PARKED = "parked"
    SKIPPED = "skipped"


@dataclass(slots=True, frozen=True)
class Outgoing:
    """One message to deliver.

    `id` is its idempotency key, unique in the edge and a function of the record it was made of. Of a `lane` (a
    case, a recipient) one is delivered at a time: a lower `rank` (a case's version) before a higher one, the same
    rank in the order in which they were taken. Lanes belong to a `target` (a webhook's name, a channel, a source),
    which can be halted. `attempts` are those already made.
    """

    id: str
    target: str
    lane: str
    payload: bytes
    rank: int = 0
    attempts: int = 0


@dataclass(slots=True, frozen=True)
class Kept:
    """A message as an operator sees it; never its payload. Instants in epoch ms.

    `next_at` by the machine's clock, None where it waits for an earlier one of its lane or is settled; `settled_at`
    by the hub's.
    """

    id: str
    target: str
    lane: str
    state: State
    attempts: int
    next_at: int | None
    answer: str | None
    reference: str | None
    settled_at: int | None


@dataclass(slots=True, frozen=True)
class Delivered:
    """The receiver has it. `reference` is the receiver's name for it, or the file that it became."""

    answer: str = ""
    reference: str | None = None


@dataclass(slots=True, frozen=True)
class Failed:
    """Not delivered, or nobody knows: to be tried again, not before `after_seconds`."""

    answer: str
    after_seconds: float = 0.0


@dataclass(slots=True, frozen=True)
class Parked:
    """The receiver will never take it as it is: an operator must look."""

    answer: str


@dataclass(slots=True, frozen=True)
class Halted:
    """The target takes nothing any more: all its messages wait until an operator resumes it."""

    answer: str


Outcome = Delivered | Failed | Parked | Halted
