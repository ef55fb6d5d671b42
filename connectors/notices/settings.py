"""`notices.yaml`: by which channel each kind of notice goes out, and through whom."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from connectors.calls import Network
from connectors.outbox import Backoff
from connectors.secrets import Reference
from connectors.settings_file import read_settings
from connectors.strict import Strict
from hub.domain.sla import NoticeKind

Channel = Literal["sms", "letter", "task", "none"]
_CHANNELS: dict[str, Channel] = {
    "SMS": "sms",
    "LETTER": "letter",
    "LEADER_FORWARD": "sms",
    "CALL_BACK_TASK": "task",
    "SUPERVISION_ENTRY": "none",
    "SUPERVISION_REMOVAL": "none",
}
# A letter is a document, and nothing else is one.
_POSSIBLE: dict[NoticeKind, tuple[Channel, ...]] = {"LETTER": ("letter", "none")}
_Seconds = Annotated[float, Field(gt=0)]


class Retry(Strict):
    """Pauses double from the first to the longest, with jitter; then the message is parked."""

    first_seconds: _Seconds = 2.0
    longest_seconds: _Seconds = 1800.0
    attempts: Annotated[int, Field(ge=1, le=1000)] = 12

    def backoff(self) -> Backoff:
        """As the outbox takes it."""
        return Backoff(self.first_seconds, self.longest_seconds, self.attempts)


class Fields(Strict):
    """What the provider calls the parts of a message in its JSON."""

    id: str = "id"
    to: str = "to"
    text: str = "text"


class Accepted(Strict):
    """How an answer with status 2xx says whether the message was taken: the values of one field.

    `taken` and `known` (the same key before) are delivered, `refused` for good is parked, all else is tried again.
    """

    field: str
    taken: Annotated[tuple[str, ...], Field(min_length=1)]
    known: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


class Reports(Strict):
    """Where the provider tells what became of messages: `GET url?cursor=…` → `{"reports": […], "cursor": …}`.

    A report has the message's id, a status and an instant; the statuses `delivered` and `failed` are final.
    """

    url: str = Field(pattern=r"^https?://\S+$")
    every_seconds: _Seconds = 30.0
    delivered: tuple[str, ...] = ("DELIVERED", "DELIVRD")
    failed: tuple[str, ...] = ("FAILED", "UNDELIV", "EXPIRED", "REJECTD")


class HttpProvider(Strict):
    """A text message provider with an HTTP gateway. `token` is sent as `Authorization: Bearer`."""

    url: str = Field(pattern=r"^https?://\S+$")
    token: Reference | None = None
    contacts: Reference
    fields: Fields = Fields()
    extra: dict[str, str] = Field(default_factory=dict)
    accepted: Accepted | None = None
    reference_field: str = "message_id"
    reports: Reports | None = None
    networks: tuple[Network, ...] = ()
    ca_file: Path | None = None
    connect_seconds: _Seconds = 5.0
    total_seconds: Annotated[float, Field(gt=0, le=120)] = 20.0


class Letters(Strict):
    """The letter: its template, a path below the city folder, and the lines that are the city's own."""

    template: Path = Path("templates/letter.docx")
    basis: str = "根据本市吹哨报到工作有关规定"
    office: str | None = None


class Notices(Strict):
    """The whole file. Without an HTTP provider, text messages go into files; `since`: nothing older is sent."""

    sms: HttpProvider | None = None
    channels: dict[NoticeKind, Channel] = Field(default_factory=dict)
    since: datetime | None = None
    letters: Letters = Letters()
    retry: Retry = Retry()
    at_once: Annotated[int, Field(ge=1, le=64)] = 8

    @model_validator(mode="after")
    def _fits(self) -> "Notices":
        for kind, channel in self.channels.items():
            possible = _POSSIBLE.get(kind, ("sms", "task", "none"))
            if channel not in possible:
                raise ValueError(f"channels.{kind} is one of {', '.join(possible)}")
        if self.since is not None and self.since.tzinfo is None:
            raise ValueError("since: name the time zone too: 2026-11-01T00:00:00+08:00")
        if self.sms is not None and self.since is None:
            raise ValueError("since: say from when on text messages go to people, or the past is sent to them")
        return self

    def channel(self, kind: str) -> Channel:
        """How a kind goes out; a kind that is not known yet is a task, so that somebody sees it."""
        chosen: Mapping[str, Channel] = {str(one): channel for one, channel in self.channels.items()}
        return chosen.get(kind) or _CHANNELS.get(kind, "task")


def read_notices(file: Path) -> Notices:
    """The settings; without a file the defaults.

    Raises:
        Misconfigured: every problem of the file at once, each with its place.
    """
    return read_settings(file, Notices, empty={}, missing=Notices())
