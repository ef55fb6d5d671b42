"""A calendar file comes into force at an instant; what was received before is reckoned as it was."""

import json
import shutil
from datetime import date, datetime
from pathlib import Path

import pytest

from hub.city import load_city
from hub.city.editions import install_calendar
from hub.clockdesk.calendars import read_calendar
from hub.domain.errors import Misconfigured
from hub.domain.instants import parse_instant, to_epoch_ms
from hub.domain.limits import Limit

SINCE = parse_instant("2026-11-26T10:00:00+08:00")
LATER = parse_instant("2026-12-20T09:00:00+08:00")
NEW_YEAR = {"name": "元旦", "date": "2027-01-01", "isOffDay": True}
MAKE_UP = {"name": "春节", "date": "2027-02-20", "isOffDay": False}


@pytest.fixture
def folder(small_folder):
    """A city folder to install into."""
    return small_folder


@pytest.fixture
def calendar_file(tmp_path):
    """Writes a calendar file somewhere outside the city folder."""

    def write(*days: object, year: int = 2027, papers: tuple[str, ...] = ("https://www.gov.cn/2027",)) -> Path:
        path = tmp_path / "download.json"
        content = {"year": year, "papers": list(papers), "days": list(days)}
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
        return path

    return write


def corrected(folder: Path, tmp_path: Path, on: str = "2026-10-10") -> Path:
    """The file of 2026 without one make-up workday."""
    document = json.loads((folder / "calendar" / "2026.json").read_text(encoding="utf-8"))
    document["days"] = [day for day in document["days"] if day["date"] != on]
    path = tmp_path / "corrected.json"
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def refusal(folder: Path, file: Path, since: datetime = SINCE) -> list[str]:
    """What the installation complains about."""
    with pytest.raises(Misconfigured) as refused:
        install_calendar(folder, file, since)
    return refused.value.problems


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below the calendar folder."""
    calendar = folder / "calendar"
    return {str(path.relative_to(calendar)): path.read_bytes() for path in calendar.rglob("*") if path.is_file()}


def test_without_editions_all_files_hold_from_ever(qiqihar):
    """A folder of year files alone."""
    assert [edition.since for edition in qiqihar.editions] == [0]
    assert qiqihar.calendar_at(0) is qiqihar.calendar


def test_a_new_year_is_known_from_its_instant_on(folder, calendar_file):
    """An event a millisecond before is reckoned without it, so a rebuild gives what was told then."""
    installed = install_calendar(folder, calendar_file(NEW_YEAR, MAKE_UP), SINCE)

    city = load_city(folder)
    instant = to_epoch_ms(SINCE)
    assert (installed.changed, installed.year, installed.since) == (True, 2027, SINCE)
    assert city.calendar_at(instant - 1).version == installed.before
    assert city.calendar_at(instant).version == installed.after == city.calendar.version
    assert (city.calendar_at(instant - 1).years, city.calendar.years) == ({2025, 2026}, {2025, 2026, 2027})
    assert city.calendar_of(installed.before).years == {2025, 2026}


def test_the_working_time_follows_the_edition(folder, calendar_file):
    """Over New Year's Day, with and without the file: a day earlier, and only provisional."""
    install_calendar(folder, calendar_file(NEW_YEAR), SINCE)
    city, start, limit = load_city(folder), parse_instant("2026-12-31T10:00:00+08:00"), Limit(1, "work_day")

    before = city.worktime_at("2026-11", to_epoch_ms(SINCE) - 1).due(start, limit)
    after = city.worktime_at("2026-11", to_epoch_ms(SINCE)).due(start, limit)

    assert (before.at, before.is_provisional) == (parse_instant("2027-01-01T10:00:00+08:00"), True)
    assert (after.at, after.is_provisional) == (parse_instant("2027-01-04T10:00:00+08:00"), False)


def test_a_correction_keeps_what_was_in_force_readable(folder, tmp_path):
    """The make-up Saturday falls away for new events; for old ones it is still worked."""
    old = (folder / "calendar" / "2026.json").read_bytes()
    new = corrected(folder, tmp_path)

    installed = install_calendar(folder, new, SINCE)

    city = load_city(folder)
    saturday = date(2026, 10, 10)
    assert saturday not in city.calendar.days
    assert city.calendar_of(installed.before).days[saturday] is False
    assert (folder / "calendar" / "2026.json").read_bytes() == new.read_bytes()
    (kept,) = (folder / "calendar" / "superseded").iterdir()
    assert kept.read_bytes() == old
    assert not list(folder.rglob("*.draft"))


def test_the_same_content_again_changes_nothing(folder, calendar_file):
    """Whatever the instant, and however the file is laid out."""
    file = calendar_file(NEW_YEAR, MAKE_UP)
    first = install_calendar(folder, file, SINCE)
    before = contents(folder)
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8"))), encoding="utf-8")

    second = install_calendar(folder, file, LATER)

    assert (second.changed, second.before, second.after) == (False, first.after, first.after)
    assert contents(folder) == before


def test_a_file_of_a_folder_without_editions_is_in_force_already(folder):
    """No edition is begun for what holds from ever."""
    before = contents(folder)

    installed = install_calendar(folder, folder / "calendar" / "2026.json", SINCE)

    assert (installed.changed, contents(folder)) == (False, before)


def test_every_edition_stays_readable_through_several_changes(folder, tmp_path, calendar_file):
    """A new year, a correction, and the correction taken back: four editions, three calendars."""
    instants = [parse_instant(f"2026-11-{day}T10:00:00+08:00") for day in ("26", "27", "28")]
    original = tmp_path / "original.json"
    shutil.copy(folder / "calendar" / "2026.json", original)
    correction = corrected(folder, tmp_path)

    done = [
        install_calendar(folder, file, since)
        for file, since in zip((calendar_file(NEW_YEAR), correction, original), instants, strict=True)
    ]

    city = load_city(folder)
    versions = [done[0].before, done[0].after, done[1].after, done[2].after]
    assert [edition.calendar.version for edition in city.editions] == versions
    assert [edition.since for edition in city.editions] == [0, *map(to_epoch_ms, instants)]
    assert versions[1] == versions[3] != versions[2]


def test_the_clock_desk_reads_the_newest_edition_from_the_plain_files(folder, tmp_path, calendar_file):
    """One way of naming a calendar: city folder and clock desk agree."""
    install_calendar(folder, calendar_file(NEW_YEAR), SINCE)
    install_calendar(folder, corrected(folder, tmp_path), LATER)

    assert read_calendar(folder / "calendar") == load_city(folder).calendar


def test_a_part_of_a_second_counts_as_a_whole_one(folder, calendar_file):
    """Nothing that was received before the instant falls under the new calendar."""
    installed = install_calendar(folder, calendar_file(NEW_YEAR), SINCE.replace(microsecond=1))

    assert installed.since == SINCE.replace(second=1)


@pytest.mark.parametrize(
    ("days", "fields", "message"),
    [
        ([NEW_YEAR], {"papers": ()}, "has no papers: the calendar of 2027 is not published yet"),
        ([], {}, "has no days"),
        ([NEW_YEAR], {"year": 20270}, "year 20270 is not one from 2000 to 2099"),
        ([NEW_YEAR], {"year": 2029}, "download.json line 9: 2027-01-01 is not in 2029"),
        ([NEW_YEAR, NEW_YEAR], {}, "2027-01-01 stands 2 times"),
        ([MAKE_UP | {"date": "2027-02-17"}], {}, "2027-02-17 is a Wednesday: a make-up workday lies on"),
        ([NEW_YEAR | {"date": "2027-02-29"}], {}, '"2027-02-29" is not a date as 2026-07-01'),
        ([NEW_YEAR | {"isOffDay": "yes"}], {}, "days.0.isOffDay"),
    ],
)
def test_a_wrong_file_is_refused_and_nothing_written(folder, calendar_file, days, fields, message):
    """Each with what is wrong; the folder is as it was."""
    before = contents(folder)

    found = refusal(folder, calendar_file(*days, **fields))

    assert any(message in problem for problem in found), found
    assert contents(folder) == before


def test_a_file_that_contradicts_another_year_is_refused(folder, calendar_file):
    """A December day: a make-up workday by its own year's file, a day off by the next one's."""
    path = folder / "calendar" / "2026.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    worked = {"name": "元旦", "date": "2026-12-19", "isOffDay": False}
    path.write_text(json.dumps(document | {"days": [*document["days"], worked]}), encoding="utf-8")

    assert refusal(folder, calendar_file(NEW_YEAR, worked | {"isOffDay": True})) == [
        "download.json: 2026-12-19 is a day off and a workday (see calendar/2026.json)"
    ]


def test_an_instant_before_the_last_change_is_refused(folder, tmp_path, calendar_file):
    """Editions are added, never put before another."""
    install_calendar(folder, calendar_file(NEW_YEAR), SINCE)

    assert refusal(folder, corrected(folder, tmp_path), SINCE) == [
        "corrected.json: since must be later than 2026-11-26T10:00:00+08:00, when the calendar changed last"
    ]


def test_an_instant_without_a_zone_is_refused(folder, calendar_file):
    """It would mean another instant on another machine."""
    (problem,) = refusal(folder, calendar_file(NEW_YEAR), datetime(2026, 11, 26, 10))

    assert problem.startswith("since 2026-11-26T10:00:00 has no zone")


def test_file_and_folder_are_complained_about_together(folder, tmp_path):
    """A missing file and a broken folder are two problems."""
    (folder / "calendar" / "2025.json").write_text("{", encoding="utf-8")

    found = refusal(folder, tmp_path / "nowhere.json")

    assert found[0] == "nowhere.json: is missing"
    assert found[1].startswith(f"{folder}: calendar/2025.json line 1: is not JSON")


@pytest.mark.parametrize("step", [1, 2, 3])
def test_broken_off_after_a_step_a_second_call_finishes(folder, tmp_path, monkeypatch, step):
    """Old events keep their calendar whichever step was the last; the folder is the same in the end."""
    undisturbed = Path(shutil.copytree(folder, tmp_path / "undisturbed"))
    new = corrected(folder, tmp_path)
    install_calendar(undisturbed, new, SINCE)
    place, done = Path.replace, []

    def break_off(self: Path, target: Path) -> Path:
        if len(done) == step:
            raise KeyboardInterrupt
        done.append(target)
        return place(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", break_off)
        with pytest.raises(KeyboardInterrupt):
            install_calendar(folder, new, SINCE)
    if step == 3:
        with pytest.raises(Misconfigured, match=r"calendar/2026\.json: is in no edition"):
            load_city(folder)
    else:
        assert date(2026, 10, 10) in load_city(folder).calendar.days

    assert install_calendar(folder, new, SINCE).changed
    for draft in folder.rglob("*.draft"):
        draft.unlink()
    assert contents(folder) == contents(undisturbed)


def test_broken_off_the_old_file_can_be_put_back(folder, tmp_path):
    """Installing what is in force takes the half-installed file away."""
    original = tmp_path / "original.json"
    shutil.copy(folder / "calendar" / "2026.json", original)
    install_calendar(folder, corrected(folder, tmp_path), SINCE)
    editions = json.loads((folder / "calendar" / "editions.json").read_text(encoding="utf-8"))
    (folder / "calendar" / "editions.json").write_text(json.dumps(editions[:1]), encoding="utf-8")

    assert not install_calendar(folder, original, SINCE).changed
    assert load_city(folder).calendar.version == editions[0]["version"]


@pytest.mark.parametrize(
    ("number", "key", "value", "message"),
    [
        (0, "since", "2026-01-01T00:00:00+08:00", "line 3: since of the first edition must be null"),
        (1, "since", None, "line 11: since must be later than that of the edition before"),
        (
            1,
            "since",
            "2026-11-26T10:00:00",
            'line 11: 1.since "2026-11-26T10:00:00" is not an instant with its zone',
        ),
        (1, "version", "2025+2026.0", 'line 12: version "2025+2026.0" is not what its files make, 2025+2026+2027.'),
        (1, "files", {"2027.json": "../city.yaml"}, 'files.2027.json "../city.yaml" does not match'),
        (1, "files", {"2027.json": "2026.json"}, "calendar/2026.json: year 2026 is not the file's name"),
        (1, "files", {"2026.json": "superseded/2026-00000000.json"}, "superseded/2026-00000000.json: is missing"),
        (1, "files", {"2026.json": "2026.json"}, "calendar/2027.json: is in no edition of calendar/editions.json"),
        (1, "until", None, "until is not a known key"),
    ],
)
def test_mistakes_in_the_editions_are_found(folder, calendar_file, number, key, value, message):
    """The file can be written by hand; what is wrong is told with its line."""
    install_calendar(folder, calendar_file(NEW_YEAR), SINCE)
    path = folder / "calendar" / "editions.json"
    entries = json.loads(path.read_text(encoding="utf-8"))
    entries[number][key] = value
    path.write_text(json.dumps(entries, indent=2), encoding="utf-8")

    with pytest.raises(Misconfigured) as refused:
        load_city(folder)

    assert any(message in problem for problem in refused.value.problems), refused.value.problems


def test_a_file_in_force_that_somebody_edited_is_told(folder, calendar_file):
    """The past would be reckoned anew: it is put back, and the change is installed."""
    install_calendar(folder, calendar_file(NEW_YEAR), SINCE)
    path = folder / "calendar" / "2026.json"
    path.write_text(path.read_text(encoding="utf-8").replace("2026-10-10", "2026-10-11"), encoding="utf-8")

    with pytest.raises(Misconfigured) as refused:
        load_city(folder)

    assert len(refused.value.problems) == 2
    assert "put the file that was changed back as it was, and install the new one" in refused.value.problems[0]
