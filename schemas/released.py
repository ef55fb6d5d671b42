"""The released schema files: which record has which versions, under which ids, unaltered since their release."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hub.domain.errors import Misconfigured

FOLDER = Path(__file__).resolve().parent
FILES = FOLDER / "avro"
LOCK = FOLDER / "lock.json"


@dataclass(slots=True, frozen=True)
class Released:
    """One version of one record. `text` is the file as released, `id` the schema id of the lock file."""

    record: str
    version: int
    id: int
    text: str

    @property
    def schema(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.text)
        return parsed

    @property
    def full_name(self) -> str:
        schema = self.schema
        return f"{schema['namespace']}.{schema['name']}"


def digest(content: bytes) -> str:
    """What the lock file holds of a released file; line ends as git may check them out do not count."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def versions_in(folder: Path) -> list[tuple[str, int, Path]]:
    """Every `<Record>/v<n>.avsc` below the folder: record, version, file."""
    found = [(path.parent.name, path.stem, path) for path in folder.glob("*/*.avsc")]
    strange = [path for _, stem, path in found if not (stem[:1] == "v" and stem[1:].isdecimal())]
    if strange:
        raise Misconfigured(
            [f"{path.parent.name}/{path.name}: a version is named v1.avsc, v2.avsc, …" for path in strange]
        )
    return sorted((record, int(stem[1:]), path) for record, stem, path in found)


def read_released(folder: Path = FILES, lock: Path = LOCK) -> list[Released]:
    """All released versions by id; every file that is missing, new or altered is reported at once."""
    entries: dict[str, dict[str, dict[str, Any]]] = json.loads(lock.read_text("utf-8"))
    files = {(record, version): path for record, version, path in versions_in(folder)}
    problems: list[str] = []
    released: list[Released] = []
    for record, versions in entries.items():
        for number, entry in versions.items():
            path = files.pop((record, int(number)), None)
            if path is None:
                problems.append(
                    f"{record}/v{number}.avsc is in {lock.name} but gone; a released file stays, restore it"
                )
                continue
            content = path.read_bytes()
            if digest(content) != entry["sha256"]:
                problems.append(
                    f"{record}/v{number}.avsc was altered after its release; restore it and put the change"
                    f" into v{int(number) + 1}.avsc"
                )
                continue
            text = content.decode("utf-8").replace("\r\n", "\n")
            released.append(Released(record, int(number), entry["id"], text))
    problems += [
        f"{record}/v{version}.avsc is not in {lock.name}; release it with `python -m schemas.release`"
        for record, version in files
    ]
    problems += _doubled_ids(released)
    if problems:
        raise Misconfigured(problems)
    return sorted(released, key=lambda one: one.id)


def _doubled_ids(released: Iterable[Released]) -> list[str]:
    by_id: dict[int, Released] = {}
    problems = []
    for one in released:
        other = by_id.setdefault(one.id, one)
        if other is not one:
            problems.append(f"{one.record} v{one.version} and {other.record} v{other.version} share id {one.id}")
    return problems


@cache
def released() -> tuple[Released, ...]:
    """The released versions of this installation, by id."""
    return tuple(read_released())


def newest(every: Iterable[Released]) -> dict[str, Released]:
    """The newest version of each record."""
    found: dict[str, Released] = {}
    for one in every:
        if one.record not in found or one.version > found[one.record].version:
            found[one.record] = one
    return found
