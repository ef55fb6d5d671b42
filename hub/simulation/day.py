"""A city's day as its sources send it: cases, what follows them, and the usual disorder. Pure and seeded."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from hub.domain.city import City
from hub.simulation.bad import bad_message, spoiled
from hub.simulation.citymgmt import city_case
from hub.simulation.draft import HOUR_MS, Draft, later
from hub.simulation.endpoint import feedback
from hub.simulation.grid import push_report, row_report
from hub.simulation.hotline import work_order
from hub.simulation.message import DUPLICATE, Message
from hub.simulation.package import package
from hub.simulation.places import Gazetteer
from hub.simulation.subjects import HEATING, HOTLINE, WATERLOGGING, Subject

# Share of cases by who reports them, in per mille (city's figures: phone 60 %, supervisors and patrols 32 %,
# WeChat 4.5 %, the rest QR codes, web, province and party members' visits).
MIX: dict[tuple[str, str], int] = {
    ("hotline", "电话"): 600,
    ("citymgmt", "1"): 150,
    ("citymgmt", "36"): 20,
    ("grid", "row"): 120,
    ("grid", "patrol"): 30,
    ("hotline", "微信"): 25,
    ("citymgmt", "61"): 8,
    ("grid", "wechat"): 12,
    ("grid", "qr"): 9,
    ("hotline", "二维码"): 4,
    ("hotline", "网站"): 5,
    ("citymgmt", "9"): 3,
    ("hotline", "省平台"): 7,
    ("grid", "party_visit"): 7,
}
RESENT = 0.03
REVISED = 0.01
DISORDERED = 0.01
BAD = 0.005
_FEEDBACK = 0.4

# Relative number of reports in each hour of the day.
_CURVE = (3, 2, 1, 1, 2, 4, 12, 35, 70, 85, 80, 65, 45, 55, 75, 70, 60, 50, 38, 30, 24, 16, 9, 5)
_STORM_FACTOR = 3
_HEATING_MONTHS = (10, 11, 12, 1, 2, 3, 4)


@dataclass(slots=True, frozen=True)
class Storm:
    """The hour in which something large happens: its subject, and where."""

    hour: int
    subject: Subject
    divisions: tuple[str, ...]


def simulate(cases: int, seed: int, day: date, city: City) -> Iterator[Message]:
    """The messages of a day with that many cases, in the order they are sent.

    The same arguments give the same bytes. `hub.simulation.expected_of` adds up what the hub must make of them,
    for a whole day or its beginning. Ids hold the day and the seed, so that two simulations do not mix.
    """
    random = Random(seed)
    midnight_ms = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
    start_ms = midnight_ms - city.utc_offset_hours * HOUR_MS
    numbers = _Numbers(f"{day:%Y%m%d}{seed % 10_000:04d}")
    gazetteer = Gazetteer.of(city)
    storm = _storm(random, day, gazetteer)
    drafts: list[Draft] = []
    for at_ms in _instants(random, cases, start_ms, storm):
        is_storm_hour = (at_ms - start_ms) // HOUR_MS == storm.hour
        case = _case(random, numbers, at_ms, gazetteer, storm, is_storm_hour)
        drafts += case + _feedback_on(random, numbers, case[0], city)
    end_ms = start_ms + timedelta(days=1) // timedelta(milliseconds=1)
    drafts = [draft for draft in drafts if draft.at_ms < end_ms]
    drafts, alone = _disturb(random, numbers, drafts)
    yield from package(random, drafts, alone, f"{day:%Y%m%d}")


class _Numbers:
    """Running numbers that are unique in a simulation."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._last = 0

    def next(self) -> str:
        self._last += 1
        return f"{self._prefix}{self._last:06d}"


def _storm(random: Random, day: date, gazetteer: Gazetteer) -> Storm:
    subject = HEATING if day.month in _HEATING_MONTHS else WATERLOGGING
    hour = random.choice((9, 18, 19, 20))
    return Storm(hour, subject, gazetteer.busiest(3))


def _instants(random: Random, cases: int, start_ms: int, storm: Storm) -> list[int]:
    curve = list(_CURVE)
    curve[storm.hour] = _STORM_FACTOR * max(curve)
    hours = random.choices(range(24), curve, k=cases)
    return sorted(start_ms + hour * HOUR_MS + 1000 * random.randrange(3600) for hour in hours)


def _case(
    random: Random, numbers: _Numbers, at_ms: int, gazetteer: Gazetteer, storm: Storm, is_storm_hour: bool
) -> list[Draft]:
    source, channel = random.choices(list(MIX), list(MIX.values()))[0]
    in_storm = is_storm_hour and source == "hotline" and random.random() < 0.7
    place = gazetteer.place(random, storm.divisions if in_storm else ())
    if source == "hotline":
        subject = storm.subject if in_storm else _subject(random)
        is_direct = subject.is_answered_directly or random.random() < 0.08
        drafts = work_order(random, f"HL{numbers.next()}", at_ms, place, channel, subject, is_direct)
    elif source == "citymgmt":
        drafts = city_case(random, numbers.next(), at_ms, place, channel)
    elif channel == "row":
        drafts = row_report(random, numbers.next(), at_ms, place)
    else:
        drafts = push_report(random, numbers.next(), at_ms, place, channel)
    if in_storm:
        drafts = [draft.tagged("storm", draft.at_ms) for draft in drafts]
    return drafts


def _subject(random: Random) -> Subject:
    return random.choices(HOTLINE, [subject.weight for subject in HOTLINE])[0]


def _feedback_on(random: Random, numbers: _Numbers, report: Draft, city: City) -> list[Draft]:
    if report.fields.get("handleModelType") == "直接办理" or random.random() >= _FEEDBACK:
        return []
    # Reports of a drop reach the hub up to an hour after they were written; nobody signs them before.
    reached_ms = report.at_ms + (HOUR_MS if report.form == "row" else 0)
    return feedback(random, numbers.next(), report, reached_ms, city)


def _disturb(random: Random, numbers: _Numbers, drafts: list[Draft]) -> tuple[list[Draft], list[Message]]:
    """The disorder of a real day: updates before their report, resends, revisions, bad records and messages."""
    drafts = _out_of_order(random, drafts)
    more: list[Draft] = []
    alone: list[Message] = []
    for draft in drafts:
        if random.random() < RESENT:
            more.append(draft.tagged("resend", later(random, draft.at_ms, 0, 20), verdict=DUPLICATE))
        if draft.text_field is not None and random.random() < REVISED:
            text = f"{draft.fields[draft.text_field]}（更正）"
            fields = {**draft.fields, draft.text_field: text}
            more.append(draft.tagged("revision", later(random, draft.at_ms, 1, 60), fields=fields))
        if random.random() < BAD:
            if draft.form == "json":
                alone.append(bad_message(random, numbers.next(), draft.at_ms))
            else:
                more.append(spoiled(random, draft, numbers.next()))
    return drafts + more, alone


def _out_of_order(random: Random, drafts: list[Draft]) -> list[Draft]:
    """Exchange the instants of sending of some reports and the first update of their case."""
    by_case: dict[str, list[int]] = {}
    for index, draft in enumerate(drafts):
        by_case.setdefault(draft.case_id, []).append(index)
    chance = DISORDERED * len(by_case) / max(1, sum(len(indexes) > 1 for indexes in by_case.values()))
    for indexes in by_case.values():
        if len(indexes) > 1 and random.random() < chance:
            report, update = (drafts[index] for index in indexes[:2])
            drafts[indexes[0]] = report.tagged("disorder", update.at_ms)
            drafts[indexes[1]] = update.tagged("disorder", report.at_ms)
    return drafts
