"""docs/clocks.md says what the code does."""

import re
from pathlib import Path

import pytest

from hub.clockdesk.calendars import read_calendar
from hub.clockdesk.reading import make_limit
from hub.clockdesk.words import parse_pause
from hub.domain.instants import parse_instant
from hub.domain.limits import LIMIT_UNITS
from hub.domain.worktime import WorkTime

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "clocks.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d{4}-\S+) \| (\S+) (\w+) \| (\S*) ?\| (\S+) \|", PAGE, re.MULTILINE)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[1]} {row[2]} {row[0]}")
def test_each_example_of_the_page_holds(row):
    """To the second, by the city's calendar."""
    start, value, unit, pause, due = row
    worktime = WorkTime.of(read_calendar(ROOT / "deploy" / "cities" / "qiqihar" / "calendar"))
    pauses = [parse_pause(pause)] if pause else []

    assert worktime.due(parse_instant(start), make_limit(float(value), unit, "unit"), pauses).at == parse_instant(
        due
    )


def test_every_unit_has_an_example():
    """Four units, six examples."""
    assert {row[2] for row in ROWS} == set(LIMIT_UNITS)
