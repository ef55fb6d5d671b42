"""`webhooks.yaml`: who is told what, where, and how patiently."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from connectors.calls import Network
from connectors.outbox import Backoff
from connectors.secrets import Reference
from connectors.settings_file import read_settings
from connectors.strict import Strict
from hub.domain.errors import Misconfigured
from hub.domain.tiers import Tier

_NAME = r"^[a-z0-9][a-z0-9-]{0,39}$"


def _has_zone(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("name the time zone too: 2026-11-01T00:00:00+08:00")
    return instant


Instant = Annotated[datetime, AfterValidator(_has_zone)]
Action = Literal["ASSIGN", "UPDATE", "RECALL"]


class Retry(Strict):
    """Pauses double from the first to the longest, with jitter; then the message is parked."""

    first_seconds: float = Field(default=2.0, gt=0)
    longest_seconds: float = Field(default=3600.0, gt=0)
    attempts: int = Field(default=20, ge=1, le=1000)

    def backoff(self) -> Backoff:
        """As the outbox takes it."""
        return Backoff(self.first_seconds, self.longest_seconds, self.attempts)


class Target(Strict):
    """One receiver. An empty filter lets everything pass; several must all let it pass.

    `since`: nothing older is sent, also where the hub's file is lost. Of `secrets` each signs, so that one can be
    replaced without a gap.
    """

    url: str = Field(pattern=r"^https?://\S+$")
    secrets: tuple[Reference, ...] = Field(min_length=1, max_length=5)
    since: Instant
    topics: tuple[str, ...] = ()
    tiers: tuple[Tier, ...] = ()
    divisions: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    at_once: int = Field(default=4, ge=1, le=64)

    def takes(self, topic: str, record: dict[str, Any]) -> bool:
        """Whether the filters let a record pass. One that has no such field does not pass a filter of it."""
        wanted = (
            (self.topics, topic),
            (self.tiers, record.get("tier")),
            (self.divisions, record.get("division")),
            (self.units, record.get("unit")),
            (self.actions, record.get("action")),
        )
        return all(not allowed or found in allowed for allowed, found in wanted)


class Webhooks(Strict):
    """The whole file. `networks` are those of the city's inner network in which targets may be."""

    networks: tuple[Network, ...] = ()
    ca_file: Path | None = None
    connect_seconds: float = Field(default=5.0, gt=0, le=60)
    total_seconds: float = Field(default=20.0, gt=0, le=120)
    retry: Retry = Retry()
    targets: dict[Annotated[str, Field(pattern=_NAME)], Target] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _waits_in_order(self) -> "Webhooks":
        if self.connect_seconds > self.total_seconds:
            raise ValueError("connect_seconds is longer than total_seconds")
        return self


def read_webhooks(file: Path, topics: tuple[str, ...]) -> Webhooks:
    """The settings; without a file there is no target. `topics` are those that a target may name.

    Raises:
        Misconfigured: every problem of the file at once, each with its place.
    """
    found = read_settings(file, Webhooks, empty={}, missing=Webhooks())
    unknown = [
        f"{file}: targets.{name}.topics: {topic} is none of {', '.join(topics)}"
        for name, target in found.targets.items()
        for topic in target.topics
        if topic not in topics
    ]
    if unknown:
        raise Misconfigured(unknown)
    return found
