"""Wires the contact vault: for the HTTP edge and for the commands `hub contacts`."""

import threading

from prometheus_client import CollectorRegistry

from connectors.contacts.copy import VaultCopy
from connectors.contacts.keyring import Keyring, read_keyring
from connectors.contacts.revealing import Record, Revealing
from connectors.contacts.writing import VaultWriter
from connectors.feed import Feed
from connectors.tokens import TokenBook
from hub.auditing import Act, AuditLog
from hub.domain.errors import Misconfigured, Unavailable
from hub.settings import Settings
from hub.timing import clock_of
from hub.topics import Catalogue
from schemas.codec import Codec

_FOLLOW_SECONDS = 1.0
_PAUSE_SECONDS = 5.0


class Contacts:
    """The parts of the vault's reading side, made when they are asked for."""

    def __init__(self, settings: Settings, bootstrap: str, topics: Catalogue, codec: Codec) -> None:
        self._settings = settings
        self._bootstrap = bootstrap
        self._topics = topics
        self._codec = codec
        self._clock = clock_of(settings)
        self._partitions = topics.topic(topics.contacts_vault).partitions
        if self._partitions != topics.topic(topics.audit_log).partitions:
            raise Misconfigured([f"{topics.contacts_vault} and {topics.audit_log} need one partition count"])

    def keyring(self) -> Keyring:
        """As the settings say now."""
        return read_keyring(self._settings.contact_keys, self._settings.data_dir)

    def tokens(self) -> TokenBook:
        """The book of role tokens."""
        return token_book(self._settings)

    def copy(self, name: str) -> VaultCopy:
        """The local copy in a file of that name; one process at a time uses a file."""
        topics = (self._topics.contacts_vault, self._topics.audit_log)
        return VaultCopy(
            self._settings.data_dir / "edges" / f"{name}.db",
            vault_topic=topics[0],
            audit_topic=topics[1],
            open_feed=lambda positions: Feed(self._bootstrap, topics, self._partitions, positions),
            decode=self._codec.decode,
        )

    def audit(self) -> Record:
        """Puts an act on record, acknowledged."""
        audit = AuditLog(self._bootstrap, self._topics.audit_log, self._partitions, self._codec, self._clock.now_ms)

        def record(subject: str, actor: str, action: str, reason: str, details: dict[str, str]) -> None:
            audit.write(Act(subject, actor, action, reason, details))

        return record

    def writer(self) -> VaultWriter:
        """Takes over from any other command that changes the vault."""
        return VaultWriter(self._bootstrap, self._topics.contacts_vault, self._codec.encode)

    def revealing(self, registry: CollectorRegistry, stop: threading.Event) -> Revealing:
        """For the HTTP edge: look-ups with a copy that a thread keeps near the vault until `stop`."""
        found = Revealing(self.copy("contacts"), self.keyring, self.audit(), registry)
        threading.Thread(target=_follow, args=(found, stop), name="contacts", daemon=True).start()
        return found


def token_book(settings: Settings) -> TokenBook:
    """The book of role tokens, without asking a Kafka."""
    return TokenBook(settings.data_dir / "tokens.db")


def _follow(revealing: Revealing, stop: threading.Event) -> None:
    pause = _FOLLOW_SECONDS
    while not stop.wait(pause):
        try:
            revealing.follow()
            pause = _FOLLOW_SECONDS
        except Unavailable:
            # Whoever asks meanwhile is told so; there is nothing more to do about it here.
            pause = _PAUSE_SECONDS
