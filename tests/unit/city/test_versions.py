"""Limits and policy change by adding: what began before keeps the version it was given."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from hub.city import load_city
from hub.domain.errors import Misconfigured
from hub.domain.limits import Limit, Step
from hub.domain.policy import LEADERS, LETTER_NUMBER

OLD, NEW = date(2026, 12, 31), date(2027, 1, 1)


@pytest.fixture
def folder(small_folder):
    """A city folder to add versions to."""
    return small_folder


def add_limits(folder: Path, version: str, valid_from: str, handle: str = "9,work_day") -> None:
    """A second version below the first: one row for everything, without sign and call-back clocks."""
    path = folder / "limits.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    rows = [row + "," for row in rows]
    row = f"L001,*,*,*,*,,,{handle},,,,,{version},{valid_from}"
    path.write_text("\n".join([header + ",valid_from", *rows, row, ""]), encoding="utf-8")


def add_policy(folder: Path, file: str, **changes: object) -> None:
    """A further policy: the first one with other values; None takes a key away."""
    policy = yaml.safe_load((folder / "policy.yaml").read_text(encoding="utf-8")) | changes
    kept = {key: value for key, value in policy.items() if value is not None}
    (folder / file).write_text(yaml.safe_dump(kept, allow_unicode=True), encoding="utf-8")


def problems(folder: Path) -> list[str]:
    """What loading the folder complains about."""
    with pytest.raises(Misconfigured) as refusal:
        load_city(folder)
    return refusal.value.problems


def test_limits_change_on_their_day_and_old_cases_keep_theirs(folder):
    """v5 holds from New Year; a case of December is still reckoned by v4."""
    add_limits(folder, "v5", "2027-01-01")

    city = load_city(folder)

    assert (city.limits_at(OLD).version, city.limits_at(NEW).version, city.limits.version) == ("v4", "v5", "v5")
    assert city.limits_of("v4").find("12345", "020201", "key", None).handle == Limit(10, "work_day")
    assert city.limits_of("v5").find("12345", "020201", "key", None).handle == Limit(9, "work_day")


def test_a_version_that_the_folder_lost_is_stood_in_for_by_the_newest(folder):
    """A case is never without limits, policy and working time."""
    add_limits(folder, "v5", "2027-01-01")
    add_policy(folder, "policy-2027.yaml", version="2027-01", valid_from="2027-01-01")

    city = load_city(folder)

    assert city.limits_of("v1").version == "v5"
    assert city.policy_of("2019").version == "2027-01"
    assert city.calendar_of("gone") is city.calendar
    assert city.worktime_of("2019", "gone") is city.worktime_of("2027-01", city.calendar.version)


def test_before_the_first_version_the_first_holds(folder):
    """A folder whose only policy has a first day has one for older events too."""
    text = (folder / "policy.yaml").read_text(encoding="utf-8")
    (folder / "policy.yaml").write_text(
        text.replace("valid_from: null", "valid_from: 2026-07-01"), encoding="utf-8"
    )

    assert load_city(folder).policy_at(date(2020, 1, 1)).valid_from == date(2026, 7, 1)


def test_a_clock_without_value_and_unit_is_one_the_case_does_not_have(folder):
    """Sign and call-back may be empty, as the total may."""
    add_limits(folder, "v5", "2027-01-01")

    row = load_city(folder).limits.find(None, None, "ordinary", None)

    assert (row.sign, row.call_back, row.total) == (None, None, None)


def test_the_policy_changes_on_its_day(folder):
    """Office hours of the summer; the working time follows the policy's version."""
    add_policy(
        folder, "policy-2027.yaml", version="2027-01", valid_from="2027-01-01", office_hours=[["09:00", "17:00"]]
    )

    city = load_city(folder)

    assert [city.policy_at(day).version for day in (OLD, NEW)] == ["2026-11", "2027-01"]
    assert city.policy.version == "2027-01"
    assert city.worktime_at("2026-11", 0).office.length == 8 * 3600
    assert city.worktime_at("2027-01", 0).office.sessions == ((9 * 3600, 17 * 3600),)


def test_the_working_time_is_made_once(qiqihar):
    """It is asked for with every event."""
    assert qiqihar.worktime_at("2026-11", 1) is qiqihar.worktime_of("2026-11", qiqihar.calendar.version)


def test_the_policy_of_qiqihar_says_all_it_can(qiqihar):
    """Every key of the file reaches the domain."""
    policy = qiqihar.policy

    assert (policy.extension_share, policy.extension_times, policy.extension_approval) == (1.0, 2, True)
    assert policy.max_suspension == Limit(30, "natural_day")
    assert (policy.on_return, policy.rework_to, policy.call_back_unit) == ("next", "same_unit", "QQHR-12345")
    assert policy.staff_channels == {"patrol", "supervisor", "video"}
    assert (policy.letter_number, policy.leaders) == (LETTER_NUMBER, LEADERS)


def test_a_policy_may_choose_otherwise(folder):
    """Each key replaces its default, a false or empty one too."""
    add_policy(
        folder,
        "policy.yaml",
        extension={"share": 0.5, "times": 0, "approval": False},
        max_suspension=None,
        on_return="desk",
        rework_to="route",
        staff_channels=[],
        call_back_unit=None,
        letter_number="{division}/{year}/{number}",
        leaders={"street": "镇长", "county": "县长", "city": "市长"},
    )

    policy = load_city(folder).policy

    assert (policy.extension_share, policy.extension_times, policy.extension_approval) == (0.5, 0, False)
    assert (policy.max_suspension, policy.on_return, policy.rework_to) == (None, "desk", "route")
    assert (policy.staff_channels, policy.call_back_unit) == (frozenset(), None)
    assert policy.letter_number.format(year=2026, division="230202", number=17) == "230202/2026/17"
    assert policy.leaders == {"street": "镇长", "county": "县长", "city": "市长"}


def test_a_policy_without_the_optional_keys_has_the_defaults(folder):
    """A folder from before these keys loads as it did."""
    optional = (
        "extension",
        "on_return",
        "rework_to",
        "staff_channels",
        "call_back_unit",
        "letter_number",
        "leaders",
    )
    add_policy(folder, "policy.yaml", **dict.fromkeys(optional))

    policy = load_city(folder).policy

    assert (policy.extension_times, policy.on_return, policy.leaders) == (2, "next", LEADERS)


def test_each_version_of_the_limits_must_cover_everything(folder):
    """The gap of one version is not filled by another."""
    add_limits(folder, "v5", "2027-01-01")
    path = folder / "limits.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace("L001,*,*,*,*,,", "L001,*,*,key,*,,"), encoding="utf-8"
    )

    (problem,) = problems(folder)

    assert problem.startswith('limits.csv: version "v5" has no row for a case without category, level ordinary')
    assert "level key" not in problem


def test_the_days_of_versions_must_differ_and_be_one_each(folder):
    """Of two versions with the same day nobody could say which holds."""
    add_limits(folder, "v5", "")
    path = folder / "limits.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[2] += "2026-01-01"
    path.write_text("\n".join(lines), encoding="utf-8")
    add_policy(folder, "policy-a.yaml", version="2026-12")
    add_policy(folder, "policy-b.yaml", version="2026-11", valid_from="2027-01-01")

    policy = (folder / "policy-b.yaml").read_text(encoding="utf-8").splitlines()
    at = policy.index("version: 2026-11") + 1
    assert problems(folder) == [
        'limits.csv line 3: valid_from 2026-01-01 differs from none of version "v4" in line 2',
        f'limits.csv line {len(lines)}: version "v5" holds from the same day as version "v4" (none); '
        "give the newer one a valid_from of its own",
        "policy-a.yaml line 1: holds from the same day as policy.yaml (no valid_from); "
        "give each its own valid_from",
        f'policy-b.yaml line {at}: version "2026-11" is that of policy.yaml already',
    ]


def test_a_further_policy_is_checked_as_the_first_is(folder):
    """Its own file is named."""
    add_policy(folder, "policy-2027.yaml", version="2027-01", valid_from="2027-01-01", call_back_unit="QQHR-NO")

    (problem,) = problems(folder)

    assert problem.startswith("policy-2027.yaml line ")
    assert problem.endswith('call_back_unit "QQHR-NO" is not in units.csv')


def test_a_road_that_fell_in_is_handled_in_three_steps(qiqihar):
    """Fence, repair, surface; each with its own limit."""
    assert qiqihar.limits.steps_of("12345", "020204") == (
        Step("围挡警示", Limit(3, "urgent_hour")),
        Step("抢修", Limit(8, "work_hour")),
        Step("恢复路面", Limit(5, "work_day")),
    )
    assert len(qiqihar.limits.steps_of("citymgmt", "E-04-03")) == 3


@pytest.mark.parametrize(
    ("scheme", "category"), [("12345", "020105"), ("grid", "020204"), (None, None), ("12345", None)]
)
def test_most_cases_are_handled_in_one_piece(qiqihar, scheme, category):
    """No steps where the table has none."""
    assert qiqihar.limits.steps_of(scheme, category) == ()


def test_the_longest_prefix_gives_the_steps_and_each_version_has_its_own(folder):
    """A row for an upper category holds below it, but for what has steps of its own."""
    add_limits(folder, "v5", "2027-01-01")
    rows = (
        "v5,12345,0202,1,勘查,1,work_day\nv5,12345,0202,2,处置,5,work_day\nv5,12345,020204,1,围挡,1,urgent_hour\n"
    )
    path = folder / "steps.csv"
    path.write_text(path.read_text(encoding="utf-8") + rows, encoding="utf-8")

    city = load_city(folder)

    assert [step.title for step in city.limits_of("v5").steps_of("12345", "020201")] == ["勘查", "处置"]
    assert [step.title for step in city.limits_of("v5").steps_of("12345", "020204")] == ["围挡"]
    assert city.limits_of("v4").steps_of("12345", "020201") == ()


def test_a_city_without_steps_needs_no_table(folder):
    """The file is optional."""
    (folder / "steps.csv").unlink()

    assert load_city(folder).limits.steps_of("12345", "020204") == ()
