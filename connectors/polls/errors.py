"""Why a source could not be polled now; the reason is a code that metrics count."""

from enum import StrEnum

from hub.domain.errors import Unavailable


class Reason(StrEnum):
    """The codes, few and fixed."""

    DATABASE = "database"
    TABLE = "table"
    KAFKA = "kafka"
    JOURNAL = "journal"
    CONNECTION = "connection"
    SLOW = "slow"
    TRUNCATED = "truncated"
    OVERSIZED = "oversized"
    STATUS_4XX = "status_4xx"
    STATUS_429 = "status_429"
    STATUS_5XX = "status_5xx"
    REDIRECT = "redirect"
    CONTENT_TYPE = "content_type"
    UNREADABLE_PAGE = "unreadable_page"
    CIRCUIT_OPEN = "circuit_open"
    LOOP = "loop"


class Away(Unavailable):
    """The source, Kafka or the disk is away or talks nonsense: nothing was skipped, it is tried again.

    `not_before` is the number of seconds that the other side asked to be left alone.
    """

    def __init__(self, reason: Reason, what: str, *, not_before: float = 0.0) -> None:
        super().__init__(what)
        self.reason = reason
        self.not_before = not_before
