"""Bearer tokens of staff endpoints: shown once when issued, known afterwards by their hash alone.

The records stand in the compacted topic `endpoint.tokens` by token id, in JSON: they are the hub's own, so no
public schema has to outlive them. Every gateway follows the topic, so a revocation reaches all of them.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from typing import Final

from pydantic import ValidationError

from connectors.strict import Strict

_TOKEN = re.compile(r"ep_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_ID_BYTES, _SECRET_BYTES = 8, 32
_NOBODY: Final = "0" * 64


class TokenRecord(Strict):
    """A token as the hub knows it. The secret has 256 random bits, so a plain SHA-256 cannot be searched.

    Instants are epoch milliseconds of the hub's clock; `expires_at` None: until it is revoked.
    """

    token_id: str
    endpoint_id: str
    sha256: str
    issued_at: int
    issued_by: str
    expires_at: int | None = None
    revoked_at: int | None = None

    def is_valid(self, now_ms: int) -> bool:
        """Whether it opens its endpoint's inbox at that instant."""
        return self.revoked_at is None and (self.expires_at is None or now_ms < self.expires_at)


def new_token(endpoint_id: str, now_ms: int, issued_by: str, expires_at: int | None) -> tuple[str, TokenRecord]:
    """A token for its holder, and the record of it."""
    token_id, secret = secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
    record = TokenRecord(
        token_id=token_id,
        endpoint_id=endpoint_id,
        sha256=_digest(secret),
        issued_at=now_ms,
        issued_by=issued_by,
        expires_at=expires_at,
    )
    return f"ep_{token_id}_{secret}", record


def encode(record: TokenRecord) -> bytes:
    """The record as bytes of its topic."""
    return record.model_dump_json().encode()


def decode(value: bytes) -> TokenRecord | None:
    """The record of a value; None where it is of a form that this release does not know."""
    try:
        return TokenRecord.model_validate_json(value)
    except ValidationError:
        return None


class Tokens:
    """The tokens known, by id. One that is not known, not valid or wrong takes as long to refuse as any other."""

    def __init__(self, records: Iterable[TokenRecord] = ()) -> None:
        self._records: dict[str, TokenRecord] = {record.token_id: record for record in records}

    def take(self, token_id: str, record: TokenRecord | None) -> None:
        """The last word about a token; None: it is gone."""
        if record is None:
            self._records.pop(token_id, None)
        else:
            self._records[token_id] = record

    def is_valid(self, token_id: str, now_ms: int) -> bool:
        """Whether a token that was shown before still holds."""
        record = self._records.get(token_id)
        return record is not None and record.is_valid(now_ms)

    def holder(self, authorization: str, now_ms: int) -> TokenRecord | None:
        """Whose token the `Authorization` header shows, None when it is no valid one."""
        scheme, _, token = authorization.partition(" ")
        match = _TOKEN.fullmatch(token.strip())
        if scheme.lower() != "bearer" or match is None:
            return None
        record = self._records.get(match[1])
        is_right = hmac.compare_digest(_digest(match[2]), record.sha256 if record is not None else _NOBODY)
        return record if record is not None and is_right and record.is_valid(now_ms) else None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
