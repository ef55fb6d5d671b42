"""A grid report becomes a unified event."""

import re

from connectors.sources.contact import contact, is_secret
from connectors.sources.coordinates import point
from connectors.sources.event import attachments_of, case_event, channel_of, urgency_of
from connectors.sources.flags import mark_formulas
from connectors.sources.grid import codes
from connectors.sources.grid.model import COLUMN_OF, GridReport
from connectors.sources.grid.reading import PUSH, Report, read_row
from connectors.sources.json_message import message_of
from connectors.sources.masking import mask
from connectors.sources.outward import echoed
from connectors.sources.place import location, place
from connectors.sources.times import local_time
from connectors.sources.values import ascii_copy, code, required
from hub.domain.errors import Rejected
from hub.domain.event import Category
from hub.domain.source import Mapped, RawRecord

_LEVEL_SEPARATOR = re.compile("->|/")


def to_case_event(record: RawRecord) -> Mapped:
    """The event of a report; a rejection names the column where the report came as a row."""
    report = report_of(record)
    try:
        return _event(report.fields)
    except Rejected as rejected:
        if report.is_row and rejected.field in COLUMN_OF:
            raise Rejected(rejected.reason, COLUMN_OF[rejected.field], rejected.detail) from None
        raise


def report_of(record: RawRecord) -> Report:
    """The report of a record, parsed already or not; `Rejected` where it cannot be read."""
    if isinstance(record.parsed, Report):
        return record.parsed
    if "csv-header" in record.headers:
        if isinstance(record.parsed, Rejected):
            raise Rejected(record.parsed.reason, record.parsed.field, record.parsed.detail)
        return read_row(record.value, record.headers)
    return Report(message_of(record, PUSH), is_row=False)


def _event(report: GridReport) -> Mapped:
    """The checks stand in the order of the contract."""
    report_no, native_channel = code(report.report_no), code(report.channel)
    required("reportNo", report_no)
    required("channel", native_channel)
    required("reportTime", report.report_time)
    required("description", report.description)
    assert report_no is not None, "required"
    assert native_channel is not None, "required"

    flags: set[str] = set()
    occurred_at = local_time(report.report_time, "reportTime", flags)
    assert occurred_at is not None, "required"
    self_handled = _self_handled(report.self_handled)
    where = place(None, None, None, report.grid_code, flags, "gridCode")
    if where.division is None:
        flags.add("division_missing")

    secret = is_secret(report.anonymous, flags)
    name = report.reporter_name if secret else None
    caller = contact(report.reporter_phone, flags)
    if caller is None and (open_id := code(report.open_id)) is not None:
        caller = f"wechat:{open_id}"
    category = _category(report.category, flags)
    title = None if category is None or category["path"] is None else category["path"].rpartition("->")[2]
    mark_formulas(flags, title, report.description, report.address, report.handle_result)
    spot = point(report.lng, report.lat, report.crs, flags)
    event = case_event(
        source="grid",
        kind="REPORTED",
        case_source="grid",
        source_case_id=report_no,
        source_event_id=f"{report_no}/0",
        occurred_at=occurred_at,
        channel=channel_of(native_channel.lower(), codes.CHANNELS, "REPORTED", flags),
        has_contact=caller is not None,
        secret=secret,
        location=location(where, mask(report.address, name), spot),
        category=category,
        urgency=urgency_of(report.urgency, "REPORTED", flags),
        title=mask(title, name),
        text=mask(report.description, name),
        attachments=attachments_of((("photo", uri) for uri in report.images or ()), flags),
        attributes={
            "handling_result": mask(report.handle_result, name),
            "party_org": report.party_org or None,
            "patrol_route": code(report.patrol_route),
            "qr_id": code(report.qr_code_id),
            "self_handled": self_handled,
            "update_id": echoed(report.update_id),
            "x": spot.x,
            "y": spot.y,
        },
        flags=flags,
    )
    return Mapped(event, caller)


def _self_handled(text: str | None) -> str:
    handled = codes.SELF_HANDLED.get(code(text) or "否")
    if handled is None:
        raise Rejected("bad_value", "selfHandled", "not 是 or 否 (Y/N, 1/0, true/false)")
    return handled


def _category(text: str | None, flags: set[str]) -> Category | None:
    """The category by its path; one that is not in the table is carried as it was sent, without a code."""
    if not text:
        return None
    path = category_path(ascii_copy(text))
    if path not in codes.CATEGORIES:
        path = category_path(text)
        flags.add("category_unknown")
    return {"scheme": "grid", "code": codes.CATEGORIES.get(path), "path": path or None}


def category_path(text: str) -> str:
    """The levels of a category, joined as everywhere in the hub."""
    return "->".join(filter(None, map(str.strip, _LEVEL_SEPARATOR.split(text))))
