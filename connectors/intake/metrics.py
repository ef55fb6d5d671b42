"""What intake counts; each request is counted once, by how it was answered."""

from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_NO_SOURCE = "(unknown)"


class Outcome(StrEnum):
    """How a request was answered."""

    ACCEPTED = "accepted"
    RESENT = "resent"
    UNREADABLE = "unreadable"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too_large"
    UNAUTHENTICATED = "unauthenticated"
    NOT_FOUND = "not_found"
    LIMITED = "limited"
    PAUSED = "paused"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"


OUTCOME_OF_STATUS = {
    202: Outcome.ACCEPTED,
    400: Outcome.UNREADABLE,
    401: Outcome.UNAUTHENTICATED,
    404: Outcome.NOT_FOUND,
    408: Outcome.UNREADABLE,
    413: Outcome.TOO_LARGE,
    415: Outcome.UNSUPPORTED,
    429: Outcome.LIMITED,
    503: Outcome.UNAVAILABLE,
}


class IntakeMetrics:
    """Labels are the sources that there are and the outcomes above, nothing that a caller chooses."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "hub_edge_intake_requests", "requests by outcome", ("source", "outcome"), registry=registry
        )
        self._records = Counter(
            "hub_edge_intake_records",
            "records of accepted requests that Kafka has: readable ones, and ones that become dead letters",
            ("source", "outcome"),
            registry=registry,
        )
        self._seconds = Histogram(
            "hub_edge_intake_seconds",
            "from a request's headers to its answer",
            ("source",),
            buckets=_SECONDS,
            registry=registry,
        )

    def answered(self, source: str | None, outcome: Outcome, seconds: float) -> None:
        """A request has been answered."""
        self._requests.labels(source or _NO_SOURCE, outcome).inc()
        if source is not None:
            self._seconds.labels(source).observe(seconds)

    def published(self, source: str, readable: int, rejected: int) -> None:
        """Kafka has the records of a request."""
        self._records.labels(source, "accepted").inc(readable)
        self._records.labels(source, "rejected").inc(rejected)
