"""What `sources.yaml` says of a source's file drop."""

from pathlib import Path

from pydantic import Field

from connectors.strict import Strict


class DropSettings(Strict):
    """`folder` is absolute or below the data folder; a file is complete once its size stood still so long."""

    folder: Path
    pattern: str = "*"
    stable_seconds: float = Field(5.0, ge=0)
