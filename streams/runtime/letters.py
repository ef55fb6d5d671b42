"""Dead letters: what could not be read, with its reason and where it came from.

The letter keeps the original key, value and headers (these under `original.`), so that it can be replayed. Bytes
too large for the topic go to a quarantine file named by their digest; the letter then carries name, length and
digest. The reason, field and detail never hold personal data.
"""

from pathlib import Path
from traceback import extract_tb

from hub.domain.dead_letter import (
    LARGEST_HEADERS_BYTES,
    LARGEST_LETTER_BYTES,
    Cause,
    kept_headers,
    quarantine_headers,
)
from hub.domain.errors import Rejected
from hub.quarantine import put_bytes_aside
from streams.runtime.api import Output, Record

PROCESSOR_ERROR = "processor_error"
OUTPUT_TOO_LARGE = "output_too_large"


class DeadLetters:
    """Writes the letters of one stage."""

    def __init__(self, topic: str, stage: str, quarantine: Path) -> None:
        self.topic = topic
        self._stage = stage
        self._quarantine = quarantine

    def letter(self, record: Record, error: Exception) -> Output:
        """The dead letter of a record that made the processor raise."""
        rejected = error if isinstance(error, Rejected) else None
        reason = rejected.reason if rejected else PROCESSOR_ERROR
        detail = rejected.detail if rejected else _whereabouts(error)
        cause = Cause(
            reason,
            self._stage,
            rejected.field if rejected else None,
            detail,
            record.topic,
            record.partition,
            record.offset,
            _attempts_before(record) + 1,
            "" if rejected else type(error).__name__,
        )
        headers = [*cause.headers(), *kept_headers(record.headers)]
        value = record.value
        if value is not None and len(value) > LARGEST_LETTER_BYTES:
            headers += quarantine_headers(*put_bytes_aside(self._quarantine, value))
            value = None
        key = record.key
        if key is not None and len(key) > LARGEST_HEADERS_BYTES:
            headers.append(("key-left-out", b"%d bytes" % len(key)))
            key = None
        return Output(self.topic, key, value, headers)


def _attempts_before(record: Record) -> int:
    """How often the record was tried before; a replay says so in its header."""
    text = next((value for name, value in record.headers if name == "attempts"), None) or b""
    return int(text) if text.isdigit() and len(text) < 6 else 0


def _whereabouts(error: Exception) -> str:
    """Type and place of a bug. Its message may quote the record, so it stays out."""
    frames = extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
