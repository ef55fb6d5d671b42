"""Dead letters: what could not be read, with its reason and where it came from.

The letter keeps the original key, value and headers (these under `original.`), so that it can be replayed. Bytes
too large for the topic go to a quarantine file named by their digest; the letter then carries name, length and
digest. The reason, field and detail never hold personal data.
"""

import hashlib
import os
from pathlib import Path
from traceback import extract_tb

from hub.domain.errors import Rejected, Unavailable
from streams.runtime.api import Output, Record

INLINE_LIMIT = 1024 * 1024
_KEPT_BYTES = 256 * 1024
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
        headers = [
            ("reason", reason.encode()),
            ("field", ((rejected.field if rejected else None) or "").encode()),
            ("detail", detail.encode()),
            ("stage", self._stage.encode()),
            ("topic", record.topic.encode()),
            ("partition", b"%d" % record.partition),
            ("offset", b"%d" % record.offset),
            ("attempts", b"%d" % (_attempts_before(record) + 1)),
        ]
        if not rejected:
            headers.append(("error", type(error).__name__.encode()))
        headers += _kept(record)
        value = record.value
        if value is not None and len(value) > INLINE_LIMIT:
            digest = hashlib.sha256(value).hexdigest()
            self._put_aside(digest, value)
            headers += [
                ("quarantine-file", digest.encode()),
                ("quarantine-length", b"%d" % len(value)),
                ("quarantine-sha256", digest.encode()),
            ]
            value = None
        key = record.key if len(record.key or b"") <= _KEPT_BYTES else None
        return Output(self.topic, key, value, headers)

    def _put_aside(self, name: str, value: bytes) -> None:
        """Durable before the letter is; named by content, so that a repetition changes nothing."""
        path = self._quarantine / name
        try:
            if path.exists():
                return
            self._quarantine.mkdir(parents=True, exist_ok=True)
            passing = path.with_name(f"{name}.{os.getpid()}")
            with passing.open("wb") as file:
                file.write(value)
                file.flush()
                os.fsync(file.fileno())
            passing.rename(path)
            folder = os.open(self._quarantine, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise Unavailable(f"quarantine {self._quarantine}: {error.strerror}") from error


def _kept(record: Record) -> list[tuple[str, bytes]]:
    """The record's own headers as far as a letter has room: one with megabytes of them must not stop the stage."""
    kept: list[tuple[str, bytes]] = []
    room, left_out = _KEPT_BYTES, 0
    for name, value in record.headers:
        size = len(name) + len(value or b"")
        if size <= room:
            room -= size
            kept.append((f"original.{name}", value))
        else:
            left_out += 1
    if len(record.key or b"") > _KEPT_BYTES:
        kept.append(("key-left-out", b"%d bytes" % len(record.key or b"")))
    if left_out:
        kept.append(("headers-left-out", b"%d" % left_out))
    return kept


def _attempts_before(record: Record) -> int:
    """How often the record was tried before; a replay says so in its header."""
    text = next((value for name, value in record.headers if name == "attempts"), None) or b""
    return int(text) if text.isdigit() and len(text) < 6 else 0


def _whereabouts(error: Exception) -> str:
    """Type and place of a bug. Its message may quote the record, so it stays out."""
    frames = extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
