"""The form of a dead letter: which headers say why a record could not be read, and where it stood."""

from dataclasses import dataclass

# A letter carries its original bytes up to this size; larger ones stay in a quarantine file.
LARGEST_LETTER_BYTES = 1024 * 1024
_PREFIX = "dead-"


@dataclass(slots=True, frozen=True)
class Cause:
    """Why and where. `topic`, `partition` and `offset` are absent for a payload refused before Kafka."""

    reason: str
    stage: str
    field: str | None = None
    detail: str = ""
    topic: str = ""
    partition: int = -1
    offset: int = -1
    attempts: int = 1

    def headers(self) -> list[tuple[str, bytes]]:
        """As Kafka headers, each name with the prefix `dead-`, absent ones left out."""
        pairs = {
            "reason": self.reason,
            "stage": self.stage,
            "field": self.field or "",
            "detail": self.detail,
            "topic": self.topic,
            "partition": str(self.partition) if self.topic else "",
            "offset": str(self.offset) if self.topic else "",
            "attempts": str(self.attempts),
        }
        return [(_PREFIX + name, text.encode()) for name, text in pairs.items() if text]

    @classmethod
    def read(cls, headers: list[tuple[str, bytes]]) -> "Cause":
        """The cause back from a letter's headers."""
        found = {name[len(_PREFIX) :]: value.decode() for name, value in headers if name.startswith(_PREFIX)}
        return cls(
            reason=found.get("reason", "unknown"),
            stage=found.get("stage", ""),
            field=found.get("field"),
            detail=found.get("detail", ""),
            topic=found.get("topic", ""),
            partition=int(found.get("partition", -1)),
            offset=int(found.get("offset", -1)),
            attempts=int(found.get("attempts", 1)),
        )


def own_headers(headers: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """The headers the record came with, without those of the letter: what a replay sends again."""
    return [(name, value) for name, value in headers if not name.startswith(_PREFIX)]


def quarantine_headers(file_name: str, length: int, sha256: str) -> list[tuple[str, bytes]]:
    """What a letter carries instead of bytes that are too large for it."""
    pairs = {"quarantine-file": file_name, "length": str(length), "sha256": sha256}
    return [(_PREFIX + name, text.encode()) for name, text in pairs.items()]
