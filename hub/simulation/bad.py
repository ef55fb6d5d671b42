"""Bad input as legacy systems send it: whole payloads and single records, each with the reason it must get."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

from hub.simulation.draft import Draft, local_time, slashed_time, zoned_time
from hub.simulation.grid import COLUMNS, EXTRA_CELL
from hub.simulation.message import ACCEPTED, DEAD, Message

JSON_TYPE = "application/json"
XML_TYPE = "application/xml"
CSV_TYPE = "text/csv"
_TAG = ("bad",)

# A builder gets a fresh number and the instant; it returns the payload and the reason.
_Builder = Callable[[str, int], tuple[bytes, str]]


def _order(number: str, at_ms: int, **changes: Any) -> dict[str, Any]:
    fields = {
        "eventType": "create",
        "orderId": f"HL{number}",
        "eventSeq": 1,
        "eventTime": local_time(at_ms),
        "sourceType": "电话",
        "callerPhone": "13000001901",
        "title": "道路破损",
        "majorContent": "门前路面破损，联系电话13000001901。",
        "questionCode": "020101",
        "addressIds": "2302/230202/230202003/230202003005",
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _push(number: str, at_ms: int, **changes: Any) -> dict[str, Any]:
    fields = {
        "reportNo": f"QR{number}",
        "channel": "qr",
        "reportTime": local_time(at_ms),
        "gridCode": "230202003005012",
        "category": "公共设施->路灯损坏",
        "description": "路灯不亮。",
        "reporterPhone": "13000001902",
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _feedback(number: str, at_ms: int, **changes: Any) -> dict[str, Any]:
    fields = {
        "feedbackId": f"FB-{number}",
        "dispatchId": f"DP-{number}",
        "caseId": f"hotline:HL{number}",
        "endpointId": "EP-230202-0001",
        "action": "sign",
        "at": zoned_time(at_ms),
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _decision(number: str, at_ms: int, **changes: Any) -> dict[str, Any]:
    fields = {
        "messageId": f"ZH-{number}",
        "caseId": f"hotline:HL{number}",
        "action": "note",
        "note": "已督促。",
        "at": zoned_time(at_ms),
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _json(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()


def _visit(number: str, at_ms: int, **changes: Any) -> bytes:
    visit = {
        "visitNum": 1,
        "visitTime": local_time(at_ms),
        "visitCallIsConnected": "1",
        "visitIsSolved": "解决",
        "visitIsSatisfaction": "满意",
    }
    return _json(_order(number, at_ms, **{"eventType": "visit", **visit, **changes}))


_HOTLINE: tuple[_Builder, ...] = (
    lambda n, at: (_json(_order(n, at))[:-40], "malformed_json"),
    lambda n, at: (_json(_order(n, at)).decode().encode("gb18030"), "wrong_encoding"),
    lambda n, at: (_json(_order(n, at, orderId=None)), "missing_field"),
    lambda n, at: (_json(_order(n, at, majorContent=None)), "missing_field"),
    lambda n, at: (_json(_order(n, at, eventTime="2026-11-31 08:00:00")), "bad_time"),
    lambda n, at: (_json(_order(n, at, eventType="escalate")), "unknown_event_type"),
    lambda n, at: (_json(_order(n, at, addressIds="2301/230102/230102001")), "unknown_division"),
    lambda n, at: (_json(_order(n, at))[:-1] + b', "title": "again"}', "duplicate_key"),
    lambda n, at: (_json(_order(n, at))[:-1] + b', "handleDays": ' + b"3" * 40 + b"}", "number_too_long"),
    lambda n, at: (b" \n", "empty_payload"),
    lambda n, at: (_json(_order(n, at, majorContent="路灯\x07不亮")), "control_characters"),
    lambda n, at: (b"[" + _json(_order(n, at)) + b"]", "wrong_type"),
    lambda n, at: (_json(_order(n, at, more={"a": "[" * 3} | {"b": _deep(40)})), "nesting_too_deep"),
    lambda n, at: (_json(_order(n, at, eventSeq="01")), "bad_value"),
    lambda n, at: (_visit(n, at, visitIsSatisfaction=None), "missing_field"),
    lambda n, at: (_visit(n, at, visitIsSatisfaction="非常满意"), "bad_value"),
)
_RARE: tuple[_Builder, ...] = (lambda n, at: (_json(_order(n, at, majorContent="路" * 90_000)), "oversized"),)
_GRID: tuple[_Builder, ...] = (
    lambda n, at: (_json(_push(n, at))[:-1] + b', "lng": NaN}', "malformed_json"),
    lambda n, at: (_json(_push(n, at, channel=None)), "missing_field"),
    lambda n, at: (_json(_push(n, at, gridCode="230102003005012")), "unknown_division"),
    lambda n, at: (_json(_push(n, at, description={"text": "路灯"})), "wrong_type"),
)
_ENDPOINT: tuple[_Builder, ...] = (
    lambda n, at: (_json(_feedback(n, at, action="cancel")), "unknown_action"),
    lambda n, at: (_json(_feedback(n, at, action="return")), "missing_field"),
    lambda n, at: (_json(_feedback(n, at, at="2026-11-10 08:00:00")), "bad_time"),
    lambda n, at: (
        _json(_feedback(n, at, action="extend", reason="等配件", until="2020-01-01T00:00:00Z")),
        "bad_value",
    ),
    lambda n, at: (_json(_feedback(n, at, caseId=f"police:{n}")), "bad_value"),
)
_DESK: tuple[_Builder, ...] = (
    lambda n, at: (_json(_decision(n, at, action="close")), "unknown_action"),
    lambda n, at: (_json(_decision(n, at, action="suspend")), "missing_field"),
    lambda n, at: (_json(_decision(n, at, at="2026/11/23 9:00")), "bad_time"),
    lambda n, at: (_json(_decision(n, at, action="merge", into=f"hotline:HL{n}")), "bad_value"),
    lambda n, at: (_json(_decision(n, at, action="extend", value="two", unit="work_day")), "bad_value"),
)
_XML: tuple[_Builder, ...] = (
    lambda n, at: (_case_list(n, at, "<Case><TASKID>1</TASKID>"), "malformed_xml"),
    lambda n, at: (_case_list(n, at, "", '<!DOCTYPE CaseList [<!ENTITY a "b">]>\n'), "xml_entity"),
    lambda n, at: (
        _case_list(n, at, "<Case><ADDRESS>松涛路</ADDRESS></Case>").decode("gb18030").encode(),
        "wrong_encoding",
    ),
)


def _deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


def _case_list(number: str, at_ms: int, inner: str, doctype: str = "") -> bytes:
    text = (
        f'<?xml version="1.0" encoding="GB18030"?>\n{doctype}'
        f'<CaseList batchNo="{number}" sendTime="{slashed_time(at_ms)}">{inner}</CaseList>'
    )
    return text.encode("gb18030")


def _header_without_number(number: str, at_ms: int) -> Message:
    sheet = f"{','.join(COLUMNS[1:])}\r\n230202003005012{',' * (len(COLUMNS) - 2)}\r\n"
    return Message("grid", sheet.encode("gb18030"), CSV_TYPE, at_ms, (DEAD,), ("missing_field",), _TAG)


def _unclosed_quote(number: str, at_ms: int) -> Message:
    row = {"上报时间": local_time(at_ms), "网格编码": "230202003005012", "事件描述": "垃圾桶满溢"}
    cells = ",".join({**row, "上报编号": f"WG{number}"}.get(column, "") for column in COLUMNS)
    broken = f'WG{number}9,230202003005012,,,{local_time(at_ms)},环境卫生->垃圾堆放,"垃圾桶满溢,一般\r\n'
    sheet = f"{','.join(COLUMNS)}\r\n{cells}\r\n{broken}"
    return Message("grid", sheet.encode("utf-8-sig"), CSV_TYPE, at_ms, (ACCEPTED, DEAD), ("malformed_csv",), _TAG)


def bad_message(random: Random, number: str, at_ms: int) -> Message:
    """A message that is rejected, whole or in part."""
    kinds = {"hotline": 46, "grid": 14, "endpoint": 14, "desk": 4, "citymgmt": 10, "drop": 10, "rare": 2}
    kind = random.choices(list(kinds), list(kinds.values()))[0]
    if kind == "drop":
        return random.choice((_header_without_number, _unclosed_quote))(number, at_ms)
    builders = {
        "hotline": _HOTLINE,
        "rare": _RARE,
        "grid": _GRID,
        "endpoint": _ENDPOINT,
        "desk": _DESK,
        "citymgmt": _XML,
    }[kind]
    payload, reason = random.choice(builders)(number, at_ms)
    source = "hotline" if kind == "rare" else kind
    content_type = XML_TYPE if kind == "citymgmt" else JSON_TYPE
    return Message(source, payload, content_type, at_ms, (DEAD,), (reason,), _TAG)


def spoiled(random: Random, draft: Draft, number: str) -> Draft:
    """A copy of a batch record under a number of its own that must be rejected alone, not with its batch."""
    match draft.form:
        case "row":
            fields = {**draft.fields, "上报编号": f"WG{number}"}
            change, reason = random.choice(
                (
                    ({"上报时间": "2026-02-30 08:00"}, "bad_time"),
                    ({"是否自行处置": "也许"}, "bad_value"),
                    ({"事件描述": ""}, "missing_field"),
                    ({EXTRA_CELL: "多出一格"}, "csv_column_mismatch"),
                )
            )
        case "case":
            fields = {**draft.fields, "TASKID": f"CG{number}"}
            change, reason = random.choice(
                (
                    ({"TASKID": ""}, "missing_field"),
                    ({"DISCOVERTIME": "2026/11/31 8:00:00"}, "bad_time"),
                    ({"INFOTYPE": "其他"}, "bad_value"),
                )
            )
        case "state_change":
            fields = {**draft.fields, "TASKID": f"CG{number}"}
            change, reason = random.choice(
                (({"STATE": "挂起"}, "unknown_event_type"), ({"CHANGENO": "0"}, "bad_value"))
            )
        case _:
            raise ValueError(f"a {draft.form} record stands alone; bad_message makes a bad one")
    return draft.tagged("bad", draft.at_ms, fields={**fields, **change}, verdict=DEAD, reason=reason)
