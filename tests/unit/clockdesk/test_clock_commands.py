"""`hub clock`: what the IT desk types, what it reads, and the exit codes."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.cli import main

FOLDER = Path(__file__).parents[2] / "data" / "calendar"
FILES = [str(FOLDER / name) for name in ("vectors.json", "vectors_office_hours.json", "ladder.json")]


@dataclass(frozen=True)
class Ended:
    """What a command printed, and its exit code."""

    stdout: str
    stderr: str
    returncode: int


@pytest.fixture
def hub(monkeypatch, capsys):
    """`hub("due", …)` runs the command as typed."""

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["hub", "clock", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Ended(printed.out, printed.err, int(ended.value.code or 0))

    return run


def test_check_finds_nothing_wrong_with_the_published_files(hub):
    """Vectors and stories, told apart by what is in them."""
    found = hub("check", *FILES, "--calendar", str(FOLDER))

    assert found.stdout == "54 checked, 0 differ\n"
    assert found.returncode == 0


def test_check_prints_each_difference_with_expected_and_got(hub, tmp_path):
    """A wrong due, a wrong flag, an outcome too few, a wrong level: two cases differ."""
    vector = json.loads((FOLDER / "vectors.json").read_text())[0] | {"provisional": True, "due": None}
    story = json.loads((FOLDER / "ladder.json").read_text())[0] | {"level": "key", "expected": []}
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps([vector, story]))
    found = hub("check", str(wrong))

    assert found.returncode == 1
    assert found.stdout.splitlines()[-1] == "2 checked, 2 differ"
    assert "S-UH-001: due\n  expected  null\n  got       2026-07-06T13:20:00+08:00" in found.stdout
    assert "S-UH-001: provisional\n  expected  true\n  got       false" in found.stdout
    assert 'S-L01: outcome 1\n  expected  nothing\n  got       outcome "MET", clock "handle"' in found.stdout
    assert "S-L01: level\n  expected  key\n  got       ordinary" in found.stdout


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[", "is not JSON"),
        ('[{"id": "X"}]', "neither a vector"),
        ('[{"id": "X", "start": "2026-07-06T10:00:00", "limit": {"value": 1, "unit": "work_day"}}]', "no zone"),
        (
            '[{"start": "2026-07-06T10:00:00Z", "limit": {"value": 0, "unit": "work_day"}, "due": null}]',
            "greater than 0",
        ),
        (
            '[{"id": "X", "start": "2026-07-06T10:00:00Z", "limit": {"value": 1, "unit": "day"}, "due": null}]',
            "not one of urgent_hour",
        ),
        ('[{"id": "X", "events": [3], "policy": {}}]', "events[0].at"),
        ('[{"id": "X", "events": [], "policy": {"level": "key"}}]', "policy"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_usage_error(hub, tmp_path, content, says):
    """Exit code 2, with the case and the field."""
    file = tmp_path / "bad.json"
    file.write_text(content)
    found = hub("check", str(file))

    assert found.returncode == 2
    assert says in found.stderr


def test_due_answers_as_text_and_as_data(hub):
    """A pause over lunch; the calendar is the city's."""
    arguments = ["--start", "2026-07-06T01:00:00Z", "--limit", "4", "--unit", "work_hour"]
    pause = ["--pause", "2026-07-06T11:00:00+08:00/2026-07-06T15:00:00+08:00"]

    assert hub("due", *arguments, *pause).stdout == "2026-07-06T17:00:00+08:00\n"
    found = json.loads(hub("due", *arguments, *pause, "--json").stdout)
    assert found["due"] == "2026-07-06T17:00:00+08:00"
    assert found["provisional"] is False
    assert found["limit"] == {"value": 4, "unit": "work_hour"}


def test_due_says_when_there_is_none_and_when_it_is_provisional(hub):
    """An open-ended pause; a year without a file."""
    open_ended = hub(
        "due", "--start", "2026-07-06T09:00:00+08:00", "--limit", "3", "--unit", "work_hour",
        "--pause", "2026-07-06T11:00:00+08:00/", "--json",
    )  # fmt: skip
    next_year = hub("due", "--start", "2026-12-31T09:00:00+08:00", "--limit", "1", "--unit", "work_day")

    assert json.loads(open_ended.stdout)["due"] is None
    assert next_year.stdout.startswith("2027-01-01T09:00:00+08:00  provisional")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--start", "2026-07-06T09:00:00", "--limit", "3", "--unit", "work_hour"],
        ["--start", "2026-07-06T09:00:00Z", "--limit", "0", "--unit", "work_hour"],
        ["--start", "2026-07-06T09:00:00Z", "--limit", "nan", "--unit", "work_hour"],
        ["--start", "2026-07-06T09:00:00Z", "--limit", "3", "--unit", "workday"],
        ["--start", "2026-07-06T09:00:00Z", "--limit", "1e12", "--unit", "work_day"],
        [
            "--start",
            "2026-07-06T09:00:00Z",
            "--limit",
            "3",
            "--unit",
            "work_day",
            "--pause",
            "2026-07-06T09:00:00Z",
        ],
        ["--start", "2026-07-06T09:00:00Z", "--limit", "3", "--unit", "work_day", "--calendar", "nowhere"],
    ],
)
def test_a_usage_error_is_exit_code_2(hub, arguments):
    """No zone, no limit, no unit, beyond all years, half a pause, no calendar."""
    found = hub("due", *arguments)

    assert found.returncode == 2


def test_a_calendar_of_ones_own(hub, tmp_path):
    """With 2027's paper the due is no longer provisional, and New Year is off."""
    for year in (2025, 2026):
        (tmp_path / f"{year}.json").write_bytes((FOLDER / f"{year}.json").read_bytes())
    (tmp_path / "2027.json").write_text(
        '{"year": 2027, "papers": ["p"], "days": [{"name": "元旦", "date": "2027-01-01", "isOffDay": true}]}'
    )
    start = ["--start", "2026-12-31T09:00:00+08:00", "--limit", "1", "--unit", "work_day"]
    found = hub("due", *start, "--calendar", str(tmp_path))

    assert found.stdout == "2027-01-04T09:00:00+08:00\n"
