"""A record of digital city management becomes a unified event."""

from connectors.sources.citymgmt import codes
from connectors.sources.citymgmt.element import Read
from connectors.sources.citymgmt.model import Case, StateChange
from connectors.sources.citymgmt.splitting import read_single
from connectors.sources.contact import contact
from connectors.sources.coordinates import point
from connectors.sources.event import attachments_of, case_event, channel_of, urgency_of
from connectors.sources.flags import mark_formulas
from connectors.sources.masking import mask
from connectors.sources.outward import echoed
from connectors.sources.place import location, place
from connectors.sources.times import local_time
from connectors.sources.values import code, integer, required
from hub.domain.errors import Rejected
from hub.domain.event import Attachment, Category
from hub.domain.source import Mapped, RawRecord

_SOURCE = "citymgmt"


def to_case_event(record: RawRecord) -> Mapped:
    """The event of a record; the checks stand in the order of the contract."""
    parsed = record.parsed if record.parsed is not None else read_single(record.value)
    if isinstance(parsed, Rejected):
        raise Rejected(parsed.reason, parsed.field, parsed.detail)
    assert isinstance(parsed, Read), "a record is mapped by the source that split it"
    if parsed.name == "Case":
        return _reported(Case.model_validate(parsed.texts), parsed)
    return _state_changed(StateChange.model_validate(parsed.texts), parsed)


def _reported(case: Case, read: Read) -> Mapped:
    task_id, info_type = code(case.taskid), code(case.infotype)
    required("TASKID", task_id)
    required("INFOTYPE", info_type)
    required("DISCOVERTIME", case.discovertime)
    assert task_id is not None, "required"
    assert info_type is not None, "required"

    flags: set[str] = set()
    occurred_at = local_time(case.discovertime, "DISCOVERTIME", flags)
    assert occurred_at is not None, "required"
    category = _category(case, info_type)
    codes_from = "STREETCODE" if case.streetcode else "COMMUNITYCODE" if case.communitycode else "GRIDCODE"
    where = place(None, case.streetcode, case.communitycode, case.gridcode, flags, codes_from)
    if where.division is None:
        flags.add("division_missing")
    phone = contact(case.reporterphone, flags)
    info_source = code(case.infosource)
    spot = point(case.coordx, case.coordy, case.crs, flags)
    mark_formulas(flags, case.smallclassname, case.description, case.address)
    event = case_event(
        source=_SOURCE,
        kind="REPORTED",
        case_source=_SOURCE,
        source_case_id=task_id,
        source_event_id=f"{task_id}/0",
        occurred_at=occurred_at,
        channel=channel_of(info_source, codes.CHANNELS, "REPORTED", flags),
        has_contact=phone is not None,
        location=location(where, mask(case.address), spot),
        category=category,
        urgency=urgency_of(case.urgentdegree, "REPORTED", flags),
        title=mask(case.smallclassname),
        text=mask(case.description),
        attachments=_photos(read, flags),
        attributes={"info_source": info_source, "x": spot.x, "y": spot.y},
        flags=flags,
    )
    return Mapped(event, phone)


def _state_changed(change: StateChange, read: Read) -> Mapped:
    task_id, native_state = code(change.taskid), code(change.state)
    state = codes.STATES.get(native_state or "")
    if native_state is not None and state is None:
        raise Rejected("unknown_event_type", "STATE", f"not one of {', '.join(codes.STATES)}")
    required("TASKID", task_id)
    required("CHANGENO", change.changeno)
    required("STATE", state)
    required("CHANGETIME", change.changetime)
    assert task_id is not None, "required"

    flags: set[str] = set()
    occurred_at = local_time(change.changetime, "CHANGETIME", flags)
    assert occurred_at is not None, "required"
    number = integer(change.changeno, "CHANGENO")
    mark_formulas(flags, change.opinion)
    event = case_event(
        source=_SOURCE,
        kind="STATE_CHANGED",
        case_source=_SOURCE,
        source_case_id=task_id,
        source_event_id=f"{task_id}/{number}",
        occurred_at=occurred_at,
        channel="other",
        text=mask(change.opinion),
        attachments=_photos(read, flags),
        attributes={
            "state": state,
            "native_state": native_state,
            "dept_code": code(change.deptcode),
            "update_id": echoed(change.updateid),
        },
        flags=flags,
    )
    return Mapped(event, None)


def _category(case: Case, info_type: str) -> Category:
    letter = codes.INFO_TYPES.get(info_type)
    if letter is None:
        raise Rejected("bad_value", "INFOTYPE", f"not one of {', '.join(codes.INFO_TYPES)}")
    big, small = code(case.bigclass), code(case.smallclass)
    names = filter(None, (info_type, case.bigclassname, case.smallclassname))
    return {
        "scheme": _SOURCE,
        "code": f"{letter}-{big}-{small}" if big and small else None,
        "path": "->".join(names),
    }


def _photos(read: Read, flags: set[str]) -> list[Attachment]:
    """The photos; one of a kind that is not in the table is not lost but carried as a photo."""
    return attachments_of(
        ((kind if kind in codes.PHOTO_KINDS else codes.OTHER_PHOTO, uri) for kind, uri in read.photos), flags
    )
