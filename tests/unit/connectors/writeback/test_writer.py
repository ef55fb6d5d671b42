"""Which updates are sent, in which words, and what becomes of an attempt that fails."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from connectors.feed import Message
from connectors.outbox import Delivered, Failed, Halted, Outcome, Outgoing, Parked
from connectors.sources.outward import Encoded
from connectors.writeback.encoders import encoder_of
from connectors.writeback.settings import WritebackSettings
from connectors.writeback.transports import ToFolder, file_name
from connectors.writeback.writer import Way, Writer
from schemas.codec import Codec, codec

Make = Callable[..., Any]
SECTION: dict[str, Any] = {
    "url": "http://127.0.0.1/",
    "statuses": {"DONE": "已办结", "SIGNED": "已签收"},
    "ignored": ["TIMED_OUT"],
    "units": {"LS-GR": "0317"},
    "attempts": 3,
    "first_pause_seconds": 10,
    "longest_pause_seconds": 60,
}


class Sink:
    """A transport that keeps what it is sent and answers as told."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.sent: list[Encoded] = []

    async def send(self, update: Any, encoded: Encoded) -> Outcome:
        """Keeps it."""
        self.sent.append(encoded)
        return self.outcome

    def close(self) -> None:
        """Nothing is held."""


@pytest.fixture(scope="module")
def coder() -> Codec:
    """The codec of the repository."""
    return codec(None)


def a_writer(coder: Codec, sink: Any, **changes: Any) -> tuple[Writer, CollectorRegistry]:
    registry = CollectorRegistry()
    settings = WritebackSettings.model_validate(SECTION | changes)
    return Writer(
        {"hotline": Way(settings, encoder_of("hotline", settings), sink)}, coder, lambda: 0.5, registry
    ), registry


def record(coder: Codec, update: Any) -> Message:
    """As it stands in the topic of its source."""
    value = coder.encode("StatusUpdate", update)
    return Message(f"writeback.{update['source']}", 0, 0, update["source_case_id"].encode(), value, {}, 0)


def outgoing(coder: Codec, update: Any, attempts: int = 0) -> Outgoing:
    """As it stands in the outbox."""
    value = coder.encode("StatusUpdate", update)
    return Outgoing(update["update_id"], update["source"], update["case_id"], value, attempts=attempts)


def test_an_update_with_a_word_is_sent_under_its_own_id_in_the_lane_of_its_case(
    coder: Codec, make_update: Make
) -> None:
    """What orders a case is its lane."""
    writer, _ = a_writer(coder, Sink(Delivered()))
    update = make_update()

    (message,) = writer.messages_of(record(coder, update))
    assert (message.id, message.target, message.lane) == (update["update_id"], "hotline", update["case_id"])


def test_a_status_without_a_word_is_counted_and_not_sent(coder: Codec, make_update: Make) -> None:
    """Shown before the first one comes; what was left out on purpose is counted apart."""
    writer, registry = a_writer(coder, Sink(Delivered()), begin_at="2026-11-10T00:00:00+08:00")
    count = lambda status, outcome: registry.get_sample_value(  # noqa: E731
        "hub_edge_writeback_statuses_total", {"source": "hotline", "status": status, "outcome": outcome}
    )
    assert count("RETURNED", "unmapped") == 0
    for update in (
        make_update(status="RETURNED"),
        make_update(status="TIMED_OUT"),
        make_update(status="DONE", at=1),
    ):
        assert list(writer.messages_of(record(coder, update))) == []

    assert (count("RETURNED", "unmapped"), count("TIMED_OUT", "ignored"), count("DONE", "before")) == (1, 1, 1)


def test_the_source_gets_its_own_words_and_its_own_codes_of_units(coder: Codec, make_update: Make) -> None:
    """A unit that the settings do not name keeps the hub's code."""
    sink = Sink(Delivered("ok"))
    writer, _ = a_writer(coder, sink)
    for unit in ("LS-GR", "LS-GA"):
        assert asyncio.run(writer.deliver(outgoing(coder, make_update(unit=unit)))) == Delivered("ok")

    assert '"status":"已办结"'.encode() in sink.sent[0].body
    assert b'"handleOrgCode":"0317"' in sink.sent[0].body
    assert b'"handleOrgCode":"LS-GA"' in sink.sent[1].body


def test_failed_attempts_wait_longer_each_and_end_parked(coder: Codec, make_update: Make) -> None:
    """By the source's own pauses, not shorter than it asks for; the last answer stays known."""
    writer, _ = a_writer(coder, Sink(Failed("HTTP 503", 40.0)))
    outcomes = [asyncio.run(writer.deliver(outgoing(coder, make_update(), attempts))) for attempts in range(3)]
    assert outcomes == [Failed("HTTP 503", 40.0), Failed("HTTP 503", 40.0), Parked("HTTP 503, 3 attempts")]

    writer, _ = a_writer(coder, Sink(Failed("no connection")))
    first, second = (asyncio.run(writer.deliver(outgoing(coder, make_update(), one))) for one in (0, 1))
    assert isinstance(first, Failed)
    assert isinstance(second, Failed)
    assert (first.after_seconds, second.after_seconds) == (7.5, 15.0)


def test_a_source_or_word_that_left_the_settings_loses_nothing(coder: Codec, make_update: Make) -> None:
    """A source that is gone is halted, a status that lost its word is an operator's."""
    writer, _ = a_writer(coder, Sink(Delivered()))

    assert isinstance(asyncio.run(writer.deliver(outgoing(coder, make_update("grid", "G1")))), Halted)
    assert isinstance(asyncio.run(writer.deliver(outgoing(coder, make_update(status="RETURNED")))), Parked)


def test_a_file_is_there_whole_or_not_at_all_and_once(tmp_path: Path, make_update: Make) -> None:
    """Sent again after a cut attempt it is the same file."""
    folder = ToFolder(tmp_path / "out")
    update, encoded = make_update("grid", "G1"), Encoded(b"abc", "text/csv", "csv")
    outcomes = [asyncio.run(folder.send(update, encoded)) for _ in range(2)]

    name = f"G1_000005_{update['update_id']}.csv"
    assert outcomes == [Delivered("written", name)] * 2
    assert [file.name for file in (tmp_path / "out").iterdir()] == [name]
    assert (tmp_path / "out" / name).read_bytes() == b"abc"


def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path, make_update: Make) -> None:
    """A mounted share may be away for a while."""
    (tmp_path / "out").write_text("no folder")

    assert isinstance(
        asyncio.run(ToFolder(tmp_path / "out").send(make_update(), Encoded(b"", "text/csv", "csv"))), Failed
    )


@given(number=st.text(min_size=1), versions=st.lists(st.integers(1, 999_999), min_size=2, unique=True))
def test_files_of_a_case_sort_as_its_versions_and_never_leave_the_folder(
    make_update: Make, number: str, versions: list[int]
) -> None:
    """Whatever a source calls its cases."""
    names = [file_name(make_update("grid", number, version=one), "csv") for one in sorted(versions)]

    assert names == sorted(names)
    assert len(set(names)) == len(versions)
    assert all(name.isascii() and "/" not in name and not name.startswith(".") for name in names)
