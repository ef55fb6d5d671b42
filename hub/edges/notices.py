"""Wires the edge `notices`: `notices.yaml` of the city folder → text messages, letters, tasks."""

import functools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.source_settings import Sources
from hub.domain.city import City
from hub.domain.errors import Misconfigured
from hub.edges.setup import Setup
from hub.settings import Settings

if TYPE_CHECKING:
    from connectors.calls import Caller
    from connectors.notices.contacts import Contacts
    from connectors.notices.letters import Letterhead
    from connectors.notices.settings import HttpProvider, Notices


def notices_file(settings: Settings) -> Path:
    """Where the channels are set."""
    return settings.city / "notices.yaml"


def reports_file(settings: Settings) -> Path:
    """Where delivery reports are kept."""
    return settings.data_dir / "edges" / "notices-reports.sqlite"


def is_wanted(settings: Settings, sources: Sources) -> bool:
    """Always: without a provider, notices go into files."""
    return True


def run(setup: Setup) -> None:
    """Deliver until stopped."""
    from prometheus_client import Counter

    from connectors.notices.files import FileOutbox
    from connectors.notices.letters import LetterOffice, check_template
    from connectors.notices.messages import Maker
    from connectors.notices.providers import FileProvider, HttpGateway, Provider
    from connectors.notices.reports import ReportBook, follow
    from connectors.notices.sender import Sender
    from connectors.notices.settings import read_notices
    from connectors.outbox import Limits
    from hub.city import load_city
    from hub.edges import Edge
    from hub.edges.delivering import Delivery, deliver

    settings = setup.settings
    found = read_notices(notices_file(settings))
    folder = settings.data_dir / "notices"
    head = letterhead(found, load_city(settings.city))
    template = settings.city / found.letters.template
    check_template(template, head)

    provider: Provider = FileProvider(FileOutbox(folder / "sms"), settings.data_dir)
    helpers: list[Callable[[], Awaitable[None]]] = []
    if found.sms is not None:
        caller, token, contacts = gateway_parts(found.sms, settings)
        provider = HttpGateway(found.sms, token, contacts, caller)
        if found.sms.reports is not None:
            counter = Counter(
                "hub_edge_reports", "delivery reports that say something new", ("fate",), registry=setup.metrics
            )
            book = ReportBook(reports_file(settings))
            helpers.append(
                functools.partial(
                    follow, book, found.sms.reports, caller, token, lambda fate: counter.labels(fate).inc()
                )
            )
    sender = Sender(
        provider,
        LetterOffice(folder / "letters", template, head),
        FileOutbox(folder / "tasks"),
        lambda file: str(file.relative_to(settings.data_dir)),
    )
    deliver(
        setup,
        Edge.NOTICES,
        Delivery(
            topics=(setup.topics.notices,),
            messages_of=Maker(found, setup.codec).messages_of,
            deliver=sender.deliver,
            backoff=found.retry.backoff(),
            limits=Limits(at_once=3 * found.at_once, at_once_a_target=found.at_once),
            # A reminder that cannot be sent is no reason to keep the next one from its recipient.
            parked_holds_lane=False,
            helpers=tuple(helpers),
        ),
    )


def problems(settings: Settings) -> list[str]:
    """What is wrong with settings, contacts, token or template; nothing is sent."""
    from connectors.notices.letters import check_template
    from connectors.notices.settings import read_notices
    from hub.city import load_city

    try:
        found = read_notices(notices_file(settings))
    except Misconfigured as error:
        return error.problems
    wrong: list[str] = []
    try:
        check_template(settings.city / found.letters.template, letterhead(found, load_city(settings.city)))
    except Misconfigured as error:
        wrong += error.problems
    try:
        if found.sms is not None:
            gateway_parts(found.sms, settings)
    except Misconfigured as error:
        wrong += error.problems
    return wrong


def letterhead(found: "Notices", city: City) -> "Letterhead":
    """What of the city stands on its letters: a division's letters are signed by its duty desk."""
    from connectors.notices.letters import Letterhead

    def unit_name(code: str) -> str:
        unit = city.units.get(code)
        return unit.name if unit is not None else code

    def office(division: str) -> str:
        return found.letters.office or (city.desks.get(division) or city.desks[city.code]).name

    return Letterhead(unit_name, office, found.letters.basis)


def gateway_parts(found: "HttpProvider", settings: Settings) -> "tuple[Caller, bytes | None, Contacts]":
    """Connection, token and contacts of an HTTP provider.

    Raises:
        Misconfigured: a reference or the contacts file cannot be used.
    """
    from connectors.calls import Caller
    from connectors.notices.contacts import Contacts, read_contacts
    from connectors.secrets import resolve

    caller = Caller(
        allowed=found.networks,
        ca_file=found.ca_file,
        connect_seconds=min(found.connect_seconds, found.total_seconds),
        total_seconds=found.total_seconds,
    )
    token = None if found.token is None else resolve(found.token, settings.data_dir)
    way, _, place = found.contacts.partition(":")
    if way != "file":
        raise Misconfigured(["notices.yaml: sms.contacts: name a file, file:/path/contacts.csv"])
    file = settings.data_dir / place
    read_contacts(file)
    return caller, token, Contacts(file)
