"""Reads a dropped file into its records, and says of each what the hub will make of it. Pure."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from connectors.drops.lines import line_numbers
from connectors.publish import batch_of
from connectors.sources.limits import unpack
from hub.domain.errors import Rejected
from hub.domain.identity import complete
from hub.domain.source import RawRecord, Source

_TYPES = {".json": "application/json", ".csv": "text/csv", ".xml": "application/xml"}
_BUG = "processor_error"


@dataclass(slots=True, frozen=True)
class Row:
    """A record and its fate: an event with this id, or `ignored` for its native word, or `rejected`."""

    number: int
    line: int | None
    event_id: bytes | None = None
    source_case_id: str = ""
    source_event_id: str = ""
    flags: tuple[str, ...] = ()
    ignored: str | None = None
    rejected: Rejected | None = None


@dataclass(slots=True, frozen=True)
class Content:
    """What a file holds: its records and their fates, or the reason for which the whole cannot be read."""

    payload: bytes
    batch: str
    headers: dict[str, str]
    sha256: str
    records: list[RawRecord] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    rejected: Rejected | None = None

    def flags(self) -> Counter[str]:
        """How many records have each mark of quality."""
        return Counter(flag for row in self.rows for flag in row.flags)


def headers_of(name: bytes) -> dict[str, str]:
    """Content type and encoding as the file's name tells them; without one the source looks at the bytes."""
    headers = {}
    stem, suffix = os.path.splitext(os.fsdecode(name).lower())  # noqa: PTH122 - a name, not a path
    if suffix == ".gz":
        headers["content-encoding"] = "gzip"
        suffix = os.path.splitext(stem)[1]  # noqa: PTH122
    if (content_type := _TYPES.get(suffix)) is not None:
        headers["content-type"] = content_type
    return headers


def read(source: Source, name: bytes, payload: bytes, token_key: bytes) -> Content:
    """The file's records with the ids that unify will give their events."""
    headers, sha256, batch = headers_of(name), hashlib.sha256(payload).hexdigest(), batch_of(payload)
    try:
        plain = unpack(payload, headers.get("content-encoding", ""))
        records = list(source.split(plain, headers))
    except Rejected as rejected:
        return Content(payload, batch, headers, sha256, rejected=rejected)
    except Exception as bug:  # noqa: BLE001 - as in unify: a bug of a source costs this file, not those after it
        return Content(payload, batch, headers, sha256, rejected=_bug(bug))
    rows = [_row(source, record, line, token_key) for record, line in _with_lines(plain, records)]
    return Content(payload, batch, headers, sha256, records, rows)


def _with_lines(plain: bytes, records: list[RawRecord]) -> Iterable[tuple[RawRecord, int | None]]:
    return zip(records, line_numbers(plain, records), strict=True)


def _row(source: Source, record: RawRecord, line: int | None, token_key: bytes) -> Row:
    try:
        if (word := source.ignores(record)) is not None:
            return Row(record.number, line, ignored=word)
        event = complete(source.map(record), token_key)
    except Rejected as rejected:
        return Row(record.number, line, rejected=rejected)
    except Exception as bug:  # noqa: BLE001 - as in unify: a bug costs this record, not the file
        return Row(record.number, line, rejected=_bug(bug))
    quality = event["attributes"].get("quality", "")
    return Row(
        record.number,
        line,
        bytes.fromhex(event["event_id"]),
        event["source_case_id"],
        event["source_event_id"],
        tuple(quality.split(",")) if quality else (),
    )


def _bug(bug: Exception) -> Rejected:
    """The type alone: a message may quote a caller."""
    return Rejected(_BUG, detail=f"{type(bug).__name__}; tell the operators of the hub")
