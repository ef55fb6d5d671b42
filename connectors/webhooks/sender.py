"""One attempt: sign, send, and say what the answer means."""

from collections.abc import Callable, Mapping

from connectors import standard_webhooks
from connectors.calls import Answer, Caller, CallFailed, Forbidden
from connectors.outbox import Delivered, Failed, Halted, Outcome, Outgoing
from connectors.webhooks.settings import Target

_GONE = 410


class Sender:
    """Sends to targets by name. `secrets` are the keys of each, `now_seconds` the instant that is signed."""

    def __init__(
        self,
        targets: Mapping[str, Target],
        secrets: Mapping[str, tuple[bytes, ...]],
        caller: Caller,
        now_seconds: Callable[[], float],
    ) -> None:
        self._targets = targets
        self._secrets = secrets
        self._caller = caller
        self._now_seconds = now_seconds

    async def deliver(self, message: Outgoing) -> Outcome:
        """What came of it. 2xx is delivered, 410 halts the target, all else is tried again."""
        target = self._targets.get(message.target)
        if target is None:
            return Halted("not in webhooks.yaml")
        signed = standard_webhooks.sign(
            self._secrets[message.target],
            webhook_id(message.id.partition("/")[2]),
            int(self._now_seconds()),
            message.payload,
        )
        headers = {"Content-Type": "application/json; charset=utf-8", **signed}
        try:
            answer = await self._caller.request("POST", target.url, headers, message.payload)
        except Forbidden as why:
            return Halted(str(why))
        except CallFailed as why:
            return Failed(str(why))
        return outcome_of(answer)


def outcome_of(answer: Answer) -> Outcome:
    """The receiver's words are not kept: they may hold what it was sent."""
    said = f"answer {answer.status}"
    if answer.is_success:
        return Delivered(said)
    if answer.status == _GONE:
        return Halted(f"{said}: the receiver wants no more")
    if 300 <= answer.status < 400:
        return Failed(f"{said}: redirects are not followed; put the new address into webhooks.yaml")
    return Failed(said, answer.retry_after())


def webhook_id(record_id: str) -> str:
    """The id that the receiver dedupes by: the record's, without the full stops that signing forbids."""
    return record_id.replace(".", "_")
