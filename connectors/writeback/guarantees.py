"""What write-back promises, as data; tests/integration/hub/test_writeback.py checks exactly these."""

from dataclasses import dataclass
from enum import StrEnum


class Order(StrEnum):
    """In which order the updates of a case reach its source."""

    PER_CASE_BY_VERSION = "per case by version; a later one waits for the earlier, parked or not"


class Delivery(StrEnum):
    """How often an update reaches its source."""

    AT_LEAST_ONCE_BY_ID = "at least once; again with the same id and bytes where no answer came, so once by id"


class Kept(StrEnum):
    """What is there again after the process ended, by itself or killed."""

    UPDATES = "every update not answered for, and up to where the topics were read, in the edge's file"
    RECEIPTS = "which updates were answered for, in the topic of deliveries, also where the file is lost"


@dataclass(slots=True, frozen=True)
class Guarantees:
    """The promises of the way back."""

    order: Order
    delivery: Delivery
    kept: frozenset[Kept]


WRITEBACK = Guarantees(Order.PER_CASE_BY_VERSION, Delivery.AT_LEAST_ONCE_BY_ID, frozenset(Kept))
