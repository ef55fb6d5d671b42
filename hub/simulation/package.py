"""Puts the records of a day into messages as their sources do: alone, in five-minute batches, in hourly drops."""

import json
from collections.abc import Iterator
from itertools import groupby
from random import Random

from hub.simulation import citymgmt, grid
from hub.simulation.bad import CSV_TYPE, JSON_TYPE, XML_TYPE
from hub.simulation.draft import HOUR_MS, MINUTE_MS, Draft
from hub.simulation.message import DEAD, RAW_BATCH, WRONG_KEY, Message

_BATCH_MS = 5 * MINUTE_MS
_RAW_BATCHES = 0.03
_WRONG_KEYS = 0.003


def package(random: Random, drafts: list[Draft], alone: list[Message], day: str) -> Iterator[Message]:
    """All messages by their instant of sending; `alone` are those that exist already."""
    messages = [*alone]
    messages += [_single(random, draft) for draft in drafts if draft.form == "json"]
    messages += _batches(random, [draft for draft in drafts if draft.form in ("case", "state_change")], day)
    messages += _drops(random, [draft for draft in drafts if draft.form == "row"])
    yield from sorted(messages, key=lambda message: message.at_ms)


def reaches_ms(draft: Draft) -> int:
    """When the hub hears of a record: batches and drops are sent when their time is over."""
    if draft.form == "row":
        return (draft.at_ms // HOUR_MS + 1) * HOUR_MS
    if draft.form in ("case", "state_change"):
        return (draft.at_ms // _BATCH_MS + 1) * _BATCH_MS
    return draft.at_ms


def payload_of(draft: Draft) -> tuple[bytes, str]:
    """One record as a message of its own, and its content type."""
    match draft.form:
        case "json":
            return json.dumps(draft.fields, ensure_ascii=False).encode(), JSON_TYPE
        case "row":
            return grid.drop([draft.fields], is_utf8=True), CSV_TYPE
        case "case" | "state_change":
            return citymgmt.batch([draft], "1", draft.at_ms), XML_TYPE


def _single(random: Random, draft: Draft) -> Message:
    """A JSON message; a resend may have another order of fields and other blanks."""
    fields = draft.fields
    tags = draft.tags
    raw_key = None
    if "resend" in tags and random.random() < 0.5:
        payload = json.dumps(dict(reversed(fields.items())), ensure_ascii=False, separators=(",", ":"))
    else:
        payload = json.dumps(fields, ensure_ascii=False, indent=2 if random.random() < 0.2 else None)
    if random.random() < _WRONG_KEYS:
        tags = (*tags, WRONG_KEY)
        raw_key = random.choice((None, "2302", f"{draft.case_id}-x"))
    return Message(
        draft.source,
        payload.encode(),
        JSON_TYPE,
        draft.at_ms,
        (draft.verdict,),
        _reasons([draft]),
        tags,
        raw_key,
        draft.case_id,
    )


def _batches(random: Random, drafts: list[Draft], day: str) -> Iterator[Message]:
    drafts = sorted(drafts, key=lambda draft: draft.at_ms)
    groups = groupby(drafts, key=lambda draft: draft.at_ms // _BATCH_MS)
    for number, (window, group) in enumerate(groups, start=1):
        records = list(group)
        at_ms = (window + 1) * _BATCH_MS
        payload = citymgmt.batch(records, f"{day}-{number:03d}", at_ms)
        yield _batch_message(random, "citymgmt", records, payload, XML_TYPE, at_ms)


def _drops(random: Random, drafts: list[Draft]) -> Iterator[Message]:
    drafts = sorted(drafts, key=lambda draft: (draft.at_ms // HOUR_MS, draft.lane, draft.at_ms))
    for (window, _), group in groupby(drafts, key=lambda draft: (draft.at_ms // HOUR_MS, draft.lane)):
        records = list(group)
        payload = grid.drop([draft.fields for draft in records], is_utf8=random.random() < 0.5)
        yield _batch_message(random, "grid", records, payload, CSV_TYPE, (window + 1) * HOUR_MS)


def _batch_message(
    random: Random, source: str, records: list[Draft], payload: bytes, content_type: str, at_ms: int
) -> Message:
    tags = tuple(sorted({tag for draft in records for tag in draft.tags}))
    raw_key = None
    if random.random() < _RAW_BATCHES:
        tags = (*tags, RAW_BATCH)
        raw_key = random.choice((None, f"batch-{at_ms // 1000}"))
    verdicts = tuple(draft.verdict for draft in records)
    return Message(source, payload, content_type, at_ms, verdicts, _reasons(records), tags, raw_key)


def _reasons(records: list[Draft]) -> tuple[str, ...]:
    return tuple(draft.reason for draft in records if draft.verdict == DEAD)
