"""Changes the vault from outside unify: a person is deleted, records are encrypted anew by the newest key."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaException, Producer

from connectors.contacts.copy import VaultCopy
from connectors.contacts.keyring import Keyring
from hub.domain.errors import Unavailable

_TRANSACTIONAL_ID = "hub-contacts"
_SECONDS = 30.0
_HANDFUL = 500


@dataclass(slots=True)
class Rotated:
    """What a rotation did, in records: `renewed` by the newest key, `swept` for people deleted before, the rest."""

    renewed: int = 0
    swept: int = 0
    current: int = 0


class VaultWriter:
    """Holds the one transactional id of these commands: whoever comes later ends what an earlier one has under way.

    So a rotation that has read a contact can never write it back after its person was deleted.
    """

    def __init__(self, bootstrap: str, topic: str, encode: Callable[[str, Mapping[str, Any]], bytes]) -> None:
        self._topic = topic
        self._encode = encode
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "transactional.id": _TRANSACTIONAL_ID,
                "partitioner": "murmur2_random",
                "compression.type": "lz4",
                "log_level": 0,
            }
        )
        with _kafka("the vault cannot be written"):
            self._producer.init_transactions(_SECONDS)

    def delete(self, token: str) -> None:
        """A tombstone: what the vault holds under the token goes at the next compaction, a day later at most."""
        with self._transaction() as producer:
            producer.produce(self._topic, None, token.encode())

    def rotate(
        self, copy: VaultCopy, keyring: Keyring, each: Callable[[Rotated], object] = lambda _: None
    ) -> Rotated:
        """Encrypt by the newest key what an older one sealed; remove what is left of deleted people.

        Begin it after this writer was made, with a copy that has caught up since. Killed in the middle it goes on
        where it was when it is run again.

        Raises:
            Unavailable: another command took over, a key is missing, or Kafka is away.
        """
        done = Rotated()
        tokens = copy.tokens()
        for start in range(0, len(tokens), _HANDFUL):
            with self._transaction() as producer:
                for token in tokens[start : start + _HANDFUL]:
                    value = self._renewed(copy, keyring, token, done)
                    if value is not _AS_IT_IS:
                        producer.produce(self._topic, value, token.encode())
            each(done)
        return done

    def _renewed(self, copy: VaultCopy, keyring: Keyring, token: str, done: Rotated) -> bytes | None:
        found = copy.find(token)
        if found.is_deleted:
            done.swept += 1
            return None
        record = found.record
        if record is None or record["key_id"] == keyring.newest:
            done.current += 1
            return _AS_IT_IS
        contact = keyring.open(token, record["key_id"], record["nonce"], record["sealed"])
        done.renewed += 1
        return self._encode("VaultedContact", {**record, **keyring.seal(token, contact)})

    @contextmanager
    def _transaction(self) -> Iterator[Producer]:
        with _kafka("the vault was not changed; run it again"):
            self._producer.begin_transaction()
            try:
                yield self._producer
                self._producer.commit_transaction(_SECONDS)
            except BaseException:
                with contextlib.suppress(KafkaException):
                    self._producer.abort_transaction(_SECONDS)
                raise


# No change; told apart from a tombstone by identity.
_AS_IT_IS = b""


@contextmanager
def _kafka(what: str) -> Iterator[None]:
    try:
        yield
    except KafkaException as error:
        raise Unavailable(f"{what} ({error.args[0].name()})") from error
