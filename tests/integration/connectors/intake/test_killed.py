"""Intake killed under load, checked from outside: what was answered 202 is there, and once."""

import asyncio
import signal
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx
import pytest

from tests.integration.connectors.intake.conftest import Door, message

MESSAGES = 600
SENDERS = 16
KILLS = 4


@dataclass
class Sent:
    """What the senders know: the answer of each message, and how often one had to be sent again."""

    answers: dict[int, bytes] = field(default_factory=dict)
    again: int = 0


async def _send_all(door: Door, sent: Sent) -> None:
    """Sixteen senders, each as the contract asks: a message without an answer is sent again until it has one."""
    numbers = iter(range(MESSAGES))
    limits = httpx.Limits(max_connections=SENDERS)

    async def sender(client: httpx.AsyncClient) -> None:
        for number in numbers:
            message_id, body = message(number)
            while number not in sent.answers:
                try:
                    answer = await client.post(door.url, content=body, headers=door.signed(message_id, body))
                except httpx.TransportError:
                    sent.again += 1
                    await asyncio.sleep(0.02)
                    continue
                assert answer.status_code == 202, answer.text
                sent.answers[number] = answer.content

    async with httpx.AsyncClient(limits=limits, timeout=30) as client:
        await asyncio.gather(*(sender(client) for _ in range(SENDERS)))


async def _kill_in_between(door: Door, sent: Sent) -> int:
    """Kill -9 each time a fifth of the messages is through, and open again."""
    kills = 0
    while len(sent.answers) < MESSAGES:
        if kills < KILLS and len(sent.answers) >= (kills + 1) * MESSAGES // (KILLS + 1):
            door.end(signal.SIGKILL)
            kills += 1
            await asyncio.to_thread(door.open)
        await asyncio.sleep(0.005)
    return kills


@pytest.mark.integration
@pytest.mark.chaos
def test_what_was_answered_is_there_once_whatever_was_killed(door: Door) -> None:
    """600 messages from sixteen senders, kill -9 four times: lost 0, doubled 0 after unify."""
    sent = Sent()

    async def run() -> int:
        _, kills = await asyncio.gather(_send_all(door, sent), _kill_in_between(door, sent))
        return kills

    began = time.monotonic()
    kills = asyncio.run(run())
    events, counts = door.unified()
    records = door.records()

    cases = Counter(event["source_case_id"] for event in events)
    print(f"{kills} kills, {sent.again} sent again, {len(records)} raw, {time.monotonic() - began:.1f} s")
    assert kills == KILLS
    assert sent.again > 0, "no sender noticed a kill"
    assert cases == Counter({f"HL{number:014d}": 1 for number in range(MESSAGES)})
    assert len(records) == len(events) + counts.get("duplicate.hotline", 0)
    published = {dict(record.headers)["message-id"].decode() for record in records}
    answered = {
        one for answer in sent.answers.values() for one in httpx.Response(202, content=answer).json()["message_ids"]
    }
    assert answered == published


@pytest.mark.integration
def test_a_resend_after_a_kill_is_answered_like_the_first(door: Door) -> None:
    """The memory is on disk: nothing is published a second time."""
    first = door.post(1)
    door.end(signal.SIGKILL)
    door.open()

    again = door.post(1)

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.content == again.content
    assert len(door.records()) == 1


@pytest.mark.integration
def test_told_to_stop_it_finishes_what_it_has(door: Door) -> None:
    """SIGTERM while messages are in hand: each is answered, none is cut off."""

    async def run() -> list[int]:
        async with httpx.AsyncClient(timeout=30) as client:

            async def post(number: int) -> int:
                message_id, body = message(number)
                return (
                    await client.post(door.url, content=body, headers=door.signed(message_id, body))
                ).status_code

            posts = [asyncio.create_task(post(number)) for number in range(8)]
            while not door.records():
                await asyncio.sleep(0)
            door.end(signal.SIGTERM)
            return await asyncio.gather(*posts)

    assert asyncio.run(run()) == [202] * 8
