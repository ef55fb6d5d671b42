"""The ways to a source: an HTTP interface, a folder, a topic of its own Kafka. An attempt, and what came of it."""

import asyncio
import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from kafka import KafkaProducer
from kafka.errors import KafkaError

from connectors import standard_webhooks
from connectors.calls import Caller, CallFailed
from connectors.outbox import Delivered, Failed, Outcome
from connectors.sources.outward import Encoded
from connectors.writeback.answers import judge
from connectors.writeback.settings import AnswerSettings, KafkaTarget
from hub.domain.status_updates import StatusUpdate

_PLAIN_NAME = re.compile("[A-Za-z0-9_-]{1,64}")


class Transport(Protocol):
    """One way out."""

    async def send(self, update: StatusUpdate, encoded: Encoded) -> Outcome:
        """One attempt. An update comes again with the same id and bytes where nobody knows what came of one."""
        ...

    def close(self) -> None:
        """Leave."""
        ...


class ToUrl:
    """POSTs to an HTTP interface. The update's id is `Idempotency-Key`, and the message id where it is signed."""

    def __init__(
        self,
        url: str,
        caller: Caller,
        *,
        secret: bytes | None,
        token: str | None,
        answer: AnswerSettings | None,
        now_seconds: Callable[[], float],
    ) -> None:
        self._url = url
        self._caller = caller
        self._secret = secret
        self._token = token
        self._answer = answer
        self._now_seconds = now_seconds

    async def send(self, update: StatusUpdate, encoded: Encoded) -> Outcome:
        """A redirect is an answer, and not followed."""
        headers = {"Content-Type": encoded.content_type, "Idempotency-Key": update["update_id"]}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        if self._secret is not None:
            now = int(self._now_seconds())
            headers |= standard_webhooks.sign([self._secret], update["update_id"], now, encoded.body)
        try:
            answer = await self._caller.request("POST", self._url, headers, encoded.body)
        except CallFailed as why:
            return Failed(str(why))
        return judge(answer.status, answer.headers, answer.body, self._answer, self._now_seconds())

    def close(self) -> None:
        """Every request has a connection of its own."""


class ToFolder:
    """Writes a file an update: whole at once, and of a case in the order of the names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, update: StatusUpdate, encoded: Encoded) -> Outcome:
        """A file that is there already with these bytes was written by an attempt that was cut."""
        try:
            name = await asyncio.to_thread(self._write, file_name(update, encoded.suffix), encoded.body)
        except OSError as error:
            return Failed(f"the folder cannot be written: {error.strerror}")
        return Delivered("written", name)

    def close(self) -> None:
        """Nothing is held."""

    def _write(self, name: str, body: bytes) -> str:
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._folder / f".{name}.part"
        with draft.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / name)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return name


class ToKafka:
    """Puts a record an update into a topic of the source's own Kafka, keyed by its case id."""

    def __init__(self, target: KafkaTarget, ack_seconds: float) -> None:
        self._target = target
        self._ack_seconds = ack_seconds
        self._producer: KafkaProducer | None = None

    async def send(self, update: StatusUpdate, encoded: Encoded) -> Outcome:
        """Delivered once the source's Kafka has it on all replicas."""
        return await asyncio.to_thread(self._send, update, encoded)

    def close(self) -> None:
        """Leave."""
        if self._producer is not None:
            self._producer.close(timeout=self._ack_seconds)

    def _send(self, update: StatusUpdate, encoded: Encoded) -> Outcome:
        headers = [("ce_id", update["update_id"].encode()), ("content-type", encoded.content_type.encode())]
        try:
            if self._producer is None:
                self._producer = KafkaProducer(
                    bootstrap_servers=self._target.bootstrap,
                    enable_idempotence=True,
                    acks="all",
                    max_block_ms=round(self._ack_seconds * 1000),
                )
            placed = self._producer.send(
                self._target.topic, key=update["source_case_id"].encode(), value=encoded.body, headers=headers
            ).get(timeout=self._ack_seconds)
        except KafkaError as error:
            return Failed(f"the source's Kafka: {type(error).__name__}")
        return Delivered("acknowledged", f"{placed.topic}/{placed.partition}/{placed.offset}")


def file_name(update: StatusUpdate, suffix: str) -> str:
    """Case, version and id: files of one case sort in its order, and one update has one name."""
    number = update["source_case_id"]
    if not _PLAIN_NAME.fullmatch(number):
        number = hashlib.sha256(number.encode()).hexdigest()[:32]
    return f"{number}_{update['case_version']:06}_{update['update_id']}.{suffix}"
