"""What the sender of a file is told: the result beside it, as JSON and as lines for a person. Pure.

It names lines, fields and reasons, never a value of the file.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from connectors.drops.journal import PassedOn, RowPlace
from connectors.drops.reading import Row
from hub.domain.errors import Rejected

_CHINA = timezone(timedelta(hours=8))
_MOST_TOLD = 10_000
_MEANING = (
    "accepted: Kafka has the row and the hub makes an event of it; duplicate: the same event as an earlier row of "
    "this file or of a file of this drop, sent on all the same and dropped by the hub; rejected: cannot be read, "
    "mend it and send it again; ignored: left out because of a word that the city set to be ignored"
)
_REASONS = {
    "bad_time": "时间不合规",
    "bad_value": "取值不合规",
    "control_characters": "含控制字符",
    "csv_column_mismatch": "列数与表头不符",
    "duplicate_key": "字段或列重复",
    "empty_payload": "内容为空",
    "malformed_csv": "CSV 格式错误",
    "malformed_json": "JSON 格式错误",
    "malformed_xml": "XML 格式错误",
    "missing_field": "缺少必填项",
    "nesting_too_deep": "嵌套过深",
    "number_too_long": "数字过长",
    "oversized": "超出大小上限",
    "processor_error": "处理出错，请告知平台运维",
    "unknown_action": "未知动作",
    "unknown_division": "未知行政区划",
    "unknown_event_type": "未知事件类型或状态",
    "unreadable": "文件无法读取",
    "wrong_encoding": "编码不符",
    "wrong_type": "类型不符",
    "xml_entity": "不接受 DOCTYPE",
}


@dataclass(slots=True, frozen=True)
class Fates:
    """The rows of a file by what came of them. `duplicates` names for each the row it repeats."""

    accepted: list[PassedOn] = field(default_factory=list)
    duplicates: list[tuple[Row, RowPlace]] = field(default_factory=list)
    rejected: list[Row] = field(default_factory=list)
    ignored: list[Row] = field(default_factory=list)

    @property
    def total(self) -> int:
        """All rows."""
        return len(self.accepted) + len(self.duplicates) + len(self.rejected) + len(self.ignored)

    @property
    def is_good(self) -> bool:
        """False for a file of which no row at all could be read; one without rows is good."""
        return not self.rejected or self.total > len(self.rejected)


def fates(file: int, rows: Iterable[Row], known: Mapping[bytes, RowPlace]) -> Fates:
    """What becomes of each row of a file, given the rows of other files that are known."""
    found = Fates()
    here: dict[bytes, RowPlace] = {}
    for row in rows:
        if row.rejected is not None:
            found.rejected.append(row)
        elif row.ignored is not None:
            found.ignored.append(row)
        elif row.event_id is not None:
            earlier = known.get(row.event_id) or here.get(row.event_id)
            if earlier is not None:
                found.duplicates.append((row, earlier))
                continue
            here[row.event_id] = RowPlace(file, row.number, row.line)
            found.accepted.append(
                PassedOn(row.event_id, row.number, row.line, row.source_case_id, row.source_event_id)
            )
    return found


@dataclass(slots=True, frozen=True)
class Told:
    """Everything a result is made of. `earlier` is the name and instant of a file of the same content."""

    source: str
    name: bytes
    file: int
    size: int
    sha256: str | None
    taken_at: int
    fates: Fates
    flags: Mapping[str, int]
    names: Mapping[int, bytes]
    rejected: Rejected | None = None
    earlier: tuple[bytes, int] | None = None


def result(told: Told) -> dict[str, Any]:
    """The result as JSON."""
    rows = told.fates
    return {
        "file": printable(told.name),
        "source": told.source,
        "number": told.file,
        "bytes": told.size,
        "sha256": told.sha256,
        "taken_at": _instant(told.taken_at),
        "outcome": "done" if told.rejected is None and rows.is_good else "bad",
        "duplicate_file": told.earlier
        and {"file": printable(told.earlier[0]), "taken_at": _instant(told.earlier[1])},
        "rejected": told.rejected and _reason(told.rejected),
        "rows": {
            "total": rows.total,
            "accepted": len(rows.accepted),
            "duplicate": len(rows.duplicates),
            "rejected": len(rows.rejected),
            "ignored": len(rows.ignored),
        },
        "rejections": [
            {"row": row.number, "line": row.line, **_reason(row.rejected)}
            for row in rows.rejected[:_MOST_TOLD]
            if row.rejected is not None
        ],
        "duplicates": [
            {"row": row.number, "line": row.line, "of": _place(earlier, told)}
            for row, earlier in rows.duplicates[:_MOST_TOLD]
        ],
        "ignored": [
            {"row": row.number, "line": row.line, "word": row.ignored} for row in rows.ignored[:_MOST_TOLD]
        ],
        "flags": dict(sorted(told.flags.items())),
        "told_at_most": _MOST_TOLD,
        "meaning": _MEANING,
    }


def as_text(found: Mapping[str, Any]) -> str:
    """The result as lines for a person, Chinese and English."""
    rows = found["rows"]
    lines = [
        f"{found['file']}  来源 source {found['source']}  {found['taken_at']}",
        f"共 rows {rows['total']} · 接收 accepted {rows['accepted']} · 重复 duplicate {rows['duplicate']}"
        f" · 拒绝 rejected {rows['rejected']} · 忽略 ignored {rows['ignored']}",
    ]
    if (earlier := found["duplicate_file"]) is not None:
        lines.append(f"与已收文件内容相同 same content as {earlier['file']}, {earlier['taken_at']}")
    if (whole := found["rejected"]) is not None:
        lines.append(f"整个文件被拒绝 the whole file is rejected: {_words(whole)}")
    lines += [f"{_where(each)} 拒绝 rejected: {_words(each)}" for each in found["rejections"]]
    lines += [f"{_where(each)} 重复 duplicate of {_first(each['of'])}" for each in found["duplicates"]]
    lines += [f"{_where(each)} 忽略 ignored: {each['word']}" for each in found["ignored"]]
    if flags := found["flags"]:
        lines.append("质量标记 marks: " + ", ".join(f"{flag} {count}" for flag, count in flags.items()))
    return "\r\n".join(lines) + "\r\n"


def encode(found: Mapping[str, Any]) -> str:
    """The JSON text, the same for the same result."""
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def decode(text: str) -> dict[str, Any]:
    """A result back from its text."""
    found: dict[str, Any] = json.loads(text)
    return found


def printable(name: bytes) -> str:
    """A file's name for a person: UTF-8, else GB18030, else its bytes spelled out."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return name.decode(encoding)
        except UnicodeDecodeError:
            continue
    return os.fsdecode(name).encode("ascii", "backslashreplace").decode()


def _reason(rejected: Rejected) -> dict[str, str | None]:
    return {"reason": rejected.reason, "field": rejected.field, "detail": rejected.detail or None}


def _place(earlier: RowPlace, told: Told) -> dict[str, Any]:
    place = {"row": earlier.number, "line": earlier.line}
    if earlier.file == told.file:
        return place
    return {"file": printable(told.names.get(earlier.file, b"?")), **place}


def _words(reason: Mapping[str, Any]) -> str:
    name = reason["reason"]
    where = f" [{reason['field']}]" if reason["field"] else ""
    detail = f": {reason['detail']}" if reason["detail"] else ""
    return f"{_REASONS.get(name, '无法读取')} {name}{where}{detail}"


def _where(each: Mapping[str, Any]) -> str:
    if each["line"] is None:
        return f"第 {each['row']} 条 row {each['row']}"
    return f"第 {each['line']} 行 line {each['line']} (row {each['row']})"


def _first(place: Mapping[str, Any]) -> str:
    where = f"line {place['line']}" if place["line"] is not None else f"row {place['row']}"
    return f"{place['file']} {where}" if "file" in place else where


def _instant(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, _CHINA).isoformat(timespec="seconds")
