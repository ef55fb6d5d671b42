"""What the gateway counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from connectors.gateway.streams import Cut


class Metrics:
    """On the registry of the edge; `dispatches` and `pushed` can be compared with the topics and with readers."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.streams = Gauge("hub_edge_gateway_streams", "Live streams", registry=registry)
        self.received = Counter(
            "hub_edge_gateway_dispatches_received", "Dispatches taken into the inbox", ["tier"], registry=registry
        )
        self._pushed = Counter(
            "hub_edge_gateway_dispatches_delivered", "Dispatches written to readers", ["way"], registry=registry
        )
        self._cut = Counter("hub_edge_gateway_streams_cut", "Streams ended here", ["reason"], registry=registry)
        self.actions = Counter(
            "hub_edge_gateway_actions", "Actions of endpoints", ["action", "outcome"], registry=registry
        )
        self.denied = Counter("hub_edge_gateway_denied", "Requests not admitted", ["reason"], registry=registry)
        self.is_fresh = Gauge("hub_edge_gateway_fresh", "1 while the inbox is read to its end", registry=registry)

    def opened(self) -> None:
        """A stream began."""
        self.streams.inc()

    def ended(self) -> None:
        """A stream ended."""
        self.streams.dec()

    def cut(self, why: Cut) -> None:
        """The gateway ended a stream."""
        self._cut.labels(why).inc()

    def pushed(self, live: int, behind: int) -> None:
        """Dispatches written as they came, and from the inbox."""
        if live:
            self._pushed.labels("live").inc(live)
        if behind:
            self._pushed.labels("behind").inc(behind)
