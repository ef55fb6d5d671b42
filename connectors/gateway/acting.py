"""Takes an action of an endpoint into the hub: once, and only when Kafka has it."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from connectors.gateway import feedback
from connectors.gateway.feedback import Action
from connectors.gateway.inbox import Accepted, Inbox
from connectors.gateway.judging import Decoder, judge, read_case, read_event
from connectors.publish import Pending, RawPublisher
from connectors.sources.endpoint import ENDPOINT
from hub.domain.case import CaseState
from hub.domain.city import City
from hub.domain.errors import Refused, Unavailable

_CASE_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 0.02
_MOST_REMEMBERED: Final = 20_000


class KeyReused(Exception):
    """The key named another action before."""


class NotTheirs(Exception):
    """The endpoint has no such dispatch."""


@dataclass(slots=True, frozen=True)
class Answer:
    """What an action is answered with; `is_first` is False for a repetition."""

    text: str
    is_first: bool


@dataclass(slots=True, frozen=True)
class _InFlight:
    digest: str
    answer: asyncio.Task[str]


class Acting:
    """One gateway's way in.

    An action is known by its feedback id, made from endpoint and key. Whether Kafka has it already is told by the
    raw topic itself, which every gateway reads back: so a repetition is answered like the first one by any gateway,
    also by one that was killed between Kafka's acknowledgement and its answer, or has lost its file.
    """

    def __init__(
        self,
        inbox: Inbox,
        publisher: RawPublisher,
        codec: Decoder,
        city: City,
        now_ms: Callable[[], int],
        executor: Executor,
    ) -> None:
        self._inbox = inbox
        self._publisher = publisher
        self._codec = codec
        self._city = city
        self._now_ms = now_ms
        self._executor = executor
        self._in_flight: dict[str, _InFlight] = {}
        # Acknowledged, and not read back yet.
        self._recent: OrderedDict[str, Accepted] = OrderedDict()
        # Given up without knowing whether Kafka has it: sent again it must be the same bytes.
        self._unsure: OrderedDict[str, tuple[str, bytes]] = OrderedDict()

    def read_back(self, accepted: Iterable[Accepted]) -> None:
        """The inbox has these."""
        for one in accepted:
            self._recent.pop(one.feedback_id, None)
            self._unsure.pop(one.feedback_id, None)

    async def act(self, endpoint_id: str, dispatch_id: str, key: str, action: Action) -> Answer:
        """The answer, once Kafka has the action.

        Raises:
            NotTheirs: the endpoint has no such dispatch.
            KeyReused: the key stands for another action.
            Rejected: something is missing or not of its form, with the field.
            Refused: the case does not allow it.
            Unavailable: it may be in the hub or not; the same request again finds out.
        """
        found = self._inbox.newest(endpoint_id, dispatch_id)
        if found is None:
            raise NotTheirs
        feedback_id, digest = feedback.feedback_id(endpoint_id, key), feedback.digest(dispatch_id, action)
        known = self._recent.get(feedback_id) or self._inbox.accepted(feedback_id)
        if known is not None:
            if known.digest != digest:
                raise KeyReused
            return Answer(known.answer, is_first=False)
        flight = self._in_flight.get(feedback_id)
        is_first = flight is None
        if flight is None:
            task = asyncio.create_task(self._take(endpoint_id, dispatch_id, feedback_id, digest, found, action))
            flight = self._in_flight[feedback_id] = _InFlight(digest, task)
            task.add_done_callback(lambda done: self._landed(feedback_id, done))
        elif flight.digest != digest:
            raise KeyReused
        # A client that leaves does not take the action with it: it may be on its way already.
        return Answer(await asyncio.shield(flight.answer), is_first)

    async def finish(self) -> None:
        """Wait for what is under way."""
        tasks = [flight.answer for flight in self._in_flight.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=10)

    async def _take(
        self,
        endpoint_id: str,
        dispatch_id: str,
        feedback_id: str,
        digest: str,
        found: tuple[str, int],
        action: Action,
    ) -> str:
        now, (case_id, version) = self._now_ms(), found
        before_digest, payload = self._unsure.get(feedback_id, ("", b""))
        if before_digest and before_digest != digest:
            raise KeyReused
        message = feedback.native(
            action,
            feedback_id=feedback_id,
            endpoint_id=endpoint_id,
            dispatch_id=dispatch_id,
            case_id=case_id,
            now_ms=now,
        )
        if not payload:
            payload = feedback.to_payload(message)
            event = read_event(payload, now)
            judge(await self._case(case_id, version), event, self._city)
        await self._publish(feedback_id, digest, payload)
        answer = feedback.answer_of(feedback.from_payload(payload))
        _remember(self._recent, feedback_id, Accepted(feedback_id, digest, answer, now))
        return answer

    async def _case(self, case_id: str, version: int) -> CaseState:
        """The case, not older than what the endpoint has heard of it: both came in one transaction."""
        until = time.monotonic() + _CASE_SECONDS
        while True:
            row = self._inbox.case(case_id)
            if row is not None and row[0] is None:
                raise Refused("closed")
            if row is not None and row[0] is not None:
                case = read_case(row[0], self._codec)
                if case["version"] >= version:
                    return case
            if time.monotonic() > until:
                raise Unavailable("the state of a dispatched case has not been read yet")
            await asyncio.sleep(_LOOK_SECONDS)

    async def _publish(self, feedback_id: str, digest: str, payload: bytes) -> None:
        loop = asyncio.get_running_loop()
        _remember(self._unsure, feedback_id, (digest, payload))

        def hand_over() -> list[Pending]:
            return self._publisher.publish(ENDPOINT, payload, {})

        for pending in await loop.run_in_executor(self._executor, hand_over):
            known: asyncio.Future[None] = loop.create_future()
            pending.when_done(partial(loop.call_soon_threadsafe, _settle, known))
            await known
            pending.wait()
        self._unsure.pop(feedback_id, None)

    def _landed(self, feedback_id: str, done: "asyncio.Task[str]") -> None:
        del self._in_flight[feedback_id]
        if not done.cancelled():
            done.exception()


def _settle(known: "asyncio.Future[None]") -> None:
    if not known.done():
        known.set_result(None)


def _remember(kept: OrderedDict[str, Any], feedback_id: str, what: object) -> None:
    kept[feedback_id] = what
    if len(kept) > _MOST_REMEMBERED:
        kept.popitem(last=False)
