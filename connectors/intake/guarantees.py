"""What HTTP intake promises, as data; tests/contract/connectors/test_intake_guarantees.py checks exactly these."""

from dataclasses import dataclass
from enum import StrEnum


class Delivery(StrEnum):
    """How often a message reaches `raw.<source>`, and `case.events` after it."""

    AT_LEAST_ONCE = (
        "at least once: 202 only after Kafka's acknowledgement, so a sender without an answer sends again; exactly "
        "once in case.events, where unify drops a resend"
    )


class Order(StrEnum):
    """In which order the records of a case reach `raw.<source>`."""

    PER_CASE_BY_ANSWER = (
        "per case: what is sent after the answer to another comes after it; the records of a batch in the order in "
        "which they stand there"
    )


class Kept(StrEnum):
    """What stands on disk whenever the process ends, by itself or killed."""

    ANSWERS = "for 48 hours the answer to each accepted message, so that a resend is answered like the first"


@dataclass(slots=True, frozen=True)
class Guarantees:
    """The promises of intake."""

    delivery: Delivery
    order: Order
    kept: frozenset[Kept]


INTAKE = Guarantees(Delivery.AT_LEAST_ONCE, Order.PER_CASE_BY_ANSWER, frozenset(Kept))
