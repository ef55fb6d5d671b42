"""One attempt to deliver a notice, by its channel."""

import asyncio
from collections.abc import Callable

from connectors.notices.files import FileOutbox
from connectors.notices.letters import LetterOffice
from connectors.notices.messages import unpacked
from connectors.notices.providers import Provider
from connectors.outbox import Delivered, Outcome, Outgoing


class Sender:
    """Text messages through the provider, letters through the office, tasks into files."""

    def __init__(
        self, provider: Provider, office: LetterOffice, tasks: FileOutbox, reference: Callable[..., str]
    ) -> None:
        self._provider = provider
        self._office = office
        self._tasks = tasks
        self._reference = reference

    async def deliver(self, message: Outgoing) -> Outcome:
        """What came of it."""
        notice = unpacked(message.payload)
        match message.target:
            case "letter":
                file = await asyncio.to_thread(self._office.write, notice)
                return Delivered("written", self._reference(file))
            case "task":
                file = await asyncio.to_thread(self._tasks.write, notice)
                return Delivered("written", self._reference(file))
            case _:
                letter = self._office.letter_of(notice)
                return await self._provider.send(notice, None if letter is None else self._reference(letter))
