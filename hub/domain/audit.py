"""Audit records: who did what to which subject, each chained to the one before it of that subject."""

import hashlib
import json
from typing import Any

AuditRecord = dict[str, Any]


def audit_record(
    subject: str, actor: str, action: str, reason: str, at_ms: int, details: dict[str, str], previous: bytes = b""
) -> AuditRecord:
    """One Avro `AuditRecord`; `previous` is the digest of the subject's record before, empty for the first."""
    record: AuditRecord = {
        "subject": subject,
        "actor": actor,
        "action": action,
        "reason": reason,
        "at": at_ms,
        "details": details,
        "previous": previous,
    }
    digest = _digest(record)
    return {**record, "audit_id": digest.hex()[:32], "digest": digest}


def is_chained(records: list[AuditRecord]) -> bool:
    """True when every record is unaltered and names the digest of the one before it."""
    previous = b""
    for record in records:
        plain = {name: value for name, value in record.items() if name not in ("audit_id", "digest")}
        if record["previous"] != previous or record["digest"] != _digest(plain):
            return False
        previous = record["digest"]
    return True


def _digest(record: AuditRecord) -> bytes:
    readable = {name: value.hex() if isinstance(value, bytes) else value for name, value in record.items()}
    return hashlib.sha256(json.dumps(readable, sort_keys=True, ensure_ascii=False).encode()).digest()
