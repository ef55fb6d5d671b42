"""Cases for the ledger's tests, built as casework leaves them; instants of 2026 are told as `11-20 10:00`."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from hub.domain.case import CaseState, ClockRecord, awaited
from hub.domain.instants import SHANGHAI, to_epoch_ms
from hub.domain.period import Period


def instant_of(text: str) -> int:
    """`11-20 10:00` of 2026 as epoch milliseconds."""
    return to_epoch_ms(datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI))


def make_period(first: str, to: str, as_of: str | None = None) -> Period:
    """`11-01` to `12-01` of 2026, drawn long afterwards unless told."""
    drawn = instant_of("12-31 00:00" if as_of is None else as_of)
    day = {text: datetime.strptime(f"2026-{text}", "%Y-%m-%d").date() for text in (first, to)}
    return Period.of(day[first], day[to], drawn)


def make_case(
    name: str, *changes: tuple[str | int, str, str], division: str | None = "230203", **more: Any
) -> CaseState:
    """A case whose changes are (instant, kind, status afterwards); the first is its report."""
    state = awaited(f"hotline:{name}")
    for number, (instant, kind, status) in enumerate(changes, 1):
        moment = instant_of(instant) if isinstance(instant, str) else instant
        state["decisions"].append(
            {
                "version": number,
                "event_id": f"{name}-{number}",
                "kind": kind,  # type: ignore[typeddict-item]
                "at": moment,
                "outcome": "APPLIED",
                "reason": "",
                "from_status": None if number == 1 else state["status"],
                "to_status": status,  # type: ignore[typeddict-item]
                "event_partition": 0,
                "event_offset": number,
                "dispatch_ids": [],
            }
        )
        state["status"] = status  # type: ignore[typeddict-item]
        if number == 1:
            state["reported_at"] = moment
    if division is not None:
        state["location"] = {
            "division": division,
            "street": None,
            "community": None,
            "grid": None,
            "address": None,
            "lon": None,
            "lat": None,
            "crs": None,
        }
    state.update(more)  # type: ignore[typeddict-item]
    return state


def make_clock(due: str | int | None, name: str = "handle", **more: Any) -> ClockRecord:
    """A running clock with a due."""
    record: ClockRecord = {
        "name": name,  # type: ignore[typeddict-item]
        "cycle": 1,
        "leg": 1,
        "started_at": instant_of("11-01 08:00"),
        "due_at": instant_of(due) if isinstance(due, str) else due,
        "policy": "",
        "outcomes": [],
        "limit_value": 1.0,
        "limit_unit": "work_day",
        "added": [],
        "at_risk_fraction": 0.8,
        "grace_value": 1.0,
        "grace_unit": "work_day",
        "limits_version": "",
        "policy_version": "",
        "calendar_version": "",
        "provisional": False,
        "warning_at": None,
        "warning_ahead": False,
        "warning_provisional": False,
        "warned_at": [],
        "second_at": None,
        "second_provisional": False,
        "breached": False,
        "second_passed": False,
        "pauses": [],
        "end": None,
        "ended_at": None,
        "appeal": None,
        "appeal_at": None,
    }
    record.update(more)  # type: ignore[typeddict-item]
    return record


def make_call_back(
    opened: int, settled: int | None = None, result: str | None = None, **more: Any
) -> dict[str, Any]:
    """A call-back owed since an instant."""
    return {
        "token": None,
        "due_at": None,
        "result": result,
        "attempts": 0,
        "cycle": 1,
        "opened_at": opened,
        "settled_at": settled,
        "solved": None,
        "satisfaction": None,
        "reason": None,
        "text": None,
    } | more


@pytest.fixture(scope="session")
def at() -> Callable[..., int]:
    """`at("11-20 10:00")` is that instant of 2026 as epoch milliseconds."""
    return instant_of


@pytest.fixture(scope="session")
def period() -> Callable[..., Period]:
    """`period("11-01", "12-01")` is November, drawn at the end of the year unless told."""
    return make_period


@pytest.fixture(scope="session")
def case() -> Callable[..., CaseState]:
    """`case("A", ("11-20 10:00", "REPORTED", "DISPATCHED"), …)`: its name and its changes of status."""
    return make_case


@pytest.fixture(scope="session")
def clock() -> Callable[..., ClockRecord]:
    """`clock("11-20 18:00", breached=True)`: a handle clock with its due."""
    return make_clock


@pytest.fixture(scope="session")
def call_back() -> Callable[..., dict[str, Any]]:
    """`call_back(opened, settled, "SATISFIED")`: one obligation."""
    return make_call_back
