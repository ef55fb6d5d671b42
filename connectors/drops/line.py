"""The way of a drop's rows into Kafka: in order, acknowledged, and after a failure only what is not there yet."""

from collections.abc import Callable, Iterable

from connectors.arrivals import Arrivals
from connectors.drops.positions import Positions
from connectors.drops.reading import Content
from connectors.publish import Pending, RawPublisher, message_id
from hub.domain.dead_letter import LARGEST_LETTER_BYTES
from hub.domain.errors import Rejected
from hub.domain.source import RawRecord, Source

_WHOLE = 0


class Line:
    """One connection of one source. After an error it is thrown away and a new one is made."""

    def __init__(
        self,
        source: Source,
        publisher: RawPublisher,
        arrivals: Callable[[], Arrivals],
        *,
        raw_topic: str,
        dead_letters: str,
    ) -> None:
        self._source = source
        self._publisher = publisher
        self._connect = arrivals
        self._arrivals: Arrivals | None = None
        self._topics = (raw_topic, dead_letters)

    def ends(self) -> Positions:
        """Where the topics end that a file's records go to."""
        return self._looking().ends(self._topics)

    def there(self, since: Positions) -> set[str]:
        """The names (`name_of`) of what stands in the topics since then."""
        return self._looking().since(since, _name)

    def send(self, content: Content, records: Iterable[RawRecord]) -> None:
        """Records of a file, each under its case id; returns once Kafka has all of them."""
        _wait(self._publisher.publish_records(self._source, content.payload, records))

    def send_whole(self, content: Content, rejected: Rejected) -> None:
        """A file that cannot be split: unify makes one dead letter of it, or a large one is one already."""
        if len(content.payload) > LARGEST_LETTER_BYTES:
            _wait([self._publisher.refuse(self._source, content.payload, rejected)])
        else:
            headers = {**content.headers, "message-id": name_of(content, _WHOLE)}
            _wait(self._publisher.publish_as_is(self._source, content.payload, None, headers))

    def whole_name(self, content: Content) -> str:
        """Under which name a file that cannot be split is found again."""
        is_letter = len(content.payload) > LARGEST_LETTER_BYTES
        return content.sha256 if is_letter else name_of(content, _WHOLE)

    @property
    def publisher(self) -> RawPublisher:
        """For a file whose bytes are not at hand."""
        return self._publisher

    def close(self) -> None:
        """Let go; what is not acknowledged is given up."""
        self._publisher.abandon()
        if self._arrivals is not None:
            self._arrivals.close()

    def _looking(self) -> Arrivals:
        if self._arrivals is None:
            self._arrivals = self._connect()
        return self._arrivals


def name_of(content: Content, number: int) -> str:
    """The message id of a record: the same for the same file, whenever it is sent."""
    return message_id(content.batch, number)


def _name(headers: dict[str, bytes]) -> str | None:
    name = headers.get("message-id") or headers.get("quarantine-sha256")
    return None if name is None else name.decode("ascii", "replace")


def _wait(pending: Iterable[Pending]) -> None:
    for one in pending:
        one.wait()
