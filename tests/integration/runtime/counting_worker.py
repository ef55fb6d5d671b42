"""A worker process for the runtime's tests: counts records by key, with a timer where a record asks for one.

Its value is JSON: `{"due": milliseconds from now}`, `{"boom": true}` for a bug, `{"refuse": true}` for a rejection,
`{"big": bytes}` for an output of that size. Started with one JSON object of settings as its argument.
"""

import json
import logging
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from hub.domain.errors import Rejected
from streams.runtime import Output, Prepared, Record, Result, Row, RunConfig, run


class Counting:
    """State: how many records each key has had. Output: key, number."""

    def __init__(self, name: str, inputs: list[str], changelog: str, output: str) -> None:
        self.name = name
        self.inputs = inputs
        self.changelog = changelog
        self._output = output

    def prepare(self, record: Record) -> Prepared:
        if record.value is None:
            raise Rejected("empty_payload")
        if record.key is None:
            raise Rejected("missing_key")
        wish = json.loads(record.value)
        if wish.get("refuse"):
            raise Rejected("bad_value", "refuse", "true; send false")
        return Prepared((record.key,), wish)

    def process(self, record: Record, prepared: Prepared, rows: Mapping[bytes, Row | None], now: int) -> Result:
        (key,) = prepared.keys
        wish = prepared.decoded
        if wish.get("boom"):
            raise ZeroDivisionError("138-0000-0000")
        if wish.get("slow"):
            time.sleep(wish["slow"])
        row = rows[key]
        number = int(row.value) + 1 if row is not None else 1
        due = now + wish["due"] if "due" in wish else (row.due if row is not None else None)
        value = b"x" * wish["big"] if "big" in wish else b"%s=%d" % (key, number)
        return Result(
            [Output(self._output, key, value, [("n", b"%d" % number)])],
            {key: Row(b"%d" % number, due)},
            {"accepted.test": 1},
            ("test", record.timestamp),
        )

    def fire(self, key: bytes, due: int, row: Row, now: int) -> Result:
        return Result([Output(self._output, key, b"%s fired at %s" % (key, row.value))], counts={"fired": 1})


class KillAfter:
    """kill -9 of this very process, the n-th time a commit step is done."""

    def __init__(self, step: int, nth: int) -> None:
        self._step = step
        self._left = nth

    def after(self, step: int) -> None:
        if step == self._step:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class PauseAfter:
    """Waits, the n-th time a commit step is done, and says so in the log."""

    def __init__(self, step: int, nth: int, seconds: float) -> None:
        self._step = step
        self._left = nth
        self._seconds = seconds

    def after(self, step: int) -> None:
        if step == self._step:
            self._left -= 1
            if self._left == 0:
                logging.info("pausing after step %d", step)
                time.sleep(self._seconds)


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings = json.loads(sys.argv[1])
    processor = Counting(settings["stage"], settings["inputs"], settings["changelog"], settings["output"])
    more = settings.get("config", {})
    if "kill" in settings:
        more["faults"] = KillAfter(*settings["kill"])
    if "pause" in settings:
        more["faults"] = PauseAfter(*settings["pause"])
    return run(
        processor,
        RunConfig(
            settings["bootstrap"],
            Path(settings["data_dir"]),
            dead_letters_topic=settings["dead_letters"],
            **{"session_timeout_ms": 3000, "transaction_timeout_ms": 5000, "give_up_after": 15.0, **more},
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
