"""CloudEvents 1.0 headers of a Kafka record, binary mode: the value stays plain Avro, the headers tell of it."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

_SPEC_VERSION = ("ce_specversion", b"1.0")
# What Confluent's wire format (magic byte, schema id, Avro) goes by; there is no registered name for it.
_CONTENT_TYPE = ("content-type", b"application/vnd.confluent.avro")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=4096)
def _utf8(text: str) -> bytes:
    """Types and sources: few and always the same ones."""
    return text.encode()


@lru_cache(maxsize=8192)
def _minute(minutes: int) -> bytes:
    return (_EPOCH + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:").encode()


# What one decision tells, it tells at one instant.
@lru_cache(maxsize=64)
def rfc3339(time_ms: int) -> bytes:
    """Epoch milliseconds as RFC 3339 in UTC, always with three decimals."""
    minutes, rest = divmod(time_ms, 60_000)
    return b"%b%02d.%03dZ" % (_minute(minutes), rest // 1000, rest % 1000)


def headers(
    event_id: str, event_type: str, source: str, time_ms: int, subject: str | None = None
) -> list[tuple[str, bytes]]:
    """The headers of one event; `event_type` such as `hub.v1.CaseEvent.REPORTED`, `source` such as `/unify`."""
    found = [
        _SPEC_VERSION,
        _CONTENT_TYPE,
        ("ce_id", event_id.encode()),
        ("ce_type", _utf8(event_type)),
        ("ce_source", _utf8(source)),
        ("ce_time", rfc3339(time_ms)),
    ]
    if subject is not None:
        found.append(("ce_subject", subject.encode()))
    return found
