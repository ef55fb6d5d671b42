"""What happens to the clocks of a case. `at` is the instant it happened, whenever it was heard of."""

from dataclasses import dataclass
from datetime import datetime

from hub.domain.limits import Limit
from hub.domain.tiers import WhistleLevel


@dataclass(slots=True, frozen=True)
class Registered:
    """The case was reported."""

    at: datetime


@dataclass(slots=True, frozen=True)
class Dispatched:
    """The case was given to a unit."""

    at: datetime
    unit: str


@dataclass(slots=True, frozen=True)
class Signed:
    """The unit acknowledged the case."""

    at: datetime


@dataclass(slots=True, frozen=True)
class Done:
    """A unit reported the case done."""

    at: datetime
    unit: str | None = None


@dataclass(slots=True, frozen=True)
class CalledBack:
    """A caller was asked; only a dissatisfied one moves clocks. `unit` gets the rework, None: who had it last."""

    at: datetime
    is_satisfied: bool
    unit: str | None = None


@dataclass(slots=True, frozen=True)
class CallBacksSettled:
    """No caller is owed a call-back any more."""

    at: datetime


@dataclass(slots=True, frozen=True)
class ExtensionRequested:
    """A unit asked for more time."""

    at: datetime


@dataclass(slots=True, frozen=True)
class ExtensionGranted:
    """More time was granted."""

    at: datetime
    add: Limit


@dataclass(slots=True, frozen=True)
class Suspended:
    """Work pauses; `until` where an end was set beforehand."""

    at: datetime
    until: datetime | None = None


@dataclass(slots=True, frozen=True)
class Resumed:
    """Work goes on."""

    at: datetime


@dataclass(slots=True, frozen=True)
class Returned:
    """The unit gave the case back."""

    at: datetime


@dataclass(slots=True, frozen=True)
class Urged:
    """The caller pressed for it."""

    at: datetime


@dataclass(slots=True, frozen=True)
class LevelRaised:
    """The case's level rose; `limit` is the full handle limit of the new one."""

    at: datetime
    level: WhistleLevel
    limit: Limit


@dataclass(slots=True, frozen=True)
class StepDone:
    """One of several handling steps is done (the fence stands); `limit` is that of the next one (the repair)."""

    at: datetime
    limit: Limit


@dataclass(slots=True, frozen=True)
class Closed:
    """Withdrawn or merged into another case."""

    at: datetime


ClockEvent = (
    Registered
    | Dispatched
    | Signed
    | Done
    | CalledBack
    | CallBacksSettled
    | ExtensionRequested
    | ExtensionGranted
    | Suspended
    | Resumed
    | Returned
    | Urged
    | LevelRaised
    | StepDone
    | Closed
)
