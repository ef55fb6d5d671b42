"""Issues and revokes the staff endpoints' bearer tokens; each act is on the audit log before it is in force."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from confluent_kafka import KafkaException, Producer

from connectors.gateway.tokens import TokenRecord, decode, encode, new_token
from hub.auditing import Act, AuditLog
from hub.domain.errors import Unavailable
from hub.reading import Reader
from hub.topics import Catalogue
from schemas.codec import Codec

_SECONDS = 30.0
_ISSUED: Final = "token.issue"
_REVOKED: Final = "token.revoke"


@dataclass(slots=True, frozen=True)
class Issued:
    """A token for its holder, to be shown once."""

    token: str
    record: TokenRecord


class TokenDesk:
    """Who may open which inbox. `actor` stands in the audit log; `now_ms` is the hub's clock."""

    def __init__(
        self, bootstrap: str, topics: Catalogue, codec: Codec, *, actor: str, now_ms: Callable[[], int]
    ) -> None:
        self._bootstrap = bootstrap
        self._topic = topics.endpoint_tokens
        self._actor = actor
        self._now_ms = now_ms
        log = topics.topic(topics.audit_log)
        self._audit = AuditLog(bootstrap, log.name, log.partitions, codec, now_ms)

    def records(self) -> list[TokenRecord]:
        """Every token ever issued, oldest first."""
        found: dict[bytes, TokenRecord] = {}
        with Reader(self._bootstrap) as reader:
            for stored in reader.scan(self._topic):
                record = None if stored.value is None else decode(stored.value)
                if record is not None and stored.key is not None:
                    found[stored.key] = record
        return sorted(found.values(), key=lambda record: (record.issued_at, record.endpoint_id))

    def issue(self, endpoint_ids: Sequence[str], *, expires_at: int | None, reason: str) -> list[Issued]:
        """A new token for each endpoint; older ones stay in force until they are revoked."""
        now = self._now_ms()
        issued = [Issued(*new_token(endpoint_id, now, self._actor, expires_at)) for endpoint_id in endpoint_ids]
        self._put_on_record(_ISSUED, (one.record for one in issued), reason)
        self._publish(one.record for one in issued)
        return issued

    def revoke(self, chosen: Iterable[TokenRecord], *, reason: str) -> list[TokenRecord]:
        """Take tokens out of force; returns those that were in force."""
        now = self._now_ms()
        revoked = [one.model_copy(update={"revoked_at": now}) for one in chosen if one.revoked_at is None]
        self._put_on_record(_REVOKED, revoked, reason)
        self._publish(revoked)
        return revoked

    def _put_on_record(self, action: str, records: Iterable[TokenRecord], reason: str) -> None:
        self._audit.write(
            *(
                Act(f"endpoint/{one.endpoint_id}", self._actor, action, reason, {"token": one.token_id})
                for one in records
            )
        )

    def _publish(self, records: Iterable[TokenRecord]) -> None:
        problems: list[str] = []
        producer = Producer(
            {
                "bootstrap.servers": self._bootstrap,
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "message.timeout.ms": int(_SECONDS * 1000),
                "log_level": 2,
            }
        )
        try:
            for record in records:
                producer.produce(
                    self._topic,
                    encode(record),
                    record.token_id.encode(),
                    on_delivery=lambda error, _: problems.append(error.name()) if error else None,
                )
                producer.poll(0)
            left = producer.flush(_SECONDS)
        except (KafkaException, BufferError) as error:
            raise Unavailable(f"the tokens were not written at {self._bootstrap} ({error})") from error
        if problems or left:
            raise Unavailable(f"{len(problems) + left} tokens were not written at {self._bootstrap}; run it again")
