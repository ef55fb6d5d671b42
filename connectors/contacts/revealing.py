"""Tells a caller's contact to whoever may know it, once it is on record that they asked."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge

from connectors.contacts.copy import VaultCopy, subject_of
from connectors.contacts.keyring import Keyring
from connectors.sources.masking import mask
from connectors.tokens import Issued
from hub.domain.errors import Unavailable

ROLE = "call_back"
REVEALED = "contact.reveal"
LONGEST_REASON = 500
_TOKEN = re.compile("[0-9a-f]{32}")
_WECHAT = "wechat:"

Outcome = Literal["revealed", "deleted", "unknown"]


class Record(Protocol):
    """Puts an act on record; raises `Unavailable` when it may not be there."""

    def __call__(self, subject: str, actor: str, action: str, reason: str, details: dict[str, str]) -> None: ...


@dataclass(slots=True, frozen=True)
class Revealed:
    """The answer. With the outcome `revealed` there are a `contact` and its `kind`: to call or to write to."""

    outcome: Outcome
    kind: Literal["phone", "wechat"] | None = None
    contact: str | None = None


class Revealing:
    """Looks up, puts on record, and only then answers. Counts the outcomes."""

    def __init__(
        self, copy: VaultCopy, keyring: Callable[[], Keyring], record: Record, registry: CollectorRegistry
    ) -> None:
        self._copy = copy
        self._read_keyring = keyring
        self._keyring = keyring()
        self._record = record
        self._reveals = Counter(
            "hub_edge_contact_reveals",
            "Requests for a contact, by what became of them.",
            ["outcome"],
            registry=registry,
        )
        self._held = Gauge("hub_edge_contacts", "Contacts in the local copy of the vault.", registry=registry)

    def follow(self) -> None:
        """Keep the local copy near the vault, so that a look-up need not wait; raises `Unavailable`."""
        self._copy.catch_up()
        self._held.set(self._copy.count())

    def count_refused(self, why: Literal["unauthorized", "forbidden", "invalid"]) -> None:
        """A request that asked for nothing in the end."""
        self._reveals.labels(why).inc()

    def reveal(self, token: str, person: Issued, reason: str, case_id: str | None = None) -> Revealed:
        """The contact behind a token.

        Raises:
            Unavailable: vault, key or audit log is away; no contact was told.
        """
        try:
            answer = self._look_up(token)
            details = {"outcome": answer.outcome, "credential": person.id}
            if case_id is not None:
                details["case"] = case_id
            self._record(subject_of(token), person.holder, REVEALED, without_numbers(reason), details)
        except Unavailable:
            self._reveals.labels("unavailable").inc()
            raise
        self._reveals.labels(answer.outcome).inc()
        return answer

    def _look_up(self, token: str) -> Revealed:
        self._copy.catch_up()
        found = self._copy.find(token)
        if found.is_deleted:
            return Revealed("deleted")
        if found.record is None:
            return Revealed("unknown")
        contact = self._opened(found.record)
        if contact.startswith(_WECHAT):
            return Revealed("revealed", "wechat", contact.removeprefix(_WECHAT))
        return Revealed("revealed", "phone", contact)

    def _opened(self, record: Mapping[str, Any]) -> str:
        if record["key_id"] not in self._keyring.ids:
            # A rotation has made a key since this process began.
            self._keyring = self._read_keyring()
        return self._keyring.open(record["token"], record["key_id"], record["nonce"], record["sealed"])


def is_token(text: str) -> bool:
    """Whether the text has the form of a contact token."""
    return _TOKEN.fullmatch(text) is not None


def without_numbers(reason: str) -> str:
    """A reason as it may stand in the audit log: a number that somebody wrote into it is masked."""
    return (mask(reason.strip()) or "")[:LONGEST_REASON]
