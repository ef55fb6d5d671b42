"""Serves hotline's intake, each time in a process of its own that may be killed.

One JSON object a line comes in, the pid of the serving process goes out. Forked from a process that has imported
everything and opened nothing: it listens in milliseconds.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from connectors.http.app import create_app
from connectors.http.server import serve
from connectors.intake.disk import Disk
from connectors.intake.keys import Keys
from connectors.intake.metrics import IntakeMetrics
from connectors.intake.producing import RawProducer
from connectors.intake.router import intake_router
from connectors.intake.seen import Seen
from connectors.intake.service import PATIENCE_SECONDS, Entrance, Intake
from connectors.sources import SOURCES


class Silent:
    """Probes that nobody asks."""

    def ready(self, is_ready: bool = True) -> None:
        pass

    def alive(self) -> None:
        pass


def run(given: dict[str, Any]) -> None:
    """Until SIGTERM."""
    folder, stop, metrics = Path(given["folder"]), threading.Event(), IntakeMetrics(CollectorRegistry())
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    keys = Keys("hotline", ("file:secret",), folder)
    producer = RawProducer(
        given["bootstrap"],
        raw_topic=lambda _: str(given["raw"]),
        now_ms=lambda: time.time_ns() // 1_000_000,
        connector="intake",
        patience_seconds=PATIENCE_SECONDS,
    )
    intake = Intake(
        {"hotline": Entrance(SOURCES["hotline"], keys, frozenset(), 10_000, 10_000)},
        producer,
        Seen(folder / "intake.sqlite"),
        disk=Disk(folder, least_free=0),
        now_ms=lambda: time.time_ns() // 1_000_000,
        is_paused=lambda _: False,
        metrics=metrics,
    )
    app = create_app([intake_router(intake, metrics)])
    serve(app, "127.0.0.1", given["port"], stop=stop, probes=Silent())
    producer.close()


def main() -> None:
    """Fork a server for each line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                run(json.loads(line))
            finally:
                os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
