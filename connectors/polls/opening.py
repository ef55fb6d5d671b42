"""Puts a poll together from its settings."""

import random
import threading
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path

from sqlalchemy.engine import URL

from connectors.faults import Faults, NoFaults
from connectors.polls.asking import Asker
from connectors.polls.database import DatabasePoll
from connectors.polls.delivery import Delivery
from connectors.polls.http import HttpPoll
from connectors.polls.journal import journal_file
from connectors.polls.metrics import PollMeters
from connectors.polls.outbox_table import OutboxTable, database_url
from connectors.polls.pages_journal import PagesJournal
from connectors.polls.settings import DatabaseSettings, HttpPollSettings
from connectors.polls.steps import Clock
from connectors.polls.table_journal import TableJournal
from connectors.publish import RawPublisher
from connectors.secrets import resolve
from connectors.source_settings import SourceSettings, zone_of
from hub.domain.errors import Misconfigured
from hub.domain.source import Source

_CONTRACT_ZONE = "+08:00"


def zone_of_times(settings: SourceSettings) -> tzinfo:
    """The zone of the source's times, as its mapping reads them."""
    return zone_of(settings.time_zone or _CONTRACT_ZONE)


def url_of(settings: DatabaseSettings, data_dir: Path) -> URL:
    """The database's address. Raises `Misconfigured`, which names the reference alone."""
    text = resolve(settings.url, data_dir).decode("utf-8", "replace")
    try:
        return database_url(text)
    except ValueError as problem:
        raise Misconfigured([f"secret {settings.url} {problem}"]) from None


def headers_of(settings: HttpPollSettings, data_dir: Path) -> dict[str, str]:
    """The secret headers, resolved. Raises `Misconfigured` with every problem."""
    problems: list[str] = []
    found: dict[str, str] = {}
    for name, reference in settings.headers.items():
        try:
            found[name] = resolve(reference, data_dir).decode("ascii")
        except Misconfigured as wrong:
            problems += wrong.problems
        except UnicodeDecodeError:
            problems.append(f"secret {reference} is not ASCII, so it cannot be the header {name}")
    if settings.ca_file is not None and not (data_dir / settings.ca_file).is_file():
        problems.append(f"ca_file {settings.ca_file} is not there")
    if problems:
        raise Misconfigured(problems)
    return found


def open_database(
    source: Source,
    settings: DatabaseSettings,
    data_dir: Path,
    *,
    zone: tzinfo,
    open_publisher: Callable[[], RawPublisher],
    clock: Clock,
    meters: PollMeters,
    should_stop: Callable[[], bool],
    faults: Faults | None = None,
) -> DatabasePoll:
    """A database poll with its journal. Raises `Away` while another process holds the journal."""
    url = url_of(settings, data_dir)
    about = f"table {settings.table} by {settings.position.column}"
    journal = TableJournal(journal_file(data_dir, source.name, "database"), about)
    return DatabasePoll(
        source,
        settings,
        zone=zone,
        table=OutboxTable(url, settings, zone),
        journal=journal,
        delivery=Delivery(source, open_publisher, clock, meters),
        clock=clock,
        meters=meters,
        should_stop=should_stop,
        faults=faults or NoFaults(),
    )


def open_http(
    source: Source,
    settings: HttpPollSettings,
    data_dir: Path,
    *,
    zone: tzinfo,
    open_publisher: Callable[[], RawPublisher],
    clock: Clock,
    meters: PollMeters,
    should_stop: Callable[[], bool],
    stop: threading.Event,
    faults: Faults | None = None,
) -> HttpPoll:
    """An HTTP poll with its journal. Raises `Away` while another process holds the journal."""
    asker = asker_of(
        source, settings, data_dir, clock=clock, meters=meters, should_stop=should_stop, wait=stop.wait
    )
    return HttpPoll(
        source,
        settings,
        zone=zone,
        asker=asker,
        journal=PagesJournal(journal_file(data_dir, source.name, "poll"), settings.url),
        delivery=Delivery(source, open_publisher, clock, meters),
        clock=clock,
        meters=meters,
        should_stop=should_stop,
        faults=faults or NoFaults(),
    )


def asker_of(
    source: Source,
    settings: HttpPollSettings,
    data_dir: Path,
    *,
    clock: Clock,
    meters: PollMeters,
    should_stop: Callable[[], bool],
    wait: Callable[[float], object],
) -> Asker:
    """Who asks the server of the settings."""
    own = (settings.content_type,) if settings.content_type is not None else source.content_types
    return Asker(
        settings
        if settings.ca_file is None
        else settings.model_copy(update={"ca_file": data_dir / settings.ca_file}),
        ("application/json",) if settings.items is not None else own,
        headers_of(settings, data_dir),
        clock=clock,
        meters=meters,
        should_stop=should_stop,
        wait=wait,
        chance=random.random,
    )
