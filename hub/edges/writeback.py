"""Wires the edge `writeback`: `writeback.<source>` → the legacy systems that `sources.yaml` gives a way back to."""

import random
import time
from ipaddress import ip_network
from typing import TYPE_CHECKING

from connectors.source_settings import Sources
from hub.domain.errors import Misconfigured
from hub.edges.setup import Setup
from hub.settings import Settings

if TYPE_CHECKING:
    from connectors.outbox import Outbox
    from connectors.writeback.settings import WritebackSettings
    from connectors.writeback.transports import Transport
    from connectors.writeback.writer import Way

_AT_ONCE = 64
# The address is the city's own, from its own file: its legacy systems stand in inner networks, often without TLS.
_ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))


def is_wanted(settings: Settings, sources: Sources) -> bool:
    """Where any source has a way back."""
    return any(one.writeback is not None for one in sources.values())


def run(setup: Setup) -> None:
    """Write back until stopped."""
    from connectors.outbox import Backoff, Limits
    from connectors.writeback.writer import GONE, Writer
    from hub.edges import Edge
    from hub.edges.delivering import Delivery, deliver

    ways = ways_of(setup.settings, setup.sources)
    writer = Writer(ways, setup.codec, random.random, setup.metrics)

    def tidy(outbox: "Outbox") -> None:
        """A source that left the file is halted; one that came back goes on."""
        for name in {target for target, _ in outbox.counts()} - ways.keys():
            outbox.halt(name, GONE, setup.clock.now_ms())
        for name, (reason, _) in outbox.halted().items():
            if reason == GONE and name in ways:
                outbox.resume(name, time.time_ns() // 1_000_000)

    at_once = {name: way.settings.at_once for name, way in ways.items()}
    longest = max((way.settings.longest_pause_seconds for way in ways.values()), default=1.0)
    try:
        deliver(
            setup,
            Edge.WRITEBACK,
            Delivery(
                topics=tuple(setup.topics.writeback(name) for name in ways),
                messages_of=writer.messages_of,
                deliver=writer.deliver,
                # Each source has pauses and a limit of its own, which the writer sees to.
                backoff=Backoff(first_seconds=0.0, longest_seconds=longest, attempts=1 << 30),
                limits=Limits(
                    at_once=_AT_ONCE, at_once_a_target=max(at_once.values(), default=1), at_once_of=at_once
                ),
                on_open=tidy,
            ),
        )
    finally:
        writer.close()


def ways_of(settings: Settings, sources: Sources) -> "dict[str, Way]":
    """The way to each source that has one.

    Raises:
        Misconfigured: every problem of formats and secrets at once.
    """
    from connectors.writeback.encoders import encoder_of, problems
    from connectors.writeback.writer import Way

    sections = {name: one.writeback for name, one in sources.items() if one.writeback is not None}
    found = problems(sections)
    ways: dict[str, Way] = {}
    for name, section in sections.items():
        try:
            transport = _transport(settings, section)
        except Misconfigured as error:
            found += [f"sources.{name}.writeback: {line}" for line in error.problems]
            continue
        if not found:
            ways[name] = Way(section, encoder_of(name, section), transport)
    if found:
        raise Misconfigured(found)
    return ways


def _transport(settings: Settings, section: "WritebackSettings") -> "Transport":
    from connectors.calls import Caller
    from connectors.secrets import resolve
    from connectors.standard_webhooks import read_secret
    from connectors.writeback.transports import ToFolder, ToKafka, ToUrl

    if section.folder is not None:
        return ToFolder(settings.data_dir / section.folder)
    if section.kafka is not None:
        return ToKafka(section.kafka, section.timeout_seconds)
    assert section.url is not None, "one of the three is given"
    secret: bytes | None = None
    if section.secret is not None:
        try:
            secret = read_secret(resolve(section.secret, settings.data_dir))
        except ValueError as error:
            raise Misconfigured([f"secret: {error}"]) from None
    token = resolve(section.token, settings.data_dir).decode() if section.token is not None else None
    caller = Caller(
        allowed=_ANYWHERE,
        ca_file=section.ca_file,
        connect_seconds=min(5.0, section.timeout_seconds),
        total_seconds=section.timeout_seconds,
    )
    return ToUrl(section.url, caller, secret=secret, token=token, answer=section.answer, now_seconds=time.time)
