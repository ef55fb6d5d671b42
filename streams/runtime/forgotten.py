"""Ends a transaction of the slot's past self that the broker has decided and then forgotten to end.

Seen with Kafka 4.3.1 after kill -9 of a single broker: while it starts again the transaction coordinator takes up a
transaction, writes down that it is aborted, and skips the markers of partitions it does not know yet. Their records
stay open for ever; read_committed readers wait behind them, and the next commit of the same producer id would make
them count. So before a slot writes anything it looks for open records of its own producer id, of which there can be
none once `init_transactions` has returned, and aborts them.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from confluent_kafka.admin import AdminClient

from hub.domain.errors import Unavailable
from streams.runtime.config import RunConfig

log = logging.getLogger(__name__)

_COMMITTED = frozenset({"PrepareCommit", "CompleteCommit"})
_PATIENCE = 10.0
_SECURITY = {
    "security.protocol": "security_protocol",
    "sasl.mechanism": "sasl_mechanism",
    "sasl.mechanisms": "sasl_mechanism",
    "sasl.username": "sasl_plain_username",
    "sasl.password": "sasl_plain_password",
    "ssl.ca.location": "ssl_cafile",
    "ssl.certificate.location": "ssl_certfile",
    "ssl.key.location": "ssl_keyfile",
}


class PastSelf(NamedTuple):
    """A producer id under which this slot wrote, and how its last transaction was decided."""

    producer_id: int
    was_committed: bool


def past_selves(config: RunConfig, transactional_ids: Sequence[str]) -> list[PastSelf]:
    """What the broker knows of this slot before it is fenced; empty when it has never written."""
    with _admin(config) as admin:
        return [past for each in transactional_ids if (past := _past_self(admin, each)) is not None]


def _past_self(admin: Any, transactional_id: str) -> PastSelf | None:
    from kafka.errors import TransactionalIdNotFoundError

    try:
        description = _patiently(lambda: admin.describe_transactions([transactional_id])[transactional_id])
    except TransactionalIdNotFoundError:
        return None
    return PastSelf(description.producer_id, description.state.value in _COMMITTED)


def end_forgotten(config: RunConfig, past: Sequence[PastSelf], topics: AdminClient) -> int:
    """Abort what is still open under the past selves' producer ids; the number of partitions concerned."""
    from kafka import TopicPartition
    from kafka.admin import AbortTransactionSpec

    mine = {each.producer_id: each for each in past}

    def producers() -> Any:
        every = topics.list_topics(timeout=10).topics.items()
        return admin.describe_producers(
            [TopicPartition(name, n) for name, topic in every for n in topic.partitions]
        )

    with _admin(config) as admin:
        open_ones = [
            (place, producer.producer_id, producer.producer_epoch)
            for place, state in _patiently(producers).items()
            for producer in state.active_producers
            if producer.producer_id in mine and producer.current_transaction_start_offset >= 0
        ]
        lost = [f"{place.topic}[{place.partition}]" for place, number, _ in open_ones if mine[number].was_committed]
        if lost:
            # Nothing is guessed: these records belong to a commit, and only an operator may write its marker.
            raise Unavailable(f"the broker lost commit markers of this slot on {', '.join(lost)}")
        for place, number, epoch in open_ones:
            admin.abort_transaction(AbortTransactionSpec(place, number, epoch))
    if open_ones:
        names = ", ".join(f"{place.topic}[{place.partition}]" for place, _, _ in open_ones)
        log.warning("aborted a transaction that the broker had forgotten on %s", names)
    return len(open_ones)


def _patiently(ask: Callable[[], Any]) -> Any:
    """Ask again while a broker that has just started does not know its partitions yet."""
    from kafka.errors import KafkaError

    give_up = time.monotonic() + _PATIENCE
    while True:
        try:
            return ask()
        except KafkaError as error:
            if not error.retriable or time.monotonic() > give_up:
                raise
            time.sleep(0.05)


@contextmanager
def _admin(config: RunConfig) -> Iterator[Any]:
    from kafka.admin import KafkaAdminClient
    from kafka.errors import KafkaError

    admin = None
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=config.bootstrap.split(","), client_id="hub-past-self", **_security(config.client)
        )
        yield admin
    except KafkaError as error:
        raise Unavailable(f"the slot's past transactions cannot be read: {type(error).__name__}") from error
    finally:
        if admin is not None:
            admin.close()


def _security(client: Mapping[str, str]) -> dict[str, str]:
    """The security settings in kafka-python's words."""
    return {_SECURITY[name]: value for name, value in client.items() if name in _SECURITY}
