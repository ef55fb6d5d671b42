"""Runs turns of a file drop, each in a process of its own that may be killed after a step.

One JSON object a line comes in, one exit code a line goes out. Forked from a process that has imported everything
and opened nothing: a turn starts in milliseconds, and no connection is shared.
"""

import json
import os
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest

from connectors.arrivals import Arrivals
from connectors.control import SourceControl
from connectors.drops.drop import Drop
from connectors.drops.folders import Folders
from connectors.drops.journal import Journal
from connectors.drops.line import Line
from connectors.drops.metrics import DropMetrics
from connectors.drops.settings import DropSettings
from connectors.faults import Faults, NoFaults
from connectors.publish import RawPublisher
from connectors.sources import SOURCES
from connectors.status import StatusReporter


@dataclass
class KilledAfter:
    """kill -9 of the own process when a step has been done for the n-th time."""

    step: int
    times: int

    def after(self, step: int) -> None:
        if step == self.step:
            self.times -= 1
            if self.times == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def open_drop(given: dict[str, Any], registry: CollectorRegistry, faults: Faults) -> Drop:
    base, bootstrap, now = Path(given["base"]), given["bootstrap"], given["now"]
    source = SOURCES["grid"]

    def connect() -> Line:
        publisher = RawPublisher(
            bootstrap,
            raw_topic=lambda _: str(given["raw"]),
            dead_letters=given["dead"],
            quarantine=base / "quarantine",
            now_ms=lambda: now,
            connector="drop",
        )
        return Line(
            source,
            publisher,
            lambda: Arrivals(bootstrap, given["partitions"]),
            raw_topic=given["raw"],
            dead_letters=given["dead"],
        )

    return Drop(
        source,
        DropSettings(folder=Path("grid"), stable_seconds=0, every_seconds=0.05),
        Folders(base / "grid"),
        Journal(base / "journal.sqlite"),
        connect=connect,
        control=SourceControl(bootstrap, given["control"]),
        status=StatusReporter(bootstrap, given["status"], lambda: now),
        metrics=DropMetrics(registry),
        token_key=given["token_key"].encode(),
        memory_days=90,
        now_ms=lambda: now,
        faults=faults,
    )


def turn(given: dict[str, Any]) -> None:
    """One turn; the metrics are left in a file."""
    registry = CollectorRegistry()
    step = given["killed_after"]
    drop = open_drop(given, registry, NoFaults() if step is None else KilledAfter(step, given["times"]))
    drop.turn(threading.Event())
    (Path(given["base"]) / "metrics").write_bytes(generate_latest(registry))


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            turn(json.loads(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
