"""What a file drop promises, as data; tests/integration/connectors/drops and hub/test_file_drop.py prove it."""

from dataclasses import dataclass
from enum import StrEnum


class Delivery(StrEnum):
    """How often a row of a file reaches `raw.<source>`, and `case.events` after it."""

    AT_LEAST_ONCE = (
        "at least once: after a crash only what is not in Kafka yet is sent, so twice only what a killed process's "
        "socket still held; exactly once in case.events, where unify drops a resend"
    )


class Order(StrEnum):
    """In which order the records of a case reach `raw.<source>`."""

    PER_CASE_BY_FILE_AND_LINE = "per case in the order of files (by time or by name, as set), in a file by line"


class Kept(StrEnum):
    """What stands on disk whenever the process ends, by itself or killed."""

    FILE = "the file itself: in the folder, in .taking, or archived"
    PROGRESS = "how many rows of the file in hand Kafka has acknowledged"
    RESULT = "the result of a file whose rows are all acknowledged"
    IDENTITIES = "the identity of each row passed on, for as long as unify remembers it"
    COMMANDS = "which rewinds and reimports are done"


@dataclass(slots=True, frozen=True)
class Guarantees:
    """The promises of a drop."""

    delivery: Delivery
    order: Order
    kept: frozenset[Kept]


DROP = Guarantees(Delivery.AT_LEAST_ONCE, Order.PER_CASE_BY_FILE_AND_LINE, frozenset(Kept))
