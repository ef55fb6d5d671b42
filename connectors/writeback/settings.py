"""What `sources.yaml` says of the way back to a source."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

from connectors.secrets import Reference
from connectors.strict import Strict
from hub.domain.status_updates import UPDATE_STATUSES, UpdateStatus

Word = Annotated[str, Field(min_length=1, max_length=64)]


class KafkaTarget(Strict):
    """A topic of the source's own Kafka."""

    bootstrap: str = Field(min_length=1)
    topic: str = Field(min_length=1, max_length=249)


class AnswerSettings(Strict):
    """Where a system says 200 whatever happens: which field of its answer (JSON, XML) tells, and good values."""

    field: str = Field(min_length=1)
    good: tuple[str, ...] = Field(min_length=1)


class WritebackSettings(Strict):
    """Exactly one of `url`, `folder` and `kafka` says where to; `format` is one of the source's, else its first.

    `statuses` maps the hub's status to the source's own word. A status that is neither there nor in `ignored` is
    counted and shown, and not sent. `units` maps the hub's code of a unit to the source's, where they differ.
    `secret` signs (Standard Webhooks), `token` is sent as a bearer token, `ca_file` vouches for the certificate;
    all are for a url. What came about before `begin_at` is not sent: without it a source begins with the
    oldest update that is kept. After `attempts` failed ones a status is parked, and what follows in its case waits.
    """

    url: str | None = Field(None, pattern=r"^https?://")
    folder: Path | None = None
    kafka: KafkaTarget | None = None
    format: str | None = None
    statuses: dict[UpdateStatus, Word] = Field(min_length=1)
    ignored: frozenset[UpdateStatus] = frozenset()
    units: dict[str, Word] = Field(default_factory=dict)
    secret: Reference | None = None
    token: Reference | None = None
    answer: AnswerSettings | None = None
    timeout_seconds: float = Field(10.0, gt=0, le=120)
    ca_file: Path | None = None
    begin_at: AwareDatetime | None = None
    at_once: int = Field(4, ge=1, le=64)
    first_pause_seconds: float = Field(2.0, gt=0)
    longest_pause_seconds: float = Field(900.0, gt=0)
    attempts: int = Field(20, ge=1)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        given = [name for name in ("url", "folder", "kafka") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"exactly one of url, folder and kafka is needed, here {' and '.join(given) or 'none'}"
            )
        if both := sorted(self.ignored & self.statuses.keys()):
            raise ValueError(f"{', '.join(both)} in statuses and in ignored")
        for name in ("secret", "token", "answer", "ca_file"):
            if self.url is None and getattr(self, name) is not None:
                raise ValueError(f"{name} is for a url")
        return self

    @property
    def unmapped(self) -> tuple[UpdateStatus, ...]:
        """Statuses that are neither sent nor left out on purpose."""
        return tuple(one for one in UPDATE_STATUSES if one not in self.statuses and one not in self.ignored)
