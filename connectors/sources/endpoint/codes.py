"""The code tables of endpoint feedback."""

from hub.domain.event import Kind

ACTIONS: dict[str, Kind] = {
    "sign": "SIGNED",
    "return": "RETURNED",
    "whistle": "WHISTLED",
    "extend": "EXTENDED",
    "suspend": "SUSPENDED",
    "resume": "RESUMED",
    "done": "DONE",
    "note": "NOTED",
}
LEVELS = {"普通哨": "ordinary", "重点哨": "key", "疑难哨": "difficult"}

NEEDS_REASON = frozenset({"RETURNED", "WHISTLED", "EXTENDED", "SUSPENDED"})
NEEDS_NOTE = frozenset({"DONE", "NOTED"})
