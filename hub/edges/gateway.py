"""Wires the gateway of the staff endpoints, a part of the edge `http`."""

import contextlib
import gc
import logging
import resource
from collections.abc import Mapping
from functools import partial

from connectors.feed import Feed
from connectors.gateway.gateway import Gateway
from connectors.gateway.inbox import Inbox
from connectors.gateway.metrics import Metrics
from connectors.gateway.reading import Topics
from connectors.publish import RawPublisher
from connectors.sources.endpoint import ENDPOINT
from hub.auditing import Act, AuditLog
from hub.city import load_city
from hub.cluster.probe import cluster_id
from hub.domain.tiers import TIERS
from hub.edges.setup import Setup
from hub.reading import partition_of

log = logging.getLogger(__name__)

_FILE = "edges/gateway.sqlite"
_PATIENCE_SECONDS = 10.0
_DAY_MS = 86_400_000
_FOREVER_DAYS = 36_500


def gateway(setup: Setup, feed: type[Feed] = Feed) -> Gateway:
    """A gateway that runs as long as the application its router is part of; `feed` is how it reads the topics."""
    settings, topics = setup.settings, setup.topics
    _allow_many_streams()
    city = load_city(settings.city)
    # The city's tables stay for good: no turn of the garbage collector need walk them while readers wait.
    gc.collect()
    gc.freeze()
    names = Topics(
        dispatches={topics.dispatch(tier): tier for tier in TIERS},
        case_state=topics.case_state,
        feedback=topics.raw(ENDPOINT.name),
        tokens=topics.endpoint_tokens,
    )
    publisher = RawPublisher(
        setup.bootstrap,
        raw_topic=topics.raw,
        dead_letters=topics.dead_letters,
        quarantine=settings.data_dir / "quarantine",
        now_ms=setup.clock.now_ms,
        connector="gateway",
        patience_seconds=_PATIENCE_SECONDS,
    )
    publisher.know(ENDPOINT)
    audit = AuditLog(
        setup.bootstrap,
        topics.audit_log,
        topics.topic(topics.audit_log).partitions,
        setup.codec,
        setup.clock.now_ms,
    )

    def put_on_record(subject: str, actor: str, action: str, reason: str, details: Mapping[str, str]) -> None:
        audit.write(Act(subject, actor, action, reason, dict(details)))

    def give_up(error: BaseException) -> None:
        log.error("the gateway's feed ended", exc_info=error)
        setup.stop.set()

    # Every dispatch topic has the catalogue's count, so an endpoint has one partition.
    partitions = topics.partitions
    return Gateway(
        inbox=Inbox(settings.data_dir / _FILE, {"cluster": cluster_id(setup.bootstrap) or ""}),
        open_feed=partial(feed, setup.bootstrap, names.names, partitions),
        topics=names,
        codec=setup.codec,
        publisher=publisher,
        city=city,
        audit=put_on_record,
        partition_of=lambda endpoint_id: partition_of(endpoint_id.encode(), partitions),
        now_ms=setup.clock.now_ms,
        metrics=Metrics(setup.metrics),
        keep_days=_days(topics.topic(topics.dispatch("street")).retention_ms),
        on_end=give_up,
    )


def _days(retention_ms: int) -> float:
    return retention_ms / _DAY_MS if retention_ms >= 0 else _FOREVER_DAYS


def _allow_many_streams() -> None:
    """Each stream is an open file; the soft limit is often 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
