"""What an outbox shows Prometheus. Labels: the edge, and its targets, which the settings name."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge

from connectors.outbox.model import State

_LABELS = ("edge", "target")


class OutboxMetrics:
    """Counters since the start of the process, gauges of what the file holds."""

    def __init__(self, edge: str, registry: CollectorRegistry) -> None:
        self._edge = edge
        self._read = Counter(
            "hub_edge_records_read", "records read from the edge's topics", ("edge",), registry=registry
        )
        self._rejected = Counter(
            "hub_edge_records_rejected", "records nothing could be made of", ("edge",), registry=registry
        )
        self._taken = Counter("hub_edge_taken", "messages newly kept for delivery", ("edge",), registry=registry)
        self._known = Counter(
            "hub_edge_known", "messages asked for again and not taken again", ("edge",), registry=registry
        )
        self._attempts = Counter(
            "hub_edge_attempts",
            "attempts to deliver, by outcome: delivered, failed, parked, halted",
            (*_LABELS, "outcome"),
            registry=registry,
        )
        self._open = Gauge(
            "hub_edge_open", "messages not delivered: waiting, parked", (*_LABELS, "state"), registry=registry
        )
        self._halted = Gauge(
            "hub_edge_target_halted", "1 while nothing is delivered to a target", _LABELS, registry=registry
        )
        self._receipts = Counter("hub_edge_receipts", "receipts that Kafka has", ("edge",), registry=registry)
        for counter in (self._read, self._rejected, self._taken, self._known, self._receipts):
            counter.labels(edge)

    def took(self, read: int, rejected: int, made: int, new: int) -> None:
        """A batch of records: read, rejected, messages made of them, and those that are new."""
        self._read.labels(self._edge).inc(read)
        self._rejected.labels(self._edge).inc(rejected)
        self._taken.labels(self._edge).inc(new)
        self._known.labels(self._edge).inc(made - new)

    def attempted(self, target: str, outcome: str) -> None:
        """One attempt is over."""
        self._attempts.labels(self._edge, target, outcome).inc()

    def receipted(self, number: int) -> None:
        """Kafka has so many receipts more."""
        self._receipts.labels(self._edge).inc(number)

    def standing(self, counts: Mapping[tuple[str, State], int], halted: Mapping[str, object]) -> None:
        """What the file holds now."""
        for (target, state), number in counts.items():
            self._open.labels(self._edge, target, state).set(number)
        for target in {target for target, _ in counts} | halted.keys():
            self._halted.labels(self._edge, target).set(target in halted)
