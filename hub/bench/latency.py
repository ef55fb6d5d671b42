"""`hub bench latency`: native hotline messages at the city's rate, until they are seen in the dispatch topics."""

import json
import time
from collections.abc import Callable

from confluent_kafka import Producer

from hub.bench.figures import Report, median, percentile
from hub.bench.load import hotline_orders
from hub.bench.machine import machine
from hub.bench.stages import DispatchReader, Seen, hub_stages
from hub.domain.errors import Unavailable
from hub.settings import Settings

TARGET_MS = {"p50_ms": 20.0, "p99_ms": 60.0}
_WARM_UP_SECONDS = 5
_WAIT_SECONDS = 30.0


def measure(
    settings: Settings, bootstrap: str | None, rounds: int, rate: int, seconds: int, echo: Callable[[str], None]
) -> Report:
    """p50 and p99 of `rounds` stretches of `seconds` each, one new case a message."""
    about = machine()
    found: dict[str, list[float]] = {"p50_ms": [], "p99_ms": [], "max_ms": []}
    with hub_stages(settings, bootstrap, echo) as (stages, topics):
        for stage in ("unify", "casework"):
            stages.start(stage)
        reader = DispatchReader(stages.bootstrap, topics)
        orders = hotline_orders()
        try:
            publisher = _Publisher(stages.bootstrap, topics.raw("hotline"))
            _wait_for_all(publisher.publish(orders, rate, _WARM_UP_SECONDS), reader)
            for number in range(rounds):
                sent = publisher.publish(orders, rate, seconds)
                delays = sorted(delays_ms(sent, _wait_for_all(sent, reader)))
                found["p50_ms"].append(round(percentile(delays, 0.5), 1))
                found["p99_ms"].append(round(percentile(delays, 0.99), 1))
                found["max_ms"].append(round(delays[-1], 1))
                echo(f"round {number + 1}: " + ", ".join(f"{name} {each[-1]}" for name, each in found.items()))
        finally:
            reader.close()
    return Report(
        bench="latency",
        unit="ms from published to seen in a dispatch topic, read_committed",
        ours={name: round(median(each), 1) for name, each in found.items()},
        rounds=rounds,
        machine=about,
        target=TARGET_MS,
        details={**found, "rate": rate, "seconds": seconds, "workers": 1},
    )


def delays_ms(sent: dict[str, float], seen: list[Seen]) -> list[float]:
    """From the publishing of a case's message to the first dispatch of that case."""
    first: dict[str, float] = {}
    for one in seen:
        first.setdefault(one.case_id, one.at)
    return [(first[case_id] - at) * 1000 for case_id, at in sent.items()]


class _Publisher:
    """Publishes evenly spaced messages and notes when."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._topic = topic
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "linger.ms": 0,
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "socket.nagle.disable": True,
                "log_level": 3,
            }
        )
        self._number = 0

    def publish(self, orders: Callable[[str, int], dict[str, object]], rate: int, seconds: int) -> dict[str, float]:
        """Case id → instant just before its message was handed to the producer."""
        sent: dict[str, float] = {}
        begin = time.monotonic()
        for number in range(rate * seconds):
            order = f"HL20261111{self._number:08d}"
            payload = json.dumps(orders(order, self._number), ensure_ascii=False).encode()
            self._number += 1
            pause = begin + number / rate - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            sent[f"hotline:{order}"] = time.monotonic()
            self._producer.produce(self._topic, payload, order.encode())
            self._producer.poll(0)
        self._producer.flush()
        return sent


def _wait_for_all(sent: dict[str, float], reader: DispatchReader) -> list[Seen]:
    deadline = time.monotonic() + _WAIT_SECONDS
    missing = set(sent)
    position = 0
    while missing:
        upto = len(reader.seen)
        missing.difference_update(one.case_id for one in reader.seen[position:upto])
        position = upto
        if time.monotonic() > deadline:
            raise Unavailable(f"{len(missing)} of {len(sent)} cases were not dispatched in {_WAIT_SECONDS:.0f} s")
        time.sleep(0.05)
    return reader.seen
