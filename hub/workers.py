"""Wires a worker slot: which processor a stage runs, and with which topics, sources, city and codec."""

from collections.abc import Callable

from connectors.contacts.keyring import read_keyring
from connectors.source_settings import read_sources, sources_of
from connectors.sources.limits import unpack
from hub.city import load_city
from hub.domain.deadlines import LATE_AFTER_MS
from hub.settings import Settings
from hub.timing import clock_of
from hub.topics import Catalogue
from schemas.codec import Codec
from streams.runtime.api import Processor
from streams.runtime.config import RunConfig


def processor_of(stage: str, settings: Settings, topics: Catalogue, codec: Codec) -> Processor:
    """The processor of a stage, one of `hub.stages`."""
    return _PROCESSORS[stage](settings, topics, codec)


def _unify(settings: Settings, topics: Catalogue, codec: Codec) -> Processor:
    from streams.unify import Unify, Vault

    sources = sources_of(read_sources(settings.sources_path))
    return Unify(
        {topics.raw(name): source for name, source in sources.items()},
        events_topic=topics.case_events,
        changelog=topics.memory("unify"),
        encode=codec.encode,
        unpack=unpack,
        token_key=settings.token_key(),
        vault=Vault(topics.contacts_vault, read_keyring(settings.contact_keys, settings.data_dir).seal),
        memory_days=settings.dedupe_days,
    )


def _casework(settings: Settings, topics: Catalogue, codec: Codec) -> Processor:
    from streams.casework import Casework

    late_after_ms = clock_of(settings).span_ms(LATE_AFTER_MS / 1000)
    return Casework(load_city(settings.city), topics, codec, late_after_ms=late_after_ms)


def _letters(settings: Settings, topics: Catalogue, codec: Codec) -> Processor:
    from streams.letters import Letters

    return Letters(topics, codec, number_format=load_city(settings.city).policy.letter_number)


_PROCESSORS: dict[str, Callable[[Settings, Catalogue, Codec], Processor]] = {
    "unify": _unify,
    "casework": _casework,
    "letters": _letters,
}


def run_config(
    stage: str, slot: int, settings: Settings, topics: Catalogue, bootstrap: str, metrics_port: int | None
) -> RunConfig:
    """What the runtime needs to know to run that slot."""
    return RunConfig(
        bootstrap=bootstrap,
        data_dir=settings.data_dir,
        slot=slot,
        dead_letters_topic=topics.dead_letters,
        memory_topic=topics.tallies(stage),
        batch_size=settings.batch_size,
        metrics_port=metrics_port,
        give_up_after=settings.give_up_after,
        clock=clock_of(settings),
    )
