"""Takes one file of a drop: the one sequence whose order is the guarantee."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from connectors.drops import results
from connectors.drops.folders import Folders, Held, Unreadable
from connectors.drops.journal import FileRow, Journal, Step
from connectors.drops.line import Line, name_of
from connectors.drops.metrics import DropMetrics
from connectors.drops.reading import Content, read
from connectors.faults import Faults
from connectors.sources.limits import LARGEST_FILE_BYTES
from hub.domain.errors import Rejected
from hub.domain.source import Source

log = logging.getLogger(__name__)

_CHUNK = 500
_CHINA = timezone(timedelta(hours=8))


@dataclass(slots=True, frozen=True)
class Opened:
    """A file in our hands as it was read: its content, or the reason for which there is none to read."""

    size: int
    mtime_ns: int
    sha256: str
    content: Content | None
    rejected: Rejected | None


class Taking:
    """Takes a file whole, or goes on with one from wherever a crash has left it. docs/drops.md has the table.

    1. the journal notes that the file is about to be taken
    2. the file is renamed into our hands: from here on its sender cannot change it by name
    3. its content is read, and the journal notes it, with where Kafka's topics end
    4. a chunk of its rows is acknowledged by Kafka
    5. the journal notes how many are (4 and 5 for each chunk)
    6. the journal settles it: identities of the rows, result and place, in one transaction
    7. the result is written beside the place
    8. the file is renamed to its place
    9. the journal notes that nothing is left to do
    """

    def __init__(
        self,
        source: Source,
        folders: Folders,
        journal: Journal,
        *,
        token_key: bytes,
        memory_ms: int,
        now_ms: Callable[[], int],
        metrics: DropMetrics,
        faults: Faults,
    ) -> None:
        self._source = source
        self._folders = folders
        self._journal = journal
        self._token_key = token_key
        self._memory_ms = memory_ms
        self._now_ms = now_ms
        self._metrics = metrics
        self._faults = faults

    def take(self, line: Line, name: bytes) -> None:
        """Steps 1 to 9; whatever raises on the way leaves a file that `resume` goes on with."""
        file = self._journal.note(name, self._now_ms())
        self._faults.after(1)

        if not self._folders.claim(Held(file, name)):
            self._journal.end(file, Step.GONE)
            return
        self._faults.after(2)

        self._go_on(line, self._journal.file(file), is_first=True)

    def resume(self, line: Line) -> None:
        """Go on with what is in hand, in the order in which it was taken; then give back what nobody knows of."""
        for row in self._journal.unfinished():
            if row.step == Step.NOTED and not self._folders.is_claimed(_held(row)):
                # Killed between 1 and 2: the file is where it was, and is seen again.
                self._journal.end(row.id, Step.GONE)
            else:
                self._go_on(line, row, is_first=False)
        for orphan in self._folders.claimed():
            self._folders.give_back(orphan)

    def _go_on(self, line: Line, row: FileRow, *, is_first: bool) -> None:
        if row.step != Step.SETTLED:
            if not self._folders.is_claimed(_held(row)):
                self._lose(row)
                return
            opened = self._open(row)
            if row.step == Step.NOTED:
                self._journal.identify(row.id, opened.sha256, opened.size, opened.mtime_ns, line.ends())
                row = self._journal.file(row.id)
                self._faults.after(3)
            if not self._is_unchanged(row, opened):
                self._give_back(row)
                return
            self._deliver(line, row, opened, is_first=is_first)
            if not self._is_as_read(row):
                self._give_back(row)
                return
            self._settle(row, opened)
            row = self._journal.file(row.id)
            self._faults.after(6)
        self._put_away(row)

    def _open(self, row: FileRow) -> Opened:
        held = _held(row)
        try:
            found = self._folders.read(held, LARGEST_FILE_BYTES)
            if found.payload is not None:
                content = read(self._source, row.name, found.payload, self._token_key)
                return Opened(found.size, found.mtime_ns, content.sha256, content, content.rejected)
            with self._folders.open(held) as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except Unreadable:
            return Opened(0, 0, "", None, Rejected("unreadable", detail="the hub may not read the file; its mode?"))
        detail = f"{found.size} bytes; a file has at most {LARGEST_FILE_BYTES}"
        return Opened(found.size, found.mtime_ns, sha256, None, Rejected("oversized", detail=detail))

    def _deliver(self, line: Line, row: FileRow, opened: Opened, *, is_first: bool) -> None:
        """Steps 4 and 5. After a crash only what is not in Kafka yet is sent."""
        there = set() if is_first else line.there(row.since)
        content = opened.content
        if content is None or content.rejected is not None:
            self._deliver_whole(line, row, opened, there)
            return
        for start in range(row.sent, len(content.records), _CHUNK):
            chunk = content.records[start : start + _CHUNK]
            line.send(content, [one for one in chunk if name_of(content, one.number) not in there])
            self._faults.after(4)

            self._journal.progress(row.id, start + len(chunk))
            self._faults.after(5)

    def _deliver_whole(self, line: Line, row: FileRow, opened: Opened, there: set[str]) -> None:
        assert opened.rejected is not None, "a file without content or records has a reason"
        if opened.content is not None:
            if line.whole_name(opened.content) not in there:
                line.send_whole(opened.content, opened.rejected)
        elif opened.sha256:
            if opened.sha256 not in there:
                with self._folders.open(_held(row)) as file:
                    line.publisher.refuse_file(self._source, file).wait()
        elif (name := f"drop-{row.id}-{row.taken_at}") not in there:
            line.publisher.refuse_unseen(self._source, opened.rejected, name).wait()
        self._faults.after(4)

        self._journal.progress(row.id, 1)
        self._faults.after(5)

    def _settle(self, row: FileRow, opened: Opened) -> None:
        """Step 6."""
        now = self._now_ms()
        content = opened.content
        rows = [] if content is None else content.rows
        ids = [each.event_id for each in rows if each.event_id is not None]
        known = self._journal.known(ids, now - self._memory_ms)
        fates = results.fates(row.id, rows, known)
        earlier = self._journal.earlier(row.id, opened.sha256) if opened.sha256 else None
        told = results.Told(
            source=self._source.name,
            name=row.name,
            file=row.id,
            size=opened.size,
            sha256=opened.sha256 or None,
            taken_at=row.taken_at,
            fates=fates,
            flags={} if content is None else content.flags(),
            names={file: self._journal.file(file).name for file in {place.file for place in known.values()}},
            rejected=opened.rejected,
            earlier=None if earlier is None else (earlier.name, earlier.taken_at),
        )
        found = results.result(told)
        place = self._folders.free_place(found["outcome"], _day(row.taken_at), _held(row))
        self._journal.settle(row.id, found["outcome"], place, results.encode(found), fates.accepted, now)
        self._metrics.settled(self._source.name, found)

    def _put_away(self, row: FileRow) -> None:
        """Steps 7 to 9."""
        assert row.place is not None, "a settled file has a place"
        assert row.result is not None, "a settled file has a result"
        text = results.as_text(results.decode(row.result))
        self._folders.write_beside(row.place, ".result.json", row.result.encode())
        self._folders.write_beside(row.place, ".result.txt", text.encode("utf-8-sig"))
        self._faults.after(7)

        is_there = self._folders.archive(_held(row), row.place)
        self._faults.after(8)

        if not is_there:
            log.error(
                "drop of %s: file %d is settled but was removed before it was archived", self._source.name, row.id
            )
        self._journal.end(row.id, Step.FINISHED)
        self._faults.after(9)

    def _is_unchanged(self, row: FileRow, opened: Opened) -> bool:
        """Read again after a crash, it is what was read before it."""
        return row.sha256 == opened.sha256

    def _is_as_read(self, row: FileRow) -> bool:
        """Its sender did not write on, through a handle opened before it was ours."""
        return row.sha256 == "" or self._folders.facts(_held(row)) == (row.size, row.mtime_ns)

    def _give_back(self, row: FileRow) -> None:
        log.warning(
            "drop of %s: file %d was changed while it was taken; it is taken anew", self._source.name, row.id
        )
        self._folders.give_back(_held(row))
        self._journal.end(row.id, Step.GIVEN_BACK)
        self._metrics.file(self._source.name, "changed")

    def _lose(self, row: FileRow) -> None:
        log.error(
            "drop of %s: file %d was removed from our hands by somebody; %d of its rows had been sent",
            *(self._source.name, row.id, row.sent),
        )
        self._journal.end(row.id, Step.GONE)
        self._metrics.file(self._source.name, "gone")


def _held(row: FileRow) -> Held:
    return Held(row.id, row.name)


def _day(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, _CHINA).date().isoformat()
