"""What a poll counts. received = accepted + duplicate + rejected, in records."""

from prometheus_client import CollectorRegistry, Counter, Gauge

_LABELS = ("source", "transport")


class Meters:
    """The metrics of all polls of a process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, what: str, *more: str) -> Counter:
            return Counter(f"hub_edge_poll_{name}", what, (*_LABELS, *more), registry=registry)

        def gauge(name: str, what: str) -> Gauge:
            return Gauge(f"hub_edge_poll_{name}", what, _LABELS, registry=registry)

        self.received = counter("received", "Records that the source gave")
        self.accepted = counter("accepted", "Records that Kafka acknowledged")
        self.duplicate = counter("duplicate", "Records known from the overlap window, not sent again")
        self.rejected = counter("rejected", "Payloads that could not be split, sent on to become dead letters")
        self.late = counter("late", "Rows that were committed after rows with a higher position had been taken")
        self.marked = counter("marked", "Rows that were marked in the source's table")
        self.passes = counter("passes", "Passes over what is new, by how they ended", "outcome")
        self.failures = counter("failures", "Failures of a pass or a request, by reason", "reason")
        self.requests = counter("requests", "HTTP requests by class of their status", "status")
        self.unchanged = counter("unchanged_pages", "Pages that the server said had not changed (304)")
        self.paused = gauge("paused", "1 while the source is paused")
        self.failing = gauge("failing", "Failures in a row; 0 while the poll works")
        self.success = gauge("last_success_timestamp_seconds", "When a pass last came to its end, hub's clock")
        self.record = gauge("last_record_timestamp_seconds", "When a new record was last acknowledged, hub's clock")
        self.window = gauge("window_records", "Records remembered of the overlap window")
        self.owed = gauge("marks_owed", "Rows that are taken and not yet marked in the source's table")
        self.unplaced = gauge(
            "unplaced_rows", "Rows of the table that have no position, so that no poll finds them"
        )
        self.breaker = gauge("circuit_open", "1 while the circuit breaker keeps requests back")
        self.skew = gauge("server_clock_ahead_seconds", "How far the server's clock is ahead of the hub's")

    def of(self, source: str, transport: str) -> "PollMeters":
        """Those of one poll."""
        return PollMeters(self, source, transport)


class PollMeters:
    """The metrics of one poll; every child exists from the start, so that a rate has a zero to begin at."""

    def __init__(self, all_polls: Meters, source: str, transport: str) -> None:
        labels = (source, transport)
        self.received = all_polls.received.labels(*labels)
        self.accepted = all_polls.accepted.labels(*labels)
        self.duplicate = all_polls.duplicate.labels(*labels)
        self.rejected = all_polls.rejected.labels(*labels)
        self.late = all_polls.late.labels(*labels)
        self.marked = all_polls.marked.labels(*labels)
        self.unchanged = all_polls.unchanged.labels(*labels)
        self.paused = all_polls.paused.labels(*labels)
        self.failing = all_polls.failing.labels(*labels)
        self.success = all_polls.success.labels(*labels)
        self.record = all_polls.record.labels(*labels)
        self.window = all_polls.window.labels(*labels)
        self.owed = all_polls.owed.labels(*labels)
        self.unplaced = all_polls.unplaced.labels(*labels)
        self.breaker = all_polls.breaker.labels(*labels)
        self.skew = all_polls.skew.labels(*labels)
        self._labels = labels
        self._all = all_polls

    def passed(self, outcome: str) -> None:
        """A pass ended: `whole`, `stopped` or `failed`."""
        self._all.passes.labels(*self._labels, outcome).inc()

    def failed(self, reason: str) -> None:
        """A failure of that reason."""
        self._all.failures.labels(*self._labels, reason).inc()

    def requested(self, status: str) -> None:
        """A request was answered (`2xx`, `304`, `429` …) or not (`none`)."""
        self._all.requests.labels(*self._labels, status).inc()
