"""Reads a source as a city has it: in its zone, with its words, without records that it leaves out. Pure."""

from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

from hub.domain.source import Mapped, RawRecord, Source, Words, ignores_nothing

OCCURRED_AT = "occurred_at"
_CONTRACT_ZONE = timedelta(hours=8)


def adapt(
    source: Source,
    *,
    zone: tzinfo | None = None,
    words: Mapping[str, str] | None = None,
    ignored: Set[str] = frozenset(),
) -> Source:
    """The source read otherwise; the same one where nothing is set.

    `zone` is that of times that come without one, `words` gives for a native word the contract's, `ignored` are
    native words whose records are left out. What is not in the contract and not here stays what it was: rejected or
    flagged, and counted.
    """
    read = source.map
    if words:
        read = _worded(read, _words_of(source), dict(words))
    if zone is not None:
        read = _zoned(read, source.local_times, zone)
    return replace(
        source, map=read, ignores=_ignoring(_words_of(source), frozenset(ignored)) if ignored else ignores_nothing
    )


def problems(source: Source, *, zone: tzinfo | None, words: Mapping[str, str], ignored: Set[str]) -> list[str]:
    """What of these settings the source cannot follow, each with its key."""
    found = []
    if zone is not None and not source.local_times:
        found.append(f"time_zone: times of {source.name} carry their zone; leave it out")
    if source.words is None:
        return found + [
            f"{key}: {source.name} is the hub's own format, its words are given; leave it out"
            for key, value in (("words", words), ("ignored", ignored))
            if value
        ]
    known = ", ".join(sorted(source.words.known))
    found += [
        f"words.{native}: {word} is not a word of {source.words.field}; there are {known}"
        for native, word in words.items()
        if word not in source.words.known
    ]
    return found + [f"ignored: {word} stands in words too; keep one" for word in sorted(ignored & words.keys())]


def _words_of(source: Source) -> Words:
    assert source.words is not None, "settings are checked before they are used"
    return source.words


def _worded(
    read: Callable[[RawRecord], Mapped], native: Words, words: dict[str, str]
) -> Callable[[RawRecord], Mapped]:
    def map_in_words(record: RawRecord) -> Mapped:
        word = native.read(record)
        known = None if word is None else words.get(word)
        if word is None or known is None:
            return read(record)
        mapped = read(native.write(record, known))
        if native.attribute is not None and native.attribute in mapped.event["attributes"]:
            mapped.event["attributes"][native.attribute] = word
        return mapped

    return map_in_words


def _zoned(
    read: Callable[[RawRecord], Mapped], local_times: tuple[str, ...], zone: tzinfo
) -> Callable[[RawRecord], Mapped]:
    def map_in_zone(record: RawRecord) -> Mapped:
        mapped = read(record)
        event, attributes = mapped.event, mapped.event["attributes"]
        if OCCURRED_AT in local_times:
            event["occurred_at"] = in_zone(event["occurred_at"], zone)
        for name in local_times:
            if name in attributes:
                attributes[name] = str(in_zone(int(attributes[name]), zone))
        return mapped

    return map_in_zone


def in_zone(instant_ms: int, zone: tzinfo) -> int:
    """The instant of the wall clock's reading in another zone than the contract's UTC+8; of two the earlier one."""
    shown = datetime.fromtimestamp(instant_ms / 1000, UTC).replace(tzinfo=None) + _CONTRACT_ZONE
    offset = shown.replace(tzinfo=zone).utcoffset()
    assert offset is not None, "a zone has an offset"
    return instant_ms + round((_CONTRACT_ZONE - offset).total_seconds() * 1000)


def _ignoring(native: Words, ignored: frozenset[str]) -> Callable[[RawRecord], str | None]:
    def ignores(record: RawRecord) -> str | None:
        word = native.read(record)
        return word if word in ignored else None

    return ignores
