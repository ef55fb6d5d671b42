"""What citizen channels count; each request is counted once, by how it was answered."""

from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter


class Channel(StrEnum):
    """The way a citizen came."""

    QR = "qr"
    WECHAT = "wechat"


class Outcome(StrEnum):
    """How a request was answered."""

    SHOWN = "shown"
    FILED = "filed"
    AGAIN = "again"
    KEPT = "kept"
    TALK = "talk"
    INVALID = "invalid"
    EXPIRED = "expired"
    FORGED = "forged"
    TOO_LARGE = "too_large"
    LIMITED = "limited"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"


class CitizenMetrics:
    """Labels are the channels and outcomes above; `filed` counts the records that Kafka has."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "hub_edge_citizen_requests", "requests by outcome", ("channel", "outcome"), registry=registry
        )

    def answered(self, channel: Channel, outcome: Outcome) -> None:
        """A request has been answered."""
        self._requests.labels(channel, outcome).inc()
