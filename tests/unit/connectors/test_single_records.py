"""Records of a batch that stand alone in a raw topic, also in odd forms."""

import pytest

from connectors.sources.citymgmt import CITYMGMT
from connectors.sources.grid import GRID
from hub.domain.errors import Rejected

HEADER = "上报编号,上报时间,事件描述"
ROW = "WG1,2026-11-09 07:50:12,冷".encode()
CASE = (
    "<StateChange><TASKID>CG1</TASKID><CHANGENO>1</CHANGENO>"
    "<STATE>立案</STATE><CHANGETIME>2026/1/1 0:00</CHANGETIME></StateChange>"
)


def _reason(source, value, headers):
    (record,) = source.split(value, headers)
    with pytest.raises(Rejected) as caught:
        source.map(record)
    return caught.value.reason


def test_a_row_keeps_its_number_and_key():
    """The header line travels with it, line ends within included."""
    headers = {"record": "7", "csv-header": '上报编号,上报时间,"事件描述","备\n注"', "encoding": "utf-8"}
    (record,) = GRID.split(ROW + b",x", headers)
    assert (record.number, record.key, record.value, record.headers) == (7, "WG1", ROW + b",x", headers)


@pytest.mark.parametrize(
    ("value", "headers", "reason"),
    [
        (ROW + b",x", {}, "csv_column_mismatch"),
        (ROW, {"encoding": "utf-16"}, "wrong_encoding"),
        (b"\xff", {}, "wrong_encoding"),
        (b'"', {}, "malformed_csv"),
        (b"", {}, "csv_column_mismatch"),
        (ROW, {"csv-header": "a,b,c"}, "missing_field"),
    ],
)
def test_a_bad_row_alone_says_why(value, headers, reason):
    """The record is rejected, not the reading of the topic."""
    assert _reason(GRID, value, {"record": "1", "csv-header": HEADER, "encoding": "utf-8"} | headers) == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"<Case>", "malformed_xml"),
        (b"\xff", "wrong_encoding"),
        (b"<Case>\x07</Case>", "control_characters"),
        (b"<!DOCTYPE Case><Case/>", "xml_entity"),
        (b"<a>" * 32, "nesting_too_deep"),
        (b"<Case/>" + b" " * 262_144, "oversized"),
    ],
)
def test_a_bad_element_alone_says_why(value, reason):
    """The record is rejected, not the reading of the topic."""
    assert _reason(CITYMGMT, value, {"record": "1"}) == reason


def test_an_element_keeps_its_batch_number():
    """As the list around it gave it."""
    (record,) = CITYMGMT.split(CASE.encode("gb18030"), {"record": "3", "batch": "20261109-001"})
    assert (record.number, record.key, record.headers["batch"]) == (3, "CG1", "20261109-001")
    assert CITYMGMT.map(record).event["source_event_id"] == "CG1/1"
