"""What `sources.yaml` says of a source's HTTP intake."""

from pydantic import Field

from connectors.secrets import Reference
from connectors.strict import Strict


class IntakeSettings(Strict):
    """`secrets`: every one of them is accepted, so that a source can change to a new one in its own time."""

    secrets: tuple[Reference, ...] = Field(min_length=1)
