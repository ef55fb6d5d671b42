"""The form of a dead letter: which headers say why a record could not be read, and where it stood.

The letter keeps the original key, value and headers (these under `original.`), so that it can be sent again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

# A letter carries its original bytes up to this size; larger ones stay in a quarantine file.
LARGEST_LETTER_BYTES = 1024 * 1024
# Of the record's own headers, and of its key, it carries at most so much.
LARGEST_HEADERS_BYTES = 256 * 1024
_ORIGINAL = "original."

Headers = Sequence[tuple[str, bytes]]


@dataclass(slots=True, frozen=True)
class Cause:
    """Why and where. `topic` is empty for a payload refused before Kafka; `error` is the type of a bug."""

    reason: str
    stage: str
    field: str | None = None
    detail: str = ""
    topic: str = ""
    partition: int = -1
    offset: int = -1
    attempts: int = 1
    error: str = ""

    def headers(self) -> list[tuple[str, bytes]]:
        """As Kafka headers; what is not known is left out."""
        pairs = {
            "reason": self.reason,
            "field": self.field or "",
            "detail": self.detail,
            "stage": self.stage,
            "topic": self.topic,
            "partition": str(self.partition) if self.topic else "",
            "offset": str(self.offset) if self.topic else "",
            "attempts": str(self.attempts),
            "error": self.error,
        }
        return [(name, text.encode()) for name, text in pairs.items() if text]

    @classmethod
    def read(cls, headers: Headers) -> "Cause":
        """The cause back from a letter's headers."""
        found = {name: value.decode() for name, value in headers if value and not name.startswith(_ORIGINAL)}
        return cls(
            reason=found.get("reason", "unknown"),
            stage=found.get("stage", ""),
            field=found.get("field"),
            detail=found.get("detail", ""),
            topic=found.get("topic", ""),
            partition=int(found.get("partition", -1)),
            offset=int(found.get("offset", -1)),
            attempts=int(found.get("attempts", 1)),
            error=found.get("error", ""),
        )


def kept_headers(headers: Headers, room: int = LARGEST_HEADERS_BYTES) -> list[tuple[str, bytes]]:
    """The record's own headers as far as the letter has room: megabytes of them must not stop a stage."""
    kept: list[tuple[str, bytes]] = []
    left_out = 0
    for name, value in headers:
        size = len(name) + len(value or b"")
        if size <= room:
            room -= size
            kept.append((_ORIGINAL + name, value))
        else:
            left_out += 1
    return [*kept, ("headers-left-out", b"%d" % left_out)] if left_out else kept


def original_headers(headers: Headers) -> list[tuple[str, bytes]]:
    """The record's own headers back from the letter: what a replay sends again."""
    return [(name[len(_ORIGINAL) :], value) for name, value in headers if name.startswith(_ORIGINAL)]


def quarantine_headers(sha256: str, length: int) -> list[tuple[str, bytes]]:
    """What a letter carries instead of bytes that are too large for it; the file is named by its digest."""
    pairs = {"quarantine-file": sha256, "quarantine-length": str(length), "quarantine-sha256": sha256}
    return [(name, text.encode()) for name, text in pairs.items()]
