"""What the demo ends with: the account of every record, and the cases by source, level, tier and division."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from hub.demo.traffic import Published
from hub.domain.case import CaseState
from hub.domain.city import City

UNPLACED = "unplaced"


@dataclass(slots=True)
class Account:
    """Where the records went. The account is clean when nothing is unaccounted for.

    `refused` were answered with an error by their transport, which took nothing of them in; a `duplicate` was
    dropped by unify, or recognised by its transport.
    """

    published: int = 0
    accepted: int = 0
    duplicate: int = 0
    dead: int = 0
    refused: int = 0
    by_source: dict[str, dict[str, int]] = field(default_factory=dict)
    dead_by_reason: dict[str, int] = field(default_factory=dict)
    refused_by_reason: dict[str, int] = field(default_factory=dict)

    @property
    def settled(self) -> int:
        """Records that have come to one of their four ends."""
        return self.accepted + self.duplicate + self.dead + self.refused

    @property
    def unaccounted(self) -> int:
        """published − (accepted + duplicate + dead + refused); anything but 0 is a fault of the hub."""
        return self.published - self.settled


def account_of(
    published: Published, before: dict[str, int], after: dict[str, int], source_of: dict[str, str]
) -> Account:
    """The account of one run: unify's exact tallies after it less those before it.

    `source_of` names the source of a raw topic: dead letters are tallied by topic.
    """
    account = Account(published=published.records)
    for source, records in sorted(published.by_source.items()):
        account.by_source[source] = _row(records)
    for name, total in after.items():
        count = total - before.get(name, 0)
        verdict, _, source = name.partition(".")
        if not count or verdict not in ("accepted", "duplicate", "dead"):
            continue
        reason = ""
        if verdict == "dead":
            topic, _, reason = source.rpartition(".")
            source = source_of[topic]
        row = account.by_source.setdefault(source, _row(0))
        row[verdict] += count
        if reason:
            account.dead_by_reason[reason] = account.dead_by_reason.get(reason, 0) + count
    for source, reason in published.edge_dead:
        account.by_source[source]["dead"] += 1
        account.dead_by_reason[reason] = account.dead_by_reason.get(reason, 0) + 1
    for source, reason in published.refused:
        account.by_source[source]["refused"] += 1
        account.refused_by_reason[reason] = account.refused_by_reason.get(reason, 0) + 1
    for source, count in published.repeated.items():
        account.by_source[source]["duplicate"] += count
    account.accepted = sum(row["accepted"] for row in account.by_source.values())
    account.duplicate = sum(row["duplicate"] for row in account.by_source.values())
    account.dead = sum(row["dead"] for row in account.by_source.values())
    account.refused = sum(row["refused"] for row in account.by_source.values())
    return account


def _row(published: int) -> dict[str, int]:
    return {"published": published, "accepted": 0, "duplicate": 0, "dead": 0, "refused": 0}


@dataclass(slots=True)
class Cases:
    """The cases the hub holds, counted from `case.state`."""

    total: int = 0
    awaited: int = 0
    by_source: Counter[str] = field(default_factory=Counter)
    by_level: Counter[str] = field(default_factory=Counter)
    by_tier: Counter[str] = field(default_factory=Counter)
    by_division: Counter[str] = field(default_factory=Counter)
    by_status: Counter[str] = field(default_factory=Counter)

    def as_data(self) -> dict[str, Any]:
        """For `--json`. (`dataclasses.asdict` makes a Counter's pairs into its keys.)"""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in values.items()}


def cases_of(states: Iterable[CaseState], city: City) -> Cases:
    """Count the latest states of all cases."""
    cases = Cases()
    for state in states:
        _count(cases, state, city)
    return cases


def _count(cases: Cases, state: CaseState, city: City) -> None:
    cases.total += 1
    cases.by_status[state["status"]] += 1
    if state["status"] == "AWAITED":
        cases.awaited += 1
        return
    cases.by_source[state["source"]] += 1
    cases.by_level[state["level"] or UNPLACED] += 1
    cases.by_tier[state["tier"] or UNPLACED] += 1
    location = state["location"]
    division = location["division"] if location is not None else None
    cases.by_division[city.place_name(division) if division else UNPLACED] += 1
