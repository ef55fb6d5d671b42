"""What a worker shows Prometheus: counted per batch, never per record, under `hub_` names and bounded labels."""

import json
import math
import threading
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

_BOUNDS = (0.005, 0.01, 0.02, 0.03, 0.06, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_STALE_AFTER = 30.0


class Seconds:
    """A histogram that takes many observations cheaply."""

    def __init__(self) -> None:
        self._counts = [0] * (len(_BOUNDS) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        self._counts[bisect_left(_BOUNDS, seconds)] += 1
        self._sum += seconds

    def add_to(self, family: HistogramMetricFamily, labels: list[str]) -> None:
        running, buckets = 0, []
        for bound, count in zip((*map(str, _BOUNDS), "+Inf"), self._counts, strict=True):
            running += count
            buckets.append((bound, float(running)))
        family.add_metric(labels, buckets, self._sum)


class Metrics:
    """The numbers of one worker. `collect` is called from the metrics server's thread."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.registry = CollectorRegistry()
        self.registry.register(self)
        self._counts: dict[str, int] = {}
        self._answers: dict[str, Seconds] = {}
        self._processing = Seconds()
        self._transaction = Seconds()
        self._failures = 0
        self._timers = 0
        self._recovery = 0.0
        self._stores: dict[int, int] = {}
        self._lags: dict[tuple[str, int], int] = {}
        self._standing: dict[str, int] = {}
        self._next_timer = math.inf
        self._last_loop = time.time()
        self.is_ready = False

    def committed(self, counts: Mapping[str, int], timers: int, processing: float, transaction: float) -> None:
        """One batch has happened."""
        mine = self._counts
        for name, number in counts.items():
            mine[name] = mine.get(name, 0) + number
        self._timers += timers
        self._processing.observe(processing)
        self._transaction.observe(transaction)

    def answered(self, answers: Iterable[tuple[str, int]], now_ms: int) -> None:
        """From the hub's receipt to the commit of what answers it."""
        for source, received_ms in answers:
            seconds = self._answers.get(source)
            if seconds is None:
                seconds = self._answers[source] = Seconds()
            seconds.observe(max(now_ms - received_ms, 0) / 1000)

    def failed(self) -> None:
        """A transaction was given up."""
        self._failures += 1

    def recovered(self, seconds: float) -> None:
        """An assignment was made ready: from here on the worker takes traffic."""
        self._recovery = seconds
        self.is_ready = True

    def measured(self, stores: Mapping[int, int], lags: Mapping[tuple[str, int], int]) -> None:
        """Store sizes and lags, replacing the last ones."""
        self._stores, self._lags = dict(stores), dict(lags)

    def stood(self, standing: Mapping[str, int], next_timer: int | None) -> None:
        """What stands now of the tallies that go up and down, and the next timer (epoch ms)."""
        self._standing = dict(standing)
        self._next_timer = math.inf if next_timer is None else next_timer / 1000

    def looped(self) -> None:
        """The loop is alive."""
        self._last_loop = time.time()

    def seconds_since_loop(self) -> float:
        return time.time() - self._last_loop

    def collect(self) -> Iterator[Metric]:
        """Everything, as Prometheus asks for it."""
        stage = self.stage
        yield from self._collect_counts()
        for name, text, seconds in (
            ("hub_processing_seconds", "Deciding one batch", self._processing),
            ("hub_transaction_seconds", "Committing one batch", self._transaction),
        ):
            family = HistogramMetricFamily(name, text, labels=["stage"])
            seconds.add_to(family, [stage])
            yield family
        answers = HistogramMetricFamily(
            "hub_end_to_end_seconds",
            "From the hub's receipt to the commit of the answer",
            labels=["stage", "source"],
        )
        for source, seconds in list(self._answers.items()):
            seconds.add_to(answers, [stage, source])
        yield answers
        yield _counter("hub_transaction_failures", "Transactions given up", stage, self._failures)
        yield _counter("hub_timers_fired", "Timers fired", stage, self._timers)
        yield _gauge("hub_recovery_seconds", "Making the last assignment ready", stage, self._recovery)
        yield _gauge("hub_last_loop_timestamp_seconds", "When the loop last turned", stage, self._last_loop)
        sizes = GaugeMetricFamily("hub_store_size_bytes", "Local store", labels=["stage", "partition"])
        for partition, size in self._stores.items():
            sizes.add_metric([stage, str(partition)], size)
        yield sizes
        lags = GaugeMetricFamily(
            "hub_partition_lag_records", "Yet to consume", labels=["stage", "topic", "partition"]
        )
        for (topic, number), lag in self._lags.items():
            lags.add_metric([stage, topic, str(number)], lag)
        yield lags
        standing = GaugeMetricFamily("hub_standing", "Tallies that go up and down", labels=["stage", "name"])
        for name, number in self._standing.items():
            standing.add_metric([stage, name], number)
        yield standing
        yield _gauge("hub_next_timer_timestamp_seconds", "When the next timer is due", stage, self._next_timer)

    def _collect_counts(self) -> Iterator[Metric]:
        """Tally names follow `what.whose`; the four that every stage has get a metric of their own."""
        received = CounterMetricFamily("hub_received", "Records consumed", labels=["stage", "topic"])
        accepted = CounterMetricFamily("hub_accepted", "Records accepted", labels=["stage", "source"])
        duplicate = CounterMetricFamily("hub_duplicate", "Resends dropped", labels=["stage", "source"])
        rejected = CounterMetricFamily("hub_rejected", "Dead letters", labels=["stage", "topic", "reason"])
        others = CounterMetricFamily("hub_counts", "Further tallies of the stage", labels=["stage", "name"])
        own = {"received": received, "accepted": accepted, "duplicate": duplicate}
        for name, number in list(self._counts.items()):
            what, _, whose = name.partition(".")
            if name in self._standing:
                continue
            if what in own and whose:
                own[what].add_metric([self.stage, whose], number)
            elif what == "dead":
                topic, _, reason = whose.rpartition(".")
                rejected.add_metric([self.stage, topic, reason], number)
            else:
                others.add_metric([self.stage, name], number)
        yield from (received, accepted, duplicate, rejected, others)


class MetricsServer:
    """Serves `/metrics`, `/healthz` and `/readyz` on a port of its own; port 0 takes a free one."""

    def __init__(self, metrics: Metrics, host: str, port: int) -> None:
        self._server = ThreadingHTTPServer((host, port), _handler(metrics))
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(metrics: Metrics) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/metrics"):
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest(metrics.registry))
            elif self.path == "/healthz":
                age = metrics.seconds_since_loop()
                body: dict[str, object] = {"stage": metrics.stage, "last_loop_seconds_ago": round(age, 3)}
                self._answer(200 if age < _STALE_AFTER else 503, "application/json", json.dumps(body).encode())
            elif self.path == "/readyz":
                ready = metrics.is_ready
                body = {"stage": metrics.stage, "ready": ready}
                self._answer(200 if ready else 503, "application/json", json.dumps(body).encode())
            else:
                self._answer(404, "text/plain", b"/metrics, /healthz or /readyz\n")

        def _answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Scrapes are not news."""

    return Handler


def _counter(name: str, text: str, stage: str, value: float) -> Metric:
    family = CounterMetricFamily(name, text, labels=["stage"])
    family.add_metric([stage], value)
    return family


def _gauge(name: str, text: str, stage: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, text, labels=["stage"])
    family.add_metric([stage], value)
    return family
