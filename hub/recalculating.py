"""Puts a calendar file in force and has the deadlines that it moves computed again, case by case."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, cast

from connectors.sources import SOURCES
from hub import processes
from hub.city import load_city
from hub.city.editions import Installed, install_calendar
from hub.domain.case import CaseState
from hub.domain.city import City
from hub.domain.clock import reckoned
from hub.domain.clock_data import clock_of
from hub.domain.errors import Unavailable
from hub.domain.instants import from_epoch_ms
from hub.lifecycle import is_ready
from hub.reading import Reader
from hub.sending import open_publisher
from hub.settings import Settings
from hub.standing import lag
from hub.timing import clock_of as time_of
from hub.topics import Catalogue
from schemas.codec import Codec

LEAD_SECONDS: Final = 20.0
"""Between now and the instant from which the file holds: all workers must have read it by then."""
_READY_SECONDS: Final = 60.0
_WORKED_OFF_SECONDS: Final = 600.0


@dataclass(slots=True, frozen=True)
class Applied:
    """What came of it: the file's place in the city folder, the cases that were asked to be computed again."""

    installed: Installed
    recalculated: int
    still_provisional: int


def apply_calendar(
    settings: Settings, topics: Catalogue, codec: Codec, bootstrap: str, file: Path, echo: Callable[[str], None]
) -> Applied:
    """Install, let the workers read it, wait until it holds, then announce it to each case that it concerns.

    A second call with the same file installs nothing and asks only for cases that were left over. Raises
    `Misconfigured` where the file is wrong (nothing was written), `Unavailable` where a worker does not come back.
    """
    clock = time_of(settings)
    since = from_epoch_ms(clock.now_ms() + clock.span_ms(LEAD_SECONDS)) + timedelta(seconds=1)
    installed = install_calendar(settings.city, file, since)
    if installed.changed:
        echo(f"calendar {installed.after} holds from {installed.since:%Y-%m-%d %H:%M:%S}")
        _restart_casework(settings, echo)
        assert installed.since is not None, "a change has its instant"
        while (wait := clock.seconds_until(round(installed.since.timestamp() * 1000))) > 0:
            time.sleep(min(wait, 0.5))
    else:
        echo(f"calendar {installed.after} is in force already")
    city = load_city(settings.city)
    concerned = list(cases_to_recalculate(bootstrap, topics, codec, city))
    at = from_epoch_ms(city.editions[-1].since or clock.now_ms())
    _announce(settings, concerned, city.calendar.version, at)
    _wait_until_worked_off(bootstrap, topics)
    left = sum(1 for _ in provisional_cases(bootstrap, topics, codec))
    return Applied(installed, len(concerned), left)


def cases_to_recalculate(bootstrap: str, topics: Catalogue, codec: Codec, city: City) -> Iterator[str]:
    """The cases with a running clock of which the calendar now in force moves an instant."""
    for case in _cases(bootstrap, topics, codec):
        worktime = city.worktime_of(case["policy_version"], city.calendar.version)
        running = [clock_of(record) for record in case["clocks"] if record["end"] is None]
        if any(reckoned(clock, worktime) != clock for clock in running if clock.calendar != city.calendar.version):
            yield case["case_id"]


def provisional_cases(bootstrap: str, topics: Catalogue, codec: Codec) -> Iterator[str]:
    """The cases with a running clock whose instants may still move with a calendar that is not published."""
    for case in _cases(bootstrap, topics, codec):
        running = [one for one in case["clocks"] if one["end"] is None]
        if any(one["provisional"] or one["warning_provisional"] or one["second_provisional"] for one in running):
            yield case["case_id"]


def _cases(bootstrap: str, topics: Catalogue, codec: Codec) -> Iterator[CaseState]:
    with Reader(bootstrap) as reader:
        for partition in reader.partitions(topics.case_state):
            latest = {one.key: one.value for one in reader.scan(topics.case_state, partition=partition)}
            for value in latest.values():
                if value is not None:
                    yield cast(CaseState, codec.decode(value, "CaseState"))


def _announce(settings: Settings, cases: list[str], version: str, at: datetime) -> None:
    """One message of the command centre a case; the same words each time, so that a repetition is a resend."""
    desk = SOURCES["desk"]
    publisher = open_publisher(settings, connector="hub-calendar")
    try:
        for case_id in cases:
            message = {
                "messageId": f"calendar/{version}/{case_id}",
                "caseId": case_id,
                "action": "recalculate",
                "at": at.isoformat(),
                "calendar": version,
            }
            publisher.publish(desk, json.dumps(message).encode(), {"content-type": "application/json"})
    finally:
        publisher.close()


def _restart_casework(settings: Settings, echo: Callable[[str], None]) -> None:
    """Workers of this machine are ended in order; their supervisor starts them again with the new calendar."""
    running = [
        one for one in processes.known(settings.data_dir) if one.name.startswith("casework-") and one.is_alive()
    ]
    if not running:
        echo("no casework worker runs on this machine: restart those elsewhere before that instant")
    for worker in running:
        processes.stop(worker)
    deadline = time.monotonic() + _READY_SECONDS
    for worker in running:
        while not (worker.metrics_port and is_ready(worker.metrics_port)):
            if time.monotonic() > deadline:
                raise Unavailable(f"{worker.name} did not come back within {_READY_SECONDS:.0f} s; see its log")
            time.sleep(0.2)


def _wait_until_worked_off(bootstrap: str, topics: Catalogue) -> None:
    deadline = time.monotonic() + _WORKED_OFF_SECONDS
    for stage in ("unify", "casework"):
        while lag(bootstrap, stage, topics.consumed_by(stage)):
            if time.monotonic() > deadline:
                raise Unavailable(f"{stage} is not done after {_WORKED_OFF_SECONDS:.0f} s; see: hub status")
            time.sleep(0.3)
