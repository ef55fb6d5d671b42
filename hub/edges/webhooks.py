"""Wires the edge `webhooks`: `webhooks.yaml` of the city folder → messages to departments."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.source_settings import Sources
from hub.domain.errors import Misconfigured
from hub.edges.setup import Setup
from hub.settings import Settings
from hub.topics import Catalogue

if TYPE_CHECKING:
    from connectors.calls import Caller
    from connectors.webhooks import Webhooks

_RECORDS = ("Dispatch", "SlaEvent", "Notice")
_GONE_FROM_FILE = "not in webhooks.yaml"
_AT_ONCE = 64


def webhooks_file(settings: Settings) -> Path:
    """Where the targets stand."""
    return settings.city / "webhooks.yaml"


def topics_for(topics: Catalogue) -> tuple[str, ...]:
    """The topics that a target may ask for: what departments are told, without personal data."""
    return tuple(topic.name for topic in topics.topics if topic.schema_name in _RECORDS and not topic.personal_data)


def is_wanted(settings: Settings, sources: Sources) -> bool:
    """Where the city has targets."""
    from connectors.webhooks import read_webhooks
    from hub.topics import catalogue

    return bool(read_webhooks(webhooks_file(settings), topics_for(catalogue())).targets)


def run(setup: Setup) -> None:
    """Deliver until stopped."""
    from connectors.outbox import Limits, Outbox
    from connectors.webhooks import Maker, Sender, read_webhooks
    from hub.edges import Edge
    from hub.edges.delivering import Delivery, deliver

    topics = topics_for(setup.topics)
    found = read_webhooks(webhooks_file(setup.settings), topics)
    secrets, problems = _secrets(found, setup.settings)
    if problems:
        raise Misconfigured(problems)
    sender = Sender(found.targets, secrets, _caller(found), time.time)

    def tidy(outbox: Outbox) -> None:
        """A target that left the file is halted; one that came back goes on."""
        for name in {target for target, _ in outbox.counts()} - found.targets.keys():
            outbox.halt(name, _GONE_FROM_FILE, setup.clock.now_ms())
        for name, (reason, _) in outbox.halted().items():
            if reason == _GONE_FROM_FILE and name in found.targets:
                outbox.resume(name, time.time_ns() // 1_000_000)

    at_once = {name: target.at_once for name, target in found.targets.items()}
    deliver(
        setup,
        Edge.WEBHOOKS,
        Delivery(
            topics=topics,
            messages_of=Maker(found.targets, setup.codec).messages_of,
            deliver=sender.deliver,
            backoff=found.retry.backoff(),
            limits=Limits(at_once=_AT_ONCE, at_once_a_target=max(at_once.values(), default=1), at_once_of=at_once),
            is_ordered_across=True,
            on_open=tidy,
        ),
    )


async def problems(settings: Settings) -> list[str]:
    """What is wrong with settings, secrets or addresses; nothing is sent."""
    from connectors.calls import CallFailed
    from connectors.webhooks import read_webhooks
    from hub.topics import catalogue

    try:
        found = read_webhooks(webhooks_file(settings), topics_for(catalogue()))
        _, wrong = _secrets(found, settings)
        caller = _caller(found)
    except Misconfigured as error:
        return error.problems
    for name, target in found.targets.items():
        try:
            await caller.check(target.url)
        except CallFailed as error:
            wrong.append(f"targets.{name}.url: {error}")
    return wrong


def _secrets(found: "Webhooks", settings: Settings) -> tuple[dict[str, tuple[bytes, ...]], list[str]]:
    from connectors.secrets import resolve
    from connectors.standard_webhooks import read_secret

    secrets: dict[str, tuple[bytes, ...]] = {}
    problems: list[str] = []
    for name, target in found.targets.items():
        try:
            secrets[name] = tuple(read_secret(resolve(one, settings.data_dir)) for one in target.secrets)
        except Misconfigured as error:
            problems += [f"targets.{name}.secrets: {line}" for line in error.problems]
        except ValueError as error:
            problems.append(f"targets.{name}.secrets: {error}")
    return secrets, problems


def _caller(found: "Webhooks") -> "Caller":
    from connectors.calls import Caller

    return Caller(
        allowed=found.networks,
        ca_file=found.ca_file,
        connect_seconds=found.connect_seconds,
        total_seconds=found.total_seconds,
    )
