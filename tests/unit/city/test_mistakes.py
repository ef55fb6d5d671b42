"""A city folder with mistakes is refused with every one of them, each with file and line and the way out."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.city import load_city
from hub.cli.city import app
from hub.domain.errors import Misconfigured


@pytest.fixture
def folder(qiqihar_folder, tmp_path):
    """A copy of the city folder to spoil."""
    return Path(shutil.copytree(qiqihar_folder, tmp_path / "city"))


def problems(folder: Path) -> list[str]:
    """What loading the folder complains about."""
    with pytest.raises(Misconfigured) as refusal:
        load_city(folder)
    return refusal.value.problems


def change(folder: Path, file: str, line: int, old: str, new: str) -> None:
    """Replaces text in one line, counted from 1."""
    path = folder / file
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    assert old in lines[line - 1], lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    path.write_text("".join(lines), encoding="utf-8")


def line_of(folder: Path, file: str, text: str) -> int:
    """The first line that holds the text."""
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def test_a_wrong_unit_of_time_names_line_value_and_choices(folder):
    """The message of the style page, to the letter."""
    change(folder, "limits.csv", 41, "work_day", "workday")

    assert problems(folder) == [
        'limits.csv line 41: call_back_unit "workday" is not one of urgent_hour, work_hour, work_day, natural_day'
    ]


def test_all_mistakes_are_reported_at_once(folder):
    """One pass of mending is enough: eleven files, eleven kinds of mistake."""
    at = line_of(folder, "level_rules.yaml", "level: difficult")
    change(folder, "level_rules.yaml", at, "difficult", "hard")
    change(folder, "limits.csv", 2, "5,work_day", "0,work_day")
    change(folder, "endpoints.csv", 100, "2025-01-01", "2025-02-30")
    change(folder, "endpoints.csv", 101, "EP-", "EP")
    change(folder, "units.csv", 60, ",county,", ",kreis,")
    change(folder, "streets.csv", 3, "000,", "001,")
    change(folder, "communities.csv", 3, "230202001", "230202999")
    change(folder, "routing.csv", 9, "QQHR-", "QQHX-")
    change(folder, "categories.csv", 4, "农业农村->", "别的->")
    change(folder, "policy.yaml", line_of(folder, "policy.yaml", "at_risk"), "0.8", "8")
    change(folder, "calendar/2026.json", 5, "2026-01-01", "2026-13-01")

    found = problems(folder)

    places = [message.split(":")[0] for message in found]
    assert places == [
        f"policy.yaml line {line_of(folder, 'policy.yaml', 'at_risk')}",
        f"level_rules.yaml line {at}",
        "calendar/2026.json line 5",
        "streets.csv line 3",
        "units.csv line 60",
        "endpoints.csv line 100",
        "endpoints.csv line 101",
        "limits.csv line 2",
        "communities.csv line 3",
        "categories.csv line 4",
        "routing.csv line 9",
    ]
    assert any('"2025-02-30" is not a date as 2026-07-01' in message for message in found)
    assert any('level "hard" is not one of ordinary, key, difficult' in message for message in found)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "endpoints.csv",
            "EP-230200-0001,QQHR-ZHZX",
            "EP-230200-0001,QQHR-NO",
            'unit "QQHR-NO" is not in units.csv',
        ),
        (
            "endpoints.csv",
            "EP-230200-0002,",
            "EP-230200-0001,",
            'endpoint "EP-230200-0001" stands in line 2 already',
        ),
        ("endpoints.csv", "2025-01-01,\n", "2025-01-01,2024-01-01\n", "active to 2024-01-01 is before active from"),
        ("units.csv", ",duty_desk", ",department", "the city has 0 units of kind duty_desk, needs 1"),
        ("units.csv", "QQHR-GA,", "QQHR-ZJ,", 'code "QQHR-ZJ" stands in line'),
        ("units.csv", "city,,,duty_desk", "city,230202,,duty_desk", "tier city needs neither division nor street"),
        ("units.csv", "county,230202,", "county,230299,", 'division "230299" is not in city.yaml'),
        ("units.csv", "street,230202,230202001", "street,230203,230202001", 'is not in division "230203"'),
        ("routing.csv", "city,QQHR-ZJ", "city,LS-ZJ", 'unit "LS-ZJ" is of tier county, the row of tier city'),
        ("routing.csv", ",12345,02,city", ",12345,0298,city", 'category "12345:0298" is not in categories.csv'),
        ("routing.csv", "2025-01-01,,*", "2025-01-01,2024-12-31,*", "valid to 2024-12-31 is before valid from"),
        ("routing.csv", "12345,04,city,QQHR-ZJ", "12345,02,city,QQHR-ZJ", "holds at the same time for the same as"),
        ("routing.csv", "R00002,", "R00001,", 'row "R00001" stands in line 2 already'),
        ("routing.csv", "230202,*,12345,02,county,LS-", "230202,*,12345,02,county,JH-", 'is of division "230203"'),
        ("routing.csv", "*,*,12345,02,", "*,*,*,02,", 'category "02" needs its scheme'),
        (
            "limits.csv",
            "L001,*,*,ordinary,NORMAL",
            "L001,12345,01,ordinary,NORMAL",
            "no row for a case without category",
        ),
        (
            "limits.csv",
            "L002,*,*,ordinary,URGENT",
            "L002,*,*,ordinary,NORMAL",
            "same category, level and urgency as line",
        ),
        ("limits.csv", "v4", "v5", 'line 3: version "v4" holds from the same day as version "v5" (none)'),
        ("limits.csv", "NORMAL,4,work_hour", "NORMAL,4,", "sign needs value and unit, or neither"),
        ("limits.csv", "3,work_day,,,v4", ",work_day,,,v4", "call_back needs value and unit, or neither"),
        ("limits.csv", "4,work_hour,5,work_day", "4,work_hour,,work_day", "line 2: handle_value is empty"),
        ("steps.csv", "020204,2,", "020204,5,", "line 4: step 3 comes where step 2 is missing"),
        ("steps.csv", "020204,2,", "020204,1,", "line 3: step 1 stands in line 2 already"),
        ("steps.csv", "020204,1,", "020298,1,", 'category "12345:020298" is not in categories.csv'),
        ("steps.csv", "v4,", "v9,", 'version "v9" is not in limits.csv'),
        ("steps.csv", "3,urgent_hour", ",urgent_hour", "line 2: handle_value is empty"),
        ("limits.csv", "60,natural_day", "60,", "total needs value and unit, or neither"),
        ("level_rules.yaml", "12345:0403", "12345:0498", 'category "12345:0498" is not in categories.csv'),
        (
            "level_rules.yaml",
            "id: gas-critical",
            "id: whistle-difficult",
            'rule id "whistle-difficult" stands twice',
        ),
        ("level_rules.yaml", "urgency: [CRITICAL]", "urgent: [CRITICAL]", "rules.1.when.urgent is not a known key"),
        ("level_rules.yaml", 'from: "10-15"', 'from: "15-10"', '"15-10" does not match'),
        ("policy.yaml", '["14:00"', '["11:00"', "office_hours must be pairs"),
        ("policy.yaml", "call_back_attempts: 3", "version: 3", "key version stands twice"),
        ("policy.yaml", "unit: QQHR-12345", "unit: QQHR-54321", 'call_back_unit "QQHR-54321" is not in units.csv'),
        ("policy.yaml", "{number:04d}", "", "letter_number must hold {year}, {division} and {number}"),
        ("policy.yaml", "{division}", "{place}", "letter_number must hold {year}, {division} and {number}"),
        ("policy.yaml", "{number:04d}", "{number:04", "letter_number must hold {year}, {division} and {number}"),
        ("policy.yaml", ", city: 市政府分管副市长", "", "leaders.city is missing"),
        ("policy.yaml", "on_return: next", "on_return: first", 'on_return "first" is not one of next, desk'),
        ("policy.yaml", "[patrol,", "[drone,", 'staff_channels.0 "drone" is not one of phone'),
        ("policy.yaml", "share: 1.0", "share: 0", "extension.share 0"),
        ("policy.yaml", "valid_from: null", "valid_from: soon", 'valid_from "soon" is not a date as 2026-07-01'),
        ("city.yaml", '"230203"', '"230202"', 'division "230202" stands 2 times'),
        ("city.yaml", '"230281"', '"110101"', "does not begin with the city's code 2302"),
        ("city.yaml", "[122.0, 127.0]", "[127.0, 122.0]", "area.lon must be [smallest, largest]"),
        ("city.yaml", "name: 龙沙区", "nom: 龙沙区", "divisions.0.name is missing"),
        ("city.yaml", "divisions:", "divisions: [", "is not YAML"),
        ("calendar/2025.json", '"year": 2025', '"year": 2024', "year 2024 is not the file's name"),
        ("calendar/2025.json", '"isOffDay": true', '"isOffDay": "true"', "days.0.isOffDay"),
        ("calendar/2025.json", '"days"', "days", "is not JSON"),
        ("categories.csv", "scheme,code,path", "scheme,number,path", "line 1: column code is missing"),
        ("categories.csv", "12345,0102,", "12345,", "has 2 cells, the header 3"),
        ("streets.csv", "230202002000", "230299002000", "begins with no division of city.yaml"),
        ("communities.csv", "code,name\n", 'code,name\n"', "is not CSV"),
    ],
)
def test_each_kind_of_mistake_is_found_in_its_file(folder, file, old, new, message):
    """The message names the file, most often the line, and what is wrong."""
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    found = problems(folder)

    assert any(message in problem and problem.startswith(file) for problem in found), found[:5]


def test_a_missing_file_is_one_problem_and_no_avalanche(folder):
    """What refers to the missing table is not reported as well."""
    (folder / "units.csv").unlink()
    (folder / "policy.yaml").unlink()

    assert problems(folder) == ["policy.yaml: is missing", "units.csv: is missing"]


def test_a_row_with_a_bad_cell_is_still_known_by_its_name(folder):
    """A unit with a wrong tier is one problem; its endpoints and routing rows are none."""
    change(folder, "units.csv", line_of(folder, "units.csv", "LS-GR,"), "department", "abteilung")

    assert len(problems(folder)) == 1


def test_a_table_in_the_wrong_encoding_says_so(folder):
    """A spreadsheet program that saves GB18030 is the commonest accident."""
    path = folder / "streets.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))

    assert problems(folder) == ["streets.csv line 2: is not UTF-8; save the table as UTF-8"]


def test_a_byte_order_mark_and_another_order_of_columns_are_fine(folder):
    """A table may come from a spreadsheet program."""
    path = folder / "streets.csv"
    lines = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("\ufeff" + "\r\n".join(",".join(reversed(cells)) for cells in lines), encoding="utf-8")

    assert len(load_city(folder).streets) == 166


def test_a_calendar_without_papers_means_no_file(folder):
    """A year whose paper is not out has no exceptions, and is not a published year."""
    unpublished = {"year": 2027, "papers": [], "days": [{"name": "元旦", "date": "2027-01-01", "isOffDay": True}]}
    (folder / "calendar" / "2027.json").write_text(json.dumps(unpublished), encoding="utf-8")

    calendar = load_city(folder).calendar
    assert calendar.years == {2025, 2026}
    assert all(day.year < 2027 for day in calendar.days)


def test_check_counts_a_good_folder(qiqihar_folder):
    """`hub city check --json` gives the counts as data."""
    result = CliRunner().invoke(app, ["check", str(qiqihar_folder), "--json"])

    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["counts"]["endpoints"] == 11_235


def test_check_of_a_bad_folder_ends_with_2(folder):
    """The same exit code as any wrong setting, the problems as data."""
    change(folder, "units.csv", 60, ",county,", ",kreis,")

    result = CliRunner().invoke(app, ["check", str(folder), "--json"])

    assert result.exit_code == 2
    assert json.loads(result.output)["problems"] == problems(folder)


def test_another_city_is_another_folder(small_folder):
    """A city of one division and one street loads without a line of code."""
    city = load_city(small_folder)

    assert (city.name, len(city.units), len(city.desks)) == ("小城市", 3, 3)
