"""The supervision list: what stands in it, from states and notices as the stages write them."""

import json
from pathlib import Path

import pytest

from hub.city import load_city
from hub.cli.supervision import _table
from hub.supervision import COLUMNS, cells, entries, told_of
from schemas.golden import GOLDEN

NOVEMBER_13 = 1_794_558_000_000
ROOT = Path(__file__).parents[2]


def case(*supervision: dict, case_id: str = "hotline:1") -> dict:
    return {"case_id": case_id, "supervision": list(supervision)}


def entry(entry_id: str, removed_at: int | None = None) -> dict:
    return {"entry_id": entry_id, "opened_at": NOVEMBER_13, "removed_at": removed_at, "division": "230203"}


def notice(
    entry_id: str, kind: str = "SUPERVISION_ENTRY", number: str | None = "吹哨督办〔2026〕230203-0001号"
) -> dict:
    golden = json.loads((GOLDEN / "Notice" / "v1.json").read_text("utf-8"))["datum"]
    attributes = {
        "entry_id": entry_id,
        "letter_date": "2026-11-13",
        "unit_name": "建华区住建局",
        "subject": "公共服务->供热->室温不达标",
    }
    return {
        **golden,
        "kind": kind,
        "number": number,
        "unit": "JH-ZJ",
        "division": "230203",
        "attributes": attributes,
    }


def rows(cases: list[dict], notices: list[dict]) -> list[dict[str, str]]:
    city = load_city(ROOT / "deploy/cities/qiqihar")
    return [one.row(city) for one in entries(cases, told_of(notices))]


def test_an_entry_has_number_date_division_unit_and_state():
    """An open one has no day of removal."""
    (row,) = rows([case(entry("e1"))], [notice("e1")])
    assert row == {
        "number": "吹哨督办〔2026〕230203-0001号",
        "date": "2026-11-13",
        "division": "230203",
        "division_name": "建华区",
        "unit": "JH-ZJ",
        "unit_name": "建华区住建局",
        "case_id": "hotline:1",
        "subject": "公共服务—供热—室温不达标",
        "state": "open",
        "removed": "",
    }


def test_a_removed_entry_stays_on_the_list_with_its_day():
    """A breach is a fact: striking off does not erase it."""
    removal = notice("e1", "SUPERVISION_REMOVAL")
    (row,) = rows([case(entry("e1", NOVEMBER_13 + 3 * 86_400_000))], [removal, notice("e1")])
    assert (row["state"], row["removed"]) == ("closed", "2026-11-16")


def test_an_entry_whose_letter_is_not_numbered_yet_is_there_without_a_number():
    """It is on the list from the second timeout on, not from its letter."""
    (row,) = rows([case(entry("e1"))], [])
    assert (row["number"], row["date"], row["state"]) == ("", "2026-11-13", "open")


def test_each_entry_of_a_case_is_its_own_line():
    """Two clocks of one case may both be over."""
    assert len(rows([case(entry("e1"), entry("e2")), case(case_id="hotline:2")], [notice("e1")])) == 2


@pytest.mark.parametrize(("removed_at", "word"), [(None, "督办中"), (NOVEMBER_13, "已销号")])
def test_the_csv_says_it_in_chinese(removed_at: int | None, word: str):
    """In the order of its columns."""
    (row,) = rows([case(entry("e1", removed_at))], [notice("e1")])
    assert dict(zip([title for _, title in COLUMNS], cells(row), strict=True))["状态"] == word
    assert _table([row]).row_count == 1
