"""`hub bench latency`: native hotline messages at the city's rate, until they are seen in the dispatch topics."""

import time
from collections.abc import Callable

from hub.bench.figures import Report, median, percentile
from hub.bench.load import hotline_orders
from hub.bench.machine import machine
from hub.bench.readers import DispatchReader, Seen
from hub.bench.stages import hub_stages
from hub.bench.traffic import Publisher, delays_ms, told_now
from hub.domain.errors import Unavailable
from hub.settings import Settings
from streams.runtime.clock import SystemClock

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
        # Told now: the cases of a past day would fire their deadlines while we measure.
        orders = told_now(hotline_orders(), SystemClock().now_ms)
        try:
            publisher = Publisher(stages.bootstrap, topics.raw("hotline"))
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
