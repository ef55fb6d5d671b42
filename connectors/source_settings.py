"""`sources.yaml`: by which transports each source is connected, and what the city's IT desk sets for it."""

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, ValidationError

from connectors.drops.settings import DropSettings
from connectors.intake.settings import IntakeSettings
from connectors.polls.settings import DatabaseSettings, HttpPollSettings
from connectors.sources import SOURCES
from connectors.strict import Strict
from connectors.writeback.settings import WritebackSettings
from hub.domain.errors import Misconfigured


class Rate(Strict):
    """Requests a source may make: so many a second in the long run, so many at once."""

    per_second: Annotated[float, Field(gt=0)] = 50
    burst: Annotated[int, Field(ge=1)] = 200


class SourceSettings(Strict):
    """One source. A transport without a section is not used; `silence_minutes` without a message raise an alarm."""

    rate: Rate = Rate()
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
    try:
        data = yaml.safe_load(file.read_text("utf-8"))
        sources = _Document.model_validate(data).sources
    except OSError as error:
        raise Misconfigured([f"{file} (HUB_SOURCES) cannot be read: {error.strerror}"]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark is not None else ""
        raise Misconfigured([f"{file}{line}: is not YAML: {getattr(error, 'problem', error)}"]) from None
    except ValidationError as error:
        raise Misconfigured(
            [f"{file}: {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        ) from None
    if unknown := sorted(sources.keys() - SOURCES.keys()):
        known = ", ".join(sorted(SOURCES))
        raise Misconfigured(
            [f"{file}: sources.{name}: there is no such source; there are {known}" for name in unknown]
        )
    return sources
