"""What a poll promises, as data; tests/integration/connectors/polls/test_guarantees.py checks exactly these."""

from dataclasses import dataclass
from enum import StrEnum


class Delivery(StrEnum):
    """How often a record of the source reaches `raw.<source>`, and `case.events` after it."""

    AT_LEAST_ONCE = "at least once; exactly once in case.events, where unify drops what a crash sent again"


class Order(StrEnum):
    """In which order the records of a case reach `raw.<source>`."""

    PER_CASE_BY_POSITION = "per case in the order of position and key; a row that commits late comes late"
    PER_CASE_AS_SERVED = "per case in the order of the server's pages"


class Kept(StrEnum):
    """What stands on disk whenever the process ends, by itself or killed."""

    POSITION = "up to where everything is acknowledged by Kafka"
    WINDOW = "what of the overlap window has been taken"
    MARKS_OWED = "rows that Kafka has acknowledged and the source has not been told of"
    ETAGS = "the ETag of each page whose records are acknowledged"
    COMMANDS = "which rewinds and reimports are done"


class Writes(StrEnum):
    """What is written to the source."""

    NOTHING = "nothing"
    MARKS_IF_ASKED = "nothing; with `acknowledge` the mark of each row, in order, after Kafka's acknowledgement"


@dataclass(slots=True, frozen=True)
class Guarantees:
    """The promises of one way of polling."""

    delivery: Delivery
    order: Order
    kept: frozenset[Kept]
    writes: Writes


DATABASE = Guarantees(
    Delivery.AT_LEAST_ONCE,
    Order.PER_CASE_BY_POSITION,
    frozenset({Kept.POSITION, Kept.WINDOW, Kept.MARKS_OWED, Kept.COMMANDS}),
    Writes.MARKS_IF_ASKED,
)
HTTP = Guarantees(
    Delivery.AT_LEAST_ONCE,
    Order.PER_CASE_AS_SERVED,
    frozenset({Kept.POSITION, Kept.WINDOW, Kept.ETAGS, Kept.COMMANDS}),
    Writes.NOTHING,
)
