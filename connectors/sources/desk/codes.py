"""The desk's code tables; English words are compared without regard to case."""

from typing import get_args

from hub.domain.event import Kind
from hub.domain.limits import LIMIT_UNITS, ClockName

ACTIONS: dict[str, Kind] = {
    "dispatch": "STATE_CHANGED",
    "extend": "EXTENDED",
    "suspend": "SUSPENDED",
    "resume": "RESUMED",
    "merge": "MERGED",
    "withdraw": "WITHDRAWN",
    "visit": "VISITED",
    "appeal": "APPEALED",
    "excuse": "APPEALED",
    "reject": "APPEALED",
    "recalculate": "RECALCULATED",
    "note": "NOTED",
}
APPEALS = {"appeal": "FILED", "excuse": "EXCUSED", "reject": "REJECTED"}

# What an action cannot do without; an extension and a connected visit need more, see the mapping.
NEEDS: dict[str, tuple[str, ...]] = {
    "dispatch": ("unit",),
    "suspend": ("reason",),
    "merge": ("into",),
    "visit": ("attempt", "connected"),
    "appeal": ("clock", "reason"),
    "excuse": ("clock", "reason"),
    "reject": ("clock", "reason"),
    "recalculate": ("calendar",),
    "note": ("note",),
}
MAY_HAVE_UNTIL = frozenset({"extend", "suspend"})

EXTENSION_UNITS: dict[str, str] = {unit: unit for unit in LIMIT_UNITS}
CLOCKS: dict[str, str] = {name: name for name in get_args(ClockName)}
CONNECTED = {"true": "true", "1": "true", "是": "true", "false": "false", "0": "false", "否": "false"}
SOLVED = {"解决": "SOLVED", "未解决": "UNSOLVED", "部分解决": "PARTLY_SOLVED"}
SOLVED |= {word.lower(): word for word in SOLVED.values()}
SATISFACTION = {
    "满意": "SATISFIED",
    "基本满意": "BASICALLY_SATISFIED",
    "不满意": "DISSATISFIED",
    "未评价": "NOT_RATED",
    "拒访": "REFUSED",
}
SATISFACTION |= {word.lower(): word for word in SATISFACTION.values()}
