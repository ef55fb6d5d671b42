"""The supervision list (督办事项): every entry with its number, drawn from `case.state` and `notices`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.domain.city import City
from hub.domain.instants import from_epoch_ms
from hub.ledger import states
from hub.reading import Reader
from hub.topics import Catalogue
from schemas.codec import Codec

COLUMNS = (
    ("number", "编号"),
    ("date", "日期"),
    ("division", "区划代码"),
    ("division_name", "区划"),
    ("unit", "责任单位代码"),
    ("unit_name", "责任单位"),
    ("case_id", "工单编号"),
    ("subject", "事项"),
    ("state", "状态"),
    ("removed", "销号日期"),
)
"""Columns of the CSV: the name in data, and the one that stands above it."""
_STATES = {"open": "督办中", "closed": "已销号"}


@dataclass(slots=True, frozen=True)
class Entry:
    """One entry. Dates as in 2026-11-13, local; what is not known is an empty text. `state`: open or closed."""

    entry_id: str
    case_id: str
    number: str
    date: str
    division: str
    unit: str
    unit_name: str
    subject: str
    state: str
    removed: str

    def row(self, city: City) -> dict[str, str]:
        """As the list shows it."""
        division = city.divisions.get(self.division)
        unit = city.units.get(self.unit)
        return {
            "number": self.number,
            "date": self.date,
            "division": self.division,
            "division_name": division.name if division is not None else "",
            "unit": self.unit,
            "unit_name": self.unit_name or (unit.name if unit is not None else ""),
            "case_id": self.case_id,
            "subject": self.subject.replace("->", "—"),
            "state": self.state,
            "removed": self.removed,
        }


def cells(row: Mapping[str, str]) -> tuple[str, ...]:
    """A row of the CSV, in the order of its columns."""
    return tuple(_STATES.get(row[name], row[name]) if name == "state" else row[name] for name, _ in COLUMNS)


def supervision_list(bootstrap: str, topics: Catalogue, codec: Codec) -> list[Entry]:
    """Every entry that there ever was, oldest first.

    That an entry is there and whether it is removed, `case.state` says, which keeps it for ever; number and unit
    come from its notice. An entry whose letter is still being numbered has none yet.
    """
    with Reader(bootstrap) as reader:
        notices = (
            codec.decode(one.value, "Notice") for one in reader.scan(topics.notices) if one.value is not None
        )
        told = told_of(notices)
        return sorted(entries(states(reader, topics.case_state, codec), told), key=_by_date)


def told_of(notices: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The notice of each entry, by its id; the removal's where there is no other."""
    told: dict[str, Mapping[str, Any]] = {}
    for notice in notices:
        entry = notice["attributes"].get("entry_id", "")
        if notice["kind"] == "SUPERVISION_ENTRY":
            told[entry] = notice
        elif notice["kind"] == "SUPERVISION_REMOVAL":
            told.setdefault(entry, notice)
    return told


def entries(cases: Iterable[Mapping[str, Any]], told: Mapping[str, Mapping[str, Any]]) -> Iterator[Entry]:
    """The entries of all cases."""
    for case in cases:
        for one in case["supervision"]:
            notice: Mapping[str, Any] = told.get(one["entry_id"], {})
            known: Mapping[str, str] = notice.get("attributes", {})
            removed_at = one["removed_at"]
            yield Entry(
                entry_id=one["entry_id"],
                case_id=case["case_id"],
                number=notice.get("number") or "",
                date=known.get("letter_date") or _day(one["opened_at"]),
                division=one["division"] or notice.get("division") or "",
                unit=notice.get("unit") or "",
                unit_name=known.get("unit_name", ""),
                subject=known.get("subject", ""),
                state="open" if removed_at is None else "closed",
                removed="" if removed_at is None else _day(removed_at),
            )


def _day(epoch_ms: int) -> str:
    return from_epoch_ms(epoch_ms).date().isoformat()


def _by_date(entry: Entry) -> tuple[str, str, str, str]:
    return entry.date, entry.division, entry.number, entry.entry_id
