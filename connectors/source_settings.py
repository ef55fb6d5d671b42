"""`sources.yaml`: by which transports each source is connected, and what the city's IT desk sets for it."""

import re
from datetime import timedelta, timezone, tzinfo
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from connectors.drops.settings import DropSettings
from connectors.intake.settings import IntakeSettings
from connectors.polls.settings import DatabaseSettings, HttpPollSettings
from connectors.settings_file import read_settings
from connectors.sources import SOURCES
from connectors.sources.adapting import adapt, problems
from connectors.strict import Strict
from connectors.writeback.settings import WritebackSettings
from hub.domain.errors import Misconfigured
from hub.domain.source import Source

_OFFSET = re.compile("([+-])(0[0-9]|1[0-4]):([0-5][0-9])")


class Rate(Strict):
    """Requests a source may make: so many a second in the long run, so many at once."""

    per_second: Annotated[float, Field(gt=0)] = 50
    burst: Annotated[int, Field(ge=1)] = 200


def zone_of(text: str) -> tzinfo:
    """A zone by its offset (`+08:00`), which any machine knows, or by its name (`Asia/Urumqi`)."""
    if match := _OFFSET.fullmatch(text):
        sign, hours, minutes = match.groups()
        span = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(span if sign == "+" else -span)
    try:
        return ZoneInfo(text)
    except (OSError, ValueError, KeyError):
        raise ValueError("is not a time zone of this machine; write it as an offset such as +08:00") from None


def _is_zone(text: str) -> str:
    zone_of(text)
    return text


Word = Annotated[str, Field(min_length=1, max_length=64)]


class SourceSettings(Strict):
    """One source. A transport without a section is not used; `silence_minutes` without a message raise an alarm.

    `time_zone` is that of times that come without one, where it is not the contract's UTC+8. `words` gives for a
    native word (state, event type, category: the source's page names the field) the word of the contract; the way
    out is `writeback.statuses`. Records with an `ignored` word stay in raw, are counted, and become no events.
    """

    rate: Rate = Rate()
    time_zone: Annotated[str, AfterValidator(_is_zone)] | None = None
    words: dict[Word, Word] = Field(default_factory=dict)
    ignored: frozenset[Word] = frozenset()
    silence_minutes: Annotated[float, Field(gt=0)] | None = None
    intake: IntakeSettings | None = None
    drop: DropSettings | None = None
    database: DatabaseSettings | None = None
    poll: HttpPollSettings | None = None
    writeback: WritebackSettings | None = None


Sources = dict[str, SourceSettings]


class _Document(Strict):
    sources: Sources


def read_sources(file: Path) -> Sources:
    """Settings by source name; a source that the file does not name has no transport of its own.

    Raises:
        Misconfigured: every problem of the file at once, each with its place.
    """
    sources = read_settings(file, _Document, shown=f"{file} (HUB_SOURCES)").sources
    if unknown := sorted(sources.keys() - SOURCES.keys()):
        known = ", ".join(sorted(SOURCES))
        raise Misconfigured(
            [f"{file}: sources.{name}: there is no such source; there are {known}" for name in unknown]
        )
    if wrong := [
        f"{file}: sources.{name}.{problem}"
        for name, source in sources.items()
        for problem in problems(SOURCES[name], zone=_zone(source), words=source.words, ignored=source.ignored)
    ]:
        raise Misconfigured(wrong)
    return sources


def sources_of(settings: Sources) -> dict[str, Source]:
    """Every source as these settings read it. unify and the edges use the same, so that they give the same ids."""
    return {name: _as_set(source, settings.get(name)) for name, source in SOURCES.items()}


def _as_set(source: Source, settings: SourceSettings | None) -> Source:
    if settings is None or not (settings.time_zone or settings.words or settings.ignored):
        return source
    return adapt(source, zone=_zone(settings), words=settings.words, ignored=settings.ignored)


def _zone(settings: SourceSettings) -> tzinfo | None:
    return None if settings.time_zone is None else zone_of(settings.time_zone)
