"""The memory of accepted messages."""

from pathlib import Path

from connectors.intake.seen import KEEP_MS, Seen, key_of
from connectors.standard_webhooks import WINDOW_SECONDS

KEY = key_of("hotline", "msg_1", b"{}")


def test_an_answer_survives_a_restart(tmp_path: Path) -> None:
    """Written, not closed, and opened again, as after kill -9."""
    Seen(tmp_path / "edges" / "seen.sqlite").remember(KEY, b"answer", 1000)

    assert Seen(tmp_path / "edges" / "seen.sqlite").answer(KEY) == b"answer"


def test_source_id_and_body_name_a_message(tmp_path: Path) -> None:
    """Another body under a used id is another message: to answer it like the first would lose it."""
    others = {
        key_of("grid", "msg_1", b"{}"),
        key_of("hotline", "msg_2", b"{}"),
        key_of("hotline", "msg_1", b"{ }"),
        key_of("hotline", "msg_1\0", b"{}"),
    }
    seen = Seen(tmp_path / "seen.sqlite")
    seen.remember(KEY, b"answer", 1000)

    assert len(others | {KEY}) == 5
    assert [seen.answer(other) for other in others] == [None] * 4


def test_a_memory_lasts_longer_than_a_signature_can_be_played_again(tmp_path: Path) -> None:
    """A signature from five minutes ahead is good for ten; the memory is kept for two days and then goes."""
    assert KEEP_MS > 2 * WINDOW_SECONDS * 1000
    seen = Seen(tmp_path / "seen.sqlite")
    seen.remember(KEY, b"answer", 1000)

    seen.forget(1000 + KEEP_MS)
    assert seen.answer(KEY) == b"answer"
    seen.forget(1001 + KEEP_MS)
    assert seen.answer(KEY) is None


def test_a_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    """A lost memory costs unify a duplicate; an edge that does not start costs the city its reports."""
    file = tmp_path / "seen.sqlite"
    file.write_bytes(b"not a database" * 1000)

    seen = Seen(file)
    seen.remember(KEY, b"answer", 1000)

    assert seen.answer(KEY) == b"answer"
