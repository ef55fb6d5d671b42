"""What a drop counts; told by results, so a row counts once however often a crash made it be sent."""

from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge

_FATES = ("accepted", "duplicate", "rejected", "ignored")


class DropMetrics:
    """`hub_edge_drop_*`, by source."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._files = Counter(
            "hub_edge_drop_files",
            "Files taken: done, bad (quarantined), changed (given back, taken anew), gone (removed by somebody)",
            ("source", "outcome"),
            registry=registry,
        )
        self._rows = Counter(
            "hub_edge_drop_rows",
            "Rows of files: received is the sum of accepted, duplicate, rejected and ignored",
            ("source", "outcome"),
            registry=registry,
        )
        self._waiting = Gauge("hub_edge_drop_waiting_files", "Files not taken yet", ("source",), registry=registry)
        self._paused = Gauge("hub_edge_drop_paused", "1 while the source is paused", ("source",), registry=registry)
        self._scanned = Gauge(
            "hub_edge_drop_scanned_seconds", "When the folder was last looked into", ("source",), registry=registry
        )

    def settled(self, source: str, result: Mapping[str, Any]) -> None:
        """A file's result is known."""
        self.file(source, result["outcome"])
        rows = result["rows"]
        self._rows.labels(source, "received").inc(rows["total"])
        for fate in _FATES:
            self._rows.labels(source, fate).inc(rows[fate])

    def file(self, source: str, outcome: str) -> None:
        """A file came to an end."""
        self._files.labels(source, outcome).inc()

    def looked(self, source: str, waiting: int) -> None:
        """The folder was looked into."""
        self._waiting.labels(source).set(waiting)
        self._scanned.labels(source).set_to_current_time()

    def paused(self, source: str, is_paused: bool) -> None:
        """Whether the source is paused."""
        self._paused.labels(source).set(is_paused)
