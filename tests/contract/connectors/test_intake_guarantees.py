"""Intake keeps each promise that it declares, and declares no other."""

import dataclasses
import json
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import pytest

from connectors.intake.guarantees import INTAKE, Delivery, Kept, Order
from connectors.sources import SOURCES
from hub.domain.errors import Unavailable
from hub.domain.identity import complete
from tests.unit.connectors.intake.conftest import Desk

SAMPLE = Path(__file__).parents[2] / "data" / "samples" / "hotline" / "01-heating-create.json"
CREATE = SAMPLE.read_bytes()


def at_least_once(desk: Desk) -> None:
    """Refused while Kafka is away; taken when it is back; without its memory taken twice, as one event."""
    desk.shelf.failure = Unavailable("Kafka is away")
    assert desk.post("hotline", CREATE, message_id="msg_1").status_code == 503
    desk.shelf.failure = None
    assert desk.post("hotline", CREATE, message_id="msg_1").status_code == 202
    (desk.folder / "intake.sqlite").unlink()
    desk.open()
    assert desk.post("hotline", CREATE, message_id="msg_1").status_code == 202

    records = [record for _, record in desk.shelf.records]
    events = [complete(SOURCES["hotline"].map(record), b"k" * 32)["event_id"] for record in records]
    assert len(records) == 2
    assert len(set(events)) == 1


def per_case_by_answer(desk: Desk) -> None:
    """Three messages of a case one after the other, then a batch: in this order."""
    bodies = []
    for number in range(3):
        message = json.loads(CREATE)
        message["eventId"] = f"EV{number}"
        bodies.append(json.dumps(message, ensure_ascii=False).encode())
        assert desk.post("hotline", bodies[-1]).status_code == 202
    rows = [f"WG1,2026-11-20 08:0{number},一".encode() for number in range(5)]
    batch = b"\n".join(["上报编号,上报时间,事件描述".encode(), *rows])
    assert desk.post("grid", batch, "text/csv").status_code == 202

    assert [record.value for _, record in desk.shelf.records] == [*bodies, *rows]


def answers(desk: Desk) -> None:
    """Opened again without having been closed: the first answer, and nothing published."""
    first = desk.post("hotline", CREATE, message_id="msg_1")
    desk.open()
    assert desk.post("hotline", CREATE, message_id="msg_1").content == first.content
    assert len(desk.shelf.records) == 1


CHECKS: dict[StrEnum, Callable[[Desk], None]] = {
    Delivery.AT_LEAST_ONCE: at_least_once,
    Order.PER_CASE_BY_ANSWER: per_case_by_answer,
    Kept.ANSWERS: answers,
}


@pytest.mark.parametrize("promise", CHECKS)
def test_intake_keeps_its_promise(promise: StrEnum, tmp_path: Path) -> None:
    """Each by its own check."""
    CHECKS[promise](Desk(tmp_path))


def test_every_promise_has_its_check() -> None:
    """What is declared is what is checked."""
    declared: set[StrEnum] = set()
    for field in dataclasses.fields(INTAKE):
        value = getattr(INTAKE, field.name)
        declared |= value if isinstance(value, frozenset) else {value}

    assert declared == set(CHECKS)
