"""Tries a source's polls without taking anything: for `hub sources check`, and before the edge starts."""

import time
from datetime import tzinfo
from pathlib import Path

from prometheus_client import CollectorRegistry

from connectors.polls.addresses import first_page
from connectors.polls.errors import Away
from connectors.polls.metrics import Meters
from connectors.polls.opening import asker_of, headers_of, url_of, zone_of_times
from connectors.polls.outbox_table import OutboxTable
from connectors.polls.pages import read_page
from connectors.polls.settings import Backoff, DatabaseSettings, HttpPollSettings
from connectors.source_settings import SourceSettings
from connectors.sources import SOURCES
from hub.domain.errors import Misconfigured, Rejected
from hub.domain.source import Source


class _MachinesClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def span_ms(self, seconds: float) -> int:
        return round(seconds * 1000)


def check_settings(name: str, settings: SourceSettings, data_dir: Path) -> list[str]:
    """What is wrong with the settings by themselves; asks nobody."""
    found: list[str] = []
    try:
        if settings.database is not None:
            url_of(settings.database, data_dir)
    except Misconfigured as wrong:
        found += [f"sources.{name}.database: {problem}" for problem in wrong.problems]
    try:
        if settings.poll is not None:
            headers_of(settings.poll, data_dir)
    except Misconfigured as wrong:
        found += [f"sources.{name}.poll: {problem}" for problem in wrong.problems]
    return found


def check(name: str, settings: SourceSettings, data_dir: Path) -> list[str]:
    """A line for each problem of the source's polls, the database's and the server's answers included.

    Reads the end of the table and the first page, and takes nothing: no record, no position.
    """
    found = check_settings(name, settings, data_dir)
    if settings.database is not None and not any(line.startswith(f"sources.{name}.database:") for line in found):
        found += _of_table(name, settings.database, data_dir, zone_of_times(settings))
    if settings.poll is not None and not any(line.startswith(f"sources.{name}.poll:") for line in found):
        found += _of_server(SOURCES[name], settings.poll, data_dir, zone_of_times(settings))
    return found


def _of_table(name: str, settings: DatabaseSettings, data_dir: Path, zone: tzinfo) -> list[str]:
    table = OutboxTable(url_of(settings, data_dir), settings, zone)
    try:
        problems = table.problems()
    except Away as away:
        problems = [str(away)]
    finally:
        table.close()
    return [f"sources.{name}.database: {problem}" for problem in problems]


def _of_server(source: Source, settings: HttpPollSettings, data_dir: Path, zone: tzinfo) -> list[str]:
    once = settings.model_copy(update={"attempts": 1, "backoff": Backoff(first_seconds=0.1, longest_seconds=0.1)})
    asker = asker_of(
        source,
        once,
        data_dir,
        clock=_MachinesClock(),
        meters=Meters(CollectorRegistry()).of(source.name, "poll"),
        should_stop=lambda: False,
        wait=time.sleep,
    )
    cursor = settings.paging.next if settings.paging.way == "cursor" else None
    try:
        answer = asker.ask(first_page(settings, None, zone).url)
        if answer.status == 200 and answer.body.strip():
            read_page(source, answer.body, answer.content_type, settings.items, cursor)
    except Away as away:
        return [f"sources.{source.name}.poll: {away}"]
    except Rejected as rejected:
        return [f"sources.{source.name}.poll: the first page cannot be read: {rejected}"]
    finally:
        asker.close()
    return []
