"""Files into the drop folders, as a legacy system puts them there, and the hub's results beside them."""

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from hub.demo.carried import Carried
from hub.demo.traffic import Published
from hub.domain.dead_letter import LARGEST_LETTER_BYTES

TRANSPORT: Final = "file drop"
_RESULT: Final = ".result.json"
_LOOK_SECONDS = 0.5
_STALLED_SECONDS = 60.0


class Files:
    """A folder per source. A file is written under another name, then renamed: complete at once."""

    def __init__(self, folders: Mapping[str, Path], counts: tuple[Published, Carried]) -> None:
        self._folders = folders
        self._published, self._carried = counts
        self._run = uuid.uuid4().hex[:8]
        self._number = 0
        self._waiting: dict[str, tuple[str, int]] = {}
        self._looked = 0.0

    def send(self, source: str, payload: bytes, suffix: str, records: int) -> None:
        """Put a file into the source's folder; files are taken in this order. It is one of so many records."""
        self._number += 1
        name = f"{source}-{self._run}-{self._number:05d}{suffix}"
        folder = self._folders[source]
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{name}.part"
        draft.write_bytes(payload)
        draft.rename(folder / name)
        self._waiting[name] = (source, records)
        self._carried.hand_over(TRANSPORT, source)

    def collect(self) -> None:
        """Count what the results tell, if it is time to look for new ones."""
        if self._waiting and time.monotonic() - self._looked > _LOOK_SECONDS:
            self._looked = time.monotonic()
            for path in self._results():
                source, _ = self._waiting.pop(path.name.removesuffix(_RESULT))
                self._count(source, json.loads(path.read_bytes()))

    def join(self) -> None:
        """Return once every file has its result.

        Those that get none any more count with the records they have: nobody accounts for them.
        """
        left, since = len(self._waiting), time.monotonic()
        while self._waiting and time.monotonic() - since < _STALLED_SECONDS:
            time.sleep(_LOOK_SECONDS / 5)
            self.collect()
            if len(self._waiting) < left:
                left, since = len(self._waiting), time.monotonic()
        for source, records in self._waiting.values():
            self._published.add(source, records)
            self._carried.answer(TRANSPORT, source, "none")
        self._waiting.clear()

    def _results(self) -> Iterator[Path]:
        for folder in self._folders.values():
            for place in (folder / "bad", *(folder / "done").glob("*")):
                for path in place.glob(f"*-{self._run}-*{_RESULT}"):
                    if path.name.removesuffix(_RESULT) in self._waiting:
                        yield path

    def _count(self, source: str, result: Mapping[str, Any]) -> None:
        self._carried.answer(TRANSPORT, source, result["outcome"])
        rejected = result["rejected"]
        if rejected is None:
            self._published.add(source, result["rows"]["total"] - result["rows"]["ignored"])
        else:
            # A file that cannot be split is one dead letter; a large one is written by the edge, past unify.
            is_large = result["bytes"] > LARGEST_LETTER_BYTES
            self._published.add(source, 1, letter=rejected["reason"] if is_large else None)
