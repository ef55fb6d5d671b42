"""What `sources.yaml` says of polling a source: its outbox table, or its REST interface. See docs/polls.md."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from connectors.secrets import Reference
from connectors.strict import Strict

Seconds = Annotated[float, Field(gt=0)]


class Backoff(Strict):
    """Pauses after failures: they double from `first_seconds` to `longest_seconds`, each shortened by chance."""

    first_seconds: Seconds = 1.0
    longest_seconds: Seconds = 60.0


class PositionColumn(Strict):
    """The column that tells new rows from old ones: a number that grows with each row, or the time of the row."""

    column: str = "id"
    kind: Literal["number", "time"] = "number"


class Acknowledge(Strict):
    """How taken rows are marked in the source's table: with a value, or with the time of the marking."""

    column: str
    value: str | int | bool | None = None
    now: bool = False

    @model_validator(mode="after")
    def _says_with_what(self) -> Self:
        if self.now == (self.value is not None):
            raise ValueError("acknowledge needs `value` or `now: true`, one of them")
        return self


class DatabaseSettings(Strict):
    """An outbox table of the source, in SQLite or PostgreSQL.

    `url` is the reference of the secret that holds the address, `sqlite:////path` or `postgresql://…`. The native
    message stands in the column `payload`, or is built from `columns` (native field → column). Rows that their
    transaction commits up to `overlap_seconds` late are still found. `key` tells rows of one position apart; it
    may be left out where `position` is a unique number. `case` is the column of the source case id, if there is
    one: a reimport then reads the rows of these cases alone.
    """

    url: Reference
    table: str = Field(pattern=r"^[^.\s]+(\.[^.\s]+)?$")
    position: PositionColumn = PositionColumn()
    key: str | None = None
    payload: str | None = None
    columns: dict[str, str] | None = None
    case: str | None = None
    content_type: str = "application/json"
    batch: Annotated[int, Field(ge=1, le=10_000)] = 500
    overlap_seconds: Annotated[float, Field(ge=0)] = 300.0
    every_seconds: Seconds = 5.0
    timeout_seconds: Seconds = 30.0
    backoff: Backoff = Backoff()
    acknowledge: Acknowledge | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.payload is None) == (self.columns is None):
            raise ValueError("the message is a column (`payload`) or built from `columns`, one of them")
        if self.columns is not None and not self.columns:
            raise ValueError("`columns` names no field; write it as native field: column")
        if self.position.kind == "time" and self.key is None:
            raise ValueError("a position of kind time needs `key`, the column that tells rows of one instant apart")
        return self

    @property
    def key_column(self) -> str:
        """The column that tells rows of one position apart."""
        return self.key or self.position.column


class Since(Strict):
    """The parameter by which the server is asked for what is new, and how an instant is written in it."""

    parameter: str = "since"
    format: Literal["local", "iso", "epoch_s", "epoch_ms"] = "local"
    start: datetime | None = None
    overlap_seconds: Annotated[float, Field(ge=0)] = 600.0


class Paging(Strict):
    """How the next page is found.

    `number`: a page number in `parameter`, up to the first page without records. `cursor`: the answer's field
    `next` (dots lead into objects) goes into `parameter`. `link`: the answer's header `Link` with rel=next.
    `none`: one answer is all.
    """

    way: Literal["number", "cursor", "link", "none"] = "number"
    parameter: str = "page"
    first: int = 1
    next: str = "next"
    size_parameter: str | None = None
    size: Annotated[int, Field(ge=1)] = 100
    most_pages: Annotated[int, Field(ge=1)] = 10_000


class Breaker(Strict):
    """After so many failed requests in a row none is made for a while, then a single one as a trial."""

    failures: Annotated[int, Field(ge=1)] = 5
    reset_seconds: Seconds = 60.0


class HttpPollSettings(Strict):
    """A REST interface of the source. Header values (tokens) stand here by reference.

    A page is a native payload (`items` left out), or JSON in which the field `items` (dots lead into objects,
    "." is the page itself) is an array of native payloads.
    """

    url: str = Field(pattern=r"^https?://[^\s?#]+$")
    headers: dict[str, Reference] = Field(default_factory=dict)
    parameters: dict[str, str] = Field(default_factory=dict)
    content_type: str | None = None
    items: str | None = None
    since: Since | None = Since()
    paging: Paging = Paging()
    every_seconds: Seconds = 60.0
    requests_per_second: Annotated[float, Field(gt=0)] = 2.0
    connect_seconds: Seconds = 5.0
    read_seconds: Seconds = 20.0
    answer_seconds: Seconds = 60.0
    largest_bytes: Annotated[int, Field(ge=1, le=16 * 1024 * 1024)] = 16 * 1024 * 1024
    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    backoff: Backoff = Backoff()
    breaker: Breaker = Breaker()
    remember_days: Annotated[float, Field(gt=0)] = 7.0
    ca_file: Path | None = None
