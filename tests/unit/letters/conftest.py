"""A request for a letter as casework makes it, and the stage in memory."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from hub.domain.instants import SHANGHAI, to_epoch_ms
from hub.domain.sla import LetterRequest
from hub.topics import catalogue
from schemas.codec import codec
from streams.letters import Letters
from streams.runtime.driver import TestDriver

NUMBER_FORMAT = "吹哨督办〔{year}〕{division}-{number:04d}号"
REQUESTS = catalogue().letter_requests
NOTICES = catalogue().notices


def ms(text: str) -> int:
    """An instant written in local time, as epoch milliseconds."""
    return to_epoch_ms(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI))


def request_of(entry_id: str = "SE-1", **changed: Any) -> LetterRequest:
    """A heating case in Jianhua that its unit has not handled by the second due instant."""
    request: LetterRequest = {
        "entry_id": entry_id,
        "kind": "ISSUE",
        "case_id": "hotline:HL2026111000017",
        "case_version": 7,
        "cycle": 1,
        "leg": 2,
        "clock": "handle",
        "division": "230203",
        "tier": "county",
        "unit": "JH-ZJ",
        "unit_name": "建华区住建局",
        "endpoint_id": "EP-230203-0117",
        "leader": "LD-230203",
        "leader_title": "建华区分管副区长",
        "subject": "公共服务->供热->室温不达标",
        "due_at": ms("2026-11-12 16:20"),
        "second_due_at": ms("2026-11-13 16:20"),
        "at": ms("2026-11-13 16:20"),
        "late": False,
        "reason": None,
    }
    return {**request, **changed}  # type: ignore[typeddict-item]


class Desk:
    """The stage on the in-memory driver: requests in, decoded notices out."""

    def __init__(self, number_format: str = NUMBER_FORMAT) -> None:
        self.driver = TestDriver(Letters(catalogue(), codec(), number_format=number_format))

    def send(self, *requests: LetterRequest) -> None:
        """Each request as a batch of its own."""
        for request in requests:
            self.driver.pipe_input(REQUESTS, *encoded(request))

    def send_together(self, *requests: LetterRequest) -> None:
        """All requests in one transaction."""
        self.driver.pipe_batch([self.driver.record(REQUESTS, *encoded(request)) for request in requests])

    def notices(self) -> list[dict[str, Any]]:
        """What was told since the last look."""
        return [codec().decode(output.value or b"", "Notice") for output in self.driver.read_outputs(NOTICES)]

    def numbers(self) -> list[str]:
        """The numbers of the letters since the last look."""
        return [notice["number"] for notice in self.notices() if notice["kind"] == "LETTER"]

    def counts(self) -> dict[str, int]:
        """The stage's own tallies."""
        return {name: count for name, count in self.driver.tallies.items() if not name.startswith("received.")}


def encoded(request: LetterRequest) -> tuple[bytes, bytes]:
    """Key and value as casework sends them."""
    return request["division"].encode(), codec().encode("LetterRequest", request)


@pytest.fixture
def make_request() -> Callable[..., LetterRequest]:
    """`make_request("SE-2", division="230202")`: a request, with what differs."""
    return request_of


@pytest.fixture
def new_desk() -> type[Desk]:
    """For tests that need several."""
    return Desk


@pytest.fixture
def desk() -> Desk:
    """The stage with nothing numbered yet."""
    return Desk()


@pytest.fixture
def at() -> Callable[[str], int]:
    """`at("2026-11-13 16:20")` in local time, as epoch milliseconds."""
    return ms
