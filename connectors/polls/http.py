"""Polls a source's REST interface: pages of what is new since a mark of the server's own clock."""

import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from connectors.control import Command, Kind
from connectors.faults import Faults
from connectors.polls import since as since_rules
from connectors.polls.addresses import Address, first_page, page_after
from connectors.polls.asking import Answer, Asker
from connectors.polls.delivery import Delivery, is_chosen
from connectors.polls.errors import Away, Reason
from connectors.polls.metrics import PollMeters
from connectors.polls.pages import Page, Unit, Walk, as_it_is, read_page
from connectors.polls.pages_journal import KnownPage, PagesJournal
from connectors.polls.places import instant_ms
from connectors.polls.settings import HttpPollSettings
from connectors.polls.steps import Clock, Step
from connectors.status import Done
from hub.domain.errors import Rejected
from hub.domain.source import Source

log = logging.getLogger(__name__)

_DAY_MS = 86_400_000


@dataclass(slots=True, frozen=True)
class _Visit:
    """A page of a pass. `page` is None where the server says that it is as it was."""

    address: Address
    etag: str | None
    page: Page | None
    next: Address | None


class HttpPoll:
    """Takes page by page. The order is the guarantee; docs/polls.md says what a crash after each step does.

    1. a page is read whole
    2. Kafka acknowledges those of its records that are not known
    3. the journal notes the records and the page's ETag, in one transaction: from here on the page has happened
    6. after the last page: the mark moves in the journal
    """

    def __init__(
        self,
        source: Source,
        settings: HttpPollSettings,
        *,
        zone: tzinfo,
        asker: Asker,
        journal: PagesJournal,
        delivery: Delivery,
        clock: Clock,
        meters: PollMeters,
        should_stop: Callable[[], bool],
        faults: Faults,
    ) -> None:
        self._source = source
        self._settings = settings
        self._zone = zone
        self._asker = asker
        self._journal = journal
        self._delivery = delivery
        self._clock = clock
        self._meters = meters
        self._should_stop = should_stop
        self._faults = faults
        self._server_now: int | None = None
        self._is_whole = False

    @property
    def done(self) -> PagesJournal:
        """The ids of commands that were carried out."""
        return self._journal

    def run_once(self) -> bool:
        """Take every page; False when told to stop before the last one."""
        began = self._clock.now_ms()
        for visit in self._walk(self._asked_from(self._journal.mark()), is_usual=True):
            if visit.page is None:
                self._meters.unchanged.inc()
                self._journal.see(visit.address.url, self._clock.now_ms())
            else:
                self._take(visit, visit.page)
        if self._is_whole:
            mark = since_rules.mark_after(self._server_now, self._journal.newest(), self._journal.mark())
            self._journal.settle(mark, began, began - round(self._settings.remember_days * _DAY_MS))
            self._faults.after(Step.SETTLED)
        self._meters.window.set(self._journal.known_records())
        return self._is_whole

    def obey(self, command: Command) -> None:
        """Carry out a rewind or a reimport; doing it twice changes nothing downstream."""
        if command.kind is Kind.REIMPORT:
            self._reimport(command)
            return
        goal = command.to_ms
        if command.to_position is not None:
            goal = instant_ms(command.to_position, self._zone)
            if goal is None:
                problem = "the position of an HTTP poll is an instant such as 2026-11-20T08:00"
                self._journal.finish(command.id, Done(outcome="failed", detail=problem))
                return
        mark = self._journal.mark()
        # Back only: what lies between would be left out.
        goal = None if goal is None or mark is None else min(goal, mark)
        self._journal.rewind(goal, command.id, Done(outcome="done", detail=f"goes on after {self._shown(goal)}"))

    def standing(self) -> str:
        """Its position, for a person."""
        return self._shown(self._journal.mark())

    def waiting(self) -> int | None:
        """How many records stand there untaken; the server does not say."""
        return None

    def close(self) -> None:
        """Leave server, Kafka and journal."""
        self._delivery.close()
        self._asker.close()
        self._journal.close()

    def _take(self, visit: _Visit, page: Page) -> None:
        self._faults.after(Step.READ)
        digests = [unit.digest for unit in page.units]
        unknown = self._journal.unknown(digests)
        fresh = list({unit.digest: unit for unit in page.units if unit.digest in unknown}.values())
        self._delivery.send([unit.parcel for unit in fresh])
        self._faults.after(Step.ACKNOWLEDGED)
        following = visit.next.url if visit.next is not None else None
        self._journal.take(
            visit.address.url,
            KnownPage(visit.etag, len(page.units), following),
            digests,
            self._newest(fresh),
            self._clock.now_ms(),
        )
        self._faults.after(Step.NOTED)
        duplicates = len(page.units) - len(fresh)
        self._meters.received.inc(duplicates)
        self._meters.duplicate.inc(duplicates)

    def _newest(self, units: list[Unit]) -> int | None:
        """The newest time of the records, as the source stamped them."""
        times: list[int] = []
        for unit in units:
            if unit.record is not None:
                try:
                    times.append(self._source.map(unit.record).event["occurred_at"])
                except Rejected:
                    continue
        return max(times, default=None)

    def _reimport(self, command: Command) -> None:
        """Walk through everything that the server still has and send what is chosen, known or not."""
        ids, sent = frozenset(command.ids), 0
        for visit in self._walk(self._asked_from(None), is_usual=False):
            units = visit.page.units if visit.page is not None else ()
            parcels = [
                unit.parcel
                for unit in units
                if unit.record is not None and is_chosen(self._source, unit.record, ids)
            ]
            self._delivery.send(parcels)
            sent += len(parcels)
        if self._is_whole:
            self._journal.finish(command.id, Done(outcome="done", detail=f"{sent} records sent again"))

    def _shown(self, mark: int | None) -> str:
        if mark is None:
            return "the start"
        local = datetime.fromtimestamp(mark / 1000, self._zone)
        return local.isoformat(timespec="seconds")

    def _asked_from(self, mark: int | None) -> int | None:
        since = self._settings.since
        return None if since is None else since_rules.asked_from(mark, since, self._zone)

    def _walk(self, asked: int | None, *, is_usual: bool) -> Iterator[_Visit]:
        """The pages of a pass; the one after it is asked for once the caller has done with a page."""
        self._is_whole = False
        walk = Walk(self._settings.paging.most_pages)
        address = first_page(self._settings, asked, self._zone)
        answer = self._ask(address, is_usual)
        self._note_clock(answer)
        if is_usual and (earlier := self._earlier(asked, answer)) is not None:
            log.warning("%s: the server's clock was turned back; asking from an earlier instant", self._source.name)
            address = first_page(self._settings, earlier, self._zone)
            answer = self._ask(address, is_usual)
        walk.go_to(address.url)
        while True:
            visit = self._visit(address, answer)
            yield visit
            if visit.page is not None:
                walk.meet(visit.page)
            if visit.next is None:
                self._is_whole = True
                return
            if self._should_stop():
                return
            address = visit.next
            walk.go_to(address.url)
            answer = self._ask(address, is_usual)

    def _ask(self, address: Address, is_usual: bool) -> Answer:
        known = self._journal.page(address.url) if is_usual else None
        return self._asker.ask(address.url, known.etag if known is not None else None)

    def _note_clock(self, answer: Answer) -> None:
        self._server_now = answer.server_now_ms
        if self._server_now is not None:
            self._meters.skew.set((self._server_now - self._clock.now_ms()) / 1000)

    def _earlier(self, asked: int | None, answer: Answer) -> int | None:
        passed_at, since = self._journal.passed_at(), self._settings.since
        if passed_at is None or since is None:
            return None
        elapsed = self._clock.now_ms() - passed_at
        return since_rules.earlier_start(asked, answer.server_now_ms, elapsed, since.overlap_seconds)

    def _visit(self, address: Address, answer: Answer) -> _Visit:
        if answer.status == 304:
            known = self._journal.page(address.url)
            assert known is not None, "its ETag was sent"
            following = None if known.next is None else Address(known.next, address.number + 1)
            return _Visit(address, known.etag, None, following)
        if answer.status == 204:
            return _Visit(address, answer.etag, Page([]), None)
        answer, page = self._read(address, answer)
        following = page_after(
            self._settings, address, has_records=bool(page.units), cursor=page.cursor, link=answer.link
        )
        return _Visit(address, answer.etag, page, following)

    def _read(self, address: Address, answer: Answer) -> tuple[Answer, Page]:
        """The page. One that cannot be read is asked for again: it may be cut short.

        When the server says the same bytes each time, they are what it has: they go on whole and become one dead
        letter. Without a byte they are the end of the pages.
        """
        paging = self._settings.paging
        cursor = paging.next if paging.way == "cursor" else None
        bodies = {hashlib.blake2b(answer.body).digest()}
        attempts = max(self._settings.attempts, 2)
        for attempt in range(1, attempts + 1):
            try:
                page = read_page(self._source, answer.body, answer.content_type, self._settings.items, cursor)
            except Rejected as rejected:
                if attempt == attempts:
                    return answer, self._unreadable(answer, rejected, len(bodies))
                self._asker.pause(attempt)
                answer = self._asker.ask(address.url)
                bodies.add(hashlib.blake2b(answer.body).digest())
            else:
                return answer, page
        raise AssertionError("the last attempt returns or raises")

    def _unreadable(self, answer: Answer, rejected: Rejected, bodies: int) -> Page:
        if bodies > 1 or self._settings.paging.way == "cursor":
            what = f"a page cannot be read ({rejected.reason}), and is another one each time"
            raise Away(Reason.UNREADABLE_PAGE, what)
        if not answer.body.strip():
            return Page([])
        log.warning(
            "%s: a page cannot be read (%s); it goes to the dead letters", self._source.name, rejected.reason
        )
        return as_it_is(answer.body, answer.content_type)
