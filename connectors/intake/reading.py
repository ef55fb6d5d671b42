"""What a payload holds, before anything of it is taken: records that can be read, and those that cannot."""

from collections.abc import Mapping
from dataclasses import dataclass

from hub.domain.errors import Rejected
from hub.domain.source import RawRecord, Source


@dataclass(slots=True, frozen=True)
class Reading:
    """All records of a payload in their order; `rejects` are those of them that cannot be read, by number."""

    records: list[RawRecord]
    rejects: dict[int, Rejected]

    @property
    def is_refused(self) -> bool:
        """True when there are records and none of them can be read."""
        return bool(self.rejects) and len(self.rejects) == len(self.records)


def read(source: Source, payload: bytes, headers: Mapping[str, str]) -> Reading:
    """Split the payload and map each record, as unify will.

    Raises:
        Rejected: the payload as a whole cannot be read.
    """
    records: list[RawRecord] = []
    rejects: dict[int, Rejected] = {}
    for record in source.split(payload, headers):
        records.append(record)
        try:
            if source.ignores(record) is None:
                source.map(record)
        except Rejected as rejected:
            rejects[record.number] = rejected
    return Reading(records, rejects)
