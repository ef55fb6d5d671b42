"""The policy of a city: its choices that are neither a limit nor a rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from hub.domain.limits import Limit
from hub.domain.tiers import Tier

OnReturn = Literal["next", "desk"]
ReworkTo = Literal["same_unit", "route"]

STAFF_CHANNELS: Final = frozenset({"patrol", "supervisor", "video"})
LETTER_NUMBER: Final = "吹哨督办〔{year}〕{division}-{number:04d}号"
LEADERS: Final[Mapping[Tier, str]] = {
    "street": "街道（镇）分管负责人",
    "county": "区（县）分管副区长（副县长）",
    "city": "市政府分管副市长",
}


@dataclass(slots=True, frozen=True)
class Policy:
    """The city's choices that are neither a limit nor a rule. `valid_from` None: it holds from ever.

    `max_suspension` None: a suspension may be open-ended. `extension_share`: all extensions of a clock together are
    at most this share of its limit. `extension_approval`: a unit's request needs the approval of a desk above.
    `on_return`: a returned case goes to the next unit of the table at once, or waits at the desk for a dispatch
    decision. `rework_to`: an unsatisfied case goes back to the unit that had it, or is routed anew.
    `staff_channels` bring reports of staff: there is nobody to call back. `call_back_unit` None: the city's duty
    desk calls. `letter_number` is formatted with year, division and number.
    """

    version: str
    at_risk_fraction: float
    second_grace: Limit
    office_hours: tuple[tuple[str, str], ...]
    max_suspension: Limit | None
    call_back_attempts: int
    same_place_days: int
    valid_from: date | None = None
    extension_share: float = 1.0
    extension_times: int = 2
    extension_approval: bool = True
    on_return: OnReturn = "next"
    rework_to: ReworkTo = "same_unit"
    staff_channels: frozenset[str] = STAFF_CHANNELS
    call_back_unit: str | None = None
    letter_number: str = LETTER_NUMBER
    leaders: Mapping[Tier, str] = field(default_factory=lambda: dict(LEADERS))
