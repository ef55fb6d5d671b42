"""`hub bench restart`: kill -9 of casework with many cases in its store, until its next start dispatches again."""

import json
import time
from collections.abc import Callable, Iterator

from hub.bench.figures import Report, median
from hub.bench.load import Message, hotline_orders, publish
from hub.bench.machine import machine
from hub.bench.observer import Observer
from hub.bench.stages import DispatchReader, hub_stages
from hub.domain.errors import Unavailable
from hub.settings import Settings

TARGET_SECONDS = {"seconds": 2.0}
_STILL_SECONDS = 120.0
_WAIT_SECONDS = 60.0
_KEY = b"benchmark-key-01"


def measure(
    settings: Settings, bootstrap: str | None, rounds: int, cases: int, echo: Callable[[str], None]
) -> Report:
    """Seconds from the start of the process to its first new dispatch, as a reader sees it."""
    about = machine()
    seconds: list[float] = []
    with hub_stages(settings, bootstrap, echo) as (stages, topics):
        events = topics.case_events
        echo(f"writing {cases} events of as many cases")
        publish(stages.bootstrap, events, case_events(0, cases))
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
                publish(stages.bootstrap, events, case_events(new, new + 1))
                begin = time.monotonic()
                stages.start("casework", wait=False)
                seconds.append(round(_first_seen(reader, f"hotline:{_order(new)}") - begin, 2))
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


def case_events(first: int, end: int) -> Iterator[Message]:
    """Reported events of cases `first` to `end`, as unify would have written them."""
    from connectors.sources.hotline import HOTLINE
    from hub.domain.identity import complete
    from schemas.codec import codec

    encode = codec().encode
    orders = hotline_orders()
    templates = []
    for number in range(200):
        payload = json.dumps(orders(_order(number), number), ensure_ascii=False).encode()
        (record,) = HOTLINE.split(payload, {})
        templates.append(complete(HOTLINE.map(record), _KEY))
    for number in range(first, end):
        order = _order(number)
        event = templates[number % len(templates)].copy()
        event["event_id"] = f"{number:032x}"
        event["case_id"] = f"hotline:{order}"
        event["source_case_id"] = order
        event["source_event_id"] = f"{order}/1"
        event["received_at"] = event["occurred_at"]
        event["raw"] = {"topic": "raw.hotline", "partition": 0, "offset": number}
        yield Message(event["case_id"].encode(), encode("CaseEvent", event))


def _order(number: int) -> str:
    return f"HL20261112{number:08d}"


def _first_seen(reader: DispatchReader, case_id: str) -> float:
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        for one in reader.seen:
            if one.case_id == case_id:
                return one.at
        time.sleep(0.005)
    raise Unavailable(f"no new dispatch in {_WAIT_SECONDS:.0f} s after the restart")
