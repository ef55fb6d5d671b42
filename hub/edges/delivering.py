"""Wires an edge that delivers: feed, outbox, receipts, loop."""

import random
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from connectors.feed import Feed, Message
from connectors.outbox import (
    Backoff,
    Deliverer,
    Limits,
    OrderedFeed,
    Outbox,
    OutboxMetrics,
    Outcome,
    Outgoing,
    Receipts,
)
from hub.edges import Edge
from hub.edges.setup import Setup
from hub.settings import Settings


@dataclass(slots=True, frozen=True)
class Delivery:
    """What is an edge's own.

    `is_ordered_across`: its lanes are ordered by a rank and their records stand in several partitions. `on_open` is
    called with the outbox before anything is sent, `helpers` run beside the deliveries until they are stopped.
    """

    topics: tuple[str, ...]
    messages_of: Callable[[Message], Iterable[Outgoing]]
    deliver: Callable[[Outgoing], Awaitable[Outcome]]
    backoff: Backoff
    limits: Limits = field(default_factory=Limits)
    is_ordered_across: bool = False
    parked_holds_lane: bool = True
    on_open: Callable[[Outbox], None] = lambda _: None
    helpers: tuple[Callable[[], Awaitable[None]], ...] = ()


def outbox_file(settings: Settings, edge: Edge) -> Path:
    """Where an edge keeps what it has to deliver."""
    return settings.data_dir / "edges" / f"{edge}.sqlite"


def deliver(setup: Setup, edge: Edge, delivery: Delivery) -> None:
    """Deliver until stopped.

    What receipts say was delivered is known before the first message is sent: a lost file sends nothing twice.
    """
    outbox = Outbox(outbox_file(setup.settings, edge), parked_holds_lane=delivery.parked_holds_lane)
    outbox.hold()
    partitions = setup.topics.partitions
    receipts = Receipts(setup.bootstrap, setup.topics.deliveries, partitions, setup.codec, edge)
    feed_of = OrderedFeed if delivery.is_ordered_across else Feed
    try:
        receipts.load(outbox, time.time_ns() // 1_000_000)
        delivery.on_open(outbox)
        feed = feed_of(setup.bootstrap, delivery.topics, partitions, outbox.positions())
        try:
            setup.probes.ready()
            Deliverer(
                outbox,
                receipts,
                delivery.messages_of,
                delivery.deliver,
                backoff=delivery.backoff,
                chance=random.random,
                hub_now_ms=setup.clock.now_ms,
                metrics=OutboxMetrics(edge, setup.metrics),
                alive=setup.probes.alive,
                limits=delivery.limits,
                helpers=delivery.helpers,
            ).run(feed, setup.stop)
        finally:
            feed.close()
    finally:
        receipts.close()
        outbox.close()
