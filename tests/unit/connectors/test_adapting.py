"""A source read as a city has it: zone, words, what it leaves out; and settings that no source can follow."""

import json
from datetime import timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.source_settings import read_sources, sources_of
from connectors.sources import SOURCES
from connectors.sources.adapting import adapt, in_zone
from hub.domain.errors import Misconfigured, Rejected
from hub.domain.event import CaseEvent
from hub.domain.source import RawRecord, Source

BATCH = (
    '<?xml version="1.0" encoding="GB18030"?><CaseList><StateChange><TASKID>T1</TASKID><CHANGENO>1</CHANGENO>'
    "<STATE>{}</STATE><CHANGETIME>2026-11-20 08:00:00</CHANGETIME></StateChange></CaseList>"
)
ROW = "上报编号,上报时间,事件描述,事件类别\nWG1,2026-11-20 08:00:00,坏了,{}\n"


def records(source: Source, payload: bytes) -> list[RawRecord]:
    return list(source.split(payload, {}))


def alone(record: RawRecord) -> RawRecord:
    """The record as unify gets it: bytes and headers, nothing parsed."""
    return RawRecord(record.number, record.key, record.value, record.headers)


def event(source: Source, payload: bytes) -> CaseEvent:
    """The one event of a payload, the same from the record as split and as it comes alone."""
    (record,) = records(source, payload)
    (again,) = source.split(record.value, record.headers)
    assert source.map(record).event == source.map(again).event == source.map(alone(record)).event
    return source.map(record).event


def hotline(**fields: str) -> bytes:
    given = {"orderId": "HL1", "eventSeq": "1", "eventType": "urge", "eventTime": "2026-11-20 08:00:00", **fields}
    return json.dumps({"majorContent": "还没人来", **given}, ensure_ascii=False).encode()


def test_a_source_without_settings_is_read_as_by_its_contract() -> None:
    """Nothing set, nothing wrapped: no record is read more slowly."""
    assert sources_of({})["hotline"] is SOURCES["hotline"]


def test_a_native_state_is_read_as_the_contract_s_word_and_kept() -> None:
    """已受理 is this city's word for 立案; without the setting it is rejected, and counted as such."""
    payload = BATCH.format("已受理").encode("gb18030")
    with pytest.raises(Rejected):
        event(SOURCES["citymgmt"], payload)

    found = event(adapt(SOURCES["citymgmt"], words={"已受理": "立案"}), payload)

    assert found["attributes"]["state"] == "FILED"
    assert found["attributes"]["native_state"] == "已受理"


def test_words_of_a_message_and_of_a_row_are_read_too() -> None:
    """The hotline's event type, the grid's category."""
    adapted = adapt(SOURCES["hotline"], words={"催单": "urge"})
    assert event(adapted, hotline(eventType="催单"))["kind"] == "URGED"

    adapted = adapt(SOURCES["grid"], words={"环境->垃圾": "环境卫生->垃圾堆放"})
    found = event(adapted, ROW.format("环境/垃圾").encode())
    assert found["category"] == {"scheme": "grid", "code": "G0101", "path": "环境卫生->垃圾堆放"}
    assert "category_unknown" not in found["attributes"]["quality"]


def test_other_words_are_what_they_were() -> None:
    """A setting for one word changes no other, and what no table knows stays rejected."""
    adapted = adapt(SOURCES["citymgmt"], words={"已受理": "立案"})

    assert event(adapted, BATCH.format("结案").encode("gb18030"))["attributes"]["state"] == "CLOSED"
    with pytest.raises(Rejected):
        event(adapted, BATCH.format("挂账").encode("gb18030"))


def test_records_with_an_ignored_word_are_left_out() -> None:
    """They are told by their word; all others, unreadable ones too, are not touched."""
    adapted = adapt(SOURCES["citymgmt"], ignored={"挂账"})
    (left_out,) = records(adapted, BATCH.format("挂账").encode("gb18030"))
    (kept,) = records(adapted, BATCH.format("结案").encode("gb18030"))

    assert adapted.ignores(left_out) == adapted.ignores(alone(left_out)) == "挂账"
    assert adapted.ignores(kept) is None
    assert adapted.ignores(RawRecord(1, None, b"<Case", kept.headers)) is None


def test_times_without_a_zone_are_those_of_the_source_s() -> None:
    """08:00 in Ürümqi time is two hours later; attributes follow, and so does the id."""
    adapted = adapt(SOURCES["hotline"], zone=ZoneInfo("Asia/Urumqi"))
    message = hotline(callTime="2026-11-20 07:30:00")
    before, after = event(SOURCES["hotline"], message), event(adapted, message)

    assert after["occurred_at"] - before["occurred_at"] == 2 * 3_600_000
    assert int(after["attributes"]["call_time"]) - int(before["attributes"]["call_time"]) == 2 * 3_600_000


@given(
    instant=st.integers(0, 4_000_000_000_000),
    minutes=st.integers(-14 * 60, 14 * 60),
)
def test_a_zone_of_fixed_offset_shifts_by_what_it_differs(instant: int, minutes: int) -> None:
    """Whatever the instant; and the contract's own zone changes nothing."""
    zone = timezone(timedelta(minutes=minutes))

    assert in_zone(instant, zone) - instant == (8 * 60 - minutes) * 60_000
    assert in_zone(instant, timezone(timedelta(hours=8))) == instant


def test_settings_that_no_source_can_follow_are_told_all_at_once(tmp_path: Path) -> None:
    """Each with its place in the file and what there is instead."""
    file = tmp_path / "sources.yaml"
    file.write_text(
        "sources:\n"
        "  citymgmt: {words: {已受理: 受理, 挂账: 结案}, ignored: [挂账]}\n"
        '  endpoint: {time_zone: "+09:00", words: {a: b}}\n',
        "utf-8",
    )
    with pytest.raises(Misconfigured) as wrong:
        read_sources(file)

    assert [problem.partition(f"{file}: ")[2] for problem in wrong.value.problems] == [
        "sources.citymgmt.words.已受理: 受理 is not a word of STATE; there are 作废, 处置, 核查, 派遣, 立案, 结案",
        "sources.citymgmt.ignored: 挂账 stands in words too; keep one",
        "sources.endpoint.time_zone: times of endpoint carry their zone; leave it out",
        "sources.endpoint.words: endpoint is the hub's own format, its words are given; leave it out",
    ]


def test_a_zone_that_no_machine_knows_is_told(tmp_path: Path) -> None:
    """With the form that every machine knows."""
    file = tmp_path / "sources.yaml"
    file.write_text('sources: {grid: {time_zone: "Asia/Qiqihar"}}', "utf-8")
    with pytest.raises(Misconfigured, match=r"sources\.grid\.time_zone: .* write it as an offset such as \+08:00"):
        read_sources(file)
