"""What `sources.yaml` says of a source's file drop."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from connectors.strict import Strict


class DropSettings(Strict):
    """`folder` is absolute (it must be there, mounted or local) or below the data folder (it is made).

    A file is complete once its size and time stood still for `stable_seconds`; 0 where the sender renames complete
    files into place. `order` says which of several waiting files comes first: the one written earlier, or the one
    whose name comes first.
    """

    folder: Path
    pattern: str = "*"
    stable_seconds: float = Field(5.0, ge=0)
    every_seconds: float = Field(1.0, gt=0)
    order: Literal["mtime", "name"] = "mtime"
