"""The city of the clock bench: the hub's own, with one row of limits, so that a due instant can be chosen."""

import csv
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Final

HANDLE: Final = timedelta(days=10)
# A sign clock runs beside each handle clock and is not due before it.
_SIGN: Final = timedelta(days=15)
CLOCKS_PER_CASE: Final = 2
_ROW: Final = {
    "row": "B001",
    "scheme": "*",
    "category": "*",
    "level": "*",
    "urgency": "*",
    "sign_value": _SIGN.days,
    "sign_unit": "natural_day",
    "handle_value": HANDLE.days,
    "handle_unit": "natural_day",
    "call_back_value": 3,
    "call_back_unit": "work_day",
    "total_value": "",
    "total_unit": "",
    "version": "bench",
}


def write_city(city: Path, folder: Path) -> Path:
    """A copy of the city's folder, in which every case has ten natural days from its report on."""
    shutil.copytree(city, folder)
    # Steps have limits of their own, by the version of the table that is replaced.
    (folder / "steps.csv").unlink(missing_ok=True)
    with (folder / "limits.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(_ROW))
        table.writeheader()
        table.writerow(_ROW)
    return folder
