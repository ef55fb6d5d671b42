"""The catalogue of topics, read from its file; code asks for a topic by what it is for, never by name."""

import functools
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from hub.city.documents import read_yaml
from hub.city.problems import Problems
from hub.domain.errors import Misconfigured

_FOREVER = -1
_MS = {"h": 3_600_000, "d": 86_400_000}
_BYTES = {"KiB": 1024, "MiB": 1024 * 1024}
# The largest segment: a compacted topic is cleaned segment by segment, so its segments are kept small.
_COMPACTED_SEGMENT_BYTES = 64 * 1024 * 1024
_DAY_MS = 86_400_000


def _milliseconds(value: Any) -> int:
    found = re.fullmatch(r"(\d+)([hd])", str(value))
    if value == "forever":
        return _FOREVER
    if found is None:
        raise ValueError('is not a time such as "12h", "30d" or "forever"')
    return int(found[1]) * _MS[found[2]]


def _size(value: Any) -> int:
    found = re.fullmatch(r"(\d+)(KiB|MiB)", str(value))
    if found is None:
        raise ValueError('is not a size such as "512KiB" or "2MiB"')
    return int(found[1]) * _BYTES[found[2]]


Milliseconds = Annotated[int, BeforeValidator(_milliseconds)]
Size = Annotated[int, BeforeValidator(_size)]
# `family.member` or one word.
_TopicName = Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+)?$")]
Cleanup = Literal["delete", "compact"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Defaults(_Strict):
    replication: int = Field(ge=1)
    cleanup: Cleanup
    retention: Milliseconds
    max_message: Size


class _Entry(_Strict):
    """A topic as the file writes it; what it leaves out comes from the defaults."""

    schema_name: str | None = Field(alias="schema")
    producers: tuple[str, ...] = Field(min_length=1)
    consumers: tuple[str, ...] = Field(min_length=1)
    doc: str = Field(min_length=1)
    role: str | None = None
    partitions: int | None = Field(None, ge=1)
    replication: int | None = Field(None, ge=1)
    cleanup: Cleanup | None = None
    retention: Milliseconds | None = None
    max_message: Size | None = None
    personal_data: bool = False
    encrypted: bool = False


class Topic(_Strict):
    """One topic. `retention_ms` is -1 for ever; without `schema_name` bytes are kept as they came.

    Of `producers` and `consumers`, the roles that may write and read it, follow Kafka's ACLs. `personal_data` says
    that it holds what identifies a person; where it is `encrypted` too, only who has the keys can tell whom.
    """

    name: str
    schema_name: str | None
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    doc: str
    role: str | None
    partitions: int
    replication: int
    cleanup: Cleanup
    retention_ms: int
    max_message_bytes: int
    personal_data: bool
    encrypted: bool

    def config(self) -> dict[str, str]:
        """The topic's settings in Kafka's words."""
        config = {"cleanup.policy": self.cleanup, "max.message.bytes": str(self.max_message_bytes)}
        config["retention.ms"] = str(self.retention_ms)
        if self.cleanup == "delete":
            return config
        return {
            **config,
            "segment.bytes": str(_COMPACTED_SEGMENT_BYTES),
            "min.cleanable.dirty.ratio": "0.2",
            "max.compaction.lag.ms": str(_DAY_MS),
            # A worker that was off for a week still learns from the changelog what was deleted meanwhile.
            "delete.retention.ms": str(7 * _DAY_MS),
        }


class Catalogue(_Strict):
    """All topics, and the way from a role to a name."""

    partitions: int = Field(ge=1)
    defaults: _Defaults
    entries: dict[_TopicName, _Entry] = Field(alias="topics", min_length=1)
    _topics: dict[str, Topic] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        self._topics.update({name: self._topic(name, entry) for name, entry in self.entries.items()})
        return self

    def _topic(self, name: str, entry: _Entry) -> Topic:
        cleanup = entry.cleanup or self.defaults.cleanup
        retention = self.defaults.retention if entry.retention is None else entry.retention
        return Topic(
            name=name,
            schema_name=entry.schema_name,
            producers=entry.producers,
            consumers=entry.consumers,
            doc=entry.doc,
            role=entry.role,
            partitions=entry.partitions or self.partitions,
            replication=entry.replication or self.defaults.replication,
            cleanup=cleanup,
            retention_ms=_FOREVER if cleanup == "compact" else retention,
            max_message_bytes=entry.max_message or self.defaults.max_message,
            personal_data=entry.personal_data,
            encrypted=entry.encrypted,
        )

    @property
    def topics(self) -> tuple[Topic, ...]:
        """Every topic, in the order of the file."""
        return tuple(self._topics.values())

    def topic(self, name: str) -> Topic:
        """The topic of that name.

        Raises:
            Misconfigured: when the catalogue has none; names those it has.
        """
        try:
            return self._topics[name]
        except KeyError:
            raise Misconfigured([f"topic {name} is not in the catalogue: {', '.join(self._topics)}"]) from None

    def raw(self, source: str) -> str:
        """Where a source's records stand as they were sent."""
        return self._member("raw", source)

    def dispatch(self, tier: str) -> str:
        """Where a tier's endpoints find their work."""
        return self._member("dispatch", tier)

    def writeback(self, source: str) -> str:
        """Where a source's legacy system gets its status from."""
        return self._member("writeback", source)

    @property
    def writebacks(self) -> dict[str, str]:
        """The write-back topics by source."""
        return {name.partition(".")[2]: name for name in self._family("writeback")}

    def memory(self, stage: str) -> str:
        """The changelog of what a stage keeps for itself."""
        return self._member(stage, "memory")

    def tallies(self, stage: str) -> str:
        """The exact counts of a stage."""
        return self._member(stage, "tallies")

    def consumed_by(self, consumer: str) -> list[str]:
        """The topics that name this consumer, without its own changelog."""
        return [t.name for t in self.topics if consumer in t.consumers and consumer not in t.producers]

    @property
    def raws(self) -> tuple[str, ...]:
        """The raw topics of all sources."""
        return self._family("raw")

    @property
    def dispatches(self) -> tuple[str, ...]:
        """The dispatch topics of all tiers."""
        return self._family("dispatch")

    @property
    def case_events(self) -> str:
        """The unified topic."""
        return self._of_schema("CaseEvent")

    @property
    def case_state(self) -> str:
        """Where each case stands."""
        return self._of_schema("CaseState")

    @property
    def sla_events(self) -> str:
        """Outcomes of deadlines."""
        return self._of_schema("SlaEvent")

    @property
    def letter_requests(self) -> str:
        """Letters that need a number."""
        return self._of_schema("LetterRequest")

    @property
    def notices(self) -> str:
        """Messages to people."""
        return self._of_schema("Notice")

    @property
    def contacts_vault(self) -> str:
        """Callers' contacts, encrypted."""
        return self._of_schema("VaultedContact")

    @property
    def audit_log(self) -> str:
        """Who did or read what."""
        return self._of_schema("AuditRecord")

    @property
    def source_control(self) -> str:
        """What the sources' transports are told."""
        return self._member("source", "control")

    @property
    def source_status(self) -> str:
        """Where the sources' transports stand."""
        return self._member("source", "status")

    @property
    def deliveries(self) -> str:
        """Receipts of what the edges have delivered."""
        return self._of_schema("DeliveryReceipt")

    @property
    def dead_letters(self) -> str:
        """What could not be read."""
        return self._of_role("dead_letters")

    @property
    def endpoint_tokens(self) -> str:
        """Hashes of the staff endpoints' bearer tokens."""
        return self._of_role("endpoint_tokens")

    def _member(self, family: str, member: str) -> str:
        return self.topic(f"{family}.{member}").name

    def _family(self, family: str) -> tuple[str, ...]:
        return tuple(name for name in self._topics if name.startswith(f"{family}."))

    def _of_role(self, role: str) -> str:
        found = [topic.name for topic in self.topics if topic.role == role]
        if len(found) != 1:
            raise Misconfigured([f"the catalogue needs exactly one topic with role: {role}"])
        return found[0]

    def _of_schema(self, schema: str) -> str:
        found = [topic.name for topic in self.topics if topic.schema_name == schema]
        if len(found) != 1:
            raise Misconfigured(
                [f"the catalogue needs exactly one topic with schema {schema}, it has {len(found)}"]
            )
        return found[0]


def read(file: Path) -> Catalogue:
    """Read a catalogue file.

    Raises:
        Misconfigured: with every problem of the file and its line.
    """
    problems = Problems()
    found, _ = read_yaml(file.parent, file.name, Catalogue, problems)
    if found is None or problems.found:
        raise Misconfigured(problems.found)
    return found


@functools.cache
def _read_once(file: Path) -> Catalogue:
    return read(file)


def catalogue(file: Path | None = None) -> Catalogue:
    """The catalogue in force: of that file, else of the settings; read once."""
    if file is None:
        from hub.settings import load

        file = load().topics_file
    return _read_once(file)
