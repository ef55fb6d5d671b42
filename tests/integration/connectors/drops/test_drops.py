"""A file drop on a real Kafka: killed with -9 after every step, and checked from outside.

Outside means: the raw topic is read, unify makes events of it, and these are held against the files that went in.
"""

import json
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from prometheus_client.parser import text_string_to_metric_families

from connectors.control import Command, Kind, PauseState, command_key, encode, state_key
from connectors.status import Standing

pytestmark = pytest.mark.integration

NOW = 1_794_000_000_000
HEADER = "上报编号,上报时间,事件描述\n"
CASES = [f"WG{number:03}" for number in range(700)]  # more than one chunk


def file_of(text: str, cases: list[str] = CASES) -> str:
    return HEADER + "".join(f"{case},2026-11-20 08:00,{text}\n" for case in cases)


def result_of(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(f"{file}.result.json").read_text("utf-8"))
    return found


def archived(drops, name: str) -> Path:
    """The one archived file of that name, and nothing of it anywhere else."""
    (file,) = drops.folder.glob(f"done/*/{name}")
    assert not (drops.folder / name).exists()
    assert not list((drops.folder / ".taking").iterdir())
    return file


def texts_of_cases(drops) -> dict[str, list[str]]:
    """Case → the texts of its events in their order."""
    found: dict[str, list[str]] = {}
    for event in drops.events():
        found.setdefault(event["source_case_id"], []).append(event["text"])
    return found


def tell(drops, *records: PauseState | Command, source: str = "grid") -> None:
    producer = Producer({"bootstrap.servers": drops.bootstrap})
    for record in records:
        key = state_key(source) if isinstance(record, PauseState) else command_key(record)
        producer.produce(drops.control, encode(record), key)
    assert producer.flush(30) == 0


def command(number: str, **fields: Any) -> Command:
    given = {"source": "grid", "at": NOW, "actor": "QQHR-ZHZX", **fields}
    return Command.model_validate({"id": number, **given})


@pytest.mark.parametrize("step", range(1, 10))
def test_killed_after_a_step_nothing_is_lost_doubled_or_out_of_order(drops, step: int) -> None:
    """Two files about the same cases; kill -9 while the first is taken. Not even the raw topic has a row twice."""
    drops.place("b.csv", file_of("first"))
    os.utime(drops.folder / "b.csv", ns=(1, 1))
    drops.place("a.csv", file_of("second"))

    assert drops.turn(killed_after=step) == -9
    assert drops.turn() == 0

    assert texts_of_cases(drops) == {case: ["first", "second"] for case in CASES}
    assert len(drops.records(drops.raw)) == 2 * len(CASES)
    for name in ("a.csv", "b.csv"):
        rows = result_of(archived(drops, name))["rows"]
        assert rows == {"total": 700, "accepted": 700, "duplicate": 0, "rejected": 0, "ignored": 0}


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_random_again_and_again(drops, seed: int) -> None:
    """Five files, each with a row that cannot be read; killed after random steps until one run comes through."""
    dice = random.Random(seed)
    for number in range(5):
        drops.place(
            f"export{number + 6}.csv", file_of(f"text {number}", CASES[:20]) + ",2026-11-20 08:00,no number\n"
        )
    kills = 0
    while drops.turn(killed_after=dice.randint(1, 9), times=dice.randint(1, 2)) == -9:
        kills += 1
        if kills == 12:
            assert drops.turn() == 0
            break

    assert kills > 2
    assert texts_of_cases(drops) == {case: [f"text {number}" for number in range(5)] for case in CASES[:20]}
    assert len(drops.records(drops.raw)) == 5 * 21
    for number in range(5):
        rows = result_of(archived(drops, f"export{number + 6}.csv"))["rows"]
        assert (rows["accepted"], rows["rejected"], rows["duplicate"]) == (20, 1, 0)


def test_the_sender_reads_what_came_of_each_row(drops) -> None:
    """Line, field and reason; a phone number in the file stands nowhere in the results."""
    rows = (
        "WG001,2026-11-20 08:00,路灯不亮，电话13000001001\n"
        ",2026-11-20 08:00,没有编号 13000001002\n"
        "WG002,昨天,时间不对\n"
        '"WG003",2026-11-20 08:00,"两\n行"\n'
        "WG001,2026-11-20 08:00,路灯不亮，电话13000001001\n"
    )
    drops.place("上报.csv", HEADER + rows)
    assert drops.turn() == 0

    file = archived(drops, "上报.csv")
    found = result_of(file)
    assert found["outcome"] == "done"
    assert found["rows"] == {"total": 5, "accepted": 2, "duplicate": 1, "rejected": 2, "ignored": 0}
    assert [(each["line"], each["field"], each["reason"]) for each in found["rejections"]] == [
        (3, "上报编号", "missing_field"),
        (4, "上报时间", "bad_time"),
    ]
    assert found["duplicates"] == [{"row": 5, "line": 7, "of": {"row": 1, "line": 2}}]
    text = Path(f"{file}.result.txt").read_text("utf-8-sig")
    assert "第 3 行 line 3 (row 2) 拒绝 rejected: 缺少必填项 missing_field [上报编号]" in text
    assert "1300000" not in text + json.dumps(found)


def test_the_same_file_again_is_told_as_a_duplicate(drops) -> None:
    """Its rows too, each with the line of the first; a third file that repeats one of them as well."""
    drops.place("one.csv", file_of("text", ["WG001", "WG002"]))
    assert drops.turn() == 0
    drops.place("one.csv", file_of("text", ["WG001", "WG002"]))
    drops.place("three.csv", file_of("text", ["WG003", "WG002"]))
    assert drops.turn() == 0

    results = {result["number"]: result for result in map(_read, drops.folder.glob("done/*/*.result.json"))}
    assert results[1]["duplicate_file"] is None
    assert results[2]["duplicate_file"]["file"] == "one.csv"
    assert results[2]["rows"]["duplicate"] == 2
    assert results[3]["duplicate_file"] is None
    assert results[3]["duplicates"] == [{"row": 2, "line": 3, "of": {"file": "one.csv", "row": 2, "line": 3}}]
    assert Counter(event["source_case_id"] for event in drops.events()) == {"WG001": 1, "WG002": 1, "WG003": 1}
    assert len(list(drops.folder.glob("done/*/one*.csv"))) == 2, "the second must not take the place of the first"


def _read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def test_a_file_that_cannot_be_read_is_put_aside_with_its_reason(drops) -> None:
    """Broken, empty, too large: each in bad/ with a result, each one dead letter of unify or of the edge."""
    drops.place("1-broken.csv", '上报编号,上报时间,"事件描述\n')
    drops.place("2-empty.csv", " \n")
    drops.place("3-bomb.csv.gz", b"\x1f\x8b no gzip")
    large = drops.place("4-large.csv", b"")
    os.truncate(large, 17 * 1024 * 1024)
    assert drops.turn() == 0

    reasons = {file.name: _read(file)["rejected"]["reason"] for file in drops.folder.glob("bad/*.result.json")}
    assert reasons == {
        "1-broken.csv.result.json": "malformed_csv",
        "2-empty.csv.result.json": "empty_payload",
        "3-bomb.csv.gz.result.json": "wrong_encoding",
        "4-large.csv.result.json": "oversized",
    }
    assert len(list(drops.folder.glob("bad/[1-4]*"))) == 12
    assert drops.events() == []
    assert len(drops.records(drops.raw)) == 3
    (letter,) = drops.records(drops.dead)
    assert dict(letter.headers)["reason"] == b"oversized"


@pytest.mark.parametrize("step", [3, 4, 5])
def test_killed_over_a_file_too_large_there_is_one_dead_letter(drops, step: int) -> None:
    """unify cannot drop a dead letter that comes twice: so the drop looks whether it is there."""
    os.truncate(drops.place("large.csv", b""), 17 * 1024 * 1024)

    assert drops.turn(killed_after=step) == -9
    assert drops.turn() == 0

    assert len(drops.records(drops.dead)) == 1


def test_a_link_slipped_in_is_never_followed(drops) -> None:
    """What the hub will not or may not read is put aside unread; its dead letter has no bytes."""
    drops.place("secret.csv", file_of("text", ["WG001"]))
    assert drops.turn(killed_after=2) == -9
    (held,) = (drops.folder / ".taking").iterdir()
    held.unlink()
    held.symlink_to("/etc/hostname")
    assert drops.turn() == 0

    found = _read(drops.folder / "bad" / "secret.csv.result.json")
    assert found["rejected"]["reason"] == "unreadable"
    assert [dict(letter.headers)["reason"] for letter in drops.records(drops.dead)] == [b"unreadable"]
    assert drops.records(drops.raw) == []


def test_a_file_written_on_in_our_hands_is_taken_anew(drops) -> None:
    """A sender that keeps its handle and does not stand still long enough loses nothing all the same."""
    drops.place("slow.csv", file_of("text", ["WG001"]))
    assert drops.turn(killed_after=3) == -9
    (held,) = (drops.folder / ".taking").iterdir()
    with held.open("a", encoding="utf-8") as sender:
        sender.write("WG002,2026-11-20 08:00,text\n")
    assert drops.turn() == 0

    assert texts_of_cases(drops) == {"WG001": ["text"], "WG002": ["text"]}
    assert result_of(archived(drops, "slow.csv"))["rows"]["accepted"] == 2


def test_a_lost_journal_loses_nothing(drops) -> None:
    """Files in hand go back to where they were; what was sent is sent again and dropped by unify."""
    drops.place("one.csv", file_of("text", ["WG001"]))
    assert drops.turn(killed_after=5) == -9
    for file in drops.base.glob("journal*"):
        file.unlink()
    assert drops.turn() == 0

    assert texts_of_cases(drops) == {"WG001": ["text"]}
    assert result_of(archived(drops, "one.csv"))["rows"]["accepted"] == 1


def test_a_paused_source_keeps_its_files_until_it_is_resumed(drops) -> None:
    """The pause holds over restarts of the drop."""
    drops.place("one.csv", file_of("text", ["WG001"]))
    tell(drops, PauseState(paused=True, at=1, actor="QQHR-ZHZX", reason="test"))
    assert drops.turn() == 0
    assert drops.turn() == 0
    assert drops.records(drops.raw) == []
    assert (drops.folder / "one.csv").exists()

    tell(drops, PauseState(paused=False, at=2, actor="QQHR-ZHZX", reason="test"))
    assert drops.turn() == 0
    assert texts_of_cases(drops) == {"WG001": ["text"]}


def test_taking_again_is_done_once_and_changes_nothing_downstream(drops) -> None:
    """A rewind, two re-imports, and one that asks for what is not there: each outcome is told, no event is new."""
    for number in range(3):
        drops.place(f"f{number}.csv", file_of(f"text {number}", ["WG001", f"WG01{number}"]))
    assert drops.turn() == 0
    before = drops.events()

    tell(
        drops,
        command("c1", kind=Kind.REWIND, to_position="1"),
        command("c2", kind=Kind.REIMPORT, files=("f0.csv",)),
        command("c3", kind=Kind.REIMPORT, ids=("WG012", "WG001/0")),
        command("c4", kind=Kind.REIMPORT, files=("never.csv",)),
    )
    assert drops.turn() == 0
    assert drops.turn() == 0

    assert [event["event_id"] for event in drops.events()] == [event["event_id"] for event in before]
    assert len(drops.records(drops.raw)) == 6 + 4 + 2 + 4
    told = Standing.model_validate_json(drops.records(drops.status)[-1].value or b"")
    assert {name: (done.outcome, done.detail) for name, done in told.commands.items()} == {
        "c1": ("done", "4 rows of 2 files sent again"),
        "c2": ("done", "2 rows of 1 files sent again"),
        "c3": ("done", "4 rows of 3 files sent again"),
        "c4": ("failed", "no file of that name was taken"),
    }
    assert told.position == "3"


def test_what_the_drop_counts_is_what_went_in_and_came_out(drops) -> None:
    """Rows by their fate, files by their outcome."""
    drops.place("1.csv", file_of("text", ["WG001", "WG002"]) + ",2026-11-20 08:00,no number\n")
    drops.place("2.csv", file_of("text", ["WG002", "WG003"]))
    drops.place("3.csv", "no header\n")
    assert drops.turn() == 0
    families = text_string_to_metric_families((drops.base / "metrics").read_text())
    counts = {
        (sample.name, sample.labels["outcome"]): sample.value
        for family in families
        for sample in family.samples
        if "outcome" in sample.labels and sample.name.endswith("_total")
    }

    def count(name: str, outcome: str) -> float:
        return counts[f"hub_edge_drop_{name}_total", outcome]

    rows = {fate: count("rows", fate) for fate in ("received", "accepted", "duplicate", "rejected", "ignored")}
    assert rows == {"received": 5, "accepted": 3, "duplicate": 1, "rejected": 1, "ignored": 0}
    assert (count("files", "done"), count("files", "bad")) == (2, 1)
    assert len(drops.events()) == 3
    assert len(drops.records(drops.raw)) == 6
