"""Polls the outbox table of a source's database: what is new, and what was committed late."""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo

from connectors.control import Command, Kind
from connectors.faults import Faults
from connectors.polls.delivery import Delivery, Parcel, as_parcel, is_chosen
from connectors.polls.errors import Away
from connectors.polls.metrics import PollMeters
from connectors.polls.outbox_table import OutboxTable, Row
from connectors.polls.places import Place, instant_ms, precedes, read_position
from connectors.polls.settings import DatabaseSettings
from connectors.polls.steps import Clock, Step
from connectors.polls.table_journal import TableJournal
from connectors.status import Done
from hub.domain.errors import Rejected
from hub.domain.source import Source

log = logging.getLogger(__name__)

_MARKED_AT_ONCE = 500
_SMALL_WINDOW_ROWS = 10_000
_READS_OF_A_LARGE_WINDOW = 4


class DatabasePoll:
    """Takes batches of rows. The order is the guarantee; docs/polls.md says what a crash after each step does.

    1. rows are read, in a read-only transaction that ends before anything else happens
    2. Kafka acknowledges their records
    3. the journal notes rows, position and marks owed, in one transaction: from here on the batch has happened
    4. with `acknowledge`: the source's rows are marked, in the order in which they were taken
    5. the journal strikes out these marks
    6. after the window has been read: its start moves up in the journal
    """

    def __init__(
        self,
        source: Source,
        settings: DatabaseSettings,
        *,
        zone: tzinfo,
        table: OutboxTable,
        journal: TableJournal,
        delivery: Delivery,
        clock: Clock,
        meters: PollMeters,
        should_stop: Callable[[], bool],
        faults: Faults,
    ) -> None:
        self._source = source
        self._settings = settings
        self._zone = zone
        self._table = table
        self._journal = journal
        self._delivery = delivery
        self._clock = clock
        self._meters = meters
        self._should_stop = should_stop
        self._faults = faults
        self._window_read_at: int | None = None
        self._marking_failed: Away | None = None
        self._is_behind = False

    @property
    def done(self) -> TableJournal:
        """The ids of commands that were carried out."""
        return self._journal

    def run_once(self) -> bool:
        """Take everything that stands there now; False when it was told to stop before the end."""
        self._marking_failed = None
        self._mark_owed()
        self._look_at_the_end()
        is_whole = self._read_window() and self._read_on()
        self._meters.window.set(self._journal.window_rows())
        self._meters.owed.set(self._journal.owed_rows())
        if self._marking_failed is not None:
            raise self._marking_failed
        return is_whole

    def obey(self, command: Command) -> None:
        """Carry out a rewind or a reimport; doing it twice changes nothing downstream."""
        if command.kind is Kind.REIMPORT:
            self._reimport(command)
            return
        try:
            goal = self._goal(command)
        except ValueError as problem:
            self._journal.finish(command.id, Done(outcome="failed", detail=str(problem)))
            return
        done = Done(outcome="done", detail=f"goes on after {_shown(goal)}")
        self._journal.rewind(goal, self._clock.now_ms(), command.id, done)
        self._window_read_at = None

    def standing(self) -> str:
        """Its position, for a person."""
        return _shown(self._journal.high())

    def waiting(self) -> int | None:
        """How many rows stand there untaken; not asked of the source."""
        return None

    def close(self) -> None:
        """Leave source, Kafka and journal."""
        self._delivery.close()
        self._table.close()
        self._journal.close()

    def _read_window(self) -> bool:
        """Rows that their transaction committed after later ones had been taken; then step 6."""
        began = self._clock.now_ms()
        low, high = self._journal.low(), self._journal.high()
        if high is None or not self._is_due(began):
            return True
        if low != high:
            for piece in self._table.places(low, high):
                late = self._journal.untaken(piece)
                for start in range(0, len(late), self._settings.batch):
                    if self._should_stop():
                        return False
                    rows = self._table.rows_at(late[start : start + self._settings.batch])
                    self._meters.late.inc(len(rows))
                    self._take(rows, None)
        self._window_read_at = began
        self._journal.settle(began - self._clock.span_ms(self._settings.overlap_seconds))
        self._faults.after(Step.SETTLED)
        return True

    def _is_due(self, now_ms: int) -> bool:
        """A small window is read every time, a large one (after a backlog) some times until it has passed."""
        if self._window_read_at is None or self._journal.window_rows() <= _SMALL_WINDOW_ROWS:
            return True
        gap = self._clock.span_ms(self._settings.overlap_seconds / _READS_OF_A_LARGE_WINDOW)
        return now_ms - self._window_read_at >= gap

    def _read_on(self) -> bool:
        """Rows after the position, batch by batch."""
        place = self._journal.high()
        while not self._should_stop():
            rows = self._table.rows_after(place, self._settings.batch)
            if rows:
                place = rows[-1].place
                self._take_new(rows)
            if len(rows) < self._settings.batch:
                return True
        return False

    def _take_new(self, rows: Sequence[Row]) -> None:
        untaken = set(self._journal.untaken([row.place for row in rows]))
        present = sum(not self._is_ahead(row.place) for row in rows)
        fresh = [row for row in rows if row.place in untaken]
        beyond = sum(row.place in untaken for row in rows[present:])
        if fresh or present:
            self._take(fresh, rows[present - 1].place if present else None, beyond)

    def _is_ahead(self, place: Place) -> bool:
        """A row from the future is taken but moves no position: the rows before it are still to come."""
        if self._settings.position.kind != "time":
            return False
        instant = instant_ms(place.position, self._zone)
        return instant is not None and instant > self._clock.now_ms()

    def _take(self, rows: Sequence[Row], high: Place | None, beyond: int = 0) -> None:
        self._faults.after(Step.READ)
        headers = {"content-type": self._settings.content_type}
        self._delivery.send([Parcel(row.payload, headers) for row in rows])
        self._faults.after(Step.ACKNOWLEDGED)
        self._journal.take(
            [row.place for row in rows],
            high,
            self._clock.now_ms(),
            owes_marks=self._settings.acknowledge is not None,
            beyond=beyond,
        )
        self._faults.after(Step.NOTED)
        self._mark_owed()

    def _mark_owed(self) -> None:
        """Steps 4 and 5. Rows are taken also while they cannot be marked; that is told at the end of the pass."""
        if self._settings.acknowledge is None or self._marking_failed is not None:
            return
        try:
            while places := self._journal.owed(_MARKED_AT_ONCE):
                now = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
                self._meters.marked.inc(self._table.mark(places, now))
                self._faults.after(Step.MARKED)
                self._journal.paid(places)
                self._faults.after(Step.MARKS_NOTED)
        except Away as away:
            self._marking_failed = away

    def _look_at_the_end(self) -> None:
        """What a poll cannot find is counted and told, never hidden."""
        newest, low = self._table.newest(), self._journal.low()
        self._meters.unplaced.set(newest.unplaced)
        is_behind = low is not None and newest.position is not None and precedes(newest.position, low.position)
        if is_behind and not self._is_behind:
            log.warning(
                "%s: every row of %s stands before the position; if the table was emptied and counts from the "
                "start again, rewind: hub sources rewind %s",
                *(self._source.name, self._settings.table, self._source.name),
            )
        self._is_behind = is_behind

    def _goal(self, command: Command) -> Place | None:
        """Where a rewind goes to; None: the start. Raises `ValueError` with the reason why it cannot."""
        if command.to_position is None:
            return self._journal.place_at(command.to_ms) if command.to_ms is not None else None
        high = self._journal.high()
        if high is None:
            return None
        try:
            goal = read_position(command.to_position, high.position)
            is_ahead = precedes(high.position, goal)
        except (TypeError, ValueError, ArithmeticError):
            raise ValueError("the position is not of the kind of the column") from None
        if is_ahead:
            raise ValueError("the position lies ahead, and rows between would be left out")
        return Place(goal)

    def _reimport(self, command: Command) -> None:
        """Send what is chosen of the whole table, or of the cases' rows; stopped on the way it is begun again."""
        ids = frozenset(command.ids)
        cases = sorted(ids | {one.rpartition("/")[0] for one in ids if "/" in one})
        place: Place | None = None
        sent = 0
        while not self._should_stop():
            rows = self._table.rows_of_cases(cases, place, self._settings.batch)
            parcels = [parcel for row in rows for parcel in self._chosen(row, ids)]
            self._delivery.send(parcels)
            sent += len(parcels)
            if len(rows) < self._settings.batch:
                self._journal.finish(command.id, Done(outcome="done", detail=f"{sent} records sent again"))
                return
            place = rows[-1].place

    def _chosen(self, row: Row, ids: frozenset[str]) -> list[Parcel]:
        try:
            records = list(self._source.split(row.payload, {"content-type": self._settings.content_type}))
        except Rejected:
            return []
        return [as_parcel(record) for record in records if is_chosen(self._source, record, ids)]


def _shown(place: Place | None) -> str:
    return "the start" if place is None else str(place.position)
