"""What an operator tells the sources: pause, resume, go back, take again; on the audit log before it is done."""

import uuid
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaException, Producer

from connectors.control import (
    COMMAND_DAYS,
    Command,
    Kind,
    Known,
    PauseState,
    Transport,
    command_key,
    encode,
    state_key,
)
from connectors.feed import Feed
from connectors.source_settings import SourceSettings
from connectors.status import Standing, read_standings
from hub.auditing import Act, AuditLog
from hub.domain.errors import Refused, Unavailable
from hub.topics import Catalogue
from schemas.codec import Codec

_SECONDS = 15.0
_DAY_MS = 86_400_000
_KEEPING = (Transport.DROP, Transport.DATABASE, Transport.POLL)


@dataclass(slots=True, frozen=True)
class Told:
    """What was said: `changed` is False where it held or was waiting already. `command` is its id, if it is one."""

    source: str
    action: str
    changed: bool
    command: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {"source": self.source, "action": self.action, "changed": self.changed, "command": self.command}


class SourceDesk:
    """Writes `source.control`; every edge hears of it within a second, one that is down when it starts."""

    def __init__(self, bootstrap: str, topics: Catalogue, codec: Codec, *, actor: str, now_ms: int) -> None:
        self._bootstrap = bootstrap
        self._topics = topics
        self._actor = actor
        self._now_ms = now_ms
        log = topics.topic(topics.audit_log)
        self._audit = AuditLog(bootstrap, log.name, log.partitions, codec, lambda: now_ms)

    def pause(self, source: str, reason: str) -> Told:
        """Nothing is taken from the source until it is resumed, over restarts too."""
        return self._set(source, "source.pause", reason, paused=True)

    def resume(self, source: str, reason: str) -> Told:
        """The source is taken from again, from where it stood."""
        return self._set(source, "source.resume", reason, paused=False)

    def rewind(
        self,
        source: str,
        settings: SourceSettings | None,
        reason: str,
        *,
        transport: Transport | None = None,
        to_ms: int | None = None,
        to_position: str | None = None,
    ) -> Told:
        """Go back to an instant, or to a transport's own position.

        Raises:
            Refused: no transport of the source keeps a position, or it is not clear whose position is meant.
        """
        chosen = _transport(source, settings, transport)
        if to_position is not None and chosen is None:
            raise Refused(f"{source} has several transports with positions of their own; name one with --transport")
        return self._command(source, Kind.REWIND, reason, transport=chosen, to_ms=to_ms, to_position=to_position)

    def reimport(
        self,
        source: str,
        settings: SourceSettings | None,
        reason: str,
        *,
        transport: Transport | None = None,
        ids: tuple[str, ...] = (),
        files: tuple[str, ...] = (),
    ) -> Told:
        """Take chosen records (source case ids, source event ids) or dropped files again.

        Raises:
            Refused: no transport of the source can.
        """
        wanted = Transport.DROP if files else transport
        chosen = _transport(source, settings, wanted)
        bare = tuple(one.removeprefix(f"{source}:") for one in ids)
        return self._command(source, Kind.REIMPORT, reason, transport=chosen, ids=bare, files=files)

    def _set(self, source: str, action: str, reason: str, *, paused: bool) -> Told:
        state = read_control(self._bootstrap, self._topics).states.get(source)
        if (state is not None and state.paused) == paused:
            return Told(source, action, changed=False)
        self._audit.write(Act(_subject(source), self._actor, action, reason))
        told = PauseState(paused=paused, at=self._now_ms, actor=self._actor, reason=reason)
        self._write({state_key(source): encode(told)})
        return Told(source, action, changed=True)

    def _command(self, source: str, kind: Kind, reason: str, **what: Any) -> Told:
        action = f"source.{kind}"
        command = Command(
            id=uuid.uuid4().hex[:12], source=source, kind=kind, at=self._now_ms, actor=self._actor, **what
        )
        known = read_control(self._bootstrap, self._topics)
        standings = read_status(self._bootstrap, self._topics)
        for other in known.commands.values():
            if _is_same(command, other) and not _is_done(other, standings):
                return Told(source, action, changed=False, command=other.id)
        details = {"command": command.id, **_details(command)}
        self._audit.write(Act(_subject(source), self._actor, action, reason, details))
        old = {
            key: None for key, other in known.commands.items() if other.at < self._now_ms - COMMAND_DAYS * _DAY_MS
        }
        self._write({**old, command_key(command): encode(command)})
        return Told(source, action, changed=True, command=command.id)

    def _write(self, records: dict[bytes, bytes | None]) -> None:
        producer = Producer(
            {"bootstrap.servers": self._bootstrap, "enable.idempotence": True, "linger.ms": 0, "log_level": 2}
        )
        failed: list[str] = []
        try:
            for key, value in records.items():
                producer.produce(
                    self._topics.source_control,
                    value,
                    key,
                    on_delivery=lambda error, _: failed.append(error.name()) if error is not None else None,
                )
            if producer.flush(_SECONDS):
                failed.append("no answer")
        except KafkaException as error:
            failed.append(error.args[0].name())
        if failed:
            raise Unavailable(
                f"Kafka at {self._bootstrap} did not take it ({failed[0]}); it is on the audit log as asked for, "
                "give the command again"
            )


def read_control(bootstrap: str, topics: Catalogue) -> Known:
    """Everything that the sources have been told."""
    known = Known()
    feed = Feed(bootstrap, (topics.source_control,), topics.topic(topics.source_control).partitions, {})
    try:
        for message in feed.read_to_end(_SECONDS)[0]:
            known.take(message.key, message.value)
    finally:
        feed.close()
    return known


def read_status(bootstrap: str, topics: Catalogue) -> dict[tuple[str, Transport], Standing]:
    """Where the transports stand, as they told last."""
    feed = Feed(bootstrap, (topics.source_status,), topics.topic(topics.source_status).partitions, {})
    try:
        return read_standings(feed.read_to_end(_SECONDS)[0])
    finally:
        feed.close()


def transports_of(settings: SourceSettings | None) -> list[Transport]:
    """The ways in that the settings have for a source."""
    if settings is None:
        return []
    return [transport for transport in Transport if getattr(settings, transport.value) is not None]


def _transport(source: str, settings: SourceSettings | None, wanted: Transport | None) -> Transport | None:
    """The transport meant; None for several."""
    able = [transport for transport in transports_of(settings) if transport in _KEEPING]
    if not able:
        raise Refused(
            f"{source} has no transport that the hub takes from (drop, database, poll); what it posts to the "
            "intake it can post again itself, a resend is dropped"
        )
    if wanted is not None and wanted not in able:
        raise Refused(f"{source} has no transport {wanted} that can do this; it has {', '.join(able)}")
    return wanted if wanted is not None else able[0] if len(able) == 1 else None


def _is_same(one: Command, other: Command) -> bool:
    apart = {"id", "at", "actor"}
    return one.model_dump(exclude=apart) == other.model_dump(exclude=apart)


def _is_done(command: Command, standings: dict[tuple[str, Transport], Standing]) -> bool:
    return any(
        command.id in standing.commands
        for (source, transport), standing in standings.items()
        if source == command.source and command.is_for(transport)
    )


def _details(command: Command) -> dict[str, str]:
    """By their ids; names of files may hold anything, so only how many there are."""
    found = {
        "transport": command.transport or "all",
        "to_ms": "" if command.to_ms is None else str(command.to_ms),
        "to_position": command.to_position or "",
        "ids": ",".join(command.ids[:100]),
        "number_of_ids": str(len(command.ids)) if command.ids else "",
        "number_of_files": str(len(command.files)) if command.files else "",
    }
    return {name: str(value) for name, value in found.items() if value}


def _subject(source: str) -> str:
    return f"source/{source}"
