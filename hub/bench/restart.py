"""`hub bench restart`: kill -9 of casework with many cases in its store, until its next start dispatches again."""

import time
from collections.abc import Callable

from hub.bench.figures import Report, median
from hub.bench.load import case_events, case_id_of, publish
from hub.bench.machine import machine
from hub.bench.observer import Observer
from hub.bench.readers import DispatchReader
from hub.bench.stages import hub_stages
from hub.domain.errors import Unavailable
from hub.settings import Settings
from streams.runtime.clock import SystemClock

TARGET_SECONDS = {"seconds": 2.0}
_STILL_SECONDS = 120.0
_WAIT_SECONDS = 60.0


def measure(
    settings: Settings, bootstrap: str | None, rounds: int, cases: int, echo: Callable[[str], None]
) -> Report:
    """Seconds from the start of the process to its first new dispatch, as a reader sees it."""
    about = machine()
    seconds: list[float] = []
    with hub_stages(settings, bootstrap, echo) as (stages, topics):
        events = topics.case_events
        echo(f"writing {cases} events of as many cases")
        # Reported now: no deadline of theirs may fall into the measurement.
        now = SystemClock().now_ms()
        publish(stages.bootstrap, events, case_events(0, cases, lambda _: now))
        begin = time.monotonic()
        stages.start("casework", wait=False)
        progress = Observer(stages.bootstrap).follow(
            "casework", events, topics.partitions, cases, lambda: stages.how_ended("casework"), _STILL_SECONDS
        )
        for _ in progress:
            continue
        filled = time.monotonic() - begin
        echo(f"{cases} cases in the store after {filled:.0f} s")
        reader = DispatchReader(stages.bootstrap, topics)
        try:
            for number in range(rounds):
                stages.kill("casework")
                new = cases + number
                publish(stages.bootstrap, events, case_events(new, new + 1, lambda _: now))
                begin = time.monotonic()
                stages.start("casework", wait=False)
                seconds.append(round(_first_seen(reader, case_id_of(new)) - begin, 2))
                echo(f"round {number + 1}: {seconds[-1]} s")
        finally:
            reader.close()
    return Report(
        bench="restart",
        unit="s from the start of the process to its first new dispatch",
        ours={"seconds": round(median(seconds), 2)},
        rounds=rounds,
        machine=about,
        target=TARGET_SECONDS,
        details={"seconds": seconds, "cases": cases, "fill_rate": round(cases / filled), "workers": 1},
    )


def _first_seen(reader: DispatchReader, case_id: str) -> float:
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        for one in reader.seen:
            if one.case_id == case_id:
                return one.at
        time.sleep(0.005)
    raise Unavailable(f"no new dispatch in {_WAIT_SECONDS:.0f} s after the restart")
