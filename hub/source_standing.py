"""How each source stands, for `hub sources list`: whether it is taken from, where, how much, how well."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from connectors.control import Command, Known, Transport
from connectors.source_settings import Sources
from connectors.sources import SOURCES
from connectors.status import Standing
from hub import cluster
from hub.domain.errors import Unavailable
from hub.domain.instants import from_epoch_ms
from hub.settings import Settings
from hub.source_control import read_control, read_status, transports_of
from hub.tallies import read_tallies
from hub.timing import clock_of
from hub.topics import Catalogue

_RATE_SECONDS = 300
_SECONDS = 15.0
_MINUTE_MS = 60_000
_SPEC: Any = OffsetSpec

Tallies = Mapping[str, int]


def source_standings(
    settings: Settings, topics: Catalogue, sources: Sources
) -> tuple[list[dict[str, Any]], str | None]:
    """One entry a source; and why nothing is known of its traffic, where Kafka does not answer."""
    try:
        bootstrap = cluster.running(settings)
        known, standings = read_control(bootstrap, topics), read_status(bootstrap, topics)
        traffic = _traffic(bootstrap, topics)
        tallies = read_tallies(bootstrap, topics)["unify"]
    except Unavailable as away:
        return [_entry(name, sources) for name in SOURCES], str(away).partition("\n")[0]
    clock = clock_of(settings)
    found = []
    for name in SOURCES:
        entry = _entry(name, sources)
        entry |= _told(name, known, standings, transports_of(sources.get(name)))
        entry |= _heard(
            name, sources, traffic[topics.raw(name)], clock.span_ms, is_paused=entry["state"] == "paused"
        )
        entry |= quality_of(name, topics.raw(name), tallies)
        found.append(entry)
    return found, None


def _entry(name: str, sources: Sources) -> dict[str, Any]:
    source, settings = SOURCES[name], sources.get(name)
    return {
        "name": name,
        "content_types": list(source.content_types),
        "guarantees": {"order": source.guarantees.order, "resend": source.guarantees.resend},
        "transports": [transport.value for transport in transports_of(settings)],
        "state": "unknown",
        "silence": {"threshold_minutes": settings and settings.silence_minutes, "minutes": None, "is_silent": None},
        "settings": {
            "time_zone": settings and settings.time_zone,
            "words": dict(settings.words) if settings else {},
            "ignored": sorted(settings.ignored) if settings else [],
        },
    }


def _told(
    name: str, known: Known, standings: Mapping[tuple[str, Transport], Standing], transports: list[Transport]
) -> dict[str, Any]:
    state = known.states.get(name)
    is_paused = state is not None and state.paused
    return {
        "state": "paused" if is_paused else "running" if transports else "not connected",
        "paused": {"since": _instant(state.at), "by": state.actor, "reason": state.reason}
        if state is not None and is_paused
        else None,
        "positions": {
            transport.value: {
                "position": standing.position,
                "waiting": standing.waiting,
                "problem": standing.problem,
                "told_at": _instant(standing.at),
            }
            for (source, transport), standing in standings.items()
            if source == name
        },
        "commands": [_command(command, standings) for command in known.commands.values() if command.source == name],
    }


def _command(command: Command, standings: Mapping[tuple[str, Transport], Standing]) -> dict[str, Any]:
    done = {
        transport.value: standing.commands[command.id]
        for (source, transport), standing in standings.items()
        if source == command.source and command.id in standing.commands
    }
    return {
        "id": command.id,
        "kind": command.kind.value,
        "transport": command.transport and command.transport.value,
        "given_at": _instant(command.at),
        "by": command.actor,
        "done": {transport: {"outcome": one.outcome, "detail": one.detail} for transport, one in done.items()},
    }


def _heard(
    name: str,
    sources: Sources,
    traffic: Mapping[str, int | None],
    span_ms: Callable[[float], int],
    *,
    is_paused: bool,
) -> dict[str, Any]:
    """`traffic` has the last record's time by the machine's clock; silence is counted by the hub's."""
    last, settings = traffic["last_ms"], sources.get(name)
    threshold = None if settings is None else settings.silence_minutes
    silent = None if last is None else max(0.0, span_ms(time.time() - last / 1000) / _MINUTE_MS)
    return {
        "last_message": None if last is None else _instant(last),
        "rate": {"messages": traffic["recent"], "seconds": _RATE_SECONDS},
        "silence": {
            "threshold_minutes": threshold,
            "minutes": None if silent is None else round(silent, 1),
            "is_silent": False
            if is_paused or threshold is None
            else None
            if silent is None
            else silent > threshold,
        },
    }


def quality_of(name: str, raw_topic: str, tallies: Tallies) -> dict[str, Any]:
    """Exact counts since the hub began, by unify: what came, what became of it, and every mark, none hidden."""
    received = tallies.get(f"received.{raw_topic}", 0) - tallies.get(f"resplit.{name}", 0)
    rejections = _below(f"dead.{raw_topic}.", tallies)
    rejected = sum(rejections.values())
    return {
        "counts": {
            "received": received,
            "accepted": tallies.get(f"accepted.{name}", 0),
            "duplicate": tallies.get(f"duplicate.{name}", 0),
            "ignored": sum(_below(f"ignored.{name}.", tallies).values()),
            "rejected": rejected,
        },
        "errors": {
            "rejected": rejected,
            "received": received,
            "share": round(rejected / received, 4) if received else None,
        },
        "rejections": rejections,
        "flags": _below(f"flag.{name}.", tallies),
        "ignored": _below(f"ignored.{name}.", tallies),
    }


def _below(prefix: str, tallies: Tallies) -> dict[str, int]:
    return {name.removeprefix(prefix): count for name, count in tallies.items() if name.startswith(prefix)}


def _traffic(bootstrap: str, topics: Catalogue) -> dict[str, dict[str, int | None]]:
    """Per raw topic the time of its last record, and how many came in the last minutes; offsets, no records."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 2})
    places = [
        TopicPartition(topics.raw(name), number)
        for name in SOURCES
        for number in range(topics.topic(topics.raw(name)).partitions)
    ]
    recently = round((time.time() - _RATE_SECONDS) * 1000)
    last = _offsets(admin, places, _SPEC.max_timestamp())
    ends = _offsets(admin, places, _SPEC.latest())
    since = _offsets(admin, places, _SPEC.for_timestamp(recently))
    found: dict[str, dict[str, int | None]] = {}
    for name in SOURCES:
        topic = topics.raw(name)
        own = [(place.topic, place.partition) for place in places if place.topic == topic]
        times = [last[place].timestamp for place in own if last[place].offset >= 0]
        recent = sum(ends[place].offset - since[place].offset for place in own if since[place].offset >= 0)
        found[topic] = {"last_ms": max(times, default=None), "recent": recent}
    return found


def _offsets(admin: Any, places: Iterable[TopicPartition], spec: Any) -> dict[tuple[str, int], Any]:
    try:
        asked = admin.list_offsets(dict.fromkeys(places, spec), request_timeout=_SECONDS)
        return {(place.topic, place.partition): future.result(_SECONDS) for place, future in asked.items()}
    except KafkaException as error:
        raise Unavailable(
            f"the raw topics do not answer ({error.args[0].name()}); try: hub topics apply"
        ) from error


def _instant(epoch_ms: int) -> str:
    return from_epoch_ms(epoch_ms).isoformat(timespec="seconds")
