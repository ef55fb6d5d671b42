"""Each source gets a status in its own format, to the byte; what it sends back of it, the hub knows again."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sources import SOURCES
from connectors.sources.citymgmt import writeback as citymgmt
from connectors.sources.grid import writeback as grid
from connectors.sources.hotline import writeback as hotline
from connectors.sources.outward import Encoder, Told, local_text
from connectors.sources.times import local_time

GOLDEN = next(one for one in Path(__file__).parents if (one / "pyproject.toml").exists()) / "tests/data/writeback"
Make = Callable[..., Any]
# As the hub's own masked texts are: no control characters but tab and line feed.
TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t<&>\"'\U00020000"), max_size=60
)


@pytest.mark.parametrize(
    ("file", "encoder", "source", "number", "word", "changes"),
    [
        ("hotline-done.json", hotline.encode, "hotline", "HL2026111000017", "已办结", {}),
        (
            "hotline-returned.json",
            hotline.encode,
            "hotline",
            "HL2026111000017",
            "已退回",
            {"status": "RETURNED", "text": "不属本单位职责", "attributes": {"from_unit": "LS-GA", "cycle": "1"}},
        ),
        ("citymgmt-done.xml", citymgmt.encode, "citymgmt", "CG2302022611090001", "处置", {}),
        (
            "citymgmt-dispatched.xml",
            citymgmt.encode,
            "citymgmt",
            "CG2302022611090001",
            "派遣",
            {"status": "DISPATCHED", "text": None, "version": 1},
        ),
        ("grid-done.json", grid.encode_json, "grid", "WG20261110001", "已办结", {}),
        ("grid-done.csv", grid.encode_csv, "grid", "WG20261110001", "已办结", {}),
    ],
)
def test_the_bytes_are_those_agreed_with_the_source(
    make_update: Make, file: str, encoder: Encoder, source: str, number: str, word: str, changes: dict[str, Any]
) -> None:
    """The files beside this test are what the IT desk of a source is shown."""
    told = Told(make_update(source, number, **changes), word, "LS-GR")

    assert encoder(told).body == (GOLDEN / file).read_bytes()
    assert encoder(told) == encoder(told)


@given(text=TEXT, version=st.integers(1, 9999), second=st.integers(0, 4_000_000_000))
@pytest.mark.parametrize(
    ("source", "encoder", "word"), [("hotline", hotline.encode, "已派遣"), ("citymgmt", citymgmt.encode, "派遣")]
)
def test_what_the_source_sends_back_unchanged_is_read_as_that_update(
    make_update: Make, source: str, encoder: Encoder, word: str, text: str, version: int, second: int
) -> None:
    """Whatever the text holds: one record, of the same case, with the update's id and its time to the second."""
    update = make_update(source, "N-17", version=version, text=text or None, at=second * 1000 + 999)
    encoded = encoder(Told(update, word, "LS-GR"))
    (record,) = SOURCES[source].split(encoded.body, {})
    event = SOURCES[source].map(record).event

    assert record.key == "N-17"
    assert (event["kind"], event["case_id"]) == ("STATE_CHANGED", update["case_id"])
    assert event["occurred_at"] == second * 1000
    assert event["attributes"]["update_id"] == update["update_id"]
    assert event["attributes"]["native_state"] == word


def test_a_text_of_another_form_is_not_carried_as_an_update_id(make_update: Make) -> None:
    """Where an id is expected a caller's number may stand."""
    body = json.loads(hotline.encode(Told(make_update(), "已办结", None)).body)
    for other in ("13000001001", "UP-1", body["updateId"] + "0" * 9, f"{body['updateId']} 张三"):
        (record,) = SOURCES["hotline"].split(json.dumps(body | {"updateId": other}).encode(), {})
        assert "update_id" not in SOURCES["hotline"].map(record).event["attributes"]


def test_a_grid_report_may_give_an_update_back(make_update: Make) -> None:
    """A push by its field, a row by its column."""
    known = make_update("grid", "G1")["update_id"]
    push = {
        "reportNo": "G1",
        "channel": "patrol",
        "reportTime": "2026-11-10 08:00",
        "description": "井盖缺失",
        "updateId": known,
    }
    row = f"上报编号,上报时间,事件描述,回写编号\nG1,2026-11-10 08:00,井盖缺失,{known}\n"
    for payload, headers in (
        (json.dumps(push).encode(), {"content-type": "application/json"}),
        (row.encode(), {"content-type": "text/csv"}),
    ):
        (record,) = SOURCES["grid"].split(payload, headers)
        assert SOURCES["grid"].map(record).event["attributes"]["update_id"] == known


@given(text=TEXT)
def test_no_cell_is_a_formula_and_none_is_lost(make_update: Make, text: str) -> None:
    """A spreadsheet program shows what was said; it calculates nothing of it."""
    told = Told(make_update("grid", "G1", text=text), "已办结", "LS-GR")
    (row,) = csv.DictReader(io.StringIO(grid.encode_csv(told).body.decode("utf-8-sig"), newline=""))

    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in row.values())
    assert row["处置结果"].removeprefix("'") == text.removeprefix("'")
    assert row["回写编号"] == told.update["update_id"]


@given(second=st.integers(0, 250_000_000_000))
def test_a_local_time_is_read_as_it_was_written(second: int) -> None:
    """In both spellings."""
    for slashes in (False, True):
        assert local_time(local_text(second * 1000, slashes=slashes), "eventTime") == second * 1000
