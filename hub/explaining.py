"""Explains the deadlines of one case: every clock with every interval, what came of it, and when that was told."""

from datetime import datetime
from typing import Any, Final, cast

from hub.clockdesk.explain import explain_data, explain_lines
from hub.domain.case import CaseState
from hub.domain.city import City
from hub.domain.clock import Clock
from hub.domain.clock_data import clock_of
from hub.domain.instants import from_epoch_ms
from hub.reading import Reader, partition_of
from hub.topics import Catalogue
from hub.tracing import latest_state
from schemas.codec import Codec

LEVELS: Final = {"ordinary": "普通哨", "key": "重点哨", "difficult": "疑难哨"}
TIERS: Final = {"street": "街道", "county": "县区", "city": "市级"}


class Explanation:
    """What is known of a case's deadlines, ready to be printed or given as data."""

    def __init__(self, case: CaseState, facts: list[dict[str, Any]], city: City, now: datetime) -> None:
        self._case = case
        self._facts = facts
        self._city = city
        self._now = now
        self._clocks = [clock_of(record) for record in case["clocks"]]

    def lines(self) -> list[str]:
        """For a person: the case in a line, then clock by clock in the order of their starts."""
        lines = [self._head()]
        for clock in sorted(self._clocks, key=lambda one: (one.cycle, one.start)):
            lines += explain_lines(clock, self._worktime(clock), self._now)
            lines += [f"  {_told(fact)}" for fact in self._of(clock)]
        others = [fact for fact in self._facts if not any(fact in self._of(clock) for clock in self._clocks)]
        lines += [f"{fact['outcome']}  {_told(fact, with_name=False)}" for fact in others]
        lines += [_extension_line(one) for one in self._case["extensions"]]
        lines += [_call_back_line(number, one) for number, one in enumerate(self._case["call_backs"], 1)]
        lines += [_supervision_line(one) for one in self._case["supervision"]]
        return lines

    def data(self) -> dict[str, Any]:
        """The same as data; instants of the clocks are ISO 8601, those of the state's own records epoch ms."""
        case = self._case
        return {
            "case_id": case["case_id"],
            "status": case["status"],
            "level": case["level"],
            "tier": case["tier"],
            "unit": case["lead"]["unit"] if case["lead"] else None,
            "version": case["version"],
            "limits_version": case["limits_version"],
            "policy_version": case["policy_version"],
            "cycle": case["cycle"],
            "clocks": [
                explain_data(clock, self._worktime(clock), self._now)
                | {"outcomes": [_outcome(fact) for fact in self._of(clock)], "appeal": clock.appeal}
                for clock in self._clocks
            ],
            "facts": [_outcome(fact) for fact in self._facts],
            "extensions": case["extensions"],
            "call_backs": case["call_backs"],
            "supervision": case["supervision"],
            "past_cycles": case["cycles"],
        }

    def _head(self) -> str:
        case, city = self._case, self._city
        category, location, lead = case["category"], case["location"], case["lead"]
        subject = ((category["path"] or category["code"] or "") if category else "").rpartition("->")[2]
        division = city.place_name(location["division"]) if location else ""
        level = LEVELS.get(case["level"] or "", "")
        unit = city.units[lead["unit"]].name if lead and lead["unit"] in city.units else "无承办单位"
        place = " · ".join(part for part in (subject, division, level) if part)
        return f"{place} → {TIERS.get(case['tier'] or '', '')} · {unit}  {case['status']} cycle {case['cycle']}"

    def _worktime(self, clock: Clock) -> Any:
        return self._city.worktime_of(clock.terms.policy_version, clock.calendar)

    def _of(self, clock: Clock) -> list[dict[str, Any]]:
        name = (clock.name, clock.cycle, clock.leg)
        facts = [one for one in self._facts if (one["clock"], one["cycle"], one["leg"]) == name]
        # A clock of one leg may start twice: signed anew after a return.
        twins = [one for one in self._clocks if (one.name, one.cycle, one.leg) == name]
        if len(twins) == 1:
            return facts
        begin = clock.start
        later = min((one.start for one in twins if one.start > begin), default=None)
        return [
            one
            for one in facts
            if begin <= from_epoch_ms(one["happened_at"])
            and (later is None or from_epoch_ms(one["happened_at"]) < later)
        ]


def explain(
    bootstrap: str, topics: Catalogue, codec: Codec, city: City, case_id: str, now_ms: int
) -> Explanation | None:
    """The explanation of a case from its state and its facts; None when no topic knows it."""
    key = case_id.encode()
    with Reader(bootstrap) as reader:
        snapshot = latest_state(reader, topics, case_id)
        if snapshot is None:
            return None
        partition = partition_of(key, len(reader.partitions(topics.sla_events)))
        found = reader.scan(topics.sla_events, partition=partition)
        facts = [codec.decode(stored.value or b"", "SlaEvent") for stored in found if stored.key == key]
    case = cast(CaseState, codec.decode(snapshot.value or b"", "CaseState"))
    return Explanation(case, facts, city, from_epoch_ms(now_ms))


def _told(fact: dict[str, Any], *, with_name: bool = True) -> str:
    at, happened = from_epoch_ms(fact["at"]), from_epoch_ms(fact["happened_at"] or fact["at"])
    name = f"{fact['outcome']} " if with_name else ""
    reason = f" ({fact['reason']})" if fact["reason"] else ""
    late = f", told late at {at:%m-%d %H:%M:%S}" if fact["late"] else ""
    to = f" to {fact['endpoint_id']}" if fact["outcome"] == "FIRST_TIMEOUT" else ""
    return f"told      {name}at {happened:%m-%d %H:%M:%S}{reason}{to}{late}"


def _outcome(fact: dict[str, Any]) -> dict[str, Any]:
    names = ("outcome", "clock", "cycle", "leg", "late", "provisional", "case_version", "event_id", "reason")
    return {name: fact[name] for name in names} | {
        "due": _iso(fact["due_at"]),
        "at": _iso(fact["at"]),
        "happened": _iso(fact["happened_at"]),
        "details": fact["details"],
    }


def _extension_line(one: Any) -> str:
    value = f"{one['value']:g}" if one["value"] is not None else ""
    granted = (
        f"granted {value} by {one['granted_by']} {_short(one['granted_at'])}" if one["granted_by"] else "waits"
    )
    outcome = f"refused {one['refusal']}" if one["refusal"] else granted
    return f"extension  cycle {one['cycle']} leg {one['leg']}  asked {_short(one['asked_at'])}  {outcome}"


def _call_back_line(number: int, one: Any) -> str:
    outcome = f"{one['result'] or 'owed'}" + (f" ({one['reason']})" if one["reason"] else "")
    due = f"  due {_short(one['due_at'])}" if one["due_at"] else ""
    return f"call-back {number}  cycle {one['cycle']}{due}  attempts {one['attempts']}  {outcome}"


def _supervision_line(one: Any) -> str:
    removed = f"removed {_short(one['removed_at'])}" if one["removed_at"] else "on the list"
    return (
        f"supervision  {one['clock']} cycle {one['cycle']} leg {one['leg']}  {_short(one['opened_at'])}  {removed}"
    )


def _short(at: int | None) -> str:
    return f"{from_epoch_ms(at):%m-%d %H:%M:%S}" if at is not None else "-"


def _iso(at: int | None) -> str | None:
    return from_epoch_ms(at).isoformat() if at is not None else None
