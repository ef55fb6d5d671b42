"""Follows one case through the topics: raw message → event → decision → dispatch, each with its coordinates."""

from typing import Any

from hub.domain.errors import Unavailable
from hub.reading import Reader, Stored, partition_of
from hub.topics import Catalogue
from schemas.codec import Codec

# Machines of one hub whose clocks differ by more than this have other troubles.
_CLOCK_SKEW_MS = 3_600_000


def trace(bootstrap: str, topics: Catalogue, codec: Codec, case_id: str) -> dict[str, Any] | None:
    """Everything that happened to a case, None when no topic knows it.

    `steps` follow the case's own order; each has the event with its place, the raw record it came from, what
    was decided and why, and the dispatches that followed with theirs.
    """
    with Reader(bootstrap) as reader:
        snapshot = latest_state(reader, topics, case_id)
        if snapshot is None:
            return None
        state = codec.decode(snapshot.value or b"")
        dispatches = _dispatches(reader, topics, codec, state)
        steps = [_step(reader, topics, codec, decision, dispatches) for decision in state["decisions"]]
    return {"case_id": case_id, "state": _head(state, snapshot), "steps": steps}


def latest_state(reader: Reader, topics: Catalogue, case_id: str) -> Stored | None:
    """The row of a case as last committed."""
    key = case_id.encode()
    partition = partition_of(key, len(reader.partitions(topics.case_state)))
    latest = None
    for stored in reader.scan(topics.case_state, partition=partition):
        if stored.key == key:
            latest = stored
    return latest if latest is not None and latest.value is not None else None


def _head(state: dict[str, Any], snapshot: Stored) -> dict[str, Any]:
    names = ("status", "version", "level", "tier", "rule", "lead", "co_handlers", "past_units", "cycle", "leg")
    return {name: state[name] for name in names} | {"place": snapshot.place, "parked": len(state["parked"])}


def _dispatches(
    reader: Reader, topics: Catalogue, codec: Codec, state: dict[str, Any]
) -> dict[str, list[dict[str, Any]]]:
    """The case's dispatches by the event that caused them, in case order."""
    found: dict[str, list[dict[str, Any]]] = {}
    since_ms = _first_decided(reader, topics, state)
    for topic in topics.dispatches:
        for stored in reader.scan(topic, since_ms=since_ms):
            # A cheap look at the bytes first: only a fraction of the inboxes is about this case.
            if stored.value is None or state["case_id"].encode() not in stored.value:
                continue
            dispatch = codec.decode(stored.value)
            if dispatch["case_id"] == state["case_id"]:
                found.setdefault(dispatch["event_id"], []).append(_dispatch_line(dispatch, stored))
    for lines in found.values():
        lines.sort(key=lambda line: (line["case_version"], line["action"], line["dispatch_id"]))
    return found


def _first_decided(reader: Reader, topics: Catalogue, state: dict[str, Any]) -> int | None:
    """An instant before the case's first dispatch, by Kafka's clock: a source's clock may be years off."""
    decision = state["decisions"][0] if state["decisions"] else None
    if decision is None:
        return None
    stored = reader.fetch(topics.case_events, decision["event_partition"], decision["event_offset"])
    return None if stored is None else stored.timestamp - _CLOCK_SKEW_MS


def _dispatch_line(dispatch: dict[str, Any], stored: Stored) -> dict[str, Any]:
    names = ("dispatch_id", "action", "role", "tier", "level", "unit", "unit_name", "endpoint_id")
    more = ("no_route", "reason", "case_version")
    return {name: dispatch[name] for name in names + more} | {"place": stored.place}


def _step(
    reader: Reader,
    topics: Catalogue,
    codec: Codec,
    decision: dict[str, Any],
    dispatches: dict[str, list[dict[str, Any]]],
) -> dict[str, Any]:
    place = (topics.case_events, decision["event_partition"], decision["event_offset"])
    step = {
        "event": {
            "event_id": decision["event_id"],
            "kind": decision["kind"],
            "occurred_at": decision["at"],
            "place": "/".join(map(str, place)),
        },
        "decision": {name: decision[name] for name in ("version", "outcome", "reason", "from_status", "to_status")},
        "dispatches": dispatches.get(decision["event_id"], []),
        "raw": None,
    }
    stored = reader.fetch(*place)
    if stored is None or stored.value is None:
        return step
    raw = codec.decode(stored.value)["raw"]
    step["raw"] = {"place": f"{raw['topic']}/{raw['partition']}/{raw['offset']}", **_raw_facts(reader, raw)}
    return step


def _raw_facts(reader: Reader, raw: dict[str, Any]) -> dict[str, Any]:
    """Size and transport of the raw record, never its content: that holds personal data."""
    try:
        stored = reader.fetch(raw["topic"], raw["partition"], raw["offset"])
    except Unavailable:
        return {"kept": False}
    if stored is None:
        return {"kept": False}
    headers = dict(stored.headers)
    texts = {
        name: headers[name].decode() for name in ("connector", "message-id", "content-type") if name in headers
    }
    return {"kept": True, "bytes": len(stored.value or b"")} | texts
