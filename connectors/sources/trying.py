"""What a native file would become: every event complete, every rejection with its reason; without Kafka."""

from pathlib import Path
from typing import Any

from connectors.sources.limits import LARGEST_FILE_BYTES, too_large, unpack
from hub.domain.errors import Rejected
from hub.domain.identity import complete
from hub.domain.source import Source

_TYPES = {".json": "application/json", ".csv": "text/csv", ".xml": "application/xml"}
_FILLED_IN_BY_KAFKA = ("received_at", "raw")


def try_file(source: Source, file: Path, token_key: bytes) -> dict[str, Any]:
    """The records and rejections of one file, as `hub sources try --json` prints them."""
    result: dict[str, Any] = {"source": source.name, "records": [], "rejects": []}
    try:
        payload = read_native(file)
        for record in source.split(payload, headers_of(file)):
            if (word := source.ignores(record)) is not None:
                result.setdefault("ignored", []).append({"record": record.number, "word": word})
                continue
            try:
                event: dict[str, Any] = dict(complete(source.map(record), token_key))
            except Rejected as rejected:
                result["rejects"].append(_reject(record.number, rejected))
                continue
            for name in _FILLED_IN_BY_KAFKA:
                del event[name]
            result["records"].append({"record": record.number, "event": event})
    except Rejected as rejected:
        result["rejects"].append(_reject(None, rejected))
    return result


def read_native(file: Path) -> bytes:
    """The bytes of a native file, unpacked; never more than the limit and one byte are held."""
    with file.open("rb") as source:
        payload = source.read(LARGEST_FILE_BYTES + 1)
    if file.suffix.lower() != ".gz":
        return payload
    if len(payload) > LARGEST_FILE_BYTES:
        raise too_large("file", LARGEST_FILE_BYTES)
    return unpack(payload, "gzip")


def headers_of(file: Path) -> dict[str, str]:
    """The content type by the file's name; without one the source looks at the bytes."""
    name = file.with_suffix("") if file.suffix.lower() == ".gz" else file
    content_type = _TYPES.get(name.suffix.lower())
    return {} if content_type is None else {"content-type": content_type}


def _reject(record: int | None, rejected: Rejected) -> dict[str, Any]:
    return {"record": record, "reason": rejected.reason, "field": rejected.field}
