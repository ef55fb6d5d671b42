"""Takes archived files again: a rewind or a re-import that an operator asked for."""

from collections.abc import Callable
from dataclasses import dataclass

from connectors.control import Command, Kind
from connectors.drops import results
from connectors.drops.folders import Folders
from connectors.drops.journal import FileRow, Journal
from connectors.drops.line import Line
from connectors.drops.reading import read
from connectors.sources.limits import LARGEST_FILE_BYTES
from connectors.status import Done
from hub.domain.source import Source


@dataclass(slots=True)
class _Sum:
    files: int = 0
    rows: int = 0
    missing: int = 0


class Again:
    """Sends rows of archived files once more, in the order of old. unify drops those that it has seen."""

    def __init__(
        self, source: Source, folders: Folders, journal: Journal, token_key: bytes, now_ms: Callable[[], int]
    ) -> None:
        self._source = source
        self._folders = folders
        self._journal = journal
        self._token_key = token_key
        self._now_ms = now_ms

    def carry_out(self, line: Line, command: Command) -> Done:
        """Do it whole; a crash on the way does it again from the start."""
        chosen, problem = self._chosen(command)
        if problem is not None:
            return Done(outcome="failed", detail=problem)
        total = _Sum()
        for row, numbers in chosen:
            self._send(line, row, numbers, total)
        if total.missing and not total.files:
            return Done(outcome="failed", detail=f"{total.missing} files are not in the archive any more")
        missing = f"; {total.missing} files are not in the archive any more" if total.missing else ""
        return Done(outcome="done", detail=f"{total.rows} rows of {total.files} files sent again{missing}")

    def _chosen(self, command: Command) -> tuple[list[tuple[FileRow, set[int] | None]], str | None]:
        if command.kind is Kind.REWIND:
            return self._since(command)
        if command.files:
            names = [name.encode() for name in command.files]
            files = self._journal.finished(names=names)
            if not files:
                return [], "no file of that name was taken"
            return [(row, None) for row in files], None
        places = self._journal.rows_of(command.ids)
        if not places:
            return [], "no row of a taken file has one of these ids"
        found = [(self._journal.file(file), numbers) for file, numbers in sorted(places.items())]
        return [(row, numbers) for row, numbers in found if row.place is not None], None

    def _since(self, command: Command) -> tuple[list[tuple[FileRow, set[int] | None]], str | None]:
        position = command.to_position
        if position is not None and not position.isdecimal():
            return [], "a position of a drop is the number of a file: those after it are taken again"
        files = self._journal.finished(after=int(position or 0), since_ms=command.to_ms or 0)
        return [(row, None) for row in files if row.outcome == "done"], None

    def _send(self, line: Line, row: FileRow, numbers: set[int] | None, total: _Sum) -> None:
        payload = None if row.place is None else self._folders.archived(row.place, LARGEST_FILE_BYTES)
        if payload is None:
            total.missing += 1
            return
        content = read(self._source, row.name, payload, self._token_key)
        # What still cannot be read would only become one more dead letter.
        readable = [each for each in content.rows if each.event_id is not None]
        rows = [each for each in readable if numbers is None or each.number in numbers]
        wanted = {each.number for each in rows}
        line.send(content, [record for record in content.records if record.number in wanted])
        known = self._journal.known([each.event_id for each in rows if each.event_id is not None], 0)
        self._journal.remember(row.id, results.fates(row.id, rows, known).accepted, self._now_ms())
        total.files += 1
        total.rows += len(rows)
