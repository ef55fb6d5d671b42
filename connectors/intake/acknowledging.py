"""Waits for Kafka's acknowledgements without holding up the event loop."""

import asyncio
import contextlib
import threading
from collections.abc import Sequence

from connectors.publish import Pending


async def acknowledged(pendings: Sequence[Pending]) -> None:
    """Return once Kafka has every record.

    Raises:
        Unavailable: a record failed; any of them may be in Kafka all the same.
    """
    if not pendings:
        return
    loop = asyncio.get_running_loop()
    all_known: asyncio.Future[None] = loop.create_future()
    left = len(pendings)
    lock = threading.Lock()

    def one_known() -> None:
        nonlocal left
        with lock:
            left -= 1
            is_last = left == 0
        if is_last:
            # A loop that has ended has nobody left to tell.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_resolve, all_known)

    for pending in pendings:
        pending.when_done(one_known)
    await all_known
    for pending in pendings:
        pending.wait()


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
