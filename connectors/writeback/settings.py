"""What `sources.yaml` says of the way back to a source."""

from pydantic import Field

from connectors.strict import Strict


class WritebackSettings(Strict):
    """`statuses` maps the hub's status to the source's own word; a status without one is not written back."""

    url: str = Field(pattern=r"^https?://")
    statuses: dict[str, str] = Field(min_length=1)
