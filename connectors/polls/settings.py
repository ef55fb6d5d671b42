"""What `sources.yaml` says of polling a source."""

from pydantic import Field

from connectors.secrets import Reference
from connectors.strict import Strict


class DatabaseSettings(Strict):
    """An outbox table of the source."""

    url: Reference
    table: str
    every_seconds: float = Field(5.0, gt=0)


class HttpPollSettings(Strict):
    """A paged REST interface of the source."""

    url: str = Field(pattern=r"^https?://")
    every_seconds: float = Field(60.0, gt=0)
