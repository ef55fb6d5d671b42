"""A city's day of reports as its sources send them, and the days after: cases, their lives, the usual disorder.

Pure and seeded: a case's life hangs on the seed and its own number, so that more days only go on where fewer ended.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from hub.domain.city import City
from hub.simulation.bad import bad_message, spoiled
from hub.simulation.callers import Callers
from hub.simulation.centre import Centre
from hub.simulation.citymgmt import CityCase
from hub.simulation.command import Desk
from hub.simulation.draft import HOUR_MS, Draft, later
from hub.simulation.grid import GridReport
from hub.simulation.hotline import Order
from hub.simulation.life import Life
from hub.simulation.message import DUPLICATE, Message
from hub.simulation.package import package
from hub.simulation.people import person
from hub.simulation.places import Gazetteer
from hub.simulation.staff import Staff
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
BAD = 0.005
# Of the cases that their own system says more of: the report comes after the first of it.
_HELD_UP = 0.025

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


def simulate(cases: int, seed: int, day: date, city: City, days: int = 1) -> Iterator[Message]:
    """The messages of a day with that many cases and of the days that follow it, in the order they are sent.

    All reports are of the first day; staff, callers and the command centre go on up to the end of the last.
    The same arguments give the same bytes. `hub.simulation.expected_of` adds up what the hub must make of them,
    for all days or their beginning. Ids hold the day and the seed, so that two simulations do not mix.
    """
    random = Random(seed)
    midnight_ms = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
    start_ms = midnight_ms - city.utc_offset_hours * HOUR_MS
    end_ms = start_ms + timedelta(days=days) // timedelta(milliseconds=1)
    numbers = _Numbers(f"{day:%Y%m%d}{seed % 10_000:04d}")
    gazetteer = Gazetteer.of(city)
    storm = _storm(random, day, gazetteer)
    drafts: list[Draft] = []
    last_order: str | None = None
    for at_ms in _instants(random, cases, start_ms, storm):
        is_storm_hour = (at_ms - start_ms) // HOUR_MS == storm.hour
        number = numbers.next()
        own = Random(f"{seed}/{number}")
        case = _Case(own, city, number, gazetteer, storm if is_storm_hour else None, end_ms, last_order)
        drafts += case.live(at_ms)
        if case.is_order:
            last_order = case.case_id
    drafts, alone = _disturb(random, numbers, drafts, end_ms)
    yield from package(random, drafts, alone, f"{day:%Y%m%d}")


class _Case:
    """One case with everybody who has to do with it. `double_of` is an earlier one that it may repeat."""

    def __init__(
        self,
        random: Random,
        city: City,
        number: str,
        gazetteer: Gazetteer,
        storm: Storm | None,
        end_ms: int,
        double_of: str | None,
    ) -> None:
        source, channel = random.choices(list(MIX), list(MIX.values()))[0]
        self.is_order = source == "hotline"
        self._in_storm = storm is not None and self.is_order and random.random() < 0.7
        place = gazetteer.place(random, storm.divisions if storm is not None and self._in_storm else ())
        order: Order | None = None
        city_case: CityCase | None = None
        story: Order | CityCase | GridReport
        if self.is_order:
            subject = storm.subject if storm is not None and self._in_storm else _subject(random)
            is_direct = subject.is_answered_directly or random.random() < 0.08
            story = order = Order(random, f"HL{number}", place, channel, subject, person(random), is_direct)
        elif source == "citymgmt":
            story = city_case = CityCase(random, number, place, channel)
        else:
            story = GridReport(random, number, place, channel)
        self.case_id = story.case_id
        self._story = story
        self._random = random
        self._life = life = Life(random, city, story.case_id, end_ms)
        desk = Desk(random, story.case_id, city.desks[city.code].code)
        centre = Centre(life, desk, double_of)
        callers = Callers(
            life,
            order or desk,
            order.urge if order is not None else None,
            city_case.change if city_case is not None else None,
        )
        life.actors = [Staff(life, centre.asked_for_time, callers.heard_of_the_end), centre, callers]

    def live(self, at_ms: int) -> list[Draft]:
        """Every record that somebody sends of it."""
        self._life.begin(self._story, at_ms, is_held_up=self._random.random() < _HELD_UP)
        said = self._life.live()
        return [draft.tagged("storm", draft.at_ms) for draft in said] if self._in_storm else said


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


def _subject(random: Random) -> Subject:
    return random.choices(HOTLINE, [subject.weight for subject in HOTLINE])[0]


def _disturb(
    random: Random, numbers: _Numbers, drafts: list[Draft], end_ms: int
) -> tuple[list[Draft], list[Message]]:
    """The disorder of real days: resends, revisions, bad records and messages."""
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
    return drafts + [draft for draft in more if draft.at_ms < end_ms], alone
