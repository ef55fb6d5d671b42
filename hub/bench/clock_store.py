"""Many live clocks in the store of one casework process: what they take, and what a quiet hour of theirs costs."""

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from hub.bench.clock_city import CLOCKS_PER_CASE
from hub.bench.load import SEED, case_events, publish
from hub.bench.observer import Observer
from hub.bench.stages import Stages
from hub.domain.errors import Unavailable
from hub.timing import next_timer
from hub.topics import Catalogue
from schemas.codec import codec

_STILL_SECONDS = 120.0
_DAY_MS = 86_400_000
# Reported within the last week: with limits of ten days the next instants are spread over the week to come.
_REPORTED_WITHIN_DAYS = 7
_DECODED_ONE_IN = 50
# RocksDB goes on sorting for a while after a fill: that is the fill's, not the quiet hour's.
_AT_REST = 0.1
_LOOK_SECONDS = 2.0
_REST_SECONDS = 60.0

Echo = Callable[[str], None]


def cases_for(clocks: int) -> int:
    """How many cases have so many live clocks, at least."""
    return -(-clocks // CLOCKS_PER_CASE)


class FilledStore:
    """Casework (slot 0) with its store filled through its own door: one report for each case."""

    def __init__(self, stages: Stages, topics: Catalogue, cases: int, echo: Echo) -> None:
        self._stages = stages
        self._topics = topics
        self._cases = cases
        self._echo = echo

    def fill(self) -> dict[str, Any]:
        """Write the reports, wait until casework has taken them; memory, disk and numbers."""
        cases, stages, topics, echo = self._cases, self._stages, self._topics, self._echo
        choose = random.Random(SEED)
        now_ms = time.time_ns() // 1_000_000
        within = _REPORTED_WITHIN_DAYS * _DAY_MS
        echo(f"writing {cases} reports of as many cases")
        events = case_events(0, cases, lambda _: now_ms - choose.randrange(within))
        publish(stages.bootstrap, topics.case_events, events)
        stages.environment["HUB_CLOCK"] = ""
        stages.start("casework")
        empty = self._process().memory_info().rss
        observer = Observer(stages.bootstrap)
        begin = time.monotonic()
        progress = observer.follow(
            "casework",
            topics.case_events,
            topics.partitions,
            cases,
            lambda: stages.how_ended("casework"),
            _STILL_SECONDS,
        )
        for _ in progress:
            continue
        filled = time.monotonic() - begin
        live = _live_clocks(observer, topics.case_state)
        found = {
            "store_cases": cases,
            "store_live_clocks": live,
            "store_rss_mib": _mib(self._process().memory_info().rss),
            "store_disk_mib": _mib(_bytes_below(stages.data_dir / "casework")),
            "store_rss_empty_mib": _mib(empty),
            "store_fill_per_s": round(cases / filled),
        }
        echo(f"{live} live clocks of {cases} cases in the store")
        return found

    def quiet_share(self, seconds: float) -> float:
        """Processor time of the process while nothing comes and nothing is due, as a share of one core (%)."""
        process = self._process()
        waited = _wait_for_rest(process)
        self._echo(f"at rest after {waited:.0f} s; {seconds:g} quiet seconds")
        begin, spent = time.monotonic(), _cpu_seconds(process)
        time.sleep(seconds)
        spent, took = _cpu_seconds(process) - spent, time.monotonic() - begin
        due = next_timer(self._stages.port("casework"))
        if due is None or due < time.time():
            raise Unavailable(f"the window was not quiet: the next timer of casework stands at {due}")
        return round(spent / took * 100, 2)

    def _process(self) -> psutil.Process:
        return self._stages.process("casework")


def _live_clocks(observer: Observer, changelog: str) -> int:
    """Running clocks in the rows that the changelog holds: all rows are counted, one in fifty is decoded."""
    decode = codec().decode
    cases: set[bytes] = set()
    decoded = running = 0

    def take(message: Any) -> None:
        nonlocal decoded, running
        cases.add(message.key())
        if len(cases) % _DECODED_ONE_IN == 0:
            decoded += 1
            running += sum(clock["end"] is None for clock in decode(message.value(), "CaseState")["clocks"])

    observer.count(changelog, take)
    return round(len(cases) * running / max(decoded, 1))


def _wait_for_rest(process: psutil.Process) -> float:
    begin = time.monotonic()
    while (now := time.monotonic()) - begin < _REST_SECONDS:
        spent = _cpu_seconds(process)
        time.sleep(_LOOK_SECONDS)
        if (_cpu_seconds(process) - spent) / (time.monotonic() - now) < _AT_REST:
            break
    return time.monotonic() - begin


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _bytes_below(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _mib(size: int) -> float:
    return round(size / 2**20, 1)
